"""Divide an order's escrow among provider, venue, broker and tax: once, whatever fails or repeats.

What a dispute has frozen is divided as a part of its own when it ends, or given back; what is given back after the
division is taken from everybody in proportion, by an entry of its own.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Prefetch

from kernel import audit
from kernel.actors import Actor
from kernel.identifiers import uuid7
from kernel.money import Money
from kernel.problems import Problem
from kernel.states import illegal_move
from settlements import withholding
from settlements.chart import AccountKey, open_accounts
from settlements.cross_border import note_earnings
from settlements.fees import FeeLine, divide_back, left_of, total_of
from settlements.ledger import Leg, TransferDraft, post
from settlements.models import Account, EscrowHold, FeePayer, Payee, Settlement, SettlementLine, Transfer, Withholding
from settlements.vouchers import uses

# Whose account takes a payee's line: the venue's own, or the organization's earnings.
ACCOUNT_OF_PAYEE = {
    Payee.PROVIDER: Account.Kind.PAYABLE,
    Payee.BROKER: Account.Kind.PAYABLE,
    Payee.VENUE: Account.Kind.FEES,
    Payee.TAX: Account.Kind.TAX,
}


@dataclass(frozen=True, slots=True)
class SettlementDraft:
    """An order's price, or a part of it, as it is to be divided: a free order has no hold and no lines."""

    order_id: UUID
    venue_id: UUID
    hold: EscrowHold | None
    gross: Money
    lines: Sequence[FeeLine]
    provider_id: UUID
    broker_id: UUID | None
    part: int = 1


SETTLE = """
SELECT settlements_settle(%s, ARRAY(SELECT draft FROM jsonb_populate_recordset(NULL::settlements_draft, %s) AS draft))
"""


@transaction.atomic
def settle(drafts: Sequence[SettlementDraft], *, actor: Actor) -> None:
    """Release each order's hold, or the `gross` that is a part of it, to those named by `lines`, and write down how.

    One statement writes the settlements, their lines, the holds' ends, the transfers and the evidence
    (settlements/sql/settle.sql), for one order or for a thousand: all of them or none. A free order (gross zero) moves
    no money, but is settled too. What was settled before stands. Raises ValueError when the lines do not fit the gross,
    Problem `settlement_differs` when it was settled for another amount or provider, `illegal_state` when it was
    refunded.
    """
    for draft in drafts:
        _check_arithmetic(draft)
    with_voucher = uses.orders_with_voucher([draft.order_id for draft in drafts])
    named = {uuid7(): draft for draft in drafts}
    rows = [
        _row(key, draft, _from_voucher(draft, actor) if draft.order_id in with_voucher else None)
        for key, draft in named.items()
    ]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(SETTLE, [audit.act_as_json([], actor=actor), json.dumps(rows, default=str)])
            fresh = [named.pop(key) for (key,) in cursor.fetchall()]
    except IntegrityError:
        _refuse_ended_holds(drafts)
        raise
    if named:
        _refuse_others(list(named.values()))
    for draft in fresh:
        if draft.hold is not None:
            withholding.record(
                source=Withholding.Source.ORDER,
                source_id=draft.order_id,
                venue_id=draft.venue_id,
                payer_id=draft.hold.payer_id,
                currency=draft.gross.currency,
                lines=draft.lines,
                owners={Payee.PROVIDER: draft.provider_id, Payee.BROKER: draft.broker_id},
            )


def _row(key: UUID, draft: SettlementDraft, from_voucher: Leg | None) -> dict[str, Any]:
    hold = draft.hold
    return {
        "id": key,
        "order_id": draft.order_id,
        "part": draft.part,
        "venue_id": draft.venue_id,
        "hold_id": hold and hold.id,
        "payer_id": hold and hold.payer_id,
        "provider_id": draft.provider_id,
        "broker_id": draft.broker_id,
        "gross_minor": draft.gross.minor,
        "currency": draft.gross.currency,
        "lines": [line.as_json() for line in draft.lines],
        "voucher_account_id": from_voucher and from_voucher.account_id,
        "voucher_minor": -from_voucher.amount_minor if from_voucher else 0,
    }


def _from_voucher(draft: SettlementDraft, actor: Actor) -> Leg | None:
    """Redeem what a voucher pays of the gross, unless it is settled: nobody does that now, its programme is locked."""
    settled = Settlement.objects.filter(order_id=draft.order_id, part=draft.part)
    if draft.hold is None or settled.exists():
        return None
    return uses.redeemed_leg(draft.hold, draft.gross.minor, actor=actor)


def _refuse_ended_holds(drafts: Sequence[SettlementDraft]) -> None:
    ended = EscrowHold.objects.filter(id__in=[draft.hold.id for draft in drafts if draft.hold is not None])
    for hold in ended.exclude(state=EscrowHold.State.HELD):
        raise illegal_move(hold, EscrowHold.State.RELEASED)


def _check_arithmetic(draft: SettlementDraft) -> None:
    hold, gross = draft.hold, draft.gross
    if total_of(draft.lines) != gross.minor:
        raise ValueError("the lines do not sum to the gross")
    if draft.broker_id is None and any(line.payee is Payee.BROKER for line in draft.lines):
        raise ValueError("a broker's line needs a broker")
    if (hold is None) != (gross.minor == 0):
        raise ValueError("a price is settled from a hold, and a free order has none")
    held_for = (draft.order_id, draft.venue_id, gross.currency)
    if hold is not None and (hold.order_id, hold.venue_id, hold.currency) != held_for:
        raise ValueError("the hold is not that of this order and currency")
    if hold is not None and hold.state == EscrowHold.State.HELD and gross != hold.open:
        raise ValueError("all that is open of the hold is settled at once")


@transaction.atomic
def give_back(
    *, order_id: UUID, amount: Money, earlier: Sequence[FeeLine], reference: str, actor: Actor, reason: str
) -> list[FeeLine]:
    """Give the payer back what was settled, from all who shared in it and in proportion (DOMAIN §5, refunds).

    `earlier` are the parts that went back before; a voucher's programme gets its share. The settlements stand as they
    were; this is a transfer of its own, named by `reference`. Returns what each gave. Raises Problem
    `insufficient_escrow` for more than is left of what was settled, or `insufficient_funds` while somebody has less.
    """
    # In the order in which they were divided: where a cent falls must not depend on how the database finds the rows.
    lines = Prefetch("lines", SettlementLine.objects.order_by("id"))
    settled = Settlement.objects.filter(order_id=order_id).order_by("part")
    parts = list(settled.select_related("hold").prefetch_related(lines))
    left = left_of([as_fee(line) for part in parts for line in part.lines.all()], earlier)
    most = total_of(left)
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
    note_earnings(
        order_id=order_id,
        venue_id=first.venue_id,
        currency=amount.currency,
        lines=given,
        owners={Payee.PROVIDER: first.provider_id, Payee.BROKER: first.broker_id},
        reference=reference,
        given_back=True,
    )
    details = {"order": str(order_id), **amount.as_json(), "lines": [line.as_json() for line in given]}
    audit.record("settlement.given_back", subject=first, actor=actor, reason=reason, details=details)
    withholding.record(
        source=Withholding.Source.ORDER,
        source_id=order_id,
        venue_id=first.venue_id,
        payer_id=hold.payer_id,
        currency=amount.currency,
        lines=given,
        owners={Payee.PROVIDER: first.provider_id, Payee.BROKER: first.broker_id},
        sign=-1,
    )
    return given


def as_fee(share: SettlementLine) -> FeeLine:
    """Return a line of a settlement as the line of the division that it came from."""
    return FeeLine(
        payee=Payee(share.payee),
        rate_ppm=share.rate_ppm,
        amount_minor=share.amount_minor,
        schedule_id=share.schedule_id,
        payer=FeePayer(share.payer),
        waiver_id=share.waiver_id,
        tax=share.tax,
        taxed=share.taxed,
        tax_rate_id=share.tax_rate_id,
    )


def _refuse_others(drafts: Sequence[SettlementDraft]) -> None:
    """Refuse what was settled before in another way."""
    standing = {
        (settlement.order_id, settlement.part): settlement
        for settlement in Settlement.objects.filter(order_id__in=[draft.order_id for draft in drafts])
    }
    for draft in drafts:
        settlement = standing.get((draft.order_id, draft.part))
        if settlement is None or (settlement.provider_id, settlement.gross) != (draft.provider_id, draft.gross):
            raise Problem("settlement_differs")


def _keys_of(settlement: Settlement, lines: Sequence[FeeLine]) -> list[AccountKey]:
    owners = {Payee.PROVIDER: settlement.provider_id, Payee.BROKER: settlement.broker_id}
    currency = settlement.gross.currency
    return [
        AccountKey(ACCOUNT_OF_PAYEE[line.payee], settlement.venue_id, currency, owners.get(line.payee))
        for line in lines
    ]
