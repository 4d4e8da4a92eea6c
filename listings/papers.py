"""Keeping a paper, whoever it belongs to: told by its first bytes, and encrypted under a data key of its own.

Bytes stream from the network through digests and encryption into storage, outside any transaction; an upload that
breaks off leaves nothing, as in listings/uploading.py.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain

from django.utils import timezone
from django.utils.translation import gettext as _

from kernel.digests import Digests
from kernel.identifiers import uuid7
from kernel.jobs import cancel, enqueue
from kernel.problems import Problem
from listings import dataset_problems  # noqa: F401 - registers the codes raised here
from listings.encryption import ObjectCipher, WrappedKey, key_ring, part_identity
from listings.models import CasePaper, Document, ReportPaper
from listings.storage import SealedContent, StoredFile, StoredPart, data_storage, read_range
from listings.uploading import ABANDONED_AFTER, ABANDONED_JOB, discard_object

Paper = Document | CasePaper | ReportPaper
LARGEST_PAPER = 20 * 1024 * 1024
# A paper is told by its first bytes, never by its name.
MEDIA_TYPES = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}


@contextmanager
def stored(paper: Paper, body: Iterable[bytes], *, folder: str, expected_sha256: str = "") -> Iterator[None]:
    """Store a new paper's bytes and let the caller save its row; the object goes again when the block fails.

    `body` yields pieces of CHUNK_BYTES, the last one less. What is known of the bytes is set on `paper`. Raises Problem
    `document_type_unknown`, `empty_part`, `digest_mismatch` or `too_large`.
    """
    pieces = iter(body)
    first = next(pieces, b"")
    paper.media_type = _media_type(first)
    paper.storage_name = f"{folder}/{paper.id.hex}-{uuid7().hex}"
    with _new_object(paper):
        digests = Digests()
        data_key, wrapped = key_ring().new_data_key(owner=paper.id)
        paper.wrapped_key, paper.key_id = wrapped.wrapped, wrapped.key_id
        cipher = ObjectCipher(data_key, identity=part_identity(paper.id, 1))
        passing = _passing(chain([first], pieces), digests)
        data_storage().save(paper.storage_name, SealedContent(cipher.seal_all(passing)))
        paper.size, paper.sha256, paper.sm3 = digests.size, digests.sha256, digests.sm3
        if expected_sha256 and paper.sha256 != expected_sha256:
            raise Problem("digest_mismatch", expected=expected_sha256, actual=paper.sha256)
        yield


def paper_bytes(paper: Paper) -> Iterator[bytes]:
    """Return a paper's plain bytes, piece by piece. Raises UnusableKey or Tampered."""
    key = key_ring().unwrap(WrappedKey(paper.key_id, bytes(paper.wrapped_key)), owner=paper.id)
    return read_range(StoredFile(paper.id, key, (StoredPart(1, paper.size, paper.storage_name),)), 0, paper.size)


def _media_type(first: bytes) -> str:
    if not first:
        raise Problem("empty_part")
    for beginning, media_type in MEDIA_TYPES.items():
        if first.startswith(beginning):
            return media_type
    raise Problem("document_type_unknown")


def _passing(pieces: Iterable[bytes], digests: Digests) -> Iterator[bytes]:
    for piece in pieces:
        digests.update(piece)
        if digests.size > LARGEST_PAPER:
            raise Problem("too_large", _("A document has at most %d bytes.") % LARGEST_PAPER)
        yield piece


@contextmanager
def _new_object(paper: Paper) -> Iterator[None]:
    """Let an object be stored; it goes when the block fails, or by a job when the process dies."""
    name = paper.storage_name
    due = timezone.now() + ABANDONED_AFTER
    enqueue(ABANDONED_JOB, key=name, subject_id=paper.id, due_at=due, organization_id=paper.organization_id)
    try:
        yield
    except BaseException:
        discard_object(name)
        cancel(ABANDONED_JOB, name)
        raise
