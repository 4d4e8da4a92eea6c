"""Working days of the mainland, and what happens where no calendar has been published."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from accounts.calendars import (
    MAINLAND_TIME,
    add_working_days,
    calendar_reaches_far_enough,
    deadline,
    is_verified,
    is_working_day,
)


def test_weekends_are_free_and_weekdays_worked():
    assert is_working_day(date(2026, 3, 13))
    assert not is_working_day(date(2026, 3, 14))
    assert not is_working_day(date(2026, 3, 15))


def test_national_day_is_free_and_its_make_up_saturday_worked():
    assert not is_working_day(date(2026, 10, 1))
    assert not is_working_day(date(2026, 10, 7))
    assert is_working_day(date(2026, 10, 10))  # a Saturday
    assert is_working_day(date(2026, 9, 20))  # a Sunday


def test_ten_working_days_from_the_eve_of_national_day_step_over_the_holiday():
    due = deadline(date(2026, 9, 30), 10)
    # 8, 9, 10 (make-up), 12–16, 19, 20 October
    assert due.at.date() == date(2026, 10, 20)
    assert due.verified


def test_a_deadline_is_the_last_moment_of_its_day_in_the_venues_zone():
    due = add_working_days(datetime(2026, 3, 12, 17, 0, tzinfo=UTC), 1)
    # 17:00 UTC on Thursday is Friday 01:00 in Shanghai, so one day later is Monday
    assert due == datetime(2026, 3, 16, 23, 59, 59, 999999, tzinfo=MAINLAND_TIME)


def test_the_zone_decides_which_day_a_moment_belongs_to():
    moment = datetime(2026, 3, 12, 17, 0, tzinfo=UTC)
    assert add_working_days(moment, 1, tz=ZoneInfo("Europe/Lisbon")).date() == date(2026, 3, 13)


def test_no_days_mean_the_end_of_the_day_or_of_the_next_working_day():
    assert add_working_days(date(2026, 3, 13), 0).date() == date(2026, 3, 13)
    assert add_working_days(date(2026, 3, 14), 0).date() == date(2026, 3, 16)


def test_days_are_counted_forwards_and_moments_have_a_zone():
    with pytest.raises(ValueError, match="forwards"):
        deadline(date(2026, 3, 13), -1)
    with pytest.raises(ValueError, match="zone"):
        deadline(datetime(2026, 3, 13), 1)


def test_a_year_without_data_is_counted_by_weekends_and_says_so(caplog):
    due = deadline(date(2029, 10, 1), 1)
    assert due.at.date() == date(2029, 10, 2)
    assert not due.verified
    add_working_days(date(2029, 10, 1), 1)
    assert "without a published calendar" in caplog.text


def test_hong_kong_and_macao_know_weekends_only_and_say_so():
    for jurisdiction in ("HK", "MO"):
        assert is_working_day(date(2026, 10, 1), jurisdiction)
        assert not is_verified(date(2026, 10, 1), jurisdiction)
        assert not deadline(date(2026, 3, 13), 1, jurisdiction=jurisdiction).verified


def test_the_last_week_of_a_year_is_settled_by_the_next_years_notice():
    assert is_verified(date(2025, 12, 31))
    assert is_verified(date(2026, 12, 24))
    assert not is_verified(date(2026, 12, 31))
    assert not is_working_day(date(2022, 12, 31))  # announced with 2023, whose file begins with it
    assert not is_verified(date(2022, 12, 30))


@time_machine.travel("2026-12-20 09:00+08:00")
def test_operators_are_warned_before_the_calendar_runs_out():
    (warning,) = calendar_reaches_far_enough()
    assert warning.id == "accounts.W001"


@time_machine.travel("2026-03-01 09:00+08:00")
def test_operators_are_left_alone_while_it_reaches_far_enough():
    assert calendar_reaches_far_enough() == []


@given(st.dates(date(2023, 1, 1), date(2026, 11, 1)), st.integers(min_value=1, max_value=30))
def test_between_start_and_deadline_lie_exactly_that_many_working_days(start, days):
    end = deadline(start, days).at.date()
    passed = [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]
    assert sum(is_working_day(day) for day in passed) == days
    assert is_working_day(end)
