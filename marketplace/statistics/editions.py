"""An edition of the statistics: asked for, compiled by a job, then published by a second person, or discarded."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_different_person, require_reason
from accounts.models import Venue
from kernel.actors import SYSTEM, Actor
from kernel.audit import record
from kernel.digests import Digests, Json, canonical_json
from kernel.jobs import enqueue
from kernel.problems import Problem, field_problem
from kernel.states import advance
from marketplace import problems  # noqa: F401 - registers the codes raised here
from marketplace.models import IndexPoint, StatisticCell, StatisticEdition
from marketplace.statistics.cube import DIMENSIONS, cells_of, withheld_types
from marketplace.statistics.exchange_index import points_of
from marketplace.statistics.method import method_on
from marketplace.statistics.quarter import Quarter

COMPILE_JOB = "statistics.compile"
MEASURES = ("trades", "value_minor", "volume_bytes", "buyers", "sellers", "cost_minor", "capitalised_minor")
LEVELS = ("listings", "trades", "prices", "composite")
BATCH = 1000


@transaction.atomic
def compile_quarter(*, venue: Venue, quarter: str, actor: Actor) -> StatisticEdition:
    """Begin a new edition of a quarter that is over; a job computes it.

    `quarter` is written `2026Q3`. Raises `invalid` for a quarter that is not over, `edition_under_way` while another
    edition of it waits to be published or discarded.
    """
    require(actor, Permission.STATISTICS_COMPILE, venue_id=venue.pk)
    wanted = Quarter.of(quarter)
    if not wanted.is_over(timezone.now(), venue.zone):
        raise field_problem("/quarter", "not_over", _("The quarter is not over yet."))
    Venue.objects.select_for_update(no_key=True).get(pk=venue.pk)  # one revision number after the other
    earlier = StatisticEdition.objects.filter(venue=venue, quarter=str(wanted))
    if earlier.filter(state__in=["COMPILING", "COMPILED"]).exists():
        raise Problem("edition_under_way")

    edition = StatisticEdition.objects.create(
        venue=venue,
        quarter=str(wanted),
        revision=earlier.count() + 1,
        method=method_on(wanted.first_day).edition,
        compiled_by_id=actor.person_id,
    )
    record("statisticedition.compiling", subject=edition, actor=actor, details={"quarter": str(wanted)})
    enqueue(COMPILE_JOB, key=str(edition.pk), subject_id=edition.pk, venue_id=venue.pk)
    return edition


@transaction.atomic
def compile_edition(*, edition_id: UUID) -> None:
    """Compute the cells and the index of an edition; does nothing once it is compiled, so the job may run again."""
    edition = StatisticEdition.objects.select_for_update(of=("self",)).select_related("venue").get(pk=edition_id)
    if edition.state != StatisticEdition.State.COMPILING:
        return
    quarter = Quarter.of(edition.quarter)
    method = method_on(quarter.first_day)
    cells = cells_of(edition.venue, quarter, method.fewest_contributors)
    points = points_of(edition.venue, quarter, method, withheld=withheld_types(cells))
    for cell in cells:
        cell.edition = edition
    for point in points:
        point.edition = edition
    StatisticCell.objects.bulk_create(cells, batch_size=BATCH)
    IndexPoint.objects.bulk_create(points, batch_size=BATCH)
    advance(
        edition,
        to=StatisticEdition.State.COMPILED,
        actor=SYSTEM,
        details={"cells": len(cells)},
        sha256=_digest(cells, points),
        withheld=sum(bool(cell.withheld) for cell in cells),
    )


@transaction.atomic
def publish_edition(*, edition_id: UUID, actor: Actor) -> StatisticEdition:
    """Publish a compiled edition in place of the one before it; whoever compiled it may not.

    Raises `not_found`, `forbidden`, `same_person`, or `illegal_state` unless it is compiled and unpublished.
    """
    edition = _locked(edition_id, actor, Permission.STATISTICS_PUBLISH)
    require_different_person(actor, made_by=edition.compiled_by_id)

    published = StatisticEdition.objects.filter(venue=edition.venue_id, quarter=edition.quarter, state="PUBLISHED")
    if edition.state == StatisticEdition.State.COMPILED and (before := published.first()):
        advance(before, to=StatisticEdition.State.SUPERSEDED, actor=actor, details={"by": str(edition.pk)})
    advance(
        edition,
        to=StatisticEdition.State.PUBLISHED,
        actor=actor,
        details={"sha256": edition.sha256},
        published_by_id=actor.person_id,
        published_at=timezone.now(),
    )
    return edition


@transaction.atomic
def discard_edition(*, edition_id: UUID, reason: str, actor: Actor) -> StatisticEdition:
    """Discard an edition that is not published, saying why.

    Raises `not_found`, `forbidden`, or `illegal_state` once it has been published.
    """
    edition = _locked(edition_id, actor, Permission.STATISTICS_COMPILE)
    advance(edition, to=StatisticEdition.State.DISCARDED, actor=actor, reason=require_reason(reason))
    return edition


@transaction.atomic
def give_up(*, edition_id: UUID, reason: str) -> None:
    """Discard an edition whose job failed for good, with the job's reason."""
    edition = StatisticEdition.objects.get(pk=edition_id)
    if edition.state == StatisticEdition.State.COMPILING:
        advance(edition, to=StatisticEdition.State.DISCARDED, actor=SYSTEM, reason=reason)


def _locked(edition_id: UUID, actor: Actor, permission: Permission) -> StatisticEdition:
    edition = find(StatisticEdition.objects.visible_to(actor).select_for_update(of=("self",)), pk=edition_id)
    require(actor, permission, venue_id=edition.venue_id)
    return edition


def _digest(cells: list[StatisticCell], points: list[IndexPoint]) -> str:
    """Return the SHA-256 of the figures' RFC 8785 form: the same records give the same bytes."""
    names = ("table", "currency", *DIMENSIONS, "withheld", *MEASURES)
    document: Json = {
        "cells": [{name: _plain(getattr(cell, name)) for name in names} for cell in cells],
        "index": [{name: _plain(getattr(point, name)) for name in ("product_type", *LEVELS)} for point in points],
    }
    return Digests(canonical_json(document)).sha256


def _plain(value: object) -> str | None:
    return None if value is None else str(value)
