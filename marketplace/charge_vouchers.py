"""The voucher that pays a part of what is charged under a right: of compute by the second, of calls, of further terms.

A buyer names it once, and each charge reserves from it as it is paid. Where the programme pays AT_SETTLEMENT its part
is there before the charge is taken; AFTERWARDS it comes back with the trade's certificate. A voucher that does not
serve a charge keeps nobody from paying: the buyer then pays all of it, and an audit event says why.
"""

from uuid import UUID

from django.db import transaction

from accounts.access import Permission, find, require
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.models import Certificate
from kernel.money import Currency, Money
from kernel.problems import Problem
from marketplace.models import Charge, ChargeVoucher, Entitlement
from settlements.models import VoucherGrant
from settlements.vouchers import uses

DOES_NOT_SERVE = ("voucher_not_usable", "voucher_exhausted", "parties_related")


@transaction.atomic
def name_voucher(*, entitlement_id: UUID, voucher_id: UUID, actor: Actor) -> ChargeVoucher:
    """Let a voucher of the buyer pay a part of the charges of a right from now on, in place of another one.

    Raises Problem `not_found` for a right or a voucher that is not the buyer's, `forbidden`, or `voucher_not_usable`
    saying `why`.
    """
    entitlement = _own_right(entitlement_id, actor)
    grant = find(VoucherGrant.objects.visible_to(actor).filter(organization=entitlement.organization), pk=voucher_id)
    order = entitlement.agreement.order
    uses.check_fits(
        grant,
        uses.locked_programme(grant.programme_id),
        entitlement.venue_id,
        order.listing.product.product_type,
        Money(1, Currency(order.currency)),
    )
    named, _made = ChargeVoucher.objects.update_or_create(
        entitlement=entitlement, defaults={"grant": grant, "named_by": actor.person_id}
    )
    audit.record("entitlement.voucher_named", subject=entitlement, actor=actor, details={"voucher": grant.number})
    return named


@transaction.atomic
def drop_voucher(*, entitlement_id: UUID, actor: Actor) -> None:
    """Let no voucher pay for a right's charges any more. Raises Problem `not_found` where none does, or `forbidden`."""
    entitlement = _own_right(entitlement_id, actor)
    named = find(ChargeVoucher.objects.select_related("grant"), entitlement=entitlement)
    named.delete()
    told = {"voucher": named.grant.number}
    audit.record("entitlement.voucher_dropped", subject=entitlement, actor=actor, details=told)


def reserve_part(charge: Charge, owed: Money, *, actor: Actor) -> None:
    """Reserve what the right's voucher pays of a charge that is about to be paid, and pay it where it comes first."""
    named = ChargeVoucher.objects.filter(entitlement=charge.entitlement_id).first()
    if named is None or not owed.minor:
        return
    try:
        with transaction.atomic():
            uses.reserve(
                voucher_id=named.grant_id,
                order_id=charge.pk,
                buyer=charge.organization,
                sellers=[each for each in (charge.provider, charge.broker) if each is not None],
                venue_id=charge.venue_id,
                product_type=charge.entitlement.agreement.body["product"]["type"],
                price=owed,
                actor=SYSTEM,
            )
            uses.pay_ahead(order_id=charge.pk, actor=SYSTEM)
    except Problem as problem:
        if problem.code not in DOES_NOT_SERVE:
            raise
        told = {"voucher": str(named.grant_id), "code": problem.code, **problem.extensions}
        audit.record("charge.voucher_not_used", subject=charge, actor=actor, details=told)


def certify_part(charge: Charge) -> None:
    """Certify what a voucher pays of a paid charge by its trade, if that has a certificate already."""
    if not uses.has_use(charge.pk):
        return
    issued = Certificate.objects.exclude(state=Certificate.State.REVOKED).filter(issued_at__isnull=False)
    of_trade = issued.filter(kind="trade", subject_id=str(charge.entitlement.agreement.order_id))
    number = of_trade.values_list("number", flat=True).first()
    if number is not None:
        sellers = [each for each in (charge.provider_id, charge.broker_id) if each is not None]
        uses.certify(order_id=charge.pk, certificate=number, sellers=sellers, actor=SYSTEM)


def _own_right(entitlement_id: UUID, actor: Actor) -> Entitlement:
    rows = Entitlement.objects.visible_to(actor).select_related("organization", "agreement__order__listing__product")
    entitlement = find(rows, pk=entitlement_id)
    require(actor, Permission.ORDER_PLACE, organization_id=entitlement.organization_id)
    return entitlement
