"""Divide an order's escrow among provider, venue, broker and tax: once, whatever fails or repeats.

What a dispute has frozen is divided as a part of its own when it ends, or given back; what is given back after the
division is taken from everybody in proportion, by an entry of its own.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from kernel import audit
from kernel.actors import Actor
from kernel.money import Money
from kernel.problems import Problem
from kernel.states import advance_many
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


@transaction.atomic
def settle(drafts: Sequence[SettlementDraft], *, actor: Actor) -> None:
    """Release each order's hold, or the `gross` that is a part of it, to those named by `lines`, and write down how.

    One statement each writes the settlements, their lines, the holds' ends, the transfers and the evidence, for one
    order or for a thousand: all of them or none. A free order (gross zero) moves no money, but is settled too. What was
    settled before stands. Raises ValueError when the lines do not fit the gross, Problem `settlement_differs` when it
    was settled for another amount or provider, `illegal_state` when it was refunded.
    """
    for draft in drafts:
        _check_arithmetic(draft)
    made = _write(drafts)
    fresh = [draft for draft in drafts if (draft.order_id, draft.part) in made]
    paid = [(made[draft.order_id, draft.part], draft, draft.hold) for draft in fresh if draft.hold is not None]

    _release([(settlement, hold) for settlement, _draft, hold in paid], actor)
    post(_transfers([(draft, hold) for _settlement, draft, hold in paid], actor), actor=actor)
    audit.record_many((_made(made[draft.order_id, draft.part], draft) for draft in fresh), actor=actor)
    for _settlement, draft, hold in paid:
        withholding.record(
            source=Withholding.Source.ORDER,
            source_id=draft.order_id,
            venue_id=draft.venue_id,
            payer_id=hold.payer_id,
            currency=draft.gross.currency,
            lines=draft.lines,
            owners={Payee.PROVIDER: draft.provider_id, Payee.BROKER: draft.broker_id},
        )


WRITE = """
WITH made AS (
    INSERT INTO settlements_settlement
           (id, created_at, order_id, part, venue_id, hold_id, provider_id, broker_id, gross_minor, currency)
    SELECT id, %(now)s, order_id, part, venue_id, hold_id, provider_id, broker_id, gross_minor, currency
      FROM jsonb_to_recordset(%(drafts)s) AS draft
           (id uuid, order_id uuid, part int, venue_id uuid, hold_id uuid, provider_id uuid, broker_id uuid,
            gross_minor bigint, currency text)
        ON CONFLICT (order_id, part) DO NOTHING
    RETURNING id
), divided AS (
    INSERT INTO settlements_settlementline
           (id, created_at, settlement_id, venue_id, payee, payer, organization_id, rate_ppm, amount_minor, currency,
            schedule_id, waiver_id, tax, taxed, tax_rate_id)
    SELECT uuidv7(), %(now)s, settlement_id, venue_id, payee, payer, organization_id, rate_ppm, amount_minor, currency,
           schedule_id, waiver_id, tax, taxed, tax_rate_id
      FROM made
      JOIN jsonb_to_recordset(%(lines)s) AS line
           (settlement_id uuid, venue_id uuid, payee text, payer text, organization_id uuid, rate_ppm int,
            amount_minor bigint, currency text, schedule_id uuid, waiver_id uuid, tax text, taxed text,
            tax_rate_id uuid)
        ON line.settlement_id = made.id
)
SELECT id FROM made
"""


def _write(drafts: Sequence[SettlementDraft]) -> dict[tuple[UUID, int], Settlement]:
    """Insert the settlements with their lines, and return those that were not there, by order and part.

    A second worker waits here for the first one to commit, and then finds its rows.
    """
    settlements = {(draft.order_id, draft.part): _settlement(draft) for draft in drafts}
    rows = [_columns(settlement) for settlement in settlements.values()]
    lines = [row for draft in drafts for row in _lines(settlements[draft.order_id, draft.part], draft.lines)]
    with connection.cursor() as cursor:
        values = {"drafts": json.dumps(rows, default=str), "lines": json.dumps(lines, default=str)}
        cursor.execute(WRITE, values | {"now": timezone.now()})
        written = {row[0] for row in cursor.fetchall()}
    if len(written) < len(drafts):
        others = [draft for draft in drafts if settlements[draft.order_id, draft.part].id not in written]
        _refuse_others(others)
    return {key: settlement for key, settlement in settlements.items() if settlement.id in written}


def _settlement(draft: SettlementDraft) -> Settlement:
    return Settlement(
        order_id=draft.order_id,
        part=draft.part,
        venue_id=draft.venue_id,
        hold=draft.hold,
        provider_id=draft.provider_id,
        broker_id=draft.broker_id,
        gross_minor=draft.gross.minor,
        currency=draft.gross.currency,
    )


def _columns(settlement: Settlement) -> dict[str, Any]:
    names = ("id", "order_id", "part", "venue_id", "hold_id", "provider_id", "broker_id", "gross_minor", "currency")
    return {name: getattr(settlement, name) for name in names}


def _lines(settlement: Settlement, lines: Sequence[FeeLine]) -> Iterator[dict[str, Any]]:
    owners = {Payee.PROVIDER: settlement.provider_id, Payee.BROKER: settlement.broker_id}
    for line in lines:
        yield {
            "settlement_id": settlement.id,
            "venue_id": settlement.venue_id,
            "payee": line.payee,
            "payer": line.payer,
            "organization_id": owners.get(line.payee),
            "rate_ppm": line.rate_ppm,
            "amount_minor": line.amount_minor,
            "currency": settlement.currency,
            "schedule_id": line.schedule_id,
            "waiver_id": line.waiver_id,
            "tax": line.tax,
            "taxed": line.taxed,
            "tax_rate_id": line.tax_rate_id,
        }


def _made(settlement: Settlement, draft: SettlementDraft) -> audit.Occurrence:
    lines = [line.as_json() for line in draft.lines]
    details = {"order": str(draft.order_id), "gross": draft.gross.as_json(), "lines": lines}
    return audit.Occurrence("settlement.made", settlement, details)


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


def _release(settled: Sequence[tuple[Settlement, EscrowHold]], actor: Actor) -> None:
    """End the holds of which nothing is frozen, and write down what was settled of the others."""
    ended = [(settlement, hold) for settlement, hold in settled if hold.frozen_minor == 0]
    advance_many(
        [hold for _settlement, hold in ended],
        to=EscrowHold.State.RELEASED,
        actor=actor,
        details=[{"settlement": str(settlement.id)} for settlement, _hold in ended],
        changes=[{"settled_minor": hold.settled_minor + settlement.gross_minor} for settlement, hold in ended],
    )
    for settlement, hold in settled:
        if hold.frozen_minor:
            hold.settled_minor += settlement.gross_minor
            hold.save(update_fields=["settled_minor"])
            details = {"settlement": str(settlement.id)}
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


def _transfers(settled: Sequence[tuple[SettlementDraft, EscrowHold]], actor: Actor) -> list[TransferDraft]:
    keys = [(_escrow_of(draft, hold), *_keys_of(draft, draft.lines)) for draft, hold in settled]
    needed = list(dict.fromkeys(chain.from_iterable(keys)))
    account = dict(zip(needed, open_accounts(*needed), strict=True))
    with_voucher = uses.orders_with_voucher([draft.order_id for draft, _hold in settled])
    drafts = []
    for (draft, hold), (escrow, *takers) in zip(settled, keys, strict=True):
        given: tuple[Leg, ...] = (Leg(account[escrow], -draft.gross.minor),)
        if draft.order_id in with_voucher:
            given = uses.settlement_legs(hold, draft.gross.minor, escrow=account[escrow], actor=actor)
        taken = (Leg(account[taker], line.amount_minor) for taker, line in zip(takers, draft.lines, strict=True))
        drafts.append(
            TransferDraft(
                kind=Transfer.Kind.SETTLEMENT,
                reference=f"settlement:{draft.order_id}" + (f":{draft.part}" if draft.part > 1 else ""),
                venue_id=draft.venue_id,
                legs=(*given, *taken),
            )
        )
    return drafts


def _escrow_of(draft: SettlementDraft, hold: EscrowHold) -> AccountKey:
    return AccountKey(Account.Kind.ESCROW, draft.venue_id, draft.gross.currency, hold.payer_id)


def _keys_of(settlement: Settlement | SettlementDraft, lines: Sequence[FeeLine]) -> list[AccountKey]:
    owners = {Payee.PROVIDER: settlement.provider_id, Payee.BROKER: settlement.broker_id}
    currency = settlement.gross.currency
    return [
        AccountKey(ACCOUNT_OF_PAYEE[line.payee], settlement.venue_id, currency, owners.get(line.payee))
        for line in lines
    ]
