"""A dispute from its filing to the door of its outcome: the disputed money is frozen, both sides speak, officers lead.

How it ends, and what that does to the money, is in marketplace/dispute_outcomes.py.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_reason
from accounts.calendars import add_working_days
from accounts.interests import require_unrelated
from accounts.models import Venue
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.jobs import cancel, enqueue
from kernel.money import Currency, Money
from kernel.numbering import short_number
from kernel.problems import Problem, field_problem
from kernel.states import advance
from marketplace import problems  # noqa: F401 - registers the codes raised here
from marketplace.locks import lock_order
from marketplace.models import Dispute, DisputeStatement, Order
from settlements import escrow

State = Dispute.State
NEGOTIATION_JOB = "dispute.negotiation_ends"
# No law gives these: the house's own (DOMAIN §1.10, by design).
NEGOTIATION_DAYS = 10  # working days of the venue
MEDIATION_DAYS = 20
FILING_DAYS = 90  # calendar days after the delivery was answered
DISPUTABLE = (Order.State.DELIVERED, Order.State.ACCEPTED, Order.State.SETTLED, Order.State.CERTIFIED)
MOST_STATEMENTS = 200


@transaction.atomic
def file_dispute(*, order_id: UUID, kind: str, statement: str, claimed: Money | None, actor: Actor) -> Dispute:
    """Complain about an order, by its buyer or its provider; what the buyer claims back is frozen where it is held.

    A claim is at most what the order cost and has not been given back; a provider's complaint claims nothing. Silence
    accepts nothing while the dispute is open. Raises Problem `not_found`, `forbidden`, `illegal_state` for an order
    that is not delivered, `too_late`, `dispute_open` or `invalid`.
    """
    order = lock_order(order_id, actor, "venue", "buyer", "provider")
    if actor.organization_id not in (order.buyer_id, order.provider_id):
        raise Problem("forbidden")
    require(actor, Permission.DISPUTE_CONDUCT, organization_id=actor.organization_id)
    if order.state not in DISPUTABLE:
        raise Problem("illegal_state", _("Only a delivered order is disputed."), state=order.state)
    if order.disputes.open().exists():
        raise Problem("dispute_open")
    by_buyer = actor.organization_id == order.buyer_id
    claim = _checked_claim(order, claimed, by_buyer=by_buyer)
    delivery = order.deliveries.get(number=1)  # those of a subscription's new versions are paid with it
    if delivery.decided_at and delivery.decided_at < timezone.now() - timedelta(days=FILING_DAYS):
        raise Problem("too_late", days=FILING_DAYS)

    dispute = Dispute.objects.create(
        number=short_number(order.venue.number_prefix, "D", timezone.localdate().year),
        order=order,
        venue=order.venue,
        organization=order.buyer if by_buyer else order.provider,
        respondent=order.provider if by_buyer else order.buyer,
        kind=kind,
        statement=_said(statement, "/statement"),
        claimed_minor=claim.minor,
        currency=claim.currency,
        filed_by=actor.person_id,
    )
    details = {"order": order.number, "kind": kind, "claimed": claim.as_json()}
    audit.record("dispute.filed", subject=dispute, actor=actor, details=details, organization_id=order.provider_id)
    _freeze(order, dispute, actor)
    return dispute


@transaction.atomic
def accept_dispute(*, dispute_id: UUID, actor: Actor) -> Dispute:
    """Take a dispute on, by an officer of the venue: the parties have ten working days to agree by themselves.

    Raises Problem `not_found`, `forbidden`, `conflict_of_interest` or `illegal_state`.
    """
    dispute = officers_dispute(dispute_id, actor)
    ends = _working_day(dispute.venue, NEGOTIATION_DAYS)
    advance(dispute, to=State.NEGOTIATION, actor=actor, details={"negotiate_by": ends}, negotiate_by=ends)
    enqueue(
        NEGOTIATION_JOB,
        key=str(dispute.id),
        subject_id=dispute.id,
        due_at=add_working_days(
            timezone.now(), NEGOTIATION_DAYS, jurisdiction=dispute.venue.jurisdiction, tz=dispute.venue.zone
        ),
        organization_id=dispute.organization_id,
        venue_id=dispute.venue_id,
    )
    return dispute


@transaction.atomic
def escalate_dispute(*, dispute_id: UUID, reason: str, actor: Actor) -> Dispute:
    """Ask the exchange to mediate, by either party, before the days of negotiation are over.

    Raises Problem `not_found`, `forbidden` or `illegal_state`.
    """
    dispute = partys_dispute(dispute_id, actor)
    _mediate(dispute, reason=require_reason(reason), actor=actor)
    return dispute


@transaction.atomic
def end_negotiation(*, dispute_id: UUID) -> None:
    """Let the exchange mediate a dispute whose days of negotiation are over; does nothing for one that moved on."""
    dispute = _locked(dispute_id, SYSTEM)
    if dispute.state == State.NEGOTIATION:
        _mediate(dispute, reason=_("The days of negotiation are over."), actor=SYSTEM)


@transaction.atomic
def refer_dispute(*, dispute_id: UUID, to: str, body: str, reason: str, actor: Actor) -> Dispute:
    """Write down that a mediated dispute now lies with an arbitral body (`ARBITRATION`) or a court (`LITIGATION`).

    Raises Problem `not_found`, `forbidden`, `conflict_of_interest`, `illegal_state` or `invalid`.
    """
    dispute = officers_dispute(dispute_id, actor)
    if to not in (State.ARBITRATION, State.LITIGATION):
        raise field_problem("/to", "invalid_choice", _("Give ARBITRATION or LITIGATION."))
    named = _said(body, "/body")
    advance(dispute, to=to, actor=actor, reason=require_reason(reason), details={"body": named}, body_of_dispute=named)
    return dispute


@transaction.atomic
def make_statement(*, dispute_id: UUID, text: str, evidence: Sequence[Mapping[str, str]], actor: Actor) -> UUID:
    """Say something in an open dispute, by a party or an officer; nobody changes it afterwards.

    `evidence` are files by `name` and `sha256`, which each side keeps and shows. Returns the statement's id. Raises
    Problem `not_found`, `forbidden`, `illegal_state` for one that has ended, `too_many` or `invalid`.
    """
    dispute = _locked(dispute_id, actor)
    if actor.organization_id in (dispute.organization_id, dispute.respondent_id):
        require(actor, Permission.DISPUTE_CONDUCT, organization_id=actor.organization_id)
    else:
        require(actor, Permission.DISPUTE_MEDIATE, venue_id=dispute.venue_id)
    if actor.organization_id is None:
        raise Problem("forbidden")
    _refuse_ended(dispute)
    if dispute.statements.count() >= MOST_STATEMENTS:
        raise Problem("too_many", _("A dispute holds at most %d statements.") % MOST_STATEMENTS)
    made = DisputeStatement.objects.create(
        dispute=dispute,
        organization_id=actor.organization_id,
        text=_said(text, "/text"),
        evidence=[dict(each) for each in evidence],
        said_by=actor.person_id,
    )
    details: dict[str, Any] = {"statement": str(made.id), "evidence": [each["sha256"] for each in made.evidence]}
    audit.record("dispute.statement_made", subject=dispute, actor=actor, details=details)
    return made.id


def partys_dispute(dispute_id: UUID, actor: Actor) -> Dispute:
    """Return an open dispute under the locks of its order and itself, for one of its parties."""
    dispute = _locked(dispute_id, actor)
    if actor.organization_id not in (dispute.organization_id, dispute.respondent_id):
        raise Problem("forbidden")
    require(actor, Permission.DISPUTE_CONDUCT, organization_id=actor.organization_id)
    _refuse_ended(dispute)
    return dispute


def officers_dispute(dispute_id: UUID, actor: Actor) -> Dispute:
    """Return an open dispute under the locks of its order and itself, for an officer related to neither party."""
    dispute = _locked(dispute_id, actor)
    require(actor, Permission.DISPUTE_MEDIATE, venue_id=dispute.venue_id)
    require_unrelated(actor, dispute.organization_id)
    require_unrelated(actor, dispute.respondent_id)
    _refuse_ended(dispute)
    return dispute


def stop_negotiating(dispute: Dispute) -> None:
    """Let the end of the days of negotiation mean nothing for this dispute any more."""
    cancel(NEGOTIATION_JOB, str(dispute.id))


def _locked(dispute_id: UUID, actor: Actor) -> Dispute:
    dispute = find(Dispute.objects.visible_to(actor), pk=dispute_id)
    order = lock_order(dispute.order_id, SYSTEM, "venue", "buyer", "provider")
    dispute = Dispute.objects.select_for_update(of=("self",)).select_related("venue").get(pk=dispute_id)
    dispute.order = order
    return dispute


def _refuse_ended(dispute: Dispute) -> None:
    if not dispute.is_open:
        raise Problem("illegal_state", _("The dispute has ended."), state=dispute.state)


def _mediate(dispute: Dispute, *, reason: str, actor: Actor) -> None:
    due = _working_day(dispute.venue, MEDIATION_DAYS)
    advance(dispute, to=State.MEDIATION, actor=actor, reason=reason, details={"mediate_by": due}, mediate_by=due)
    stop_negotiating(dispute)


def _checked_claim(order: Order, claimed: Money | None, *, by_buyer: bool) -> Money:
    currency = Currency(order.currency)
    if claimed is None:
        return Money(0, currency)
    if not by_buyer:
        raise field_problem("/claimed", "buyers_only", _("Only the buyer claims money back."))
    if claimed.currency != currency:
        raise field_problem("/claimed/currency", "other_currency", _("The order is in %s.") % currency)
    given_back = sum(ended.refund_minor or 0 for ended in order.disputes.all())
    if claimed.minor > order.total.minor - given_back:
        raise field_problem("/claimed/amount", "more_than_paid", _("Not more than was paid is claimed back."))
    return claimed


def _freeze(order: Order, dispute: Dispute, actor: Actor) -> None:
    """Freeze the claim where the order's money is still held; what is settled is given back by the sellers later."""
    hold = escrow.hold_of(order.id)
    if hold is not None and hold.state == hold.State.HELD and dispute.claimed_minor:
        escrow.freeze(hold=hold, amount=dispute.claimed, actor=actor, reason=dispute.number)


def _said(text: str, pointer: str) -> str:
    said = text.strip()
    if not said:
        raise field_problem(pointer, "required", _("Say what it is about."))
    return said


def _working_day(venue: Venue, days: int) -> date:
    due = add_working_days(timezone.now(), days, jurisdiction=venue.jurisdiction, tz=venue.zone)
    return due.astimezone(venue.zone).date()
