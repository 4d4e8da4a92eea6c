"""Who has which right, until when and how far; and that nothing is sold beyond the provider's right to operate (I4)."""

from datetime import date, timedelta

import pytest
import time_machine
from django.utils import timezone

from kernel.digests import Digests, canonical_json
from listings.listing import offer_for
from listings.models import Product
from listings.review import approve
from listings.revising import edit_listing
from tests.listings.offers import (
    all_ok,
    approved,
    dossier_json,
    draft_listing,
    draft_product,
    in_compliance,
    make_terms,
    provider_actor,
    registered_product,
    submitted,
)
from tests.listings.papers import paper
from tests.refusals import refused
from tests.world import Role, actor, api, make_client, make_member, person_of, staff, valid_uscc

pytestmark = pytest.mark.django_db
API = "/api/v1"
HOLD, USE, OPERATE = ({"right": right} for right in ("HOLD", "USE", "OPERATE"))
OTHER = {"name": "海珠数据有限公司", "jurisdiction": "CN", "identifier": valid_uscc(77)}
CONTRACT = {"source_kind": "AGREEMENT", "evidence": {"CONTRACT": "合同第三条"}}
JOINT = {"source_kind": "JOINT", "evidence": {"JOINT_HOLDERS": "名单"}}


@pytest.fixture
def provider():
    return make_member("gzdex")


@pytest.fixture
def client(provider):
    return api(make_client(person_of(provider)))


def sells(**limits):
    """Return the claims of a provider whose right to operate is limited in this way."""
    return [HOLD, USE, OPERATE | limits]


def in_days(days):
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def told(caught):
    return {error.pointer: error.code for error in caught.value.errors}


@pytest.mark.parametrize(
    ("source", "claims", "bases", "evidence"),
    [
        # A dossier that only lists its rights claims them on the usual basis of its source.
        ({}, None, ["OWN_PRODUCTION"] * 3, {"LAWFUL_COLLECTION"}),
        (CONTRACT, None, ["CONTRACT"] * 3, {"CONTRACT"}),
        (CONTRACT, [HOLD, USE | {"basis": "TRANSFER"}], ["CONTRACT", "TRANSFER"], {"CONTRACT"}),
        (JOINT, [HOLD, USE, HOLD | {"holder": OTHER}], ["JOINT_HOLDING"] * 3, {"JOINT_HOLDERS"}),
        (JOINT, sells(), ["JOINT_HOLDING"] * 3, {"JOINT_HOLDERS", "CONSENT_OF_OTHERS"}),
        (
            JOINT,
            sells(basis="CONTRACT"),
            ["JOINT_HOLDING", "JOINT_HOLDING", "CONTRACT"],
            {"JOINT_HOLDERS", "CONTRACT"},
        ),
    ],
)
def test_each_basis_gives_its_rights_and_takes_its_evidence(client, source, claims, bases, evidence):
    given = dossier_json(product_type="SERVICE", **source)
    if claims is not None:
        given = {**given, "rights_claims": claims}
        del given["rights"]
    product = client.post(f"{API}/products", given | {"evidence": {}}).json()
    assert [claim["basis"] for claim in product["rights_matrix"]] == bases
    assert product["rights"] == list(dict.fromkeys(c["right"] for c in product["rights_matrix"] if not c["holder"]))
    again = client.patch(f"{API}/products/{product['id']}", {"rights_claims": product["rights_claims"]}).json()
    assert again["rights_matrix"] == product["rights_matrix"]
    missing = client.post(f"{API}/products/{product['id']}/register").json()["errors"]
    assert {error["pointer"].rpartition("/")[2] for error in missing} == evidence


YEAR, NEXT_YEAR = "2027-01-01", "2028-01-01"


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"rights": ["OPERATE", "HOLD"]}, {"/rights/0": "contradictory_rights"}),
        ({"rights_claims": [HOLD, OPERATE]}, {"/rights_claims/1/right": "contradictory_rights"}),
        ({"rights": ["HOLD"], "rights_claims": [HOLD, USE]}, {"/rights": "contradictory_rights"}),
        ({"rights_claims": [HOLD, HOLD]}, {"/rights_claims/1/right": "contradictory_rights"}),
        (
            {"rights_claims": [HOLD, USE | {"valid_until": YEAR}, OPERATE | {"valid_until": NEXT_YEAR}]},
            {"/rights_claims/2/valid_until": "contradictory_rights"},
        ),
        (
            {"rights_claims": [USE | {"territories": ["CN"]}, OPERATE]},
            {"/rights_claims/1/territories": "contradictory_rights"},
        ),
        (
            {"rights_claims": [USE | {"sublicence_allowed": True}]},
            {"/rights_claims/0/sublicence_allowed": "contradictory_rights"},
        ),
        (
            {"rights_claims": [USE | {"valid_from": NEXT_YEAR, "valid_until": YEAR}]},
            {"/rights_claims/0/valid_until": "before_start"},
        ),
        ({"rights_claims": [USE | {"territories": ["ZZ"]}]}, {"/rights_claims/0/territories": "unknown_jurisdiction"}),
        ({"rights_claims": [USE | {"basis": "TRANSFER"}]}, {"/rights_claims/0/basis": "basis_not_available"}),
        ({"rights_claims": [USE | {"basis": "FOUND"}]}, {"/rights_claims/0/basis": "unknown_basis"}),
        ({"rights_claims": [{"right": "OWN"}]}, {"/rights_claims/0/right": "invalid_choice"}),
        ({"rights_claims": [USE | {"valid_until": "soon"}]}, {"/rights_claims/0/valid_until": "invalid"}),
        ({"rights_claims": [USE | {"holder": {"name": "x"}}]}, None),
        ({"rights_claims": "all"}, {"/rights_claims": "not_a_list"}),
        (
            {"rights_claims": [USE, HOLD | {"holder": OTHER | {"identifier": OTHER["identifier"][:-1] + "I"}}]},
            {"/rights_claims/1/holder/identifier": "wrong_format"},
        ),
        (
            {"rights_claims": sells(sublicence_allowed=False), "resale_allowed": True},
            {"/resale_allowed": "wider_than_rights"},
        ),
        (
            {"rights_claims": sells(territories=["CN"]), "export_allowed": True},
            {"/export_allowed": "wider_than_rights"},
        ),
        (CONTRACT | {"resale_allowed": True}, {"/resale_allowed": "wider_than_rights"}),
        (
            {"source_kind": "CRAWLED_PUBLIC", "processing": "RAW", "evidence": {}, "rights_claims": sells()},
            {"/rights_claims/2/right": "right_not_available"},
        ),
        (
            {"source_kind": "ENTRUSTED", "evidence": {}, "rights_claims": sells()},
            {"/source_kind": "not_registrable"},
        ),
    ],
)
def test_what_cannot_be_claimed_is_refused_where_it_stands(client, changes, errors):
    given = dossier_json(product_type="SERVICE", **changes)
    if "rights_claims" in changes and "rights" not in changes:
        del given["rights"]
    answer = client.post(f"{API}/products", given)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid"), answer.json()
    if errors is not None:
        assert {error["pointer"]: error["code"] for error in answer.json()["errors"]} == errors
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("limits", "granted", "errors"),
    [
        ({}, {"resale_allowed": True}, {}),
        ({"sublicence_allowed": False}, {"resale_allowed": True}, {"/resale_allowed": "wider_than_rights"}),
        ({"territories": ["CN", "MO"]}, {"territories": ["CN"]}, {}),
        ({"territories": ["CN"]}, {"territories": ["CN", "HK"]}, {"/territories": "wider_than_rights"}),
        ({"territories": ["CN"]}, {}, {"/territories": "wider_than_rights"}),
        ({"valid_until": in_days(30)}, {"term_days": 30}, {}),
        ({"valid_until": in_days(30)}, {"term_days": 31}, {"/term_days": "wider_than_rights"}),
        ({"valid_until": in_days(30)}, {}, {"/term_days": "wider_than_rights"}),
    ],
)
def test_terms_grant_no_more_than_the_right_to_operate(provider, limits, granted, errors):
    may = limits.get("sublicence_allowed", True)
    product = draft_product(provider, rights_claims=sells(**limits), resale_allowed=may)
    if not errors:
        assert make_terms(product, **granted).pk
        return
    with refused("invalid") as caught:
        make_terms(product, **granted)
    assert told(caught) == errors


def test_a_right_that_has_ended_stops_registering_submitting_approving_and_ordering(provider):
    claims = sells(valid_until=in_days(40), sublicence_allowed=False)
    product = registered_product(provider, rights_claims=claims)
    make_terms(product, term_days=30)
    draft = draft_listing(product)
    in_time, between, afterwards = (timezone.now() + timedelta(days=days) for days in (10, 20, 41))
    with time_machine.travel(between), refused("invalid") as caught:
        submitted(draft)
    assert told(caught) == {"/terms_id": "wider_than_rights"}

    waiting = in_compliance(draft)
    with time_machine.travel(afterwards), refused("invalid") as caught:
        approve(
            listing_id=waiting.pk,
            answers=all_ok(waiting, waiting.stage),
            actor=actor(staff("gzdex", Role.COMPLIANCE_REVIEWER)),
        )
    assert told(caught)["/product/rights_claims/2/valid_until"] == "right_ended"

    listing = approve(
        listing_id=waiting.pk,
        answers=all_ok(waiting, waiting.stage),
        actor=actor(staff("gzdex", Role.COMPLIANCE_REVIEWER)),
    )
    assert listing.rights_until == date.fromisoformat(in_days(40))
    plan = listing.plans.get().pk
    with time_machine.travel(in_time):
        assert offer_for(listing.pk, plan).listing == listing
    for later in (between, afterwards):
        with time_machine.travel(later), refused("right_to_operate_ends"):
            offer_for(listing.pk, plan)
    with time_machine.travel(afterwards), refused("invalid") as caught:
        registered_product(provider, rights_claims=claims)
    assert told(caught) == {"/rights_claims/2/valid_until": "right_ended"}


def test_what_was_reviewed_is_digested_with_its_matrix_and_papers(provider, client):
    product = registered_product(provider, rights_claims=sells(valid_until="2099-12-31"), **CONTRACT)
    kept = paper(product, evidence="CONTRACT")
    make_terms(product, term_days=365)
    listing = approved(draft_listing(product))
    [submission] = listing.submissions.all()
    digests = Digests(canonical_json(submission.dossier))
    assert (submission.sha256, submission.sm3) == (digests.sha256, digests.sm3)
    assert (listing.dossier_sha256, listing.dossier_sm3) == (submission.sha256, submission.sm3)
    assert submission.dossier["/product/rights_claims"][2]["valid_until"] == "2099-12-31"
    assert submission.dossier["/documents"][0]["sha256"] == kept.sha256
    shown = client.get(f"{API}/catalogue/{listing.pk}").json()
    assert [claim["basis"] for claim in shown["product"]["rights_matrix"]] == ["CONTRACT"] * 3

    # A new term of the right is a material edit: what was reviewed stays live, under its own digest.
    edit = edit_listing(
        listing_id=listing.pk,
        dossier={"rights_claims": sells(valid_until="2098-12-31")},
        reason="The contract ends a year earlier.",
        actor=provider_actor(provider),
    )
    assert edit.revision is not None
    listing.refresh_from_db()
    assert listing.dossier_sha256 == submission.sha256
