"""Voucher programmes in tests: drafted, funded and opened by two officers, and vouchers as buyers hold them."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from accounts.models import Organization, Person, Role
from kernel.actors import SYSTEM, Actor
from kernel.money import Currency, Money
from settlements import escrow
from settlements.fees import FeeLine
from settlements.models import Payee, VoucherGrant, VoucherProgramme, VoucherUse
from settlements.settlement import SettlementDraft, settle
from settlements.vouchers import grants, programmes, uses
from tests.settlements.purse import give
from tests.world import actor, make_organization, make_person, operator_of, person_of, staff, venue

Payment = VoucherProgramme.Payment
SOURCE = "深圳市打造人工智能先锋城市的若干措施"


def fen(minor: int) -> Money:
    return Money(minor, Currency.CNY)


def officers() -> tuple[Actor, Actor]:
    """Return two settlement officers of Guangzhou."""
    first = staff("gzdex", Role.SETTLEMENT_OFFICER)
    others = Person.objects.filter(
        affiliations__organization=operator_of("gzdex"), affiliations__role=Role.SETTLEMENT_OFFICER
    )
    second = others.exclude(pk=first.pk).first() or make_person(operator_of("gzdex"), Role.SETTLEMENT_OFFICER)
    return actor(first), actor(second)


def rule(**changes: Any) -> programmes.Rule:
    today = timezone.localdate()
    fields: dict[str, Any] = {
        "rate_ppm": 300_000,
        "startup_rate_ppm": 600_000,
        "applicant_cap_minor": 50_000,
        "order_cap_minor": 20_000,
        "product_types": ["CORPUS", "DATASET"],
        "places": [],
        "payment": Payment.AT_SETTLEMENT,
        "granted_by_rule": False,
        "opens_on": today,
        "closes_on": today + timedelta(days=90),
        "grant_days": 30,
    }
    return programmes.Rule(**(fields | changes))


def drafted(budget: int = 100_000, funder: Organization | None = None, **changes: Any) -> VoucherProgramme:
    return programmes.draft_programme(
        venue=venue("gzdex"),
        funder=funder or make_organization("数据局"),
        name={"zh-Hans": "语料券", "en": "Corpus vouchers"},
        source=SOURCE,
        budget=fen(budget),
        rule=rule(**changes),
        actor=officers()[0],
    )


def opened(budget: int = 100_000, **changes: Any) -> VoucherProgramme:
    """Return an open programme whose funder has paid the whole budget in."""
    programme = drafted(budget, **changes)
    give(programme.funder, fen(budget))
    return programmes.open_programme(programme_id=programme.pk, actor=officers()[1])


def applied(programme: VoucherProgramme, buyer: Organization, wanted: int = 50_000, **fields: Any) -> VoucherGrant:
    given = {"reasons": "Training a model of the law.", "is_startup": False} | fields
    who = actor(person_of(buyer))
    return grants.apply_for_voucher(programme_id=programme.pk, wanted=fen(wanted), actor=who, **given)


def issued(
    programme: VoucherProgramme, buyer: Organization, amount: int = 50_000, *, as_startup: bool = False
) -> VoucherGrant:
    """Return a voucher that one officer approved and another issued."""
    first, second = officers()
    grant = applied(programme, buyer, amount, is_startup=as_startup)
    grants.approve_voucher(
        voucher_id=grant.pk, amount=fen(amount), as_startup=as_startup, reason="Fits the rule.", actor=first
    )
    return grants.issue_voucher(voucher_id=grant.pk, actor=second)


def reserved(
    grant: VoucherGrant, provider: Organization, price: int = 12_000, order_id: UUID | None = None, **changes: Any
) -> VoucherUse:
    given: dict[str, Any] = {
        "voucher_id": grant.pk,
        "order_id": order_id or uuid4(),
        "buyer": grant.organization,
        "sellers": [provider],
        "venue_id": grant.venue_id,
        "product_type": "CORPUS",
        "price": fen(price),
        "actor": actor(person_of(grant.organization)),
    }
    return uses.reserve(**(given | changes))


def held(grant: VoucherGrant, provider: Organization, price: int = 12_000) -> UUID:
    """Reserve, and hold what the buyer pays; return the order."""
    order_id, buyer = uuid4(), grant.organization
    with transaction.atomic():
        reserved(grant, provider, price, order_id)
        escrow.hold(order_id=order_id, venue=grant.venue, payer=buyer, amount=fen(price), actor=SYSTEM)
    return order_id


def division(price: int) -> list[FeeLine]:
    """Return how a price is divided in these tests: a tenth is the venue's."""
    fee = price // 10
    lines = [FeeLine(Payee.PROVIDER, 0, price - fee, None)]
    return [*lines, FeeLine(Payee.VENUE, 100_000, fee, None)] if fee else lines


def settled(order_id: UUID, provider: Organization) -> None:
    """Divide what is open of an order's hold."""
    hold = escrow.hold_of(order_id)
    assert hold is not None
    gross, part = hold.open, hold.settlements.count() + 1
    draft = SettlementDraft(order_id, hold.venue_id, hold, gross, division(gross.minor), provider.id, None, part)
    settle([draft], actor=SYSTEM)
