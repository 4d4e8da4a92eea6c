"""Short numbers that people read out: `GZ-L-2026-000123`, without gaps inside a series."""

from django.db import connection

NEXT = """
INSERT INTO kernel_numberseries (series, last) VALUES (%s, 1)
ON CONFLICT (series) DO UPDATE SET last = kernel_numberseries.last + 1
RETURNING last
"""


def next_number(series: str) -> int:
    """Return the next number of a series; its row stays locked until the caller's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [series])
        number: int = cursor.fetchone()[0]
        return number


def short_number(prefix: str, letter: str, year: int) -> str:
    """Return the next short number of a venue (`prefix`), a kind of thing (`letter`) and a year."""
    series = f"{prefix}-{letter}-{year}"
    return f"{series}-{next_number(series):06d}"
