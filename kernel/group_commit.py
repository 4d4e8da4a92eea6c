"""Let what concurrent threads write share one transaction, and so one commit, without making anybody wait for others.

Whoever comes while nothing is being written writes at once, alone. Whoever comes meanwhile waits for the turn, and the
first to get it writes for all who wait. Each returns when its own entry is committed, or raises why it is not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from django.db import DatabaseError

from kernel.connections import give_back_connection

Entry = TypeVar("Entry")
Result = TypeVar("Result")


@dataclass(slots=True, eq=False)
class _Ticket(Generic[Entry, Result]):
    entry: Entry
    results: list[Result]
    failure: Exception | None = None

    @property
    def done(self) -> bool:
        return bool(self.results) or self.failure is not None


class GroupCommit(Generic[Entry, Result]):
    """Writes entries in groups; `write` takes some, commits them all or none, and returns a result for each in order.

    Nobody may be within a transaction who commits an entry here: the others' would hang on it.
    """

    def __init__(self, write: Callable[[Sequence[Entry]], Sequence[Result]]) -> None:
        self._write = write
        self._waiting: list[_Ticket[Entry, Result]] = []
        self._queue, self._turn = Lock(), Lock()

    def commit(self, entry: Entry) -> Result:
        """Return what `write` says of the entry once it is committed; raises what it raises for that entry."""
        ticket: _Ticket[Entry, Result] = _Ticket(entry, [])
        give_back_connection()  # whoever writes for us may need it
        with self._queue:
            self._waiting.append(ticket)
        with self._turn:
            if not ticket.done:
                with self._queue:
                    group, self._waiting = self._waiting, []
                self._commit(group)
                give_back_connection()
        if ticket.failure is not None:
            raise ticket.failure
        return ticket.results[0]

    def _commit(self, group: list[_Ticket[Entry, Result]]) -> None:
        try:
            results = self._write([ticket.entry for ticket in group])
        except DatabaseError as error:
            if len(group) == 1:
                group[0].failure = error
                return
            for ticket in group:  # one entry that cannot be written must not keep the others from it
                self._commit([ticket])
        except Exception as error:  # noqa: BLE001 - raised again in each thread that waits for it
            for ticket in group:
                ticket.failure = error
        else:
            for ticket, result in zip(group, results, strict=True):
                ticket.results.append(result)
