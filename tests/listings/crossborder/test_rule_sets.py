"""Rule sets: complete, sourced, in three languages, read strictly, and chosen by the day."""

import copy
import json
from datetime import date

import pytest
from opencc import OpenCC

from accounts.places import GBA_CITIES
from kernel.languages import LANGUAGE_TAGS
from listings.crossborder.conditions import BadRuleSet
from listings.crossborder.rules import (
    FOLDER,
    amended,
    read_files,
    read_rule_set,
    resolved,
    rule_sets,
    rules_named,
    rules_on,
    with_parameter,
)
from listings.crossborder.severity import SEVERITY

NEWEST = rule_sets()[-1]
NOT_CHECKED = {"GK", "GK?", "DESIGN", "S:GBAHK", "S:GBAMO", "S:FTZ"}


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2022, 9, 1), "crossborder-2022-09-01"),
        (date(2024, 3, 21), "crossborder-2023-12-13"),
        (date(2024, 3, 22), "crossborder-2024-03-22"),
        (date(2025, 12, 31), "crossborder-2025-04-01"),
        (date(2026, 1, 1), "crossborder-2026-01-01"),
        (date(2026, 8, 31), "crossborder-2026-08-20"),
        (date(2026, 9, 1), "crossborder-2026-09-01"),
        (date(2099, 1, 1), NEWEST.name),
    ],
)
def test_the_rule_set_in_force_is_picked_by_the_day(day, name):
    assert rules_on(day).name == name
    assert rules_named(name) is rules_on(day)


def test_before_the_first_rule_set_there_is_none():
    with pytest.raises(LookupError):
        rules_on(date(2022, 8, 31))


def test_a_rule_set_that_is_not_there_is_not_found():
    with pytest.raises(LookupError):
        rules_named("crossborder-1999-01-01")


def test_digests_tell_rule_sets_apart():
    assert len({rules.digest for rules in rule_sets()}) == len(rule_sets())
    assert all(rules.digest.startswith("sha256:") for rules in rule_sets())


def test_each_file_is_named_after_its_rule_set_and_its_day():
    for path in FOLDER.glob("*.json"):
        file = json.loads(path.read_text(encoding="utf-8"))
        assert path.stem == file["rule_set"] == f"crossborder-{file['effective_from']}"
        assert file["source"]
        assert file["verified"] is False


def test_the_newest_rule_set_has_every_row_of_the_table():
    rows = [row.hit["row"] for row in NEWEST.rows]
    outbound = ["0", "1", "2", "4", "4b", "5", "6", "7", "8", "8b", "9", "10", "11", "12", "13"]
    assert list(dict.fromkeys(rows)) == [*outbound, "3.4-1", "3.4-2"]
    assert {row.hit["row"] for row in NEWEST.overlays} >= {"3", "3.4-4", "3.4-5"}


def test_every_route_is_reached_by_some_row():
    reached = {choice.route for row in (*NEWEST.rows, NEWEST.otherwise) for choice in row.choices}
    assert reached == set(SEVERITY)


def _entries(rules):
    source = rules.source
    yield from [*source["rows"], *source["overlays"], source["otherwise"], *source["sheets"].values()]


@pytest.mark.parametrize("rules", rule_sets(), ids=lambda rules: rules.name)
def test_every_entry_has_its_citation_and_marks_and_says_whether_it_was_checked(rules):
    for entry in _entries(rules):
        assert entry["citation"].strip()
        assert all(mark in NOT_CHECKED or mark.startswith("S:") for mark in entry["marks"])
        if NOT_CHECKED & set(entry["marks"]):
            assert entry["verified"] is False, entry["citation"]


def _texts(node):
    if isinstance(node, dict):
        if set(node) == set(LANGUAGE_TAGS):
            yield node
        for part in node.values():
            yield from _texts(part)
    elif isinstance(node, list):
        for part in node:
            yield from _texts(part)


@pytest.mark.parametrize("rules", rule_sets(), ids=lambda rules: rules.name)
def test_every_text_is_in_three_languages_each_in_its_own_script(rules):
    to_simplified, to_traditional = OpenCC("t2s"), OpenCC("s2hk")
    texts = list(_texts(rules.source))
    assert len(texts) > 40
    for text in texts:
        assert to_simplified.convert(text["zh-Hans"]) == text["zh-Hans"]
        assert to_simplified.convert(text["zh-Hant"]) != text["zh-Hant"] or (
            to_traditional.convert(text["zh-Hans"]) == text["zh-Hans"]
        )
        assert text["en"].isascii()


def test_the_nine_cities_are_those_of_the_places():
    assert set(NEWEST.source["lists"]["gba_cities"]) == set(GBA_CITIES)


def test_a_parameter_takes_only_values_that_the_rule_set_allows():
    with pytest.raises(BadRuleSet):
        with_parameter(NEWEST, "gba_volume_policy", "whatever")
    with pytest.raises(BadRuleSet):
        with_parameter(NEWEST, "weather", "fine")
    assert with_parameter(NEWEST, "gba_volume_policy", "strict") is NEWEST


def _row(**changes):
    row = copy.deepcopy(NEWEST.source["rows"][0])
    return {**row, "id": "new", "order": 999, **changes}


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"all": []},
        {"any": [], "not": {}},
        {"field": "n_generall", "at_least": 1},
        {"field": "n_general", "at_least": "1"},
        {"field": "n_general", "at_least": True},
        {"field": "n_general", "at_least": 1.5},
        {"field": "grade", "at_least": 1},
        {"field": "grade", "equals": "corr"},
        {"field": "exporter.ciio", "equals": "yes"},
        {"field": "n_general", "matches": "1"},
        {"field": "n_general", "at_least": 1, "below": 5},
        {"field": "n_general"},
        {"field": "grade", "missing": False},
        {"field": "grade", "in": []},
        {"field": "sector", "in": "no_such_list"},
        {"field": "sector", "contains": "a"},
        {"condition": "no_such_condition"},
        {"parameter": "gba_volume_policy", "equals": "lax"},
        {"parameter": "no_such_parameter", "equals": "strict"},
        {"parameter": "gba_volume_policy", "in": ["strict"]},
        "always",
    ],
)
def test_a_condition_that_makes_no_sense_is_refused_when_it_is_loaded(condition):
    with pytest.raises(BadRuleSet):
        read_rule_set(amended(NEWEST.source, {"rule_set": "new", "rows": [_row(when=condition)]}))


@pytest.mark.parametrize(
    "changes",
    [
        {"routes": [{"route": "by_pigeon"}]},
        {"routes": [{"route": "forbidden", "sheet": "no_such_sheet"}]},
        {"routes": [{"route": "forbidden", "when": {"field": "hgr", "equals": True}}]},
        {"routes": []},
        {"reason": {"en": "Only in English."}},
        {"reason": {"en": "Yes", "zh-Hans": "是", "zh-Hant": " "}},
        {"citation": ""},
        {"marks": []},
        {"verified": "perhaps"},
        {"order": 0},
    ],
)
def test_a_row_that_is_not_whole_is_refused_when_it_is_loaded(changes):
    with pytest.raises(BadRuleSet):
        read_rule_set(amended(NEWEST.source, {"rule_set": "new", "rows": [_row(**changes)]}))


def test_conditions_that_refer_to_each_other_in_a_circle_are_refused():
    circle = {"here": {"condition": "there"}, "there": {"not": {"condition": "here"}}}
    with pytest.raises(BadRuleSet, match="refers to itself"):
        read_rule_set(amended(NEWEST.source, {"rule_set": "new", "conditions": circle}))


def test_an_amendment_amends_an_earlier_rule_set_and_repeals_only_what_is_there():
    with pytest.raises(BadRuleSet, match="no earlier rule set"):
        resolved([{"rule_set": "new", "amends": "lost", "effective_from": "2030-01-01"}])
    with pytest.raises(BadRuleSet, match="repeals"):
        amended(NEWEST.source, {"rule_set": "new", "repeals": ["no-such-row"]})
    without = amended(NEWEST.source, {"rule_set": "new", "repeals": ["8b"]})
    assert "8b" not in {row["id"] for row in without["rows"]}


def test_files_of_a_folder_are_read_by_their_days():
    days = [file["effective_from"] for file in read_files(FOLDER)]
    assert days == sorted(days)
    assert len(days) == len(rule_sets())
