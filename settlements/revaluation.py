"""Revalue a venue's currency positions once a day, and book what it gained or lost by them since the day before.

All positions together, each at the day's rate in the venue's own currency, are what the venue has gained or lost and
not booked yet: an exchange at the rate of the moment adds two positions of the same value. The result moves between
the position in the venue's own currency and FX_RESULT, so that the positions are worth nothing together until rates
move on.
A rate that turns out wrong needs no correction: with a right one the next day's result sets it right.
"""

from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, require
from accounts.models import Venue
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.jobs import enqueue
from kernel.money import Currency
from kernel.problems import Problem, field_problem
from settlements.books import balance_at
from settlements.chart import AccountKey, open_accounts
from settlements.exchange_rates import changed, exchange_rules, rate_between
from settlements.ledger import Leg, TransferDraft, post
from settlements.models import Account, Revaluation, RevaluationLine, Transfer

REVALUE_JOB = "exchange.revalue"
# Within the day, so that the result is posted into the period of the day, and after the last rate of it is published.
AT = time(23, 30)


def ask_for_revaluations() -> int:
    """Leave a job for today, and one for yesterday should nobody have asked then, at each venue that has positions."""
    venues = Venue.objects.filter(id__in=Account.objects.filter(kind=Account.Kind.FX_POSITION).values("venue"))
    for venue in venues:
        today = timezone.now().astimezone(venue.zone).date()
        for day in (today - timedelta(days=1), today):
            due = datetime.combine(day, AT, tzinfo=venue.zone)
            enqueue(REVALUE_JOB, key=f"{venue.code} {day}", due_at=due, venue_id=venue.id)
    return len(venues)


@transaction.atomic
def revalue(*, venue: Venue, day: date, actor: Actor = SYSTEM) -> Revaluation | None:
    """Revalue the positions as they were at the end of the day, or now while it lasts, and post the result now.

    Returns the day's revaluation that stands when there is one, None for a venue without positions. Raises Problem
    `forbidden`, `invalid` for a day to come or long past, `day_revalued_past` when a later day was revalued before,
    `exchange_rate_missing` or `exchange_rate_stale`.
    """
    require(actor, Permission.EXCHANGE_RATES, venue_id=venue.id)
    # The venue's row is the lock: two workers, or two days, one after the other.
    Venue.objects.select_for_update(of=("self",), no_key=True).get(id=venue.id)
    standing = Revaluation.objects.filter(venue=venue, day__gte=day).order_by("day").first()
    if standing is not None:
        if standing.day == day:
            return standing
        raise Problem("day_revalued_past", day=standing.day.isoformat())
    until = _counted_until(venue, day)
    lines = _lines(venue, until)
    if not lines:
        return None

    # What earlier days' results moved after that moment is theirs already, though the position does not show it.
    later = Revaluation.objects.filter(venue=venue, transfer__created_at__gt=until)
    result = sum(line.value_minor for line in lines) - (later.aggregate(sum=Sum("result_minor"))["sum"] or 0)
    made = Revaluation.objects.create(
        venue=venue,
        day=day,
        counted_until=until,
        currency=venue.currency,
        result_minor=result,
        transfer_id=_posted(venue, day, result, actor).id if result else None,
    )
    for line in lines:
        line.revaluation = made
    RevaluationLine.objects.bulk_create(lines)
    positions = [line.position.as_json() for line in lines]
    details = {"day": day.isoformat(), "result": made.result.as_json(), "positions": positions}
    audit.record("revaluation.made", subject=made, actor=actor, details=details)
    return made


def _counted_until(venue: Venue, day: date) -> datetime:
    now = timezone.now()
    if day > now.astimezone(venue.zone).date():
        raise field_problem("/day", "in_future", _("The day has not begun."))
    if day < (now - exchange_rules().oldest_entry).date():
        raise field_problem("/day", "too_old", _("A day is revalued within a month, as its rates are entered."))
    # An entry of the very next instant belongs to the next day.
    ends = datetime.combine(day + timedelta(days=1), time.min, tzinfo=venue.zone) - timedelta(microseconds=1)
    return min(now, ends)


def _lines(venue: Venue, until: datetime) -> list[RevaluationLine]:
    positions = Account.objects.filter(venue=venue, kind=Account.Kind.FX_POSITION).order_by("currency")
    return [_line(venue, account, until) for account in positions]


def _line(venue: Venue, account: Account, until: datetime) -> RevaluationLine:
    held = balance_at(account, until).minor
    line = RevaluationLine(account=account, currency=account.currency, position_minor=held, value_minor=held)
    if held and account.currency != venue.currency:
        line.rate = rate_between(venue=venue, one=account.currency, other=venue.currency, at=until)
        line.value_minor = changed(held, currency=account.currency, rate=line.rate)
    return line


def _posted(venue: Venue, day: date, result: int, actor: Actor) -> Transfer:
    currency = Currency(venue.currency)
    position, results = open_accounts(
        AccountKey(Account.Kind.FX_POSITION, venue.id, currency),
        AccountKey(Account.Kind.FX_RESULT, venue.id, currency),
    )
    draft = TransferDraft(
        kind=Transfer.Kind.REVALUATION,
        reference=f"revaluation:{venue.code}:{day}",
        venue_id=venue.id,
        legs=(Leg(position, -result), Leg(results, result)),
    )
    return post([draft], actor=actor)[0]
