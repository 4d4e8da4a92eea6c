"""A buyer's Python, as it runs in the locked-down process (process.py) behind the walls that had to stand.

What stands between it and the machine are those walls, not the language: no network, no file but its own input, another
user, no further process, bounded memory and time. It gets `rows` and says `result`. After the root directory has
changed nothing more can be imported than what is here.
"""

import collections
import csv
import datetime
import decimal
import functools
import hashlib
import itertools
import json
import math
import random
import re
import resource
import statistics
from pathlib import Path
from typing import Any

NEEDS = ("network", "files", "user")
LONGEST_ERROR = 500
MODULES = (collections, csv, datetime, decimal, functools, hashlib, itertools, json, math, random, re, statistics)


def act(_rows: list[Any], _arguments: dict[str, Any]) -> dict[str, Any]:
    """Run the task in `task.json` and return its `result` as the one row, or the error that it ended with."""
    task = json.loads(Path("task.json").read_text())
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    scope: dict[str, Any] = {"rows": task["rows"], **{module.__name__: module for module in MODULES}}
    try:
        exec(compile(task["code"], "task", "exec"), scope)  # noqa: S102 - what it is for
        return {"rows": json.loads(json.dumps(scope.get("result")))}
    except MemoryError:
        return {"reason": "MEMORY"}
    except BaseException as error:  # noqa: BLE001 - the task's own failure, told to its author
        return {"reason": "ERROR", "error": f"{type(error).__name__}: {error}"[:LONGEST_ERROR]}
