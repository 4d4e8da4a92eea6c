"""What a new rule set would change among the open cases, before it is switched on."""

from datetime import date

from listings.crossborder.changes import changed_by
from listings.crossborder.rules import amended, read_rule_set, rules_named, rules_on
from tests.listings.crossborder.transfers import facts

TODAY = date(2026, 11, 24)


def test_only_the_cases_that_would_be_decided_otherwise_are_listed():
    cases = [
        ("small duty", facts(n_sensitive=5, scenario="statutory_duty", exporter={"small": True})),
        ("few persons", facts(n_general=5)),
    ]
    changes = list(changed_by(cases, rules_named("crossborder-2026-08-20"), rules_named("crossborder-2026-09-01")))
    assert [change.case for change in changes] == ["small duty"]
    assert (changes[0].before.route, changes[0].after.route) == ("standard_contract", "exempt_scenario")
    assert {"route", "alternatives", "documents"} <= set(changes[0].members)


def test_new_words_in_a_reason_change_no_case():
    rules = rules_on(TODAY)
    row = next(row for row in rules.source["rows"] if row["id"] == "11")
    reworded = {**row, "reason": {**row["reason"], "en": "Fewer persons than the line."}}
    new = read_rule_set(amended(rules.source, {"rule_set": "reworded", "rows": [reworded]}))
    assert not list(changed_by([(1, facts(n_general=5))], rules, new))


def test_a_changed_clock_changes_the_cases_under_way():
    rules = rules_on(TODAY)
    sheet = rules.source["sheets"]["standard_contract"]
    clocks = [{**clock, "count": clock["count"] + 5} for clock in sheet["deadlines"]]
    new_sheet = {"standard_contract": {**sheet, "deadlines": clocks}}
    new = read_rule_set(amended(rules.source, {"rule_set": "slower", "sheets": new_sheet}))
    (change,) = changed_by([(1, facts(n_general=100_000))], rules, new)
    assert change.members == ("deadlines",)


def test_another_way_of_counting_is_a_change():
    transfer = facts(exporter={"ciio": True}, n_general=1, grade="core", effective_date="2024-03-22")
    (change,) = changed_by(
        [(1, transfer)], rules_named("crossborder-2023-12-13"), rules_named("crossborder-2024-03-22")
    )
    assert change.members == ("counted_from",)
