"""The decision table: facts and the route, the deciding row and the alternatives that are expected of them."""

from datetime import UTC, date, datetime

import pytest

from listings.crossborder.facts import day_of
from listings.crossborder.route import Headroom, decide_route, headroom
from listings.crossborder.rules import GBA_VOLUME_POLICY, rules_on, with_parameter
from tests.listings.crossborder.transfers import (
    CHENGDU,
    GUANGZHOU,
    NANSHA,
    decided,
    decided_inbound,
    facts,
    rows_of,
)

CIIO = {"ciio": True}
UNKNOWN_CIIO = {"ciio": None}
SMALL = {"small": True}
FTZ = {"ftz": True}
CHOICE = ["certification"]
GBA_CHOICE = ["standard_contract", "certification"]

# (what, facts, route, deciding row, alternatives)
OUTBOUND = [
    # Row 0
    ("no grade", {"grade": None}, "needs_classification", "0", []),
    ("no count of persons", {"n_general": None}, "needs_classification", "0", []),
    ("no count of sensitive persons", {"n_sensitive": None}, "needs_classification", "0", []),
    ("core but not counted", {"grade": "core", "n_general": None}, "needs_classification", "0", []),
    ("graded 91 days ago", {"classified_on": "2026-08-25"}, "needs_classification", "0", []),
    ("graded 90 days ago", {"classified_on": "2026-08-26"}, "exempt_no_pi", "6", []),
    # Rows 1 and 2
    ("core", {"grade": "core"}, "forbidden", "1", []),
    (
        "core of a CIIO in an emergency",
        {"grade": "core", "scenario": "emergency", "exporter": CIIO},
        "forbidden",
        "1",
        [],
    ),
    ("a state secret", {"restrictions": ["state_secret"]}, "forbidden", "1", []),
    ("under export control", {"restrictions": ["export_control"]}, "forbidden", "2", []),
    ("seized by a court", {"restrictions": ["court_seizure"], "n_general": 5}, "forbidden", "2", []),
    ("under temporary control", {"restrictions": ["temporary_control"]}, "forbidden", "2", []),
    # Row 3 goes on
    ("genetic resources", {"hgr": True, "n_sensitive": 1}, "standard_contract", "12", CHOICE),
    # Rows 4 and 4b
    ("off the zone's list", {"exporter": FTZ, "n_general": 2_000_000}, "exempt_ftz", "4", []),
    ("off the zone's list, a CIIO", {"exporter": FTZ | CIIO, "n_general": 1}, "security_assessment", "9", []),
    ("off the zone's list, CIIO unknown", {"exporter": FTZ | UNKNOWN_CIIO, "n_general": 1}, "manual_review", "13", []),
    (
        "on the zone's list as important",
        {"exporter": FTZ, "grade": "important", "important_basis": "ftz_list"},
        "security_assessment",
        "4b",
        [],
    ),
    ("on the zone's list", {"exporter": FTZ, "important_basis": "ftz_list", "n_general": 9}, "manual_review", "4b", []),
    (
        "notified as important, in a zone",
        {"exporter": FTZ, "grade": "important", "important_basis": "notified"},
        "security_assessment",
        "5",
        [],
    ),
    (
        "in a zone whose list covers the sector",
        {"exporter": {"ftz": "shanghai"}, "sector": "retail", "n_general": 500_000},
        "exempt_ftz",
        "4",
        [],
    ),
    (
        "in a zone whose list does not cover the sector",
        {"exporter": {"ftz": "shanghai"}, "sector": "games", "n_general": 500_000},
        "standard_contract",
        "12",
        CHOICE,
    ),
    (
        "in a zone without a confirmed list",
        {"exporter": {"ftz": "nansha"}, "region": NANSHA, "n_general": 500_000},
        "standard_contract",
        "12",
        CHOICE,
    ),
    # Row 5
    ("notified as important", {"grade": "important", "important_basis": "notified"}, "security_assessment", "5", []),
    (
        "published as important",
        {"grade": "important", "important_basis": "published_catalogue", "scenario": "emergency", "n_general": 1},
        "security_assessment",
        "5",
        [],
    ),
    (
        "on a zone's list, the exporter elsewhere",
        {"grade": "important", "important_basis": "ftz_list"},
        "security_assessment",
        "5",
        [],
    ),
    # Row 6
    ("no persons", {}, "exempt_no_pi", "6", []),
    ("no persons, a CIIO", {"exporter": CIIO}, "exempt_no_pi", "6", []),
    ("no persons, in trade", {"scenario": "trade_transport_academic_manufact_marketing"}, "exempt_no_pi", "6", []),
    # Row 7
    ("collected abroad", {"scenario": "overseas_origin_reexport", "n_general": 3_000_000}, "exempt_transit", "7", []),
    (
        "collected abroad, a CIIO",
        {"scenario": "overseas_origin_reexport", "n_sensitive": 50_000, "exporter": CIIO},
        "exempt_transit",
        "7",
        [],
    ),
    (
        "collected abroad, domestic persons mixed in",
        {"scenario": "overseas_origin_reexport", "mixes_domestic_pi": True, "n_general": 100_000},
        "standard_contract",
        "12",
        CHOICE,
    ),
    # Rows 8 and 8b
    ("a contract", {"scenario": "contract_necessity", "n_sensitive": 20_000}, "exempt_scenario", "8", []),
    (
        "a contract, a CIIO",
        {"scenario": "contract_necessity", "n_general": 1, "exporter": CIIO},
        "exempt_scenario",
        "8",
        [],
    ),
    ("staff", {"scenario": "hr", "n_general": 400}, "exempt_scenario", "8", []),
    ("an emergency", {"scenario": "emergency", "n_sensitive": 1}, "exempt_scenario", "8", []),
    ("a duty, small", {"scenario": "statutory_duty", "n_sensitive": 7, "exporter": SMALL}, "exempt_scenario", "8b", []),
    ("a duty, not small", {"scenario": "statutory_duty", "n_sensitive": 7}, "standard_contract", "12", CHOICE),
    (
        "a duty, small by its own word but with too many persons",
        {"scenario": "statutory_duty", "n_general": 100_000, "exporter": SMALL},
        "standard_contract",
        "12",
        CHOICE,
    ),
    (
        "trade, with persons",
        {"scenario": "trade_transport_academic_manufact_marketing", "n_sensitive": 1},
        "standard_contract",
        "12",
        CHOICE,
    ),
    # Row 9
    ("one person, a CIIO", {"n_general": 1, "exporter": CIIO}, "security_assessment", "9", []),
    ("one sensitive person, a CIIO", {"n_sensitive": 1, "exporter": CIIO}, "security_assessment", "9", []),
    # Rows 10, 11 and 12: the exact lines
    ("one person", {"n_general": 1}, "exempt_volume", "11", []),
    ("99,999", {"n_general": 99_999}, "exempt_volume", "11", []),
    ("100,000", {"n_general": 100_000}, "standard_contract", "12", CHOICE),
    ("999,999", {"n_general": 999_999}, "standard_contract", "12", CHOICE),
    ("1,000,000", {"n_general": 1_000_000}, "security_assessment", "10", []),
    ("one sensitive person", {"n_sensitive": 1}, "standard_contract", "12", CHOICE),
    ("9,999 sensitive", {"n_sensitive": 9_999}, "standard_contract", "12", CHOICE),
    ("10,000 sensitive", {"n_sensitive": 10_000}, "security_assessment", "10", []),
    ("999,999 and 9,999 sensitive", {"n_general": 999_999, "n_sensitive": 9_999}, "standard_contract", "12", CHOICE),
    ("99,999 and one sensitive", {"n_general": 99_999, "n_sensitive": 1}, "standard_contract", "12", CHOICE),
    # Row 12 in the bay area
    ("Shenzhen to Hong Kong", {"to": "HK", "n_general": 200_000}, "gba_standard_contract", "12", GBA_CHOICE),
    ("Shenzhen to Macao", {"to": "MO", "n_sensitive": 1}, "gba_standard_contract", "12", GBA_CHOICE),
    (
        "Nansha to Hong Kong",
        {"to": "HK", "region": NANSHA, "n_sensitive": 9_999},
        "gba_standard_contract",
        "12",
        GBA_CHOICE,
    ),
    ("Chengdu to Hong Kong", {"to": "HK", "region": CHENGDU, "n_general": 200_000}, "standard_contract", "12", CHOICE),
    (
        "Shaoguan to Hong Kong",
        {"to": "HK", "region": "440200", "n_general": 200_000},
        "standard_contract",
        "12",
        CHOICE,
    ),
    ("Guangdong, city unknown", {"to": "HK", "region": "44", "n_general": 200_000}, "standard_contract", "12", CHOICE),
    ("place unknown", {"to": "HK", "region": None, "n_general": 200_000}, "standard_contract", "12", CHOICE),
    ("Shenzhen to Taiwan", {"to": "TW", "n_general": 200_000}, "standard_contract", "12", CHOICE),
    (
        "Hong Kong, and on to London",
        {"to": "HK", "n_general": 200_000, "onward_transfer_outside_gba": True},
        "standard_contract",
        "12",
        CHOICE,
    ),
    ("few persons to Hong Kong", {"to": "HK", "n_general": 99_999}, "exempt_volume", "11", ["gba_standard_contract"]),
    ("a million to Hong Kong", {"to": "HK", "n_general": 1_000_000}, "security_assessment", "10", []),
    ("one person to Hong Kong, a CIIO", {"to": "HK", "n_general": 1, "exporter": CIIO}, "security_assessment", "9", []),
    # Row 13
    (
        "suspected to be important",
        {"grade": "important", "important_basis": "self_suspected"},
        "manual_review",
        "13",
        [],
    ),
    ("important, nobody says why", {"grade": "important"}, "manual_review", "13", []),
    ("general, yet notified", {"important_basis": "notified", "n_general": 5}, "manual_review", "13", []),
    (
        "suspected, in a scenario that exempts",
        {"grade": "important", "important_basis": "self_suspected", "scenario": "hr", "n_general": 5},
        "manual_review",
        "13",
        [],
    ),
    (
        "suspected, but over the line anyway",
        {"grade": "important", "important_basis": "self_suspected", "n_general": 1_000_000},
        "security_assessment",
        "10",
        [],
    ),
    ("CIIO unknown", {"n_general": 1, "exporter": UNKNOWN_CIIO}, "manual_review", "13", []),
    ("CIIO unknown, no persons", {"exporter": UNKNOWN_CIIO}, "exempt_no_pi", "6", []),
    (
        "CIIO unknown, a contract",
        {"scenario": "hr", "n_general": 1, "exporter": UNKNOWN_CIIO},
        "exempt_scenario",
        "8",
        [],
    ),
    (
        "CIIO unknown, over the line",
        {"n_general": 1_000_000, "exporter": UNKNOWN_CIIO},
        "security_assessment",
        "10",
        [],
    ),
    ("a sector with rules we do not hold", {"sector": "surveying"}, "manual_review", "13", []),
    ("from Hong Kong to Singapore", {"exporter": {"jurisdiction": "HK", "region": None}}, "manual_review", "13", []),
    ("within the mainland", {"to": "CN", "n_general": 5}, "manual_review", "13", []),
]


@pytest.mark.parametrize(
    ("members", "route", "row", "alternatives"), [case[1:] for case in OUTBOUND], ids=[case[0] for case in OUTBOUND]
)
def test_outbound(members, route, row, alternatives):
    decision = decided(**members)
    assert (decision.route, rows_of(decision)[0], list(decision.alternatives)) == (route, row, alternatives)
    assert [hit.get("decides") for hit in decision.hits].count(True) == 1
    assert decision.hits[0]["decides"]
    assert decision.blocked == (route in {"needs_classification", "manual_review", "forbidden"})


# Scenario 13: Hong Kong -> Shenzhen -> London.
TRANSIT = [
    ("nothing domestic", {"n_general": 2_000_000}, "exempt_transit", "7"),
    ("nothing domestic, nobody counted in", {}, "exempt_transit", "7"),
    ("one mainland phone number", {"n_general": 1, "mixes_domestic_pi": True}, "exempt_volume", "11"),
    ("mainland patients", {"n_sensitive": 10_000, "mixes_domestic_pi": True}, "security_assessment", "10"),
    ("no persons, domestic data mixed in", {"mixes_domestic_pi": True}, "exempt_no_pi", "6"),
    ("not graded", {"grade": None}, "needs_classification", "0"),
    ("core", {"grade": "core"}, "forbidden", "1"),
]


@pytest.mark.parametrize(("members", "route", "row"), [case[1:] for case in TRANSIT], ids=[case[0] for case in TRANSIT])
@pytest.mark.parametrize("exporter", [{"jurisdiction": "HK", "region": None}, {"jurisdiction": "CN"}])
def test_transit(members, route, row, exporter):
    decision = decided(direction="transit", to="GB", exporter=exporter, **members)
    assert (decision.route, rows_of(decision)[0]) == (route, row)


INBOUND = [
    ("Hong Kong to Shenzhen", {"source": "HK"}, "hk_dpp_notice", ["hk_rmc", "gba_standard_contract"]),
    ("Hong Kong to Chengdu", {"source": "HK", "to_region": CHENGDU}, "hk_dpp_notice", ["hk_rmc"]),
    ("Hong Kong, onward", {"source": "HK", "onward_transfer_outside_gba": True}, "hk_dpp_notice", ["hk_rmc"]),
    (
        "Hong Kong, a million",
        {"source": "HK", "grade": "general", "n_general": 10**6, "n_sensitive": 10**5},
        "hk_dpp_notice",
        ["hk_rmc", "gba_standard_contract"],
    ),
    (
        "Macao to Guangzhou",
        {"source": "MO", "to_region": GUANGZHOU},
        "mo_art20_exception",
        ["mo_authorised", "gba_standard_contract"],
    ),
    ("Macao to Chengdu", {"source": "MO", "to_region": CHENGDU}, "mo_art20_exception", ["mo_authorised"]),
    ("Singapore", {"source": "SG"}, "manual_review", []),
    ("core", {"source": "HK", "grade": "core"}, "forbidden", []),
]


@pytest.mark.parametrize(
    ("members", "route", "alternatives"), [case[1:] for case in INBOUND], ids=[case[0] for case in INBOUND]
)
def test_inbound(members, route, alternatives):
    decision = decided_inbound(**members)
    assert (decision.route, list(decision.alternatives)) == (route, alternatives)
    assert "import_check" in decision.overlays


def test_macao_relies_on_adequacy_only_where_a_finding_is_set_in_the_rule_set():
    rules = with_parameter(rules_on(date(2026, 11, 24)), "macao_adequacy_of_mainland", "found")
    decision = decide_route(decided_inbound(source="MO").facts, rules)
    assert decision.route == "mo_adequacy"
    assert "mo_art20_exception" in decision.alternatives


# Every row by its day: (day, facts, route)
BY_DATE = [
    ("2022-09-01", {"n_general": 99_999}, "manual_review"),
    ("2023-05-31", {"n_general": 99_999}, "manual_review"),
    ("2023-06-01", {"n_general": 1}, "standard_contract"),
    ("2023-12-12", {"n_general": 1, "to": "HK", "sector": "banking"}, "standard_contract"),
    ("2023-12-13", {"n_general": 1, "to": "HK", "sector": "banking"}, "gba_standard_contract"),
    ("2023-12-13", {"n_general": 1, "to": "HK", "sector": "retail"}, "standard_contract"),
    ("2024-03-01", {"n_general": 150_000}, "security_assessment"),
    ("2024-03-21", {"n_general": 99_999}, "standard_contract"),
    ("2024-03-21", {"n_general": 5, "scenario": "hr"}, "standard_contract"),
    ("2024-03-21", {"n_general": 0}, "exempt_no_pi"),
    ("2024-03-22", {"n_general": 5, "scenario": "hr"}, "exempt_scenario"),
    ("2024-03-22", {"n_general": 99_999}, "exempt_volume"),
    ("2024-04-01", {"n_general": 150_000}, "standard_contract"),
    ("2024-09-09", {"n_general": 150_000, "to": "MO"}, "standard_contract"),
    ("2024-09-10", {"n_general": 150_000, "to": "MO"}, "gba_standard_contract"),
    ("2024-10-31", {"n_general": 150_000, "to": "HK", "sector": "retail"}, "standard_contract"),
    ("2024-11-01", {"n_general": 150_000, "to": "HK", "sector": "retail"}, "gba_standard_contract"),
    ("2026-08-31", {"n_sensitive": 5, "scenario": "statutory_duty", "exporter": SMALL}, "standard_contract"),
    ("2026-09-02", {"n_sensitive": 5, "scenario": "statutory_duty", "exporter": SMALL}, "exempt_scenario"),
]


@pytest.mark.parametrize(("day", "members", "route"), BY_DATE)
def test_the_rules_of_the_day_decide(day, members, route):
    assert decided(effective_date=day, **members).route == route


def test_certification_has_the_same_name_but_other_papers_from_2026_on():
    before = decided(effective_date="2025-12-31", n_general=100_000)
    after = decided(effective_date="2026-01-01", n_general=100_000)
    assert before.alternatives == after.alternatives == ("certification",)
    assert before.rule_set != after.rule_set
    sheets = [decision.as_json()["alternative_sheets"]["certification"] for decision in (before, after)]
    assert sheets[0]["sheet"]["citation"] != sheets[1]["sheet"]["citation"]
    assert sheets[0]["documents"] != sheets[1]["documents"]


def test_two_transfers_in_a_year_cross_the_line_together_and_the_next_year_begins_anew():
    assert decided(n_general=60_000, effective_date="2026-03-01").route == "exempt_volume"
    assert decided(n_general=110_000, effective_date="2026-11-01").route == "standard_contract"
    in_january = decided(n_general=50_000, effective_date="2027-01-01")
    assert in_january.route == "exempt_volume"
    assert in_january.counted_from == date(2027, 1, 1)


def test_the_year_begins_at_midnight_in_shanghai():
    assert day_of(datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC)) == date(2026, 12, 31)
    assert day_of(datetime(2026, 12, 31, 16, 0, tzinfo=UTC)) == date(2027, 1, 1)
    assert decided(effective_date="2026-12-31T16:00:00Z").counted_from == date(2027, 1, 1)
    assert decided(effective_date="2026-12-31T23:59:59+08:00").counted_from == date(2026, 1, 1)


def test_under_the_assessment_measures_of_2022_persons_were_counted_from_the_year_before():
    assert decided(effective_date="2024-03-01").counted_from == date(2023, 1, 1)
    assert decided(effective_date="2024-03-22").counted_from == date(2024, 1, 1)


def test_all_rows_that_hold_are_recorded_and_the_first_decides():
    decision = decided(n_general=1_000_000, exporter=CIIO, grade="important", important_basis="notified")
    assert rows_of(decision)[:3] == ["5", "9", "10"]
    assert decision.route == "security_assessment"


def test_genetic_resources_are_filed_beside_the_route_and_only_outbound():
    decision = decided(n_general=5, hgr=True)
    assert decision.route == "exempt_volume"
    assert "hgr_filing" in decision.overlays
    assert "3" in rows_of(decision)
    assert {"hgr_filing", "hgr_backup"} <= {paper["code"] for paper in decision.documents}
    assert "hgr_filing" not in decided_inbound(source="HK", hgr=True).overlays


def test_what_arrives_under_a_bay_area_contract_stays_in_the_bay_area():
    assert "onward_transfer_limit" in decided(to="HK", n_general=200_000).overlays
    onward = decided(to="HK", n_general=200_000, onward_transfer_outside_gba=True)
    assert "onward_transfer_excludes_gba" in onward.overlays
    assert "gba_standard_contract" not in onward.alternatives
    assert "onward_transfer_limit" not in decided(to="SG", n_general=200_000).overlays


@pytest.mark.parametrize("sector", ["auto", "finance", "health", "credit"])
def test_a_sector_with_a_guide_gets_it_beside_the_route(sector):
    decision = decided(sector=sector, n_general=5)
    assert decision.route == "exempt_volume"
    assert f"sector_guide_{sector}" in decision.overlays


def test_important_data_bring_the_yearly_risk_assessment_from_august_2026_on():
    important = {"grade": "important", "important_basis": "notified"}
    assert "important_data_risk_assessment" in decided(**important).overlays
    assert decided(**important, effective_date="2026-08-19").overlays == ()


def test_a_zone_without_a_confirmed_list_is_said_to_be_so():
    assert "ftz_list_unconfirmed" in decided(exporter={"ftz": "qianhai"}, n_general=5).overlays


@pytest.mark.parametrize(("to", "calendar", "office"), [("HK", "HK", "dpo_hk"), ("MO", "MO", "dspdp_mo")])
def test_both_sides_file_a_bay_area_contract_by_their_own_calendar(to, calendar, office):
    decision = decided(to=to, n_general=200_000)
    filings = [clock for clock in decision.deadlines if clock["code"].startswith("file_")]
    assert [(clock["count"], clock["unit"], clock["calendar"], clock["from"]) for clock in filings] == [
        (10, "working_day", "CN", "contract_effect"),
        (10, "working_day", calendar, "contract_effect"),
    ]
    assert [body["code"] for body in decision.authority] == ["cac_guangdong", office]


def test_an_assessment_holds_three_years_and_held_two_before_2024():
    after, before = decided(n_general=10**6), decided(n_general=10**6, effective_date="2024-03-01")
    assert (after.valid_for["count"], before.valid_for["count"]) == (3, 2)
    assert {"application_form", "self_assessment_report", "legal_document"} <= {d["code"] for d in after.documents}
    clocks = {clock["code"]: clock["count"] for clock in after.deadlines}
    assert clocks == {
        "completeness_check": 5,
        "acceptance": 7,
        "assessment": 45,
        "request_re_review": 15,
        "apply_for_extension": 60,
    }


def test_the_bay_area_contract_passes_the_assessment_line_only_where_the_waiver_is_set():
    over_the_line = facts(to="HK", n_sensitive=10_000)
    strict = rules_on(over_the_line.effective_date)
    waived = with_parameter(strict, GBA_VOLUME_POLICY, "waived")

    decision = decide_route(over_the_line, waived)

    assert decide_route(over_the_line, strict).alternatives == ()
    assert decision.route == "security_assessment"
    assert decision.alternatives == ("gba_standard_contract",)
    assert "compliance_sign_off" in decision.overlays
    assert decision.rule_set != strict.name
    assert decision.rule_set_digest != strict.digest
    assert decide_route(facts(to="HK", n_sensitive=10_000, exporter=CIIO), waived).alternatives == ()
    assert decide_route(facts(to="HK", n_sensitive=10_000, region=CHENGDU), waived).alternatives == ()


@pytest.mark.parametrize(
    ("members", "left"),
    [
        (
            {"n_general": 61_887},
            [Headroom("n_general", 38_112, "standard_contract"), Headroom("n_sensitive", 0, "standard_contract")],
        ),
        (
            {"n_general": 100_000},
            [
                Headroom("n_general", 899_999, "security_assessment"),
                Headroom("n_sensitive", 9_999, "security_assessment"),
            ],
        ),
        ({"n_general": 1_000_000}, []),
        ({"grade": None, "n_general": None}, []),
        ({"scenario": "hr", "n_general": 5}, []),
    ],
)
def test_headroom_is_what_fits_before_the_route_changes(members, left):
    transfer = facts(**members)
    assert headroom(transfer, rules_on(transfer.effective_date)) == left
