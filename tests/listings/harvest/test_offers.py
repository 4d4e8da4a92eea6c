"""A manifest that says the offer too: price and terms with the draft, the listing once the version is ready."""

from typing import Any

import pytest

from listings.models import Dataset, Listing, Plan, Product, Terms
from tests.listings.harvest.test_manifests import STREETS, records, refusals, registered
from tests.listings.offers import dossier_json, make_version

pytestmark = pytest.mark.django_db

OFFER: dict[str, Any] = {
    "price": {"amount": "120.00", "currency": "CNY"},
    "terms": {"purposes": ["INTERNAL_ANALYSIS"], "text": {"zh-Hans": "仅限内部分析。"}, "term_days": 365},
    "venue": "gzdex",
}
WHOLE = {"source_id": "s", "title": {"zh-Hans": "街道"}, **dossier_json(), **OFFER}


def test_the_same_manifest_drafts_the_listing_once_the_version_is_ready(client):
    run = registered(client, [WHOLE])
    assert run["counts"] == {"CREATED": 1}
    assert (Plan.objects.get().price.as_json(), Terms.objects.get().term_days) == (OFFER["price"], 365)
    assert not Listing.objects.exists()
    assert registered(client, [WHOLE])["counts"] == {"UNCHANGED": 1}

    version = make_version(Dataset.objects.get())
    dry = registered(client, [WHOLE], dry_run="true")
    assert records(client, dry)[0]["changes"] == {"venue": {"before": None, "after": "gzdex"}}
    assert not Listing.objects.exists()

    run = registered(client, [WHOLE])
    assert run["counts"] == {"UPDATED": 1}
    listing = Listing.objects.get()
    assert (listing.state, listing.version_id, listing.terms_id) == ("DRAFT", version.pk, Terms.objects.get().pk)
    assert Product.objects.get().state == "REGISTERED"
    assert registered(client, [WHOLE])["counts"] == {"UNCHANGED": 1}


def test_a_new_price_and_new_terms_are_told_and_kept(client):
    registered(client, [WHOLE])
    terms = OFFER["terms"] | {"term_days": 30}
    run = registered(client, [WHOLE | {"price": {"amount": "0.00", "currency": "CNY"}, "terms": terms}])
    [record] = records(client, run)
    assert record["changes"]["price"] == {"before": OFFER["price"], "after": {"amount": "0.00", "currency": "CNY"}}
    assert record["changes"]["terms"] == {"before": OFFER["terms"], "after": terms}
    assert Plan.objects.get().kind == "FREE"
    assert list(Terms.objects.order_by("version").values_list("term_days", flat=True)) == [365, 30]


def test_an_offer_comes_in_a_table_too(client):
    table = (
        "来源编号,数据资源名称,价格,币种,使用目的,使用期限(天),使用条款,terms.resale_allowed\n"
        "s,街道,88.50,CNY,内部分析；MODEL_TRAINING,90,仅限内部使用,否\n"
    )
    run = registered(client, table.encode("gb18030"))
    assert run["counts"] == {"CREATED": 1}, records(client, run)
    terms = Terms.objects.get()
    assert (Plan.objects.get().price.minor, terms.purposes) == (8850, ["INTERNAL_ANALYSIS", "MODEL_TRAINING"])
    assert (terms.term_days, terms.text, terms.resale_allowed) == (90, {"zh-Hans": "仅限内部使用"}, False)


@pytest.mark.parametrize(
    ("record", "reasons"),
    [
        (WHOLE | {"price": {"amount": "1.001", "currency": "CNY"}}, {"/price/amount": "amount"}),
        (WHOLE | {"terms": {"purposes": []}}, {"/terms/purposes": "min_length", "/terms/text": "required"}),
        (WHOLE | {"terms": OFFER["terms"] | {"resale_allowed": True}}, {"/terms/resale_allowed": "wider_than_product"}),
        (WHOLE | {"venue": "gz dex"}, {"/venue": "invalid"}),
    ],
)
def test_a_wrong_offer_is_refused_with_all_of_its_record(client, record, reasons):
    run = registered(client, [record])
    [refused] = records(client, run)
    assert refusals(refused) == reasons
    assert not Dataset.objects.exists()


@pytest.mark.parametrize(
    ("record", "reasons"),
    [
        (STREETS | {"source_id": "s"} | OFFER, {"/scenario", "/region_scope", "/evidence/LAWFUL_COLLECTION"}),
        ({name: value for name, value in WHOLE.items() if name != "price"}, {"/price"}),
        (WHOLE | {"venue": "nyse"}, {"/venue"}),
    ],
)
def test_what_the_listing_still_needs_is_told(client, record, reasons):
    registered(client, [{name: value for name, value in record.items() if name != "venue"}])
    make_version(Dataset.objects.get())
    [refused] = records(client, registered(client, [record]))
    assert reasons <= refusals(refused).keys()
    assert not Listing.objects.exists()
    assert Product.objects.get().state == "DRAFT"
