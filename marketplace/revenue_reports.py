"""Reports of revenue: the buyer says what it earned, the provider accepts or objects, and the share of it is billed.

A report is due so many days after its period's end, late afterwards; after the days of grace what is undisputed is
charged: the minimum of the agreement, or the share of what the buyer itself said. Silence accepts after the venue's
acceptance days. A statement is corrected by another one, before or after it was billed.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_reason
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.money import LARGEST_MINOR, Money
from kernel.problems import Problem, field_problem
from kernel.states import advance
from marketplace import problems  # noqa: F401 - registers the codes raised here
from marketplace.acceptance_clock import silence_ends
from marketplace.locks import lock_order
from marketplace.models import RevenueAnswer, RevenuePeriod, RevenueStatement
from marketplace.revenue_bills import bill_period, billed, comes_to
from marketplace.revenue_rows import ask_to_follow, open_period, terms_of
from settlements.deposits import responsible_person

State = RevenuePeriod.State
Verdict = RevenueAnswer.Verdict
MOST_STATEMENTS = 100


@transaction.atomic
def report_revenue(
    *,
    period_id: UUID,
    revenue: Money,
    note: str = "",
    evidence: Sequence[Mapping[str, str]] = (),
    corrects: int | None = None,
    reason: str = "",
    actor: Actor,
) -> RevenueStatement:
    """Say what a period brought, which may be nothing; a correction names the statement that it puts right, and why.

    `evidence` are files by `name` and `sha256`, which each side keeps and shows. Raises Problem `not_found`,
    `forbidden`, `revenue_period_open`, `revenue_reported` where there is a statement already, `statement_superseded`
    where a newer one has taken its place, `illegal_state` of a void period, `too_many`, or `invalid` with a pointer.
    """
    period = _locked(period_id, actor)
    require(actor, Permission.ORDER_PLACE, organization_id=period.organization_id)
    person_id = responsible_person(actor)
    if period.state == State.OPEN:
        raise Problem("revenue_period_open", ends_at=period.ends_at.isoformat())
    _check_revenue(period, revenue)
    newest = period.newest
    _check_correction(newest, corrects, reason)

    number = newest.number + 1 if newest else 1
    if number > MOST_STATEMENTS:
        raise Problem("too_many")
    accept_by = silence_ends(period.venue, timezone.now())
    details = {"number": number, "revenue": revenue.as_json(), "evidence": [each["sha256"] for each in evidence]}
    _advance(period, State.REPORTED, actor, reason=reason, details=details, clock_at=accept_by)
    statement = RevenueStatement.objects.create(
        period=period,
        number=number,
        corrects=newest,
        revenue_minor=revenue.minor,
        currency=revenue.currency,
        note=note,
        evidence=[dict(each) for each in evidence],
        reason=reason.strip(),
        reported_by_id=person_id,
    )
    told = {"period": period.period, "number": number, "accept_by": accept_by}
    # Beside the buyer's event of the move: the provider hears of what it is to answer.
    audit.record(
        "revenueperiod.to_answer", subject=period, actor=actor, details=told, organization_id=period.provider_id
    )
    return statement


@transaction.atomic
def accept_statement(*, period_id: UUID, number: int, actor: Actor) -> RevenuePeriod:
    """Accept the newest statement, by the provider: the share of it is billed, or the difference to what was.

    Raises Problem `not_found`, `forbidden`, `statement_superseded` or `illegal_state` of what is accepted already.
    """
    period, statement = _answering(period_id, number, actor)
    _accept(period, statement, Verdict.ACCEPTED, actor)
    return period


@transaction.atomic
def object_to_statement(*, period_id: UUID, number: int, reason: str, actor: Actor) -> RevenuePeriod:
    """Object to the newest statement, by the provider, with a reason: the buyer has the days of a report to correct it.

    Raises Problem `not_found`, `forbidden`, `statement_superseded` or `illegal_state`.
    """
    period, statement = _answering(period_id, number, actor)
    said = require_reason(reason)
    today = timezone.now().astimezone(period.venue.zone).date()
    clock_at = _midnight_after(period, today, terms_of(period.agreement).report_days)
    _advance(period, State.OBJECTED, actor, reason=said, details={"number": number}, clock_at=clock_at)
    _answer(statement, Verdict.OBJECTED, actor, reason=said)
    return period


@transaction.atomic
def follow_clock(*, period_id: UUID) -> None:
    """Move a period on whose clock has struck; does nothing the second time."""
    _locked(period_id, SYSTEM)


# --- the clock -------------------------------------------------------------------------------------------------------


def _strike(period: RevenuePeriod) -> None:
    """Do all that was due until now, so that a worker who comes late keeps nobody from a deadline."""
    while period.clock_at is not None and period.clock_at <= timezone.now():
        STRIKES[State(period.state)](period, period.clock_at)


def _fall_due(period: RevenuePeriod, _at: datetime) -> None:
    report_by = _midnight_after(period, period.last_day, terms_of(period.agreement).report_days)
    _advance(period, State.DUE, SYSTEM, details={"report_by": report_by}, clock_at=report_by)
    open_period(period.agreement.order, period.agreement, period.ends_at)


def _be_late(period: RevenuePeriod, at: datetime) -> None:
    charged_at = at + timedelta(days=terms_of(period.agreement).grace_days)
    _advance(period, State.LATE, SYSTEM, details={"charged_at": charged_at}, clock_at=charged_at)


def _assess(period: RevenuePeriod, _at: datetime) -> None:
    """Charge what nobody disputes; what the buyer would have back waits for the provider's word."""
    statement = period.newest
    if comes_to(period, statement) <= billed(period):
        period.clock_at = None
        period.save(update_fields=["clock_at"])
        return
    _advance(period, State.ASSESSED, SYSTEM, clock_at=None)
    bill_period(period, statement, actor=SYSTEM)


def _accept_in_silence(period: RevenuePeriod, _at: datetime) -> None:
    statement = period.newest
    assert statement is not None  # noqa: S101 - a reported period has one
    reason = _("No answer within %d working days.") % period.venue.acceptance_working_days
    _accept(period, statement, Verdict.SILENCE, SYSTEM, reason=reason)


STRIKES: Mapping[State, Callable[[RevenuePeriod, datetime], None]] = {
    State.OPEN: _fall_due,
    State.DUE: _be_late,
    State.OBJECTED: _be_late,
    State.LATE: _assess,
    State.REPORTED: _accept_in_silence,
}


# --- what is checked -------------------------------------------------------------------------------------------------


def _check_revenue(period: RevenuePeriod, revenue: Money) -> None:
    if revenue.currency != period.currency:
        raise field_problem("/revenue/currency", "other_currency", _("The agreement is in %s.") % period.currency)
    if not 0 <= revenue.minor <= LARGEST_MINOR:
        raise field_problem("/revenue/amount", "out_of_range", _("From 0.00 to 99999999999.99."))


def _check_correction(newest: RevenueStatement | None, corrects: int | None, reason: str) -> None:
    if newest is None:
        if corrects is not None:
            raise field_problem("/corrects", "not_reported", _("Nothing has been reported of this period."))
        if reason:
            raise field_problem("/reason", "no_correction", _("Only a correction has a reason."))
        return
    if corrects is None:
        raise Problem("revenue_reported", statement=newest.number)
    _refuse_superseded(newest, corrects)
    require_reason(reason)


def _refuse_superseded(newest: RevenueStatement, number: int) -> None:
    if number > newest.number:
        raise Problem("not_found")
    if number < newest.number:
        raise Problem("statement_superseded", newest=newest.number)


# --- rows ------------------------------------------------------------------------------------------------------------


def _locked(period_id: UUID, actor: Actor) -> RevenuePeriod:
    """Return a period with its order and itself locked, in that order, after all that its clock says has been done."""
    seen = find(RevenuePeriod.objects.visible_to(actor).select_related("agreement"), pk=period_id)
    order = lock_order(seen.agreement.order_id, SYSTEM, "venue", "buyer", "provider", "agreement")
    period = RevenuePeriod.objects.select_for_update(of=("self",)).get(pk=seen.pk)
    order.agreement.order, period.agreement, period.venue = order, order.agreement, order.venue
    _strike(period)
    return period


def _answering(period_id: UUID, number: int, actor: Actor) -> tuple[RevenuePeriod, RevenueStatement]:
    period = _locked(period_id, actor)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=period.provider_id)
    newest = period.newest
    if newest is None:
        raise Problem("not_found")
    _refuse_superseded(newest, number)
    return period, newest


def _accept(
    period: RevenuePeriod, statement: RevenueStatement, verdict: Verdict, actor: Actor, *, reason: str = ""
) -> None:
    _advance(period, State.ACCEPTED, actor, reason=reason, details={"number": statement.number}, clock_at=None)
    _answer(statement, verdict, actor, reason=reason)
    bill_period(period, statement, actor=actor)


def _answer(statement: RevenueStatement, verdict: Verdict, actor: Actor, *, reason: str) -> None:
    RevenueAnswer.objects.create(statement=statement, verdict=verdict, reason=reason, answered_by_id=actor.person_id)


def _advance(
    period: RevenuePeriod,
    to: State,
    actor: Actor,
    *,
    clock_at: datetime | None,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """Move a period on, and leave the job that follows its next clock."""
    said = {"period": period.period, **(details or {})}
    advance(period, to=to, actor=actor, reason=reason, details=said, clock_at=clock_at)
    ask_to_follow(period)


def _midnight_after(period: RevenuePeriod, day: date, days: int) -> datetime:
    """Return the end of the day that is so many days after a day, by the venue's clock."""
    return datetime.combine(day + timedelta(days=days + 1), time(), tzinfo=period.venue.zone)
