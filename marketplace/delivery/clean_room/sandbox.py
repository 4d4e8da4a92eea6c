"""Starting the locked-down process (process.py) for one statement, and ending it when it takes too much of anything."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROCESS = Path(__file__).with_name("process.py")
MOST_GROUPS = 100_000
LONGEST_ANSWER = 32 * 1024 * 1024  # bytes
WALL_SECONDS = 60
BEAT_SECONDS = 1.0
LIMITS: Mapping[str, int] = {
    "memory": 512 * 1024 * 1024,
    "threads": 2,
    "address_space": 4 * 1024 * 1024 * 1024,
    "cpu_seconds": 2 * WALL_SECONDS,
    "files": 64,
    "processes": 512,
    "rows": MOST_GROUPS,
}


@dataclass(frozen=True)
class Outcome:
    """What came out: rows, or one of RoomQuery.Reason; `walls` are those of the operating system that stood."""

    rows: list[Any]
    reason: str
    walls: list[str]
    error: str = ""


def run(
    sql: str,
    *,
    folder: Path,
    tables: Mapping[str, Sequence[str]],
    seconds: float = WALL_SECONDS,
    program: str = "",
    arguments: Mapping[str, Any] | None = None,
    limits: Mapping[str, int] | None = None,
    beat: Callable[[], None] | None = None,
) -> Outcome:
    """Run a statement over the tables of `folder` and return what came out; never raises for what the statement does.

    `tables` maps a name to its Parquet files in the folder. A `program` beside process.py makes of the statement's rows
    and its `arguments` the rows that come out. `beat` is called every second meanwhile; what it raises ends the
    process.
    """
    order = json.dumps(
        {
            "folder": str(folder),
            "limits": {**LIMITS, "cpu_seconds": int(2 * max(seconds, WALL_SECONDS)), **(limits or {})},
            "tables": tables,
            "sql": sql,
            "program": program,
            "arguments": arguments,
        }
    )
    with subprocess.Popen(  # noqa: S603 - our own program, nothing of it is from outside
        [sys.executable, "-I", str(PROCESS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # where a value could stand in a message
        cwd="/",
        env={},
        close_fds=True,
    ) as process:
        timer = threading.Timer(seconds, process.kill)
        timer.start()
        try:
            answer = _exchange(process, order.encode() + b"\n", beat)
        finally:
            in_time = timer.is_alive()
            timer.cancel()
            process.kill()
    return _outcome(answer, in_time)


def _exchange(process: "subprocess.Popen[bytes]", order: bytes, beat: Callable[[], None] | None) -> bytes:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the process has no pipes")
    try:
        process.stdin.write(order)
        process.stdin.close()
    except BrokenPipeError:
        return b""
    if beat is None:
        return process.stdout.read(LONGEST_ANSWER + 1)
    read: list[bytes] = []
    output = process.stdout
    reader = threading.Thread(target=lambda: read.append(output.read(LONGEST_ANSWER + 1)))
    reader.start()
    try:
        while reader.is_alive():
            reader.join(BEAT_SECONDS)
            beat()
    except BaseException:
        process.kill()
        reader.join()
        raise
    return read[0]


def _outcome(answer: bytes, in_time: bool) -> Outcome:
    if len(answer) > LONGEST_ANSWER:
        return Outcome([], "SIZE", [])
    said = answer.split(b"\n")
    walls = json.loads(said[0]) if len(said) > 1 else []
    if len(said) < 3:  # it was killed, by us or by one of its limits
        return Outcome([], "MEMORY" if in_time else "TIME", walls)
    try:
        told = json.loads(said[-2])
        rows, reason, error = told.get("rows", []), str(told.get("reason", "")), str(told.get("error", ""))
    except (ValueError, AttributeError):  # a task wrote there itself
        return Outcome([], "ERROR", walls)
    if isinstance(rows, list) and len(rows) > MOST_GROUPS:
        reason = reason or "SIZE"
    return Outcome([] if reason else rows, reason, walls, error)
