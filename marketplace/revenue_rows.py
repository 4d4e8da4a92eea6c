"""The periods of an agreement that shares revenue: begun with the first delivery, cut when the agreement ends.

A period is a month, quarter or year of the venue's calendar, or the part of it that the agreement covers.
"""

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.jobs import enqueue
from kernel.states import advance
from listings.cycles import Cycle, Term, calendar_term
from listings.revenue_shares import RevenueShare, share_of_json
from marketplace.models import Agreement, Order, RevenuePeriod

CLOCK_JOB = "revenue.follow_clock"


def begin_periods(order: Order) -> None:
    """Begin the first period of an order whose data has just been delivered, if its agreement shares revenue."""
    if "revenue_share" in order.agreement.body:
        open_period(order, order.agreement, timezone.now())


def open_period(order: Order, agreement: Agreement, start: datetime) -> None:
    """Begin the period in which a moment lies, unless the agreement is over by then."""
    term = calendar_term(terms_of(agreement).period, start, order.venue.zone)
    end = min(term.end, agreement.expires_at) if agreement.expires_at else term.end
    if end <= start or agreement.state not in Agreement.MOVES:
        return
    period = RevenuePeriod.objects.create(
        agreement=agreement,
        organization_id=order.buyer_id,
        provider_id=order.provider_id,
        venue=order.venue,
        period=_name(term),
        starts_at=start,
        ends_at=end,
        of_days=term.days,
        currency=order.currency,
        clock_at=end,
    )
    details = {"period": period.period, "from": start, "until": end}
    audit.record("revenueperiod.begun", subject=period, actor=SYSTEM, details=details)
    ask_to_follow(period)


def cut_period(agreement_id: UUID) -> None:
    """Let the running period of an agreement end now, because the agreement does; the caller holds the order's lock."""
    now = timezone.now()
    running = RevenuePeriod.objects.filter(agreement=agreement_id, state=RevenuePeriod.State.OPEN)
    for period in running.filter(starts_at__lt=now, ends_at__gt=now).select_for_update(of=("self",)):
        period.ends_at = period.clock_at = now
        period.save(update_fields=["ends_at", "clock_at"])
        audit.record("revenueperiod.cut", subject=period, actor=SYSTEM, details={"until": now})
        ask_to_follow(period)


def void_periods(agreement_id: UUID, *, reason: str, actor: Actor) -> None:
    """Ask for no report of a trade that has come to nothing; what was charged already is not touched."""
    unbilled = RevenuePeriod.objects.filter(agreement=agreement_id, state__in=RevenuePeriod.UNBILLED)
    for period in unbilled.order_by("id"):
        advance(period, to=RevenuePeriod.State.VOID, actor=actor, reason=reason, clock_at=None)


def ask_to_follow(period: RevenuePeriod) -> None:
    """Leave the job that follows a period's clock when it strikes."""
    if period.clock_at is None:
        return
    enqueue(
        CLOCK_JOB,
        key=f"{period.pk} {period.state} {period.clock_at.isoformat()}",
        subject_id=period.pk,
        due_at=period.clock_at,
        organization_id=period.organization_id,
        venue_id=period.venue_id,
    )


def terms_of(agreement: Agreement) -> RevenueShare:
    """Return the share that an agreement froze."""
    return share_of_json(agreement.body["revenue_share"])


def _name(term: Term) -> str:
    first = term.start.astimezone(term.zone).date()
    if term.cycle == Cycle.YEAR:
        return f"{first.year}"
    return f"{first.year}-Q{first.month // 3 + 1}" if term.cycle == Cycle.QUARTER else f"{first:%Y-%m}"
