"""Certificates: stated with the act, issued after the seal, verified by anyone offline, and not to be forged."""

import base64
import io
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings as live_settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction

from kernel import tasks  # noqa: F401 - registers the job that issues
from kernel.actors import SYSTEM
from kernel.certificates import REVOKE, issue_certificate, revoke_certificate
from kernel.digests import Digests, canonical_json
from kernel.identifiers import uuid7
from kernel.jobs import run_due_jobs
from kernel.keys import signing_key, trusted_keys
from kernel.merkle import leaf_hash
from kernel.models import AuditEvent, Certificate, Job
from kernel.sealing import seal_events
from kernel.verification import verify_certificate
from tests.kernel.evidence import (
    a_cheat_with_the_database_password,
    faults,
    happened,
    issued,
    leaves_of,
    somebody,
    stated,
    with_changed,
)
from tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def keys_dir(settings: Any, tmp_path: Path) -> Path:
    settings.KEYS_DIR = tmp_path / "keys"
    return settings.KEYS_DIR


@pytest.fixture
def file() -> bytes:
    """A certificate's file whose path has several steps on both sides."""
    for number in range(5):
        happened(number=number)
    seal_events()
    certificate = stated()
    for number in range(6):
        happened(number=number)
    return issue_certificate(certificate_id=certificate.id).file.encode()


def failed(content: bytes) -> list[str]:
    """Return the names of the checks that fail."""
    return [check.name for check in verify_certificate(content, trusted_keys()).checks if not check.passed]


# --- the life of a certificate -------------------------------------------------------------------------------------


def test_a_stated_certificate_is_issued_by_its_job_and_verifies() -> None:
    certificate = stated()
    assert certificate.state == Certificate.State.STATED
    assert run_due_jobs() == 1
    certificate.refresh_from_db()
    assert certificate.state == Certificate.State.ISSUED
    assert certificate.issued_at is not None
    assert failed(certificate.file.encode()) == []
    assert faults() == []


def test_the_event_carries_both_digests_of_the_statement() -> None:
    certificate = stated(number="GZ-C-2026-000007")
    document = {
        "kind": "trade",
        "number": "GZ-C-2026-000007",
        "subject_type": "logkey",
        "subject_id": "GZ-O-2026-000001",
        "content": {
            "price": {"amount": "1200.00", "currency": "CNY"},
            "product": {"zh-Hans": "公交到站数据"},
            "rows": 50_000,
        },
    }
    written = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    event = AuditEvent.objects.get(action="certificate.stated", subject_id=str(certificate.id))
    assert event == certificate.event
    assert event.details == {
        "number": "GZ-C-2026-000007",
        "kind": "trade",
        "statement_sha256": sha256(written).hexdigest(),
        "statement_sm3": Digests(written).sm3,
    }
    assert certificate.statement == document


def test_a_certificate_is_stated_with_its_act_or_not_at_all() -> None:
    with transaction.atomic():
        stated()
        transaction.set_rollback(True)
    assert not Certificate.objects.exists()
    assert not Job.objects.exists()
    assert not AuditEvent.objects.exists()


def test_stating_the_same_again_returns_the_first_certificate() -> None:
    assert stated() == stated()
    assert AuditEvent.objects.filter(action="certificate.stated").count() == 1
    assert Job.objects.count() == 1


def test_stating_something_else_about_the_same_subject_is_refused() -> None:
    stated()
    with refused("conflict"):
        stated(statement={"rows": 1})


def test_subjects_and_kinds_have_certificates_of_their_own() -> None:
    certificates = {stated("A"), stated("B"), stated("A", kind="registration", number="R-A")}
    assert len(certificates) == 3


def test_a_statement_with_a_float_is_refused() -> None:
    with pytest.raises(TypeError, match="floats"):
        stated(statement={"quality": [{"share": 0.5}]})


@pytest.mark.django_db(transaction=True)
def test_workers_that_state_and_issue_at_once_leave_one_certificate() -> None:
    def work(_worker: int) -> str:
        try:
            with transaction.atomic():
                certificate = stated()
            return issue_certificate(certificate_id=certificate.id).file
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        files = set(pool.map(work, range(4)))
    assert len(files) == 1
    assert Certificate.objects.count() == 1
    assert AuditEvent.objects.filter(action="certificate.stated").count() == 1
    assert AuditEvent.objects.filter(action="certificate.issued").count() == 1
    assert failed(files.pop().encode()) == []
    assert faults() == []


def test_issuing_twice_changes_nothing() -> None:
    certificate = issued()
    assert issue_certificate(certificate_id=certificate.id).issued_at == certificate.issued_at
    assert AuditEvent.objects.filter(action="certificate.issued").count() == 1


def test_a_file_that_would_not_verify_is_not_issued() -> None:
    certificate = stated()
    seal_events()
    with a_cheat_with_the_database_password() as cursor:
        cursor.execute("UPDATE kernel_sealedevent SET sha256 = sm3")
    with pytest.raises(RuntimeError, match="does not verify"):
        issue_certificate(certificate_id=certificate.id)
    certificate.refresh_from_db()
    assert certificate.state == Certificate.State.STATED


def test_a_certificate_signed_before_a_rotation_verifies_after_it() -> None:
    old = issued("A")
    call_command("rotate_log_key")
    new = issued("B")
    assert failed(old.file.encode()) == []
    assert failed(new.file.encode()) == []
    assert json.loads(old.file)["tree_head"]["statement"]["key_id"] != signing_key().public.key_id


def test_what_a_certificate_says_is_never_rewritten() -> None:
    certificate = issued()
    for change in (
        "UPDATE kernel_certificate SET statement = '{}'",
        "UPDATE kernel_certificate SET number = 'X'",
        "UPDATE kernel_certificate SET file = ''",
        "DELETE FROM kernel_certificate",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
    certificate.refresh_from_db()
    assert failed(certificate.file.encode()) == []


# --- who sees and who revokes --------------------------------------------------------------------------------------


def test_a_certificate_is_seen_by_both_sides_and_the_venue_and_by_nobody_else() -> None:
    provider, buyer, venue = uuid7(), uuid7(), uuid7()
    certificate = issued(organization_id=provider, holder_ids=[buyer, provider], venue_id=venue)
    assert certificate.holders() == {provider, buyer}
    for actor in (somebody(provider), somebody(buyer), somebody(uuid7(), venue), SYSTEM):
        assert list(Certificate.objects.visible_to(actor)) == [certificate]
    for actor in (somebody(uuid7()), somebody(uuid7(), uuid7()), somebody()):
        assert not Certificate.objects.visible_to(actor).exists()


def test_staff_of_the_venue_revoke_with_a_reason_and_a_new_one_may_be_stated() -> None:
    venue = uuid7()
    certificate = issued(venue_id=venue)
    officer = somebody(uuid7(), venue, permissions=(REVOKE,))
    revoked = revoke_certificate(certificate_id=certificate.id, actor=officer, reason="The price was wrong.")
    assert revoked.state == Certificate.State.REVOKED
    assert revoked.revocation_reason == "The price was wrong."
    event = AuditEvent.objects.get(action="certificate.revoked")
    assert (event.reason, event.actor_id) == ("The price was wrong.", officer.id)
    assert stated(number="C-2", statement={"price": "1.00"}) != certificate


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_revocation_says_why(reason: str) -> None:
    with refused("invalid"):
        revoke_certificate(certificate_id=issued().id, actor=SYSTEM, reason=reason)


def test_a_certificate_is_not_revoked_twice() -> None:
    certificate = issued()
    revoke_certificate(certificate_id=certificate.id, actor=SYSTEM, reason="wrong")
    with refused("illegal_state"):
        revoke_certificate(certificate_id=certificate.id, actor=SYSTEM, reason="wrong")


def test_its_owner_staff_without_the_permission_and_another_venue_cannot_revoke_it() -> None:
    owner, venue = uuid7(), uuid7()
    certificate = issued(organization_id=owner, venue_id=venue)
    for actor, code in (
        (somebody(owner, permissions=(REVOKE,)), "forbidden"),
        (somebody(uuid7(), venue), "forbidden"),
        (somebody(uuid7(), uuid7(), permissions=(REVOKE,)), "not_found"),
    ):
        with refused(code):
            revoke_certificate(certificate_id=certificate.id, actor=actor, reason="because")


def test_a_certificate_revoked_before_it_was_issued_is_never_issued() -> None:
    certificate = stated()
    revoke_certificate(certificate_id=certificate.id, actor=SYSTEM, reason="stated in error")
    run_due_jobs()
    certificate.refresh_from_db()
    assert (certificate.state, certificate.file) == (Certificate.State.REVOKED, "")


# --- forgeries -----------------------------------------------------------------------------------------------------


def test_no_single_byte_of_the_file_can_be_changed(file: bytes) -> None:
    assert failed(file) == []
    undetected = []
    for place in range(len(file)):
        for change in (1, 0x20):  # a neighbour; the other case of a letter
            forged = bytearray(file)
            forged[place] ^= change
            if not failed(bytes(forged)):
                undetected.append((place, change))
    assert undetected == []


def test_no_byte_can_be_removed_added_or_reformatted(file: bytes) -> None:
    assert all(failed(file[:place] + file[place + 1 :]) for place in range(len(file)))
    assert all(failed(file[:place] + b" " + file[place:]) for place in range(len(file) + 1))
    assert failed(json.dumps(json.loads(file), indent=1, ensure_ascii=False).encode()) == ["form"]
    assert failed(file + b"\n") == ["form"]


def test_no_value_can_be_changed_even_in_a_well_formed_file(file: bytes) -> None:
    document = json.loads(file)
    for path, value in leaves_of(document):
        for other in ("", "x", 0, 1, -1, None, True, [], {}, f"{value}0", f" {value}", str(value).upper()):
            if other != value or type(other) is not type(value):
                assert failed(canonical_json(with_changed(document, path, other))), (path, other)


def test_no_member_can_be_added_or_left_out(file: bytes) -> None:
    document = json.loads(file)
    objects = {path[:depth] for path, _ in leaves_of(document) for depth in range(len(path))}
    for path in objects:
        if path == ("inclusion", "path"):
            continue
        place = document
        for step in path:
            place = place[step]
        extended = {**place, "note": "paid in full"}
        assert failed(canonical_json(with_changed(document, path, extended) if path else extended)), path
        for name in place:
            fewer = {key: value for key, value in place.items() if key != name}
            assert failed(canonical_json(with_changed(document, path, fewer) if path else fewer)), (path, name)


def test_each_broken_link_is_named(file: bytes) -> None:
    document = json.loads(file)

    def forged(value: Any, *path: str) -> list[str]:
        return failed(canonical_json(with_changed(document, path, value)))

    assert forged("9.00", "statement", "content", "price", "amount") == ["statement_sha256", "statement_sm3"]
    assert forged("0" * 64, "event", "details", "statement_sha256") == ["statement_sha256", "leaf", "inclusion"]
    assert forged("0" * 64, "event", "details", "statement_sm3") == ["statement_sm3", "leaf", "inclusion"]
    assert forged("door.opened", "event", "action") == ["event", "leaf", "inclusion"]
    assert forged("0" * 64, "inclusion", "leaf_sha256") == ["leaf"]
    assert forged("0" * 64, "inclusion", "leaf_sm3") == ["leaf"]
    assert forged(0, "inclusion", "leaf_index") == ["inclusion"]
    assert forged([], "inclusion", "path") == ["inclusion"]
    assert forged("0" * 64, "tree_head", "statement", "root_sha256") == ["inclusion", "signature"]
    assert forged("another", "tree_head", "statement", "log") == ["signature"]
    assert forged("0" * 64, "tree_head", "statement", "key_id") == ["key"]
    assert forged(base64.b64encode(bytes(64)).decode(), "tree_head", "signature") == ["signature"]
    assert forged("dawan-certificate/2", "format") == ["form"]


def test_the_last_bits_of_the_signature_have_one_spelling(file: bytes) -> None:
    signature = json.loads(file)["tree_head"]["signature"]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = signature[:-3] + alphabet[alphabet.index(signature[-3]) + 1] + "=="
    assert base64.b64decode(other) == base64.b64decode(signature)
    assert failed(file.replace(signature.encode(), other.encode())) == ["signature"]


def test_a_whole_chain_made_by_a_forger_fails_at_the_key_alone(file: bytes) -> None:
    """Somebody without our key can make everything else fit."""
    document = json.loads(file)
    document["statement"]["content"] = {"price": "0.01"}
    digests = Digests(canonical_json(document["statement"]))
    document["event"]["details"] |= {"statement_sha256": digests.sha256, "statement_sm3": digests.sm3}
    leaf = leaf_hash(canonical_json(document["event"])).hex()
    sm3 = Digests(canonical_json(document["event"])).sm3
    document["inclusion"] = {"leaf_index": 0, "leaf_sha256": leaf, "leaf_sm3": sm3, "path": []}
    head = document["tree_head"]["statement"] | {"size": 1, "root_sha256": leaf}
    signature = base64.b64encode(Ed25519PrivateKey.generate().sign(canonical_json(head))).decode()
    document["tree_head"] = {"statement": head, "signature": signature}
    assert failed(canonical_json(document)) == ["signature"]
    assert failed(canonical_json(with_changed(document, ("tree_head", "statement", "key_id"), "f" * 64))) == ["key"]


def test_two_certificates_cannot_exchange_their_parts() -> None:
    mine, theirs = (json.loads(issued(subject).file) for subject in ("A", "B"))
    assert failed(canonical_json(mine | {"statement": theirs["statement"]}))
    assert failed(canonical_json(mine | {"event": theirs["event"], "inclusion": theirs["inclusion"]}))
    assert failed(canonical_json(mine | {"tree_head": theirs["tree_head"]}))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe{}",
        b'{"format":NaN}',
        b'{"format":1e999}',
        b"[" * 100_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b"9" * 6_000,
        b'{"format":"\\ud800"}',
        b'{"event":{},"format":"dawan-certificate/1","inclusion":[],"statement":{},"tree_head":{}}',
        b" " * 5_000_000,
    ],
    ids=range(13),
)
def test_anything_else_is_refused_without_a_crash(content: bytes) -> None:
    assert failed(content) == ["form"]


# --- the command ---------------------------------------------------------------------------------------------------


def verify_in_a_bare_process(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a stranger would: with servers that do not exist."""
    nowhere = {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "PATH": os.environ["PATH"],
    }
    command = [sys.executable, "manage.py", "verify_certificate", *map(str, arguments)]
    return subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=live_settings.BASE_DIR, env=nowhere | environment
    )


def test_the_command_verifies_without_database_or_redis(file: bytes, tmp_path: Path, keys_dir: Path) -> None:
    certificate = tmp_path / "certificate.json"
    certificate.write_bytes(file)
    done = verify_in_a_bare_process(certificate, KEYS_DIR=str(keys_dir))
    assert done.returncode == 0, done.stderr
    assert "VALID, trade certificate C-GZ-O-2026-000001 about logkey GZ-O-2026-000001" in done.stdout
    assert done.stdout.count("holds") == 8
    assert "/api/v1/certificates/C-GZ-O-2026-000001/status" in done.stdout

    certificate.write_bytes(file.replace(b"1200.00", b"9200.00"))
    output = io.StringIO()
    with pytest.raises(CommandError, match="NOT VALID"):
        call_command("verify_certificate", certificate, stdout=output)
    assert "FAILS  The statement's SM3 is NOT the one in the event" in output.getvalue()


def test_the_command_needs_no_configuration_but_a_key(file: bytes, tmp_path: Path) -> None:
    certificate, key = tmp_path / "certificate.json", tmp_path / "key.pem"
    certificate.write_bytes(file)
    key.write_text(signing_key().public.pem)
    state = str(tmp_path / "no-state")
    assert verify_in_a_bare_process(certificate, "--key", key, STATE_DIR=state, DATABASE_URL="").returncode == 0
    without = verify_in_a_bare_process(certificate, STATE_DIR=state)
    assert without.returncode == 1
    assert "No trusted public key has the id" in without.stdout
    assert not Path(state).exists()


def test_the_command_names_what_it_cannot_read(file: bytes, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("verify_certificate", tmp_path / "missing.json")
    certificate, key = tmp_path / "certificate.json", tmp_path / "key.pem"
    certificate.write_bytes(file)
    key.write_text("not a key")
    with pytest.raises(CommandError, match=r"key\.pem: not a PEM public key"):
        call_command("verify_certificate", certificate, key=key)
