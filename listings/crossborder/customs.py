"""Data customs: each cross-border delivery is declared, checked by machine, and released by rule or by two officers.

States as in DOMAIN §3.6; a declaration starts DECLARED, since the exchange draws it up whole from what it knows.
"""

import hashlib
import random
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_different_person, require_reason
from accounts.interests import require_unrelated
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.digests import canonical_json
from kernel.numbering import short_number
from kernel.problems import Problem
from kernel.states import advance
from listings.crossborder import problems  # noqa: F401 - registers the codes raised here
from listings.crossborder.customs_checks import findings_of
from listings.crossborder.customs_rules import customs_rules_on
from listings.crossborder.facts import day_of
from listings.crossborder.permits import issue_permit, withdraw_permit
from listings.deduction_rows import picked_rows, rows_as_csv
from listings.models import CustomsDeclaration, DataFile, RouteCase

State = CustomsDeclaration.State


def declare(
    *, delivery_id: UUID, order_id: UUID, files: Sequence[Mapping[str, Any]], calls: bool = False, actor: Actor
) -> CustomsDeclaration:
    """Declare one delivery of an order at its case's port, and check it at once.

    `files` are id, name, size, sha256 and sm3 of what has been read and found unchanged. With `calls` they describe an
    interface, and what its answers may carry while the permit holds is declared instead of their bytes. The caller
    runs the transaction. A declaration that stands is returned as it is. Raises Problem `route_not_cleared`.
    """
    case = _case_of(order_id)
    if (standing := _standing(delivery_id)) is not None:
        return standing
    if not case.cleared:
        raise Problem("route_not_cleared", state=case.state)

    rules = customs_rules_on(day_of(timezone.now()))
    ahead = {"calls": {"bytes": rules.call_bytes, "days": rules.permit_days}} if calls else {}
    body = {**_manifest(case, files), **ahead}
    declaration = CustomsDeclaration.objects.create(
        number=short_number(case.venue.number_prefix, "B", day_of(timezone.now()).year),
        venue=case.venue,
        organization=case.organization,
        recipient=case.recipient,
        case=case,
        delivery_id=delivery_id,
        port=case.port,
        manifest=body,
        payload_sha256=payload_digest(files),
        payload_bytes=max(sum(int(file["size"]) for file in files), rules.call_bytes if calls else 0),
    )
    details = {"payload_sha256": declaration.payload_sha256, "port": declaration.port}
    audit.record("customsdeclaration.declared", subject=declaration, actor=actor, details=details)
    _check(declaration)
    return declaration


def payload_digest(files: Sequence[Mapping[str, Any]]) -> str:
    """Return the SHA-256 over the digests of a payload's files, whatever their order."""
    digests = sorted(str(file["sha256"]) for file in files)
    return hashlib.sha256(canonical_json(digests)).hexdigest()


def read_sample(*, declaration_id: UUID, actor: Actor) -> str:
    """Return the drawn rows as CSV, personal data masked, for an officer; the reading is recorded.

    Raises Problem `not_found`, `forbidden` or `conflict_of_interest`.
    """
    with transaction.atomic():
        declaration = _declaration_before(declaration_id, actor)
        audit.record("customsdeclaration.sample_read", subject=declaration, actor=actor)
    parts = []
    for drawn in declaration.sampled_rows:
        file = DataFile.objects.select_related("version").get(pk=drawn["file"])
        parts.append(rows_as_csv(file, picked_rows(file, drawn["rows"])))
    return "\n".join(parts)


@transaction.atomic
def propose_release(*, declaration_id: UUID, reason: str, actor: Actor) -> CustomsDeclaration:
    """Say, as the first of two officers, that a sampled declaration may go.

    Raises Problem `not_found`, `forbidden`, `conflict_of_interest`, or `illegal_state` where it waits for no officer.
    """
    declaration = _declaration_before(declaration_id, actor)
    if declaration.state != State.CONTENT_SAMPLING or declaration.release_proposed_by is not None:
        raise Problem("illegal_state", _("This declaration waits for no first officer."), state=declaration.state)
    declaration.release_proposed_by = actor.person_id
    declaration.save(update_fields=["release_proposed_by"])
    audit.record("customsdeclaration.release_proposed", subject=declaration, actor=actor, reason=require_reason(reason))
    return declaration


@transaction.atomic
def release_declaration(*, declaration_id: UUID, reason: str, actor: Actor) -> CustomsDeclaration:
    """Release a declaration as the second officer: everything is checked again, and its permit is issued.

    Raises Problem `not_found`, `forbidden`, `conflict_of_interest`, `same_person`, or `illegal_state` without a first
    officer's word or where a check finds something now.
    """
    declaration = _declaration_before(declaration_id, actor)
    if declaration.state != State.CONTENT_SAMPLING or declaration.release_proposed_by is None:
        raise Problem("illegal_state", _("A first officer has to propose the release."), state=declaration.state)
    require_different_person(actor, made_by=declaration.release_proposed_by)
    declaration.findings = findings_of(declaration)
    if wrong := [finding for finding in declaration.findings if finding["found"]]:
        raise Problem("illegal_state", _("The checks find something now; hold it or return it."), findings=wrong)
    advance(declaration, to=State.RELEASED, actor=actor, reason=require_reason(reason), released_by=actor.person_id)
    issue_permit(declaration, actor=actor)
    return declaration


@transaction.atomic
def hold_declaration(*, declaration_id: UUID, reason: str, actor: Actor) -> CustomsDeclaration:
    """Hold a declaration; a permit that it gave is withdrawn, so that the next byte stays."""
    declaration = _declaration_before(declaration_id, actor)
    said = require_reason(reason)
    advance(declaration, to=State.HELD, actor=actor, reason=said, finding=said)
    withdraw_permit(declaration, actor=actor, reason=said)
    return declaration


@transaction.atomic
def check_again(*, declaration_id: UUID, actor: Actor) -> CustomsDeclaration:
    """Check a held declaration anew: it goes on to sampling, or stays held for what is found."""
    declaration = _declaration_before(declaration_id, actor)
    if declaration.state != State.HELD:
        raise Problem("illegal_state", _("Only what is held is checked again."), state=declaration.state)
    _check(declaration)
    return declaration


@transaction.atomic
def return_declaration(*, declaration_id: UUID, reason: str, actor: Actor) -> CustomsDeclaration:
    """Return a declaration to the exporter, who may declare the delivery again."""
    declaration = _declaration_before(declaration_id, actor)
    said = require_reason(reason)
    advance(declaration, to=State.RETURNED, actor=actor, reason=said, finding=said)
    return declaration


@transaction.atomic
def quarantine_declaration(*, declaration_id: UUID, reason: str, actor: Actor) -> CustomsDeclaration:
    """Quarantine a declaration: what it declares does not leave, and the evidence stays."""
    declaration = _declaration_before(declaration_id, actor)
    said = require_reason(reason)
    advance(declaration, to=State.QUARANTINED, actor=actor, reason=said, finding=said)
    return declaration


@transaction.atomic
def declare_again(*, declaration_id: UUID, actor: Actor) -> CustomsDeclaration:
    """Declare a returned delivery again, by its exporter, with what the case now says.

    Raises Problem `not_found`, `forbidden`, `illegal_state`, `declaration_stands` or `route_not_cleared`.
    """
    returned = find(CustomsDeclaration.objects.visible_to(actor).select_related("case"), pk=declaration_id)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=returned.organization_id)
    if returned.state != State.RETURNED:
        raise Problem("illegal_state", _("Only what was returned is declared again."), state=returned.state)
    case = _case_of(returned.case.order_id)
    if _standing(returned.delivery_id) is not None:
        raise Problem("declaration_stands")
    return declare(
        delivery_id=returned.delivery_id,
        order_id=case.order_id,
        files=returned.manifest["files"],
        calls="calls" in returned.manifest,
        actor=actor,
    )


def _check(declaration: CustomsDeclaration) -> None:
    """Ask the machine's questions, then release by rule, sample, or hold."""
    findings = findings_of(declaration)
    rules = customs_rules_on(day_of(timezone.now()))
    case = declaration.case
    persons = (case.n_general or 0) + (case.n_sensitive or 0)
    low_risk = (
        case.route in rules.low_risk_routes
        and persons <= rules.low_risk_persons
        and declaration.payload_bytes <= rules.low_risk_bytes
    )
    said = {"findings": findings, "low_risk": low_risk, "rules": rules.edition}
    advance(declaration, to=State.DOC_CHECK, actor=SYSTEM, details=said, findings=findings, low_risk=low_risk)
    if wrong := [finding["found"] for finding in findings if finding["found"]]:
        advance(declaration, to=State.HELD, actor=SYSTEM, reason=" ".join(wrong), finding=" ".join(wrong))
    elif low_risk:
        reason = _("Low risk by the rules of %(edition)s.") % {"edition": rules.edition}
        advance(declaration, to=State.RELEASED, actor=SYSTEM, reason=reason)
        issue_permit(declaration, actor=SYSTEM)
    else:
        rows = sampled_rows(declaration, rules.sample_rows)
        advance(declaration, to=State.CONTENT_SAMPLING, actor=SYSTEM, details={"rows": rows}, sampled_rows=rows)


def sampled_rows(declaration: CustomsDeclaration, count: int) -> list[dict[str, Any]]:
    """Draw the rows that officers look at: anybody who knows the payload's digest draws the same ones."""
    drawn = []
    for file in declaration.manifest["files"]:
        rows = int(file.get("rows") or 0)
        chance = random.Random(f"{declaration.payload_sha256} {file['sha256']}")  # noqa: S311 - to be repeated
        if rows:
            drawn.append({"file": file["id"], "rows": sorted(chance.sample(range(1, rows + 1), min(count, rows)))})
    return drawn


def _standing(delivery_id: UUID) -> CustomsDeclaration | None:
    ended = [State.RETURNED, State.QUARANTINED]
    return CustomsDeclaration.objects.filter(delivery_id=delivery_id).exclude(state__in=ended).first()


def _manifest(case: RouteCase, files: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    profiles = {str(file.pk): file.profile or {} for file in case.version.files.all()}
    return {
        "files": [{**file, "rows": profiles.get(str(file["id"]), {}).get("rows")} for file in files],
        "fields": [
            {"file": key, "column": finding["column"], "class": finding["code"]}
            for key, profile in profiles.items()
            for finding in profile.get("findings", [])
        ],
        "persons": {"general": case.n_general, "sensitive": case.n_sensitive},
        "exporter": _party(case.organization),
        "recipient": _party(case.recipient),
        "recipient_network": case.recipient_network,
        "case": case.number,
        "route": case.route,
        "purpose": case.purpose,
    }


def _party(organization: Any) -> dict[str, str]:
    return {
        "id": str(organization.pk),
        "legal_name": organization.legal_name,
        "jurisdiction": organization.jurisdiction,
        "identifier": f"{organization.identifier_kind}:{organization.identifier}",
    }


def _case_of(order_id: UUID) -> RouteCase:
    cases = RouteCase.objects.select_related("venue", "organization", "recipient", "product", "version")
    case = cases.select_for_update(of=("self",)).filter(order_id=order_id).first()
    if case is None:
        raise Problem("route_not_cleared")
    return case


def _declaration_before(declaration_id: UUID, actor: Actor) -> CustomsDeclaration:
    """Return the declaration under its lock for an officer who is related to neither party."""
    rows = CustomsDeclaration.objects.visible_to(actor).select_related(
        "venue", "case__organization", "case__recipient", "case__product", "case__version"
    )
    declaration = find(rows.select_for_update(of=("self",)), pk=declaration_id)
    require(actor, Permission.CUSTOMS_CHECK, venue_id=declaration.venue_id)
    require_unrelated(actor, declaration.organization_id)
    require_unrelated(actor, declaration.recipient_id)
    return declaration
