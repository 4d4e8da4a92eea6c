"""Sources: catalogues that a provider keeps elsewhere; added, changed, paused, closed, and read when they are due."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.access import Permission, actor_for_person, find, require, require_reason
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.fetching import FetchFailed, checked_address
from kernel.jobs import enqueue
from kernel.languages import language_tag
from kernel.problems import FieldError, Problem, field_errors, field_problem
from kernel.states import advance
from listings.api.product_serializers import (
    DossierSerializer,
)
from listings.harvest import DUE_JOB, RUN_JOB, problems  # noqa: F401 - problems registers the codes raised here
from listings.models import HarvestRun, HarvestSource

INTERVALS: Mapping[str, timedelta] = {
    HarvestSource.Frequency.DAY: timedelta(days=1),
    HarvestSource.Frequency.WEEK: timedelta(days=7),
    HarvestSource.Frequency.MONTH: timedelta(days=30),
}
FIELDS = ("name", "address", "frequency", "defaults", "withdraw_percent")
# What a source says of each record, or what belongs to one product only.
NO_DEFAULTS = ("name", "summary", "time_from", "time_to")
State = HarvestSource.State


@transaction.atomic
def add_source(*, kind: str, fields: Mapping[str, Any], actor: Actor) -> HarvestSource:
    """Add a catalogue of the actor's organization; the first reading of a scheduled one begins at once.

    Raises Problem `forbidden`, `source_exists`, or `invalid` with pointers.
    """
    require(actor, Permission.HARVEST_MANAGE)
    if actor.organization_id is None or actor.person_id is None:
        raise Problem("forbidden", _("Only an organization can hold a dataset."))
    given = _checked(fields)

    source = HarvestSource(organization_id=actor.organization_id, created_by_id=actor.person_id, kind=kind, **given)
    source.save(force_insert=True)
    audit.record("harvestsource.added", subject=source, actor=actor, details={"kind": kind, "address": source.address})
    _schedule(source, timezone.now())
    return source


@transaction.atomic
def amend_source(*, source_id: UUID, changes: Mapping[str, Any], actor: Actor) -> HarvestSource:
    """Change a source that is not closed; whoever changes it answers for its scheduled runs from now on.

    Raises Problem `not_found`, `forbidden`, `illegal_state`, `source_exists`, or `invalid` with pointers.
    """
    source = _own(source_id, actor)
    if source.state == State.CLOSED:
        raise Problem("illegal_state", _("The source is closed."), state=source.state)
    given = _checked(changes)

    for name, value in given.items():
        setattr(source, name, value)
    if actor.person_id is not None:
        source.created_by_id = actor.person_id
    source.save(update_fields=[*given, "created_by"])
    audit.record("harvestsource.amended", subject=source, actor=actor, details={"fields": sorted(given)})
    if "frequency" in given:
        _schedule(source, timezone.now() + INTERVALS.get(source.frequency, timedelta()))
    return source


@transaction.atomic
def pause_source(*, source_id: UUID, reason: str = "", actor: Actor) -> HarvestSource:
    """Let a source rest, by its provider or, with a reason, by staff of a venue that the provider joined.

    What is under way goes on. Raises Problem `not_found`, `forbidden` or `illegal_state`, or `invalid` at `/reason`.
    """
    source = find(HarvestSource.objects.visible_to(actor).select_for_update(of=("self",)), pk=source_id)
    if actor.organization_id == source.organization_id:
        require(actor, Permission.HARVEST_MANAGE)
    else:
        require(actor, Permission.LISTING_SUSPEND)
        require_reason(reason)
    advance(source, to=State.PAUSED, actor=actor, reason=reason, next_run_at=None)
    return source


@transaction.atomic
def resume_source(*, source_id: UUID, actor: Actor) -> HarvestSource:
    """Go on with a paused source, which is read at once if it is scheduled."""
    source = _own(source_id, actor)
    advance(source, to=State.ACTIVE, actor=actor)
    _schedule(source, timezone.now())
    return source


@transaction.atomic
def close_source(*, source_id: UUID, actor: Actor) -> HarvestSource:
    """End a source for good; what it brought stays. Raises Problem `run_under_way` while it is being read."""
    source = _own(source_id, actor)
    if source.runs.filter(state__in=HarvestRun.LIVE).exists():
        raise Problem("run_under_way")
    advance(source, to=State.CLOSED, actor=actor, next_run_at=None)
    return source


@transaction.atomic
def harvest(*, source_id: UUID, dry_run: bool = False, actor: Actor) -> HarvestRun:
    """Have an active source read and its records applied by a job; a dry run only tells what would change.

    Raises Problem `not_found`, `forbidden`, `illegal_state` or `run_under_way`.
    """
    source = _own(source_id, actor)
    if source.state != State.ACTIVE:
        raise Problem("illegal_state", _("Only an active source is read."), state=source.state)
    if actor.person_id is None:
        raise Problem("forbidden")
    if source.runs.filter(state__in=HarvestRun.LIVE).exists():
        raise Problem("run_under_way")

    run = HarvestRun.objects.create(
        organization_id=source.organization_id,
        requested_by_id=actor.person_id,
        origin=source,
        kind=source.kind,
        dry_run=dry_run,
        language=language_tag(),
    )
    details = {"source": str(source.pk), "dry_run": dry_run}
    audit.record("harvestrun.requested", subject=run, actor=actor, details=details)
    enqueue(RUN_JOB, key=str(run.pk), subject_id=run.pk, organization_id=run.organization_id)
    return run


@transaction.atomic
def release_run(*, run_id: UUID, reason: str, actor: Actor) -> HarvestRun:
    """Let a held run go on, although much of what the source had before is gone.

    Raises Problem `not_found`, `forbidden`, `illegal_state`, or `invalid` without a reason.
    """
    run = _own_run(run_id, actor)
    advance(run, to=HarvestRun.State.APPLYING, actor=actor, reason=require_reason(reason))
    enqueue(RUN_JOB, key=f"{run.pk}:released", subject_id=run.pk, organization_id=run.organization_id)
    return run


@transaction.atomic
def cancel_run(*, run_id: UUID, reason: str, actor: Actor) -> HarvestRun:
    """Give a held run up; nothing of it was applied. Raises as `release_run` does."""
    run = _own_run(run_id, actor)
    now = timezone.now()
    advance(run, to=HarvestRun.State.CANCELLED, actor=actor, reason=require_reason(reason), finished_at=now)
    return run


@transaction.atomic
def harvest_when_due(source_id: UUID, due: datetime) -> None:
    """Begin a scheduled reading and plan the next one; nothing happens if the schedule has changed meanwhile."""
    source = HarvestSource.objects.select_for_update(of=("self",)).select_related("created_by").get(pk=source_id)
    if source.state != State.ACTIVE or source.next_run_at != due:
        return
    _schedule(source, timezone.now() + INTERVALS.get(source.frequency, timedelta()))
    try:
        with transaction.atomic():
            harvest(source_id=source.pk, actor=actor_for_person(source.created_by, source.organization_id))
    except Problem as problem:
        # A run is under way, or whoever answers for the source has left: the source shows when it is read next.
        details = {"code": problem.code}
        audit.record("harvestsource.skipped", subject=source, actor=SYSTEM, reason=str(problem), details=details)


def _schedule(source: HarvestSource, due: datetime) -> None:
    """Plan the next reading of a source; one that is read when asked has none."""
    source.next_run_at = due if source.frequency in INTERVALS and source.state == State.ACTIVE else None
    source.save(update_fields=["next_run_at"])
    if source.next_run_at is not None:
        enqueue(
            DUE_JOB,
            key=f"{source.pk}:{due.isoformat()}",
            subject_id=source.pk,
            payload={"due": due.isoformat()},
            due_at=due,
            organization_id=source.organization_id,
        )


def _own(source_id: UUID, actor: Actor) -> HarvestSource:
    source = find(HarvestSource.objects.visible_to(actor).select_for_update(of=("self",)), pk=source_id)
    require(actor, Permission.HARVEST_MANAGE, organization_id=source.organization_id)
    return source


def _own_run(run_id: UUID, actor: Actor) -> HarvestRun:
    run = find(HarvestRun.objects.visible_to(actor), pk=run_id)
    require(actor, Permission.HARVEST_MANAGE, organization_id=run.organization_id)
    return run


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the given fields, an address normalised; raises Problem `invalid` with pointers."""
    given = {name: fields[name] for name in FIELDS if name in fields}
    if "address" in given:
        try:
            given["address"] = checked_address(given["address"])._replace(fragment="").geturl()
        except FetchFailed as failure:
            raise field_problem("/address", failure.code, str(failure)) from failure
    if errors := _default_errors(given.get("defaults", {})):
        raise Problem("invalid", errors=errors)
    return given


def _default_errors(defaults: Mapping[str, Any]) -> list[FieldError]:
    wrong = [
        FieldError(f"/defaults/{name}", "no_default", _("This belongs to each product of its own."))
        for name in NO_DEFAULTS
        if name in defaults
    ]
    form = DossierSerializer(data=dict(defaults))
    try:
        form.is_valid(raise_exception=True)
    except serializers.ValidationError as error:
        wrong += field_errors(error.get_full_details(), "/defaults")
    return wrong
