"""Making the marked copies of a delivery: one for each file in which the agreed columns are found."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import IO, Any, cast

from django.db import transaction
from django.utils import timezone

from kernel import audit
from kernel.actors import SYSTEM
from kernel.digests import Digests
from kernel.identifiers import uuid7
from kernel.jobs import cancel, enqueue, extend_lease
from kernel.models import Job
from listings.encryption import CHUNK_BYTES, ObjectCipher, part_identity
from listings.models import DataFile
from listings.storage import SealedContent, StoredFile, StoredPart, data_key_of, data_storage, iter_range, open_file
from listings.uploading import ABANDONED_AFTER, ABANDONED_JOB, discard_object
from marketplace.delivery.watermark import tables
from marketplace.delivery.watermark.method import Marking, bit_at, code_of, marked_one_in, secret_of, with_bit
from marketplace.models import Delivery, MarkedFile

WRITERS = {"CSV": tables.marked_csv, "JSONL": tables.marked_jsonl, "TEXT": tables.marked_text}
CHUNKS_A_BEAT = 8  # of 1 MiB each
MARKED_FORMATS = frozenset({*WRITERS, "PARQUET"})


def mark_copies(delivery: Delivery, receipt: Mapping[str, Any], job: Job) -> dict[str, Any]:
    """Make the buyer's copies where the terms say so, and return the receipt with their digests instead of those sold.

    Copies that are there already are kept, so that it may run again after a crash. The job's lease is kept meanwhile.
    """
    columns = delivery.order.agreement.body["terms"].get("watermark_columns", [])
    if not columns:
        return dict(receipt)
    entries = [_entry(delivery, entry, columns, job) for entry in receipt["files"]]
    return {**receipt, "files": entries, "bytes": sum(entry["size"] for entry in entries)}


def stored_copy(copy: MarkedFile) -> StoredFile:
    """Return where a copy's bytes lie; it is sealed under the data key of its version."""
    return StoredFile(copy.id, data_key_of(copy.file.version), (StoredPart(1, copy.size, copy.storage_name),))


def marking_of(copy: MarkedFile) -> Marking:
    """Return how a copy was marked."""
    return Marking(secret_of(data_key_of(copy.file.version)), copy.anchor, tuple(copy.carriers), copy.every)


def markable(profile: Mapping[str, Any], format_code: str, columns: list[str]) -> tuple[str, ...]:
    """Return those of the columns in which a file can be marked."""
    if format_code == "TEXT":
        return (tables.LINES,) if tables.LINES in columns else ()
    has_names = format_code != "CSV" or (profile.get("dialect") or {}).get("header", True)
    there = {column["name"] for column in profile.get("columns", [])} if has_names else set()
    return tuple(name for name in columns if name in there)


def _entry(delivery: Delivery, sold: dict[str, Any], columns: list[str], job: Job) -> dict[str, Any]:
    file = DataFile.objects.select_related("version").get(pk=sold["id"])
    copy = MarkedFile.objects.filter(delivery=delivery, file=file).first() or _copy(delivery, file, columns, job)
    if copy is None:
        return sold
    return {**sold, "size": copy.size, "sha256": copy.sha256, "sm3": copy.sm3, "sold_sha256": sold["sha256"]}


def _copy(delivery: Delivery, file: DataFile, columns: list[str], job: Job) -> MarkedFile | None:
    profile: Mapping[str, Any] = file.profile or {}
    carriers = markable(profile, file.format, columns) if file.format in MARKED_FORMATS else ()
    anchor = _anchor(profile, carriers)
    if not carriers or anchor is None:
        return None
    copy = MarkedFile(
        delivery=delivery,
        file=file,
        organization_id=delivery.organization_id,
        venue_id=delivery.venue_id,
        anchor=anchor,
        carriers=list(carriers),
        every=marked_one_in(profile["rows"]),
    )
    copy.storage_name = f"marked/{copy.id.hex}-{uuid7().hex}"
    name, due = copy.storage_name, timezone.now() + ABANDONED_AFTER
    enqueue(ABANDONED_JOB, key=name, subject_id=copy.id, due_at=due, organization_id=copy.organization_id)
    digests = Digests()
    cipher = ObjectCipher(data_key_of(file.version), identity=part_identity(copy.id, 1))
    try:
        pieces = _digested(_chunked(_marked(copy, file, profile)), digests, job)
        data_storage().save(name, SealedContent(cipher.seal_all(pieces)))
        copy.size, copy.sha256, copy.sm3 = digests.size, digests.sha256, digests.sm3
        with transaction.atomic():
            copy.save(force_insert=True)
            cancel(ABANDONED_JOB, name)
            details = {"file": str(file.id), "sha256": copy.sha256, "sold_sha256": file.sha256}
            audit.record("markedfile.made", subject=copy, actor=SYSTEM, details=details)
    except BaseException:
        discard_object(name)
        raise
    return copy


def _marked(copy: MarkedFile, file: DataFile, profile: Mapping[str, Any]) -> Iterator[bytes]:
    marking = marking_of(copy)
    row = partial(_marked_row, marking, code_of(marking.secret, copy.delivery.order.agreement.id))
    if file.format == "PARQUET":
        return tables.marked_parquet(cast(IO[bytes], open_file(file)), marking, row)
    chunks = iter_range(file, 0, file.size or 0)
    return WRITERS[file.format](chunks, marking, row, profile.get("dialect") or {})


def _marked_row(marking: Marking, code: bytes, anchor: str, carriers: Mapping[str, str]) -> dict[str, str]:
    changed = {}
    for name, value in carriers.items():
        place = marking.place(anchor, name)
        if place is not None and (marked := with_bit(value, bit_at(code, place[0]) ^ place[1])) is not None:
            changed[name] = marked
    return changed


def _anchor(profile: Mapping[str, Any], carriers: tuple[str, ...]) -> str | None:
    """Return the column that tells rows apart best, of those that are left as they are; a line is its own anchor."""
    if carriers == (tables.LINES,):
        return tables.LINES
    others = [column for column in profile.get("columns", []) if column["name"] not in carriers]
    best = max(others, key=lambda column: column["distinct"] or 0, default=None)
    return None if best is None else str(best["name"])


def _chunked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in chunks of CHUNK_BYTES, the last one less."""
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) > CHUNK_BYTES:
            yield bytes(held[:CHUNK_BYTES])
            del held[:CHUNK_BYTES]
    yield bytes(held)


def _digested(chunks: Iterator[bytes], digests: Digests, job: Job) -> Iterator[bytes]:
    for number, chunk in enumerate(chunks):
        if number % CHUNKS_A_BEAT == 0:
            extend_lease(job)
        digests.update(chunk)
        yield chunk
