"""Private set intersection: the real client against the real API, and what a dishonest client cannot learn."""

from statistics import mean, pstdev
from typing import Any

import httpx
import private_set_intersection.python as psi
import pytest
from django.utils import timezone

from accounts.models import Organization
from clients.intersect import Refused, intersect
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent, Job
from listings.room_rules import room_errors
from marketplace.delivery.clean_room import blinding, matching
from marketplace.models import CleanRoom, Intersection, RoomQuery, UsageRecord
from tests.api.operations import nothing_changes
from tests.marketplace.rooming import RULES, opened_room, room_listing
from tests.marketplace.trading import make_buyer
from tests.world import api, make_client, person_of

pytestmark = pytest.mark.django_db

JOBS = (matching.BLIND_JOB, matching.COUNT_JOB)
PATIENTS = [*(f"天河{number}" for number in range(150)), "南沙0"]
VISITS = "patient,district,visited_on,amount\n" + "".join(f"{each},天河,2025-01-15,100\n" for each in PATIENTS)
OWN = [*PATIENTS[:100], *(f"别处{number}" for number in range(40))]


@pytest.fixture
def room(provider: Organization, buyer: Organization) -> CleanRoom:
    return opened_room(room_listing(provider, VISITS, match_column="patient", person_column="patient"), buyer)


@pytest.fixture
def exchange(buyer: Organization) -> httpx.Client:
    """The buyer's HTTP client, which reaches the whole of Django in the test's own transaction."""
    inner = api(make_client(person_of(buyer)))

    def answer(request: httpx.Request) -> httpx.Response:
        path, kind = request.url.raw_path.decode(), request.headers.get("content-type", "")
        headers = {"Idempotency-Key": request.headers["idempotency-key"]}
        found = inner.generic(request.method, path, request.content, content_type=kind, headers=headers)
        return httpx.Response(found.status_code, content=found.content)

    return httpx.Client(transport=httpx.MockTransport(answer), base_url="http://testserver")


def test_only_the_size_and_agreed_sums_come_out_with_noise(
    room: CleanRoom, exchange: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[bytes] = []
    exchange.event_hooks = {"request": [lambda request: sent.append(request.content)]}
    monkeypatch.setattr("clients.intersect.time.sleep", lambda _seconds: run_due_jobs(kinds=JOBS))
    found = intersect(exchange, str(room.pk), OWN, epsilon="8", sums=["amount"])
    assert found["result"]["columns"] == ["size", "sum(amount)"]
    ((size, total),) = found["result"]["rows"]
    assert abs(size - 100) < 8
    assert abs(total - 100 * 100) < 1500
    assert found["receipt"]["epsilon"] == "8.0000"
    assert not any("天河".encode() in body for body in sent)

    query = RoomQuery.objects.get()
    assert (query.kind, query.state, query.reads) == ("INTERSECTION", "RELEASED", 1)
    work = Intersection.objects.get()
    assert (work.blinded, work.setup, work.answer, work.elements) == (None, None, None, 152)
    assert UsageRecord.objects.get().nonce == str(query.pk)
    actions = set(AuditEvent.objects.filter(subject_id=query.pk).values_list("action", flat=True))
    assert {"roomquery.asked", "roomquery.blinded_read", "roomquery.read"} <= actions
    room.refresh_from_db()
    assert room.epsilon_spent == 8
    # One person, and nine of them, are too few to be told of, whatever else is sent with them.
    few = ["南沙0", *OWN[:8], *(f"nobody{number}" for number in range(30))]
    assert intersect(exchange, str(room.pk), few, epsilon="8")["result"]["rows"] == []
    with pytest.raises(Refused, match="privacy_budget_exhausted"):
        intersect(exchange, str(room.pk), OWN, epsilon="45")


def test_two_sets_that_differ_by_one_person_differ_by_less_than_the_noise(room: CleanRoom) -> None:
    from dataclasses import replace
    from decimal import Decimal

    from marketplace.delivery.clean_room import noise
    from marketplace.delivery.clean_room.rules import rules_of

    rules = rules_of(room)
    question = matching._question("data", [], rules)
    sizes = {
        true: [
            noise.gate([[true, true]], question, replace(rules, person_column=""), Decimal("0.5")).rows[0][0]
            for _draw in range(300)
        ]
        for true in (200, 201)
    }
    assert abs(mean(sizes[201]) - mean(sizes[200])) < 1.7
    assert 2 < pstdev(sizes[200]) < 4


def begun(client: Any, room: CleanRoom) -> tuple[str, psi.Request]:
    """Ask for an intersection and return its address with what the buyer is to blind."""
    answer = client.post(f"/api/v1/clean-rooms/{room.pk}/intersections", {"epsilon": "2"})
    assert answer.status_code == 202, answer.json()
    run_due_jobs(kinds=JOBS)
    path = f"/api/v1/room-queries/{answer.json()['id']}"
    blinded = client.post(f"{path}/blinded")
    assert blinded.status_code == 200, blinded.json()
    return path, psi.Request.FromString(blinded.content)


def put(client: Any, path: str, content: bytes) -> Any:
    return client.put(path, content, content_type="application/octet-stream")


def test_what_a_dishonest_buyer_sends_ends_the_query_or_is_refused(room: CleanRoom, buyer: Organization) -> None:
    client = api(make_client(person_of(buyer)))
    path, request = begun(client, room)
    party, other = psi.server.CreateWithNewKey(True), psi.server.CreateWithNewKey(True)
    setup = party.CreateSetupMessage(0.0, 152, OWN, psi.DataStructure.RAW)
    gcs = party.CreateSetupMessage(0.01, 152, OWN, psi.DataStructure.GCS)
    honest = party.ProcessRequest(request)
    point = honest.encrypted_elements[0]
    junk = psi.Response(encrypted_elements=[b"x"])
    with nothing_changes():
        for content in (b"\xff" * 40, gcs.SerializeToString(), junk.SerializeToString()):
            assert put(client, f"{path}/setup", content).status_code == 400
        too_early = put(client, f"{path}/answer", honest.SerializeToString())
        assert too_early.json()["errors"][0]["pointer"] == "/setup"
        assert put(client, f"{path}/setup", b"x" * (matching.LARGEST_MESSAGE + 1)).status_code == 413
    assert put(client, f"{path}/setup", setup.SerializeToString()).status_code == 200
    refused = {
        "malformed": b"\x0a\xff",
        "wrong_count": psi.Response(encrypted_elements=honest.encrypted_elements[:-1]).SerializeToString(),
        "not_points": psi.Response(encrypted_elements=[point] * 152).SerializeToString(),
    }
    for code, content in refused.items():
        answer = put(client, f"{path}/answer", content).json()
        assert answer["errors"][0] == answer["errors"][0] | {"pointer": "/answer", "code": code}
    # One point under another key could make its person count again; the combination of all gives it away.
    fresh = list(honest.encrypted_elements)
    another = other.ProcessRequest(
        psi.Request(reveal_intersection=True, encrypted_elements=request.encrypted_elements[:1])
    )
    spoilt = (
        lambda points: [another.encrypted_elements[0], *points[1:]],
        lambda points: [*points[:-1], b"\x02" + b"\xff" * 32],
        lambda points: [*points[1:], points[0]],
    )
    for number, spoiled in enumerate(spoilt):
        if number:
            path, request = begun(client, room)
            put(client, f"{path}/setup", setup.SerializeToString())
            fresh = list(party.ProcessRequest(request).encrypted_elements)
        sent = psi.Response(encrypted_elements=spoiled(fresh)).SerializeToString()
        assert put(client, f"{path}/answer", sent).status_code == 202
        run_due_jobs(kinds=JOBS)
        query = client.get(path).json()
        assert (query["state"], query["why_not"]) == ("REFUSED", "PROTOCOL")
    room.refresh_from_db()
    assert room.epsilon_spent == 6
    assert client.post(f"{path}/blinded").json()["code"] == "illegal_state"
    assert put(client, f"{path}/answer", b"x").json()["code"] == "illegal_state"
    stranger = api(make_client(person_of(make_buyer())))
    assert put(stranger, f"{path}/setup", b"").status_code == 404


def test_who_may_not_intersect_is_told_why_and_a_dead_worker_costs_nothing(
    room: CleanRoom, provider: Organization, buyer: Organization
) -> None:
    client = api(make_client(person_of(buyer)))
    address = f"/api/v1/clean-rooms/{room.pk}/intersections"
    assert client.post(address, {"epsilon": "2", "sums": ["district"]}).json()["errors"][0]["code"] == "not_summed"
    assert client.post(address, {"epsilon": "0"}).status_code == 400
    selling = api(make_client(person_of(provider)))
    assert selling.post(address, {"epsilon": "2"}).status_code == 403
    assert not RoomQuery.objects.exists()
    rules = RULES | {"match_column": "amount", "person_column": "patient"}
    pointers = [error.pointer for error in room_errors(rules, room.entitlement.agreement.order.listing.product)]
    assert pointers == ["/clean_room/match_column"]

    path, request = begun(client, room)
    party = psi.server.CreateWithNewKey(True)
    setup = party.CreateSetupMessage(0.0, 152, OWN, psi.DataStructure.RAW)
    put(client, f"{path}/setup", setup.SerializeToString())
    put(client, f"{path}/answer", party.ProcessRequest(request).SerializeToString())
    Job.objects.filter(kind=matching.COUNT_JOB).update(
        state=Job.State.RUNNING, attempts=1, leased_until=timezone.now() - timezone.timedelta(seconds=1)
    )
    run_due_jobs(kinds=JOBS)
    assert client.get(path).json()["state"] == "RELEASED"
    room.refresh_from_db()
    assert (room.epsilon_spent, UsageRecord.objects.count()) == (2, 1)


def test_the_combination_is_that_of_the_curve() -> None:
    # The generator of P-256 and its doubles (NIST's test vectors for k = 1, 2, 3).
    generator = bytes.fromhex("036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296")
    doubled = bytes.fromhex("037cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978")
    tripled = bytes.fromhex("025ecbe4d1a6330a44c8f7ef951d4bf165e6c6b721efada985fb41661bc6e7fd6c")
    assert blinding.compressed(blinding.combination([generator, generator], [1, 1])) == doubled
    assert blinding.compressed(blinding.combination([generator, doubled], [1, 1])) == tripled
    assert blinding.combination([generator, tripled, doubled], [2**32 - 1, 1, 1])[2] != 0
