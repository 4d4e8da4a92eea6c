"""Papers of a dossier: kept encrypted as they came, each under a data key of its own, and read back by those who may.

Bytes stream from the network through digests and encryption into storage, outside any transaction; an upload that
breaks off leaves nothing, as in listings/uploading.py.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require
from kernel import audit
from kernel.actors import Actor
from kernel.digests import Digests
from kernel.identifiers import uuid7
from kernel.jobs import cancel, enqueue
from kernel.problems import Problem, field_problem
from listings import dataset_problems  # noqa: F401 - registers the codes raised here
from listings.encryption import ObjectCipher, WrappedKey, key_ring, part_identity
from listings.models import Document, Product
from listings.registration import locked_product, refuse_in_use
from listings.source_rules import rules_on
from listings.storage import SealedContent, StoredFile, StoredPart, data_storage, read_range
from listings.uploading import ABANDONED_AFTER, ABANDONED_JOB, checked_file_name, discard_object

LARGEST_DOCUMENT = 20 * 1024 * 1024
MOST_DOCUMENTS = 100  # of one product
# A paper is told by its first bytes, never by its name.
MEDIA_TYPES = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}


def keep_document(
    *,
    product_id: UUID,
    name: str,
    body: Iterable[bytes],
    evidence: str = "",
    expected_sha256: str = "",
    actor: Actor,
) -> Document:
    """Keep a paper of a product: a PDF, PNG or JPEG file. Must not run inside a transaction.

    `body` yields pieces of CHUNK_BYTES, the last one less, as listings/api/bodies.py reads them. `evidence` is the code
    of what it proves; a paper of a certificate has none.
    Raises Problem `not_found`, `forbidden`, `product_in_use` for evidence of what is under review or offered,
    `document_type_unknown`, `empty_part`, `digest_mismatch`, or `invalid`; then nothing of it stays.
    """
    product = find(Product.objects.visible_to(actor), pk=product_id)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=product.organization_id)
    if evidence and evidence not in rules_on(timezone.localdate())["evidence"]:
        raise field_problem("/evidence", "unknown_evidence", _("There is no evidence of this kind."))
    _refuse_addition(product, evidence)
    pieces = iter(body)
    first = next(pieces, b"")
    document = Document(
        product=product,
        organization_id=product.organization_id,
        evidence=evidence,
        name=checked_file_name(name),
        media_type=_media_type(first),
        uploaded_by=actor.person_id,
    )
    document.storage_name = f"documents/{document.id.hex}-{uuid7().hex}"

    with _new_object(document):
        digests = Digests()
        data_key, wrapped = key_ring().new_data_key(owner=document.id)
        document.wrapped_key, document.key_id = wrapped.wrapped, wrapped.key_id
        cipher = ObjectCipher(data_key, identity=part_identity(document.id, 1))
        passing = _passing(chain([first], pieces), digests)
        data_storage().save(document.storage_name, SealedContent(cipher.seal_all(passing)))
        document.size, document.sha256, document.sm3 = digests.size, digests.sha256, digests.sm3
        if expected_sha256 and document.sha256 != expected_sha256:
            raise Problem("digest_mismatch", expected=expected_sha256, actual=document.sha256)
        return _take_up(document, actor)


def read_document(*, document_id: UUID, actor: Actor) -> tuple[Document, Iterator[bytes]]:
    """Return a paper and its plain bytes, piece by piece; the reading is recorded.

    Raises Problem `not_found`, UnusableKey or Tampered.
    """
    document = find(Document.objects.visible_to(actor), pk=document_id)
    audit.record("document.read", subject=document, actor=actor, details={"sha256": document.sha256})
    key = key_ring().unwrap(WrappedKey(document.key_id, bytes(document.wrapped_key)), owner=document.id)
    stored = StoredFile(document.id, key, (StoredPart(1, document.size, document.storage_name),))
    return document, read_range(stored, 0, document.size)


def _refuse_addition(product: Product, evidence: str) -> None:
    if evidence:
        refuse_in_use(product)
    if product.documents.count() >= MOST_DOCUMENTS:
        raise Problem("too_large", _("A product has at most %d documents.") % MOST_DOCUMENTS)


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
        if digests.size > LARGEST_DOCUMENT:
            raise Problem("too_large", _("A document has at most %d bytes.") % LARGEST_DOCUMENT)
        yield piece


@contextmanager
def _new_object(document: Document) -> Iterator[None]:
    """Let an object be stored; it goes when the block fails, or by a job when the process dies."""
    name = document.storage_name
    due = timezone.now() + ABANDONED_AFTER
    enqueue(ABANDONED_JOB, key=name, subject_id=document.id, due_at=due, organization_id=document.organization_id)
    try:
        yield
    except BaseException:
        discard_object(name)
        cancel(ABANDONED_JOB, name)
        raise


@transaction.atomic
def _take_up(document: Document, actor: Actor) -> Document:
    # The product may have been submitted, or deleted, while the bytes arrived.
    _refuse_addition(locked_product(document.product_id, actor), document.evidence)

    document.save(force_insert=True)
    cancel(ABANDONED_JOB, document.storage_name)
    details = {"evidence": document.evidence, "name": document.name, "sha256": document.sha256, "sm3": document.sm3}
    audit.record("document.kept", subject=document, actor=actor, details=details)
    return document
