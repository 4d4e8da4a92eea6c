"""No price of a product of authorised public data is above the ceiling in force, on whichever way it comes about."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.models import Organization, Role
from config.queues import count_waiting
from kernel.models import AuditEvent
from kernel.money import Currency, Money
from listings.listing import amend_listing
from listings.metering import Metering, Pack, Tier, Unit
from listings.models import Listing, PriceCeiling, Product
from listings.plans import amend_plan
from listings.price_ceilings import (
    confirm_ceiling,
    end_ceiling,
    listed_above_ceilings,
    refuse_plans_above,
    withdraw_ceiling,
)
from listings.revenue_shares import RevenueShare
from tests.listings.guiding import BASIS, another_head, entered_ceiling, guided
from tests.listings.offers import draft_listing, make_plan, provider_actor, put_up, registered_product, submitted
from tests.marketplace.pricing import announced, answered, bargained, bid, ordered, quoted, yuan
from tests.marketplace.trading import make_buyer
from tests.refusals import refused
from tests.world import actor, api, make_client, make_member, make_person, operator_of, staff, venue

pytestmark = pytest.mark.django_db


def offered(provider: Organization, kind: str, price: str) -> Listing:
    """Put up a product of authorised public data, sold by one plan."""
    product = registered_product(provider)
    plan = make_plan(product, price, kind=kind)
    return public(put_up(draft_listing(product, plan_ids=[plan.pk])))


def public(listing: Listing) -> Listing:
    """Let what is sold be of authorised public data."""
    Product.objects.filter(pk=listing.product_id).update(source_kind="PUBLIC_DATA")
    return Listing.objects.get(pk=listing.pk)


def test_one_enters_a_ceiling_and_another_confirms_it_and_no_two_claim_the_same_days():
    head = actor(staff("gzdex", Role.VENUE_ADMIN))
    row = entered_ceiling(actor=head)
    with refused("same_person"):
        confirm_ceiling(ceiling_id=row.pk, actor=head)
    with refused("forbidden"):
        confirm_ceiling(ceiling_id=row.pk, actor=actor(staff("szdex", Role.VENUE_ADMIN)))
    second = entered_ceiling("90.00")
    other = another_head()
    confirm_ceiling(ceiling_id=row.pk, actor=other)
    assert AuditEvent.objects.filter(subject_id=row.pk, action="priceceiling.confirmed").count() == 1
    with refused("ceilings_overlap"):
        confirm_ceiling(ceiling_id=second.pk, actor=other)
    with refused("ceilings_overlap"):
        entered_ceiling(valid_from=timezone.localdate() + timedelta(days=400))
    entered_ceiling(unit=Unit.CALL, most=Decimal("0.015"))  # another scope
    withdraw_ceiling(ceiling_id=second.pk, reason="Twice", actor=head)

    with refused("same_person"):
        end_ceiling(ceiling_id=row.pk, last_day=timezone.localdate(), reason="Replaced", actor=head)
    with refused("invalid"):
        end_ceiling(ceiling_id=row.pk, last_day=date(2020, 1, 1), reason="Replaced", actor=other)
    end_ceiling(ceiling_id=row.pk, last_day=timezone.localdate(), reason="Replaced", actor=other)
    assert guided("90.00", valid_from=timezone.localdate() + timedelta(days=1)).state == "CONFIRMED"
    for change in ({"most": 1}, {"valid_until": None}, {"basis_number": "x"}):
        with pytest.raises(DatabaseError, match="not changed"), transaction.atomic():
            PriceCeiling.objects.filter(pk=row.pk).update(**change)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"most": Decimal("0")}, "/most"),
        ({"most": Decimal("1.001")}, "/most"),
        ({"most": Decimal(10) ** 12}, "/most"),
        ({"industry": "Z99"}, "/industry"),
        ({"valid_until": date(2020, 1, 1)}, "/valid_until"),
    ],
)
def test_what_is_no_ceiling_is_refused_where_it_is_wrong(changes, pointer):
    with refused("invalid") as caught:
        entered_ceiling(**changes)
    assert [error.pointer for error in caught.value.errors] == [pointer]


def test_a_plan_above_it_is_not_offered_and_the_refusal_names_the_document():
    row = guided()
    provider = make_member()
    product = registered_product(provider)
    listing = public(draft_listing(product))
    with refused("price_above_ceiling") as caught:
        submitted(listing)
    assert caught.value.extensions["basis"] == {"title": BASIS.title, "number": BASIS.number, "issuer": BASIS.issuer}
    assert caught.value.extensions["ceiling"] == {"id": str(row.pk), "amount": "100.00", "currency": "CNY"}
    plan = listing.plans.get()
    who = provider_actor(provider)
    amend_plan(plan_id=plan.pk, price=yuan(100), actor=who)
    with refused("price_above_ceiling"):
        amend_plan(plan_id=plan.pk, price=Money(10_001, Currency.CNY), actor=who)
    in_dollars = make_plan(Product.objects.get(pk=product.pk), "10.00", currency=Currency.HKD)
    with refused("price_above_ceiling"):  # it cannot be compared
        amend_listing(listing_id=listing.pk, plan_ids=[in_dollars.pk], actor=who)


def test_units_of_use_have_ceilings_of_their_own_and_other_scopes_none():
    guided(most="0.02", unit=Unit.CALL, industry="I65")
    product = Product.objects.get(pk=registered_product(make_member()).pk)
    product.source_kind = "PUBLIC_DATA"

    def allowed(**changes):
        metering = Metering(
            unit="CALL",
            unit_price=Decimal(changes.get("price", "0.02")),
            tiers=changes.get("tiers", ()),
            packs=changes.get("packs", ()),
        )
        plan = make_plan(product, "0", kind="METERED", metering=metering)
        refuse_plans_above(product=product, venue=venue(), plans=[plan])

    allowed()
    with refused("price_above_ceiling"):
        allowed(price="0.020001")
    with refused("price_above_ceiling"):
        allowed(tiers=(Tier(100, Decimal("0.03")),))
    allowed(packs=(Pack(units=100, price_minor=2_00, valid_days=30),))
    with refused("price_above_ceiling"):
        allowed(packs=(Pack(units=100, price_minor=2_01, valid_days=30),))
    product.industry = "I64"
    allowed(price="0.5")
    product.industry, product.source_kind = "I65", "COLLECTED"
    allowed(price="0.5")


def test_quotes_orders_offers_and_bids_stop_at_the_ceiling():
    provider, buyer = make_member(), make_buyer()
    fixed = offered(provider, "ONE_OFF", "120.00")
    talked, hammered = offered(provider, "NEGOTIATED", "80.00"), offered(provider, "AUCTION", "80.00")
    early = quoted(fixed, buyer)
    running = announced(hammered, start=yuan(80), step=yuan(10))
    haggled = bargained(talked, buyer, 90)
    assert not listed_above_ceilings(Listing.objects.all()).exists()

    guided()
    assert [row.pk for row in listed_above_ceilings(Listing.objects.all())] == [fixed.pk]
    assert count_waiting(actor(staff("gzdex", Role.COMPLIANCE_REVIEWER)))["above_ceilings"] == 1
    assert count_waiting(actor(staff("szdex", Role.COMPLIANCE_REVIEWER)))["above_ceilings"] == 0
    with refused("price_above_ceiling"):
        quoted(fixed, buyer)
    with refused("price_above_ceiling"):
        ordered(early, buyer)
    with refused("price_above_ceiling"):
        answered(haggled, 1, 101)
    answered(haggled, 1, 100)
    assert bid(running, buyer, 100)
    with refused("price_above_ceiling"):
        bid(running, make_buyer(), 110)


def test_a_share_of_revenue_is_held_by_its_cap():
    product = registered_product(make_member())
    shares = [RevenueShare(1, "MONTH", 15, cap_minor=cap) for cap in (10_000, 10_001, None)]
    plans = [make_plan(product, "0", kind="REVENUE_SHARE", revenue_share=share) for share in shares]
    listing = public(put_up(draft_listing(product, plan_ids=[plan.pk for plan in plans])))
    guided()  # 100.00 an order
    assert [row.pk for row in listed_above_ceilings(Listing.objects.all())] == [listing.pk]
    refuse_plans_above(product=listing.product, venue=venue(), plans=plans[:1])
    for plan in plans[1:]:
        with refused("price_above_ceiling"):
            refuse_plans_above(product=listing.product, venue=venue(), plans=[plan])
    listing.plans.set(plans[:1])
    assert not listed_above_ceilings(Listing.objects.all()).exists()


def test_over_http_it_is_entered_read_by_anybody_and_confirmed_once():
    person = staff("gzdex", Role.VENUE_ADMIN)
    body = {
        "venue": "gzdex",
        "most": "1200000.50",
        "currency": "CNY",
        "valid_from": "2026-12-01",
        "basis": {"title": BASIS.title, "number": BASIS.number, "issuer": BASIS.issuer},
    }
    client = api(make_client(person))
    made = client.post("/api/v1/price-ceilings", body)
    assert (made.status_code, made.json()["most"], made.json()["state"]) == (201, "1200000.50", "ENTERED")
    address = f"/api/v1/price-ceilings/{made.json()['id']}"
    assert client.post(f"{address}/confirm").json()["code"] == "same_person"
    other = api(make_client(make_person(operator_of("gzdex"), Role.VENUE_ADMIN)))
    assert other.post(f"{address}/confirm").json()["state"] == "CONFIRMED"
    assert other.post(f"{address}/confirm").json()["code"] == "illegal_state"
    ended = other.post(f"{address}/end", {"last_day": "2026-12-31", "reason": "Replaced"})
    assert ended.json()["valid_until"] == "2026-12-31"
    assert [row["id"] for row in api().get("/api/v1/price-ceilings").json()["items"]] == [made.json()["id"]]
    for wrong in ({"most": 5}, {"most": "1e3"}, {"most": "NaN"}, {"industry": "Q99"}, {"basis": {}}):
        refusal = client.post("/api/v1/price-ceilings", body | wrong)
        assert (refusal.status_code, refusal.json()["code"]) == (400, "invalid"), wrong
