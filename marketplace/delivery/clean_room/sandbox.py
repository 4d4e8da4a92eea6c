"""Starting the locked-down process (process.py) for one statement, and ending it when it takes too much of anything."""

import json
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROCESS = Path(__file__).with_name("process.py")
MOST_GROUPS = 100_000
LONGEST_ANSWER = 32 * 1024 * 1024  # bytes
WALL_SECONDS = 60
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

    rows: list[list[Any]]
    reason: str
    walls: list[str]


def run(
    sql: str,
    *,
    folder: Path,
    tables: Mapping[str, Sequence[str]],
    seconds: float = WALL_SECONDS,
    program: str = "",
    arguments: Mapping[str, Any] | None = None,
) -> Outcome:
    """Run a statement over the tables of `folder` and return what came out; never raises for what the statement does.

    `tables` maps a name to its Parquet files in the folder. A `program` beside process.py makes of the statement's rows
    and its `arguments` the rows that come out.
    """
    order = json.dumps(
        {
            "folder": str(folder),
            "limits": {**LIMITS, "cpu_seconds": int(2 * max(seconds, WALL_SECONDS))},
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
            answer = _exchange(process, order.encode() + b"\n")
        finally:
            in_time = timer.is_alive()
            timer.cancel()
            process.kill()
    return _outcome(answer, in_time)


def _exchange(process: "subprocess.Popen[bytes]", order: bytes) -> bytes:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the process has no pipes")
    try:
        process.stdin.write(order)
        process.stdin.close()
    except BrokenPipeError:
        return b""
    return process.stdout.read(LONGEST_ANSWER + 1)


def _outcome(answer: bytes, in_time: bool) -> Outcome:
    if len(answer) > LONGEST_ANSWER:
        return Outcome([], "SIZE", [])
    if not answer.endswith(b"\n"):  # it was killed, by us or by one of its limits
        return Outcome([], "MEMORY" if in_time else "TIME", [])
    told = json.loads(answer)
    rows = told.get("rows", [])
    reason = told.get("reason", "SIZE" if len(rows) > MOST_GROUPS else "")
    return Outcome([] if reason else rows, reason, told["walls"])
