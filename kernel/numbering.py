"""Short numbers that people read out: `GZ-L-2026-000123`.

Each venue, kind of thing and year has a PostgreSQL sequence, made when it is first asked for (kernel/sql). Taking a
number locks nothing, so orders of one venue never wait for each other; a refused request may leave a gap.
"""

from django.db import connection


def short_number(prefix: str, letter: str, year: int) -> str:
    """Return the next short number of a venue (`prefix`), a kind of thing (`letter`) and a year."""
    series = f"{prefix}-{letter}-{year}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT kernel_next_number(%s)", [series])
        return f"{series}-{cursor.fetchone()[0]:06d}"
