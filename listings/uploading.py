"""How bytes come in: a dataset, an open version, files that arrive in parts, and the seal that ends it.

A part streams from the network through its digest and encryption into storage, a chunk at a time and outside any
transaction. Each attempt writes an object of its own name, and only the transaction that takes the part up makes it
part of the file: of two attempts at once one is kept, and an attempt that breaks off leaves nothing.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Model, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import find, require
from accounts.permissions import Permission
from kernel import audit
from kernel.actors import Actor
from kernel.digests import Json
from kernel.identifiers import uuid7
from kernel.jobs import cancel, enqueue
from kernel.problems import Problem, field_problem
from kernel.states import advance
from listings import dataset_problems  # noqa: F401 - registers the codes raised here
from listings.encryption import CHUNK_BYTES, ObjectCipher, key_ring, part_identity
from listings.models import DataFile, Dataset, DatasetVersion, Document, FilePart
from listings.profiling.encoding import DECLARABLE
from listings.quality_rules import rules_for
from listings.storage import SealedContent, data_key_of, data_storage

LARGEST_PART = 64 * 1024 * 1024
MOST_PARTS = 10_000
MOST_FILES = 1_000
# An upload that was cut off by a crash is swept away when no honest one can still be running.
ABANDONED_AFTER = timedelta(hours=24)
PROFILE_JOB = "dataset.profile"
ABANDONED_JOB = "part.abandoned"
REPLACED_JOB = "part.replaced"

Row = TypeVar("Row", bound=Model)


@transaction.atomic
def register_dataset(
    *, title: Mapping[str, str], description: Mapping[str, str] | None = None, actor: Actor
) -> Dataset:
    """Register a dataset of the actor's organization; it has no content yet."""
    require(actor, Permission.DATASET_REGISTER)
    if actor.organization_id is None:
        raise Problem("forbidden", _("Only an organization can hold a dataset."))

    dataset = Dataset(organization_id=actor.organization_id, title=dict(title), description=dict(description or {}))
    dataset.save(force_insert=True)
    audit.record("dataset.registered", subject=dataset, actor=actor)
    return dataset


@transaction.atomic
def amend_dataset(
    *,
    dataset_id: UUID,
    title: Mapping[str, str] | None = None,
    description: Mapping[str, str] | None = None,
    actor: Actor,
) -> Dataset:
    """Change how a dataset is called and described, not what it holds; what is None stays."""
    dataset = find(_locking(Dataset.objects.visible_to(actor)), pk=dataset_id)
    require(actor, Permission.DATASET_REGISTER, organization_id=dataset.organization_id)

    given = {"title": title, "description": description}
    changes = {name: dict(texts) for name, texts in given.items() if texts is not None}
    for name, texts in changes.items():
        setattr(dataset, name, texts)
    dataset.save(update_fields=list(changes))
    audit.record("dataset.amended", subject=dataset, actor=actor, details={"fields": sorted(changes)})
    return dataset


@transaction.atomic
def open_version(
    *,
    dataset_id: UUID,
    notes: Mapping[str, str] | None = None,
    reason: Mapping[str, str] | None = None,
    declared_level: str = "",
    actor: Actor,
) -> DatasetVersion:
    """Open the dataset's next version, with a data key of its own, to receive files.

    `notes` and `reason` say what it changes and why, `declared_level` how much (listings/releases.py).
    """
    dataset = find(_locking(Dataset.objects.visible_to(actor)), pk=dataset_id)
    require(actor, Permission.DATASET_REGISTER, organization_id=dataset.organization_id)

    newest = dataset.versions.aggregate(newest=Max("number"))["newest"]
    version = DatasetVersion(
        dataset=dataset,
        organization_id=dataset.organization_id,
        notes=dict(notes or {}),
        reason=dict(reason or {}),
        declared_level=declared_level,
    )
    version.number = (newest or 0) + 1
    _, wrapped = key_ring().new_data_key(owner=version.id)
    version.wrapped_key, version.key_id = wrapped.wrapped, wrapped.key_id
    version.save(force_insert=True)
    audit.record("datasetversion.opened", subject=version, actor=actor, details={"number": version.number})
    return version


@transaction.atomic
def add_file(
    *,
    version_id: UUID,
    name: str,
    format: str,  # noqa: A002 - the domain's word
    declared_encoding: str = "",
    table_schema: Mapping[str, Any] | None = None,
    actor: Actor,
) -> DataFile:
    """Announce a file of an open version; `table_schema` are rules that its rows are checked against.

    Without any, those of the file of the same name in an earlier version go on; an empty one ends them.
    Raises Problem `version_sealed`, `file_name_taken`, or `invalid` for a name or encoding that cannot be.
    """
    version = find(_locking(DatasetVersion.objects.visible_to(actor)), pk=version_id)
    require(actor, Permission.DATASET_REGISTER, organization_id=version.organization_id)
    if version.state != DatasetVersion.State.OPEN:
        raise Problem("version_sealed")
    if version.files.count() >= MOST_FILES:
        raise Problem("too_large", _("A version has at most %d files.") % MOST_FILES)
    _check_encoding(format, declared_encoding)

    file = DataFile(
        version=version, organization_id=version.organization_id, name=checked_file_name(name), format=format
    )
    file.declared_encoding = declared_encoding.lower()
    file.table_schema = rules_for(version, file.name, table_schema)
    file.save(force_insert=True)
    audit.record(
        "datafile.announced",
        subject=file,
        actor=actor,
        details={"name": file.name, "format": format, "table_schema": file.table_schema},
    )
    return file


def receive_part(
    *, file_id: UUID, number: int, body: Iterable[bytes], expected_sha256: str = "", actor: Actor
) -> FilePart:
    """Store one part of a file, read from `body` to its end. Must not run inside a transaction.

    The same bytes again change nothing; other bytes replace the part while the file is being received.
    Raises Problem `digest_mismatch`, `too_large` (over LARGEST_PART), `empty_part`, `illegal_state`, or whatever `body`
    raises; then nothing of the attempt stays.
    """
    file = find(DataFile.objects.visible_to(actor).select_related("version"), pk=file_id)
    require(actor, Permission.DATASET_REGISTER, organization_id=file.organization_id)
    _refuse_unless_receiving(file)
    if not 1 <= number <= MOST_PARTS:
        raise field_problem("/number", "out_of_range", _("Parts count from 1 to %d.") % MOST_PARTS)

    with _new_object(file, number) as name:
        tally = _Tally()
        cipher = ObjectCipher(data_key_of(file.version), identity=part_identity(file.id, number))
        data_storage().save(name, SealedContent(cipher.seal_all(tally.passing(body))))
        if not tally.size:
            raise Problem("empty_part")
        if expected_sha256 and tally.sha256.hexdigest() != expected_sha256:
            raise Problem("digest_mismatch", expected=expected_sha256, actual=tally.sha256.hexdigest())
        return _take_up(file, FilePart(file=file, number=number, size=tally.size, storage_name=name), tally, actor)


@transaction.atomic
def complete_file(*, file_id: UUID, size: int | None = None, sha256: str = "", actor: Actor) -> DataFile:
    """End the receiving of a file. What was announced of the whole file is checked now, or when it is profiled.

    Raises Problem `parts_missing`, `size_mismatch`, `digest_mismatch` or `illegal_state`.
    """
    file = find(_locking(DataFile.objects.visible_to(actor)), pk=file_id)
    require(actor, Permission.DATASET_REGISTER, organization_id=file.organization_id)
    _refuse_unless_receiving(file)
    parts = list(file.parts.order_by("number"))
    missing = sorted(set(range(1, len(parts) + 1)) - {part.number for part in parts})
    if missing:
        raise Problem("parts_missing", missing=missing[:20])
    received = sum(part.size for part in parts)
    if size is not None and size != received:
        raise Problem("size_mismatch", expected=size, actual=received)
    if sha256 and len(parts) == 1 and parts[0].sha256 != sha256:
        raise Problem("digest_mismatch", expected=sha256, actual=parts[0].sha256)

    advance(
        file,
        to=DataFile.State.RECEIVED,
        actor=actor,
        details={"size": received, "parts": len(parts)},
        size=received,
        declared_sha256=sha256,
    )
    return file


@transaction.atomic
def seal_version(*, version_id: UUID, actor: Actor) -> DatasetVersion:
    """Close a version for good and have its files read and profiled; it becomes READY or REFUSED.

    Raises Problem `files_incomplete` or `illegal_state`.
    """
    version = find(_locking(DatasetVersion.objects.visible_to(actor)), pk=version_id)
    require(actor, Permission.DATASET_REGISTER, organization_id=version.organization_id)
    states = set(version.files.values_list("state", flat=True))
    if version.state == DatasetVersion.State.OPEN and states != {DataFile.State.RECEIVED}:
        raise Problem("files_incomplete")

    advance(version, to=DatasetVersion.State.PROFILING, actor=actor, sealed_at=timezone.now())
    enqueue(PROFILE_JOB, key=str(version.id), subject_id=version.id, organization_id=version.organization_id)
    return version


def manifest(version: DatasetVersion) -> dict[str, Json]:
    """Return what the version consists of; its digests are taken over the canonical JSON of this."""
    files: list[Json] = [
        {"id": str(file.id), "name": file.name, "size": file.size, "sha256": file.sha256, "sm3": file.sm3}
        for file in version.files.order_by("name", "id")
    ]
    return {"version": str(version.id), "files": files}


def discard_object(name: str) -> None:
    """Delete a stored object unless it is part of a file, or a document."""
    if not any(kept.objects.filter(storage_name=name).exists() for kept in (FilePart, Document)):
        data_storage().delete(name)


@dataclass
class _Tally:
    """What passes: counted, digested, and cut into the chunks that are sealed."""

    size: int = 0
    sha256: Any = field(default_factory=hashlib.sha256)

    def passing(self, body: Iterable[bytes]) -> Iterator[bytes]:
        held = b""
        for piece in body:
            self.size += len(piece)
            if self.size > LARGEST_PART:
                raise Problem("too_large", _("A part has at most %d bytes.") % LARGEST_PART)
            self.sha256.update(piece)
            held = held + piece if held else piece
            while len(held) >= CHUNK_BYTES:
                chunk, held = held[:CHUNK_BYTES], held[CHUNK_BYTES:]
                yield chunk
        if held:
            yield held


@contextmanager
def _new_object(file: DataFile, number: int) -> Iterator[str]:
    """Give a new name to store under; the object goes when the block fails, or by a job when the process dies."""
    name = f"{file.id.hex[-2:]}/{file.id.hex}/{number:05d}-{uuid7().hex}"
    due = timezone.now() + ABANDONED_AFTER
    enqueue(ABANDONED_JOB, key=name, subject_id=file.id, due_at=due, organization_id=file.organization_id)
    try:
        yield name
    except BaseException:
        discard_object(name)
        cancel(ABANDONED_JOB, name)
        raise


@transaction.atomic
def _take_up(file: DataFile, part: FilePart, tally: _Tally, actor: Actor) -> FilePart:
    part.sha256 = tally.sha256.hexdigest()
    locked = DataFile.objects.select_for_update().get(pk=file.pk)
    _refuse_unless_receiving(locked)
    present = FilePart.objects.filter(file=file, number=part.number).first()
    if present is not None and present.sha256 == part.sha256:
        _discard_later(part.storage_name, file)
        return present
    if present is not None:
        present.delete()
        _discard_later(present.storage_name, file)

    part.save(force_insert=True)
    cancel(ABANDONED_JOB, part.storage_name)
    details = {"number": part.number, "size": part.size, "sha256": part.sha256}
    audit.record("datafile.part_received", subject=file, actor=actor, details=details)
    return part


def _discard_later(name: str, file: DataFile) -> None:
    cancel(ABANDONED_JOB, name)
    enqueue(REPLACED_JOB, key=name, subject_id=file.id, organization_id=file.organization_id)


def _locking(rows: QuerySet[Row]) -> QuerySet[Row]:
    return rows.select_for_update(of=("self",))


def _refuse_unless_receiving(file: DataFile) -> None:
    if file.state != DataFile.State.RECEIVING:
        raise Problem("illegal_state", _("The file is complete; it takes no more parts."), state=file.state)


def _check_encoding(format: str, declared: str) -> None:  # noqa: A002
    if format not in DataFile.Format.values:
        raise field_problem("/format", "invalid_choice", _("Formats are: %s.") % ", ".join(DataFile.Format.values))
    if declared and format in (DataFile.Format.PARQUET, DataFile.Format.EXCEL, DataFile.Format.ARCHIVE):
        raise field_problem("/declared_encoding", "invalid_choice", _("That format has no text encoding to declare."))
    if declared and declared.lower() not in DECLARABLE:
        known = ", ".join(DECLARABLE)
        raise field_problem("/declared_encoding", "invalid_choice", _("Encodings are: %s.") % known)


def checked_file_name(name: str) -> str:
    """Return the name in one Unicode form; refuse what is not a plain file name on every system."""
    name = unicodedata.normalize("NFC", name.strip())
    if (
        not name
        or name in (".", "..")
        or len(name) > 200
        or any(c in '/\\:*?"<>|' or not c.isprintable() for c in name)
    ):
        raise field_problem("/name", "invalid", _("Give a file name of 1 to 200 characters, without a path."))
    return name
