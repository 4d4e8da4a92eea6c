"""Settle a part of what an order holds, while the rest stays held: the part that a milestone has earned."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from django.db import transaction

from kernel.actors import Actor
from kernel.money import Currency, Money
from kernel.problems import Problem
from settlements.escrow import locked_hold
from settlements.fees import FeeLine, total_of
from settlements.models import EscrowHold, Payee, Settlement, SettlementLine
from settlements.models.trade import LineKey
from settlements.settlement import SettlementDraft, settle


@transaction.atomic
def settle_part(
    *,
    hold: EscrowHold,
    amount_minor: int,
    lines: list[FeeLine],
    provider_id: UUID,
    broker_id: UUID | None,
    actor: Actor,
) -> Settlement:
    """Divide `amount_minor` of a hold as its part of the order's `lines`; all parts sum to them, to the minor unit.

    The caller holds the order's lock and asks once for each part. Raises Problem `escrow_frozen` where a dispute has
    frozen what it would need.
    """
    standing = locked_hold(hold.pk)
    aside = standing.open.minor - amount_minor
    if aside < 0:
        raise Problem("escrow_frozen")
    shared: dict[LineKey, int] = {}
    for line in SettlementLine.objects.filter(settlement__order_id=standing.order_id):
        shared[line.key] = shared.get(line.key, 0) + line.amount_minor
    part = Settlement.objects.filter(order_id=standing.order_id).count() + 1
    # What a settlement may not touch is frozen for its statement, as the part that a dispute is about.
    standing.frozen_minor += aside
    standing.save(update_fields=["frozen_minor"])
    gross = Money(amount_minor, Currency(standing.currency))
    draft = SettlementDraft(
        order_id=standing.order_id,
        venue_id=standing.venue_id,
        hold=standing,
        gross=gross,
        lines=stage_lines(lines, amount_minor, before=shared),
        provider_id=provider_id,
        broker_id=broker_id,
        part=part,
    )
    settle([draft], actor=actor)
    if aside:
        standing.refresh_from_db()
        standing.frozen_minor -= aside
        standing.save(update_fields=["frozen_minor"])
    return Settlement.objects.get(order_id=standing.order_id, part=part)


def stage_lines(lines: Sequence[FeeLine], part_minor: int, *, before: Mapping[LineKey, int]) -> list[FeeLine]:
    """Return the lines of the next part of what an order costs, in proportion (pure).

    `before` is what earlier parts gave.

    Fees and tax are rounded up over all parts so far, and so never wait for money that the provider has had: whatever
    the parts are, they sum to the whole lines. No line is less than nothing.
    """
    total, left, parts = total_of(lines), part_minor, []
    reached = sum(before.values()) + part_minor
    for line in lines:
        if line.payee is Payee.PROVIDER:
            continue
        due = -(-line.amount_minor * reached // total) - before.get(line.key, 0)
        if amount := min(max(due, 0), left):
            parts.append(replace(line, amount_minor=amount))
            left -= amount
    return [FeeLine(Payee.PROVIDER, 0, left, None), *parts] if left else parts
