"""An account's statement over some days: what it held before, each entry with the balance after, what it held then."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from kernel.money import Currency, Money
from kernel.problems import field_problem
from settlements.books import balance_at
from settlements.models import Account, Entry

INSTANT = timedelta(microseconds=1)  # nothing is posted between two of them
CHUNK = 2000


@dataclass(frozen=True)
class Span:
    """Whole days of a venue's clock; a missing side is open."""

    first_day: date | None
    last_day: date | None
    begins_at: datetime | None
    ends_at: datetime | None

    def of(self, entries: QuerySet[Entry]) -> QuerySet[Entry]:
        """Return those of the entries that were posted in these days."""
        if self.begins_at is not None:
            entries = entries.filter(created_at__gte=self.begins_at)
        if self.ends_at is not None:
            entries = entries.filter(created_at__lt=self.ends_at)
        return entries


@dataclass(frozen=True)
class Statement:
    """The sums of an account's statement; `rows` yields its entries."""

    account: Account
    span: Span
    opening: Money
    received: Money
    spent: Money
    closing: Money
    count: int

    def rows(self) -> Iterator[tuple[Entry, Money]]:
        """Yield the entries along time, each with the balance right after it; holds one chunk of them."""
        entries = entries_of(self.account, self.span)
        minor, currency = self.opening.minor, Currency(self.account.currency)
        # No more than were summed: a posting that is under way may add one meanwhile.
        for entry in entries.order_by("created_at", "id")[: self.count].iterator(chunk_size=CHUNK):
            minor += entry.amount_minor
            yield entry, Money(minor, currency)


def span_of(account: Account, first_day: date | None, last_day: date | None) -> Span:
    """Return the days from `first_day` to `last_day`, both included, by the clock of the account's venue.

    Raises Problem `invalid` when they run backwards.
    """
    if first_day and last_day and last_day < first_day:
        raise field_problem("/last_day", "backwards", _("The last day is not before the first."))
    zone = account.venue.zone
    return Span(
        first_day,
        last_day,
        datetime.combine(first_day, time.min, tzinfo=zone) if first_day else None,
        datetime.combine(last_day + timedelta(days=1), time.min, tzinfo=zone) if last_day else None,
    )


def entries_of(account: Account, span: Span) -> QuerySet[Entry]:
    """Return an account's entries of some days with what a statement shows of them and their transfers, one query."""
    of_transfer = (f"transfer__{name}" for name in ("kind", "reference", "memo"))
    shown = ("created_at", "currency", "amount_minor", "balance_minor", *of_transfer)
    return span.of(Entry.objects.filter(account=account)).select_related("transfer").only(*shown)


def statement_of(account: Account, span: Span) -> Statement:
    """Return the sums of the account's statement, with two queries; its rows are read when asked for."""
    currency = Currency(account.currency)
    opening = balance_at(account, span.begins_at - INSTANT) if span.begins_at else Money(0, currency)
    summed = span.of(Entry.objects.filter(account=account)).aggregate(
        received=Coalesce(Sum("amount_minor", filter=Q(amount_minor__gt=0)), 0),
        spent=Coalesce(Sum("amount_minor", filter=Q(amount_minor__lt=0)), 0),
        count=Count("id"),
    )
    received, spent = int(summed["received"]), int(summed["spent"])
    return Statement(
        account=account,
        span=span,
        opening=opening,
        received=Money(received, currency),
        spent=Money(spent, currency),
        closing=Money(opening.minor + received + spent, currency),
        count=summed["count"],
    )
