"""Numbers of certificates of property in data (the guide of 2026, annex 6): `SJ` 44 1 202611 0042.

`SJ`, the province of GB/T 2260 in two digits, the registration body in one, year and month, and a serial of four digits
that begins anew each month.
"""

from datetime import date

from kernel.numbering import short_number
from kernel.problems import Problem

LARGEST_SERIAL = 9999


def next_number(*, region: str, body: str, day: date) -> str:
    """Take the next number of a registration body's month. Raises Problem `registry_full` after 9,999 of them."""
    series = f"SJ{region}{body}{day:%Y%m}"
    serial = int(short_number(series, "R", day.year).rpartition("-")[2])
    if serial > LARGEST_SERIAL:
        raise Problem("registry_full")
    return f"{series}{serial:04d}"
