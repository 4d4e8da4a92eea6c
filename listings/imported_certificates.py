"""Certificates of other registries: taken in with the paper, checked by form, verified by an officer of the venue.

Three registers are kept apart: the national one of data property, Shenzhen's of 2023, and that of public resources.
The forms of their numbers are a dated data file (listings/data/certificates).
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_disinterested, require_reason
from kernel import audit
from kernel.actors import Actor
from kernel.problems import FieldError, Problem
from kernel.states import advance
from listings import problems  # noqa: F401 - registers the codes raised here
from listings.certified import months_before
from listings.editions import Edition, edition_on
from listings.models import Document, ImportedCertificate, Listing
from listings.problems import field_errors
from listings.registration import locked_product, refuse_retired

FIELDS = ("kind", "number", "issuer", "rights", "issued_on", "valid_until")
State = ImportedCertificate.State


@transaction.atomic
def import_certificate(
    *, product_id: UUID, document_id: UUID, holder_identifier: str, fields: Mapping[str, Any], actor: Actor
) -> ImportedCertificate:
    """Take in a certificate of a product with its paper; `fields` are those of `FIELDS`.

    Raises Problem `not_found`, `forbidden`, `illegal_state` for a retired product, `certificate_exists`, or `invalid`
    with pointers: also where the holder is not the provider, or the number cannot be.
    """
    product = locked_product(product_id, actor)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=product.organization_id)
    refuse_retired(product)
    document = Document.objects.filter(pk=document_id, product=product).first()

    given = {field: fields[field] for field in FIELDS if field in fields}
    certificate = ImportedCertificate(product=product, organization_id=product.organization_id, **given)
    certificate.number = normal_number(certificate.number)
    errors = [*field_errors(certificate, FIELDS), *_form_errors(certificate)]
    if document is None:
        errors.append(FieldError("/document_id", "unknown", _("The product has no such document.")))
    if normal_number(holder_identifier) != normal_number(product.organization.identifier):
        errors.append(
            FieldError("/holder_identifier", "holder_differs", _("The certificate's holder is not the provider."))
        )
    if errors or document is None:
        raise Problem("invalid", errors=errors)
    if product.imported_certificates.standing().filter(kind=certificate.kind, number=certificate.number).exists():
        raise Problem("certificate_exists")

    certificate.document = document
    certificate.save(force_insert=True)
    details = {"kind": certificate.kind, "number": certificate.number, "sha256": document.sha256}
    audit.record("importedcertificate.imported", subject=certificate, actor=actor, details=details)
    return certificate


@transaction.atomic
def verify_imported(*, certificate_id: UUID, reason: str, actor: Actor) -> ImportedCertificate:
    """Find a certificate genuine; `reason` says how it was checked. By staff of a venue that offers the product.

    Raises Problem `not_found`, `forbidden`, `conflict_of_interest`, `illegal_state`, `certificate_expired`, or
    `invalid` without a reason.
    """
    certificate = _to_decide(certificate_id, actor)
    if certificate.expired:
        raise Problem("certificate_expired")
    return _decide(certificate, State.VERIFIED, reason, actor)


@transaction.atomic
def reject_imported(*, certificate_id: UUID, reason: str, actor: Actor) -> ImportedCertificate:
    """Find that a certificate is not what it says. Raises as `verify_imported`, but takes an expired one."""
    return _decide(_to_decide(certificate_id, actor), State.REJECTED, reason, actor)


@transaction.atomic
def withdraw_imported(*, certificate_id: UUID, reason: str, actor: Actor) -> ImportedCertificate:
    """Rest the dossier on a certificate no longer: by its holder, or by staff when the registry took it back.

    Raises Problem `not_found`, `forbidden`, `illegal_state`, or `invalid` without a reason.
    """
    certificate = find(_locked(actor), pk=certificate_id)
    if actor.organization_id == certificate.organization_id:
        require(actor, Permission.PRODUCT_MANAGE, organization_id=certificate.organization_id)
    else:
        _require_officer(certificate, actor)
    said = require_reason(reason)

    advance(certificate, to=State.WITHDRAWN, actor=actor, reason=said)
    return certificate


def normal_number(number: str) -> str:
    """Return a number as registries print it: narrow, in capitals, without spaces."""
    return "".join(unicodedata.normalize("NFKC", number).upper().split())


# --- rules ----------------------------------------------------------------------------------------------------------


def _form_errors(certificate: ImportedCertificate) -> Iterator[FieldError]:
    edition = edition_on("certificates/imported-certificates-*.json", timezone.localdate())
    rule = next((row for row in edition["kinds"] if row["code"] == certificate.kind), None)
    if rule is None:
        return  # refused by form
    yield from _number_errors(certificate, rule, edition)
    issued, today = certificate.issued_on, timezone.localdate()
    if issued > today or not rule["issued_from"] <= issued.isoformat() <= (rule["issued_to"] or "9999-12-31"):
        yield FieldError("/issued_on", "out_of_range", _("The registry gave no such certificates on that day."))
    if certificate.valid_until is None:
        if rule["longest_years"]:
            yield FieldError("/valid_until", "required", _("Say until when the certificate is valid."))
        return
    if certificate.valid_until <= issued:
        yield FieldError("/valid_until", "before_start", _("The time span ends before it begins."))
    elif rule["longest_years"] and certificate.valid_until > months_before(issued, -12 * rule["longest_years"]):
        message = _("Such a certificate is valid for at most %d years.")
        yield FieldError("/valid_until", "out_of_range", message % rule["longest_years"])
    elif certificate.valid_until < today:
        yield FieldError("/valid_until", "certificate_expired", _("The certificate has expired."))


def _number_errors(certificate: ImportedCertificate, rule: Mapping[str, Any], edition: Edition) -> Iterator[FieldError]:
    found = re.fullmatch(rule["pattern"], certificate.number, re.ASCII)
    if found is None:
        message = _("This is no number of such a certificate; one looks like %s.")
        yield FieldError("/number", "invalid", message % rule["example"])
        return
    parts = found.groupdict()
    if "province" in parts and parts["province"] not in edition["provinces"]:
        yield FieldError("/number", "unknown_region", _("The number names no province of GB/T 2260."))
    if "serial" in parts and int(parts["serial"]) == 0:
        yield FieldError("/number", "invalid", _("Serial numbers begin with 0001."))
    if "month" in parts and parts["month"] > f"{certificate.issued_on:%Y%m}":
        yield FieldError("/number", "number_after_issue", _("The number names a later month than that of its issue."))


def _to_decide(certificate_id: UUID, actor: Actor) -> ImportedCertificate:
    certificate = find(_locked(actor), pk=certificate_id)
    _require_officer(certificate, actor)
    if certificate.state != State.SUBMITTED:
        raise Problem("illegal_state", _("The certificate has been decided on."), state=certificate.state)
    return certificate


def _require_officer(certificate: ImportedCertificate, actor: Actor) -> None:
    """Raise unless the actor reviews listings at a venue where the product is offered, and has no part in it."""
    require(actor, Permission.LISTING_REVIEW)
    venues = Listing.objects.filter(product=certificate.product_id).values_list("venue_id", flat=True)
    if not actor.venue_ids.intersection(venues):
        raise Problem("forbidden", _("You are not on the staff of that venue."))
    require_disinterested(actor, certificate.organization_id)


def _decide(certificate: ImportedCertificate, to: str, reason: str, actor: Actor) -> ImportedCertificate:
    said = require_reason(reason)
    if actor.person_id is None:
        raise Problem("forbidden", _("A person must answer for this."))

    now = timezone.now()
    advance(certificate, to=to, actor=actor, reason=said, decided_by_id=actor.person_id, decided_at=now, finding=said)
    return certificate


def _locked(actor: Actor) -> QuerySet[ImportedCertificate]:
    return ImportedCertificate.objects.visible_to(actor).select_for_update(of=("self",))
