"""Offers and counter-offers: only the newest is answered, by the other side, in time; an accepted one is a quote."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organization
from kernel.jobs import run_due_jobs
from kernel.money import Currency, Money
from listings.listing import suspend
from listings.models import Listing, Plan
from listings.plans import amend_plan
from marketplace import negotiating
from marketplace.models import Negotiation, Order
from marketplace.quotes import VALIDITY
from marketplace.tasks import expire_negotiations
from settlements.models import DealOrigin
from tests.listings.offers import make_plan, registered_product
from tests.marketplace.demanding import on_board
from tests.marketplace.demanding import proposed as answer_to_demand
from tests.marketplace.pricing import agreed, answered, bargained, negotiable, ordered, proposed, quoted
from tests.marketplace.trading import closed, funds_of, listed_dataset, make_buyer, placed
from tests.refusals import refused
from tests.world import Role, actor, api, make_client, make_member, person_of, staff

pytestmark = pytest.mark.django_db
NEGOTIATIONS = "/api/v1/negotiations"


@pytest.fixture
def listing(provider: Organization) -> Listing:
    return negotiable(provider)


def test_a_plan_says_whether_it_takes_offers(provider: Organization, buyer: Organization) -> None:
    who = actor(person_of(provider))
    product = registered_product(provider)
    negotiated = make_plan(product, kind="NEGOTIATED")
    assert (negotiated.takes_offers, negotiated.has_list_price) == (True, False)
    open_to_offers = make_plan(product, takes_offers=True)
    assert (open_to_offers.takes_offers, open_to_offers.has_list_price) == (True, True)
    assert not amend_plan(
        plan_id=negotiated.pk, kind=Plan.Kind.AUCTION, price=Money(1, Currency.CNY), actor=who
    ).takes_offers
    for wrong in ({"kind": "FREE", "price": "0"}, {"kind": "AUCTION"}):
        with refused("invalid") as caught:
            make_plan(product, **({"takes_offers": True} | wrong))
        assert caught.value.errors[0].pointer == "/takes_offers"
    firm = listed_dataset(provider)
    with refused("takes_no_offers"):
        bargained(firm, buyer)
    haggled = bargained(listed_dataset(provider, plan={"takes_offers": True}), buyer)
    assert haggled.state == Negotiation.State.OPEN


def test_what_is_negotiated_has_no_list_price(listing: Listing, buyer: Organization) -> None:
    with refused("no_list_price"):
        placed(listing, buyer)
    with refused("no_list_price"):
        quoted(listing, buyer)
    demand = on_board(make_buyer())
    with refused("invalid") as caught:
        answer_to_demand(demand, listing)
    assert (caught.value.errors[0].pointer, caught.value.errors[0].code) == ("/plan_id", "no_list_price")


def test_an_agreed_price_is_ordered_and_settled(listing: Listing, buyer: Organization, provider: Organization) -> None:
    negotiation = bargained(listing, buyer, None, message="How much for one city?")
    with refused("offer_without_price"):
        agreed(negotiation)
    answered(negotiation, 1, 100, delivery_days=3)
    answered(negotiation, 2, 90, volume="1 city", terms="Updates for a year", delivery_days=3)
    quote = agreed(negotiation)
    negotiation.refresh_from_db()
    assert (negotiation.state, negotiation.newest, negotiation.quote_id) == ("AGREED", 3, quote.pk)
    assert (quote.origin, quote.gross_minor, quote.buyer_id) == (DealOrigin.NEGOTIATED, 9_000, buyer.pk)
    assert quote.expires_at - quote.created_at <= VALIDITY[DealOrigin.NEGOTIATED]
    order = ordered(quote, buyer)
    said = order.agreement.body
    assert (said["price"]["amount"], said["division"]) == ("90.00", quote.lines)
    assert said["quote"]["conditions"] == {
        "negotiation": negotiation.number,
        "round": 3,
        "volume": "1 city",
        "terms": "Updates for a year",
        "delivery_days": 3,
    }
    closed(order)
    assert funds_of(buyer) == 100_000 - 9_000
    assert Order.objects.count() == 1


def test_only_the_other_side_answers_only_the_newest_offer(
    listing: Listing, buyer: Organization, provider: Organization
) -> None:
    negotiation = bargained(listing, buyer)
    answered(negotiation, 1, 110)  # by the provider; the buyer is to answer round 2
    names = {"negotiation_id": negotiation.pk}
    mine, theirs = actor(person_of(buyer)), actor(person_of(provider))
    stranger = actor(person_of(make_buyer()))
    clerk = actor(staff("gzdex", Role.CLERK))
    acts: list[tuple[str, Callable[[], object]]] = [
        ("offer_superseded", lambda: negotiating.accept_offer(**names, number=1, actor=mine)),
        ("offer_superseded", lambda: negotiating.counter(**names, number=1, proposed=proposed(85), actor=mine)),
        ("offer_superseded", lambda: negotiating.decline_offer(**names, number=1, reason="No", actor=mine)),
        ("own_offer", lambda: negotiating.accept_offer(**names, number=2, actor=theirs)),
        ("own_offer", lambda: negotiating.counter(**names, number=2, proposed=proposed(85), actor=theirs)),
        ("own_offer", lambda: negotiating.decline_offer(**names, number=2, reason="No", actor=theirs)),
        ("invalid", lambda: negotiating.accept_offer(**names, number=3, actor=mine)),
        ("invalid", lambda: negotiating.counter(**names, number=2, proposed=proposed(None), actor=mine)),
        ("invalid", lambda: negotiating.decline_offer(**names, number=2, reason=" ", actor=mine)),
        ("illegal_state", lambda: negotiating.withdraw_offer(**names, reason="No", actor=mine)),
        ("not_found", lambda: negotiating.accept_offer(**names, number=2, actor=stranger)),
        ("forbidden", lambda: negotiating.accept_offer(**names, number=2, actor=clerk)),
    ]
    for code, act in acts:
        with refused(code):
            act()
    negotiation.refresh_from_db()
    assert (negotiation.newest, negotiation.rounds.count(), negotiation.awaiting_id) == (2, 2, buyer.pk)
    for change in (
        "UPDATE marketplace_negotiationround SET price_minor = 1",
        "DELETE FROM marketplace_negotiationround",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


def test_an_offer_is_a_price_in_the_plans_currency_for_a_time(listing: Listing, buyer: Organization) -> None:
    now = timezone.now()
    wrongs: list[tuple[dict[str, object], str]] = [
        ({"valid_until": now}, "/valid_until"),
        ({"valid_until": now + timedelta(days=91)}, "/valid_until"),
        ({"price": Money(8_000, Currency.HKD)}, "/price"),
        ({"price": Money(0, Currency.CNY)}, "/price"),
    ]
    for wrong, pointer in wrongs:
        with refused("invalid") as caught:
            bargained(listing, buyer, **wrong)
        assert caught.value.errors[0].pointer == pointer
    assert not Negotiation.objects.exists()


def test_offers_and_quotes_lapse(listing: Listing, buyer: Organization) -> None:
    lapsing = bargained(listing, buyer, valid_until=timezone.now() + timedelta(hours=1))
    with time_machine.travel(lapsing.expires_at):
        for act in (lambda: answered(lapsing, 1, 100), lambda: agreed(lapsing)):
            with refused("offer_expired"):
                act()
        assert expire_negotiations() == 1
        assert expire_negotiations() == 0
        lapsing.refresh_from_db()
        assert lapsing.state == Negotiation.State.EXPIRED
        with refused("offer_expired"):
            answered(lapsing, 1, 100)
        accepted = bargained(listing, buyer)  # another one may begin
        quote = agreed(accepted)
        with refused("illegal_state"):
            answered(accepted, 1, 70)
    with time_machine.travel(quote.expires_at):
        with refused("quote_expired"):
            answered(accepted, 1, 70)
        with refused("quote_expired"):
            ordered(quote, buyer)
        ordered(agreed(bargained(listing, buyer, 85)), buyer)
        run_due_jobs()


def test_either_side_may_end_it_with_a_reason(listing: Listing, buyer: Organization, provider: Organization) -> None:
    mine, theirs = actor(person_of(buyer)), actor(person_of(provider))
    first = bargained(listing, buyer)
    negotiating.decline_offer(negotiation_id=first.pk, number=1, reason="Too little", actor=theirs)
    second = bargained(listing, buyer)
    negotiating.withdraw_offer(negotiation_id=second.pk, reason="Budget cut", actor=mine)
    for ended, state, reason in ((first, "DECLINED", "Too little"), (second, "WITHDRAWN", "Budget cut")):
        ended.refresh_from_db()
        assert (ended.state, ended.reason) == (state, reason)
        with refused("illegal_state"):
            answered(ended, 1, 100)
    third = bargained(listing, buyer)
    Listing.objects.filter(pk=listing.pk).update(revision=2)  # as approve_revision writes it
    with refused("offer_outdated"):
        agreed(third)
    suspend(listing_id=listing.pk, reason="Disputed", actor=actor(staff("gzdex", Role.COMPLIANCE_REVIEWER)))
    with refused("listing_not_available"):
        answered(third, 1, 100)


def test_negotiating_over_http_with_two_rounds_side_by_side(
    listing: Listing, buyer: Organization, provider: Organization
) -> None:
    mine, theirs = api(make_client(person_of(buyer))), api(make_client(person_of(provider)))
    rival = api(make_client(person_of(make_member())))
    soon = (timezone.now() + timedelta(days=3)).isoformat()
    offer = {"price": {"amount": "80.00", "currency": "CNY"}, "delivery": "FILE", "valid_until": soon}
    subject = {"listing_id": str(listing.pk), "plan_id": str(listing.plans.get().pk)}
    made = mine.post(NEGOTIATIONS, subject | offer)
    assert made.status_code == 201
    again = mine.post(NEGOTIATIONS, subject | offer)
    assert (again.status_code, again.json()["code"]) == (409, "negotiation_exists")
    address = f"{NEGOTIATIONS}/{made.json()['id']}"
    raised = offer | {"price": {"amount": "100.00", "currency": "CNY"}, "terms": "逐月更新", "round": 1}
    assert theirs.post(f"{address}/counter", raised).status_code == 200
    assert rival.get(address).status_code == 404
    assert rival.get(f"{address}/diff").status_code == 404
    assert [item["awaiting"] for item in theirs.get(NEGOTIATIONS).json()["items"]] == [str(buyer.pk)]
    assert mine.get(NEGOTIATIONS, {"awaiting": str(provider.pk)}).json()["items"] == []

    diff = mine.get(f"{address}/diff", {"before": 1, "after": 2}).json()
    changed = {each["field"]: (each["before"], each["after"]) for each in diff["differences"] if each["changed"]}
    assert changed == {"price": ("80.00 CNY", "100.00 CNY"), "terms": ("", "逐月更新")}
    assert diff == mine.get(f"{address}/diff").json()
    for wrong in ("0", "3", "x", "9" * 30):
        assert mine.get(f"{address}/diff", {"before": wrong}).json()["errors"][0]["pointer"] == "/before"

    done = mine.post(f"{address}/accept", {"round": 2}).json()
    assert (done["state"], done["quote"]["state"], len(done["rounds"])) == ("AGREED", "OPEN", 2)
    assert theirs.get(address).json()["quote"]["number"] == done["quote"]["number"]
    late = theirs.post(f"{address}/counter", raised | {"round": 2})
    assert (late.status_code, late.json()["code"]) == (409, "illegal_state")
    order = mine.post("/api/v1/orders", {"quote_id": done["quote"]["id"], "purpose": "Checks"})
    assert order.json()["price"]["amount"] == "100.00"
    late = mine.post(f"{address}/withdraw", {"reason": "Too late"})
    assert (late.status_code, late.json()["code"]) == (409, "quote_used")

    clerk = Client()
    clerk.force_login(staff("gzdex", Role.CLERK), backend="django.contrib.auth.backends.ModelBackend")
    page = clerk.get(reverse("admin:marketplace_negotiation_change", args=[made.json()["id"]])).content.decode()
    assert "<mark>CNY 100.00</mark>" in page
    assert "逐月更新" in page
