"""Divide an order's escrow among provider, venue, broker and tax: once, whatever fails or repeats.

What a dispute has frozen is divided as a part of its own when it ends, or given back; what is given back after the
division is taken from everybody in proportion, by an entry of its own.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.db import transaction

from accounts.models import Organization, Venue
from kernel import audit
from kernel.actors import Actor
from kernel.money import Money
from kernel.problems import Problem
from kernel.states import advance
from settlements.chart import AccountKey, open_accounts
from settlements.fees import FeeLine, divide_back
from settlements.ledger import Leg, TransferDraft, post
from settlements.models import Account, EscrowHold, Payee, Settlement, SettlementLine, Transfer
from settlements.vouchers import uses

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
    part: int = 1,
) -> Settlement:
    """Release the order's hold, or the `gross` that is a part of it, to those named by `lines`, and write down how.

    A free order (gross zero, no hold, no lines) moves no money, but is settled too. Returns the settlement that stands
    when this part of the order was settled before. Raises ValueError when the lines do not fit the gross, Problem
    `settlement_differs` when it was settled for another amount or provider, `illegal_state` when it was refunded.
    """
    _check_arithmetic(order_id, venue, hold, gross, lines, broker)
    made = Settlement(
        order_id=order_id,
        part=part,
        venue=venue,
        hold=hold,
        provider=provider,
        broker=broker,
        gross_minor=gross.minor,
        currency=gross.currency,
    )
    # A second worker waits here for the first one to commit, and then finds its row.
    Settlement.objects.bulk_create([made], ignore_conflicts=True)
    standing = Settlement.objects.filter(order_id=order_id, part=part).first()
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
        _release(hold, made, actor)
        post([_draft(made, hold, lines, actor)], actor=actor)
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
    if hold is not None and (hold.order_id, hold.venue_id, hold.currency) != (order_id, venue.id, gross.currency):
        raise ValueError("the hold is not that of this order and currency")
    if hold is not None and hold.state == EscrowHold.State.HELD and gross != hold.open:
        raise ValueError("all that is open of the hold is settled at once")


def _release(hold: EscrowHold, settlement: Settlement, actor: Actor) -> None:
    details = {"settlement": str(settlement.id)}
    settled = hold.settled_minor + settlement.gross_minor
    if hold.frozen_minor == 0:
        advance(hold, to=EscrowHold.State.RELEASED, actor=actor, details=details, settled_minor=settled)
        return
    hold.settled_minor = settled
    hold.save(update_fields=["settled_minor"])
    audit.record("escrowhold.settled_in_part", subject=hold, actor=actor, details=details)


@transaction.atomic
def give_back(
    *, order_id: UUID, amount: Money, earlier: Sequence[FeeLine], reference: str, actor: Actor, reason: str
) -> list[FeeLine]:
    """Give the payer back what was settled, from all who shared in it and in proportion (DOMAIN §5, refunds).

    `earlier` are the parts that went back before; a voucher's programme gets its share. The settlements stand as they
    were; this is a transfer of its own, named by `reference`. Returns what each gave. Raises Problem
    `insufficient_escrow` for more than is left of what was settled, or `insufficient_funds` while somebody has less.
    """
    parts = list(Settlement.objects.filter(order_id=order_id).select_related("hold").prefetch_related("lines"))
    left = _left_of([line for part in parts for line in part.lines.all()], earlier)
    most = sum(line.amount_minor for line in left)
    if not left or amount.currency != parts[0].currency or not 0 < amount.minor <= most:
        raise Problem("insufficient_escrow")
    given = divide_back(left, amount.minor)
    first, hold = parts[0], parts[0].hold
    assert hold is not None  # noqa: S101 - lines come from a hold
    client, *givers = open_accounts(
        AccountKey(Account.Kind.CLIENT, first.venue_id, amount.currency, hold.payer_id), *_keys_of(first, given)
    )
    legs = (Leg(giver, -line.amount_minor) for giver, line in zip(givers, given, strict=True))
    draft = TransferDraft(
        kind=Transfer.Kind.AWARD,
        reference=reference,
        venue_id=first.venue_id,
        legs=(*legs, *uses.award_legs(order_id, amount, most, client=client, actor=actor, reason=reason)),
        memo=reason[:200],
    )
    post([draft], actor=actor)
    details = {"order": str(order_id), **amount.as_json(), "lines": [line.as_json() for line in given]}
    audit.record("settlement.given_back", subject=first, actor=actor, reason=reason, details=details)
    return given


def _left_of(shares: Sequence[SettlementLine], earlier: Sequence[FeeLine]) -> list[FeeLine]:
    """Return what each payee still has of an order's price, the provider first."""
    left: Counter[Payee] = Counter()
    for share in shares:
        left[Payee(share.payee)] += share.amount_minor
    for line in earlier:
        left[line.payee] -= line.amount_minor
    lines = {Payee(share.payee): FeeLine(Payee(share.payee), share.rate_ppm, 0, share.schedule_id) for share in shares}
    payees = sorted(lines, key=lambda payee: payee is not Payee.PROVIDER)
    return [replace(lines[payee], amount_minor=left[payee]) for payee in payees if left[payee]]


def _the_same(standing: Settlement | None, provider: Organization, gross: Money) -> Settlement:
    # No row under this order although ours was not inserted: the hold belongs to another order's settlement.
    if standing is None or (standing.provider_id, standing.gross) != (provider.id, gross):
        raise Problem("settlement_differs")
    return standing


def _draft(settlement: Settlement, hold: EscrowHold, lines: Sequence[FeeLine], actor: Actor) -> TransferDraft:
    venue_id, currency = settlement.venue_id, hold.amount.currency
    escrow, *takers = open_accounts(
        AccountKey(Account.Kind.ESCROW, venue_id, currency, hold.payer_id), *_keys_of(settlement, lines)
    )
    parts = (Leg(taker, line.amount_minor) for taker, line in zip(takers, lines, strict=True))
    return TransferDraft(
        kind=Transfer.Kind.SETTLEMENT,
        reference=f"settlement:{settlement.order_id}" + (f":{settlement.part}" if settlement.part > 1 else ""),
        venue_id=venue_id,
        legs=(*uses.settlement_legs(hold, settlement.gross_minor, escrow=escrow, actor=actor), *parts),
    )


def _keys_of(settlement: Settlement, lines: Sequence[FeeLine]) -> list[AccountKey]:
    owners = {Payee.PROVIDER: settlement.provider_id, Payee.BROKER: settlement.broker_id}
    currency = settlement.gross.currency
    return [
        AccountKey(ACCOUNT_OF_PAYEE[line.payee], settlement.venue_id, currency, owners.get(line.payee))
        for line in lines
    ]
