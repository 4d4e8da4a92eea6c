"""How a dispute ends: by agreement, by a ruling that two officers enter and confirm, or because it is withdrawn.

What goes back to the buyer comes from the frozen escrow, or after settlement from all who shared in it; the rest is
settled as the agreement says. Nothing that was posted before is changed.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import find, require_different_person, require_reason
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.jobs import enqueue
from kernel.money import Money
from kernel.problems import Problem, field_problem
from kernel.states import advance
from marketplace.acceptance_clock import restart_clocks, stop_clock
from marketplace.disputes import officers_dispute, partys_dispute, stop_negotiating
from marketplace.entitlements import end_right
from marketplace.invoicing import correct_order
from marketplace.locks import lock_order
from marketplace.milestone_rows import give_up_milestones
from marketplace.models import Delivery, Dispute, DisputeOffer, Entitlement, Order
from marketplace.settlement_runs import settle_when_released
from settlements import escrow
from settlements.fees import FeeLine
from settlements.settlement import give_back

State = Dispute.State
PAY_JOB = "dispute.pay"


@transaction.atomic
def offer(*, dispute_id: UUID, refund: Money, note: str, actor: Actor) -> DisputeOffer:
    """Offer to end a dispute by giving `refund` back to the buyer; an earlier open offer is replaced.

    Both parties may offer while they negotiate or are mediated, and the mediating officer too. Raises Problem
    `not_found`, `forbidden`, `illegal_state` or `invalid` for more than is claimed.
    """
    dispute = _partys_or_mediators(dispute_id, actor)
    if actor.organization_id is None:
        raise Problem("forbidden")
    if dispute.state == State.FILED:
        raise Problem("illegal_state", _("The exchange has not taken the dispute on yet."), state=dispute.state)
    _check_refund(dispute, refund, "/refund")
    for standing in dispute.offers.filter(state=DisputeOffer.State.OPEN):
        advance(standing, to=DisputeOffer.State.REPLACED, actor=actor)
    made = DisputeOffer.objects.create(
        dispute=dispute,
        organization_id=actor.organization_id,
        venue=dispute.venue,
        refund_minor=refund.minor,
        note=note.strip(),
    )
    audit.record("disputeoffer.made", subject=made, actor=actor, details=refund.as_json())
    return made


@transaction.atomic
def accept_offer(*, dispute_id: UUID, offer_id: UUID, actor: Actor) -> Dispute:
    """Accept an open offer that one did not make; when all parties have, the dispute is settled by it.

    Raises Problem `not_found`, `forbidden`, `own_offer` or `illegal_state`.
    """
    dispute = partys_dispute(dispute_id, actor)
    standing = find(dispute.offers.select_for_update(), pk=offer_id)
    if standing.organization_id == actor.organization_id:
        raise Problem("own_offer")
    if standing.state != DisputeOffer.State.OPEN:
        raise Problem("illegal_state", state=standing.state)
    accepted = {*standing.accepted_by, str(actor.organization_id)}
    awaited = {str(dispute.organization_id), str(dispute.respondent_id)} - {str(standing.organization_id)}
    if awaited - accepted:
        standing.accepted_by = sorted(accepted)
        standing.save(update_fields=["accepted_by"])
        audit.record("disputeoffer.accepted_by_one", subject=standing, actor=actor)
        return dispute
    advance(standing, to=DisputeOffer.State.ACCEPTED, actor=actor, accepted_by=sorted(accepted))
    _end(dispute, to=State.SETTLED, refund=standing.refund, reason=standing.note, actor=actor)
    return dispute


@transaction.atomic
def decline_offer(*, dispute_id: UUID, offer_id: UUID, reason: str, actor: Actor) -> Dispute:
    """Decline an open offer that one did not make. Raises Problem `not_found`, `forbidden` or `own_offer`."""
    dispute = partys_dispute(dispute_id, actor)
    standing = find(dispute.offers.select_for_update(), pk=offer_id)
    if standing.organization_id == actor.organization_id:
        raise Problem("own_offer")
    advance(standing, to=DisputeOffer.State.DECLINED, actor=actor, reason=require_reason(reason))
    return dispute


@transaction.atomic
def withdraw_dispute(*, dispute_id: UUID, reason: str, actor: Actor) -> Dispute:
    """Take a dispute back, by whoever filed it: all that was frozen goes its way.

    Raises Problem `not_found`, `forbidden` or `illegal_state`.
    """
    dispute = partys_dispute(dispute_id, actor)
    if actor.organization_id != dispute.organization_id:
        raise Problem("forbidden", _("Only the complainant withdraws a dispute."))
    _end(dispute, to=State.WITHDRAWN, refund=_nothing(dispute), reason=require_reason(reason), actor=actor)
    return dispute


@transaction.atomic
def dismiss_dispute(*, dispute_id: UUID, reason: str, actor: Actor) -> Dispute:
    """Refuse to take on what was filed, by an officer of the venue.

    Raises Problem `not_found`, `forbidden`, `conflict_of_interest` or `illegal_state`.
    """
    dispute = officers_dispute(dispute_id, actor)
    _end(dispute, to=State.DISMISSED, refund=_nothing(dispute), reason=require_reason(reason), actor=actor)
    return dispute


@transaction.atomic
def enter_ruling(*, dispute_id: UUID, refund: Money, ruling: str, actor: Actor) -> Dispute:
    """Enter what an arbitral body or a court has ruled, for another officer to confirm; entered anew it replaces this.

    Raises Problem `not_found`, `forbidden`, `conflict_of_interest`, `illegal_state` before it lies with such a body, or
    `invalid` for more than is claimed.
    """
    dispute = officers_dispute(dispute_id, actor)
    if dispute.state not in (State.ARBITRATION, State.LITIGATION):
        raise Problem("illegal_state", _("The dispute lies with no arbitral body or court."), state=dispute.state)
    _check_refund(dispute, refund, "/refund")
    dispute.ruling_minor, dispute.ruling, dispute.ruled_by = refund.minor, require_reason(ruling), actor.person_id
    dispute.save(update_fields=["ruling_minor", "ruling", "ruled_by"])
    audit.record("dispute.ruling_entered", subject=dispute, actor=actor, reason=ruling, details=refund.as_json())
    return dispute


@transaction.atomic
def confirm_ruling(*, dispute_id: UUID, actor: Actor) -> Dispute:
    """Confirm a ruling that another officer entered: the money moves as it says.

    Raises Problem `not_found`, `forbidden`, `conflict_of_interest`, `same_person` or `illegal_state`.
    """
    dispute = officers_dispute(dispute_id, actor)
    if dispute.ruling_minor is None:
        raise Problem("illegal_state", _("No ruling has been entered."), state=dispute.state)
    require_different_person(actor, made_by=dispute.ruled_by)
    refund = Money(dispute.ruling_minor, dispute.claimed.currency)
    _end(dispute, to=State.RULED, refund=refund, reason=dispute.ruling, actor=actor)
    return dispute


@transaction.atomic
def pay_outcome(*, dispute_id: UUID) -> None:
    """Take what goes back after settlement from those who shared in it; does nothing the second time.

    Raises Problem `insufficient_funds` while one of them has not as much: the job tries again, and the dispute shows
    that it is not paid.
    """
    dispute = find(Dispute.objects.all(), pk=dispute_id)
    order = lock_order(dispute.order_id, SYSTEM, "venue", "buyer", "provider", "broker", "agreement")
    dispute.refresh_from_db()
    if dispute.paid_at is not None or not dispute.refund:
        return
    others = Dispute.objects.filter(order=dispute.order_id).exclude(pk=dispute.pk).values_list("division", flat=True)
    given = give_back(
        order_id=dispute.order_id,
        amount=dispute.refund,
        earlier=[FeeLine.from_json(line) for division in others for line in division],
        reference=f"award:{dispute.id}",
        actor=SYSTEM,
        reason=dispute.number,
    )
    dispute.division, dispute.paid_at = [line.as_json() for line in given], timezone.now()
    dispute.save(update_fields=["division", "paid_at"])
    audit.record("dispute.paid", subject=dispute, actor=SYSTEM, details={"lines": dispute.division})
    correct_order(order, dispute.number)


def _end(dispute: Dispute, *, to: str, refund: Money, reason: str, actor: Actor) -> None:
    """Write the outcome down and let the money follow, in the transaction of the act that brought it."""
    order, hold = dispute.order, escrow.hold_of(dispute.order_id)
    frozen = hold is not None and hold.frozen_minor > 0
    owed = bool(refund.minor) and not frozen
    advance(
        dispute,
        to=to,
        actor=actor,
        reason=reason,
        details={"refund": refund.as_json()},
        refund_minor=refund.minor,
        ended_at=timezone.now(),
        paid_at=None if owed else timezone.now(),
    )
    stop_negotiating(dispute)
    for standing in dispute.offers.filter(state=DisputeOffer.State.OPEN):
        advance(standing, to=DisputeOffer.State.REPLACED, actor=actor)
    if hold is not None and frozen:
        hold = escrow.thaw(hold=hold, refund=refund, reference=f"refund:{dispute.id}", actor=actor, reason=reason)
    if owed:
        enqueue(
            PAY_JOB,
            key=str(dispute.id),
            subject_id=dispute.id,
            organization_id=dispute.organization_id,
            venue_id=dispute.venue_id,
        )
    if hold is not None and hold.state == hold.State.REFUNDED:
        undo_trade(order, reason=reason, actor=actor)
    elif order.state == Order.State.DELIVERED:
        for right in Entitlement.objects.filter(agreement__order=order).order_by("id"):
            restart_clocks(right, actor=actor)
    elif order.state == Order.State.ACCEPTED:
        # The first job, if the order was released before, has settled what was not disputed; this one is another.
        settle_when_released(order, key=str(dispute.id))


def undo_trade(order: Order, *, reason: str, actor: Actor) -> None:
    """End a trade of which all the price went back, as if its delivery had been rejected."""
    give_up_milestones(order, reason=reason, actor=actor)
    advance(order, to=Order.State.REJECTED, actor=actor, reason=reason)
    for delivery in order.deliveries.select_related("entitlement__agreement"):
        if delivery.state == Delivery.State.DELIVERED:
            advance(
                delivery,
                to=Delivery.State.REJECTED,
                actor=actor,
                reason=reason,
                decided_at=timezone.now(),
                rejection_reason=reason,
            )
            stop_clock(delivery)
        end_right(delivery.entitlement, reason=reason, actor=actor)


def _partys_or_mediators(dispute_id: UUID, actor: Actor) -> Dispute:
    row = find(Dispute.objects.visible_to(actor), pk=dispute_id)
    if actor.organization_id in (row.organization_id, row.respondent_id):
        return partys_dispute(dispute_id, actor)
    dispute = officers_dispute(dispute_id, actor)
    if dispute.state != State.MEDIATION:
        raise Problem("illegal_state", _("The exchange is not mediating."), state=dispute.state)
    return dispute


def _check_refund(dispute: Dispute, refund: Money, pointer: str) -> None:
    if refund.currency != dispute.currency:
        raise field_problem(f"{pointer}/currency", "other_currency", _("The order is in %s.") % dispute.currency)
    if refund.minor > dispute.claimed_minor:
        raise field_problem(f"{pointer}/amount", "more_than_claimed", _("Not more than was claimed goes back."))


def _nothing(dispute: Dispute) -> Money:
    return Money(0, dispute.claimed.currency)
