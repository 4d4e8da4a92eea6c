"""What a voucher pays of an order: reserved when it is placed, redeemed or released as the order ends.

A programme pays in one of two ways. AT_SETTLEMENT the buyer holds the rest of the price alone, and each movement out of
the order's escrow takes the programme's share along. AFTERWARDS the buyer holds the whole price, and is paid when the
trade's certificate is issued. Either way a refund is divided in proportion to what each of the two still has in it.

The functions that return legs change the use and leave the posting to the transfer that they belong to
(settlements/escrow.py, settlements/settlement.py). Locks: programme → voucher → use, before any account.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.access import find
from accounts.interests import relation_between
from accounts.models import Organization
from kernel import audit
from kernel.actors import Actor
from kernel.money import Currency, Money
from kernel.problems import Problem
from kernel.states import advance
from settlements.chart import AccountKey, open_accounts
from settlements.ledger import Leg, TransferDraft, post
from settlements.models import Account, EscrowHold, Transfer, VoucherGrant, VoucherProgramme, VoucherUse

MILLION = 1_000_000
Legs = tuple[Leg, ...]
# Why a voucher does not serve an order; the code stands in the problem as `why`.
HINDRANCES: dict[str, Promise] = {
    "not_issued": _("The voucher is not in force."),
    "expired": _("The voucher has expired."),
    "programme_not_open": _("Its programme is not open."),
    "other_venue": _("It is of another venue."),
    "other_currency": _("It is in another currency."),
    "product_type": _("The programme does not pay for products of this type."),
    "nothing_to_pay": _("The price is too small for it."),
}


@transaction.atomic
def reserve(
    *,
    voucher_id: UUID,
    order_id: UUID,
    buyer: Organization,
    sellers: Sequence[Organization],
    venue_id: UUID,
    product_type: str,
    price: Money,
    actor: Actor,
) -> VoucherUse:
    """Hold the part of an order's price that a buyer's voucher pays: out of the programme, into escrow.

    Raises Problem `not_found` for a voucher that is not the buyer's, `voucher_not_usable` saying `why`,
    `parties_related` where the buyer is related to one of the `sellers` (DOMAIN I18), or `voucher_exhausted` when the
    voucher or the programme has less left.
    """
    grant = find(VoucherGrant.objects.visible_to(actor).filter(organization=buyer), pk=voucher_id)
    programme = locked_programme(grant.programme_id)
    grant = VoucherGrant.objects.select_for_update(of=("self",), no_key=True).get(pk=grant.pk)
    check_fits(grant, programme, venue_id, product_type, price)
    for seller in sellers:
        if relation := relation_between(buyer.id, seller.id):
            raise Problem("parties_related", relation=relation)
    amount = min(price.minor * grant.rate_ppm // MILLION, programme.order_cap_minor, grant.left_minor)
    if amount <= 0 and grant.left_minor > 0:
        raise _not_usable("nothing_to_pay")
    if amount <= 0 or amount > programme.left_minor:
        left = min(grant.left_minor, programme.left_minor)
        raise Problem("voucher_exhausted", left=grant.money(left).as_json())

    use = VoucherUse.objects.create(
        programme=programme,
        grant=grant,
        venue_id=venue_id,
        organization=buyer,
        order_id=order_id,
        price_minor=price.minor,
        amount_minor=amount,
        currency=price.currency,
    )
    budget, escrow = _funders_accounts(use)
    _post(use, Transfer.Kind.VOUCHER_RESERVED, (Leg(budget, -amount), Leg(escrow, amount)), actor)
    audit.record("voucheruse.reserved", subject=use, actor=actor, details=_facts(use, amount))
    return use


def as_agreed(use: VoucherUse) -> dict[str, Any]:
    """Return what an agreement says of the voucher that pays a part of its price."""
    return {
        "programme": use.programme.number,
        "voucher": use.grant.number,
        "amount": use.money(use.amount_minor).as_json(),
        "paid": use.programme.payment,
    }


def held_for(order_id: UUID) -> int:
    """Return how much of an order's price a programme holds in the buyer's stead, in minor units."""
    uses = VoucherUse.objects.filter(order_id=order_id, programme__payment=VoucherProgramme.Payment.AT_SETTLEMENT)
    return sum(use.reserved_minor for use in uses)


def has_use(order_id: UUID) -> bool:
    """Tell whether a voucher pays, or was to pay, a part of an order or a charge."""
    return VoucherUse.objects.filter(order_id=order_id).exists()


def orders_with_voucher(order_ids: Sequence[UUID]) -> set[UUID]:
    """Return those of the orders of which a voucher pays a part, with the rows of their programmes locked.

    They are locked here in one order, so that two runs never wait for each other in a circle.
    """
    found = list(VoucherUse.objects.filter(order_id__in=order_ids).values_list("order_id", "programme_id"))
    if found:
        programmes = VoucherProgramme.objects.filter(pk__in=[programme_id for _order_id, programme_id in found])
        list(programmes.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk"))
    return {order_id for order_id, _programme_id in found}


def refund_legs(hold: EscrowHold, amount_minor: int, *, client: UUID, escrow: UUID, actor: Actor, reason: str) -> Legs:
    """Return the legs that give a part of a hold back, to the buyer and to the programme in proportion.

    The hold already says that the part is refunded.
    """
    use = locked_use(hold.order_id)
    if use is None or not use.reserved_minor:
        return Leg(escrow, -amount_minor), Leg(client, amount_minor)
    released = share(use.reserved_minor, _still_in(use, hold) + amount_minor, amount_minor)
    _release(use, released, actor, reason)
    own = amount_minor - released if _pays_at_settlement(use) else amount_minor
    budget, held = _funders_accounts(use)
    return _legs((escrow, -own), (held, -released), (client, own), (budget, released))


@transaction.atomic
def release_unfunded(*, order_id: UUID, actor: Actor, reason: str) -> None:
    """Give the programme back what it holds for an order that ends before the buyer's money was held."""
    use = locked_use(order_id)
    if use is None or not use.reserved_minor:
        return
    amount = use.reserved_minor
    _release(use, amount, actor, reason)
    budget, escrow = _funders_accounts(use)
    _post(use, Transfer.Kind.VOUCHER_RELEASED, (Leg(escrow, -amount), Leg(budget, amount)), actor)


def redeemed_leg(hold: EscrowHold, amount_minor: int, *, actor: Actor) -> Leg | None:
    """Redeem the programme's share of a part of a hold that is about to be divided, and return the leg that takes it.

    The hold does not yet say that the part is settled. None when the programme pays nothing of it, or afterwards.
    """
    use = locked_use(hold.order_id)
    if use is None or not use.reserved_minor or not _pays_at_settlement(use):
        return None
    redeemed = share(use.reserved_minor, hold.left_minor, amount_minor)
    _redeem(use, redeemed, actor)
    _budget, held = _funders_accounts(use)
    return Leg(held, -redeemed)


def award_legs(order_id: UUID, amount: Money, left_minor: int, *, client: UUID, actor: Actor, reason: str) -> Legs:
    """Return the legs that bring back a part of what was settled, to the buyer and to the programme in proportion.

    `left_minor` is what the payees had of the price until then.
    """
    use = locked_use(order_id)
    if use is None or not (use.kept_minor or use.reserved_minor):
        return (Leg(client, amount.minor),)
    budget, held = _funders_accounts(use)
    if use.reserved_minor and not _pays_at_settlement(use):  # so much less will be paid when the trade is certified
        released = share(use.reserved_minor, left_minor, amount.minor)
        _release(use, released, actor, reason)
        return _legs((client, amount.minor), (held, -released), (budget, released))
    returned = share(use.kept_minor, left_minor, amount.minor)
    use.returned_minor += returned
    use.save(update_fields=["returned_minor"])
    audit.record("voucheruse.returned", subject=use, actor=actor, reason=reason, details=_facts(use, returned))
    return _legs((client, amount.minor - returned), (budget, returned))


@transaction.atomic
def certify(*, order_id: UUID, certificate: str, sellers: Sequence[UUID], actor: Actor) -> None:
    """Note the certificate of a trade that a voucher paid a part of, and pay what its programme pays afterwards.

    Parties that have become known as related are not paid: the programme gets its money back, or staff find the
    relation at the use and claw it back (DOMAIN I18). Does nothing the second time.
    """
    use = locked_use(order_id)
    if use is None:
        return
    relation = next(filter(None, (relation_between(use.organization_id, seller) for seller in sellers)), "")
    if use.reserved_minor and relation:
        release_unfunded(order_id=order_id, actor=actor, reason=str(_("Buyer and seller are related.")))
        VoucherUse.objects.filter(pk=use.pk).update(relation=relation)
    elif use.reserved_minor:
        _pay_buyer(use, actor)
    if use.state == VoucherUse.State.REDEEMED:
        advance(
            use,
            to=VoucherUse.State.SETTLED,
            actor=actor,
            details={"certificate": certificate, "relation": relation},
            certificate=certificate,
            relation=relation,
        )


@transaction.atomic
def pay_ahead(*, order_id: UUID, actor: Actor) -> None:
    """Pay the buyer what a programme that pays AT_SETTLEMENT holds, in the act in which the buyer pays the price.

    That is a charge: nothing of it is held in escrow, from which the programme's part would be divided.
    """
    use = locked_use(order_id)
    if use is not None and use.reserved_minor and _pays_at_settlement(use):
        _pay_buyer(use, actor)


def share(part_minor: int, whole_minor: int, moved_minor: int) -> int:
    """Return how much of a part moves when so much of the whole does; with the whole goes all of it (pure).

    Rounded down, so that neither the part nor the rest of the whole is ever overdrawn.
    """
    return part_minor * moved_minor // whole_minor


def locked_programme(programme_id: UUID) -> VoucherProgramme:
    """Return a programme with its row locked until the transaction ends."""
    return VoucherProgramme.objects.select_for_update(of=("self",), no_key=True).get(pk=programme_id)


def budget_account(programme: VoucherProgramme) -> AccountKey:
    """Return where the programme's money is, and goes back to: the funder's own funds once it is closed."""
    is_closed = programme.state == VoucherProgramme.State.CLOSED
    kind = Account.Kind.CLIENT if is_closed else Account.Kind.VOUCHER
    return AccountKey(kind, programme.venue_id, Currency(programme.currency), programme.funder_id)


def check_fits(
    grant: VoucherGrant, programme: VoucherProgramme, venue_id: UUID, product_type: str, price: Money
) -> None:
    """Raise Problem `voucher_not_usable`, saying `why`, unless a voucher serves such a purchase today."""
    today = timezone.localdate()
    for why, hinders in (
        ("not_issued", grant.state != VoucherGrant.State.ISSUED),
        ("expired", grant.expires_on is not None and grant.expires_on < today),
        ("programme_not_open", programme.state != VoucherProgramme.State.OPEN),
        ("other_venue", programme.venue_id != venue_id),
        ("other_currency", programme.currency != price.currency),
        ("product_type", product_type not in programme.product_types),
        ("nothing_to_pay", price.minor == 0),
    ):
        if hinders:
            raise _not_usable(why)


def _not_usable(why: str) -> Problem:
    return Problem("voucher_not_usable", HINDRANCES[why], why=why)


def locked_use(order_id: UUID) -> VoucherUse | None:
    """Return what a voucher pays of an order, under the locks of its programme, its voucher and itself."""
    found = VoucherUse.objects.filter(order_id=order_id).values("pk", "programme_id", "grant_id").first()
    if found is None:
        return None
    programme = locked_programme(found["programme_id"])
    grant = VoucherGrant.objects.select_for_update(of=("self",), no_key=True).get(pk=found["grant_id"])
    use = VoucherUse.objects.select_for_update(of=("self",)).get(pk=found["pk"])
    use.programme, use.grant = programme, grant
    return use


def _pays_at_settlement(use: VoucherUse) -> bool:
    return use.programme.payment == VoucherProgramme.Payment.AT_SETTLEMENT


def _still_in(use: VoucherUse, hold: EscrowHold) -> int:
    """Return the part of the price to which what is reserved still belongs: what is paid for afterwards stays in."""
    return hold.left_minor if _pays_at_settlement(use) else hold.amount_minor - hold.refunded_minor


def _release(use: VoucherUse, amount: int, actor: Actor, reason: str) -> None:
    use.released_minor += amount
    use.save(update_fields=["released_minor"])
    audit.record("voucheruse.given_back", subject=use, actor=actor, reason=reason, details=_facts(use, amount))
    _end_reservation(use, actor, reason)


def _redeem(use: VoucherUse, amount: int, actor: Actor) -> None:
    use.redeemed_minor += amount
    use.save(update_fields=["redeemed_minor"])
    audit.record("voucheruse.paid", subject=use, actor=actor, details=_facts(use, amount))
    _end_reservation(use, actor)


def _end_reservation(use: VoucherUse, actor: Actor, reason: str = "") -> None:
    if not use.reserved_minor:
        ended = VoucherUse.State.REDEEMED if use.redeemed_minor else VoucherUse.State.RELEASED
        advance(use, to=ended, actor=actor, reason=reason)


def _pay_buyer(use: VoucherUse, actor: Actor) -> None:
    amount = use.reserved_minor
    _redeem(use, amount, actor)
    currency = Currency(use.currency)
    escrow, client = open_accounts(
        AccountKey(Account.Kind.ESCROW, use.venue_id, currency, use.programme.funder_id),
        AccountKey(Account.Kind.CLIENT, use.venue_id, currency, use.organization_id),
    )
    _post(use, Transfer.Kind.VOUCHER_PAID, (Leg(escrow, -amount), Leg(client, amount)), actor)


def _funders_accounts(use: VoucherUse) -> tuple[UUID, UUID]:
    """Return the account of the programme's money, and the one that holds it for orders."""
    budget = budget_account(use.programme)
    found = open_accounts(budget, budget._replace(kind=Account.Kind.ESCROW))
    return found[0], found[1]


def _legs(*moves: tuple[UUID, int]) -> Legs:
    return tuple(Leg(account_id, amount) for account_id, amount in moves if amount)


def _post(use: VoucherUse, kind: Transfer.Kind, legs: Legs, actor: Actor) -> None:
    draft = TransferDraft(
        kind=kind,
        reference=f"{kind.lower()}:{use.order_id}",
        venue_id=use.venue_id,
        legs=legs,
        memo=f"{use.programme.number} {use.grant.number}",
    )
    post([draft], actor=actor)


def _facts(use: VoucherUse, amount: int) -> dict[str, Any]:
    return {"order": str(use.order_id), "voucher": use.grant.number, **use.money(amount).as_json()}
