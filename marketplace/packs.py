"""Packs: units of a metered plan bought ahead, at the price that was agreed, and used up by the usage runs.

A pack is a charge that is paid when it is bought: nothing is left to be accepted, since the right that it is used under
was. What is not used expires when the run of that month has billed all use; staff give back what cannot be used any
more.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.digests import Digests, canonical_json
from kernel.money import Currency, Money
from kernel.numbering import short_number
from kernel.problems import Problem, field_problem
from listings.cycles import prorated
from listings.metering import Pack, metering_of_json
from marketplace.charges import UNPAID, charge_number, make_charge, pay_charge
from marketplace.credit_notes import propose_credit
from marketplace.delivery.access import require_in_force
from marketplace.delivery.metering import BILLED, Period
from marketplace.locks import lock_order
from marketplace.models import Charge, Entitlement, Order, UnitPack, UsageRecord

NUMBERED = "H"
KEPT = (Order.State.ACCEPTED, Order.State.SETTLED, Order.State.CERTIFIED)


@transaction.atomic
def buy_pack(*, entitlement_id: UUID, units: int, actor: Actor) -> UnitPack:
    """Buy the agreement's pack of so many units, paid at once from available funds; it expires with the right.

    Raises Problem `not_found`, `forbidden`, `entitlement_not_active`, `order_not_settled` before the order was
    accepted, `charge_not_paid`, `insufficient_funds`, or `invalid` at `/units` where no such pack was agreed.
    """
    entitlement = _locked_right(entitlement_id, actor)
    require(actor, Permission.ORDER_PLACE, organization_id=entitlement.organization_id)
    order, agreement = entitlement.agreement.order, entitlement.agreement
    require_in_force(entitlement)
    pack = _agreed(agreement.body, units)
    if order.state not in KEPT:
        raise Problem("order_not_settled", state=order.state)
    if Charge.objects.filter(entitlement__agreement=agreement, state__in=UNPAID).exists():
        raise Problem("charge_not_paid")

    now, currency = timezone.now(), Currency(agreement.body["price"]["currency"])
    number = short_number(entitlement.venue.number_prefix, NUMBERED, timezone.localdate(now).year)
    bill, ends = charge_number(entitlement.venue), now + timedelta(days=pack.valid_days)
    charge = make_charge(
        right=entitlement,
        order=order,
        kind=Charge.Kind.PACK,
        number=bill,
        period=number,
        units=units,
        gross=Money(pack.price_minor, currency),
        body=_statement(bill, entitlement, pack, number),
        actor=actor,
    )
    bought = UnitPack.objects.create(
        entitlement=entitlement,
        organization_id=entitlement.organization_id,
        provider_id=entitlement.provider_id,
        venue=entitlement.venue,
        number=number,
        units=units,
        price_minor=pack.price_minor,
        currency=currency,
        starts_at=now,
        expires_at=min(ends, agreement.expires_at) if agreement.expires_at else ends,
        charge=charge,
    )
    pay_charge(charge_id=charge.pk, actor=actor)
    details = {"units": units, "price": bought.price.as_json(), "charge": charge.number, "until": bought.expires_at}
    audit.record("unitpack.bought", subject=bought, actor=actor, details=details)
    return bought


@transaction.atomic
def close_pack(*, pack_id: UUID, reason: str, actor: Actor) -> UnitPack:
    """End a pack early and propose to give back its share that is not used, by units; another person approves that.

    Raises Problem `not_found`, `forbidden`, `illegal_state` where nothing of it is left, or `usage_not_billed` while
    use waits for its bill.
    """
    seen = find(UnitPack.objects.visible_to(actor), pk=pack_id)
    entitlement = _locked_right(seen.entitlement_id, actor)
    require(actor, Permission.CHARGE_CREDIT, venue_id=entitlement.venue_id)
    pack = UnitPack.objects.select_for_update(of=("self",)).get(pk=seen.pk)
    left = pack.units_left
    if not left:
        raise Problem("illegal_state", state="CLOSED")
    if _has_unbilled(entitlement, timezone.now()):
        raise Problem("usage_not_billed")
    back = min(prorated(pack.price_minor, left, pack.units), _creditable(pack))
    _close(pack, "unitpack.closed", actor, reason)
    if back:
        amount = Money(back, Currency(pack.currency))
        propose_credit(charge_id=pack.charge_id, amount=amount, reason=reason, actor=actor)
    return pack


def expire_packs(*, venue_id: UUID, period: Period) -> int:
    """Write down what was not used of the packs that expired until the end of a month, once all of it is billed."""
    due = UnitPack.objects.filter(venue=venue_id, closed_at__isnull=True, expires_at__lte=period.end)
    return sum(_expire(pack_id) for pack_id in list(due.order_by("id").values_list("id", flat=True)))


def is_reproduced(charge: Charge) -> bool:
    """Compute the statement of a pack's charge again from the agreement, and compare the bytes."""
    entitlement = Entitlement.objects.select_related("agreement").get(pk=charge.entitlement_id)
    pack = _agreed(entitlement.agreement.body, charge.units)
    again = canonical_json(_statement(charge.number, entitlement, pack, charge.period))
    return again == canonical_json(charge.body) and Digests(again).sha256 == charge.sha256


@transaction.atomic
def _expire(pack_id: UUID) -> bool:
    entitlement = _locked_right(UnitPack.objects.values_list("entitlement", flat=True).get(pk=pack_id), SYSTEM)
    pack = UnitPack.objects.select_for_update(of=("self",)).get(pk=pack_id)
    if pack.closed_at is not None or _has_unbilled(entitlement, pack.expires_at):
        return False
    _close(pack, "unitpack.expired", SYSTEM, "")
    return True


def _close(pack: UnitPack, action: str, actor: Actor, reason: str) -> None:
    pack.expired_units, pack.closed_at = pack.units - pack.used_units, timezone.now()
    pack.save(update_fields=["expired_units", "closed_at"])
    details = {"used": pack.used_units, "not_used": pack.expired_units}
    audit.record(action, subject=pack, actor=actor, reason=reason, details=details)


def _locked_right(entitlement_id: UUID, actor: Actor) -> Entitlement:
    seen = find(Entitlement.objects.visible_to(actor).select_related("agreement"), pk=entitlement_id)
    lock_order(seen.agreement.order_id, SYSTEM)
    related = Entitlement.objects.select_related("agreement__order", "venue", "organization")
    return related.select_for_update(of=("self",), no_key=True).get(pk=seen.pk)


def _agreed(body: dict[str, Any], units: int) -> Pack:
    packs = metering_of_json(body["metering"]).packs if "metering" in body else ()
    found = next((pack for pack in packs if pack.units == units), None)
    if found is None:
        raise field_problem("/units", "no_pack", _("The agreement has no pack of so many units."))
    return found


def _has_unbilled(entitlement: Entitlement, until: datetime) -> bool:
    counted = BILLED[metering_of_json(entitlement.agreement.body["metering"]).unit]
    unbilled = UsageRecord.objects.filter(entitlement=entitlement, kind__in=counted, charge__isnull=True)
    return unbilled.filter(created_at__lt=until).exists()


def _creditable(pack: UnitPack) -> int:
    return pack.charge.gross_minor - pack.charge.credited_minor


def _statement(number: str, right: Entitlement, pack: Pack, pack_number: str) -> dict[str, Any]:
    agreement = right.agreement.body
    line = {"line": "PACK", "units": pack.units, "valid_days": pack.valid_days, "amount_minor": pack.price_minor}
    return {
        "number": number,
        "kind": Charge.Kind.PACK.value,
        "entitlement": str(right.pk),
        "agreement": agreement["number"],
        "venue": agreement["venue"],
        "period": pack_number,
        "currency": agreement["price"]["currency"],
        "lines": [line],
    }
