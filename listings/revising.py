"""Editing a listing that is offered: what is immaterial takes effect at once, the rest is reviewed beside it.

    edit → only immaterial changes: applied
         → a material one: a revision, SUBMITTED → APPROVED (takes the listing's place) | REFUSED | WITHDRAWN

While SUBMITTED it goes through the venue's stages that it concerns (listings/revision_stages.py).

The listing stays in the catalogue and can be ordered meanwhile. What was agreed before keeps what it froze.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_reason
from accounts.calendars import add_working_days
from kernel import audit
from kernel.actors import Actor
from kernel.certificates import state_certificate
from kernel.identifiers import uuid7
from kernel.jobs import enqueue
from kernel.numbering import short_number
from kernel.problems import FieldError, Problem
from kernel.states import advance
from listings.catalogue_rows import catalogue_row
from listings.checklists import Answer
from listings.dossier import DOSSIER, dossier_fields, plan_errors, source_rule, value_errors
from listings.listing import Parts, locked_listing, parts_named, refuse_unsellable
from listings.materiality import is_material, rules_today
from listings.models import DatasetVersion, Listing, ListingRevision, Product, ReviewClock
from listings.price_ceilings import refuse_plans_above
from listings.readiness import registration_errors
from listings.registration_certificate import registration_statement
from listings.releases import compared
from listings.revision_stages import (
    passed_stage,
    plan_revision,
    refuse_undecided_stages,
    revision_under_review,
    stage_due,
)
from listings.search.learning import learn_soon
from listings.suggestions import write_suggestions

OFFERED_JOB = "version.offered"  # the market's handler lets subscriptions follow
State = ListingRevision.State
OFFERED = (Listing.State.LISTED, Listing.State.SUSPENDED)


@dataclass(frozen=True)
class Edit:
    """What came of an edit: the listing, and the revision that is now under review, if the edit is material."""

    listing: Listing
    revision: ListingRevision | None


@dataclass(frozen=True)
class Proposal:
    """All that a listing would offer, and the dossier fields that would change."""

    parts: Parts
    dossier: Mapping[str, Any]


@transaction.atomic
def edit_listing(
    *,
    listing_id: UUID,
    version_id: UUID | None = None,
    terms_id: UUID | None = None,
    plan_ids: Collection[UUID] | None = None,
    dossier: Mapping[str, Any] | None = None,
    reason: str,
    actor: Actor,
) -> Edit:
    """Change what an offered listing offers or says; with one material change, all of them wait for review together.

    What is None stays. Raises Problem `not_found`, `forbidden`, `illegal_state` for a listing that is not offered,
    `revision_pending`, `product_in_use` where the dossier's material fields are offered at another venue too, or
    `invalid` with pointers, also where nothing changes.
    """
    listing = locked_listing(listing_id, actor)
    require(actor, Permission.LISTING_SUBMIT, organization_id=listing.organization_id)
    reason = require_reason(reason)
    if listing.state not in OFFERED:
        raise Problem(
            "illegal_state", _("Only what is offered is edited so; change the draft itself."), state=listing.state
        )
    if listing.revisions.pending().exists():
        raise Problem("revision_pending")
    refuse_unsellable(listing.product)
    proposal = _proposal(listing, version_id=version_id, terms_id=terms_id, plan_ids=plan_ids, dossier=dossier)
    changes = list(_changes(listing, proposal))
    if not changes:
        raise Problem("invalid", _("Nothing would change."))
    if any(change["material"] for change in changes):
        return Edit(listing, _submit(listing, proposal, changes, reason, actor))

    _apply(listing, proposal)
    details = {"changes": changes, "rule_set": rules_today()["rule_set"]}
    audit.record("listing.edited", subject=listing, actor=actor, reason=reason, details=details)
    return Edit(listing, None)


@transaction.atomic
def approve_revision(
    *, revision_id: UUID, answers: Mapping[str, Answer], note: str = "", actor: Actor
) -> ListingRevision:
    """Pass the last stage and put a revision in the place of what its listing offered.

    Everything is checked once more, and the registration is certified anew. Raises Problem `not_found`, `forbidden`,
    `same_person`, `conflict_of_interest`, `illegal_state` (also while a stage is open), `revision_outdated` where what
    it changes has changed meanwhile, or `invalid`.
    """
    revision, listing = revision_under_review(revision_id, actor)
    if listing.state not in OFFERED:
        raise Problem("illegal_state", _("The listing is not offered any more."), state=listing.state)
    refuse_undecided_stages(revision)
    passed_stage(revision, answers, actor)
    refuse_unsellable(listing.product)
    proposal = _proposal(
        listing,
        version_id=revision.version_id,
        terms_id=revision.terms_id,
        plan_ids=list(revision.plans.order_by("id").values_list("pk", flat=True)),
        dossier=_values(revision.dossier),
    )
    if _told(_as_kept(_changes(listing, proposal))) != _told(revision.changes):
        raise Problem("revision_outdated")

    now = timezone.now()
    _apply(listing, proposal)
    Listing.objects.filter(pk=listing.pk).update(revision=revision.number)
    listing.revision = revision.number
    advance(
        revision,
        to=State.APPROVED,
        actor=actor,
        reason=note,
        details={"listing": str(listing.pk), "number": revision.number, "changes": revision.changes},
        decided_by_id=actor.person_id,
        decided_at=now,
        decision_note=note,
    )
    details = {"revision": revision.number, "fields": [change["field"] for change in revision.changes]}
    audit.record("listing.revised", subject=listing, actor=actor, reason=note, details=details)
    statement = registration_statement(listing, edition=revision.rule_set)
    state_certificate(
        kind="registration",
        subject=revision,
        number=short_number(listing.venue.number_prefix, "R", now.astimezone(listing.venue.zone).year),
        statement={**statement, "revision": revision.number},
        actor=actor,
        organization_id=listing.organization_id,
        venue_id=listing.venue_id,
    )
    return revision


@transaction.atomic
def refuse_revision(*, revision_id: UUID, reason: str, actor: Actor) -> ListingRevision:
    """Leave the listing as it is, by the officer of the stage. Raises as `approve_revision` does."""
    revision, _listing = revision_under_review(revision_id, actor)
    reason = require_reason(reason)

    advance(
        revision,
        to=State.REFUSED,
        actor=actor,
        reason=reason,
        decided_by_id=actor.person_id,
        decided_at=timezone.now(),
        decision_note=reason,
    )
    return revision


@transaction.atomic
def withdraw_revision(*, revision_id: UUID, actor: Actor) -> ListingRevision:
    """Take a revision back before it is decided, by its provider. Raises `not_found`, `forbidden`, `illegal_state`."""
    revision = find(ListingRevision.objects.visible_to(actor), pk=revision_id)
    listing = locked_listing(revision.listing_id, actor)
    require(actor, Permission.LISTING_SUBMIT, organization_id=listing.organization_id)

    advance(revision, to=State.WITHDRAWN, actor=actor)
    return revision


def schema_changes_of(revision: ListingRevision) -> list[dict[str, Any]]:
    """Return what the revision's version changes for readers of the version that was offered when it was submitted."""
    change = next((change for change in revision.changes if change["field"] == "version_id"), None)
    if change is None:
        return []
    offered = DatasetVersion.objects.only("id").get(pk=change["before"]["id"])
    return [asdict(each) for each in compared(offered, revision.version)]


# --- rules ----------------------------------------------------------------------------------------------------------


def _proposal(
    listing: Listing,
    *,
    version_id: UUID | None,
    terms_id: UUID | None,
    plan_ids: Collection[UUID] | None,
    dossier: Mapping[str, Any] | None,
) -> Proposal:
    """Return what would be offered, all rules checked; raises Problem `invalid` with a pointer for each reason."""
    changed = dossier_fields(dossier or {})
    product = _with(listing.product, changed)
    errors = [*value_errors(product), *plan_errors(product)] or registration_errors(product)
    if errors:
        raise Problem("invalid", errors=[FieldError(f"/dossier{e.pointer}", e.code, e.detail) for e in errors])
    parts = parts_named(
        product,
        version_id=version_id or listing.version_id,
        terms_id=terms_id or listing.terms_id,
        plan_ids=plan_ids if plan_ids is not None else list(listing.plans.values_list("pk", flat=True)),
    )
    refuse_plans_above(product=product, venue=listing.venue, plans=parts.plans)
    return Proposal(parts, changed)


def _with(product: Product, changed: Mapping[str, Any]) -> Product:
    """Return the product as it would be; the row itself stays as it is."""
    would_be: Product = Product.objects.get(pk=product.pk)
    for field, value in changed.items():
        setattr(would_be, field, value)
    return would_be


def _changes(listing: Listing, proposal: Proposal) -> Iterator[dict[str, Any]]:
    """Yield what differs, side by side; parts by their keys and as people read them."""
    parts = proposal.parts
    if parts.version.pk != listing.version_id:
        yield {
            "field": "version_id",
            "before": {"id": str(listing.version_id), "release": listing.version.release_number},
            "after": {"id": str(parts.version.pk), "release": parts.version.release_number},
            "material": is_material("version_id", listing.version, parts.version),
        }
    if parts.terms.pk != listing.terms_id:
        yield {
            "field": "terms_id",
            "before": {"id": str(listing.terms_id), "version": listing.terms.version, "text": listing.terms.text},
            "after": {"id": str(parts.terms.pk), "version": parts.terms.version, "text": parts.terms.text},
            "material": is_material("terms_id", listing.terms_id, parts.terms.pk),
        }
    before = sorted(listing.plans.all(), key=lambda plan: plan.pk)
    after = sorted(parts.plans, key=lambda plan: plan.pk)
    if before != after:
        yield {
            "field": "plan_ids",
            "before": [_plan(plan) for plan in before],
            "after": [_plan(plan) for plan in after],
            "material": is_material("plan_ids", before, after),
        }
    for field in DOSSIER:
        if field in proposal.dossier and proposal.dossier[field] != (old := getattr(listing.product, field)):
            new = proposal.dossier[field]
            yield {"field": field, "before": old, "after": new, "material": is_material(field, old, new)}


def _plan(plan: Any) -> dict[str, Any]:
    return {"id": str(plan.pk), "kind": plan.kind, "price": plan.price.as_json()}


def _as_kept(changes: Iterator[dict[str, Any]]) -> Any:
    """Return changes as they are stored, days as text."""
    return json.loads(json.dumps(list(changes), cls=DjangoJSONEncoder))


def _told(changes: Iterable[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """Return what changes, whatever is material by today's table."""
    return [(change["field"], change["before"], change["after"]) for change in changes]


def _values(dossier: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored dossier fields as the model's own values: text becomes days again."""
    columns = {field.name: field for field in Product._meta.concrete_fields}
    return {name: columns[name].to_python(value) for name, value in dossier.items()}


def _submit(
    listing: Listing, proposal: Proposal, changes: list[dict[str, Any]], reason: str, actor: Actor
) -> ListingRevision:
    if actor.person_id is None:
        raise Problem("forbidden", _("A person must answer for this."))
    if any(change["material"] and change["field"] in DOSSIER for change in changes) and _is_offered_elsewhere(listing):
        raise Problem(
            "product_in_use",
            _("The product is offered at another venue too, which has to agree: delist it there first."),
        )
    now = timezone.now()
    checklist, stages = plan_revision(listing, proposal.dossier, [change["field"] for change in changes])
    last: int = listing.revisions.aggregate(last=Max("number"))["last"] or 1  # what was first listed is number 1
    revision = ListingRevision(
        listing=listing,
        organization_id=listing.organization_id,
        venue=listing.venue,
        number=last + 1,
        version=proposal.parts.version,
        terms=proposal.parts.terms,
        dossier=proposal.dossier,
        changes=changes,
        rule_set=rules_today()["rule_set"],
        reason=reason,
        submitted_by_id=actor.person_id,
        due_at=add_working_days(
            now,
            checklist.working_days[ReviewClock.Kind.DECISION],
            jurisdiction=listing.venue.jurisdiction,
            tz=listing.venue.zone,
        ),
        edition=checklist.edition,
        stages=stages,
        stage=stages[0],
    )
    revision.stage_due_at = stage_due(revision)
    revision.save(force_insert=True)
    revision.plans.set(proposal.parts.plans)
    audit.record(
        "listingrevision.submitted",
        subject=revision,
        actor=actor,
        reason=reason,
        details={
            "number": revision.number,
            "fields": [change["field"] for change in changes],
            "rule_set": revision.rule_set,
            "edition": revision.edition,
            "stages": stages,
        },
    )
    return revision


def _is_offered_elsewhere(listing: Listing) -> bool:
    return Listing.objects.live().filter(product=listing.product_id).exclude(pk=listing.pk).exists()


def _apply(listing: Listing, proposal: Proposal) -> None:
    """Write what is proposed, and the catalogue rows of all that shows it."""
    product, parts = listing.product, proposal.parts
    if proposal.dossier:
        for field, value in proposal.dossier.items():
            setattr(product, field, value)
        product.rule_set = source_rule(product).rule_set
        product.save(update_fields=[*proposal.dossier, "rule_set"])
    if parts.version.pk != listing.version_id:
        owner = listing.organization_id
        enqueue(OFFERED_JOB, key=str(uuid7()), subject_id=product.pk, organization_id=owner, venue_id=listing.venue_id)
    listing.version, listing.terms = parts.version, parts.terms
    listing.save(update_fields=["version", "terms"])
    listing.plans.set(parts.plans)
    shown = Listing.objects.filter(product=product, state__in=OFFERED).select_related(
        "organization", "version", "venue"
    )
    for each in shown.order_by("id"):
        each.product = product
        Listing.objects.filter(pk=each.pk).update(**catalogue_row(each))
        each.refresh_from_db(fields=["name"])
        write_suggestions(each)
        learn_soon(each)
