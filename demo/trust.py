"""Mutual trust: a credit report attested in Shenzhen is verified in Hong Kong, with nothing but digests in between."""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command

from demo.exchange import Api, Failed, Story, anonymous, with_token
from demo.people import PENGCHENG

# Invented: no such firm, no such report.
REPORT = "企业信用报告（虚构）\n企业名称：深圳示例供应链有限公司\n信用等级：AA\n".encode()
OURS, THEIRS = "shenzhen", "hongkong"


def attest_and_verify(url: str, folder: Path, story: Story) -> None:
    """Attest, exchange a batch, verify on the other side, revoke, verify again; raises Failed or Refused."""
    story.chapter("Mutual trust: a credit report attested in Shenzhen, verified in Hong Kong")
    for name, label in ((OURS, "Shenzhen node"), (THEIRS, "Hong Kong node")):
        call_command("trust_node", name, local=True, label=label, verbosity=0, stdout=StringIO())
    issuer, public = with_token(url, PENGCHENG.people[0], folder / "credentials.json"), anonymous(url)

    salt = secrets.token_bytes(32)
    made = issuer.post(
        "attestations",
        {
            "node": OURS,
            "document_type": "ENTERPRISE_CREDIT_REPORT",
            "algorithm": "SHA-256",
            "digest": hmac.new(salt, REPORT, hashlib.sha256).hexdigest(),
            "salt_ref": hashlib.sha256(salt).hexdigest(),
            "expires_at": (datetime.now(UTC) + timedelta(days=90)).isoformat(),
        },
    )
    story.step("the issuer attests the salted digest of a report", made["reference"])
    expect(public, made, REPORT, salt, "UNKNOWN", "Hong Kong does not know it yet", story)

    batch = folder / "attestations.json"
    call_command("export_attestations", OURS, batch, stdout=StringIO())
    altered = folder / "attestations-altered.json"
    altered.write_bytes(batch.read_bytes().replace(made["digest"].encode(), b"0" * 64))
    try:
        call_command("import_attestations", THEIRS, altered, stdout=StringIO())
    except CommandError as refused:
        story.step("Hong Kong is handed an altered batch", str(refused).split(": ", 1)[1])
    else:
        raise Failed("an altered batch was taken")
    call_command("import_attestations", THEIRS, batch, stdout=StringIO())
    story.step("Hong Kong takes the batch that Shenzhen signed", f"{batch.stat().st_size} bytes, digests only")

    answer = expect(public, made, REPORT, salt, "MATCHED", "a bank there presents the file", story)
    story.note(f"attested by {answer['issuer']}, held by {' and '.join(answer['held_by'])}")
    expect(public, made, REPORT + b" ", salt, "MISMATCHED", "the same file with one byte more", story)
    issuer.post(f"attestations/{made['id']}/revoke", {"reason": "REPLACED"})
    call_command("export_attestations", OURS, batch, stdout=StringIO())
    call_command("import_attestations", THEIRS, batch, stdout=StringIO())
    expect(public, made, REPORT, salt, "REVOKED", "the issuer revokes it, and the next batch tells", story)


def expect(
    public: Api, made: dict[str, Any], file: bytes, salt: bytes, result: str, what: str, story: Story
) -> dict[str, Any]:
    """Present the file at the Hong Kong node and return the answer; raises Failed unless it is the expected one."""
    answer = public.http.post(
        "/api/v1/attestations/verify-file",
        params={"node": THEIRS, "reference": made["reference"]},
        content=file,
        headers={"Attestation-Salt": salt.hex(), "Content-Type": "application/octet-stream"},
    ).json()
    if answer.get("result") != result:
        raise Failed(f"{what}: expected {result}, got {answer}")
    story.step(what, result)
    return dict(answer)
