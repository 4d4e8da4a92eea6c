"""The sealer: every event gets exactly one place in a log that can prove that it only grew."""

import base64
import hashlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction

from kernel import keys
from kernel.identifiers import uuid7
from kernel.merkle import leaf_hash, root, verify_consistency, verify_inclusion
from kernel.models import AuditEvent, LogKey, MerkleNode, SealedEvent, TreeHead, UnsealedEvent
from kernel.proofs import consistency_proof, inclusion_proof, root_at
from kernel.sealing import event_bytes, seal_batch, seal_events
from tests.kernel.evidence import a_cheat_with_the_database_password, faults, happened
from tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def keys_dir(settings: Any, tmp_path: Path) -> Path:
    settings.KEYS_DIR = tmp_path
    return tmp_path


def sealed_hashes() -> list[bytes]:
    return [bytes(row.sha256) for row in SealedEvent.objects.order_by("leaf_index")]


def test_an_event_waits_in_the_queue_until_it_is_sealed() -> None:
    event = happened()
    assert list(UnsealedEvent.objects.values_list("event_id", flat=True)) == [event.id]
    assert seal_events() == 1
    assert not UnsealedEvent.objects.exists()
    assert event.sealed.leaf_index == 0


def test_an_event_that_did_not_happen_is_not_sealed() -> None:
    with transaction.atomic():
        happened()
        transaction.set_rollback(True)
    assert seal_events() == 0


def test_sealing_nothing_signs_nothing(keys_dir: Path) -> None:
    assert seal_events() == 0
    assert not TreeHead.objects.exists()
    assert not list(keys_dir.iterdir())


def test_a_leaf_is_the_canonical_json_of_the_event_under_both_digests() -> None:
    event = happened(amount="12.30", name="数据", rows=7)
    seal_events()
    written = json.dumps(
        {
            "id": str(event.id),
            "occurred_at": event.occurred_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "action": "door.opened",
            "subject_type": "logkey",
            "subject_id": "front",
            "actor_kind": "system",
            "actor_id": None,
            "person_id": None,
            "organization_id": None,
            "venue_id": None,
            "reason": "",
            "details": {"amount": "12.30", "name": "数据", "rows": 7},
            "trace_id": event.trace_id,
        },
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    ).encode()
    sm3 = hashes.Hash(hashes.SM3())
    sm3.update(written)
    leaf = event.sealed
    assert bytes(leaf.sha256) == hashlib.sha256(b"\x00" + written).digest()
    assert bytes(leaf.sm3) == sm3.finalize()


def test_numbers_that_json_cannot_carry_exactly_do_not_stop_the_log() -> None:
    event = happened(large=2**70, small=-(2**63), fine=2**53 - 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kernel_auditevent (id, occurred_at, action, subject_type, subject_id, actor_kind, reason,"
            " details, trace_id) VALUES (%s, now(), 'x.y', 'x', '1', 'system', '', %s, '')",
            [uuid7(), '{"huge": 1e999, "exact": 0.1}'],
        )
    assert seal_events() == 2
    assert b'"large":"1180591620717411303424"' in event_bytes(AuditEvent.objects.get(pk=event.pk))
    assert b'"fine":9007199254740991' in event_bytes(AuditEvent.objects.get(pk=event.pk))
    assert faults() == []


def test_the_head_is_signed_by_the_published_key() -> None:
    for _ in range(3):
        happened()
    before = datetime.now(UTC)
    seal_events()
    head = TreeHead.objects.get()
    statement = json.dumps(head.statement, sort_keys=True, separators=(",", ":")).encode()
    public = load_pem_public_key(LogKey.objects.get(key_id=head.key_id).public_key.encode())
    public.verify(base64.b64decode(head.signature), statement)  # type: ignore[union-attr, call-arg]
    assert head.statement["size"] == 3
    assert head.statement["log"] == "dawan-exchange"
    assert head.statement["root_sha256"] == root(sealed_hashes()).hex()
    assert datetime.fromisoformat(head.statement["sealed_at"]) >= before


@pytest.mark.parametrize("batch", [1, 2, 3, 7, 100])
def test_the_tree_is_the_same_however_the_events_were_batched(batch: int) -> None:
    events = [happened(number=number) for number in range(20)]
    while seal_batch(batch):
        pass
    assert root_at(20) == root([leaf_hash(event_bytes(event)) for event in events])
    assert [row.event_id for row in SealedEvent.objects.order_by("leaf_index")] == [event.id for event in events]
    assert MerkleNode.objects.count() == 10 + 5 + 2 + 1
    assert TreeHead.objects.count() == -(-20 // batch)
    assert faults() == []


def test_any_two_heads_are_consistent_and_every_event_is_included() -> None:
    for number in range(13):
        happened(number=number)
        seal_events()
    heads = list(TreeHead.objects.order_by("size"))
    leaves = sealed_hashes()
    for second in heads:
        for first in heads[: second.size]:
            assert verify_consistency(
                first=first.size,
                second=second.size,
                first_root=bytes.fromhex(first.root_sha256),
                second_root=bytes.fromhex(second.root_sha256),
                path=consistency_proof(first=first.size, second=second.size, current=13),
            )
        for index in range(second.size):
            path = inclusion_proof(leaf_index=index, tree_size=second.size)
            assert verify_inclusion(
                leaf=leaves[index],
                index=index,
                size=second.size,
                path=path,
                root=bytes.fromhex(second.root_sha256),
            )


def test_a_proof_takes_one_query_whatever_the_size(django_assert_num_queries: Any) -> None:
    for number in range(200):
        happened(number=number)
    seal_events()
    with django_assert_num_queries(1):
        inclusion_proof(leaf_index=67, tree_size=199)
    with django_assert_num_queries(1):
        consistency_proof(first=67, second=199, current=200)


def test_there_is_no_proof_of_what_is_not_there() -> None:
    happened()
    seal_events()
    with refused("invalid"):
        inclusion_proof(leaf_index=1, tree_size=1)
    for first, second in ((0, 1), (2, 1), (1, 2)):
        with refused("invalid"):
            consistency_proof(first=first, second=second, current=1)


def test_a_log_that_cannot_be_signed_is_not_sealed(settings: Any) -> None:
    happened()
    settings.LOG_SIGNING_KEY = "nonsense"
    with pytest.raises(keys.UnusableKey):
        seal_events()
    assert UnsealedEvent.objects.count() == 1
    assert not SealedEvent.objects.exists()


def test_a_rotated_key_signs_new_heads_and_old_heads_still_verify() -> None:
    happened()
    seal_events()
    call_command("rotate_log_key")
    happened()
    seal_events()
    old, new = TreeHead.objects.order_by("size")
    assert old.key_id != new.key_id
    assert faults() == []
    call_command("verify_log")


# --- what the database refuses -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        f"{change} {table} {rest}"
        for table, column in [
            ("kernel_auditevent", "action"),
            ("kernel_sealedevent", "sm3"),
            ("kernel_merklenode", "hash"),
            ("kernel_treehead", "signature"),
            ("kernel_logkey", "public_key"),
        ]
        for change, rest in [("UPDATE", f"SET {column} = {column}"), ("DELETE FROM", "")]
    ],
)
def test_evidence_is_never_changed_nor_deleted(statement: str) -> None:
    happened()
    happened()
    seal_events()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_outside_a_test_database_evidence_is_never_truncated() -> None:
    """The default database of the test run's own server carries no `test_` in its name: the real rule holds there."""
    sql = (Path(__file__).parents[2] / "kernel" / "sql" / "append_only.sql").read_text()
    tables = ["auditevent", "sealedevent", "merklenode", "treehead", "logkey", "certificate"]
    address = connection.get_connection_params()
    with psycopg.connect(host=address["host"], user=address["user"], dbname="dawan") as other:
        other.execute("CREATE SCHEMA evidence_rule; SET search_path = evidence_rule")
        for table in tables:
            other.execute(f"CREATE TABLE kernel_{table} (id int)")  # type: ignore[arg-type]
        other.execute(sql)  # type: ignore[arg-type]
        for table in tables:
            with pytest.raises(psycopg.errors.RestrictViolation), other.transaction():
                other.execute(f"TRUNCATE kernel_{table}")  # type: ignore[arg-type]
        other.rollback()


# --- what verify_log finds -----------------------------------------------------------------------------------------

FORGERIES = {
    "an event's words": 'UPDATE kernel_auditevent SET details = \'{"amount": "1"}\' WHERE id = %(event)s',
    "an event's time": "UPDATE kernel_auditevent SET occurred_at = occurred_at + interval '1 us' WHERE id = %(event)s",
    "an event, deleted": "DELETE FROM kernel_auditevent WHERE id = %(event)s",
    "a leaf hash": "UPDATE kernel_sealedevent SET sha256 = sm3 WHERE event_id = %(event)s",
    "an SM3 digest": "UPDATE kernel_sealedevent SET sm3 = sha256 WHERE event_id = %(event)s",
    "a leaf, deleted": "DELETE FROM kernel_sealedevent WHERE event_id = %(event)s",
    "the last leaf, deleted": "DELETE FROM kernel_sealedevent WHERE leaf_index = 9",
    "a leaf under no head": "UPDATE kernel_sealedevent SET leaf_index = 11 WHERE leaf_index = 9",
    "two events exchanged": """
        UPDATE kernel_sealedevent SET leaf_index = 107 - leaf_index WHERE leaf_index IN (3, 4);
        UPDATE kernel_sealedevent SET leaf_index = leaf_index - 100 WHERE leaf_index > 100
    """,
    "a node": "UPDATE kernel_merklenode SET hash = sha256('x') WHERE level = 1 AND position = 2",
    "a node, deleted": "DELETE FROM kernel_merklenode WHERE level = 2",
    "a node too many": "INSERT INTO kernel_merklenode (level, position, hash) VALUES (0, 3, sha256('y'))",
    "a node under no head": "INSERT INTO kernel_merklenode (level, position, hash) VALUES (5, 0, sha256('y'))",
    "a head's root": "UPDATE kernel_treehead SET root_sha256 = repeat('0', 64) WHERE size = 5",
    "what a head signed": 'UPDATE kernel_treehead SET statement = statement || \'{"log": "other"}\' WHERE size = 5',
    "a signature": "UPDATE kernel_treehead SET signature = reverse(signature) WHERE size = 5",
    "the newest head, deleted": "DELETE FROM kernel_treehead WHERE size = 10",
    "a waiting event, dropped": "DELETE FROM kernel_unsealedevent",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_the_log_audit_finds(forgery: str, capsys: pytest.CaptureFixture[str]) -> None:
    events = [happened(amount=str(number)) for number in range(10)]
    while seal_batch(5):
        pass
    happened("door.closed")
    assert faults() == []
    with transaction.atomic():
        with a_cheat_with_the_database_password() as cursor:
            cursor.execute(FORGERIES[forgery], {"event": events[3].id})
        assert faults() != []
        with pytest.raises(CommandError, match="does NOT verify"):
            call_command("verify_log")
        transaction.set_rollback(True)  # the broken keys must not meet the end of the test
    assert "FAULT" in capsys.readouterr().out


def test_the_log_audit_trusts_no_key_but_the_published_ones(tmp_path: Path, settings: Any) -> None:
    happened()
    seal_events()
    published = tmp_path / "mine.pem"
    published.write_text(keys.signing_key().public.pem)
    call_command("verify_log", key=published)
    settings.KEYS_DIR = tmp_path / "elsewhere"
    keys.signing_key()
    assert [fault for fault in faults() if "no trusted key" in fault]
    call_command("verify_log", key=published)


def test_an_empty_log_verifies(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_log")
    assert "0 events under 0 signed heads" in capsys.readouterr().out


# --- many at once --------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_an_event_that_commits_after_a_younger_one_was_sealed_is_not_lost() -> None:
    written, commit = threading.Event(), threading.Event()

    def slow_act() -> Any:
        try:
            with transaction.atomic():
                event = happened("slow.act")
                written.set()
                assert commit.wait(30)
            return event.id
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(slow_act)
        assert written.wait(30)
        quick = happened("quick.act")
        assert seal_events() == 1
        commit.set()
        slow_id = slow.result(30)
    assert slow_id < quick.id
    assert seal_events() == 1
    assert [row.event_id for row in SealedEvent.objects.order_by("leaf_index")] == [quick.id, slow_id]
    assert faults() == []


@pytest.mark.django_db(transaction=True)
def test_sealers_that_work_at_once_leave_one_log() -> None:
    def act_and_seal(worker: int) -> int:
        try:
            sealed = 0
            for number in range(12):
                happened(worker=worker, number=number)
                sealed += seal_events()
            return sealed
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        sealed = sum(pool.map(act_and_seal, range(4)))
    assert sealed == SealedEvent.objects.count() == 48
    assert faults() == []
