"""Amounts are decimal strings outside and whole minor units inside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ValidationError

from kernel.money import LARGEST_MINOR, Currency, Money, MoneyField, format_amount, grouped, parse_amount


@given(st.integers(0, LARGEST_MINOR))
def test_an_amount_survives_the_way_out_and_in(minor: int) -> None:
    assert parse_amount(format_amount(minor)) == minor


def test_an_amount_is_grouped_for_people_and_plain_for_programs() -> None:
    money = Money(1_234_567_80, Currency.CNY)
    assert (str(money), money.plain()) == ("CNY 1,234,567.80", "1234567.80 CNY")
    assert money.as_json() == {"amount": "1234567.80", "currency": "CNY"}
    assert [grouped(minor) for minor in (0, -5, -1_000_00, 999_99)] == ["0.00", "-0.05", "-1,000.00", "999.99"]


@pytest.mark.parametrize("text", ["0.001", "-1", "1e3", "NaN", "", "1.", "١", "1" + "0" * 18, "100000000000.00"])
def test_an_amount_that_cannot_be_held_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_amount(text)


def test_the_field_reads_money() -> None:
    assert MoneyField().to_internal_value({"amount": "12.5", "currency": "HKD"}) == Money(1250, Currency.HKD)


@pytest.mark.parametrize(
    "value", [12, {"amount": 12, "currency": "CNY"}, {"amount": "1", "currency": "USD"}, {"amount": "1"}]
)
def test_the_field_refuses_what_is_not_money(value: object) -> None:
    with pytest.raises(ValidationError):
        MoneyField().to_internal_value(value)
