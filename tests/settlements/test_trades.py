"""The money of one order: held, refunded, or divided."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from accounts.models import Organization, Venue
from kernel.actors import SYSTEM
from kernel.models import AuditEvent
from kernel.money import Money
from settlements import escrow, fees
from settlements.fees import FeeLine
from settlements.models import EscrowHold, Payee, Settlement, Transfer
from settlements.settlement import ACCOUNT_OF_PAYEE, SettlementDraft, settle
from tests.refusals import refused
from tests.settlements.purse import Kind, assert_books_balance, deal, give, holds, yuan

pytestmark = pytest.mark.django_db
PRICE = yuan(120)


class Trade:
    """One order's money at the Guangzhou exchange."""

    def __init__(self, venue: Venue, buyer: Organization, provider: Organization) -> None:
        self.venue, self.buyer, self.provider = venue, buyer, provider
        self.order_id = uuid4()

    def hold(self, amount: Money = PRICE, order_id: UUID | None = None) -> EscrowHold:
        return escrow.hold(
            order_id=order_id or self.order_id, venue=self.venue, payer=self.buyer, amount=amount, actor=SYSTEM
        )

    def lines(self, gross: Money = PRICE, *, broker: Organization | None = None) -> list[FeeLine]:
        return fees.quote(
            venue=self.venue, gross=gross, on=date(2026, 11, 24), deal=deal(self.provider, self.buyer, broker)
        )

    def settle(self, **fields: Any) -> Settlement:
        usual: dict[str, Any] = {
            "order_id": self.order_id,
            "venue_id": self.venue.id,
            "hold": escrow.hold_of(self.order_id),
            "gross": PRICE,
            "lines": self.lines(),
            "provider_id": self.provider.id,
            "broker_id": None,
        }
        settle([SettlementDraft(**(usual | fields))], actor=SYSTEM)
        return Settlement.objects.get(order_id=self.order_id)


@pytest.fixture
def trade(guangzhou: Venue, buyer: Organization, provider: Organization) -> Trade:
    give(buyer, yuan(200))
    return Trade(guangzhou, buyer, provider)


def test_a_hold_takes_the_price_from_the_available_money(trade: Trade) -> None:
    held = trade.hold()

    assert (held.state, held.amount) == (EscrowHold.State.HELD, PRICE)
    assert (holds(Kind.CLIENT, trade.buyer), holds(Kind.ESCROW, trade.buyer)) == (8_000, 12_000)
    assert AuditEvent.objects.get(action="escrowhold.held").organization_id == trade.buyer.id
    assert_books_balance()


def test_an_order_is_held_once(trade: Trade) -> None:
    assert trade.hold() == trade.hold()
    assert holds(Kind.ESCROW, trade.buyer) == 12_000

    with refused("escrow_differs"):
        trade.hold(yuan(1))


def test_more_than_there_is_cannot_be_held(trade: Trade) -> None:
    with refused("insufficient_funds"):
        trade.hold(yuan(200.01))

    assert EscrowHold.objects.count() == 0
    assert holds(Kind.CLIENT, trade.buyer) == 20_000


def test_a_free_order_holds_nothing(trade: Trade) -> None:
    with pytest.raises(ValueError, match="positive"):
        trade.hold(yuan(0))
    assert escrow.hold_of(trade.order_id) is None
    assert escrow.refund_order(order_id=trade.order_id, actor=SYSTEM, reason="cancelled") is None


def test_a_refund_gives_everything_back_once(trade: Trade) -> None:
    trade.hold()

    for _ in range(2):
        escrow.refund_order(order_id=trade.order_id, actor=SYSTEM, reason="cancelled")

    assert (holds(Kind.CLIENT, trade.buyer), holds(Kind.ESCROW, trade.buyer)) == (20_000, 0)
    assert AuditEvent.objects.get(action="escrowhold.refunded").reason == "cancelled"
    assert Transfer.objects.filter(kind=Transfer.Kind.REFUND).count() == 1
    with refused("illegal_state"):
        trade.settle()
    with refused("escrow_differs"):
        trade.hold()


def test_a_settlement_divides_the_hold_to_the_cent(trade: Trade, broker: Organization) -> None:
    trade.hold()

    made = trade.settle(lines=trade.lines(broker=broker), broker_id=broker.id)

    assert holds(Kind.ESCROW, trade.buyer) == 0
    assert holds(Kind.PAYABLE, trade.provider) == 11_100
    assert holds(Kind.PAYABLE, broker) == 600
    assert holds(Kind.FEES) == 300
    assert escrow.hold_of(trade.order_id).state == EscrowHold.State.RELEASED  # type: ignore[union-attr]
    assert {(line.payee, line.organization_id, line.amount_minor) for line in made.lines.all()} == {
        ("PROVIDER", trade.provider.id, 11_100),
        ("BROKER", broker.id, 600),
        ("VENUE", None, 300),
    }
    assert all(line.schedule_id for line in made.lines.exclude(payee="PROVIDER"))
    assert_books_balance()


def test_tax_withheld_goes_to_the_venues_tax_account(trade: Trade) -> None:
    trade.hold()

    trade.settle(
        lines=[
            FeeLine(Payee.PROVIDER, 0, 11_000, None),
            FeeLine(Payee.VENUE, 25_000, 300, None),
            FeeLine(Payee.TAX, 60_000, 700, None),
        ]
    )

    assert holds(Kind.TAX) == 700
    assert_books_balance()


def test_the_database_and_we_know_the_same_account_of_each_payee(trade: Trade) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT payee, settlements_account_kind(payee) FROM unnest(%s::text[]) payee", [Payee.values])
        assert dict(cursor.fetchall()) == ACCOUNT_OF_PAYEE


def test_an_order_is_settled_once(trade: Trade) -> None:
    trade.hold()

    first, second = trade.settle(), trade.settle()

    assert first == second
    assert holds(Kind.PAYABLE, trade.provider) == 11_700
    assert AuditEvent.objects.filter(action="settlement.made").count() == 1
    with refused("illegal_state"):
        escrow.refund_order(order_id=trade.order_id, actor=SYSTEM, reason="too late")


def test_a_second_settlement_for_another_provider_is_refused(trade: Trade, broker: Organization) -> None:
    trade.hold()
    trade.settle()

    with refused("settlement_differs"):
        trade.settle(provider_id=broker.id)


def test_a_free_order_is_settled_without_money(trade: Trade) -> None:
    made = trade.settle(gross=yuan(0), lines=[], hold=None)

    assert (made.gross_minor, made.lines.count()) == (0, 0)
    assert not Transfer.objects.filter(reference__startswith="settlement:").exists()


def test_lines_that_do_not_fit_are_a_mistake_of_ours(trade: Trade, broker: Organization) -> None:
    trade.hold()
    other = trade.hold(yuan(5), order_id=uuid4())

    for wrong, words in (
        ({"lines": trade.lines(yuan(119))}, "do not sum"),
        ({"lines": trade.lines(broker=broker)}, "needs a broker"),
        ({"hold": None}, "from a hold"),
        ({"hold": other}, "not that of this order"),
    ):
        with pytest.raises(ValueError, match=words):
            trade.settle(**wrong)

    assert Settlement.objects.count() == 0
    assert holds(Kind.ESCROW, trade.buyer) == 12_500


def test_the_parties_of_a_settlement_see_it_and_nobody_else_does(
    trade: Trade, broker: Organization, shenzhen: Venue
) -> None:
    from tests.world import actor, make_member, person_of, staff

    trade.hold()
    trade.settle(lines=trade.lines(broker=broker), broker_id=broker.id)
    stranger = make_member("gzdex")

    seen = {
        who: Settlement.objects.visible_to(actor(person)).count()
        for who, person in {
            "buyer": person_of(trade.buyer),
            "provider": person_of(trade.provider),
            "broker": person_of(broker),
            "stranger": person_of(stranger),
            "staff": staff("gzdex"),
            "other staff": staff("szdex"),
        }.items()
    }

    assert seen == {"buyer": 1, "provider": 1, "broker": 1, "stranger": 0, "staff": 1, "other staff": 0}
