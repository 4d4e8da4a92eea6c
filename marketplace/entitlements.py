"""Suspending, resuming and revoking the right to read; the next read sees it, since both look at the same row."""

from uuid import UUID

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require
from kernel.actors import SYSTEM, Actor
from kernel.jobs import cancel
from kernel.states import advance
from listings.lineage import end_licence
from marketplace.acceptance_clock import restart_clocks
from marketplace.locks import lock_order
from marketplace.models import Agreement, Delivery, Entitlement
from marketplace.revenue_rows import cut_period, void_periods


def suspend_entitlement(*, entitlement_id: UUID, reason: str, actor: Actor) -> Entitlement:
    """Stop all reading at once, until resumed; running downloads end within a few megabytes."""
    return _move(entitlement_id, Entitlement.State.SUSPENDED, Agreement.State.SUSPENDED, reason, actor)


def stop_transfers(*, order_id: UUID, reason: str) -> None:
    """Suspend what an order gave the right to read, because its way across the border has closed.

    Its permits have ended with the route case already; this shows it, and stops the acceptance clock from running.
    """
    readable = Entitlement.objects.filter(agreement__order=order_id, state=Entitlement.State.ACTIVE)
    # The rights of one agreement move together.
    for entitlement_id in list(readable.values_list("id", flat=True)[:1]):
        suspend_entitlement(entitlement_id=entitlement_id, reason=reason, actor=SYSTEM)


def resume_entitlement(*, entitlement_id: UUID, reason: str, actor: Actor) -> Entitlement:
    """Let a suspended entitlement be read again; the days for accepting what was delivered begin anew."""
    with transaction.atomic():
        entitlement = _move(entitlement_id, Entitlement.State.ACTIVE, Agreement.State.ACTIVE, reason, actor)
        for right in _rights(entitlement):
            restart_clocks(right, actor=actor)
        return entitlement


def revoke_entitlement(*, entitlement_id: UUID, reason: str, actor: Actor) -> Entitlement:
    """End the right to read for good and terminate its agreement; money already settled is not touched."""
    return _move(entitlement_id, Entitlement.State.REVOKED, Agreement.State.TERMINATED, reason, actor)


def end_right(entitlement: Entitlement, *, reason: str, actor: Actor) -> None:
    """End all rights of an agreement and itself because the order ends; the caller holds the order's lock.

    Does nothing where both have ended before: the venue revoked them, or the agreed term is over. Neither keeps a buyer
    from getting the money back.
    """
    void_periods(entitlement.agreement_id, reason=reason, actor=actor)
    entitlement.refresh_from_db(fields=["state"])
    if has_ended(entitlement):
        return
    advance(entitlement, to=Entitlement.State.REVOKED, actor=actor, reason=reason)
    _move_others(entitlement, to=Entitlement.State.REVOKED, reason=reason, actor=actor)
    advance(entitlement.agreement, to=Agreement.State.TERMINATED, actor=actor, reason=reason)
    end_licence(agreement_id=entitlement.agreement_id, actor=actor, reason=reason)


def has_ended(entitlement: Entitlement) -> bool:
    """Tell whether the right to read is over for good."""
    return entitlement.state not in Entitlement.MOVES


def expire_entitlements(limit: int = 500) -> int:
    """Move agreements whose term has ended, and their rights, to expired; return how many.

    Reading ended at that second already, this shows it.
    """
    due = Entitlement.objects.filter(
        state__in=[Entitlement.State.ACTIVE, Entitlement.State.SUSPENDED], expires_at__lte=timezone.now()
    )
    one_of_each = due.order_by("agreement_id", "id").distinct("agreement_id")
    ids = list(one_of_each.values_list("id", flat=True)[:limit])
    for entitlement_id in ids:
        reason = _("The agreed term has ended.")
        _move(entitlement_id, Entitlement.State.EXPIRED, Agreement.State.EXPIRED, reason, SYSTEM)
    return len(ids)


@transaction.atomic
def _move(
    entitlement_id: UUID, to: Entitlement.State, agreement_to: Agreement.State, reason: str, actor: Actor
) -> Entitlement:
    visible = Entitlement.objects.visible_to(actor).select_related("agreement")
    entitlement = find(visible, pk=entitlement_id)
    require(actor, Permission.ENTITLEMENT_SUSPEND, venue_id=entitlement.venue_id)
    entitlement.agreement.order = lock_order(entitlement.agreement.order_id, actor)

    advance(entitlement, to=to, actor=actor, reason=reason)
    _move_others(entitlement, to=to, reason=reason, actor=actor)
    advance(entitlement.agreement, to=agreement_to, actor=actor, reason=reason)
    if agreement_to == Agreement.State.TERMINATED:
        cut_period(entitlement.agreement_id)
        end_licence(agreement_id=entitlement.agreement_id, actor=actor, reason=reason)
    return entitlement


def _move_others(entitlement: Entitlement, *, to: Entitlement.State, reason: str, actor: Actor) -> None:
    """Let the agreement's other rights, to versions that came later, follow; what was being prepared is cancelled."""
    for right in _rights(entitlement).exclude(pk=entitlement.pk):
        if to in right.MOVES.get(right.state, frozenset()):
            advance(right, to=to, actor=actor, reason=reason)
        elif to == Entitlement.State.EXPIRED and right.state == Entitlement.State.PENDING:
            advance(right, to=Entitlement.State.REVOKED, actor=actor, reason=reason)
        if has_ended(right):
            _cancel_prepared(right, reason, actor)


def _rights(entitlement: Entitlement) -> models.QuerySet[Entitlement]:
    return Entitlement.objects.filter(agreement=entitlement.agreement_id).order_by("id")


def _cancel_prepared(entitlement: Entitlement, reason: str, actor: Actor) -> None:
    prepared = (Delivery.State.PREPARING, Delivery.State.FAILED)
    for delivery in entitlement.deliveries.filter(number__gt=1, state__in=prepared):
        advance(delivery, to=Delivery.State.CANCELLED, actor=actor, reason=reason)
        cancel("delivery.fulfil", str(delivery.pk))
