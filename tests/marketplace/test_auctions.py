"""Auctions: deposits behind bids, an end by the database's clock that late bids move, a quote for the winner."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Capacity, Membership, Organization
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent, IdempotencyRecord, Job
from kernel.money import Currency, Money
from listings.listing import suspend
from listings.models import Listing
from marketplace import auctions, bidding, knockdown, ordering
from marketplace.models import Auction, Bid, Quote
from settlements.books import trial_balance
from settlements.models import Account, DealOrigin, Transfer
from tests.marketplace.pricing import (
    announced,
    bid,
    by_auction,
    closed_auction,
    conditions,
    ordered,
    over,
    shifted,
    yuan,
)
from tests.marketplace.trading import closed, fund, funds_of, listed_dataset, make_buyer, placed
from tests.refusals import refused
from tests.settlements.test_ledger_under_load import at_once
from tests.world import Role, actor, api, make_client, make_member, make_membership, person_of, staff

pytestmark = pytest.mark.django_db
AUCTIONS = "/api/v1/auctions"
ESCROW = Account.Kind.ESCROW


@pytest.fixture
def listing(provider: Organization) -> Listing:
    return by_auction(provider)


@pytest.fixture
def rival(db: None) -> Organization:
    return make_buyer()


def buying_as_well(provider: Organization) -> Organization:
    make_membership(provider, "gzdex", Capacity.BUYER)
    fund(provider, "500.00")
    return provider


def won(auction: Auction) -> Quote:
    assert closed_auction(auction).state == Auction.State.AWARDED, auction.outcome
    assert auction.quote is not None
    return auction.quote


def test_the_highest_bidder_orders_and_the_others_get_their_deposits_back(
    listing: Listing, buyer: Organization, rival: Organization
) -> None:
    auction = announced(listing, reserve=yuan(120))
    bid(auction, buyer, 100)
    bid(auction, rival, 110)
    bid(auction, buyer, 130)
    assert [funds_of(each) for each in (buyer, rival)] == [98_000, 98_000]
    assert [funds_of(each, ESCROW) for each in (buyer, rival)] == [2_000, 2_000]
    quote = won(auction)
    assert (quote.origin, quote.gross_minor, quote.buyer_id) == (DealOrigin.AUCTION, 13_000, buyer.pk)
    assert quote.conditions == {"auction": auction.number, "bid": 3}
    assert (funds_of(rival), funds_of(rival, ESCROW), funds_of(buyer, ESCROW)) == (100_000, 0, 2_000)
    run_due_jobs()  # again, and nothing more

    with refused("not_found"):
        ordered(quote, rival)
    order = ordered(quote, buyer)
    auction.refresh_from_db()
    assert auction.state == Auction.State.ORDERED
    assert (funds_of(buyer), funds_of(buyer, ESCROW)) == (100_000 - 13_000, 13_000)
    assert order.agreement.body["division"] == quote.lines
    with refused("won_at_auction"):
        ordering.cancel_order(order_id=order.pk, reason="Changed my mind", actor=actor(person_of(buyer)))
    with time_machine.travel(quote.expires_at):
        closed(order)
        auction.refresh_from_db()
        assert auction.state == Auction.State.ORDERED
    assert set(trial_balance().values()) == {0}


def test_a_winner_that_does_not_order_forfeits_the_deposit_to_the_provider(
    listing: Listing, buyer: Organization, provider: Organization
) -> None:
    auction = announced(listing)
    bid(auction, buyer, 100)
    quote = won(auction)
    knockdown.follow_win(auction_id=auction.pk)
    auction.refresh_from_db()
    assert auction.state == Auction.State.AWARDED  # it may still order
    with time_machine.travel(quote.expires_at + timedelta(seconds=1)):
        run_due_jobs(kinds=(knockdown.FOLLOW_JOB,))
        knockdown.follow_win(auction_id=auction.pk)
        with refused("quote_expired"):
            ordered(quote, buyer)
    auction.refresh_from_db()
    assert (auction.state, auction.deposits.get().state) == ("FORFEITED", "FORFEITED")
    assert (funds_of(buyer), funds_of(buyer, ESCROW)) == (98_000, 0)
    assert funds_of(provider, Account.Kind.PAYABLE) == 2_000
    transfer = Transfer.objects.get(kind=Transfer.Kind.FORFEIT)
    assert sum(entry.amount_minor for entry in transfer.entries.all()) == 0
    assert "has not ordered" in AuditEvent.objects.get(action="escrowhold.released").reason
    announced(listing)  # the plan may be auctioned again


def test_nothing_is_forfeited_where_the_winner_could_not_order(listing: Listing, buyer: Organization) -> None:
    auction = announced(listing)
    bid(auction, buyer, 100)
    quote = won(auction)
    suspend(listing_id=listing.pk, reason="Disputed", actor=actor(staff("gzdex", Role.COMPLIANCE_REVIEWER)))
    with time_machine.travel(quote.expires_at):
        run_due_jobs(kinds=(knockdown.FOLLOW_JOB,))
    auction.refresh_from_db()
    assert (auction.state, auction.outcome) == ("FAILED", "listing_not_available")
    assert (funds_of(buyer), auction.deposits.get().state) == (100_000, "RETURNED")


def test_a_bid_is_in_time_by_the_databases_clock(listing: Listing, buyer: Organization, provider: Organization) -> None:
    early = auctions.announce_auction(
        listing_id=listing.pk, plan_id=listing.plans.get().pk, conditions=conditions(), actor=actor(person_of(provider))
    )
    with refused("auction_not_open"):
        bid(early, buyer, 100)
    auction = shifted(early, -timedelta(minutes=2))
    with time_machine.travel(auction.ends_at + timedelta(days=1)):
        bid(auction, buyer, 100)  # a web process whose clock is wrong
        with pytest.raises(knockdown.TooEarly):
            knockdown.close_auction(auction_id=auction.pk, due=timezone.now())
    over(auction)  # a millisecond ago
    with refused("auction_closed"):
        bid(auction, buyer, 110)
    assert auction.bids.count() == 1
    assert closed_auction(auction).state == Auction.State.AWARDED
    with refused("auction_closed"):
        bid(auction, buyer, 110)


def test_a_late_bid_moves_the_end_but_not_for_ever(listing: Listing, buyer: Organization, rival: Organization) -> None:
    auction = announced(listing, extension_minutes=5)
    announced_end = auction.ends_at
    bid(auction, buyer, 100)
    auction.refresh_from_db()
    assert auction.ends_at == announced_end  # an early bid moves nothing
    late = shifted(auction, auctions.database_now() + timedelta(minutes=1) - auction.ends_at)
    bid(late, rival, 110)
    late.refresh_from_db()
    assert timedelta(minutes=3) < late.ends_at - late.announced_end < timedelta(minutes=5)
    jobs = Job.objects.filter(kind=auctions.CLOSE_JOB, subject_id=auction.pk).order_by("due_at")
    assert jobs.count() == 2
    first, last = jobs
    assert knockdown.close_auction(auction_id=auction.pk, due=first.due_at).state == Auction.State.ANNOUNCED
    Auction.objects.filter(pk=late.pk).update(
        starts_at=late.starts_at - timedelta(days=2),
        announced_end=auctions.database_now() - bidding.LONGEST_EXTENSION,
        ends_at=auctions.database_now() + timedelta(minutes=1),
    )
    late.refresh_from_db()
    end = late.ends_at
    bid(late, buyer, 120)
    late.refresh_from_db()
    assert late.ends_at == end
    assert last.due_at > first.due_at


def test_a_bid_passes_the_highest_one_by_the_step(listing: Listing, buyer: Organization, rival: Organization) -> None:
    auction = announced(listing)
    acts: list[tuple[str, Callable[[], object]]] = [
        ("bid_too_low", lambda: bid(auction, buyer, 99)),
        (
            "invalid",
            lambda: bidding.place_bid(
                auction_id=auction.pk, amount=Money(20_000, Currency.HKD), actor=actor(person_of(buyer))
            ),
        ),
        ("own_product", lambda: bid(auction, buying_as_well(listing.organization), 100)),
        ("insufficient_funds", lambda: bid(auction, make_buyer(funds="19.99"), 100)),
        ("membership_required", lambda: bid(auction, make_buyer("szdex"), 100)),
    ]
    for code, act in acts:
        with refused(code), transaction.atomic():
            act()
    bid(auction, buyer, 100)
    with refused("bid_too_low") as caught:
        bid(auction, rival, 109)
    assert caught.value.extensions["least"] == {"amount": "110.00", "currency": "CNY"}
    assert (auction.bids.count(), auction.deposits.count()) == (1, 1)
    for change in (
        "UPDATE marketplace_bid SET amount_minor = 1",
        "UPDATE marketplace_bid SET number = 9",
        "DELETE FROM marketplace_bid",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


def test_nobody_sees_a_sealed_bid_before_the_close_and_equal_ones_are_ranked_by_time(
    listing: Listing, buyer: Organization, rival: Organization, provider: Organization
) -> None:
    auction = announced(listing, "SEALED", start=yuan(50))
    third = make_buyer()
    bid(auction, rival, 777)  # replaced by its next one
    bid(auction, buyer, 555)
    bid(auction, third, 555)
    viewers = {
        "bidder": api(make_client(person_of(rival))),
        "provider": api(make_client(person_of(provider))),
        "staff": api(make_client(staff("gzdex", Role.VENUE_ADMIN))),
    }
    address = f"{AUCTIONS}/{auction.pk}"
    last = viewers["bidder"].post(f"{address}/bids", {"amount": yuan(444).as_json()}).json()
    assert (last["amount"], last["paddle"]) == (yuan(444).as_json(), 1)
    assert "amount" not in IdempotencyRecord.objects.get(route__endswith="/bids").body
    seen = {name: viewer.get(f"{address}/bids").json()["items"] for name, viewer in viewers.items()}
    assert [item["amount"]["amount"] for item in seen["bidder"]] == ["444.00", "777.00"]
    assert (seen["provider"], seen["staff"]) == ([], [])
    for viewer in viewers.values():
        told = viewer.get(address).json()
        assert (told["best_bid"], told["bids"]) == (None, None)
    clerk = Client()
    clerk.force_login(staff("gzdex", Role.VENUE_ADMIN), backend="django.contrib.auth.backends.ModelBackend")
    page = clerk.get(reverse("admin:marketplace_auction_change", args=[auction.pk])).content.decode()
    assert not re.search(r"\b(555|55500|444|44400)\b", page)
    held = clerk.get(reverse("admin:settlements_escrowhold_changelist"), {"q": auction.number})
    assert held.content.decode().count(f">{auction.number}<") == auction.deposits.count()  # for what the money is held
    events = AuditEvent.objects.filter(subject_id=str(auction.pk))
    assert events.filter(action="auction.bid").count() == 4
    assert all("555" not in str(event.details) for event in events.filter(action="auction.bid"))
    assert set(Bid.objects.values_list("amount_minor", flat=True)) == {None}

    quote = won(auction)
    assert (quote.buyer_id, quote.gross_minor) == (buyer.pk, 55_500)
    items = viewers["provider"].get(f"{address}/bids").json()["items"]
    assert sorted(item["amount"]["amount"] for item in items) == ["444.00", "555.00", "555.00", "777.00"]
    assert viewers["bidder"].get(address).json()["quote"] is None
    assert viewers["provider"].get(address).json()["quote"]["number"] == quote.number


def test_an_auction_that_sells_nothing_gives_every_deposit_back(listing: Listing, buyer: Organization) -> None:
    memberships = Membership.objects.filter(organization=buyer)
    officer = actor(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    hindrances: list[tuple[str, int, Callable[[], object]]] = [
        ("no_bids", 0, lambda: None),
        ("reserve_not_met", 149, lambda: None),
        ("no_bids", 150, lambda: memberships.update(state=Membership.State.SUSPENDED)),
        # As approve_revision writes it.
        ("listing_edited", 150, lambda: Listing.objects.filter(pk=listing.pk).update(revision=2)),
        ("listing_not_available", 150, lambda: suspend(listing_id=listing.pk, reason="Disputed", actor=officer)),
    ]
    for outcome, amount, hinder in hindrances:
        memberships.update(state=Membership.State.ACTIVE)
        auction = announced(listing, reserve=yuan(150))
        if amount:
            bid(auction, buyer, amount)
        hinder()
        closed_auction(auction)
        assert (auction.state, auction.outcome, auction.quote) == ("FAILED", outcome, None)
        assert (funds_of(buyer), funds_of(buyer, ESCROW)) == (100_000, 0)


def test_an_auction_is_called_off_by_the_provider_before_and_by_the_exchange_until_its_end(
    listing: Listing, buyer: Organization, provider: Organization
) -> None:
    seller, officer = actor(person_of(provider)), actor(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    plan = listing.plans.get()
    early = auctions.announce_auction(listing_id=listing.pk, plan_id=plan.pk, conditions=conditions(), actor=seller)
    auctions.cancel_auction(auction_id=early.pk, reason="Another price", actor=seller)
    auction = announced(listing)
    bid(auction, buyer, 100)
    with refused("too_late"):
        auctions.cancel_auction(auction_id=auction.pk, reason="Too low", actor=seller)
    with refused("forbidden"):
        auctions.cancel_auction(auction_id=auction.pk, reason="I lose", actor=actor(person_of(buyer)))
    auctions.cancel_auction(auction_id=auction.pk, reason="A claim of title", actor=officer)
    auction.refresh_from_db()
    assert (auction.state, funds_of(buyer)) == ("CANCELLED", 100_000)
    with refused("auction_closed"):
        bid(auction, buyer, 110)
    with refused("no_list_price"):
        placed(listing, buyer)


@pytest.mark.django_db(transaction=True)
def test_bids_closings_and_orders_of_one_moment_follow_one_another(listing: Listing, provider: Organization) -> None:
    """Each waits for the row's lock: one of equal bids leads, one quote is made, one order uses it."""
    auction = announced(listing)
    bidders = [make_buyer() for _ in range(3)]
    outcomes = at_once([partial(bid, auction, bidder, 100) for bidder in bidders])
    assert sorted(outcomes) == ["bid_too_low", "bid_too_low", "ok"]
    assert (auction.bids.count(), auction.deposits.count()) == (1, 1)
    over(auction)
    assert at_once([partial(knockdown.close_auction, auction_id=auction.pk, due=timezone.now())] * 3) == ["ok"] * 3
    quote = Quote.objects.get()
    assert sorted(at_once([partial(ordered, quote, quote.buyer)] * 2)) == ["ok", "quote_used"]
    assert funds_of(quote.buyer) == 100_000 - 10_000
    assert set(trial_balance().values()) == {0}


def test_auctions_over_http(listing: Listing, buyer: Organization, rival: Organization, provider: Organization) -> None:
    seller, mine, theirs = (api(make_client(person_of(each))) for each in (provider, buyer, rival))
    now = timezone.now()
    body = {
        "listing_id": str(listing.pk),
        "plan_id": str(listing.plans.get().pk),
        "kind": "ENGLISH",
        "starts_at": (now + timedelta(minutes=1)).isoformat(),
        "ends_at": (now + timedelta(hours=1)).isoformat(),
        "start_price": yuan(100).as_json(),
        "step": yuan(10).as_json(),
        "deposit": yuan(20).as_json(),
        "reserve_price": yuan(105).as_json(),
    }
    firm = listed_dataset(provider)
    wrongs: list[tuple[dict[str, object], str]] = [
        ({"ends_at": body["starts_at"]}, "/ends_at"),
        ({"starts_at": (now - timedelta(days=1)).isoformat()}, "/starts_at"),
        ({"starts_at": "9999-12-31T23:59:59Z", "ends_at": "9999-12-31T23:59:59Z"}, "/starts_at"),
        ({"deposit": yuan(0).as_json()}, "/deposit"),
        ({"step": {"amount": "1.00", "currency": "HKD"}}, "/step"),
        ({"reserve_price": yuan(99).as_json()}, "/reserve_price"),
        ({"listing_id": str(firm.pk), "plan_id": str(firm.plans.get().pk)}, "/plan_id"),
        ({"extension_minutes": 61}, "/extension_minutes"),
    ]
    for wrong, pointer in wrongs:
        answer = seller.post(AUCTIONS, body | wrong)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    assert mine.post(AUCTIONS, body).status_code == 404
    made = seller.post(AUCTIONS, body)
    assert (made.status_code, made.json()["phase"]) == (201, "SCHEDULED")
    again = seller.post(AUCTIONS, body)
    assert (again.status_code, again.json()["code"]) == (409, "auction_exists")
    auction = shifted(Auction.objects.get(), -timedelta(minutes=2))
    address = f"{AUCTIONS}/{auction.pk}"
    assert mine.post(f"{address}/bids", {"amount": yuan(100).as_json()}).status_code == 201
    assert theirs.post(f"{address}/bids", {"amount": yuan(110).as_json()}).json()["paddle"] == 2
    [latest, first] = mine.get(f"{address}/bids").json()["items"]
    assert [(each["paddle"], each["own"]) for each in (latest, first)] == [(2, False), (1, True)]
    page = mine.get(f"{address}/bids", {"limit": "1"}).json()
    assert mine.get(f"{address}/bids", {"limit": "1", "cursor": page["next"]}).json()["items"] == [first]
    shown = mine.get(address).json()
    assert (shown["phase"], shown["best_bid"]["amount"], shown["bids"]) == ("OPEN", "110.00", 2)
    assert shown["own_deposit"] == {"paddle": 1, "amount": yuan(20).as_json(), "state": "HELD"}
    assert (shown["has_reserve"], shown["reserve_price"]) == (True, None)
    assert seller.get(address).json()["reserve_price"] == yuan(105).as_json()
    assert seller.get(address).json()["own_deposit"] is None
    closed_auction(auction)
    assert theirs.get(address).json()["quote"]["state"] == "OPEN"
    assert (mine.get(address).json()["quote"], mine.get(address).json()["own_deposit"]["state"]) == (None, "RETURNED")
    assert api(make_client(person_of(make_member()))).get(AUCTIONS).json()["items"][0]["state"] == "AWARDED"
    late = mine.post(f"{address}/bids", {"amount": yuan(500).as_json()})
    assert (late.status_code, late.json()["code"]) == (409, "auction_closed")
