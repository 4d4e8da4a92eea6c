"""Settlement at T+n: what is accepted waits for the venue's working day, and one run divides all of it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.db.models import Count

from accounts.models import Organization, Venue
from kernel.jobs import run_due_jobs
from kernel.models import Job
from marketplace import settlement_runs
from marketplace.models import Order
from settlements.models import EscrowHold, Settlement
from tests.marketplace.many_trades import accepted_trades
from tests.marketplace.trading import accepted, listed_dataset, make_buyer, placed
from tests.settlements.purse import assert_books_balance
from tests.world import make_member, venue

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def guangzhou() -> Venue:
    there = venue("gzdex")
    there.release_working_days, there.release_working_days_abroad = 1, 3
    there.save()
    return there


@pytest.mark.parametrize(
    ("accepted_at", "abroad", "released"),
    [
        ((2026, 11, 26, 15, 0), False, (2026, 11, 27)),  # Thursday
        ((2026, 11, 27, 23, 59), False, (2026, 11, 30)),  # Friday night
        ((2026, 9, 30, 10, 0), False, (2026, 10, 8)),  # before the National Day holiday
        ((2026, 11, 26, 15, 0), True, (2026, 12, 1)),
    ],
)
def test_the_day_is_counted_in_the_venues_calendar(
    guangzhou: Venue, accepted_at: tuple[int, ...], abroad: bool, released: tuple[int, ...]
) -> None:
    buyer, provider = Organization(jurisdiction="HK" if abroad else "CN"), Organization(jurisdiction="CN")
    order = Order(venue=guangzhou, buyer=buyer, provider=provider)

    at = settlement_runs.release_of(order, datetime(*accepted_at, tzinfo=SHANGHAI))  # type: ignore[misc]

    assert at == datetime(*released, 3, tzinfo=SHANGHAI)  # type: ignore[misc]


def test_what_is_accepted_on_one_day_is_settled_by_one_run_on_the_next(guangzhou: Venue) -> None:
    listing = listed_dataset(make_member())
    with time_machine.travel(datetime(2026, 11, 26, 2, tzinfo=UTC), tick=True):
        orders = [placed(listing, make_buyer()) for _ in range(3)]
        for order in orders:
            accepted(order)
        assert run_due_jobs(kinds=("order.settle", "orders.settle")) == 0
        assert Job.objects.filter(kind="orders.settle").count() == 1
    with time_machine.travel(datetime(2026, 11, 26, 19, 1, tzinfo=UTC), tick=True):
        assert run_due_jobs(kinds=("order.settle", "orders.settle")) == 1
        assert {order.state for order in Order.objects.all()} == {Order.State.SETTLED}
        run_due_jobs(kinds=("order.certify",))
    assert {order.state for order in Order.objects.all()} == {Order.State.CERTIFIED}
    assert_books_balance()


def test_a_run_goes_over_all_and_an_order_that_cannot_be_settled_keeps_no_other_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settlement_runs, "TOGETHER", 4)
    pattern = accepted_trades(10, parties=3)
    Job.objects.filter(kind="order.settle").delete()
    odd = Order.objects.exclude(pk=pattern.pk).order_by("id")[5]
    EscrowHold.objects.filter(order_id=odd.pk).update(state=EscrowHold.State.REFUNDED)

    settlement_runs.enqueue(settlement_runs.RUN_JOB, key="run", venue_id=pattern.venue_id)
    assert run_due_jobs(kinds=("orders.settle",)) == 1
    assert Settlement.objects.count() == 7, "the four that were to be settled with it are left to jobs of their own"
    assert run_due_jobs(kinds=("order.settle",)) == 4

    assert list(Order.objects.filter(state=Order.State.ACCEPTED)) == [odd]
    [failed] = Job.objects.filter(kind="order.settle").exclude(state=Job.State.DONE)
    assert "REFUNDED" in failed.last_error or "refunded" in failed.last_error


def test_a_run_takes_as_many_queries_for_two_orders_as_for_forty(django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    pattern = accepted_trades(42, parties=5)
    keys = list(Order.objects.exclude(pk=pattern.pk).order_by("id").values_list("id", flat=True))
    with django_assert_max_num_queries(30) as few:
        settlement_runs.settle_orders(keys[:2])
    with django_assert_max_num_queries(30) as many:
        settlement_runs.settle_orders(keys[2:])
    assert len(many) <= len(few)
    assert Settlement.objects.count() == 42


@pytest.mark.django_db(transaction=True)
def test_two_workers_settle_a_large_run_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settlement_runs, "TOGETHER", 5)
    monkeypatch.setattr(settlement_runs, "MANY", 20)
    pattern = accepted_trades(60, parties=4)
    Job.objects.filter(kind="order.settle").delete()
    settlement_runs.enqueue(settlement_runs.RUN_JOB, key="run", venue_id=pattern.venue_id)

    def work(_worker: int) -> None:
        runs = Job.objects.filter(kind="orders.settle").exclude(state=Job.State.DONE)
        for _try in range(200):
            if not runs.exists():
                break
            run_due_jobs(kinds=("orders.settle",))
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))

    runs = Job.objects.filter(kind="orders.settle")
    assert set(runs.values_list("key", "state", "attempts")) == {("run", "DONE", 1), ("run beside", "DONE", 1)}
    assert not Job.objects.filter(kind="order.settle").exists(), "nothing was refused"
    assert Order.objects.filter(state=Order.State.SETTLED).count() == 61
    assert not Settlement.objects.values("order_id").annotate(times=Count("id")).exclude(times=1).exists()
    assert_books_balance()
