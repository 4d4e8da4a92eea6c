"""What an identity source does: open a programme, load and remove hashed identifiers, close it.

An identifier is kept as HMAC-SHA-256(the programme's key, kind ‖ 0x00 ‖ value), kind being `id`, `name` or `phone`.
Sources and clients hash for themselves with the key; a plain hash of an ID or phone number would be guessed in minutes.
The key is wrapped at rest as the keys of files are.
"""

import csv
import hmac
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require
from kernel import audit
from kernel.actors import Actor
from kernel.problems import FieldError, Problem, field_problem
from kernel.states import advance
from listings.crossborder.lines import lines_of
from listings.encryption import WrappedKey, key_ring
from listings.models import IdentityProgramme, IdentityRecord, Product

State = IdentityProgramme.State
KINDS = ("id", "name", "phone")
RECORDS_AT_ONCE = 2000
LONGEST_LINE = 1000  # bytes; three hashes take a quarter of it
_HASH = re.compile(r"[0-9a-f]{64}")


def keyed_hash(key: bytes, kind: str, value: str) -> str:
    """Return the keyed hash of an identifier, of kind `id`, `name` or `phone`, as source and client compute it."""
    return hmac.new(key, kind.encode() + b"\0" + value.encode(), sha256).hexdigest()


@transaction.atomic
def open_programme(*, product_id: UUID, actor: Actor) -> IdentityProgramme:
    """Open a programme that is sold as one of the source's registered products, with a new key.

    Raises `not_found`, `forbidden`, `product_not_registered`, or `programme_exists` for a product that has one.
    """
    product = find(Product.objects.visible_to(actor).select_for_update(of=("self",), no_key=True), pk=product_id)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=product.organization_id)
    if product.state != Product.State.REGISTERED:
        raise Problem("product_not_registered")
    if IdentityProgramme.objects.filter(product=product).exists():
        raise Problem("programme_exists")

    programme = IdentityProgramme(organization_id=product.organization_id, product=product)
    _key, wrapped = key_ring().new_data_key(owner=programme.pk)
    programme.key_id, programme.wrapped_key = wrapped.key_id, wrapped.wrapped
    programme.save(force_insert=True)
    audit.record("identityprogramme.opened", subject=programme, actor=actor, details={"product": str(product.pk)})
    return programme


@transaction.atomic
def close_programme(*, programme_id: UUID, reason: str, actor: Actor) -> IdentityProgramme:
    """Close a programme for good and delete its records; consents and answers stay. Raises `illegal_state`."""
    programme = _own(programme_id, actor)
    advance(programme, to=State.CLOSED, actor=actor, reason=reason)
    IdentityRecord.objects.filter(programme=programme).delete()
    return programme


def key_of(programme: IdentityProgramme, *, actor: Actor) -> bytes:
    """Give the programme's key out and record to whom; whoever calls this has checked that the actor may have it."""
    wrapped = WrappedKey(programme.key_id, bytes(programme.wrapped_key))
    key = key_ring().unwrap(wrapped, owner=programme.pk)
    audit.record("identityprogramme.key_given", subject=programme, actor=actor)
    return key


@transaction.atomic
def key_for_source(*, programme_id: UUID, actor: Actor) -> bytes:
    """Give the key to the source itself. Raises `not_found` or `forbidden`."""
    return key_of(_own(programme_id, actor), actor=actor)


@transaction.atomic
def load_records(*, programme_id: UUID, chunks: Iterable[bytes], media_type: str, actor: Actor) -> int:
    """Load hashed identifiers, all or none; a person (by ID number) who is there already is replaced.

    `media_type` is text/csv (with the header id,name,phone) or application/jsonl; what streams in is never held whole.
    Returns the number of lines. Raises `not_found`, `forbidden`, `illegal_state`, `unsupported_media_type`, or
    `invalid` at the line.
    """
    programme = _open(programme_id, actor)
    if media_type not in READERS:
        raise Problem("unsupported_media_type", _("Send text/csv or application/jsonl."))
    count = 0
    rows_read = READERS[media_type](_lines(chunks))
    while rows := list(islice(rows_read, RECORDS_AT_ONCE)):
        # One line a person and statement: PostgreSQL does not replace a row twice at once. The last one holds.
        newest = {row["id"]: row for row in rows}
        IdentityRecord.objects.bulk_create(
            [
                IdentityRecord(programme=programme, id_hash=row["id"], name_hash=row["name"], phone_hash=row["phone"])
                for row in newest.values()
            ],
            update_conflicts=True,
            unique_fields=["programme", "id_hash"],
            update_fields=["name_hash", "phone_hash"],
        )
        count += len(rows)
    audit.record("identityprogramme.records_loaded", subject=programme, actor=actor, details={"lines": count})
    return count


@transaction.atomic
def remove_records(*, programme_id: UUID, ids: list[str], actor: Actor) -> int:
    """Remove the persons with these hashed ID numbers, and return how many there were.

    PIPL article 47: the source deletes when the person withdraws, and so do we.
    """
    programme = _open(programme_id, actor)
    removed, _by_model = IdentityRecord.objects.filter(programme=programme, id_hash__in=ids).delete()
    audit.record("identityprogramme.records_removed", subject=programme, actor=actor, details={"records": removed})
    return removed


def _own(programme_id: UUID, actor: Actor) -> IdentityProgramme:
    visible = IdentityProgramme.objects.visible_to(actor).select_for_update(of=("self",), no_key=True)
    programme = find(visible, pk=programme_id)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=programme.organization_id)
    return programme


def _open(programme_id: UUID, actor: Actor) -> IdentityProgramme:
    programme = _own(programme_id, actor)
    if programme.state != State.OPEN:
        raise Problem("illegal_state", _("The programme is closed."), state=programme.state)
    return programme


def _lines(chunks: Iterable[bytes]) -> Iterator[tuple[int, str]]:
    """Yield the numbered lines that hold something."""
    for number, line in lines_of(chunks, longest=LONGEST_LINE):
        if len(line) > LONGEST_LINE:
            raise _bad_line(number, "too_long")
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError as error:
            raise _bad_line(number, "not_utf8") from error
        if text:
            yield number, text


def _read_csv(lines: Iterator[tuple[int, str]]) -> Iterator[Mapping[str, str]]:
    header = next(lines, (1, ""))[1]
    if tuple(next(csv.reader([header]), [])) != KINDS:
        raise field_problem("/1", "header", _("The first line is id,name,phone."))
    for number, line in lines:
        cells = next(csv.reader([line]))
        if len(cells) != len(KINDS):
            raise _bad_line(number, "members")
        yield _checked(number, dict(zip(KINDS, cells, strict=True)))


def _read_jsonl(lines: Iterator[tuple[int, str]]) -> Iterator[Mapping[str, str]]:
    for number, line in lines:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _bad_line(number, "invalid_json") from error
        if not isinstance(row, dict) or not {"id", "name"} <= row.keys() <= set(KINDS):
            raise _bad_line(number, "members")
        yield _checked(number, {"phone": ""} | row)


def _checked(number: int, row: dict[str, Any]) -> Mapping[str, str]:
    for kind, value in row.items():
        is_hash = isinstance(value, str) and _HASH.fullmatch(value) is not None
        if not is_hash and not (kind == "phone" and value == ""):
            raise _bad_line(number, "not_a_hash")
    return row


READERS = {"text/csv": _read_csv, "application/jsonl": _read_jsonl}


def _bad_line(number: int, code: str) -> Problem:
    detail = _("A line has id, name and (or an empty) phone, each as 64 lower-case hexadecimal digits.")
    return Problem("invalid", errors=[FieldError(f"/{number}", code, detail)])
