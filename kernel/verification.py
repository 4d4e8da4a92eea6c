"""Checks a certificate file with nothing but the log's public keys: no database, no server, no network.

The file is canonical JSON (RFC 8785), so any other byte is already an alteration. What it says is then tied to the
signature link by link: statement → its digests in the event → the event's leaf hash → the Merkle path → the root in
the signed tree head → the key.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kernel.digests import Digests, canonical_json
from kernel.keys import PublicKey
from kernel.merkle import leaf_hash, verify_inclusion

FORMAT = "dawan-certificate/1"
STATED = "certificate.stated"
LARGEST_FILE = 4 * 1024 * 1024

# The members of each object, by name and type. A member that is not here would escape every check: it is refused.
SHAPE: Mapping[str, Mapping[str, type]] = {
    "": {"format": str, "statement": dict, "event": dict, "inclusion": dict, "tree_head": dict},
    "statement": {"kind": str, "number": str, "subject_type": str, "subject_id": str, "content": dict},
    "inclusion": {"leaf_index": int, "leaf_sha256": str, "leaf_sm3": str, "path": list},
    "tree_head": {"statement": dict, "signature": str},
    "tree_head.statement": {"log": str, "size": int, "root_sha256": str, "sealed_at": str, "key_id": str},
}


class Malformed(ValueError):
    """The file is not a certificate of this format; the message says why."""


@dataclass(frozen=True)
class Check:
    """One link of the chain: whether it holds, in words."""

    name: str
    passed: bool
    words: str


@dataclass(frozen=True)
class Verification:
    """The outcome: every check made, and the statement if the file could be read."""

    checks: Sequence[Check]
    statement: Mapping[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return bool(self.checks) and all(check.passed for check in self.checks)


def verify_certificate(content: bytes, keys: Mapping[str, PublicKey]) -> Verification:
    """Check a certificate file against the trusted keys (by key id). Never raises for what the file holds."""
    try:
        certificate = read_certificate(content)
    except Malformed as reason:
        return Verification([Check("form", False, f"The file is not an unaltered {FORMAT}: {reason}.")])
    checks = [
        Check("form", True, f"The file is a {FORMAT} in its canonical form ({len(content)} bytes)."),
        *_check_statement(certificate),
        *_check_event(certificate),
        _check_inclusion(certificate),
        *_check_tree_head(certificate["tree_head"], keys),
    ]
    return Verification(checks, certificate["statement"])


def verify_tree_head(statement: Mapping[str, Any], signature: str, key: PublicKey) -> bool:
    """Tell whether the signature (Base64) over a tree head's statement was made by the key."""
    try:
        return key.verifies(_base64(signature), canonical_json(statement))
    except ValueError:
        return False


def read_certificate(content: bytes) -> dict[str, Any]:
    """Parse a certificate file; raises Malformed unless it has the format's members, types and canonical bytes."""
    if len(content) > LARGEST_FILE:
        raise Malformed(f"it is larger than {LARGEST_FILE} bytes")
    try:
        certificate = json.loads(content.decode())
        is_canonical = canonical_json(certificate) == content
    except (ValueError, RecursionError) as error:
        raise Malformed("it is not JSON") from error
    if not is_canonical:
        raise Malformed("its bytes are not the canonical form of its JSON")
    for path, members in SHAPE.items():
        _check_members(path, _at(certificate, path), members)
    if certificate["format"] != FORMAT:
        raise Malformed(f"its format is {certificate['format']}")
    return dict(certificate)


def _at(certificate: Any, path: str) -> Any:
    for step in filter(None, path.split(".")):
        certificate = certificate[step]
    return certificate


def _check_members(path: str, value: Any, members: Mapping[str, type]) -> None:
    if not isinstance(value, dict) or value.keys() != members.keys():
        raise Malformed(f"the members of {path or 'the whole'} are not {', '.join(members)}")
    for name, expected in members.items():
        if type(value[name]) is not expected:  # `is`: True is an int, and not one here
            raise Malformed(f"{path}.{name} has the wrong type".lstrip("."))


def _check_statement(certificate: Mapping[str, Any]) -> list[Check]:
    statement, details = certificate["statement"], _details(certificate)
    digests = Digests(canonical_json(statement))
    return [
        _check_digest("SHA-256", digests.sha256, details.get("statement_sha256")),
        _check_digest("SM3", digests.sm3, details.get("statement_sm3")),
    ]


def _check_digest(algorithm: str, found: str, recorded: object) -> Check:
    words = "is" if found == recorded else "is NOT"
    name = f"statement_{algorithm.lower().replace('-', '')}"
    return Check(name, found == recorded, f"The statement's {algorithm} {words} the one in the event ({found}).")


def _check_event(certificate: Mapping[str, Any]) -> list[Check]:
    statement, event, details = certificate["statement"], certificate["event"], _details(certificate)
    names_it = (
        event.get("action") == STATED
        and details.get("number") == statement["number"]
        and details.get("kind") == statement["kind"]
    )
    words = "records the stating of" if names_it else "does NOT record the stating of"
    data = canonical_json(event)
    sm3 = Digests(data).sm3
    leaf, inclusion = leaf_hash(data).hex(), certificate["inclusion"]
    is_leaf = (inclusion["leaf_sha256"], inclusion["leaf_sm3"]) == (leaf, sm3)
    return [
        Check("event", names_it, f"The event of {event.get('occurred_at')} {words} certificate {statement['number']}."),
        Check("leaf", is_leaf, f"The event's SHA-256 leaf hash and SM3 {'are' if is_leaf else 'are NOT'} those given."),
    ]


def _check_inclusion(certificate: Mapping[str, Any]) -> Check:
    inclusion, head = certificate["inclusion"], certificate["tree_head"]["statement"]
    try:
        included = verify_inclusion(
            leaf=leaf_hash(canonical_json(certificate["event"])),
            index=inclusion["leaf_index"],
            size=head["size"],
            path=[_hex(step) for step in inclusion["path"]],
            root=_hex(head["root_sha256"]),
        )
    except ValueError:
        included = False
    words = "proves" if included else "does NOT prove"
    place = f"number {inclusion['leaf_index']} of the {head['size']} sealed under root {head['root_sha256']}"
    return Check("inclusion", included, f"The Merkle path {words} that the event is {place}.")


def _check_tree_head(head: Mapping[str, Any], keys: Mapping[str, PublicKey]) -> list[Check]:
    statement = head["statement"]
    key = keys.get(statement["key_id"])
    if key is None:
        return [Check("key", False, f"No trusted public key has the id {statement['key_id']}.")]
    signed = verify_tree_head(statement, head["signature"], key)
    words = "is" if signed else "is NOT"
    return [
        Check("key", True, f"The signing key {key.key_id} is trusted."),
        Check("signature", signed, f"The tree head of {statement['sealed_at']} {words} signed by it (Ed25519)."),
    ]


def _details(certificate: Mapping[str, Any]) -> Mapping[str, Any]:
    details = certificate["event"].get("details")
    return details if isinstance(details, dict) else {}


def _hex(text: object) -> bytes:
    """Read lower-case hexadecimal; one value has one spelling, or a changed byte could go unseen."""
    data = bytes.fromhex(text) if isinstance(text, str) else b""
    if data.hex() != text:
        raise ValueError("not lower-case hexadecimal")
    return data


def _base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not Base64") from error
    if base64.b64encode(data).decode() != text:  # the unused last bits must be zero
        raise ValueError("not canonical Base64")
    return data
