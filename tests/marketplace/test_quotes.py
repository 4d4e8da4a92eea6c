"""A quote holds a price and its division until it expires; one order uses it, and its agreement freezes its lines."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Organization
from kernel.digests import Digests, canonical_json
from kernel.models import AuditEvent
from kernel.money import Currency
from listings.listing import suspend
from listings.models import Listing
from marketplace.models import Order, Quote
from marketplace.quotes import VALIDITY
from settlements import fees
from settlements.models import Account, DealOrigin, Payee
from tests.marketplace.pricing import ordered, quoted
from tests.marketplace.trading import PURPOSE, closed, fund, funds_of, listed_dataset, make_buyer
from tests.refusals import refused
from tests.world import Role, actor, api, make_client, make_person, operator_of, person_of, staff, venue

pytestmark = pytest.mark.django_db
QUOTES = "/api/v1/quotes"


def test_a_quote_itemises_the_price_and_the_order_freezes_its_lines(
    listing: Listing, buyer: Organization, broker: Organization
) -> None:
    quote = quoted(listing, buyer, broker)
    assert quote.number.startswith("GZ-Q-")
    assert {line["payee"] for line in quote.lines} == {"PROVIDER", "VENUE", "BROKER"}
    assert sum(line["amount_minor"] for line in quote.lines) == quote.gross_minor == 12_000
    # The venue's rate goes up the next day; what was quoted holds.
    fees.announce(
        venue=venue(),
        payee=Payee.VENUE,
        currency=Currency.CNY,
        rate_ppm=500_000,
        valid_from=timezone.localdate() + timedelta(days=1),
        source="Notice of the exchange",
        actor=actor(make_person(operator_of(), Role.VENUE_ADMIN)),
    )
    with time_machine.travel(quote.expires_at - timedelta(minutes=1)):
        order = ordered(quote, buyer)
        agreement = order.agreement
        assert agreement.body["division"] == quote.lines
        assert agreement.body["quote"]["number"] == quote.number
        assert agreement.body["quote"]["origin"] == "LIST_PRICE"
        assert agreement.sha256 == Digests(canonical_json(agreement.body)).sha256
        assert (order.broker_id, order.gross) == (broker.pk, quote.gross)
        closed(order)
        paid = {line["payee"]: line["amount_minor"] for line in quote.lines}
        assert funds_of(listing.organization, Account.Kind.PAYABLE) == paid["PROVIDER"]
    quote.refresh_from_db()
    assert (quote.state, quote.order_id) == (Quote.State.USED, order.pk)
    acts = AuditEvent.objects.filter(subject_id=str(quote.pk)).order_by("id").values_list("action", flat=True)
    assert list(acts) == ["quote.made", "quote.used"]


def test_a_quote_is_used_once_by_its_buyer_before_it_expires(listing: Listing, buyer: Organization) -> None:
    used, late = quoted(listing, buyer), quoted(listing, buyer)
    other = make_buyer()
    with refused("not_found"):
        ordered(used, other)
    with refused("not_found"):
        ordered(used, listing.organization)
    ordered(used, buyer)
    with refused("quote_used"):
        ordered(used, buyer)
    with time_machine.travel(late.expires_at), refused("quote_expired"):
        ordered(late, buyer)
    assert late.expires_at - late.created_at <= VALIDITY[DealOrigin.LIST_PRICE]
    assert Order.objects.count() == 1


def test_an_order_that_is_refused_leaves_the_quote_open(listing: Listing) -> None:
    poor = make_buyer(funds="119.99")
    quote = quoted(listing, poor)
    with refused("insufficient_funds"):
        ordered(quote, poor)
    quote.refresh_from_db()
    assert quote.state == Quote.State.OPEN
    fund(poor, "0.01")
    assert ordered(quote, poor).state == Order.State.FUNDED


def test_what_was_quoted_must_still_be_offered(listing: Listing, buyer: Organization) -> None:
    quote = quoted(listing, buyer)
    # As approve_revision writes it.
    Listing.objects.filter(pk=listing.pk).update(revision=quote.listing_revision + 1)
    with refused("quote_outdated"):
        ordered(quote, buyer)
    fresh = quoted(listing, buyer)
    Membership.objects.filter(organization=buyer).update(state=Membership.State.SUSPENDED)
    with refused("membership_required"):
        ordered(fresh, buyer)
    Membership.objects.filter(organization=buyer).update(state=Membership.State.ACTIVE)
    officer = staff("gzdex", Role.COMPLIANCE_REVIEWER)
    suspend(listing_id=listing.pk, reason="The source is disputed.", actor=actor(officer))
    for act in (lambda: ordered(fresh, buyer), lambda: quoted(listing, buyer)):
        with refused("listing_not_available"):
            act()


def test_staff_see_a_quote_and_nobody_rewrites_it(listing: Listing, buyer: Organization) -> None:
    quote = quoted(listing, buyer)
    ordered(quote, buyer)
    clerk = Client()
    clerk.force_login(staff("gzdex", Role.CLERK), backend="django.contrib.auth.backends.ModelBackend")
    page = clerk.get(reverse("admin:marketplace_quote_change", args=[quote.pk]))
    assert quote.number in page.content.decode()
    for change in (
        "UPDATE marketplace_quote SET gross_minor = 1",
        "UPDATE marketplace_quote SET order_id = NULL",
        "DELETE FROM marketplace_quote",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


def test_quotes_over_http(listing: Listing, buyer: Organization, broker: Organization) -> None:
    client, rival = api(make_client(person_of(buyer))), api(make_client(person_of(make_buyer())))
    wish: dict[str, Any] = {"listing_id": str(listing.pk), "plan_id": str(listing.plans.get().pk)}
    free = listed_dataset(listing.organization, price="0")
    free_quote = client.post(QUOTES, {"listing_id": str(free.pk), "plan_id": str(free.plans.get().pk)}).json()
    assert (free_quote["price"]["amount"], free_quote["lines"]) == ("0.00", [])

    made = client.post(QUOTES, wish | {"broker_id": str(broker.pk)})
    assert made.status_code == 201
    quote = made.json()
    assert quote["state"] == "OPEN"
    assert quote["price"] == {"amount": "120.00", "currency": "CNY"}
    assert sum(int(line["amount"]["amount"].replace(".", "")) for line in quote["lines"]) == 12_000
    assert {line["amount"]["currency"] for line in quote["lines"]} == {"CNY"}
    assert client.get(f"{QUOTES}/{quote['id']}").json() == quote
    assert rival.get(f"{QUOTES}/{quote['id']}").status_code == 404
    assert rival.get(QUOTES).json()["items"] == []
    first = client.get(QUOTES, {"limit": "1"}).json()
    second = client.get(QUOTES, {"limit": "1", "cursor": first["next"]}).json()
    assert [first["items"][0]["id"], second["items"][0]["id"]] == [quote["id"], free_quote["id"]]
    officer = api(make_client(staff("gzdex", Role.SETTLEMENT_OFFICER)))
    assert officer.get(f"{QUOTES}/{quote['id']}").status_code == 200

    for body, pointer in (
        ({"purpose": PURPOSE}, "/listing_id"),
        ({"purpose": PURPOSE, "listing_id": wish["listing_id"]}, "/plan_id"),
        ({"purpose": PURPOSE, "quote_id": quote["id"], **wish}, "/listing_id"),
        ({"purpose": PURPOSE, "quote_id": quote["id"], "broker_id": str(broker.pk)}, "/broker_id"),
    ):
        answer = client.post("/api/v1/orders", body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    order = client.post("/api/v1/orders", {"purpose": PURPOSE, "quote_id": quote["id"]})
    assert order.status_code == 201
    assert order.json()["broker"]["id"] == str(broker.pk)
    again = client.post("/api/v1/orders", {"purpose": PURPOSE, "quote_id": quote["id"]})
    assert (again.status_code, again.json()["code"]) == (409, "quote_used")
    states = {state: len(client.get(QUOTES, {"state": state}).json()["items"]) for state in Quote.State.values}
    assert states == {"OPEN": 1, "USED": 1, "EXPIRED": 0}
    stale = client.post("/api/v1/orders", {"purpose": PURPOSE, "quote_id": str(order.json()["id"])})
    assert stale.status_code == 404
