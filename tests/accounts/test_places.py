"""Places of GB/T 2260 and ISO 3166, and the Greater Bay Area among them."""

import pytest

from accounts.places import GBA_CITIES, check_place, divisions, in_gba, jurisdictions
from kernel.problems import Problem


def refusal_of(jurisdiction: str, division_code: str) -> tuple[str, str]:
    with pytest.raises(Problem) as caught:
        check_place(jurisdiction=jurisdiction, division_code=division_code, pointer="/organization")
    (error,) = caught.value.errors
    return error.pointer, error.code


@pytest.mark.parametrize("code", ["440000", "440100", "440115", "440304", "441900", "442000", "110101"])
def test_provinces_cities_and_districts_are_places(code):
    check_place(jurisdiction="CN", division_code=code)


@pytest.mark.parametrize("code", ["", "44", "440199", "999999", "44011", "４４０１１５"])
def test_other_codes_are_not(code):
    assert refusal_of("CN", code) == ("/organization/division_code", "unknown_place")


def test_only_the_mainland_has_division_codes():
    assert refusal_of("HK", "440115") == ("/organization/division_code", "not_applicable")
    check_place(jurisdiction="HK", division_code="")


@pytest.mark.parametrize("code", ["XX", "hk", "", "HKG"])
def test_a_jurisdiction_is_an_iso_code(code):
    assert refusal_of(code, "") == ("/organization/jurisdiction", "unknown_jurisdiction")


def test_hong_kong_and_macao_are_jurisdictions_of_their_own():
    assert {"CN", "HK", "MO", "SG"} <= jurisdictions()


def test_the_bay_area_is_nine_cities_and_two_regions():
    assert len(GBA_CITIES) == 9
    for city, name in GBA_CITIES.items():
        assert divisions()[f"{city}00"] == name
        assert in_gba("CN", f"{city}00")
    assert in_gba("HK", "")
    assert in_gba("MO", "")


@pytest.mark.parametrize("code", ["440200", "445100", "440000", "310000"])
def test_other_places_are_outside_the_bay_area(code):
    assert not in_gba("CN", code)


def test_other_countries_are_outside_the_bay_area():
    assert not in_gba("SG", "")
