"""Attestations: issued by digest, verified by anybody, authorised by holders, revoked, and told the other side."""

import base64
import hashlib
import hmac
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import Capacity
from kernel.digests import canonical_json
from kernel.keys import signing_key
from kernel.models import AuditEvent
from listings.crossborder.trust.attesting import revoke_attestation
from listings.crossborder.trust.batch_form import BadBatch, read_batch
from listings.crossborder.trust.batches import export_batch, exported_batch, import_batch
from listings.crossborder.trust.consents import authorise, request_verification, withdraw
from listings.crossborder.trust.logs import root_of
from listings.crossborder.trust.nodes import set_node
from listings.crossborder.trust.verifying import compare
from listings.models import AttestationBatch, AttestationEntry, TrustNode, VerificationRequest
from tests.api.operations import is_problem, nothing_changes
from tests.listings.trust.attested import REPORT, SALT, SALT_REF, attested, digest_of, presented, two_sides
from tests.refusals import refused
from tests.world import actor, api, make_client, make_member, make_organization, person_of

pytestmark = pytest.mark.django_db

Sides = tuple[TrustNode, TrustNode]


@pytest.fixture
def sides() -> Sides:
    return two_sides()


def exchange(giver: TrustNode, taker: TrustNode) -> AttestationBatch:
    return import_batch(node=taker, content=export_batch(node=giver))


def asked(node: str, reference: str, **changes: Any) -> dict[str, Any]:
    body = {"node": node, "reference": reference, "digest": digest_of(REPORT), "salt_ref": SALT_REF}
    answer = api().post("/api/v1/attestations/verify", body | changes, idempotency_key=None)
    assert answer.status_code == 200, answer.json()
    return dict(answer.json())


class TestIssuing:
    def test_a_member_attests_by_digest_and_revokes_with_a_reason(self, sides: Sides) -> None:
        issuer = make_member("szdex", Capacity.PROVIDER)
        client = api(make_client(person_of(issuer)))
        body = {
            "node": "shenzhen",
            "document_type": "DEPOSIT_PROOF",
            "algorithm": "SM3",
            "digest": "ab" * 32,
            "salt_ref": "cd" * 32,
            "expires_at": (timezone.now() + timedelta(days=30)).isoformat(),
        }
        made = client.post("/api/v1/attestations", body)
        assert made.status_code == 201, made.json()
        [listed] = client.get("/api/v1/attestations", {"state": "VALID"}).json()["items"]
        assert listed["reference"] == made.json()["reference"]
        again = client.post("/api/v1/attestations", body)
        assert is_problem(again, 409)
        assert again.json()["code"] == "attestation_exists"

        address = f"/api/v1/attestations/{made.json()['id']}/revoke"
        assert is_problem(client.post(address, {"reason": "WHIM"}), 400)
        assert client.post(address, {"reason": "REPLACED", "note": "客户已换发"}).json()["state"] == "REVOKED"
        assert is_problem(client.post(address, {"reason": "REPLACED"}), 409)
        lines = AttestationEntry.objects.filter(holder__name="shenzhen").order_by("sequence")
        assert [line.kind for line in lines] == ["ISSUED", "REVOKED"]
        assert "客户已换发" not in str([line.content for line in lines])  # the note crosses no border

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"node": "macao"}, "/node"),
            ({"document_type": "HOROSCOPE"}, "/document_type"),
            ({"expires_at": timezone.now() - timedelta(days=1)}, "/expires_at"),
            ({"expires_at": timezone.now() + timedelta(days=181)}, "/expires_at"),
        ],
    )
    def test_what_cannot_be_attested(self, sides: Sides, changes: dict[str, Any], field: str) -> None:
        with refused("invalid") as refusal, nothing_changes():
            attested(**changes)
        assert refusal.value.errors[0].pointer == field

    def test_only_by_who_was_admitted_and_with_digests_alone(self, sides: Sides) -> None:
        with refused("membership_required"):
            attested(issuer=make_organization())
        client = api(make_client(person_of(make_member())))
        for wrong in ("AB" * 32, "ab" * 31, "企" * 64):
            answer = client.post("/api/v1/attestations", {"digest": wrong})
            assert "/digest" in {each["pointer"] for each in answer.json()["errors"]}, wrong


class TestVerifying:
    def test_every_outcome_has_one_shape_and_only_the_documents_digest_opens_it(self, sides: Sides) -> None:
        kept, revoked = attested(), attested(digest=digest_of(b"another"))
        issuer = actor(person_of(revoked.organization))
        revoke_attestation(attestation_id=revoked.pk, reason="FORGERY", actor=issuer)
        own = attested(document_type="KYC_REPORT", digest=digest_of(b"kyc"))
        with time_machine.travel(timezone.now() + timedelta(days=91)):
            expired = asked("shenzhen", kept.reference)
        answers = {
            "MATCHED": asked("shenzhen", kept.reference),
            "EXPIRED": expired,
            "REVOKED": asked("shenzhen", revoked.reference, digest=digest_of(b"another")),
            "MISMATCHED": asked("shenzhen", kept.reference, digest=digest_of(REPORT + b" ")),
            "UNKNOWN": asked("shenzhen", "0" * 32),
            "CONSENT_NEEDED": asked("shenzhen", own.reference, digest=digest_of(b"kyc")),
        }
        assert {name: answer["result"] for name, answer in answers.items()} == {name: name for name in answers}
        assert len({tuple(answer) for answer in answers.values()}) == 1
        assert answers["MATCHED"]["issuer"] == kept.organization.legal_name
        assert answers["REVOKED"]["revoked_at"]
        for name in ("MISMATCHED", "UNKNOWN", "CONSENT_NEEDED"):
            assert not any(answers[name][each] for each in ("issuer", "document_type", "expires_at", "held_by")), name
        assert asked("shenzhen", kept.reference, salt_ref="0" * 64)["result"] == "MISMATCHED"
        told = [event.details["result"] for event in AuditEvent.objects.filter(action="attestation.verified")]
        assert sorted(told) == sorted([*answers, "MISMATCHED"])

    @pytest.mark.parametrize("algorithm", ["SHA-256", "SM3"])
    def test_the_file_itself_is_presented_and_kept_nowhere(self, sides: Sides, algorithm: str) -> None:
        sm3 = HMAC(SALT, hashes.SM3())
        sm3.update(REPORT)
        digests = {"SHA-256": hmac.new(SALT, REPORT, hashlib.sha256).hexdigest(), "SM3": sm3.finalize().hex()}
        made = attested(algorithm=algorithm, digest=digests[algorithm])
        address = f"/api/v1/attestations/verify-file?node=shenzhen&reference={made.reference}"

        def send(document: bytes, salt: str = SALT.hex()) -> Any:
            headers = {"Attestation-Salt": salt}
            return api().post(address, document, content_type="application/pdf", headers=headers, idempotency_key=None)

        assert send(REPORT).json()["result"] == "MATCHED"
        assert send(REPORT[:-1]).json()["result"] == "MISMATCHED"
        assert send(REPORT, "00" * 32).json()["result"] == "MISMATCHED"
        assert is_problem(send(REPORT, "00"), 400)

    def test_an_address_that_asks_too_often_waits(self, sides: Sides, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("kernel.throttling.AddressThrottle.THROTTLE_RATES", {"verification": "2/day"})
        body = {"node": "shenzhen", "reference": "0" * 32, "digest": "0" * 64, "salt_ref": "0" * 64}
        member = api(make_client(person_of(make_member())))  # an account does not raise it
        address = {"REMOTE_ADDR": "203.0.113.99"}
        answers = [member.post("/api/v1/attestations/verify", body, **address).status_code for _ in range(3)]
        assert answers == [200, 200, 429]


class TestWithTheHoldersConsent:
    def test_from_the_wish_to_the_answer(self, sides: Sides) -> None:
        made = attested(document_type="KYC_REPORT")
        bank = api(make_client(person_of(make_member("szdex", Capacity.BUYER))))
        wish = {"node": "shenzhen", "document_type": "KYC_REPORT", "purpose": "开户"}
        wanted = bank.post("/api/v1/verification-requests", wish).json()
        address = f"/api/v1/verification-requests/{wanted['id']}"
        shown = {"digest": digest_of(REPORT), "salt_ref": SALT_REF}
        assert is_problem(bank.post(f"{address}/submit", shown), 409)

        seen = api().post("/api/v1/verification-requests/for-holder", {"code": wanted["code"]}).json()
        verifier = VerificationRequest.objects.get().organization.legal_name
        assert (seen["verifier"], seen["purpose"], seen["state"]) == (verifier, "开户", "CREATED")
        body = {"code": wanted["code"], "reference": made.reference, "salt": SALT.hex(), "days": 7}
        told = api().post("/api/v1/verification-requests/authorise", body)
        assert (told.json()["purpose"], told.json()["state"]) == ("开户", "CONSENTED")
        answered = bank.post(f"{address}/submit", shown).json()
        assert (answered["state"], answered["answer"]["result"]) == ("MATCHED", "MATCHED")
        assert is_problem(bank.post(f"{address}/submit", shown), 409)  # one authorisation, one answer
        assert is_problem(api().post("/api/v1/verification-requests/withdraw", {"code": wanted["code"]}), 409)
        assert "code" not in bank.get(address).json()
        moves = AuditEvent.objects.filter(subject_id=wanted["id"]).order_by("id").values_list("action", flat=True)
        names = ("created", "consented", "submitted", "matched")
        assert list(moves) == [f"verificationrequest.{name}" for name in names]

    def test_an_authorisation_is_for_this_document_a_time_and_as_long_as_the_holder_wants(self, sides: Sides) -> None:
        made, bank = attested(document_type="KYC_REPORT"), make_member("szdex", Capacity.BUYER)
        client = api(make_client(person_of(bank)))

        def wished(kind: str = "KYC_REPORT", salt: bytes = SALT) -> tuple[str, str]:
            wanted, code = request_verification(
                node="shenzhen", document_type=kind, purpose="p", actor=actor(person_of(bank))
            )
            authorise(code=code, reference=made.reference, salt=salt, days=1)
            return f"/api/v1/verification-requests/{wanted.pk}/submit", code

        right = {"digest": digest_of(REPORT), "salt_ref": SALT_REF}
        for kind, salt, body in (
            ("KYC_REPORT", SALT, right | {"digest": "0" * 64}),
            ("KYC_REPORT", bytes(32), right),  # not the holder
            ("DEPOSIT_PROOF", SALT, right),  # authorised for another kind of document
        ):
            answer = client.post(wished(kind, salt)[0], body).json()
            assert (answer["state"], list(answer["answer"])) == ("MISMATCHED", ["checked_at"])
        address, code = wished()
        withdraw(code=code)
        assert is_problem(client.post(address, right), 409)
        address, _code = wished()
        with time_machine.travel(timezone.now() + timedelta(days=2)):
            assert client.post(address, right).status_code == 401  # the token ran out too
            other = api(make_client(person_of(bank)))
            assert other.post(address, right).json()["code"] == "authorisation_ended"
        with refused("not_found"):
            withdraw(code="nobody's")


class TestBothSides:
    def test_what_one_side_attests_and_revokes_the_other_side_verifies(self, sides: Sides) -> None:
        shenzhen, hongkong = sides
        made = attested()
        assert asked("hongkong", made.reference)["result"] == "UNKNOWN"
        assert asked("shenzhen", made.reference)["both_logs"] is False

        exchange(shenzhen, hongkong)
        there = asked("hongkong", made.reference)
        assert (there["result"], there["held_by"], there["both_logs"]) == ("MATCHED", ["hongkong", "shenzhen"], True)
        assert asked("shenzhen", made.reference)["both_logs"] is False  # not acknowledged yet
        exchange(hongkong, shenzhen)  # a batch without lines
        assert asked("shenzhen", made.reference)["both_logs"] is True

        issuer = actor(person_of(made.organization))
        revoke_attestation(attestation_id=made.pk, reason="REPLACED", actor=issuer)
        assert asked("hongkong", made.reference)["result"] == "MATCHED"
        exchange(shenzhen, hongkong)
        assert asked("hongkong", made.reference)["result"] == "REVOKED"

    def test_the_same_batch_again_changes_nothing_and_can_be_written_again(self, sides: Sides) -> None:
        shenzhen, hongkong = sides
        attested()
        content = export_batch(node=shenzhen)
        first = import_batch(node=hongkong, content=content)
        with nothing_changes():
            assert import_batch(node=hongkong, content=content) == first
        assert exported_batch(node=shenzhen, number=1) == content

    def test_a_batch_that_is_not_as_it_was_signed_or_does_not_follow_is_refused(self, sides: Sides) -> None:
        shenzhen, hongkong = sides
        made = attested()
        batch = read_batch(export_batch(node=shenzhen))
        attested(digest=digest_of(b"second"))
        second = read_batch(export_batch(node=shenzhen))
        [line], statement = batch["entries"], batch["statement"]
        strange = {"kind": "REVOKED", "sequence": 1, "reference": "0" * 32, "reason": "FORGERY"}
        strange["revoked_at"] = line["issued_at"]
        holds = {"hongkong": {"number": 9, "last": 9, "sha256": "0" * 64}}
        cases = {
            "form": [
                b"",
                b"[]",
                canonical_json(batch) + b"\n",
                canonical_json(batch | {"note": "x"}),
                canonical_json(batch | {"entries": []}),
                canonical_json(batch | {"entries": [line | {"sequence": True}]}),
                canonical_json(batch | {"entries": [line | {"digest": "x"}]}),
                canonical_json(batch | {"statement": statement | {"signed_at": "2026-13-01T00:00:00.000000Z"}}),
                canonical_json(batch | {"statement": statement | {"holds": {"hongkong": 1}}}),
            ],
            "unknown_node": [canonical_json(batch | {"statement": statement | {"node": "macao"}})],
            "untrusted_key": [canonical_json(batch | {"statement": statement | {"key_id": "0" * 64}})],
            "signature": [canonical_json(batch | {"statement": statement | {"root_sha256": "0" * 64}})],
            "root": [canonical_json(batch | {"entries": [line | {"digest": "0" * 64}]})],
            "gap": [canonical_json(second)],
            "chain": [signed(second | {"statement": second["statement"] | {"number": 1}})],
            "lines": [signed(batch | {"entries": [strange]}, rooted=True)],
            "false_receipt": [signed(batch | {"statement": statement | {"holds": holds}})],
        }
        with nothing_changes():
            for code, contents in cases.items():
                for content in contents:
                    with pytest.raises(BadBatch) as refusal:
                        import_batch(node=hongkong, content=content)
                    assert refusal.value.code == code, (refusal.value, content)
            with pytest.raises(BadBatch) as refusal:
                import_batch(node=shenzhen, content=canonical_json(batch))
            assert refusal.value.code == "own_batch"
        import_batch(node=hongkong, content=canonical_json(batch))
        with pytest.raises(BadBatch) as refusal:  # two different batches under one number
            import_batch(node=hongkong, content=signed(batch | {"statement": statement | {"last": 1, "holds": holds}}))
        assert refusal.value.code == "conflict"
        import_batch(node=hongkong, content=canonical_json(second))
        assert compare(hongkong, made.reference, presented()).both_logs

    def test_another_deployment_is_believed_by_its_key_alone(self, sides: Sides, settings: Any, tmp_path: Path) -> None:
        ours, theirs = settings.KEYS_DIR, tmp_path / "their-keys"
        macao = set_node(name="macao", label={})
        made = attested(node="macao")
        file = tmp_path / "macao-1.json"
        settings.KEYS_DIR = theirs
        call_command("export_attestations", "macao", file, verbosity=0)
        published = theirs / "public" / f"{signing_key().public.key_id}.pem"
        settings.KEYS_DIR = ours
        with pytest.raises(CommandError, match="untrusted_key"):
            call_command("import_attestations", "hongkong", file)
        call_command("trust_node", "macao", key=published)
        call_command("import_attestations", "hongkong", file)
        answer = compare(sides[1], made.reference, presented())
        assert (str(answer.result), answer.held_by) == ("MATCHED", ("hongkong", "macao"))
        macao.refresh_from_db()
        assert not macao.is_local
        with pytest.raises(CommandError, match="runs no node macao"):
            call_command("export_attestations", "macao", file)

    def test_logs_and_batches_only_grow(self, sides: Sides) -> None:
        attested()
        export_batch(node=sides[0])
        for table in ("attestationentry", "attestationbatch"):
            for act in (f"UPDATE listings_{table} SET id = id", f"DELETE FROM listings_{table}"):
                with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(act)


def signed(batch: dict[str, Any], *, rooted: bool = False) -> bytes:
    """Sign a batch as its node would, as a node that does not keep to the rules."""
    if rooted:
        root = root_of(batch["entries"])
        batch = batch | {"statement": batch["statement"] | {"root_sha256": root}}
    signature = signing_key().sign(canonical_json(batch["statement"]))
    return canonical_json(batch | {"signature": base64.b64encode(signature).decode()})
