"""Invoices on orders and charges: what was settled less what went back, supply by supply."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from kernel.actors import SYSTEM, Actor
from kernel.languages import in_language
from kernel.problems import Problem
from marketplace.charges import deal_of_charge, left_of_charge, locked_charge
from marketplace.locks import lock_order
from marketplace.models import Charge, Order
from settlements import invoices
from settlements.fees import Deal, FeeLine, left_of
from settlements.invoices import Payment, Title
from settlements.models import DealOrigin, FeePayer, Invoice, Payee, Settlement
from settlements.settlement import as_fee
from settlements.taxes import TaxTable
from settlements.vat import Supplied, supplies_of

SETTLED = (Order.State.SETTLED, Order.State.CERTIFIED)


@transaction.atomic
def request_for_order(*, order_id: UUID, payee: Payee, payer: FeePayer, title: Title, actor: Actor) -> Invoice:
    """Ask for the invoice on one supply of a settled order, by who pays it; asked again it is the same one.

    Raises Problem `not_found`, `nothing_to_invoice` where nothing of the kind was settled or is left, and all that
    `settlements.invoices.request_invoice` raises.
    """
    order = lock_order(order_id, actor, "venue__operator", "buyer", "provider", "broker", "agreement")
    supply = _supply(_supplies_of_order(order), payee, payer)
    product = order.agreement.body["product"]
    payment = Payment(
        source=Invoice.Source.ORDER,
        source_id=order.id,
        venue=order.venue,
        currency=order.gross.currency,
        provider=order.provider,
        buyer=order.buyer,
        broker=order.broker,
        item=f"{in_language(product['name'])} {order.number}",
    )
    return invoices.request_invoice(payment=payment, supply=supply, title=title, actor=actor)


@transaction.atomic
def request_for_charge(*, charge_id: UUID, payee: Payee, payer: FeePayer, title: Title, actor: Actor) -> Invoice:
    """Ask for the invoice on one supply of a paid charge, as `request_for_order` does."""
    charge = locked_charge(charge_id, actor)
    supply = _supply(_supplies_of_charge(charge), payee, payer)
    product = charge.entitlement.agreement.body["product"]
    payment = Payment(
        source=Invoice.Source.CHARGE,
        source_id=charge.id,
        venue=charge.venue,
        currency=charge.gross.currency,
        provider=charge.provider,
        buyer=charge.organization,
        broker=charge.broker,
        item=f"{in_language(product['name'])} {charge.number}",
    )
    return invoices.request_invoice(payment=payment, supply=supply, title=title, actor=actor)


def correct_order(order: Order, reason: str) -> None:
    """Have red letters written where an order's invoices say more than is left of what was settled."""
    supplies = _supplies_of_order(order)
    invoices.correct(source_id=order.id, supplies=supplies, reason=reason, actor=SYSTEM)


def correct_charge(charge: Charge, reason: str) -> None:
    """Have red letters written where a charge's invoices say more than is left of what was paid."""
    supplies = _supplies_of_charge(charge)
    invoices.correct(source_id=charge.id, supplies=supplies, reason=reason, actor=SYSTEM)


def _supply(supplies: list[Supplied], payee: Payee, payer: FeePayer) -> Supplied:
    found = next((supply for supply in supplies if (supply.payee, supply.payer) == (payee, payer)), None)
    if found is None:
        raise Problem("nothing_to_invoice")
    return found


def _supplies_of_order(order: Order) -> list[Supplied]:
    settlements = list(Settlement.objects.filter(order_id=order.id).order_by("part").prefetch_related("lines"))
    if order.state not in SETTLED or not settlements:
        return []
    shared = [as_fee(line) for settlement in settlements for line in settlement.lines.all()]
    divisions = order.disputes.values_list("division", flat=True)
    left = left_of(shared, [FeeLine.from_json(line) for division in divisions for line in division])
    product_type = order.agreement.body["product"]["type"]
    deal = Deal(order.provider, order.buyer, order.broker, product_type, DealOrigin(order.origin))
    day = timezone.localdate(settlements[-1].created_at, order.venue.zone)
    return supplies_of(left, deal=deal, venue=order.venue, table=TaxTable(day))


def _supplies_of_charge(charge: Charge) -> list[Supplied]:
    if charge.state != Charge.State.PAID or charge.decided_at is None:
        return []
    day = timezone.localdate(charge.decided_at, charge.venue.zone)
    left = left_of_charge(charge)
    return supplies_of(left, deal=deal_of_charge(charge), venue=charge.venue, table=TaxTable(day))
