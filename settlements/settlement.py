"""Divide an order's escrow among provider, venue, broker and tax: once, whatever fails or repeats."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from accounts.models import Organization, Venue
from kernel import audit
from kernel.actors import Actor
from kernel.money import Money
from kernel.problems import Problem
from kernel.states import advance
from settlements.chart import AccountKey, open_accounts
from settlements.fees import FeeLine
from settlements.ledger import Leg, TransferDraft, post
from settlements.models import Account, EscrowHold, Payee, Settlement, SettlementLine, Transfer

# Whose account takes a payee's line: the venue's own, or the organization's earnings.
ACCOUNT_OF_PAYEE = {
    Payee.PROVIDER: Account.Kind.PAYABLE,
    Payee.BROKER: Account.Kind.PAYABLE,
    Payee.VENUE: Account.Kind.FEES,
    Payee.TAX: Account.Kind.TAX,
}


@transaction.atomic
def settle(
    *,
    order_id: UUID,
    venue: Venue,
    hold: EscrowHold | None,
    gross: Money,
    lines: Sequence[FeeLine],
    provider: Organization,
    broker: Organization | None,
    actor: Actor,
) -> Settlement:
    """Release the order's hold to those named by `lines` and write down how it was divided.

    A free order (gross zero, no hold, no lines) moves no money, but is settled too. Returns the settlement that stands
    when the order was settled before. Raises ValueError when the lines do not fit the gross, Problem
    `settlement_differs` when it was settled for another amount or provider, `illegal_state` when it was refunded.
    """
    _check_arithmetic(order_id, venue, hold, gross, lines, broker)
    made = Settlement(
        order_id=order_id,
        venue=venue,
        hold=hold,
        provider=provider,
        broker=broker,
        gross_minor=gross.minor,
        currency=gross.currency,
    )
    # A second worker waits here for the first one to commit, and then finds its row.
    Settlement.objects.bulk_create([made], ignore_conflicts=True)
    standing = Settlement.objects.filter(order_id=order_id).first()
    if standing is None or standing.id != made.id:
        return _the_same(standing, provider, gross)

    owners = {Payee.PROVIDER: provider, Payee.BROKER: broker}
    SettlementLine.objects.bulk_create(
        SettlementLine(
            settlement=made,
            venue=venue,
            payee=line.payee,
            organization=owners.get(line.payee),
            rate_ppm=line.rate_ppm,
            amount_minor=line.amount_minor,
            currency=gross.currency,
            schedule_id=line.schedule_id,
        )
        for line in lines
    )
    if hold is not None:
        advance(hold, to=EscrowHold.State.RELEASED, actor=actor, details={"settlement": str(made.id)})
        post([_draft(made, hold, lines)], actor=actor)
    audit.record(
        "settlement.made",
        subject=made,
        actor=actor,
        details={"order": str(order_id), "gross": gross.as_json(), "lines": [line.as_json() for line in lines]},
    )
    return made


def _check_arithmetic(
    order_id: UUID,
    venue: Venue,
    hold: EscrowHold | None,
    gross: Money,
    lines: Sequence[FeeLine],
    broker: Organization | None,
) -> None:
    if sum(line.amount_minor for line in lines) != gross.minor:
        raise ValueError("the lines do not sum to the gross")
    if broker is None and any(line.payee is Payee.BROKER for line in lines):
        raise ValueError("a broker's line needs a broker")
    if (hold is None) != (gross.minor == 0):
        raise ValueError("a price is settled from a hold, and a free order has none")
    if hold is not None and (hold.order_id, hold.venue_id, hold.amount) != (order_id, venue.id, gross):
        raise ValueError("the hold is not that of this order and amount")


def _the_same(standing: Settlement | None, provider: Organization, gross: Money) -> Settlement:
    # No row under this order although ours was not inserted: the hold belongs to another order's settlement.
    if standing is None or (standing.provider_id, standing.gross) != (provider.id, gross):
        raise Problem("settlement_differs")
    return standing


def _draft(settlement: Settlement, hold: EscrowHold, lines: Sequence[FeeLine]) -> TransferDraft:
    venue_id, currency = settlement.venue_id, hold.amount.currency
    owners = {Payee.PROVIDER: settlement.provider_id, Payee.BROKER: settlement.broker_id}
    escrow, *takers = open_accounts(
        AccountKey(Account.Kind.ESCROW, venue_id, currency, hold.payer_id),
        *(AccountKey(ACCOUNT_OF_PAYEE[line.payee], venue_id, currency, owners.get(line.payee)) for line in lines),
    )
    parts = (Leg(taker, line.amount_minor) for taker, line in zip(takers, lines, strict=True))
    return TransferDraft(
        kind=Transfer.Kind.SETTLEMENT,
        reference=f"settlement:{settlement.order_id}",
        venue_id=venue_id,
        legs=(Leg(escrow, -hold.amount_minor), *parts),
    )
