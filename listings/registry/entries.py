"""What every act on an entry of the register shares: its lock, its rules, its frozen dossier, and its end."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from accounts.access import Permission, find, require
from accounts.interests import require_unrelated
from kernel.actors import Actor
from kernel.jobs import cancel, enqueue
from kernel.problems import Problem
from kernel.states import advance
from listings import problems  # noqa: F401 - registers the codes raised here
from listings.models import Product, PropertyRegistration, RegistrationObjection
from listings.models.registry import UNDECIDED
from listings.registry.clocks import stop_all_clocks
from listings.registry.rules import RegistryRules, rules_on
from listings.rights_matrix import claims_of

Kind = PropertyRegistration.Kind

SILENCE_JOB = "registry.accept_in_silence"
PUBLICITY_JOB = "registry.end_publicity"
CERTIFY_JOB = "registry.certify"


def locked_entry(registration_id: UUID, actor: Actor) -> PropertyRegistration:
    """Return an entry that the actor sees, under its row lock; raises `not_found`."""
    rows = PropertyRegistration.objects.visible_to(actor).select_related("venue", "product__organization", "follows")
    return find(rows.select_for_update(of=("self",)), pk=registration_id)


def rules_of(registration: PropertyRegistration) -> RegistryRules:
    """Return the rules of the day of the application."""
    return rules_on(timezone.localdate(registration.created_at))


def require_officer(registration: PropertyRegistration, permission: Permission, actor: Actor) -> None:
    """Raise `forbidden` or `conflict_of_interest` unless an officer of the body acts, unrelated to either side."""
    require(actor, permission, venue_id=registration.venue_id)
    require_unrelated(actor, registration.organization_id)
    if registration.follows is not None and registration.follows.organization_id != registration.organization_id:
        require_unrelated(actor, registration.follows.organization_id)


def refuse_annotated(registration: PropertyRegistration, kind: str) -> None:
    """Raise `registration_annotated` while an annotation keeps a registration from an entry of that kind."""
    rules = rules_on(timezone.localdate()).annotations
    barring = [
        annotation.kind
        for annotation in registration.annotations.standing().order_by("id")
        if kind in rules[annotation.kind]["keeps_from"]
    ]
    if barring:
        raise Problem("registration_annotated", annotations=barring)


def dossier_for(
    product: Product, kind: str, follows: PropertyRegistration | None, rights: Sequence[str]
) -> dict[str, Any]:
    """Return the dossier of an entry; a transfer names the registration that it comes from, a cancellation its own."""
    if follows is None or kind not in (Kind.TRANSFER, Kind.CANCEL):
        return dossier_of(product)
    named = {"number": follows.number, "sha256": follows.sha256, "sm3": follows.sm3}
    if kind == Kind.CANCEL:
        return {**follows.dossier, "cancels": named}
    return {**dossier_of(product), "rights": sorted(rights), "transferred_from": named}


def dossier_of(product: Product) -> dict[str, Any]:
    """Return what is registered: the product's dossier, its rights, and the digests of its newest version."""
    version = product.dataset.versions.filter(state="READY").order_by("-number").first() if product.dataset else None
    return {
        "number": product.number,
        "name": product.name,
        "summary": product.summary,
        "scenario": product.scenario,
        "type": product.product_type,
        "industry": product.industry,
        "source_kind": product.source_kind,
        "processing": product.processing,
        "rights": sorted(product.rights),
        "rights_claims": [claim.as_json() for claim in claims_of(product)],
        "evidence": product.evidence,
        "personal_data": product.personal_data,
        "version": None
        if version is None
        else {"id": str(version.pk), "sha256": version.sha256, "sm3": version.sm3, "rows": version.rows},
    }


def publicity_is_over(registration: PropertyRegistration) -> bool:
    """Tell whether its working days of publicity have passed."""
    return registration.publicity_until is not None and registration.publicity_until <= timezone.now()


def end_application(
    registration: PropertyRegistration,
    state: str,
    *,
    actor: Actor,
    reason: str,
    ground: str = "",
    decided_by_id: UUID | None = None,
) -> None:
    """Let an application end without a registration: store why, stop what runs for it, let open objections lapse."""
    registration.ground, registration.reason, registration.decided_by_id = ground, reason, decided_by_id
    registration.save(update_fields=["ground", "reason", "decided_by"])
    advance(registration, to=state, actor=actor, reason=reason, details={"ground": ground} if ground else None)
    stop_all_clocks(registration)
    for kind in (SILENCE_JOB, PUBLICITY_JOB):
        cancel(kind, str(registration.pk))
    lapse_objections(registration, actor=actor, reason=reason)


def lapse_objections(registration: PropertyRegistration, *, actor: Actor, reason: str) -> None:
    """Let the open objections against an entry lapse, for it has ended."""
    for objection in registration.objections.filter(state=RegistrationObjection.State.RAISED).order_by("id"):
        advance(
            objection,
            to=RegistrationObjection.State.LAPSED,
            actor=actor,
            reason=reason,
            details={"registration": str(registration.state)},
            decision=reason,
        )


def end_followers(entries: QuerySet[PropertyRegistration], *, actor: Actor, reason: str) -> None:
    """Let those of the entries end that are not decided yet: what they would follow does not let them any more."""
    undecided = [*UNDECIDED, PropertyRegistration.State.CONSENT]
    for entry in entries.filter(state__in=undecided).order_by("id").select_for_update(of=("self",)):
        end_application(entry, PropertyRegistration.State.TERMINATED, actor=actor, reason=reason, ground=entry.ground)


def enqueue_for(kind: str, registration: PropertyRegistration, **due: Any) -> None:
    """Write the job of that kind for an entry; `due_at` says when it may run."""
    enqueue(
        kind,
        key=str(registration.pk),
        subject_id=registration.pk,
        organization_id=registration.organization_id,
        venue_id=registration.venue_id,
        **due,
    )
