"""Reverse auctions: sellers bid one another down for a buyer's demand, and the lowest bid becomes its quote."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organization
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent, IdempotencyRecord
from kernel.money import Money
from listings.listing import delist, suspend
from listings.models import Listing
from marketplace import auctions, awarding, demands, knockdown, proposals, reverse_auctions
from marketplace.models import Auction, Demand, Order, Proposal
from settlements.books import trial_balance
from settlements.models import Account
from tests.marketplace.demanding import on_board, promised, proposed
from tests.marketplace.pricing import bid, closed_auction, conditions, ordered, over, shifted, yuan
from tests.marketplace.trading import closed, fund, funds_of, listed_dataset
from tests.refusals import refused
from tests.world import Role, actor, api, make_member, person_of, staff

pytestmark = pytest.mark.django_db
ESCROW, PAYABLE = Account.Kind.ESCROW, Account.Kind.PAYABLE


@pytest.fixture
def demand(buyer: Organization) -> Demand:
    return on_board(buyer)


def seller(funds: str = "1000.00") -> Organization:
    made = make_member()
    fund(made, funds)
    return made


def entered(demand: Demand, organization: Organization, price: str = "120.00") -> Proposal:
    """Let a provider list something and propose it."""
    return proposed(demand, listed_dataset(organization, price=price))


def announced(demand: Demand, kind: str = "ENGLISH", **changes: Money) -> Auction:
    """Announce a reverse auction that takes bids already: at most 110.00, falling by 10.00."""
    auction = reverse_auctions.announce_reverse_auction(
        demand_id=demand.pk,
        conditions=conditions(kind, **({"start": yuan(110)} | changes)),
        actor=actor(person_of(demand.buyer)),
    )
    return shifted(auction, -timedelta(minutes=2))


def state_of(row: Auction | Demand | Proposal) -> str:
    row.refresh_from_db()
    return str(row.state)


def test_bids_fall_by_the_step_and_the_lowest_wins_the_buyers_order(demand: Demand, buyer: Organization) -> None:
    first, second, third = seller(), seller(), seller("19.99")
    proposals_of = {each: entered(demand, each) for each in (first, second, third)}
    auction = announced(demand, reserve=yuan(100))
    refusals: list[tuple[str, Callable[[], object]]] = [
        ("bid_too_high", lambda: bid(auction, first, 111)),
        ("proposal_wanted", lambda: bid(auction, seller(), 100)),
        ("insufficient_funds", lambda: bid(auction, third, 100)),
    ]
    for code, act in refusals:
        with refused(code):
            act()
    bid(auction, first, 110)
    with refused("bid_too_high") as caught:
        bid(auction, second, 101)
    assert caught.value.extensions["most"] == yuan(100).as_json()
    bid(auction, second, 100)
    bid(auction, first, 85)
    assert [funds_of(each, ESCROW) for each in (first, second)] == [2_000, 2_000]

    # While it runs nobody leaves it: neither a bidder, nor the buyer by another award.
    held, other = proposals_of[first].pk, proposals_of[second].pk
    seeker, maker, why = actor(person_of(buyer)), actor(person_of(first)), "Changed my mind"
    leaving: list[tuple[str, Callable[[], object]]] = [
        (
            "bid_stands",
            partial(proposals.withdraw_proposal, proposal_id=held, reason=why, actor=maker),
        ),
        ("bid_stands", partial(proposals.decline_proposal, proposal_id=held, reason=why, actor=seeker)),
        ("auction_runs", partial(awarding.award, proposal_id=other, actor=seeker)),
        ("auction_runs", partial(demands.withdraw_demand, demand_id=demand.pk, reason=why, actor=seeker)),
        ("auction_runs", partial(announced, demand)),
    ]
    for code, act in leaving:
        with refused(code):
            act()
    over(auction)  # a millisecond ago
    with refused("auction_closed"):
        bid(auction, second, 75)

    assert closed_auction(auction).state == Auction.State.AWARDED, auction.outcome
    quote = auction.quote
    assert quote is not None
    assert (quote.buyer_id, quote.provider_id, quote.gross_minor) == (buyer.pk, first.pk, 8_500)
    assert quote.conditions == {"auction": auction.number, "bid": 3}
    states = [state_of(each) for each in (demand, *proposals_of.values())]
    assert states == ["AWARDED", "AWARDED", "DECLINED", "DECLINED"]
    assert proposals_of[first].price == yuan(85)
    assert (funds_of(first, ESCROW), funds_of(second, ESCROW)) == (2_000, 0)

    awarding.order_award(demand_id=demand.pk, actor=actor(person_of(buyer)))
    order = Order.objects.get()
    assert (state_of(auction), order.gross_minor, order.provider_id) == ("ORDERED", 8_500, first.pk)
    assert (funds_of(first, ESCROW), funds_of(first), funds_of(buyer, ESCROW)) == (0, 100_000, 8_500)
    demand.refresh_from_db()
    assert demand.order_id == order.pk
    with time_machine.travel(quote.expires_at + timedelta(seconds=1)):
        run_due_jobs(kinds=(knockdown.FOLLOW_JOB,))
    assert state_of(auction) == "ORDERED"
    closed(order)
    awarding.follow_orders()
    assert state_of(demand) == "FULFILLED"
    assert set(trial_balance().values()) == {0}


def test_sealed_bids_and_the_ceiling_are_nowhere_in_clear_and_equal_bids_are_ranked_by_time(
    demand: Demand, buyer: Organization
) -> None:
    first, second, outsider = seller(), seller(), make_member()
    for each in (first, second):
        entered(demand, each)
    asking = api(person_of(buyer))
    now = timezone.now()
    body = {
        "kind": "SEALED",
        "starts_at": (now + timedelta(minutes=1)).isoformat(),
        "ends_at": (now + timedelta(hours=1)).isoformat(),
        "start_price": yuan(900).as_json(),
        "step": yuan(1).as_json(),
        "deposit": yuan(20).as_json(),
        "reserve_price": yuan(777).as_json(),
        "invited": [str(first.pk), str(second.pk)],
    }
    address = f"/api/v1/demands/{demand.pk}/auction"
    for wrong, pointer in (
        ({"reserve_price": yuan(901).as_json()}, "/reserve_price"),
        ({"deposit": {"amount": "1.00", "currency": "HKD"}}, "/deposit"),
        ({"ends_at": (demand.deadline + timedelta(days=1)).isoformat()}, "/ends_at"),
        ({"invited": [str(buyer.pk)]}, "/invited/0"),
    ):
        answer = asking.post(address, body | wrong)
        assert (answer.status_code, answer.json()["errors"][-1]["pointer"]) == (400, pointer)
    assert api(person_of(first)).post(address, body).status_code == 404
    made = asking.post(address, body)
    assert made.status_code == 201, made.json()
    assert (made.json()["reserve_price"]["amount"], made.json()["direction"]) == ("777.00", "REVERSE")
    assert "777.00" not in IdempotencyRecord.objects.get(route__endswith="/auction", status=201).body
    auction = shifted(Auction.objects.get(), -timedelta(minutes=2))
    assert auction.reserve_minor is None

    shown = f"/api/v1/auctions/{auction.pk}"
    assert api(person_of(outsider)).get(shown).status_code == 404
    mine = api(person_of(first))
    assert mine.get(shown).json()["reserve_price"] is None
    assert mine.post(f"{shown}/bids", {"amount": yuan(666).as_json()}).status_code == 201
    bid(auction, second, 666)
    clerk = Client()
    clerk.force_login(staff("gzdex", Role.VENUE_ADMIN), backend="django.contrib.auth.backends.ModelBackend")
    page = clerk.get(reverse("admin:marketplace_auction_change", args=[auction.pk])).content.decode()
    events = AuditEvent.objects.filter(subject_id=str(auction.pk))
    clear = re.compile(r"\b(66600|666\.00|77700|777\.00)\b")
    assert not any(clear.search(text) for text in (page, *(json.dumps(event.details) for event in events)))

    closed_auction(auction)
    assert auction.quote is not None
    assert (auction.quote.provider_id, auction.reserve_minor) == (first.pk, 77_700)
    told = mine.get(shown).json()
    assert (told["best_bid"]["amount"], told["buyer"]["id"]) == ("666.00", str(buyer.pk))
    assert told["quote"]["number"] == auction.quote.number
    assert api(person_of(second)).get(shown).json()["quote"] is None


def test_a_winner_that_withdraws_forfeits_and_whoever_is_not_to_blame_gets_its_deposit_back(
    demand: Demand, buyer: Organization
) -> None:
    winner = seller()
    officer = actor(staff("gzdex", Role.COMPLIANCE_REVIEWER))

    def nothing(_listing: Listing, _auction: Auction) -> None:
        """The buyer lets its quote expire."""

    def withdraw(_listing: Listing, auction: Auction) -> None:
        with refused("forbidden"):
            reverse_auctions.withdraw_win(auction_id=auction.pk, reason="-", actor=actor(person_of(buyer)))
        reverse_auctions.withdraw_win(auction_id=auction.pk, reason="Sold elsewhere", actor=actor(person_of(winner)))
        quote = auction.quote
        assert quote is not None
        with refused("illegal_state"):
            ordered(quote, buyer)
        with refused("illegal_state"):
            reverse_auctions.withdraw_win(auction_id=auction.pk, reason="-", actor=actor(person_of(winner)))

    def take_off(listing: Listing, _auction: Auction) -> None:
        delist(listing_id=listing.pk, reason="Sold elsewhere", actor=actor(person_of(winner)))

    def suspend_it(listing: Listing, _auction: Auction) -> None:
        suspend(listing_id=listing.pk, reason="Disputed", actor=officer)

    earned = 0
    for act, ended, forfeited in (
        (nothing, "FAILED", False),
        (withdraw, "FORFEITED", True),
        (take_off, "FORFEITED", True),
        (suspend_it, "FAILED", False),
    ):
        proposal = entered(demand, winner)
        auction = announced(demand)
        before = funds_of(winner)
        bid(auction, winner, 80)
        assert closed_auction(auction).state == Auction.State.AWARDED, auction.outcome
        assert auction.quote is not None
        assert proposal.listing is not None
        act(proposal.listing, auction)
        with time_machine.travel(auction.quote.expires_at + timedelta(seconds=1)):
            with refused("illegal_state"):  # nobody who was not ordered from in time forfeits by saying so
                reverse_auctions.withdraw_win(auction_id=auction.pk, reason="-", actor=actor(person_of(winner)))
            run_due_jobs(kinds=(knockdown.FOLLOW_JOB,))
        earned += 2_000 * forfeited
        assert (state_of(auction), state_of(proposal), state_of(demand)) == (ended, "DECLINED", "OPEN"), act.__name__
        assert (funds_of(buyer, PAYABLE), funds_of(winner, ESCROW)) == (earned, 0)
        assert funds_of(winner) == before - 2_000 * forfeited
    assert set(trial_balance().values()) == {0}


def test_an_auction_that_buys_nothing_or_is_called_off_gives_every_deposit_back(
    demand: Demand, buyer: Organization
) -> None:
    other, only_promises = seller(), make_member()
    proposal = entered(demand, other)
    promised(demand, only_promises)
    with refused("proposal_wanted"):
        bid(announced(demand), only_promises, 100)
    auction = Auction.objects.get()
    assert (closed_auction(auction).state, auction.outcome) == ("FAILED", "no_bids")

    auction = announced(demand, reserve=yuan(90))
    bid(auction, other, 91)
    assert (closed_auction(auction).state, auction.outcome, funds_of(other)) == ("FAILED", "reserve_not_met", 100_000)
    assert state_of(demand) == "OPEN"

    early = reverse_auctions.announce_reverse_auction(
        demand_id=demand.pk, conditions=conditions(), actor=actor(person_of(buyer))
    )
    auctions.cancel_auction(auction_id=early.pk, reason="Not now", actor=actor(person_of(buyer)))
    auction = announced(demand)
    bid(auction, other, 100)
    with refused("too_late"):
        auctions.cancel_auction(auction_id=auction.pk, reason="-", actor=actor(person_of(buyer)))
    auctions.cancel_auction(
        auction_id=auction.pk, reason="A claim", actor=actor(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    )
    assert (state_of(auction), funds_of(other), state_of(proposal)) == ("CANCELLED", 100_000, "SUBMITTED")
    with time_machine.travel(demand.deadline + timedelta(seconds=1)):
        demands.expire_demands()
        assert state_of(demand) == "EXPIRED"
        with refused("demand_closed"):
            announced(demand)
