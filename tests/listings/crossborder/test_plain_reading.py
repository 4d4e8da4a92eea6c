"""The outbound table once more, read from the law as a page of plain conditions: both must say the same."""

from hypothesis import given
from hypothesis import strategies as st

from listings.crossborder.facts import IMPORTANT_BASES, SCENARIOS
from tests.listings.crossborder.transfers import decided

CITIES = ["4401", "4403", "4404", "4406", "4407", "4412", "4413", "4419", "4420"]
LINES = [0, 1, 9_999, 10_000, 99_999, 100_000, 999_999, 1_000_000]
COUNTS = st.one_of(st.sampled_from(LINES), st.integers(0, 1_500_000))


def plainly(grade, basis, general, sensitive, scenario, ciio, small, city, to, onward, mixes):
    """The rules of 24 November 2026 for a mainland exporter outside any zone, as a lawyer would tick them off."""
    if grade is None:
        return {"needs_classification"}
    if grade == "core":
        return {"forbidden"}
    if grade == "important" and basis in {"notified", "published_catalogue", "ftz_list"}:
        return {"security_assessment"}
    plain = grade == "general" and basis is None
    if plain and general == sensitive == 0:
        return {"exempt_no_pi"}
    if plain and scenario == "overseas_origin_reexport" and not mixes:
        return {"exempt_transit"}
    if plain and scenario in {"contract_necessity", "hr", "emergency"}:
        return {"exempt_scenario"}
    if plain and scenario == "statutory_duty" and small and max(general, sensitive) < 100_000:
        return {"exempt_scenario"}
    if (ciio and general + sensitive > 0) or general >= 1_000_000 or sensitive >= 10_000:
        return {"security_assessment"}
    if not plain:
        return {"manual_review"}
    bay = {"gba_standard_contract"} if city in CITIES and to in {"HK", "MO"} and not onward else set()
    if general < 100_000 and sensitive == 0:
        return {"exempt_volume"} | bay
    return {"standard_contract", "certification"} | bay


@given(
    grade=st.sampled_from([None, "general", "general", "general", "important", "core"]),
    basis=st.sampled_from([None, None, None, *sorted(IMPORTANT_BASES)]),
    general=COUNTS,
    sensitive=COUNTS,
    scenario=st.sampled_from(sorted(SCENARIOS)),
    ciio=st.booleans(),
    small=st.booleans(),
    city=st.sampled_from([*CITIES, "4402", "5101", "1101"]),
    to=st.sampled_from(["HK", "MO", "SG", "TW", "US"]),
    onward=st.booleans(),
    mixes=st.booleans(),
)
def test_the_data_say_what_the_page_says(
    grade, basis, general, sensitive, scenario, ciio, small, city, to, onward, mixes
):
    decision = decided(
        grade=grade,
        important_basis=basis,
        n_general=general,
        n_sensitive=sensitive,
        scenario=scenario,
        exporter={"ciio": ciio, "small": small},
        region=city,
        to=to,
        onward_transfer_outside_gba=onward,
        mixes_domestic_pi=mixes,
    )
    expected = plainly(grade, basis, general, sensitive, scenario, ciio, small, city, to, onward, mixes)
    assert {decision.route, *decision.alternatives} == expected
