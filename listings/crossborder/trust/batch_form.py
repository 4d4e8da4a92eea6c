"""The form of a batch file, checked member by member before anything of it is believed."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kernel.digests import canonical_json

FORMAT = "dawan-attestation-batch/1"
LARGEST_FILE = 16 * 1024 * 1024

Member = Mapping[str, "str | type"]  # a pattern of the text, or the type

HEX = r"[0-9a-f]{64}"
MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
NODE, CODE, REFERENCE = r"[-\w]{1,40}", r"[A-Z0-9_]{1,40}", r"[0-9a-f]{32}"
FILE: Member = {"format": FORMAT, "statement": dict, "signature": r"[A-Za-z0-9+/]{86}==", "entries": list}
STATEMENT: Member = {
    "node": NODE,
    "number": int,
    "first": int,
    "last": int,
    "root_sha256": HEX,
    "previous_sha256": f"(?:{HEX})?",
    "holds": dict,
    "signed_at": MOMENT,
    "key_id": HEX,
}
HOLDING: Member = {"number": int, "last": int, "sha256": HEX}
LINES: Mapping[str, Member] = {
    "ISSUED": {
        "kind": "ISSUED",
        "sequence": int,
        "reference": REFERENCE,
        "document_type": CODE,
        "algorithm": "SHA-256|SM3",
        "digest": HEX,
        "salt_ref": HEX,
        "issuer": r"[^\x00]{1,400}",
        "issued_at": MOMENT,
        "expires_at": MOMENT,
    },
    "REVOKED": {"kind": "REVOKED", "sequence": int, "reference": REFERENCE, "reason": CODE, "revoked_at": MOMENT},
}


class BadBatch(ValueError):
    """A batch that is refused; `code` names the rule, the message says what is wrong."""

    def __init__(self, code: str, words: str) -> None:
        self.code = code
        super().__init__(words)


def read_batch(content: bytes) -> dict[str, Any]:
    """Return the members of a batch file; raises BadBatch `form` unless it is canonical and wholly of the form."""
    if len(content) > LARGEST_FILE:
        raise BadBatch("form", f"the file is larger than {LARGEST_FILE} bytes")
    try:
        file = json.loads(content.decode())
        is_canonical = canonical_json(file) == content
    except (ValueError, RecursionError) as error:
        raise BadBatch("form", "the file is not JSON") from error
    if not is_canonical:
        raise BadBatch("form", "the bytes are not the canonical form of their JSON")
    _check("the file", file, FILE)
    statement = file["statement"]
    _check("the statement", statement, STATEMENT)
    for name, held in statement["holds"].items():
        _check(f"what is held of {name}", held, HOLDING)
    for sequence, line in enumerate(file["entries"], start=statement["first"]):
        kind = line.get("kind") if isinstance(line, dict) else None
        _check(f"line {sequence}", line, LINES.get(kind if isinstance(kind, str) else "", {}))
        if line["sequence"] != sequence:
            raise BadBatch("form", f"line {sequence} is numbered {line['sequence']}")
    if statement["last"] != statement["first"] + len(file["entries"]) - 1:
        raise BadBatch("form", "the statement counts other lines than there are")
    return dict(file)


def _check(what: str, value: Any, members: Member) -> None:
    if not isinstance(value, dict) or not members or value.keys() != members.keys():
        raise BadBatch("form", f"the members of {what} are not {', '.join(members) or 'those of any kind'}")
    for name, wanted in members.items():
        if not _is(value[name], wanted):
            raise BadBatch("form", f"{name} of {what} is not as it should be")


def _is(value: Any, wanted: "str | type") -> bool:
    if isinstance(wanted, type):
        # `is`: True is an int, and not one here
        return type(value) is wanted and not (isinstance(value, int) and value < 0)
    if not isinstance(value, str) or re.fullmatch(wanted, value, re.ASCII if wanted == NODE else 0) is None:
        return False
    return wanted != MOMENT or _is_moment(value)


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
