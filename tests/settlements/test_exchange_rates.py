"""Rates are exact and within bounds, quotes expire by the database's clock, and what is changed balances in both."""

from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Organization, Person
from kernel.models import AuditEvent
from kernel.money import Currency, Money
from settlements import exchange_quotes
from settlements.books import balance
from settlements.exchange_quotes import quote_exchange, use_quote
from settlements.exchange_rates import changed, database_now, half_up, import_rates, rate_between
from settlements.models import Entry, ExchangeQuote, ExchangeRate, Transfer
from tests.refusals import refused
from tests.settlements.exchanging import CNY, HKD, MOP, purse, quoted, rate
from tests.settlements.purse import Kind, account, assert_books_balance
from tests.settlements.test_console import console
from tests.settlements.test_ledger_under_load import at_once
from tests.world import actor, api, make_client, make_member, person_of, put_back_venues, venue

pytestmark = pytest.mark.django_db
YEAR = timedelta(days=365)


def has(kind: Kind, owner: Organization | None, currency: Currency) -> int:
    return balance(account(kind, owner, currency=currency)).minor


def test_a_rate_is_kept_to_the_last_published_digit_and_never_changed(officer: Person, guangzhou: Any) -> None:
    kept = rate("HKD/CNY", "0.91230")
    assert (kept.digits, kept.scale, kept.rate, kept.pair) == (91230, 5, "0.91230", "HKD/CNY")
    assert AuditEvent.objects.get(action="exchangerate.entered").details["rate"] == "0.91230"
    with refused("exchange_rate_known"):
        rate("HKD/CNY", "0.912", observed_at=kept.observed_at)
    for statement in ("UPDATE settlements_exchangerate SET digits = 1", "DELETE FROM settlements_exchangerate"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.parametrize(
    ("pair", "value", "pointer", "code"),
    [
        ("HKD/CNY", "0", "/rate", "out_of_range"),
        ("HKD/CNY", "-0.9", "/rate", "not_a_rate"),
        ("HKD/CNY", "9e-1", "/rate", "not_a_rate"),
        ("HKD/CNY", "0.912345678", "/rate", "not_a_rate"),
        ("HKD/CNY", "０.9", "/rate", "not_a_rate"),
        ("HKD/CNY", "91.23", "/rate", "out_of_range"),
        ("HKD/CNY", "0.4999", "/rate", "out_of_range"),
        ("HKD/CNY", "0.9901", "/rate", "too_far"),
        ("HKD/CNY", "0.8099", "/rate", "too_far"),
        ("CNY/HKD", "1.1", "/base", "unknown_pair"),
        ("HKD/HKD", "1", "/base", "unknown_pair"),
    ],
)
def test_an_absurd_rate_is_refused(officer: Person, pair: str, value: str, pointer: str, code: str) -> None:
    rate("HKD/CNY", "0.9", age=timedelta(hours=1))
    with refused("invalid") as caught:
        rate(pair, value)
    assert [(error.pointer, error.code) for error in caught.value.errors] == [(pointer, code)]
    assert rate("HKD/CNY", "0.99").rate == "0.99"  # a tenth above is still taken


def test_a_rate_belongs_to_the_past_month_and_is_entered_by_the_venues_staff(officer: Person, clerk: Person) -> None:
    for age in (-timedelta(seconds=5), timedelta(days=32), 2000 * YEAR, -7000 * YEAR):
        with refused("invalid") as caught:
            rate(age=age)
        assert caught.value.errors[0].pointer == "/observed_at"
    for person in (clerk, person_of(make_member("gzdex"))):
        with refused("forbidden"):
            rate(actor=actor(person))
    with refused("forbidden"):
        rate(venue=venue("szdex"))


def test_a_file_of_rates_is_taken_whole_or_not_at_all(officer: Person, tmp_path: Path) -> None:
    now = database_now().isoformat()
    head, good = "base,counter,rate,observed_at,source", f"HKD,CNY,0.9,{now},PBOC"
    for lines, pointer, code in (
        ([good, f"USD,CNY,71.2,{now},PBOC"], "/lines/3/rate", "out_of_range"),
        ([good, "USD,CNY,7.12,2026-11-03,PBOC"], "/lines/3/observed_at", "not_a_moment"),
        ([good, "USD,CNY,7.12,2026-13-03T00:00:00Z,PBOC"], "/lines/3/observed_at", "not_a_moment"),
        ([good, f"USD,CNY,7.12,{now}, "], "/lines/3/source", "length"),
        ([good, "USD,CNY"], "/lines/3", "columns"),
        ([good, f"USD,CNY,7.12,{now},PBOC,x"], "/lines/3", "columns"),
        ([good, good], "/lines/3", "exchange_rate_known"),
        ([], "/file", "columns"),
    ):
        with refused("invalid") as caught:
            import_rates(venue=venue(), content="\n".join([head, *lines]).encode(), actor=actor(officer))
        assert [(error.pointer, error.code) for error in caught.value.errors] == [(pointer, code)]
    for content in (b"", b"base;rate\n1;2\n", "港币,0.9".encode("gb18030")):
        with refused("invalid"):
            import_rates(venue=venue(), content=content, actor=actor(officer))
    assert not ExchangeRate.objects.exists()

    file = tmp_path / "rates.csv"
    file.write_text("\n".join([head, good, f"USD,CNY,7.1234,{now},PBOC"]), encoding="utf-8-sig")
    call_command("import_exchange_rates", file, "--venue", "gzdex", "--as", officer.email)
    assert set(ExchangeRate.objects.values_list("base", "digits", "scale")) == {("HKD", 9, 1), ("USD", 71234, 4)}
    with pytest.raises(CommandError, match="lines/2"):
        call_command("import_exchange_rates", file, "--venue", "gzdex", "--as", officer.email)


def test_a_stale_rate_changes_nothing(officer: Person) -> None:
    now, stale = database_now(), timedelta(hours=96)
    with refused("exchange_rate_missing"):
        rate_between(venue=venue(), one="CNY", other="HKD", at=now)
    kept = rate(observed_at=now - stale)
    assert rate_between(venue=venue(), one="CNY", other="HKD", at=now) == kept
    with refused("exchange_rate_stale"):
        rate_between(venue=venue(), one="HKD", other="CNY", at=now + timedelta(microseconds=1))
    with refused("exchange_rate_missing"):
        rate_between(venue=venue(), one="HKD", other="CNY", at=kept.observed_at - timedelta(microseconds=1))
    with refused("exchange_rate_missing"):
        rate_between(venue=venue("szdex"), one="HKD", other="CNY", at=now)


@given(st.integers(1, 10**13), st.integers(1, 10**10), st.integers(0, 8))
def test_changing_rounds_half_up_once_both_ways(minor: int, digits: int, scale: int) -> None:
    at = ExchangeRate(base="HKD", counter="CNY", digits=digits, scale=scale)
    exact = Fraction(digits, 10**scale)
    for currency, value in (("HKD", minor * exact), ("CNY", minor / exact)):
        got = changed(minor, currency=currency, rate=at)
        assert Fraction(-1, 2) <= value - got < Fraction(1, 2)
        assert changed(-minor, currency=currency, rate=at) == -got
    assert half_up(5, 10) == 1


def test_funds_are_changed_by_two_balanced_legs_through_the_position(buyer: Organization, officer: Person) -> None:
    rate("HKD/CNY", "0.91235")
    purse(buyer, "1000.00", HKD)
    quote = quoted(buyer, Money(10_000, HKD))
    assert (quote.sell, quote.buy) == (Money(10_000, HKD), Money(9_124, CNY))  # 91.235 is rounded half up
    assert quoted(buyer, Money(9_124, CNY)).sell == Money(10_001, HKD)  # 100.0055
    use_quote(quote_id=quote.id, actor=actor(person_of(buyer)))

    assert (has(Kind.CLIENT, buyer, HKD), has(Kind.CLIENT, buyer, CNY)) == (90_000, 9_124)
    assert (has(Kind.FX_POSITION, None, HKD), has(Kind.FX_POSITION, None, CNY)) == (10_000, -9_124)
    entries = Entry.objects.filter(transfer=Transfer.objects.get(kind="EXCHANGE"))
    assert {c: sum(e.amount_minor for e in entries if e.currency == c) for c in ("HKD", "CNY")} == {"HKD": 0, "CNY": 0}
    assert_books_balance()
    with refused("exchange_quote_used"):
        use_quote(quote_id=quote.id, actor=actor(person_of(buyer)))
    with refused("insufficient_funds"):
        use_quote(quote_id=quoted(buyer, Money(90_001, HKD)).id, actor=actor(person_of(buyer)))
    for field, value in (("buy_minor", 1), ("expires_at", database_now() + YEAR), ("organization_id", officer.id)):
        with pytest.raises(IntegrityError), transaction.atomic():
            ExchangeQuote.objects.filter(id=quote.id).update(**{field: value})


def test_a_quote_ends_at_its_last_millisecond_by_the_databases_clock(
    buyer: Organization, officer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate()
    purse(buyer, "1000.00", HKD)
    who, quote = actor(person_of(buyer)), quoted(buyer, Money(100, CNY))
    assert quote.expires_at - quote.quoted_at == timedelta(minutes=15)
    for late in (timedelta(0), timedelta(milliseconds=1)):
        monkeypatch.setattr(exchange_quotes, "database_now", lambda late=late: quote.expires_at + late)
        with refused("exchange_quote_expired"):
            use_quote(quote_id=quote.id, actor=who)
    assert has(Kind.FX_POSITION, None, HKD) == 0
    monkeypatch.setattr(exchange_quotes, "database_now", lambda: quote.expires_at - timedelta(milliseconds=1))
    assert use_quote(quote_id=quote.id, actor=who).state == "USED"


def test_what_cannot_be_changed_is_not_quoted(buyer: Organization, officer: Person) -> None:
    rate("HKD/MOP", "1.03")
    who = actor(person_of(buyer))
    for sell, buy, amount, pointer in (
        (HKD, HKD, Money(100, HKD), "/buy"),
        (HKD, MOP, Money(100, CNY), "/amount"),
        (HKD, MOP, Money(0, HKD), "/amount"),
        (HKD, MOP, Money(10**13 - 1, HKD), "/amount"),  # more than the books take, in patacas
    ):
        with refused("invalid") as caught:
            quote_exchange(venue=venue(), sell=sell, buy=buy, amount=amount, actor=who)
        assert caught.value.errors[0].pointer == pointer
    with refused("exchange_rate_missing"):
        quoted(buyer, Money(100, CNY))
    with refused("forbidden"):
        quote_exchange(venue=venue(), sell=HKD, buy=MOP, amount=Money(1, HKD), actor=actor(officer))
    with refused("not_found"):
        use_quote(quote_id=quoted(buyer, Money(1, HKD), buy=MOP).id, actor=actor(person_of(make_member("gzdex"))))


@pytest.mark.django_db(transaction=True)
def test_one_quote_is_used_once_however_many_try() -> None:
    put_back_venues()
    buyer = make_member("gzdex")
    rate()
    purse(buyer, "1000.00", HKD)
    who, quote = actor(person_of(buyer)), quoted(buyer, Money(100, CNY))

    answers = at_once([lambda: use_quote(quote_id=quote.id, actor=who)] * 6)

    assert sorted(answers) == ["exchange_quote_used"] * 5 + ["ok"]
    assert has(Kind.FX_POSITION, None, CNY) == -100
    assert_books_balance()


def test_rates_and_quotes_over_http(buyer: Organization, officer: Person) -> None:
    staffed, client = api(make_client(officer)), api(make_client(person_of(buyer)))
    body = {"venue": "gzdex", "base": "HKD", "counter": "CNY", "rate": "0.9", "source": "PBOC"}
    for wrong in ({"rate": "0"}, {"rate": "0.9e1"}, {"base": "USDT"}, {"observed_at": "10000-01-01T00:00:00Z"}):
        answer = staffed.post("/api/v1/exchange-rates", body | {"observed_at": database_now().isoformat()} | wrong)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid"), answer.json()
    body["observed_at"] = database_now().isoformat()
    assert client.post("/api/v1/exchange-rates", body).status_code == 403
    assert staffed.post("/api/v1/exchange-rates", body).status_code == 201
    assert [each["rate"] for each in api().get("/api/v1/exchange-rates").json()["items"]] == ["0.9"]

    wish = {"venue": "gzdex", "sell": "HKD", "buy": "CNY"}
    for amount, pointer in (
        ({"amount": "1.005", "currency": "HKD"}, "/amount/amount"),
        ({"amount": "999999999999.99", "currency": "HKD"}, "/amount/amount"),
        ({"amount": "1.00", "currency": "USD"}, "/amount/currency"),
        ({"amount": "1.00", "currency": "MOP"}, "/amount"),
    ):
        answer = client.post("/api/v1/exchange-quotes", wish | {"amount": amount})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == pointer
    made = client.post("/api/v1/exchange-quotes", wish | {"amount": {"amount": "9.00", "currency": "CNY"}})
    assert made.status_code == 201, made.json()
    quote = made.json()
    assert (quote["sell"], quote["rate"]["source"], quote["state"]) == (
        {"amount": "10.00", "currency": "HKD"},
        "PBOC",
        "OPEN",
    )
    address = f"/api/v1/exchange-quotes/{quote['id']}"
    assert client.post(f"{address}/use", {}).json()["code"] == "insufficient_funds"
    purse(buyer, "10.00", HKD)
    assert client.post(f"{address}/use", {}).json()["state"] == "USED"
    assert api(make_client(person_of(make_member("gzdex")))).get(address).status_code == 404
    assert [each["id"] for each in staffed.get("/api/v1/exchange-quotes?state=USED").json()["items"]] == [quote["id"]]


def test_staff_enter_a_rate_in_the_console(officer: Person, clerk: Person) -> None:
    page = "/console/settlements/exchangerate/enter/"
    said = {
        "venue": str(venue().id),
        "pair": "USD/CNY",
        "rate": "71.2",
        "observed_at_0": f"{database_now() - timedelta(days=1):%Y-%m-%d}",
        "observed_at_1": "09:15:00",
        "source": "PBOC",
    }
    assert console(officer).get(page).status_code == 200
    assert "No such rate of USD/CNY" in console(officer).post(page, said).content.decode()
    console(officer).post(page, said | {"rate": "7.12"})
    assert ExchangeRate.objects.get().rate == "7.12"
    shown = console(officer).get("/console/settlements/exchangerate/").content.decode()
    assert "7.12" in shown
    assert console(clerk).post(page, said).status_code == 403
