"""Bad input, sentence by sentence: each a clear problem document, nothing half-written, never a failure of ours.

| sentence | also, for the layer below, in |
|---|---|
| wrong check digit | accounts/test_identifiers.py, accounts/test_api.py::TestSignUp |
| unknown venue | accounts/test_api.py::TestMemberships, listings/test_listing_api.py, settlements/test_api.py |
| name of 41 Chinese characters | listings/test_listing_api.py, listings/test_registration.py |
| CSV empty, ragged, binary, mis-declared, mixed, one endless line | listings/test_dirty_files.py, test_sealing.py |
| ZIP bomb renamed CSV | listings/test_dirty_files.py |
| price of 0.001, -1, 10^18 | listings/test_listing_api.py, listings/test_plans_and_terms.py, settlements/test_api.py |
| unknown field; body not JSON | kernel/test_problems.py, marketplace/test_api.py |
| a key from another organization | test_strangers.py (every operation), accounts/test_clients.py |
| expired token | accounts/test_clients.py::TestTokens |
| order on a delisted listing; accept twice | marketplace/test_ordering.py, marketplace/test_acceptance.py |
| page cursor tampered with | test_lists.py (every list) |
| null bytes | accounts/test_api.py, accounts/test_clients.py |
| a part whose digest does not match | listings/test_uploading.py |
"""

import base64
import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Capacity, Organization
from listings import uploading
from listings.inspection import inspect_version
from listings.models import DatasetVersion
from tests.api.operations import Operation, is_problem, nothing_changes
from tests.api.traded import Traded
from tests.listings.offers import dossier_json, draft_product, make_dataset
from tests.listings.uploads import announced, put, sealed
from tests.marketplace.trading import delivered, listed_dataset, make_buyer, placed
from tests.world import Api, actor, api, make_client, make_member, make_token, person_of, valid_uscc

pytestmark = pytest.mark.django_db
MIB = 1024 * 1024


@pytest.fixture
def provider(db: None) -> Organization:
    return make_member("gzdex", Capacity.PROVIDER)


@pytest.fixture
def client(provider: Organization) -> Api:
    return api(make_client(person_of(provider)))


def errors(answer: Any) -> dict[str, str]:
    assert all(error["detail"] for error in answer.json()["errors"])
    return {error["pointer"]: error["code"] for error in answer.json()["errors"]}


# --- fields -----------------------------------------------------------------------------------------------------------


def test_a_wrong_check_digit_is_named() -> None:
    right = valid_uscc(4711)
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
    body = {
        "person": {"email": "a@example.com", "name": "A", "password": "a-long-and-rare-passphrase"},
        "organization": {
            "name": {"zh-Hans": "南沙数据"},
            "legal_name": "南沙数据有限公司",
            "jurisdiction": "CN",
            "identifier": wrong,
            "division_code": "440115",
        },
    }
    with nothing_changes():
        answer = api().post("/api/v1/sign-up", body)
    assert is_problem(answer, 400)
    assert errors(answer) == {"/organization/identifier": "wrong_check_digit"}


@pytest.mark.parametrize("code", ["nyse", "GZDEX", "广州", "x" * 20])
def test_an_unknown_venue_is_named_wherever_it_is_asked_for(code: str, client: Api, provider: Organization) -> None:
    amount = {"amount": "1.00", "currency": "CNY"}
    for path, body in (
        ("memberships", {"venue": code, "capacity": "BUYER"}),
        ("payouts", {"venue": code, "amount": amount}),
    ):
        with nothing_changes():
            answer = client.post(f"/api/v1/{path}", body)
        assert is_problem(answer, 400)
        assert errors(answer) == {"/venue": "unknown_venue"}
    assert is_problem(client.get("/api/v1/venues/nyse"), 404)
    assert is_problem(client.get("/api/v1/review-checklists/nyse"), 404)


def test_a_name_of_41_chinese_characters_is_one_too_long(client: Api, provider: Organization) -> None:
    dataset_id = str(make_dataset(provider).pk)
    with nothing_changes():
        answer = client.post("/api/v1/products", dossier_json(dataset_id=dataset_id, name={"zh-Hans": "数" * 41}))
    assert is_problem(answer, 400)
    assert errors(answer) == {"/name": "max_length"}
    right = client.post("/api/v1/products", dossier_json(dataset_id=dataset_id, name={"zh-Hans": "𠀀" * 40}))
    assert right.status_code == 201  # characters are counted, not bytes nor UTF-16 units


@pytest.mark.parametrize("amount", ["0.001", "-1", "-0.01", str(10**18), "1e3", "", " ", "１.００", "0x10", "1.00\n"])
def test_an_amount_that_is_none_is_named(amount: str, client: Api, provider: Organization) -> None:
    product, price = draft_product(provider), {"amount": amount, "currency": "CNY"}
    for path, body, pointer in (
        (f"products/{product.pk}/plans", {"kind": "ONE_OFF", "price": price}, "/price/amount"),
        ("payouts", {"venue": "gzdex", "amount": price}, "/amount/amount"),
    ):
        with nothing_changes():
            answer = client.post(f"/api/v1/{path}", body)
        assert is_problem(answer, 400)
        assert errors(answer) == {pointer: "amount"}


def test_an_unknown_field_is_named_by_every_operation_that_takes_a_body(
    operations: list[Operation], world: Traded
) -> None:
    client = api(make_client(person_of(world.member)))
    signed_in = api(person_of(world.member))
    session_only = {"PATCH /api/v1/me/profile", "PUT /api/v1/me/password"}
    with nothing_changes():
        for operation in operations:
            if "application/json" in operation.declared.get("requestBody", {}).get("content", {}):
                asking = signed_in if operation.name in session_only else client
                answer = operation.call(asking, world.ids, {**operation.example(), "prise": 1})
                assert is_problem(answer, 400), operation.name
                assert errors(answer)["/prise"] == "unknown_field", operation.name


# --- bodies -----------------------------------------------------------------------------------------------------------

NO_OBJECTS = {
    "no JSON": b"title=x",
    "half a body": b'{"title": {"en": "x"',
    "a list": b"[]",
    "a text": b'"x"',
    "NaN": b'{"title": NaN}',
    "infinity": b'{"title": 1e400}',
    "a number that loses digits": b'{"title": 9007199254740993}',
    "a number of 5000 digits": b'{"title": ' + b"9" * 5000 + b"}",
    "a NUL in a text": b'{"title": {"en": "a\\u0000b"}}',
    "a NUL in a name": b'{"ti\\u0000tle": 1}',
    "a bare NUL": b'{"title": "\x00"}',
    "half a character": b'{"title": {"en": "\\ud800"}}',
    "another encoding": '{"title": "数据"}'.encode("gb18030"),
    "a nest of lists": b'{"title": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a nest of objects": b'{"a":' * 500 + b"1" + b"}" * 500,
}


@pytest.mark.parametrize("kind", NO_OBJECTS)
@pytest.mark.parametrize("path", ["datasets", "payouts"])  # a key may be left out, and may not
def test_a_body_that_cannot_be_read_is_refused(kind: str, path: str, client: Api) -> None:
    with nothing_changes():
        answer = client.post(f"/api/v1/{path}", NO_OBJECTS[kind], content_type="application/json")
    assert is_problem(answer, 400)
    assert answer.json()["code"] == "malformed_body"


def test_a_body_of_another_kind_or_size_is_refused(client: Api) -> None:
    path = "/api/v1/datasets"
    with nothing_changes():
        assert is_problem(client.post(path, "a=1", content_type="application/x-www-form-urlencoded"), 415)
        assert is_problem(client.post(path, b"x", content_type="multipart/form-data; boundary=x"), 415)
        huge = b'{"title": {"en": "' + b"x" * (3 * MIB) + b'"}}'
        assert is_problem(client.post(path, huge, content_type="application/json"), 413)


# --- null bytes -------------------------------------------------------------------------------------------------------


def test_null_bytes_in_a_query_are_refused_or_find_nothing(operations: list[Operation], world: Traded) -> None:
    client = api(make_client(person_of(world.member)))
    for operation in operations:
        for name in operation.parameters("query"):
            answer = operation.call(client, world.ids, **{name: "a\x00b"})
            assert is_problem(answer) or answer.json() == {"items": [], "next": None}, (operation.name, name)


def test_null_bytes_in_a_path_find_nothing(operations: list[Operation], world: Traded) -> None:
    client = api(make_client(person_of(world.member)))
    with nothing_changes():
        for operation in operations:
            for name in operation.parameters("path"):
                ids = world.ids | {name: "a%00b"}
                answer = operation.call(client, ids, operation.example())
                assert is_problem(answer), (operation.name, name)
                assert answer.status_code in (400, 404), (operation.name, name)
        assert is_problem(client.get("/api/v1/downloads/a%00b"), 404)


@pytest.mark.parametrize("value", ["\x00", "a\x00b", "\x7f", "é", "x" * 10_000])
@pytest.mark.parametrize(
    "header", ["Idempotency-Key", "Dawan-Organization", "Authorization", "Accept-Language", "Accept", "traceparent"]
)
def test_a_header_that_is_no_such_thing_harms_nobody(header: str, value: str, client: Api) -> None:
    credentials = {} if header == "Authorization" else {"Authorization": client.defaults["HTTP_AUTHORIZATION"]}
    answer = Api().post(
        "/api/v1/datasets", {}, idempotency_key=None, headers={**credentials, header: value}
    )  # an empty body: at best it is refused for its missing title
    assert is_problem(answer)


# --- tokens, orders, answers ------------------------------------------------------------------------------------------


def test_an_expired_token_opens_nothing(operations: list[Operation], world: Traded) -> None:
    client = api()
    token = make_token(make_client(person_of(world.member)), lifetime=-timedelta(seconds=1))
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    anonymous = {"POST /api/v1/sign-up", "POST /api/v1/invitations/accept"}  # they look at no token
    session_only = {"PATCH /api/v1/me/profile", "PUT /api/v1/me/password"}
    with nothing_changes():
        for operation in operations:
            if operation.name not in anonymous | session_only:
                answer = operation.call(client, world.ids, {})
                assert is_problem(answer, 401), operation.name
                assert answer.json()["code"] == "token_expired", operation.name
                assert "invalid_token" in answer["WWW-Authenticate"]


def test_a_delisted_listing_cannot_be_ordered(client: Api, provider: Organization) -> None:
    listing, buyer = listed_dataset(provider), make_buyer()
    wish = {"listing_id": str(listing.id), "plan_id": str(listing.plans.get().id), "purpose": "Research"}
    assert client.post(f"/api/v1/listings/{listing.id}/delist", {"reason": "No longer"}).status_code == 200
    buying = api(make_client(person_of(buyer)))
    with nothing_changes():
        answer = buying.post("/api/v1/orders", wish)
    assert is_problem(answer, 409)
    assert answer.json()["code"] == "listing_not_available"


def test_a_delivery_is_accepted_once(provider: Organization) -> None:
    buyer = make_buyer()
    delivery = delivered(placed(listed_dataset(provider), buyer))
    buying = api(make_client(person_of(buyer)))
    assert buying.post(f"/api/v1/deliveries/{delivery.id}/accept").status_code == 200
    for verb, body in (("accept", {}), ("reject", {"reason": "On second thoughts"})):
        with nothing_changes():
            answer = buying.post(f"/api/v1/deliveries/{delivery.id}/{verb}", body)
        assert is_problem(answer, 409)
        assert (answer.json()["code"], answer.json()["state"]) == ("illegal_state", "ACCEPTED")


# --- files ------------------------------------------------------------------------------------------------------------


def test_a_part_whose_digest_does_not_match_leaves_nothing(client: Api) -> None:
    file = announced(client)
    digest = base64.b64encode(bytes(32)).decode()
    # The row that would sweep up after a crash stays, as cancelled.
    with nothing_changes("kernel.Job"):
        answer = put(client, file, 1, b"a,b\n1,2\n", **{"Content-Digest": f"sha-256=:{digest}:"})
    assert is_problem(answer, 422)
    assert answer.json()["code"] == "digest_mismatch"
    assert answer.json()["expected"] == "0" * 64


def zip_bomb() -> bytes:
    """Return 100 MB of zeros in 100 KB."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("streets.csv", "w") as member:
        for _ in range(100):
            member.write(bytes(MIB))
    return packed.getvalue()


BAD_FILES: dict[str, tuple[Any, dict[str, str], str]] = {
    "empty": (lambda: b"", {}, "empty_file"),
    "ragged": (lambda: b"a,b\n1,2\n3\n", {}, "ragged_rows"),
    "binary": (lambda: b"a,b\n1,\x00\n", {}, "binary_content"),
    "declared otherwise": (
        lambda: "名稱\n廣州市天河區\n".encode("big5"),
        {"declared_encoding": "utf-8"},
        "encoding_mismatch",
    ),
    "in two encodings": (lambda: "名称\n广州\n".encode() + "深圳\n".encode("gb18030"), {}, "mixed_encodings"),
    "a ZIP bomb": (zip_bomb, {}, "wrong_container"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_file_refuses_its_version_with_a_reason(kind: str, client: Api) -> None:
    content, fields, code = BAD_FILES[kind]
    version = sealed(client, content(), **fields)
    assert version["state"] == "REFUSED"
    assert (version["refusal"]["code"], bool(version["refusal"]["detail"])) == (code, True)
    assert (version["rows"], version["bytes"], version["sha256"]) == (None, None, "")
    assert version["files"][0]["sha256"] == ""


def endless_line(size: int) -> Iterator[bytes]:
    return (b"a" * MIB for _ in range(size // MIB))


def test_one_line_of_200_megabytes_is_refused_within_bounded_memory(client: Api, provider: Organization) -> None:
    file = announced(client)
    before = peak_memory()
    for number in range(1, 5):
        uploading.receive_part(
            file_id=file["id"], number=number, body=endless_line(50 * MIB), actor=actor(person_of(provider))
        )
    assert client.post(f"/api/v1/files/{file['id']}/complete", {"size": 200 * MIB}).status_code == 200
    assert client.post(f"/api/v1/dataset-versions/{file['version_id']}/seal").status_code == 202
    inspect_version(version_id=file["version_id"], heartbeat=lambda *_told: None)

    assert peak_memory() - before < 64 * MIB
    answer = client.get(f"/api/v1/dataset-versions/{file['version_id']}").json()
    assert (answer["state"], answer["refusal"]["code"]) == (DatasetVersion.State.REFUSED, "line_too_long")


def peak_memory() -> int:
    """Return the most bytes that this process has held since the last call, and start anew (proc(5))."""
    status = Path("/proc/self/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    Path("/proc/self/clear_refs").write_text("5")
    return int(peak.split()[1]) * 1024
