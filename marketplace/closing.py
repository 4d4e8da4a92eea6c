"""Closing a trade: divide the money once, then state and issue its certificate."""

from collections import Counter
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from kernel.actors import SYSTEM
from kernel.certificates import issue_certificate, state_certificate
from kernel.digests import Json
from kernel.jobs import enqueue
from kernel.models import Certificate
from kernel.numbering import short_number
from kernel.states import advance
from marketplace.locks import lock_order
from marketplace.models import Order
from marketplace.vouchers import certify_voucher
from settlements.escrow import hold_of
from settlements.fees import FeeLine, portion
from settlements.models import EscrowHold, Payee
from settlements.settlement import settle


@transaction.atomic
def settle_order(*, order_id: UUID) -> None:
    """Divide an accepted order's escrow as its agreement says, and state the trade's certificate.

    What a dispute has frozen waits for its outcome, and the order with it. Does nothing if the order is settled
    already, so a job that died after its commit may run again.
    """
    order = lock_order(order_id, SYSTEM, "venue", "provider", "broker", "agreement")
    if order.state != Order.State.ACCEPTED:
        return
    hold = hold_of(order.id)
    if hold is None or hold.open.minor:
        _settle_what_is_open(order, hold)
    if hold is not None and hold.frozen_minor:
        return
    advance(order, to=Order.State.SETTLED, actor=SYSTEM)

    state_certificate(
        kind="trade",
        subject=order,
        number=short_number(order.venue.number_prefix, "C", timezone.localdate().year),
        statement=_statement(order),
        actor=SYSTEM,
        organization_id=order.buyer_id,
        venue_id=order.venue_id,
        holder_ids=[order.provider_id, *([order.broker_id] if order.broker_id else [])],
        issue=False,  # order.certify does, and closes the order
    )
    enqueue(
        "order.certify",
        key=str(order.id),
        subject_id=order.id,
        organization_id=order.buyer_id,
        venue_id=order.venue_id,
    )


def _settle_what_is_open(order: Order, hold: EscrowHold | None) -> None:
    lines = [FeeLine.from_json(line) for line in order.agreement.body["division"]]
    gross, before = order.gross, []
    if hold is not None and hold.open != order.gross:
        gross, before = hold.open, list(hold.settlements.prefetch_related("lines"))
        shared: Counter[Payee] = Counter()
        for line in (line for settlement in before for line in settlement.lines.all()):
            shared[Payee(line.payee)] += line.amount_minor
        lines = portion(lines, gross.minor, before=shared)
    settle(
        order_id=order.id,
        venue=order.venue,
        hold=hold,
        gross=gross,
        lines=lines,
        provider=order.provider,
        broker=order.broker,
        actor=SYSTEM,
        part=len(before) + 1,
    )


def certify_order(*, order_id: UUID) -> None:
    """Issue the trade's certificate with its proof and close the order; does nothing the second time."""
    living = Certificate.objects.exclude(state=Certificate.State.REVOKED)
    certificate = living.get(kind="trade", subject_id=str(order_id))
    issue_certificate(certificate_id=certificate.id)
    with transaction.atomic():
        order = lock_order(order_id, SYSTEM)
        if order.state == Order.State.SETTLED:
            advance(order, to=Order.State.CERTIFIED, actor=SYSTEM, details={"certificate": certificate.number})
            certify_voucher(order, certificate.number, SYSTEM)


def _statement(order: Order) -> dict[str, Json]:
    """What the certificate says. The amount is left out: parties may show it without showing their price."""
    agreement = order.agreement
    delivery = order.deliveries.get(number=1)
    return {
        "order": order.number,
        "venue": order.venue.code,
        "agreement": {"number": agreement.number, "sha256": agreement.sha256, "sm3": agreement.sm3},
        "parties": {
            role: {"name": party["name"], "identifier": party["identifier"]}
            for role, party in agreement.body["parties"].items()
        },
        "product": agreement.body["product"],
        "sold": agreement.body["sold"],
        "delivered_at": delivery.delivered_at.isoformat() if delivery.delivered_at else None,
        "accepted_at": delivery.decided_at.isoformat() if delivery.decided_at else None,
        "settled_at": timezone.now().isoformat(),
    }
