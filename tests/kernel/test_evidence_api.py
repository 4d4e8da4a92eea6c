"""The public log and the certificates over HTTP, as a stranger, an owner and an officer use them."""

import base64
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Capacity, Organization, Role
from kernel.actors import SYSTEM
from kernel.certificates import revoke_certificate
from kernel.digests import canonical_json
from kernel.keys import as_mapping
from kernel.merkle import leaf_hash, verify_consistency, verify_inclusion
from kernel.models import Certificate, TreeHead
from kernel.sealing import event_bytes, seal_events
from kernel.verification import verify_certificate
from tests.kernel.evidence import happened, issued, stated
from tests.world import api, make_client, make_member, person_of, staff, venue

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def keys_dir(settings: Any, tmp_path: Path) -> None:
    settings.KEYS_DIR = tmp_path / "keys"


@pytest.fixture
def provider() -> Organization:
    return make_member("gzdex", Capacity.PROVIDER)


@pytest.fixture
def buyer() -> Organization:
    return make_member("gzdex", Capacity.BUYER, name="深圳智算")


@pytest.fixture
def certificate(provider: Organization, buyer: Organization) -> Certificate:
    return issued(organization_id=provider.id, holder_ids=[buyer.id], venue_id=venue("gzdex").id)


def problem(response: Any) -> tuple[int, str]:
    assert response["Content-Type"] == "application/problem+json"
    return response.status_code, response.json()["code"]


# --- the log -------------------------------------------------------------------------------------------------------


def test_a_stranger_can_follow_the_log_and_catch_a_rewritten_past() -> None:
    """What a monitor does: keep the old head, fetch the new one, check signature and consistency."""
    stranger = api()
    for number in range(5):
        happened(number=number)
    seal_events()
    old = stranger.get("/api/v1/log/tree-heads").json()["items"][0]
    for number in range(6):
        happened(number=number)
    seal_events()

    new = stranger.get("/api/v1/log/tree-heads").json()["items"][0]
    published = stranger.get("/api/v1/log/public-keys").json()
    keys = as_mapping({key["key_id"]: key["public_key"] for key in published["keys"]})
    statement = new["statement"]
    assert statement["log"] == published["log"]
    assert keys[statement["key_id"]].verifies(base64.b64decode(new["signature"]), canonical_json(statement))

    sizes = {"first": old["statement"]["size"], "second": statement["size"]}
    proof = stranger.get("/api/v1/log/consistency", sizes).json()
    assert verify_consistency(
        **sizes,
        first_root=bytes.fromhex(old["statement"]["root_sha256"]),
        second_root=bytes.fromhex(statement["root_sha256"]),
        path=[bytes.fromhex(step) for step in proof["path"]],
    )


@pytest.mark.parametrize("tree_size", [4, 7, None])
def test_an_event_is_proved_at_any_size_since_it_was_sealed(tree_size: int | None) -> None:
    events = [happened(number=number) for number in range(7)]
    seal_events()
    query = {} if tree_size is None else {"tree_size": tree_size}
    proof = api().get(f"/api/v1/log/events/{events[3].id}/inclusion", query).json()
    assert proof["tree_size"] == (tree_size or 7)
    assert verify_inclusion(
        leaf=leaf_hash(event_bytes(events[3])),
        index=proof["leaf_index"],
        size=proof["tree_size"],
        path=[bytes.fromhex(step) for step in proof["path"]],
        root=bytes.fromhex(proof["root_sha256"]),
    )
    assert proof["leaf_sha256"] == leaf_hash(event_bytes(events[3])).hex()


def test_heads_come_in_pages_newest_first() -> None:
    for number in range(5):
        happened(number=number)
        seal_events()
    first = api().get("/api/v1/log/tree-heads", {"limit": 3}).json()
    second = api().get("/api/v1/log/tree-heads", {"limit": 3, "cursor": first["next"]}).json()
    assert [head["statement"]["size"] for head in first["items"] + second["items"]] == [5, 4, 3, 2, 1]
    assert second["next"] is None


@pytest.mark.parametrize(
    "address",
    [
        "log/consistency",
        "log/consistency?first=0",
        "log/consistency?first=2&second=1",
        "log/consistency?first=1&second=4",
        "log/consistency?first=-1",
        "log/consistency?first=1e0",
        "log/consistency?first=%D9%A1",  # an Arabic digit
        "log/consistency?first=99999999999999999999",
        "log/events/{first}/inclusion?tree_size=0",
        "log/events/{first}/inclusion?tree_size=4",
        "log/events/{last}/inclusion?tree_size=1",
        "log/events/{last}/inclusion?tree_size=x",
    ],
)
def test_sizes_that_the_log_never_had_are_refused(address: str) -> None:
    events = [happened(number=number) for number in range(3)]
    seal_events()
    response = api().get("/api/v1/" + address.format(first=events[0].id, last=events[-1].id))
    assert problem(response) == (400, "invalid")
    assert response.json()["errors"][0]["pointer"] in {"/first", "/second", "/tree_size"}


def test_an_event_that_is_unknown_or_not_yet_sealed_has_no_proof() -> None:
    waiting = happened()
    for event_id in (uuid4(), waiting.id):
        assert problem(api().get(f"/api/v1/log/events/{event_id}/inclusion")) == (404, "not_found")
    assert problem(api().get("/api/v1/log/events/7/inclusion")) == (404, "not_found")


def test_an_empty_log_has_no_heads_and_no_keys() -> None:
    assert api().get("/api/v1/log/tree-heads").json() == {"items": [], "next": None}
    assert api().get("/api/v1/log/public-keys").json()["keys"] == []
    assert problem(api().get("/api/v1/log/consistency", {"first": 1})) == (400, "invalid")


# --- certificates --------------------------------------------------------------------------------------------------


def test_both_sides_and_the_venue_read_a_certificate_by_its_number_or_id(
    certificate: Certificate, provider: Organization, buyer: Organization
) -> None:
    for reader in (person_of(provider), make_client(person_of(buyer)), staff("gzdex", Role.AUDITOR)):
        for reference in (certificate.number, certificate.id):
            answer = api(reader).get(f"/api/v1/certificates/{reference}").json()
            assert (answer["number"], answer["state"]) == (certificate.number, "ISSUED")
        assert [item["id"] for item in api(reader).get("/api/v1/certificates").json()["items"]] == [str(certificate.id)]


def test_others_see_neither_the_certificate_nor_its_file(certificate: Certificate) -> None:
    stranger = person_of(make_member("szdex", name="前海数据"))
    for reader in (api(stranger), api(staff("szdex", Role.AUDITOR))):
        assert problem(reader.get(f"/api/v1/certificates/{certificate.number}")) == (404, "not_found")
        assert problem(reader.get(f"/api/v1/certificates/{certificate.number}/file")) == (404, "not_found")
        assert reader.get("/api/v1/certificates").json()["items"] == []
    assert problem(api().get(f"/api/v1/certificates/{certificate.number}")) == (401, "unauthenticated")


def test_the_downloaded_file_verifies_with_the_published_keys(certificate: Certificate, buyer: Organization) -> None:
    response = api(person_of(buyer)).get(f"/api/v1/certificates/{certificate.number}/file")
    assert response["Content-Type"] == "application/json"
    assert response["Content-Disposition"] == f'attachment; filename="{certificate.number}.json"'
    published = api().get("/api/v1/log/public-keys").json()["keys"]
    keys = as_mapping({key["key_id"]: key["public_key"] for key in published})
    assert verify_certificate(response.content, keys).passed


def test_its_page_tells_anybody_whether_it_stands_and_checks_the_file_that_they_were_given(
    certificate: Certificate, buyer: Organization
) -> None:
    page, nobody = f"/certificates/{certificate.number}", Client(enforce_csrf_checks=False)
    file = api(person_of(buyer)).get(f"/api/v1/certificates/{certificate.number}/file").content
    another = issued("B", organization_id=buyer.id)

    def shown(content: bytes | None = None, at: str = page, status: int = 200) -> str:
        form = {"file": SimpleUploadedFile("certificate.json", content)} if content is not None else {}
        answer = nobody.post(at, form) if content is not None or status == 400 else nobody.get(at)
        assert answer.status_code == status
        return str(answer.content.decode())

    plain = shown()
    assert certificate.statement_sha256 in plain
    assert str(buyer.id) not in plain
    for content, words in (
        (file, "is this certificate, unaltered"),
        (file.replace(b"trade", b"tradf"), "is NOT this certificate"),
        (another.file.encode(), "but another certificate"),
        (b"\xff\x00", "is NOT this certificate"),
    ):
        assert words in shown(content)
    assert "of at most 4 MB" in shown(status=400)
    revoke_certificate(certificate_id=certificate.id, reason="The parties withdrew.", actor=SYSTEM)
    assert "The parties withdrew." in shown()
    assert nobody.get("/certificates/GZ-C-1999-000001").status_code == 404
    assert "凭证" in nobody.get(page, headers={"Accept-Language": "zh-hans"}).content.decode()


def test_a_certificate_that_is_not_issued_has_no_file_yet(provider: Organization) -> None:
    waiting = stated(organization_id=provider.id)
    response = api(person_of(provider)).get(f"/api/v1/certificates/{waiting.number}/file")
    assert problem(response) == (409, "illegal_state")


def test_certificates_are_found_by_kind_state_and_subject(provider: Organization) -> None:
    issued("A", organization_id=provider.id)
    stated("B", organization_id=provider.id, kind="registration")
    reader = api(person_of(provider))
    for query, numbers in (
        ({"kind": "trade"}, ["C-A"]),
        ({"state": "STATED"}, ["C-B"]),
        ({"subject_id": "A"}, ["C-A"]),
        ({}, ["C-B", "C-A"]),
    ):
        assert [item["number"] for item in reader.get("/api/v1/certificates", query).json()["items"]] == numbers
    assert problem(reader.get("/api/v1/certificates", {"state": "LOST"})) == (400, "invalid")


def test_a_list_of_certificates_takes_the_same_queries_whatever_its_length(
    provider: Organization, django_assert_max_num_queries: Any
) -> None:
    reader = api(make_client(person_of(provider)))
    for number in range(12):
        stated(str(number), organization_id=provider.id)
    with django_assert_max_num_queries(3):
        assert len(reader.get("/api/v1/certificates").json()["items"]) == 12


def test_an_officer_revokes_and_anybody_who_holds_the_file_learns_of_it(certificate: Certificate) -> None:
    address = f"/api/v1/certificates/{certificate.number}"
    assert api().get(f"{address}/status").json()["state"] == "ISSUED"
    officer = api(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    answer = officer.post(f"{address}/revoke", {"reason": "stated for the wrong order"})
    assert (answer.status_code, answer.json()["state"]) == (200, "REVOKED")
    status = api().get(f"{address}/status").json()
    assert (status["state"], status["revocation_reason"]) == ("REVOKED", "stated for the wrong order")
    assert "statement" not in status
    assert problem(officer.post(f"{address}/revoke", {"reason": "again"})) == (409, "illegal_state")


def test_only_staff_with_the_permission_revoke(certificate: Certificate, provider: Organization) -> None:
    address = f"/api/v1/certificates/{certificate.number}/revoke"
    for person in (person_of(provider), staff("gzdex", Role.CLERK)):
        assert problem(api(person).post(address, {"reason": "mine"})) == (403, "forbidden")
    assert problem(api(staff("szdex", Role.VENUE_ADMIN)).post(address, {"reason": "x"})) == (404, "not_found")
    officer = api(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    assert problem(officer.post(address, {})) == (400, "invalid")
    assert problem(officer.post(address, {"reason": " "})) == (400, "invalid")
    certificate.refresh_from_db()
    assert certificate.state == Certificate.State.ISSUED


def test_an_officer_revokes_in_the_console_after_giving_a_reason(certificate: Certificate) -> None:
    officer = api(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    page = f"/console/kernel/certificate/{certificate.id}"
    assert f"/api/v1/certificates/{certificate.number}/file" in officer.get(f"{page}/change/").content.decode()
    form = {"content_type": "application/x-www-form-urlencoded", "idempotency_key": None}
    assert officer.post(f"{page}/revoke/", "reason=", **form).status_code == 200
    certificate.refresh_from_db()
    assert certificate.state == Certificate.State.ISSUED
    assert officer.post(f"{page}/revoke/", "reason=wrong+price", **form).status_code == 302
    certificate.refresh_from_db()
    assert (certificate.state, certificate.revocation_reason) == (Certificate.State.REVOKED, "wrong price")


def test_the_console_shows_the_signed_heads_and_keys() -> None:
    happened()
    seal_events()
    auditor = api(staff("gzdex", Role.AUDITOR))
    head = TreeHead.objects.get()
    assert head.root_sha256 in auditor.get("/console/kernel/treehead/").content.decode()
    assert head.key_id in auditor.get("/console/kernel/logkey/").content.decode()


def test_the_status_of_an_unknown_certificate_is_not_found() -> None:
    assert problem(api().get("/api/v1/certificates/GZ-C-2026-999999/status")) == (404, "not_found")
