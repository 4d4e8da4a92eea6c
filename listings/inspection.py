"""What happens to a sealed version: every file is read once, digested and profiled; then it is READY or REFUSED.

Reading and parsing run in a thread of their own that never touches the database, while the job's thread keeps the
lease and shows the progress. A file that is done keeps its result, so a job that starts again goes on with the rest.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRunning
from dataclasses import dataclass
from typing import Any, BinaryIO, cast
from uuid import UUID

from django.db import transaction
from django.utils.translation import override

from kernel.actors import SYSTEM
from kernel.digests import Digests, canonical_json
from kernel.states import advance
from listings.examination import Examination, examine
from listings.examination_progress import Heartbeat, Pace, work_of
from listings.grading.grade import GRADES, PERSONAL_INFORMATION, Facts
from listings.models import DataFile, DatasetVersion
from listings.profiling.head import HEAD_BYTES, columns_at_head
from listings.profiling.observing import Observer
from listings.profiling.profile import TableProfile
from listings.profiling.reading import FORMATS, profile_file
from listings.profiling.refusals import REFUSALS, Refusal, refuse, sentence
from listings.quality.declared import Schema
from listings.quality.score import Declared
from listings.quality_rules import schema_of
from listings.releases import next_release, release_fields
from listings.storage import DecryptingReader, StoredFile, read_range, stored_file
from listings.uploading import manifest

HEARTBEAT_SECONDS = 1.0


class Stopped(Exception):
    """The job's thread has asked the reading thread to end."""


@dataclass
class Reading:
    """A file being read: its digests and the bytes read so far, and the way to stop it from another thread."""

    stored: StoredFile
    digests: Digests
    stop: threading.Event
    read: int = 0

    def chunks(self) -> Iterator[bytes]:
        """Yield the file's bytes from beginning to end, digesting them on the way."""
        for chunk in read_range(self.stored, 0, self.stored.size):
            self.digests.update(chunk)
            self.note(len(chunk))
            yield chunk

    def seekable(self) -> BinaryIO:
        """Return the file for a second reading, in which one seeks."""
        return cast(BinaryIO, _SecondReading(self))

    def note(self, size: int) -> None:
        """Count bytes that were read; raises Stopped if nobody wants any more."""
        if self.stop.is_set():
            raise Stopped
        self.read += size


class _SecondReading(DecryptingReader):
    """Counts what is read; what is read again counts no more than the file's size."""

    def __init__(self, reading: Reading) -> None:
        super().__init__(reading.stored)
        self._reading = reading
        self._room = reading.stored.size

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        counted = min(len(data), self._room)
        self._room -= counted
        self._reading.note(counted)
        return data


def inspect_version(*, version_id: UUID, heartbeat: Heartbeat) -> None:
    """Read, digest and profile the files of a sealed version, and end it as READY or REFUSED.

    `heartbeat` is called every second with the percentage done and the time left; what it raises stops the reading.
    Raises Tampered or UnusableKey when the stored bytes cannot be opened: that is no fault of the provider's.
    """
    version = DatasetVersion.objects.get(pk=version_id)
    if version.state != DatasetVersion.State.PROFILING:
        return
    files = list(version.files.order_by("name", "id"))
    done = sum(_work(file) for file in files if file.state == DataFile.State.READY)
    pace = Pace(total=sum(map(_work, files)), before=done)
    for file in (file for file in files if file.state == DataFile.State.RECEIVED):
        try:
            reading, examination = _inspect(file, heartbeat, pace, done=done)
        except Refusal as refusal:
            _refuse(version, file, refusal)
            return
        _accept(file, reading.digests, examination)
        done += _work(file)
    _finish(version)


def inspect_file(
    reading: Reading,
    *,
    format: str,  # noqa: A002 - the domain's word
    declared_encoding: str,
    declared_sha256: str,
    schema: Schema | None = None,
) -> Examination:
    """Read a file to its end and return what it told; raises Refusal. Does not touch the database.

    `schema` are the provider's rules, which every row is checked against.
    """

    def read(observers: Sequence[Observer]) -> TableProfile:
        if FORMATS[format].seeks:
            for _chunk in reading.chunks():  # digests first: what seeks does not read in order
                pass
            _check_digest(reading, declared_sha256)
        profile = profile_file(
            format,
            chunks=reading.chunks(),
            open_seekable=reading.seekable,
            size=reading.stored.size,
            declared_encoding=declared_encoding,
            observers=observers,
        )
        _check_digest(reading, declared_sha256)
        return profile

    columns: list[str] = []
    if schema is not None:
        head = read_range(reading.stored, 0, min(reading.stored.size, HEAD_BYTES))
        columns = columns_at_head(head, format=format, declared_encoding=declared_encoding)
    return examine(read, declared=Declared(schema=schema), facts=Facts(), columns=columns)


def examined_again(version: DatasetVersion, heartbeat: Heartbeat) -> dict[str, Examination]:
    """Examine the files of a version that is ready once more, by name; nothing is changed."""
    files = list(version.files.order_by("name", "id"))
    pace = Pace(total=sum(map(_work, files)), before=0)
    done, found = 0, {}
    for file in files:
        _reading, found[file.name] = _inspect(file, heartbeat, pace, done=done)
        done += _work(file)
    return found


def _inspect(file: DataFile, heartbeat: Heartbeat, pace: Pace, *, done: int) -> tuple[Reading, Examination]:
    reading = Reading(stored_file(file), Digests(), threading.Event())
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="profile") as reader:
        running = reader.submit(
            inspect_file,
            reading,
            format=file.format,
            declared_encoding=file.declared_encoding,
            declared_sha256=file.declared_sha256,
            schema=schema_of(file),
        )
        try:
            while True:
                try:
                    return reading, running.result(timeout=HEARTBEAT_SECONDS)
                except StillRunning:
                    if running.done():
                        raise
                    heartbeat(pace.percent(done + reading.read), pace.left(done + reading.read))
        finally:
            reading.stop.set()


def _check_digest(reading: Reading, declared: str) -> None:
    if reading.digests.size != reading.stored.size:
        raise RuntimeError("the profile was made without reading the whole file")
    if declared and reading.digests.sha256 != declared:
        raise refuse("digest_mismatch", declared=declared, actual=reading.digests.sha256)


@transaction.atomic
def _accept(file: DataFile, digests: Digests, examination: Examination) -> None:
    advance(
        file,
        to=DataFile.State.READY,
        actor=SYSTEM,
        details={"sha256": digests.sha256, "sm3": digests.sm3, "rows": examination.profile.rows},
        sha256=digests.sha256,
        sm3=digests.sm3,
        profile=examination.as_json(),
    )


@transaction.atomic
def _refuse(version: DatasetVersion, file: DataFile, refusal: Refusal) -> None:
    with override("en"):
        detail = sentence(REFUSALS, refusal.code, refusal.params)
    why = {
        "code": refusal.code,
        "detail": detail,
        "params": refusal.params,
        "position": refusal.position,
        "file_id": str(file.id),
        "file": file.name,
    }
    details = {"code": refusal.code, "file": file.name, "position": refusal.position}
    advance(file, to=DataFile.State.REFUSED, actor=SYSTEM, reason=detail, details=details)
    advance(
        version,
        to=DatasetVersion.State.REFUSED,
        actor=SYSTEM,
        reason=detail,
        details={"code": refusal.code},
        refusal=why,
    )


@transaction.atomic
def _finish(version: DatasetVersion) -> None:
    digests = Digests(canonical_json(manifest(version)))
    files = list(version.files.order_by("name", "id"))
    release = next_release(version)
    advance(
        version,
        to=DatasetVersion.State.READY,
        actor=SYSTEM,
        details={
            "sha256": digests.sha256,
            "sm3": digests.sm3,
            "release": list(release.number),
            "level": release.level,
            "declared_level": version.declared_level,
        },
        rows=sum(_profile_of(file)["rows"] for file in files),
        bytes=sum(_size(file) for file in files),
        sha256=digests.sha256,
        sm3=digests.sm3,
        profile={
            "files": [_summary(file) for file in files],
            "quality": _worst_quality(files),
            "grading": gravest_grade([_profile_of(file)["grade"] for file in files]),
        },
        **release_fields(release),
    )


KEPT = ("code", "params", "of_dimension")  # of a deduction; all of it stands in its file's profile


def _worst_quality(files: Sequence[DataFile]) -> dict[str, Any]:
    worst = min((_profile_of(file)["quality"] for file in files), key=lambda quality: quality["score"])
    deductions = [{name: each[name] for name in KEPT} for each in worst["deductions"]]
    return {name: worst[name] for name in ("score", "grade", "dimensions")} | {"deductions": deductions}


def gravest_grade(grades: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the grade of several files: the higher one wins, and persons are added up.

    Nothing tells whether two files speak of the same persons.
    """
    return {
        "grade": max((each["grade"] for each in grades), key=GRADES.index),
        "personal_data": max((each["personal_information"] for each in grades), key=PERSONAL_INFORMATION.index),
        "persons": sum(each["n_general"] + each["n_sensitive"] for each in grades),
        "sensitive_persons": sum(each["n_sensitive"] for each in grades),
    }


def _work(file: DataFile) -> int:
    return work_of(file, seeks=FORMATS[file.format].seeks)


def _size(file: DataFile) -> int:
    return file.size or 0


def _profile_of(file: DataFile) -> dict[str, Any]:
    return dict(file.profile or {})


def _summary(file: DataFile) -> dict[str, Any]:
    profile = _profile_of(file)
    columns = [{"name": column["name"], "type": column["type"]} for column in profile["columns"]]
    return {"id": str(file.id), "name": file.name, "format": file.format, "rows": profile["rows"], "columns": columns}
