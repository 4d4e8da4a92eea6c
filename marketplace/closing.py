"""Closing trades: divide the money once, then state and issue each trade's certificate."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from kernel import audit
from kernel.actors import SYSTEM
from kernel.certificates import issue_certificate, state_certificate
from kernel.digests import Json
from kernel.jobs import JobOrder, enqueue_many, nudge
from kernel.models import Certificate
from kernel.numbering import short_number
from kernel.states import advance, advance_many
from marketplace.locks import lock_order
from marketplace.models import Agreement, Order
from marketplace.trade_proofs import prove_if_paid_abroad
from marketplace.vouchers import certify_voucher
from settlements.escrow import holds_of
from settlements.fees import FeeLine, portion
from settlements.models import EscrowHold, Settlement
from settlements.models.trade import LineKey
from settlements.settlement import SettlementDraft, settle


def settle_order(*, order_id: UUID) -> None:
    """Divide an accepted order's escrow as its agreement says, and have the trade's certificate made.

    What a dispute has frozen waits for its outcome, and the order with it. Does nothing if the order is settled
    already, so a job that died after its commit may run again.
    """
    settle_orders([order_id])


@transaction.atomic
def settle_orders(order_ids: Sequence[UUID]) -> None:
    """Settle those of the orders that are accepted, as `settle_order` does one: all of them or none.

    Nearly all of them are plain, and settled inside the database (marketplace/sql/settle_orders.sql).
    """
    with connection.cursor() as cursor:
        act = audit.act_as_json([], actor=SYSTEM)
        cursor.execute("SELECT marketplace_settle_plain_orders(%s, %s)", [act, list(order_ids)])
        accepted = [row[0] for row in cursor.fetchall()]
    nudge()
    if accepted:
        _settle_with_care(accepted)


def _settle_with_care(order_ids: Sequence[UUID]) -> None:
    """Settle orders among which is one that has a part frozen or gone, a voucher that pays a part, or tax withheld."""
    orders = _lock_accepted(order_ids)
    holds = holds_of([order.id for order in orders])
    divided = _divisions([order.id for order in orders])
    due = [(order, hold) for order in orders if (hold := holds.get(order.id)) is None or hold.open.minor]
    settle([_draft(order, hold, divided[order.id]) for order, hold in due], actor=SYSTEM)

    closed = [order for order in orders if (hold := holds.get(order.id)) is None or not hold.frozen_minor]
    advance_many(closed, to=Order.State.SETTLED, actor=SYSTEM)
    enqueue_many(
        "order.certify",
        [
            JobOrder(str(order.id), subject_id=order.id, organization_id=order.buyer_id, venue_id=order.venue_id)
            for order in closed
        ],
    )


def _lock_accepted(order_ids: Sequence[UUID]) -> list[Order]:
    """Lock the accepted ones in the order of their keys, so that no two runs wait for each other in a circle."""
    columns = (
        "id",
        "state",
        "venue_id",
        "buyer_id",
        "provider_id",
        "broker_id",
        "gross_minor",
        "buyer_fees_minor",
        "currency",
    )
    accepted = Order.objects.filter(pk__in=order_ids, state=Order.State.ACCEPTED).order_by("id")
    return list(accepted.only(*columns).select_for_update(of=("self",)))


def _divisions(order_ids: Sequence[UUID]) -> dict[UUID, list[FeeLine]]:
    """Return how what the orders cost is divided; a fee that was waived in full moves nothing."""
    agreed = Agreement.objects.filter(order__in=order_ids).values_list("order_id", "body__division")
    return {
        order_id: [FeeLine.from_json(line) for line in division if line["amount_minor"]]
        for order_id, division in agreed
    }


def _draft(order: Order, hold: EscrowHold | None, lines: list[FeeLine]) -> SettlementDraft:
    gross, part = order.total, 1
    if hold is not None and hold.open != order.total:
        gross, before = hold.open, list(hold.settlements.prefetch_related("lines"))
        shared: Counter[LineKey] = Counter()
        for line in (line for settlement in before for line in settlement.lines.all()):
            shared[line.key] += line.amount_minor
        lines, part = portion(lines, gross.minor, before=shared), len(before) + 1
    return SettlementDraft(order.id, order.venue_id, hold, gross, lines, order.provider_id, order.broker_id, part)


def certify_order(*, order_id: UUID) -> None:
    """State and issue the trade's certificate with its proof, and close the order; does nothing the second time."""
    with transaction.atomic():
        order = lock_order(order_id, SYSTEM, "venue", "agreement")
        if order.state != Order.State.SETTLED:
            return
        certificate = _state(order)
    issue_certificate(certificate_id=certificate.id)
    with transaction.atomic():
        order = lock_order(order_id, SYSTEM)
        if order.state == Order.State.SETTLED:
            advance(order, to=Order.State.CERTIFIED, actor=SYSTEM, details={"certificate": certificate.number})
            certify_voucher(order, certificate.number, SYSTEM)
            prove_if_paid_abroad(order, certificate)


def _state(order: Order) -> Certificate:
    living = Certificate.objects.exclude(state=Certificate.State.REVOKED)
    if standing := living.filter(kind="trade", subject_type="order", subject_id=str(order.id)).first():
        return standing
    return state_certificate(
        kind="trade",
        subject=order,
        number=short_number(order.venue.number_prefix, "C", timezone.localdate().year),
        statement=_statement(order),
        actor=SYSTEM,
        organization_id=order.buyer_id,
        venue_id=order.venue_id,
        holder_ids=[order.provider_id, *([order.broker_id] if order.broker_id else [])],
        issue=False,  # certify_order does, and closes the order
    )


def _statement(order: Order) -> dict[str, Json]:
    """What the certificate says. The amount is left out: parties may show it without showing their price."""
    agreement = order.agreement
    delivery = order.deliveries.get(number=1)
    settled_at = Settlement.objects.filter(order_id=order.id).latest("id").created_at
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
        "settled_at": settled_at.isoformat(),
    }
