"""Hold the price of an order until it ends: released to the sellers (settlement.py) or refunded.

A dispute freezes the part that it is about; the rest goes its way. These functions ask for no permission: the caller
has decided that the order may be placed, cancelled, rejected or disputed.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from accounts.models import Organization, Venue
from kernel import audit
from kernel.actors import Actor
from kernel.money import Currency, Money
from kernel.problems import Problem
from kernel.states import advance
from settlements.chart import AccountKey, open_accounts
from settlements.exchange_quotes import change_back
from settlements.ledger import Leg, TransferDraft, post
from settlements.models import Account, EscrowHold, Transfer
from settlements.vouchers import uses


@transaction.atomic
def hold(*, order_id: UUID, venue: Venue, payer: Organization, amount: Money, actor: Actor) -> EscrowHold:
    """Move `amount` from the payer's available funds at the venue into escrow, once per order.

    What a voucher programme holds of it already is not taken from the payer.

    Returns the hold that stands when the order has one already. Raises ValueError for an amount that is not positive (a
    free order holds nothing), Problem `insufficient_funds`, or `escrow_differs` when the order holds something else or
    holds nothing any more.
    """
    if amount.minor <= 0:
        raise ValueError("only a positive amount can be held")
    made = EscrowHold(order_id=order_id, venue=venue, payer=payer, amount_minor=amount.minor, currency=amount.currency)
    EscrowHold.objects.bulk_create([made], ignore_conflicts=True)
    standing = EscrowHold.objects.get(order_id=order_id)
    if standing.id != made.id:
        return _the_same(standing, payer=payer, amount=amount)

    client, escrow = _accounts(made)
    own = amount.minor - uses.held_for(order_id)
    post([_draft(made, Transfer.Kind.HOLD, f"hold:{order_id}", (Leg(client, -own), Leg(escrow, own)))], actor=actor)
    audit.record("escrowhold.held", subject=made, actor=actor, details={"order": str(order_id), **amount.as_json()})
    return made


def hold_of(order_id: UUID) -> EscrowHold | None:
    """Return the order's hold; a free order has none."""
    return EscrowHold.objects.filter(order_id=order_id).first()


def holds_of(order_ids: Sequence[UUID]) -> dict[UUID, EscrowHold]:
    """Return the holds of those of the orders that have one."""
    return {hold.order_id: hold for hold in EscrowHold.objects.filter(order_id__in=order_ids)}


def refund_order(*, order_id: UUID, actor: Actor, reason: str) -> EscrowHold | None:
    """Give back what the order holds, in full; a free order holds nothing."""
    standing = hold_of(order_id)
    if standing is None:
        uses.release_unfunded(order_id=order_id, actor=actor, reason=reason)
        return None
    return refund(hold=standing, actor=actor, reason=reason)


@transaction.atomic
def refund(*, hold: EscrowHold, actor: Actor, reason: str) -> EscrowHold:
    """Give back all that is left: to the payer's available funds, and what a voucher paid to its programme.

    Does nothing when it was refunded before; raises Problem `illegal_state` when it was released, `escrow_frozen` while
    a dispute has frozen a part of it.
    """
    standing = locked_hold(hold.id)
    if standing.state == EscrowHold.State.REFUNDED:
        return standing
    if standing.frozen_minor:
        raise Problem("escrow_frozen")
    left = standing.left_minor  # a dispute may have given a part of it back before
    advance(
        standing,
        to=EscrowHold.State.REFUNDED,
        actor=actor,
        reason=reason,
        details=Money(left, Currency(standing.currency)).as_json(),
        refunded_minor=standing.refunded_minor + left,
    )
    _give_back(standing, left, f"refund:{standing.order_id}", actor, reason)
    return standing


@transaction.atomic
def forfeit(*, order_id: UUID, to_id: UUID, actor: Actor, reason: str) -> EscrowHold:
    """Give what is held, in full, to the organization to which it is forfeited, as earnings (DOMAIN §5: deposits).

    Does nothing when it was forfeited before; raises Problem `illegal_state` when it was refunded.
    """
    standing = EscrowHold.objects.select_for_update().get(order_id=order_id)
    if standing.state == EscrowHold.State.RELEASED:
        return standing
    amount = standing.amount
    advance(
        standing,
        to=EscrowHold.State.RELEASED,
        actor=actor,
        reason=reason,
        details=amount.as_json(),
        settled_minor=amount.minor,
    )
    _client, escrow = _accounts(standing)
    [earned] = open_accounts(AccountKey(Account.Kind.PAYABLE, standing.venue_id, amount.currency, to_id))
    legs = (Leg(escrow, -amount.minor), Leg(earned, amount.minor))
    post([_draft(standing, Transfer.Kind.FORFEIT, f"forfeit:{order_id}", legs)], actor=actor)
    return standing


@transaction.atomic
def freeze(*, hold: EscrowHold, amount: Money, actor: Actor, reason: str) -> EscrowHold:
    """Keep a part of a hold from being settled or refunded until a dispute ends (DOMAIN §1.10: the disputed part only).

    Raises Problem `escrow_frozen` when a part is frozen already, `insufficient_escrow` for more than is left.
    """
    standing = locked_hold(hold.id)
    if standing.frozen_minor:
        raise Problem("escrow_frozen")
    if amount.currency != standing.currency or not 0 < amount.minor <= standing.open.minor:
        raise Problem("insufficient_escrow", left=standing.open.as_json())
    standing.frozen_minor = amount.minor
    standing.save(update_fields=["frozen_minor"])
    audit.record("escrowhold.frozen", subject=standing, actor=actor, reason=reason, details=amount.as_json())
    return standing


@transaction.atomic
def thaw(*, hold: EscrowHold, refund: Money, reference: str, actor: Actor, reason: str) -> EscrowHold:
    """End a freeze: give `refund` of what was frozen back to the payer, and let the rest be settled.

    `reference` names the cause for good. Raises Problem `escrow_not_frozen`, or `insufficient_escrow` when the refund
    is more than was frozen.
    """
    standing = locked_hold(hold.id)
    if not standing.frozen_minor:
        raise Problem("escrow_not_frozen")
    if refund.currency != standing.currency or not 0 <= refund.minor <= standing.frozen_minor:
        raise Problem("insufficient_escrow", left=Money(standing.frozen_minor, Currency(standing.currency)).as_json())
    standing.frozen_minor = 0
    standing.refunded_minor += refund.minor
    standing.save(update_fields=["frozen_minor", "refunded_minor"])
    audit.record("escrowhold.thawed", subject=standing, actor=actor, reason=reason, details=refund.as_json())
    if refund.minor:
        _give_back(standing, refund.minor, reference, actor, reason)
    if not standing.left_minor:
        ended = EscrowHold.State.RELEASED if standing.settled_minor else EscrowHold.State.REFUNDED
        advance(standing, to=ended, actor=actor, reason=reason)
    return standing


def locked_hold(hold_id: UUID) -> EscrowHold:
    """Return a hold with its row locked until the transaction ends."""
    return EscrowHold.objects.select_for_update().get(id=hold_id)


def _the_same(standing: EscrowHold, *, payer: Organization, amount: Money) -> EscrowHold:
    if (standing.payer_id, standing.amount, standing.state) != (payer.id, amount, EscrowHold.State.HELD):
        raise Problem("escrow_differs")
    return standing


def _give_back(hold: EscrowHold, amount_minor: int, reference: str, actor: Actor, reason: str) -> None:
    client, escrow = _accounts(hold)
    legs = uses.refund_legs(hold, amount_minor, client=client, escrow=escrow, actor=actor, reason=reason)
    post([_draft(hold, Transfer.Kind.REFUND, reference, legs)], actor=actor)
    returned = sum(leg.amount_minor for leg in legs if leg.account_id == client)
    change_back(order_id=hold.order_id, refund=Money(returned, hold.amount.currency), actor=actor)


def _accounts(hold: EscrowHold) -> tuple[UUID, UUID]:
    currency = Currency(hold.currency)
    client, escrow = open_accounts(
        AccountKey(Account.Kind.CLIENT, hold.venue_id, currency, hold.payer_id),
        AccountKey(Account.Kind.ESCROW, hold.venue_id, currency, hold.payer_id),
    )
    return client, escrow


def _draft(hold: EscrowHold, kind: Transfer.Kind, reference: str, legs: tuple[Leg, ...]) -> TransferDraft:
    return TransferDraft(kind=kind, reference=reference, venue_id=hold.venue_id, legs=legs)
