"""Have the partitions of the coming months made before anybody posts in them (settlements/sql/entry_partitions.sql)."""

from django.db import connection

AHEAD = 3  # months beyond the present one

# From the middle of the month: a month after the 31st, or after a day that is the 1st by another clock, may skip one.
MAKE = """
SELECT count(*) FILTER (WHERE settlements_make_entry_partition(
           date_trunc('month', now(), 'Asia/Shanghai') + interval '14 days' + make_interval(months => ahead)))
  FROM generate_series(0, %s) AS ahead
"""


def make_ahead() -> int:
    """Make the partitions that the present month and the next three lack; return how many were made."""
    with connection.cursor() as cursor:
        cursor.execute(MAKE, [AHEAD])
        return int(cursor.fetchone()[0])
