"""An order may be paid in another currency: at the quote that was signed, and back by it until it is settled."""

from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import Capacity, Organization
from kernel.jobs import run_due_jobs
from kernel.money import Money
from listings.models import Listing
from marketplace import acceptance, ordering
from marketplace.agreements import is_unchanged
from marketplace.models import Order
from settlements import exchange_quotes
from settlements.books import balance
from settlements.models import ExchangeQuote, FeePayer, FeeSchedule, Payee
from tests.marketplace.crossing import case_of, cleared, exportable
from tests.marketplace.test_disputes import agreed, filed
from tests.marketplace.trading import PURPOSE, closed, delivered
from tests.refusals import refused
from tests.settlements.exchanging import CNY, HKD, purse, quoted, rate
from tests.settlements.purse import Kind, account, assert_books_balance
from tests.settlements.vouching import issued, opened
from tests.world import actor, api, make_client, make_member, person_of, venue

pytestmark = pytest.mark.django_db
PRICE = Money(12_000, CNY)


@pytest.fixture
def hong_kong_dollars(db: None) -> Organization:
    """A buyer of Guangzhou whose funds are all in Hong Kong dollars, while a dollar costs 0.9 yuan."""
    rate("HKD/CNY", "0.9")
    buyer = make_member("gzdex", Capacity.BUYER)
    purse(buyer, "1000.00", HKD)
    return buyer


def signed(listing: Listing, buyer: Organization, quote: ExchangeQuote) -> Order:
    return ordering.place_order(
        listing_id=listing.id,
        plan_id=listing.plans.get().id,
        purpose=PURPOSE,
        exchange_quote_id=quote.id,
        actor=actor(person_of(buyer)),
    )


def funds(owner: Organization | None, kind: Kind = Kind.CLIENT) -> tuple[int, int]:
    """Return what an account holds in Hong Kong dollars and in yuan."""
    dollars, yuan_ = (balance(account(kind, owner, currency=currency)).minor for currency in (HKD, CNY))
    return dollars, yuan_


def test_a_price_in_yuan_is_paid_in_dollars_and_the_agreement_keeps_the_rate(
    listing: Listing, provider: Organization, hong_kong_dollars: Organization
) -> None:
    buyer = hong_kong_dollars
    quote = quoted(buyer, PRICE)
    order = signed(listing, buyer, quote)

    assert order.state == Order.State.FUNDED
    assert (funds(buyer), funds(buyer, Kind.ESCROW)) == ((86_667, 0), (0, 12_000))
    assert funds(None, Kind.FX_POSITION) == (13_333, -12_000)
    frozen = order.agreement.body["exchange"]
    assert (frozen["rate"], frozen["pair"], frozen["source"]) == ("0.9", "HKD/CNY", "PBOC")
    assert frozen["observed_at"] == quote.rate.observed_at.isoformat()
    assert is_unchanged(order.agreement)
    with refused("exchange_quote_used"):
        signed(listing, buyer, quote)
    closed(order)
    assert funds(provider, Kind.PAYABLE)[0] == 0
    assert funds(provider, Kind.PAYABLE)[1] + funds(None, Kind.FEES)[1] == 12_000
    assert_books_balance()


def test_a_quote_fits_one_buyer_price_and_venue(
    listing: Listing, hong_kong_dollars: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    buyer, other = hong_kong_dollars, make_member("gzdex", Capacity.BUYER)
    for wrong in (quoted(other, PRICE).id, uuid4()):
        answer = api(make_client(person_of(buyer))).post(
            "/api/v1/orders",
            {
                "listing_id": str(listing.id),
                "plan_id": str(listing.plans.get().id),
                "purpose": PURPOSE,
                "exchange_quote_id": str(wrong),
            },
        )
        assert answer.status_code == 400
        error = answer.json()["errors"][0]
        assert (error["pointer"], error["code"]) == ("/exchange_quote_id", "not_found")
    for unfit in (quoted(buyer, Money(11_999, CNY)), quoted(buyer, PRICE, sell=CNY, buy=HKD)):
        with refused("exchange_quote_unfit"):
            signed(listing, buyer, unfit)
    late = quoted(buyer, PRICE)
    monkeypatch.setattr(exchange_quotes, "database_now", lambda: late.expires_at)
    with refused("exchange_quote_expired"):
        signed(listing, buyer, late)
    monkeypatch.undo()
    poor = quoted(buyer, Money(12_000_00, CNY))
    with refused("exchange_quote_unfit"):
        signed(listing, buyer, poor)
    purse(other, "133.32", HKD)
    short = quoted(other, PRICE)
    with refused("insufficient_funds"):
        signed(listing, other, short)
    short.refresh_from_db()
    assert (short.state, Order.objects.count()) == ("OPEN", 0)


def test_before_settlement_the_same_quote_gives_back_what_it_took_whatever_the_rate_does(
    listing: Listing, hong_kong_dollars: Organization
) -> None:
    buyer = hong_kong_dollars
    quote = quoted(buyer, PRICE)
    order = signed(listing, buyer, quote)
    rate("HKD/CNY", "0.82")
    ordering.cancel_order(order_id=order.id, reason="Changed our mind", actor=actor(person_of(buyer)))

    assert (funds(buyer), funds(buyer, Kind.ESCROW)) == ((100_000, 0), (0, 0))
    assert funds(None, Kind.FX_POSITION) == (0, 0)
    quote.refresh_from_db()
    assert (quote.returned_sell, quote.returned_buy_minor) == (quote.sell, quote.buy_minor)
    assert_books_balance()


def test_parts_go_back_by_the_quote_before_settlement_and_in_the_contracts_currency_after(
    listing: Listing, provider: Organization, hong_kong_dollars: Organization
) -> None:
    buyer = hong_kong_dollars
    order = signed(listing, buyer, quoted(buyer, PRICE))
    delivery = delivered(order)
    agreed(filed(order, 5_001), 1_001)  # at 13,333 to 12,000: 1,112.19, which is rounded down
    assert (funds(buyer), funds(buyer, Kind.ESCROW)) == ((86_667 + 1_112, 0), (0, 10_999))
    assert funds(None, Kind.FX_POSITION) == (13_333 - 1_112, -12_000 + 1_001)

    acceptance.accept_delivery(delivery_id=delivery.id, actor=actor(person_of(buyer)))
    run_due_jobs()
    agreed(filed(order, 999), 999)
    run_due_jobs()
    assert funds(buyer) == (87_779, 999)
    assert funds(None, Kind.FX_POSITION) == (12_221, -10_999)
    assert_books_balance()


def test_two_parts_that_make_the_whole_give_back_the_whole(listing: Listing, hong_kong_dollars: Organization) -> None:
    buyer = hong_kong_dollars
    order = signed(listing, buyer, quoted(buyer, PRICE))
    delivered(order)
    agreed(filed(order, 3_333), 3_333)
    agreed(filed(order, 8_667), 8_667)
    assert (funds(buyer), funds(None, Kind.FX_POSITION)) == ((100_000, 0), (0, 0))
    order.refresh_from_db()
    assert order.state == Order.State.REJECTED


def test_the_rate_that_was_signed_waits_for_the_border(provider: Organization, hong_kong_dollars: Organization) -> None:
    listing, buyer = exportable(provider), make_member("gzdex", Capacity.BUYER, jurisdiction="HK")
    purse(buyer, "1000.00", HKD)
    first, second = (signed(listing, buyer, quoted(buyer, PRICE)) for _each in range(2))
    quote = ExchangeQuote.objects.get(order_id=first.id)
    assert (first.state, quote.state, funds(buyer)) == (Order.State.PLACED, "SIGNED", (100_000, 0))
    rate("HKD/CNY", "0.85")
    with refused("exchange_quote_used"):
        exchange_quotes.use_quote(quote_id=quote.id, actor=actor(person_of(buyer)))

    cleared(case_of(first))
    run_due_jobs(kinds=("order.fund",))
    first.refresh_from_db()
    assert (first.state, funds(buyer)) == (Order.State.FUNDED, (86_667, 0))
    ordering.cancel_order(order_id=second.id, reason="One is enough", actor=actor(person_of(buyer)))
    assert (ExchangeQuote.objects.get(order_id=second.id).state, funds(buyer)) == ("RELEASED", (86_667, 0))
    assert_books_balance()


def test_with_a_voucher_and_a_fee_on_top_the_quote_buys_what_is_left_and_each_gets_its_own_back(
    listing: Listing, hong_kong_dollars: Organization
) -> None:
    buyer, programme = hong_kong_dollars, opened()
    FeeSchedule.objects.create(
        venue=venue(),
        payee=Payee.VENUE,
        payer=FeePayer.BUYER,
        currency=CNY,
        valid_from=timezone.localdate(),
        rate_ppm=10_000,
        source="Notice 8",
    )
    voucher = issued(programme, buyer)  # 30 % of the price of 120.00: 36.00; the fee of 1.20 is the buyer's own

    def buy(amount: int) -> Order:
        return ordering.place_order(
            listing_id=listing.id,
            plan_id=listing.plans.get().id,
            purpose=PURPOSE,
            voucher_id=voucher.pk,
            exchange_quote_id=quoted(buyer, Money(amount, CNY)).id,
            actor=actor(person_of(buyer)),
        )

    with refused("exchange_quote_unfit"):
        buy(12_120)
    order = buy(8_520)
    assert (funds(buyer), funds(buyer, Kind.ESCROW)) == ((100_000 - 9_467, 0), (0, 8_520))
    assert funds(programme.funder, Kind.ESCROW) == (0, 3_600)

    ordering.cancel_order(order_id=order.id, reason="Not needed.", actor=actor(person_of(buyer)))
    assert (funds(buyer), funds(buyer, Kind.ESCROW)) == ((100_000, 0), (0, 0))
    assert (funds(programme.funder, Kind.ESCROW), funds(programme.funder, Kind.VOUCHER)) == ((0, 0), (0, 100_000))

    closed(buy(8_520))
    assert (funds(buyer), funds(buyer, Kind.ESCROW)) == ((100_000 - 9_467, 0), (0, 0))
    assert funds(listing.organization, Kind.PAYABLE)[1] + funds(None, Kind.FEES)[1] == 12_120
    assert_books_balance()
