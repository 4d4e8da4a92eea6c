"""The locked-down process in which a query runs: `python -I process.py`, started by sandbox.py and by nothing else.

It takes one JSON line on its standard input and writes two: the walls that stand, and what came out. Two walls
stand behind the parser of
questions: the operating system's (no network, no file but the tables, an unprivileged user, bounded memory, time, files
and processes) and DuckDB's own (no external access, no extension, a locked configuration). It imports nothing of the
exchange, so that nothing of it is here to be read.
"""

import ctypes
import json
import os
import resource
import runpy
import sys
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

NOBODY = 65534
NEW_USER, NEW_IPC, NEW_NETWORK = 0x10000000, 0x08000000, 0x40000000  # linux/sched.h
DIE_WITH_PARENT, NO_NEW_PRIVILEGES = 1, 38  # linux/prctl.h
SIGKILL = 9
# What DuckDB says it failed of, by the name of its exception, as the buyer is told it; its message never leaves here.
REASONS = {
    "OutOfMemoryException": "MEMORY",
    "InterruptException": "TIME",
    "ParserException": "REFUSED",
    "BinderException": "REFUSED",
    "CatalogException": "REFUSED",
    "PermissionException": "REFUSED",
    "InvalidInputException": "REFUSED",
    "NotImplementedException": "REFUSED",
    "IOException": "REFUSED",
    "HTTPException": "REFUSED",
}


def main() -> None:
    order = json.loads(sys.stdin.readline())
    # What goes beyond one statement is a program beside this one, read before the walls close.
    program = runpy.run_path(str(Path(__file__).with_name(order["program"]))) if order["program"] else {}
    walls = shut(order["folder"], order["limits"])
    say(walls)  # before anything runs that is not ours
    answer: dict[str, Any] = {}
    try:
        if set(program.get("NEEDS", ())) - set(walls):
            answer["reason"] = "WALLS"
        else:
            rows = run(order["tables"], order["sql"], order["limits"]) if order["sql"] else []
            answer |= program["act"](rows, order["arguments"]) if program else {"rows": rows}
    except MemoryError:
        answer["reason"] = "MEMORY"
    except duckdb.Error as error:
        answer["reason"] = REASONS.get(type(error).__name__, "DATA")
    say(answer)


def say(what: object) -> None:
    """Write one line of JSON."""
    sys.stdout.write(json.dumps(what, default=as_text) + "\n")
    sys.stdout.flush()


def shut(folder: str, limits: dict[str, int]) -> list[str]:
    """Close what the operating system lets this process close, and return the names of the walls that stand."""
    libc = ctypes.CDLL(None, use_errno=True)
    was_root = os.geteuid() == 0
    os.environ.clear()
    os.chdir(folder)
    if was_root:
        for path in (Path(), *Path().iterdir()):
            os.chown(path, NOBODY, NOBODY)
    walls = []
    spaces = NEW_NETWORK | NEW_IPC | (0 if was_root else NEW_USER)
    if libc.unshare(spaces) == 0:
        walls.append("network")
    with suppress(OSError):
        os.chroot(".")
        os.chdir("/")
        walls.append("files")
    if was_root:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        walls.append("user")
    libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    libc.prctl(DIE_WITH_PARENT, SIGKILL, 0, 0, 0)
    for name, value in {
        "RLIMIT_AS": limits["address_space"],
        "RLIMIT_CPU": limits["cpu_seconds"],
        "RLIMIT_FSIZE": 0,
        "RLIMIT_NOFILE": limits["files"],
        "RLIMIT_NPROC": limits["processes"],
        "RLIMIT_CORE": 0,
    }.items():
        resource.setrlimit(getattr(resource, name), (value, value))
    return walls


def run(tables: dict[str, list[str]], sql: str, limits: dict[str, int]) -> list[tuple[Any, ...]]:
    """Run one statement over the tables and return its rows; `tables` maps a name to its Parquet files."""
    database = duckdb.connect(":memory:")
    paths = [file for files in tables.values() for file in files]
    for statement in (
        f"SET memory_limit = '{limits['memory']}B'",
        f"SET threads = {limits['threads']}",
        "SET temp_directory = ''",
        "SET autoinstall_known_extensions = false",
        "SET autoload_known_extensions = false",
        "SET allow_community_extensions = false",
        "SET TimeZone = 'UTC'",
        f"SET allowed_paths = {paths}",
        *(f'CREATE VIEW "{name}" AS SELECT * FROM read_parquet({files})' for name, files in tables.items()),  # noqa: S608
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ):
        database.execute(statement)
    return database.execute(sql).fetchmany(limits["rows"] + 1)


def as_text(value: object) -> str:
    """Return what JSON has no form for as text."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else repr(type(value))


if __name__ == "__main__":
    main()
