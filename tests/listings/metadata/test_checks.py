"""What the provider is told to mend in a listing's description."""

import pytest

from accounts.models import Role
from tests.listings.offers import (
    PROFILE,
    draft_listing,
    make_dataset,
    make_terms,
    make_version,
    registered_product,
)
from tests.world import api, make_member, person_of, staff

pytestmark = pytest.mark.django_db

EVERYWHERE = {"zh-Hans": "街道", "zh-Hant": "街道", "en": "Streets"}


@pytest.fixture
def provider():
    return make_member()


def checked(listing, who=None):
    response = api(who or person_of(listing.organization)).get(f"/api/v1/listings/{listing.pk}/metadata-check")
    assert response.status_code == 200, response.content
    return response.json()


def problems(listing) -> set[tuple[str, str]]:
    return {(each["code"], each["pointer"]) for each in checked(listing)["problems"]}


def complete(provider, columns=None, **changes):
    """Draft a listing to whose description nothing can be added, but for `changes`."""
    dataset = make_dataset(provider)
    make_version(dataset, profile=PROFILE | ({"columns": columns} if columns is not None else {}))
    texts = {"name": EVERYWHERE, "summary": EVERYWHERE, "scenario": EVERYWHERE}
    product = registered_product(provider, dataset=dataset, **(texts | changes))
    make_terms(product, text=EVERYWHERE)
    return draft_listing(product)


def test_a_complete_description_has_no_problems(provider):
    listing = complete(provider)
    assert checked(listing) == {"listing_id": str(listing.pk), "valid": True, "problems": []}


def test_missing_languages_are_named(provider):
    listing = complete(provider, name={"en": "Streets"})
    [problem] = checked(listing)["problems"]
    assert (problem["code"], problem["pointer"]) == ("translation_missing", "/product/name")
    assert problem["detail"] == "There is no text in zh-Hans, zh-Hant."


def test_what_dcat_recommends_is_asked_for(provider):
    listing = complete(provider)
    type(listing.product).objects.filter(pk=listing.product_id).update(
        industry="", language="", time_from=None, time_to=None, region_scope="", frequency=""
    )
    assert {code for code, _pointer in problems(listing)} == {
        "theme_missing",
        "language_missing",
        "temporal_missing",
        "spatial_missing",
        "frequency_missing",
    }
    assert checked(listing)["valid"] is True


def test_what_dcat_demands_makes_a_description_invalid(provider):
    listing = complete(provider)
    type(listing.product).objects.filter(pk=listing.product_id).update(name={}, summary={})
    found = checked(listing)
    assert found["valid"] is False
    assert [each["code"] for each in found["problems"]][:2] == ["title_missing", "description_missing"]


def test_fields_without_a_type_or_a_name_of_their_own_are_named(provider):
    columns = [
        {"name": "code", "type": "mixed", "nulls": 0, "distinct": 1},
        {"name": "code", "type": "text", "nulls": 0, "distinct": 1},
        {"name": "", "type": "empty", "nulls": 0, "distinct": 0},
    ]
    found = {each["code"]: each["detail"] for each in checked(complete(provider, columns))["problems"]}
    assert found["field_without_type"] == "Fields of “streets.csv” without one type: code, column_3."
    assert found["field_without_own_name"].endswith("told as: code_2, column_3.")
    assert ("fields_missing", "/version/files/0") in problems(complete(provider, []))


def test_only_the_provider_and_the_venue_s_staff_see_it(provider):
    listing = complete(provider)
    assert checked(listing, staff("gzdex", Role.CLERK))["valid"] is True
    address = f"/api/v1/listings/{listing.pk}/metadata-check"
    assert api(person_of(make_member())).get(address).status_code == 404
    assert api().get(address).status_code == 401
