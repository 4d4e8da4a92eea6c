"""Reading facts: what is taken, what is refused and how the refusal names it."""

from datetime import date

import pytest

from listings.crossborder.facts import BadFacts, read_facts
from listings.crossborder.lines import read_line
from tests.listings.crossborder.transfers import TODAY, facts, facts_json

UNDATED = date(2026, 11, 24)


def test_absent_flags_are_false_and_the_scenario_is_other():
    read = read_facts(
        {"direction": "outbound", "exporter": {"jurisdiction": "CN"}, "recipient": {"jurisdiction": "SG"}},
        undated=UNDATED,
    )
    assert not any((read.exporter.ciio, read.exporter.small, read.exporter.ftz, read.hgr, read.mixes_domestic_pi))
    assert not read.onward_transfer_outside_gba
    assert read.scenario == "other"
    assert read.effective_date == UNDATED


def test_grade_and_counts_have_no_default():
    read = read_facts(
        {"direction": "outbound", "exporter": {"jurisdiction": "CN"}, "recipient": {"jurisdiction": "SG"}},
        undated=UNDATED,
    )
    assert (read.grade, read.n_general, read.n_sensitive) == (None, None, None)


def test_facts_as_written_out_read_back_as_the_same_facts():
    read = facts(to="HK", exporter={"ciio": None, "ftz": "qianhai"}, restrictions=["export_control"], sector="auto")
    assert read_facts(read.as_json(), undated=date(2000, 1, 1)) == read
    assert read_line(read.canonical()) == read.as_json()


@pytest.mark.parametrize(("short", "full"), [("44", "440000"), ("4403", "440300"), ("440305", "440305")])
def test_a_mainland_division_may_be_a_province_a_city_or_a_district(short, full):
    assert facts(region=short).exporter.region == full


def test_hong_kong_may_repeat_its_own_region_code():
    assert facts(recipient={"jurisdiction": "HK", "region": "810000"}).recipient.region == "810000"


@pytest.mark.parametrize(
    ("members", "code", "field"),
    [
        ({"colour": "red"}, "unknown_member", "colour"),
        ({"exporter": {"jurisdiction": "CN", "city": "440300"}}, "unknown_member", "exporter.city"),
        ({"recipient": {"jurisdiction": "HK", "ciio": True}}, "unknown_member", "recipient.ciio"),
        ({"direction": None}, "required", "direction"),
        ({"direction": "OUTBOUND"}, "unknown_value", "direction"),
        ({"direction": 1}, "wrong_type", "direction"),
        ({"recipient": None}, "required", "recipient"),
        ({"recipient": "HK"}, "wrong_type", "recipient"),
        ({"recipient": {}}, "required", "recipient.jurisdiction"),
        ({"recipient": {"jurisdiction": "XX"}}, "unknown_jurisdiction", "recipient.jurisdiction"),
        ({"recipient": {"jurisdiction": "hk"}}, "unknown_jurisdiction", "recipient.jurisdiction"),
        ({"recipient": {"jurisdiction": 852}}, "wrong_type", "recipient.jurisdiction"),
        ({"region": "999999"}, "unknown_place", "exporter.region"),
        ({"region": "深圳"}, "unknown_place", "exporter.region"),
        ({"region": 440300}, "wrong_type", "exporter.region"),
        ({"exporter": {"jurisdiction": "CN", "region": "810000"}}, "unknown_place", "exporter.region"),
        ({"recipient": {"jurisdiction": "HK", "region": "440300"}}, "not_applicable", "recipient.region"),
        ({"exporter": {"ciio": "no"}}, "wrong_type", "exporter.ciio"),
        ({"exporter": {"small": None}}, "wrong_type", "exporter.small"),
        ({"exporter": {"ftz": 1}}, "wrong_type", "exporter.ftz"),
        ({"grade": "secret"}, "unknown_value", "grade"),
        ({"grade": ["core"]}, "wrong_type", "grade"),
        ({"important_basis": "rumour"}, "unknown_value", "important_basis"),
        ({"scenario": "fun"}, "unknown_value", "scenario"),
        ({"n_general": -1}, "negative", "n_general"),
        ({"n_sensitive": -1}, "negative", "n_sensitive"),
        ({"n_general": 1.0}, "wrong_type", "n_general"),
        ({"n_general": "1"}, "wrong_type", "n_general"),
        ({"n_general": True}, "wrong_type", "n_general"),
        ({"n_general": 2**53}, "too_large", "n_general"),
        ({"hgr": 0}, "wrong_type", "hgr"),
        ({"mixes_domestic_pi": None}, "wrong_type", "mixes_domestic_pi"),
        ({"sector": 7}, "wrong_type", "sector"),
        ({"sector": "x" * 65}, "too_long", "sector"),
        ({"sector": "\ud800"}, "unprintable", "sector"),
        ({"restrictions": "export_control"}, "wrong_type", "restrictions"),
        ({"restrictions": ["love"]}, "unknown_value", "restrictions"),
        ({"effective_date": "2026-02-30"}, "impossible_date", "effective_date"),
        ({"effective_date": "20261124"}, "impossible_date", "effective_date"),
        ({"effective_date": "2026-W48-2"}, "impossible_date", "effective_date"),
        ({"effective_date": "2026-12-31T16:00:00"}, "impossible_date", "effective_date"),
        ({"effective_date": "0001-01-01T00:00:00+14:00"}, "impossible_date", "effective_date"),
        ({"effective_date": 20261124}, "wrong_type", "effective_date"),
        ({"classified_on": "yesterday"}, "impossible_date", "classified_on"),
        ({"classified_on": "2026-11-25"}, "impossible_date", "classified_on"),
    ],
)
def test_bad_facts_are_refused_by_code_and_member(members, code, field):
    with pytest.raises(BadFacts) as refused:
        read_facts(facts_json(**members), undated=UNDATED)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert str(refused.value.detail)


@pytest.mark.parametrize("value", [[], "outbound", 7, True])
def test_facts_are_an_object(value):
    with pytest.raises(BadFacts) as refused:
        read_facts(value, undated=UNDATED)
    assert refused.value.code == "wrong_type"


def test_no_facts_at_all_are_no_object_either():
    with pytest.raises(BadFacts) as refused:
        read_facts(None, undated=UNDATED)
    assert refused.value.code == "wrong_type"


@pytest.mark.parametrize(
    ("line", "code", "field"),
    [
        (b'{"grade": "core", "grade": "general"}', "duplicate_member", "grade"),
        (b"{", "invalid_json", ""),
        (b"{} {}", "invalid_json", ""),
        (b'{"n_general": NaN}', "invalid_json", ""),
        (b'{"n_general": ' + b"1" * 5000 + b"}", "invalid_json", ""),
        (b"[" * 60_000, "invalid_json", ""),
        (b"\xff\xfe{}", "not_utf8", ""),
        (b" " * 70_000, "line_too_long", ""),
    ],
)
def test_lines_that_are_not_one_plain_json_object_are_refused(line, code, field):
    with pytest.raises(BadFacts) as refused:
        read_line(line)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_the_day_of_a_transfer_is_kept():
    assert facts().effective_date == date.fromisoformat(TODAY)
