"""Papers of a dossier: kept encrypted as they came (listings/papers.py), and read back by those who may."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require
from kernel import audit
from kernel.actors import Actor
from kernel.jobs import cancel
from kernel.problems import Problem, field_problem
from listings import dataset_problems  # noqa: F401 - registers the codes raised here
from listings.crossborder.research_lane import research_rules
from listings.models import Document, Product
from listings.papers import paper_bytes, stored
from listings.registration import locked_product, refuse_in_use
from listings.source_rules import rules_on
from listings.uploading import ABANDONED_JOB, checked_file_name

MOST_DOCUMENTS = 100  # of one product


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
    if evidence and evidence not in _known_evidence():
        raise field_problem("/evidence", "unknown_evidence", _("There is no evidence of this kind."))
    _refuse_addition(product, evidence)
    document = Document(
        product=product,
        organization_id=product.organization_id,
        evidence=evidence,
        name=checked_file_name(name),
        uploaded_by=actor.person_id,
    )
    with stored(document, body, folder="documents", expected_sha256=expected_sha256):
        return _take_up(document, actor)


def read_document(*, document_id: UUID, actor: Actor) -> tuple[Document, Iterator[bytes]]:
    """Return a paper and its plain bytes, piece by piece; the reading is recorded.

    Raises Problem `not_found`, UnusableKey or Tampered.
    """
    document = find(Document.objects.visible_to(actor), pk=document_id)
    audit.record("document.read", subject=document, actor=actor, details={"sha256": document.sha256})
    return document, paper_bytes(document)


def _known_evidence() -> set[str]:
    return {*rules_on(timezone.localdate())["evidence"], *research_rules()["evidence"]}


def _refuse_addition(product: Product, evidence: str) -> None:
    if evidence:
        refuse_in_use(product)
    if product.documents.count() >= MOST_DOCUMENTS:
        raise Problem("too_large", _("A product has at most %d documents.") % MOST_DOCUMENTS)


@transaction.atomic
def _take_up(document: Document, actor: Actor) -> Document:
    # The product may have been submitted, or deleted, while the bytes arrived.
    _refuse_addition(locked_product(document.product_id, actor), document.evidence)

    document.save(force_insert=True)
    cancel(ABANDONED_JOB, document.storage_name)
    details = {"evidence": document.evidence, "name": document.name, "sha256": document.sha256, "sm3": document.sm3}
    audit.record("document.kept", subject=document, actor=actor, details=details)
    return document
