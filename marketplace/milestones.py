"""Milestones of an order: delivered one after the other, accepted or refused by the buyer, each settled for its part.

The order itself is accepted when its data is and no milestone is left to be earned.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_reason
from kernel.actors import SYSTEM, Actor
from kernel.jobs import enqueue
from kernel.money import Money
from kernel.problems import Problem
from kernel.states import advance
from marketplace import problems  # noqa: F401 - registers the codes raised here
from marketplace.acceptance_clock import silence_ends
from marketplace.dispute_outcomes import undo_trade
from marketplace.locks import lock_order
from marketplace.milestone_rows import give_up_milestones
from marketplace.models import Delivery, Dispute, Milestone, Order
from marketplace.settlement_runs import release_of, settle_when_released
from settlements import escrow
from settlements.fees import FeeLine
from settlements.stage_settlement import settle_part

State = Milestone.State
SILENCE_JOB = "milestone.accept_in_silence"
SETTLE_JOB = "milestone.settle"


@transaction.atomic
def deliver_milestone(*, order_id: UUID, number: int, note: str, evidence_sha256: str, actor: Actor) -> Milestone:
    """Say that a milestone is reached, by the provider, and what proves it; the buyer has the acceptance days.

    Raises Problem `not_found`, `forbidden`, `illegal_state` while the order's data is not delivered, or
    `milestone_before` while an earlier one is not accepted.
    """
    order, milestone = _locked(order_id, number, actor)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=order.provider_id)
    if order.state != Order.State.DELIVERED:
        raise Problem("illegal_state", _("The order is not delivered."), state=order.state)
    if order.milestones.open().filter(number__lt=number).exists():
        raise Problem("milestone_before")
    now = timezone.now()
    accept_by = silence_ends(order.venue, now)
    advance(
        milestone,
        to=State.DELIVERED,
        actor=actor,
        details={"order": order.number, "number": number, "evidence_sha256": evidence_sha256},
        note=require_reason(note),
        evidence_sha256=evidence_sha256,
        delivered_at=now,
        accept_by=accept_by,
    )
    enqueue(
        SILENCE_JOB,
        key=f"{milestone.pk} {accept_by.isoformat()}",
        subject_id=milestone.pk,
        due_at=accept_by,
        organization_id=order.buyer_id,
        venue_id=order.venue_id,
    )
    return milestone


@transaction.atomic
def accept_milestone(*, order_id: UUID, number: int, actor: Actor, reason: str = "") -> Milestone:
    """Accept a milestone: its part is divided at once, or on the venue's day of release.

    Raises Problem `not_found`, `forbidden` or `illegal_state`.
    """
    order, milestone = _locked(order_id, number, actor)
    require(actor, Permission.DELIVERY_ACCEPT, organization_id=order.buyer_id)
    advance(milestone, to=State.ACCEPTED, actor=actor, reason=reason, details={"order": order.number, "number": number})
    enqueue(
        SETTLE_JOB,
        key=str(milestone.pk),
        subject_id=milestone.pk,
        due_at=release_of(order, timezone.now()),
        organization_id=order.buyer_id,
        venue_id=order.venue_id,
    )
    return milestone


@transaction.atomic
def refuse_milestone(*, order_id: UUID, number: int, reason: str, actor: Actor) -> Milestone:
    """Refuse what was delivered as a milestone, with a reason; the provider delivers again, gives up, or disputes.

    Raises Problem `not_found`, `forbidden` or `illegal_state`.
    """
    order, milestone = _locked(order_id, number, actor)
    require(actor, Permission.DELIVERY_ACCEPT, organization_id=order.buyer_id)
    advance(milestone, to=State.REFUSED, actor=actor, reason=require_reason(reason), refusal=reason)
    return milestone


@transaction.atomic
def give_up(*, order_id: UUID, reason: str, actor: Actor) -> Order:
    """End an order before its last milestone, by the provider: what is held for those not accepted goes back.

    Where none was accepted the whole trade is undone. Raises Problem `not_found`, `forbidden`, `illegal_state` where
    there is nothing to give up, or `dispute_open`: the dispute decides.
    """
    order = lock_order(order_id, actor, "venue", "buyer", "provider", "agreement")
    require(actor, Permission.PRODUCT_MANAGE, organization_id=order.provider_id)
    if Dispute.objects.open().filter(order=order).exists():
        raise Problem("dispute_open")
    if order.state != Order.State.DELIVERED or not order.milestones.open().exists():
        raise Problem("illegal_state", _("There is no milestone to give up."), state=order.state)
    ended = give_up_milestones(order, reason=require_reason(reason), actor=actor)
    hold = escrow.hold_of(order.pk)
    if hold is not None:
        back = min(sum(milestone.amount_minor for milestone in ended), hold.open.minor)
        if back:
            refund = Money(back, order.total.currency)
            escrow.freeze(hold=hold, amount=refund, actor=actor, reason=reason)
            reference = f"refund:{ended[0].pk}"
            hold = escrow.thaw(hold=hold, refund=refund, reference=reference, actor=actor, reason=reason)
        if hold.state == hold.State.REFUNDED:
            undo_trade(order, reason=reason, actor=actor)
            return order
    close_if_ended(order, actor=actor)
    return order


@transaction.atomic
def accept_in_silence(*, milestone_id: UUID) -> None:
    """Accept a milestone whose buyer has let the acceptance days pass; not while a dispute is open."""
    known = find(Milestone.objects.all(), pk=milestone_id)
    order, milestone = _locked(known.order_id, known.number, SYSTEM)
    if milestone.state != State.DELIVERED or milestone.accept_by is None or milestone.accept_by > timezone.now():
        return
    if Dispute.objects.open().filter(order=order).exists():
        return
    reason = _("No answer within %d working days.") % order.venue.acceptance_working_days
    accept_milestone(order_id=order.pk, number=milestone.number, actor=SYSTEM, reason=reason)


@transaction.atomic
def settle_milestone(*, milestone_id: UUID) -> None:
    """Divide the part of an accepted milestone; does nothing the second time.

    What a dispute has given back of the order is taken from the milestones in the order in which they are settled.
    Raises Problem `escrow_frozen` while an open dispute has frozen what it needs: the job tries again.
    """
    known = find(Milestone.objects.all(), pk=milestone_id)
    order, milestone = _locked(known.order_id, known.number, SYSTEM)
    if milestone.state != State.ACCEPTED:
        return
    hold = escrow.hold_of(order.pk)
    if hold is not None and hold.state == hold.State.HELD:
        amount = _earned(order, milestone, hold.left_minor)
        if amount:
            agreed = order.agreement.body["division"]
            settle_part(
                hold=hold,
                amount_minor=amount,
                lines=[FeeLine.from_json(line) for line in agreed if line["amount_minor"]],
                provider_id=order.provider_id,
                broker_id=order.broker_id,
                actor=SYSTEM,
            )
    advance(milestone, to=State.SETTLED, actor=SYSTEM, details={"order": order.number, "number": milestone.number})
    close_if_ended(order, actor=SYSTEM)


def close_if_ended(order: Order, *, actor: Actor) -> None:
    """Accept the order once its data is accepted and every milestone is settled or given up."""
    if order.state != Order.State.DELIVERED:
        return
    if order.milestones.filter(state__in=[*Milestone.OPEN, State.ACCEPTED]).exists():
        return
    if not order.deliveries.filter(number=1, state=Delivery.State.ACCEPTED).exists():
        return
    now = timezone.now()
    advance(order, to=Order.State.ACCEPTED, actor=actor, release_at=now)
    settle_when_released(order, key="milestones")


def _earned(order: Order, milestone: Milestone, left_minor: int) -> int:
    """Return the milestone's part, less what of the order has been given back and no later one bears."""
    others = order.milestones.filter(state__in=[*Milestone.OPEN, State.ACCEPTED]).exclude(pk=milestone.pk)
    rest = sum(others.values_list("amount_minor", flat=True))
    return max(0, min(milestone.amount_minor, left_minor - rest))


def _locked(order_id: UUID, number: int, actor: Actor) -> tuple[Order, Milestone]:
    order = lock_order(order_id, actor, "venue", "buyer", "provider", "broker", "agreement")
    return order, find(order.milestones.select_for_update(), number=number)
