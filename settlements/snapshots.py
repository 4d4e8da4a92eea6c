"""Keep the tails of the hot accounts short: every few minutes their unsummed entries go into the kept balance."""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from kernel.jobs import enqueue

KIND = "ledger.snapshot"
EVERY = timedelta(minutes=5)


@transaction.atomic
def take_and_ask_again() -> int:
    """Sum the tails and leave a job for the next time; return how many entries were summed. Blocks no posting."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT settlements_snapshot()")
        summed = int(cursor.fetchone()[0])
    ask()
    return summed


def ask() -> None:
    """Leave a job for the end of the present five minutes: one, however often it is asked for."""
    due = _end_of_slot(timezone.now())
    enqueue(KIND, key=due.isoformat(), due_at=due)


def _end_of_slot(now: datetime) -> datetime:
    seconds = EVERY.total_seconds()
    return datetime.fromtimestamp((now.timestamp() // seconds + 1) * seconds, tz=now.tzinfo)
