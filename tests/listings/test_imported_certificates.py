"""Papers of a dossier, and certificates of other registries: by form, holder and officer, and until they expire."""

import hashlib
from base64 import b64encode
from datetime import date, timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.db import IntegrityError, InternalError, transaction
from django.utils import timezone

from accounts.models import Role
from kernel.models import AuditEvent, Certificate, Job
from kernel.problems import Problem
from listings import papers
from listings.certified import renewal_is_open
from listings.documents import keep_document, read_document
from listings.encryption import CHUNK_BYTES, Tampered
from listings.imported_certificates import (
    reject_imported,
    verify_imported,
    withdraw_imported,
)
from listings.models import Document, ImportedCertificate, Product
from listings.registration import delete_product, register_product
from listings.review import approve, submit
from listings.rotation import rewrap_data_keys
from tests.listings.offers import (
    all_ok,
    draft_listing,
    draft_product,
    in_compliance,
    listed,
    make_dataset,
    provider_actor,
    registered_product,
    submitted,
)
from tests.listings.papers import PDF, imported, paper, property_certificate
from tests.refusals import refused
from tests.world import actor, api, make_client, make_member, person_of, staff

API = "/api/v1"


@pytest.fixture
def provider(db):
    return make_member()


@pytest.fixture
def product(provider):
    return draft_product(provider)


def errors_of(problem: Problem) -> dict[str, str]:
    return {error.pointer: error.code for error in problem.errors}


def stored_objects() -> set[str]:
    root = Path(settings.STORAGE_URL.removeprefix("file://")) / "documents"
    return {path.name for path in root.glob("*")}


def officer(code: str = "gzdex"):
    return actor(staff(code, Role.COMPLIANCE_REVIEWER))


def at_a_venue(provider, **certificate):
    """Return a draft listing whose product has an imported certificate."""
    listing = draft_listing(registered_product(provider))
    return listing, imported(listing.product, **certificate)


# --- papers ----------------------------------------------------------------------------------------------------------


def test_a_paper_is_kept_encrypted_and_read_back_as_it_was(product):
    content = PDF + bytes(CHUNK_BYTES)
    pieces = [content[:CHUNK_BYTES], content[CHUNK_BYTES:]]
    kept = keep_document(
        product_id=product.pk,
        name="合同.pdf",
        body=pieces,
        evidence="CONTRACT",
        actor=provider_actor(product.organization),
    )
    assert (kept.media_type, kept.size) == ("application/pdf", len(content))
    assert kept.sha256 == hashlib.sha256(content).hexdigest()
    stored = Path(settings.STORAGE_URL.removeprefix("file://")) / kept.storage_name
    assert b"%PDF" not in stored.read_bytes()
    _row, bytes_back = read_document(document_id=kept.pk, actor=provider_actor(product.organization))
    assert b"".join(bytes_back) == content
    assert AuditEvent.objects.filter(action="document.read", subject_id=str(kept.pk)).count() == 1


def test_a_changed_paper_does_not_open(product):
    kept = paper(product)
    stored = Path(settings.STORAGE_URL.removeprefix("file://")) / kept.storage_name
    damaged = bytearray(stored.read_bytes())
    damaged[-1] ^= 1
    stored.write_bytes(bytes(damaged))
    with pytest.raises(Tampered):
        list(read_document(document_id=kept.pk, actor=provider_actor(product.organization))[1])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_part"),
        (b"<svg onload=alert(1)>", "document_type_unknown"),
        (b"PK\x03\x04", "document_type_unknown"),
        (b"%PDX", "document_type_unknown"),
    ],
)
def test_only_papers_are_taken_and_nothing_of_others_stays(product, content, code):
    before = stored_objects()
    with refused(code):
        paper(product, content=content)
    assert (Document.objects.count(), stored_objects()) == (0, before)


def test_a_paper_that_is_too_large_leaves_nothing(product, monkeypatch):
    monkeypatch.setattr(papers, "LARGEST_PAPER", len(PDF) - 1)
    before = stored_objects()
    with refused("too_large"):
        paper(product)
    assert (Document.objects.count(), stored_objects()) == (0, before)
    assert set(Job.objects.filter(kind="part.abandoned").values_list("state", flat=True)) == {"CANCELLED"}


def test_a_paper_with_other_bytes_than_announced_is_refused(product):
    with refused("digest_mismatch"):
        keep_document(
            product_id=product.pk,
            name="a.pdf",
            body=[PDF],
            expected_sha256="0" * 64,
            actor=provider_actor(product.organization),
        )


def test_a_paper_proves_something_that_the_table_knows(product):
    with refused("invalid") as caught:
        paper(product, evidence="RUMOUR")
    assert errors_of(caught.value) == {"/evidence": "unknown_evidence"}


def test_evidence_does_not_change_under_a_reviewer(provider):
    listing = submitted(draft_listing(registered_product(provider)))
    with refused("product_in_use"):
        paper(listing.product, evidence="CONTRACT")


def test_what_a_paper_says_is_never_changed(product):
    kept = paper(product)
    with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
        Document.objects.filter(pk=kept.pk).update(sha256="0" * 64)


def test_papers_go_with_the_draft(product):
    kept = paper(product)
    delete_product(product_id=product.pk, actor=provider_actor(product.organization))
    assert not Document.objects.exists()
    assert Job.objects.get(kind="part.replaced").key == kept.storage_name


def test_keys_of_papers_are_wrapped_anew_too(provider, settings):
    old, new = (f"{name}:{b64encode(name.encode() * 8).decode()}" for name in ("2026", "2027"))
    settings.STORAGE_KEYS = [old]
    dataset = make_dataset(provider)
    product = draft_product(provider, dataset=dataset)
    kept = paper(product)
    settings.STORAGE_KEYS = [new, old]
    assert rewrap_data_keys() == 1
    kept.refresh_from_db()
    assert kept.key_id == "2027"
    assert b"".join(read_document(document_id=kept.pk, actor=provider_actor(product.organization))[1]) == PDF


# --- certificates by form --------------------------------------------------------------------------------------------


def test_a_data_property_certificate_is_taken_in(product):
    certificate = imported(product)
    assert (certificate.state, certificate.expired) == ("SUBMITTED", False)
    event = AuditEvent.objects.get(action="importedcertificate.imported")
    assert event.details["number"] == certificate.number


def test_a_number_is_read_as_it_is_printed(product):
    number = property_certificate()["number"]
    written = f" {number[:2].lower()} {number[2:8]}\uff10{number[9:]} ".replace("\uff10", number[8])
    assert imported(product, number=written).number == number


OCTOBER = {"number": "SJ4412026100001", "issued_on": date(2026, 10, 15), "valid_until": date(2031, 10, 14)}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"number": "SJ441202610000"}, {"/number": "invalid"}),
        ({"number": "SJ44120261000011"}, {"/number": "invalid"}),
        ({"number": "SJ4412026130001"}, {"/number": "invalid"}),
        ({"number": "SJ4412026000001"}, {"/number": "invalid"}),
        ({"number": "SY4412026100001"}, {"/number": "invalid"}),
        ({"number": "SJ٤٤12026100001"}, {"/number": "invalid"}),
        ({"number": "SJ4412026100000"}, {"/number": "invalid"}),
        ({"number": "SJ4712026100001"}, {"/number": "unknown_region"}),
        ({"number": "SJ4412026110001"}, {"/number": "number_after_issue"}),
        ({"valid_until": None}, {"/valid_until": "required"}),
        ({"valid_until": date(2031, 10, 16)}, {"/valid_until": "out_of_range"}),
        ({"valid_until": date(2026, 10, 15)}, {"/valid_until": "before_start"}),
        ({"valid_until": date(2026, 11, 1)}, {"/valid_until": "certificate_expired"}),
        ({"number": "SJ4412026060001", "issued_on": date(2026, 6, 30)}, {"/issued_on": "out_of_range"}),
        ({"issued_on": date(2026, 12, 25)}, {"/issued_on": "out_of_range"}),
        ({"kind": "DIPLOMA"}, {"/kind": "invalid_choice"}),
        ({"holder_identifier": "91440300708461136T"}, {"/holder_identifier": "holder_differs"}),
        ({"issuer": ""}, {"/issuer": "blank"}),
        ({"rights": ["SELL"]}, {"/rights": "item_invalid"}),
    ],
)
@time_machine.travel("2026-11-24T10:00:00+08:00", tick=False)
def test_what_cannot_be_a_certificate_is_refused_by_field(product, changes, error):
    with refused("invalid") as caught:
        imported(product, **(OCTOBER | changes))
    assert error.items() <= errors_of(caught.value).items()
    assert not ImportedCertificate.objects.exists()


@pytest.mark.parametrize(
    ("kind", "number", "issued_on", "taken"),
    [
        ("SHENZHEN_PROPERTY", "SJ202400001", date(2024, 5, 1), True),
        ("SHENZHEN_PROPERTY", "GZ202400001", date(2024, 5, 1), False),
        ("SHENZHEN_PROPERTY", "SJ202400001", date(2023, 6, 30), False),
        ("SHENZHEN_PROPERTY", "SJ202600001", date(2026, 7, 1), False),
        ("PUBLIC_DATA", "440000-2026-0000123", date(2026, 3, 1), True),
        ("PUBLIC_DATA", "public", date(2026, 3, 1), False),
    ],
)
def test_other_registries_have_numbers_and_days_of_their_own(product, kind, number, issued_on, taken):
    given = {"kind": kind, "number": number, "issued_on": issued_on, "valid_until": None}
    if taken:
        assert imported(product, **given).number == number
    else:
        with refused("invalid"):
            imported(product, **given)


def test_a_certificate_comes_with_a_paper_of_the_same_product(provider, product):
    other = paper(draft_product(provider))
    with refused("invalid") as caught:
        imported(product, document_id=other.pk)
    assert errors_of(caught.value) == {"/document_id": "unknown"}


def test_a_certificate_is_taken_in_once(product):
    imported(product)
    with refused("certificate_exists"):
        imported(product)


# --- certificates by an officer --------------------------------------------------------------------------------------


def test_an_officer_of_the_venue_finds_a_certificate_genuine_and_says_how(provider):
    _listing, certificate = at_a_venue(provider)
    who = officer()
    verified = verify_imported(certificate_id=certificate.pk, reason="Looked up in the national register", actor=who)
    assert (verified.state, verified.decided_by_id) == ("VERIFIED", who.person_id)
    assert verified.finding == "Looked up in the national register"
    event = AuditEvent.objects.get(action="importedcertificate.verified")
    assert event.reason == verified.finding
    with refused("illegal_state"):
        reject_imported(certificate_id=certificate.pk, reason="Again", actor=who)


def test_an_officer_says_why(provider):
    _listing, certificate = at_a_venue(provider)
    with refused("invalid"):
        verify_imported(certificate_id=certificate.pk, reason="  ", actor=officer())
    certificate.refresh_from_db()
    assert certificate.state == "SUBMITTED"


def test_neither_the_holder_nor_another_venue_decides(provider):
    _listing, certificate = at_a_venue(provider)
    with refused("forbidden"):
        verify_imported(certificate_id=certificate.pk, reason="Mine", actor=provider_actor(provider))
    with refused("not_found"):
        verify_imported(certificate_id=certificate.pk, reason="Not ours", actor=officer("szdex"))


def test_a_rejected_certificate_may_be_followed_by_the_right_one(provider):
    listing, certificate = at_a_venue(provider)
    reject_imported(certificate_id=certificate.pk, reason="The register has no such number", actor=officer())
    assert imported(listing.product).state == "SUBMITTED"


def test_the_holder_or_the_venue_takes_a_certificate_away(provider):
    listing, certificate = at_a_venue(provider)
    assert withdraw_imported(certificate_id=certificate.pk, reason="Typed wrongly", actor=provider_actor(provider))
    again = imported(listing.product)
    who = officer()
    verify_imported(certificate_id=again.pk, reason="Seen", actor=who)
    assert withdraw_imported(certificate_id=again.pk, reason="Cancelled there", actor=who).state == "WITHDRAWN"


# --- what a dossier rests on -----------------------------------------------------------------------------------------


def test_a_listing_is_approved_when_its_certificates_are_verified(provider):
    listing, certificate = at_a_venue(provider)
    listing = in_compliance(listing)
    who = officer()
    with refused("invalid") as caught:
        approve(listing_id=listing.pk, answers=all_ok(listing, listing.stage), actor=who)
    assert errors_of(caught.value) == {"/product/certificates": "certificate_not_verified"}
    verify_imported(certificate_id=certificate.pk, reason="Looked up", actor=who)
    approve(listing_id=listing.pk, answers=all_ok(listing, listing.stage), actor=who)
    (told,) = Certificate.objects.get(kind="registration").statement["content"]["imported_certificates"]
    assert (told["kind"], told["number"]) == ("DATA_PROPERTY", certificate.number)


def test_an_expired_certificate_keeps_a_listing_from_being_submitted_until_it_is_renewed(provider):
    listing, certificate = at_a_venue(provider)
    who = provider_actor(provider)
    later = certificate.valid_until + timedelta(days=1)
    with time_machine.travel(later, tick=False):
        certificate.refresh_from_db()
        assert certificate.expired
        with refused("invalid") as caught:
            submit(listing_id=listing.pk, actor=who)
        assert errors_of(caught.value) == {"/product/certificates": "certificate_expired"}
        imported(listing.product)
        assert submit(listing_id=listing.pk, actor=who).state == "SUBMITTED"


def test_renewal_opens_six_months_before_the_last_day(product):
    certificate = imported(product, valid_until=date(timezone.localdate().year + 2, 8, 31))
    year = timezone.localdate().year + 2
    for day, opened in (((year, 2, 27), False), ((year, 2, 28), True), ((year, 8, 31), True), ((year, 9, 1), False)):
        if day == (year, 2, 28) and date(year, 3, 1) - timedelta(days=1) != date(*day):
            continue  # a leap year: the window opens on the 29th
        with time_machine.travel(date(*day), tick=False):
            assert renewal_is_open(certificate) == opened, day


def test_no_right_is_claimed_that_the_certificate_does_not_give(product):
    imported(product, rights=["HOLD", "USE"])
    with refused("invalid") as caught:
        register_product(product_id=product.pk, actor=provider_actor(product.organization))
    assert errors_of(caught.value) == {"/rights/2": "right_not_certified"}


def test_public_data_are_registered_after_their_code(provider):
    public = {"source_kind": "PUBLIC_DATA", "evidence": {"PUBLIC_DATA_REGISTRATION": "授权运营协议"}}
    product = draft_product(provider, **public)
    who = provider_actor(provider)
    with refused("invalid") as caught:
        register_product(product_id=product.pk, actor=who)
    assert errors_of(caught.value) == {"/certificates": "public_data_code_missing"}
    imported(
        product,
        kind="PUBLIC_DATA",
        number="440000-2026-0000123",
        issued_on=date(2026, 3, 1),
        valid_until=None,
    )
    assert register_product(product_id=product.pk, actor=who).state == Product.State.REGISTERED


# --- over HTTP -------------------------------------------------------------------------------------------------------


def test_a_provider_brings_a_certificate_with_two_requests(provider, product):
    http = api(make_client(person_of(provider)))
    digest = b64encode(hashlib.sha256(PDF).digest()).decode()
    kept = http.generic(
        "POST",
        f"{API}/products/{product.pk}/documents?name=certificate.pdf",
        PDF,
        content_type="application/octet-stream",
        headers={"Content-Digest": f"sha-256=:{digest}:"},
    )
    assert kept.status_code == 201, kept.json()
    body = property_certificate() | {
        "issued_on": str(timezone.localdate()),
        "valid_until": str(property_certificate()["valid_until"]),
        "holder_identifier": provider.identifier,
        "document_id": kept.json()["id"],
    }
    made = http.post(f"{API}/products/{product.pk}/imported-certificates", body)
    assert made.status_code == 201, made.json()
    assert (made.json()["state"], made.json()["expired"]) == ("SUBMITTED", False)
    assert http.get(f"{API}/imported-certificates", {"state": "SUBMITTED"}).json()["items"] == [made.json()]
    assert http.get(f"{API}/products/{product.pk}/documents").json()["items"] == [kept.json()]

    content = http.get(f"{API}/documents/{kept.json()['id']}/content")
    assert b"".join(content.streaming_content) == PDF
    assert (content["Content-Type"], content["X-Content-Type-Options"]) == ("application/pdf", "nosniff")


def test_a_stranger_reads_no_paper(provider, product):
    kept = paper(product)
    stranger = api(make_client(person_of(make_member())))
    assert stranger.get(f"{API}/documents/{kept.pk}/content").status_code == 404


def test_buyers_see_the_verified_certificates_of_what_is_listed(provider):
    listing = listed(provider)
    certificate = imported(listing.product)
    address = f"{API}/catalogue/{listing.pk}"
    assert api().get(address).json()["product"]["certificates"] == []
    verify_imported(certificate_id=certificate.pk, reason="Looked up", actor=officer())
    (shown,) = api().get(address).json()["product"]["certificates"]
    assert (shown["number"], shown["issuer"]) == (certificate.number, certificate.issuer)
