"""One Dawan harvests another: a second process with its own database, read through its CKAN and DCAT faces."""

from collections.abc import Iterator

import pytest

from listings.models import HarvestedProduct, Product
from tests.listings.harvest.elsewhere import LISTINGS, Elsewhere, elsewhere
from tests.listings.harvest.harvesting import added, harvested, records

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nearby")]


@pytest.fixture(scope="module")
def other(server_state, tmp_path_factory) -> Iterator[Elsewhere]:
    with elsewhere(server_state, tmp_path_factory.mktemp("elsewhere")) as running:
        yield running


DCAT_FACES = ["/api/v1/catalogue/dcat.jsonld?limit=3", "/api/v1/catalogue/dcat.ttl?limit=2"]


@pytest.mark.parametrize("path", DCAT_FACES)
def test_every_dcat_page_is_read_with_all_its_languages(other, client, path):
    source = added(client, other.url + path, "DCAT", defaults={"source_kind": "AGREEMENT", "rights": ["USE"]})
    run = harvested(client, source)
    assert (run["state"], run["counts"], run["pages"]) == ("DONE", {"CREATED": LISTINGS}, 3 if "3" in path else 4)
    found = {each.source_id: each for each in HarvestedProduct.objects.select_related("product", "dataset")}
    assert set(found) == {f"{other.url}/api/v1/catalogue/{key}#dataset" for key in other.listed}
    for key, name in other.listed.items():
        known = found[f"{other.url}/api/v1/catalogue/{key}#dataset"]
        product = known.product
        assert product.name == known.dataset.title == name
        assert product.summary == {
            "zh-Hans": "广东省全部街道及其行政区划代码",
            "en": "Every sub-district with its GB/T 2260 code",
        }
        assert (product.industry, product.frequency, product.region_scope) == ("I65", "YEAR", "PROVINCE")
        assert (str(product.time_from), str(product.time_to)) == ("2024-01-01", "2024-12-31")
        assert (product.product_type, product.language, product.state) == ("DATASET", "zh", "DRAFT")
        assert (product.source_kind, product.rights) == ("AGREEMENT", ["USE"])
        [resource] = known.described["resources"]
        assert (resource["name"], resource["bytes"], resource["hash"]) == ("streets.csv", 65536, f"sha256:{'c' * 64}")
        assert known.described["licences"][0]["path"].startswith("urn:uuid:")

    again = harvested(client, source)
    assert again["counts"] == {"UNCHANGED": LISTINGS}
    assert Product.objects.count() == LISTINGS


def test_the_ckan_face_is_read_and_read_again(other, client):
    source = added(client, other.url)
    dry = harvested(client, source, dry_run=True)
    assert dry["counts"] == {"CREATED": LISTINGS}
    assert not Product.objects.exists()

    run = harvested(client, source)
    assert (run["counts"], run["declared"], run["pages"]) == ({"CREATED": LISTINGS}, LISTINGS, 2)
    assert {record["source_id"] for record in records(client, run)} == set(other.listed)
    known = HarvestedProduct.objects.select_related("product").first()
    assert known.product.name == {"en": other.listed[known.source_id]["en"]}
    assert (known.product.industry, known.product.frequency, known.product.language) == ("I65", "YEAR", "zh-Hans")
    assert known.described["resources"][0]["name"] == "streets.csv"

    assert harvested(client, source)["counts"] == {"UNCHANGED": LISTINGS}


def test_a_dawan_that_is_no_ckan_portal_root_says_so(other, client):
    run = harvested(client, added(client, f"{other.url}/api/v1/catalogue"))
    assert (run["state"], run["failure"]["code"]) == ("FAILED", "http_status")
    run = harvested(client, added(client, f"{other.url}/api/v1/catalogue", "DCAT"))
    assert (run["state"], run["counts"], run["staged"]) == ("DONE", {}, 0)
