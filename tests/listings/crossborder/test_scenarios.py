"""Twenty stories of exporters, as one table: what is sent, what may be chosen, and the row that says so.

Of stories that also need the export register or filings (14 to 17), the part that the rules decide stands here.
"""

import pytest

from tests.listings.crossborder.transfers import CHENGDU, GUANGZHOU, decided, rows_of

NATIONAL = {"standard_contract", "certification"}
BAY = NATIONAL | {"gba_standard_contract"}
ASSESSED = {"security_assessment"}
CIIO = {"ciio": True}
SMALL = {"small": True}
MARCH_2024, APRIL_2024 = "2024-03-01", "2024-04-01"

# (number, facts, the routes that may be taken, deciding row)
STORIES = [
    ("1", {"n_general": 99_999}, {"exempt_volume"}, "11"),
    ("2", {"n_general": 100_000}, NATIONAL, "12"),
    ("3", {"n_general": 999_999}, NATIONAL, "12"),
    ("4", {"n_general": 1_000_000}, ASSESSED, "10"),
    ("5", {"n_sensitive": 1}, NATIONAL, "12"),
    ("6a", {"n_sensitive": 9_999}, NATIONAL, "12"),
    ("6b", {"n_sensitive": 10_000}, ASSESSED, "10"),
    ("7a", {"n_general": 1, "exporter": CIIO}, ASSESSED, "9"),
    ("7b visa booking", {"n_general": 1, "exporter": CIIO, "scenario": "contract_necessity"}, {"exempt_scenario"}, "8"),
    ("8a", {"grade": "important", "important_basis": "notified"}, ASSESSED, "5"),
    ("8b", {"grade": "important", "important_basis": "self_suspected"}, {"manual_review"}, "13"),
    ("9", {"grade": "core"}, {"forbidden"}, "1"),
    ("10", {"region": GUANGZHOU, "to": "HK", "n_general": 200_000}, BAY, "12"),
    (
        "11 resold to the United Kingdom",
        {"region": GUANGZHOU, "to": "HK", "n_general": 200_000, "onward_transfer_outside_gba": True},
        NATIONAL,
        "12",
    ),
    ("12", {"region": CHENGDU, "to": "HK", "n_general": 200_000}, NATIONAL, "12"),
    (
        "13a",
        {"direction": "transit", "to": "GB", "exporter": {"jurisdiction": "HK", "region": None}, "n_general": 5},
        {"exempt_transit"},
        "7",
    ),
    (
        "13b one mainland phone",
        {"direction": "transit", "to": "GB", "n_general": 1, "mixes_domestic_pi": True},
        {"exempt_volume"},
        "11",
    ),
    ("14a 60,000 in March", {"n_general": 60_000, "effective_date": "2026-03-01"}, {"exempt_volume"}, "11"),
    ("14b and 50,000 in November", {"n_general": 110_000, "effective_date": "2026-11-01"}, NATIONAL, "12"),
    ("14c in the next year", {"n_general": 50_000, "effective_date": "2027-01-01"}, {"exempt_volume"}, "11"),
    ("15 two affiliates counted together", {"n_general": 120_000}, NATIONAL, "12"),
    ("18a", {"n_general": 150_000, "effective_date": MARCH_2024}, ASSESSED, "10"),
    ("18b", {"n_general": 150_000, "effective_date": APRIL_2024}, NATIONAL, "12"),
    ("19a", {"n_general": 150_000, "effective_date": "2025-12-31"}, NATIONAL, "12"),
    ("19b", {"n_general": 150_000, "effective_date": "2026-01-01"}, NATIONAL, "12"),
    (
        "20a",
        {"n_sensitive": 3, "scenario": "statutory_duty", "exporter": SMALL, "effective_date": "2026-09-02"},
        {"exempt_scenario"},
        "8b",
    ),
    (
        "20b",
        {"n_sensitive": 3, "scenario": "statutory_duty", "exporter": SMALL, "effective_date": "2026-08-31"},
        NATIONAL,
        "12",
    ),
]


@pytest.mark.parametrize(
    ("members", "routes", "row"), [story[1:] for story in STORIES], ids=[story[0] for story in STORIES]
)
def test_the_story_ends_as_the_rules_say(members, routes, row):
    decision = decided(**members)
    assert {decision.route, *decision.alternatives} == routes
    assert rows_of(decision)[0] == row


def test_in_the_bay_area_its_contract_is_recommended_first():
    assert decided(region=GUANGZHOU, to="HK", n_general=200_000).route == "gba_standard_contract"


def test_story_16_both_filings_count_working_days_from_effect_each_by_its_own_calendar():
    filings = [clock for clock in decided(to="HK", n_general=200_000).deadlines if clock["code"].startswith("file_")]
    assert {(clock["calendar"], clock["count"], clock["from"]) for clock in filings} == {
        ("CN", 10, "contract_effect"),
        ("HK", 10, "contract_effect"),
    }


def test_story_17_an_assessment_of_2025_holds_three_years_and_is_extended_in_its_last_sixty_working_days():
    decision = decided(n_general=1_000_000, effective_date="2025-06-01")
    assert (decision.valid_for["count"], decision.valid_for["unit"]) == (3, "year")
    (extension,) = [clock for clock in decision.deadlines if clock["code"] == "apply_for_extension"]
    assert (extension["count"], extension["unit"], extension["from"]) == (60, "working_day", "before_expiry")
