"""Positions are revalued once a day at the day's rate; what was gained or lost is booked, and never twice."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Organization, Person, Role
from kernel.jobs import run_due_jobs
from kernel.models import Job
from kernel.money import Currency, Money
from settlements.books import balance
from settlements.exchange_quotes import use_quote
from settlements.exchange_rates import changed
from settlements.models import AccountingPeriod, ExchangeQuote, ExchangeRate, Revaluation, Transfer
from settlements.periods import close_period, open_first_period, propose_closing, untrue_periods
from settlements.revaluation import REVALUE_JOB, ask_for_revaluations, revalue
from tests.refusals import refused
from tests.settlements.exchanging import CNY, HKD, MOP, purse, quoted, rate
from tests.settlements.purse import Kind, account, assert_books_balance
from tests.settlements.test_console import console
from tests.world import actor, api, make_client, make_member, person_of, staff, venue

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 11, 23)


def at(day: date, hour: int, minute: int = 0) -> Any:
    """Move the clock to a time of the venue's day."""
    return time_machine.travel(datetime.combine(day, time(hour, minute), tzinfo=venue().zone), tick=True)


def seen(pair: str, value: str, day: date, hour: int = 9) -> ExchangeRate:
    """Return a rate of a day, as it was entered then."""
    base, _slash, counter = pair.partition("/")
    whole, _dot, places = value.partition(".")
    return ExchangeRate.objects.create(
        venue=venue(),
        base=base,
        counter=counter,
        digits=int(whole + places),
        scale=len(places),
        observed_at=datetime.combine(day, time(hour), tzinfo=venue().zone),
        source="PBOC",
        entered_by=staff(role=Role.SETTLEMENT_OFFICER),
    )


def moved(owner: Organization, sold: Money, bought: Money, at_rate: ExchangeRate) -> None:
    """Change money as a quote at that rate would, at this moment of the test's clock."""
    now = timezone.now()
    quote = ExchangeQuote.objects.create(
        venue=venue(),
        organization=owner,
        sell_minor=sold.minor,
        sell_currency=sold.currency,
        buy_minor=bought.minor,
        buy_currency=bought.currency,
        rate=at_rate,
        quoted_at=now,
        expires_at=now + timedelta(days=10_000),
    )
    use_quote(quote_id=quote.id, actor=actor(person_of(owner)))


def holds(kind: Kind, currency: Currency = CNY) -> int:
    return balance(account(kind, currency=currency)).minor


def test_a_gain_is_booked_once_and_the_next_day_counts_from_there(buyer: Organization, officer: Person) -> None:
    with at(MONDAY, 10):
        first = seen("HKD/CNY", "0.9", MONDAY)
        purse(buyer, "10000.00", HKD)
        moved(buyer, Money(100_000, HKD), Money(90_000, CNY), first)
    with at(MONDAY, 23, 30):
        seen("HKD/CNY", "0.91", MONDAY, 16)
        made = revalue(venue=venue(), day=MONDAY)
        assert made is not None
        assert made == revalue(venue=venue(), day=MONDAY)
    assert (made.result, holds(Kind.FX_RESULT), holds(Kind.FX_POSITION)) == (Money(1_000, CNY), 1_000, -91_000)
    assert {line.currency: (line.position_minor, line.value_minor) for line in made.lines.all()} == {
        "HKD": (100_000, 91_000),
        "CNY": (-90_000, -90_000),
    }
    tuesday = MONDAY + timedelta(days=1)
    with at(tuesday, 23, 30):
        seen("HKD/CNY", "0.895", tuesday)
        lost = revalue(venue=venue(), day=tuesday)
    assert lost is not None
    assert (lost.result.minor, holds(Kind.FX_RESULT)) == (-1_500, -500)
    with at(tuesday, 23, 45), refused("day_revalued_past"):
        revalue(venue=venue(), day=MONDAY - timedelta(days=1))
    assert_books_balance()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE settlements_revaluation SET result_minor = 0")


def test_days_that_were_missed_are_made_up_in_their_order_without_counting_twice(
    buyer: Organization, officer: Person
) -> None:
    days = [MONDAY + timedelta(days=number) for number in range(3)]
    with at(MONDAY, 10):
        purse(buyer, "10000.00", HKD)
        moved(buyer, Money(100_000, HKD), Money(90_000, CNY), seen("HKD/CNY", "0.9", MONDAY, 9))
    for day, value in zip(days, ("0.92", "0.93", "0.91"), strict=True):
        seen("HKD/CNY", value, day, 17)
    with at(days[2], 9):
        results = [revalue(venue=venue(), day=day) for day in days[:2]]
        moved(buyer, Money(1_000, CNY), Money(1_075, HKD), ExchangeRate.objects.get(digits=93))
    with at(days[2], 23, 30):
        results.append(revalue(venue=venue(), day=days[2]))
    # 98,925 dollars are left at 0.91; what they cost stands in yuan.
    assert [made.result_minor for made in results if made] == [2_000, 1_000, 90_022 - 89_000 - 3_000]
    assert holds(Kind.FX_RESULT) == sum(made.result_minor for made in results if made)
    assert holds(Kind.FX_POSITION) + changed(98_925, currency="HKD", rate=ExchangeRate.objects.get(digits=91)) == 0
    assert_books_balance()


def test_the_job_of_each_day_waits_for_a_rate_and_asks_only_where_positions_are(
    buyer: Organization, officer: Person, shenzhen: Any
) -> None:
    with at(MONDAY, 10):
        assert ask_for_revaluations() == 0
        purse(buyer, "10000.00", HKD)
        moved(buyer, Money(100_000, HKD), Money(103_000, MOP), seen("HKD/MOP", "1.03", MONDAY))
        assert ask_for_revaluations() == 1
        ask_for_revaluations()
        assert Job.objects.filter(kind=REVALUE_JOB).count() == 2  # of yesterday and of today
        assert run_due_jobs(kinds=(REVALUE_JOB,)) == 1
        assert Revaluation.objects.get().result_minor == 0  # there were no positions yesterday
    with at(MONDAY, 23, 31):
        run_due_jobs(kinds=(REVALUE_JOB,))
        job = Job.objects.get(key=f"gzdex {MONDAY}")
        assert (job.state, "rate" in job.last_error) == ("WAITING", True)
        seen("HKD/CNY", "0.91", MONDAY, 16)
        seen("MOP/CNY", "0.88", MONDAY, 16)
    with at(MONDAY + timedelta(days=1), 1):
        run_due_jobs(kinds=(REVALUE_JOB,))
        job.refresh_from_db()
        assert job.state == "DONE", job.last_error
    made = Revaluation.objects.latest("day")
    assert (made.day, made.result_minor) == (MONDAY, 91_000 - 90_640)
    assert made.counted_until < datetime.combine(MONDAY + timedelta(days=1), time.min, tzinfo=venue().zone)
    assert_books_balance()


def test_a_closed_day_takes_no_result_any_more_and_the_next_open_one_does(buyer: Organization, officer: Person) -> None:
    maker, checker = actor(officer), actor(staff(role=Role.VENUE_ADMIN))
    with at(MONDAY, 10):
        period = open_first_period(venue=venue(), length=AccountingPeriod.Length.DAY, first_day=MONDAY, actor=maker)
        purse(buyer, "10000.00", HKD)
        moved(buyer, Money(100_000, HKD), Money(90_000, CNY), seen("HKD/CNY", "0.9", MONDAY))
        seen("HKD/CNY", "0.91", MONDAY, 9 + 1)
    with at(MONDAY + timedelta(days=1), 8):
        propose_closing(period_id=period.id, actor=maker)
        close_period(period_id=period.id, actor=checker)
        made = revalue(venue=venue(), day=MONDAY)
    assert made is not None
    assert made.transfer is not None
    period.refresh_from_db()
    assert Transfer.objects.get(id=made.transfer_id).created_at >= period.ends_at > made.counted_until
    assert untrue_periods() == []
    assert_books_balance()


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_all_results_together_are_what_the_positions_are_worth(data: st.DataObject) -> None:
    """Whatever is changed on whichever days, results sum to the value of all exchanges at the last day's rates."""
    with transaction.atomic():
        officer, owner = staff(role=Role.SETTLEMENT_OFFICER), make_member("gzdex")
        assert officer
        with at(MONDAY, 1):
            purse(owner, "1000000.00", HKD)
        dollars = yuan = 0
        for number in range(data.draw(st.integers(1, 4))):
            day = MONDAY + timedelta(days=number)
            digits = data.draw(st.integers(8_000, 9_900))
            at_rate = seen("HKD/CNY", f"0.{digits:05d}", day)
            for _each in range(data.draw(st.integers(0, 2))):
                sold = data.draw(st.integers(100, 1_000_000))
                with at(day, 12):
                    bought = changed(sold, currency="HKD", rate=at_rate)
                    moved(owner, Money(sold, HKD), Money(bought, CNY), at_rate)
                dollars, yuan = dollars + sold, yuan - bought
            if data.draw(st.booleans()):
                with at(day, 23, 30):
                    revalue(venue=venue(), day=day)
        with at(day, 23, 50):
            revalue(venue=venue(), day=day)
        worth = yuan + changed(dollars, currency="HKD", rate=at_rate)
        assert sum(Revaluation.objects.values_list("result_minor", flat=True)) == worth == holds(Kind.FX_RESULT)
        transaction.set_rollback(True)


def test_positions_and_results_are_read_down_to_their_entries(buyer: Organization, officer: Person) -> None:
    today = timezone.now().astimezone(venue().zone).date()
    client, stranger = api(make_client(officer)), api(make_client(person_of(buyer)))
    wish = {"venue": "gzdex", "day": today.isoformat()}
    assert client.post("/api/v1/revaluations", wish).json()["code"] == "no_positions"
    purse(buyer, "1000.00", HKD)
    rate("HKD/CNY", "0.9", age=timedelta(hours=1))
    use_quote(quote_id=quoted(buyer, Money(9_000, CNY)).id, actor=actor(person_of(buyer)))
    rate("HKD/CNY", "0.89")
    for day in ("2026-01-01", "0001-01-01", "9999-12-31"):
        assert client.post("/api/v1/revaluations", wish | {"day": day}).json()["errors"][0]["pointer"] == "/day"
    assert stranger.post("/api/v1/revaluations", wish).status_code == 403
    made = client.post("/api/v1/revaluations", wish)
    assert made.status_code == 201, made.json()
    assert made.json()["result"] == {"amount": "-1.00", "currency": "CNY"}
    lines = {line["position"]["currency"]: line for line in made.json()["lines"]}
    assert (lines["HKD"]["rate"], lines["HKD"]["value"]["amount"], lines["CNY"]["rate"]) == ("0.89", "89.00", None)
    entries = client.get(f"/api/v1/balances/{lines['HKD']['account_id']}/entries").json()["items"]
    assert [entry["amount"]["amount"] for entry in entries] == ["100.00"]
    assert stranger.get("/api/v1/revaluations").json()["items"] == []
    address = f"/api/v1/revaluations/{made.json()['id']}"
    assert (stranger.get(address).status_code, client.get(address).json()) == (404, made.json())

    report = client.get("/api/v1/reports/currency-positions").json()
    rows = [row["cells"] for row in report["rows"]]
    assert [row[3:] for row in rows] == [
        ["CNY", "-90.00", "", "-90.00"],
        ["HKD", "100.00", "HKD/CNY 0.89", "89.00"],
        ["CNY", "-1.00", "", "-1.00"],
    ]
    assert all(row["account_id"] for row in report["rows"])
    shown = console(officer).get(f"/console/settlements/revaluation/{made.json()['id']}/change/").content.decode()
    assert "CNY -1.00" in shown
    assert "CNY 89.00" in shown
