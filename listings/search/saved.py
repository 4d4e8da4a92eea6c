"""Saved searches: keep a question, and be told what has been listed since that answers it."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import actor_for_person, find
from accounts.models import Person
from kernel import audit
from kernel.actors import Actor
from kernel.jobs import cancel, enqueue
from kernel.problems import Problem
from listings.catalogue import Wanted, hits_of
from listings.models import SavedSearch, SavedSearchHit

ALERT_JOB = "savedsearch.ask"
MOST_SEARCHES = 50  # of an organization
MOST_HITS = 100  # told of one asking; a search that finds more is too wide to be read
INTERVALS: Mapping[str, timedelta] = {
    SavedSearch.Every.HOUR: timedelta(hours=1),
    SavedSearch.Every.DAY: timedelta(days=1),
    SavedSearch.Every.WEEK: timedelta(weeks=1),
}
# A listing's moment is that of its approval's beginning, and it is seen only at its end.
LOOKED_BACK = timedelta(hours=1)

Question = Callable[[Mapping[str, Any]], Wanted]


@transaction.atomic
def save_search(*, name: str, parameters: Mapping[str, Any], every: str, alerts: bool, actor: Actor) -> SavedSearch:
    """Keep a question for the actor's organization; what is listed from now on is told, if alerts are wanted.

    Raises Problem `forbidden` without an organization, `too_many_saved_searches` beyond `MOST_SEARCHES`.
    """
    if actor.organization_id is None or actor.person_id is None:
        raise Problem("forbidden", _("A person of an organization must answer for this."))
    if SavedSearch.objects.filter(organization=actor.organization_id).count() >= MOST_SEARCHES:
        raise Problem("too_many_saved_searches", limit=MOST_SEARCHES)

    now = timezone.now()
    saved = SavedSearch.objects.create(
        organization_id=actor.organization_id,
        person_id=actor.person_id,
        name=name,
        parameters=parameters,
        alerts=alerts,
        every=every,
        searched_at=now,
        seen_at=now,
    )
    audit.record("savedsearch.made", subject=saved, actor=actor)
    _ask_again(saved)
    return saved


@transaction.atomic
def change_search(*, saved_search_id: UUID, changes: Mapping[str, Any], actor: Actor) -> SavedSearch:
    """Rename a search, or change how often it is asked, or whether; raises Problem `not_found`."""
    saved = find(SavedSearch.objects.visible_to(actor).select_for_update(of=("self",)), pk=saved_search_id)
    _cancel(saved)
    for field, value in changes.items():
        setattr(saved, field, value)
    if changes.get("alerts") and actor.person_id is not None:
        # Whoever turns alerts on answers for them, and asks for what comes from now on.
        saved.person_id, saved.searched_at, saved.stopped_because = actor.person_id, timezone.now(), ""
    saved.save()
    audit.record("savedsearch.changed", subject=saved, actor=actor, details={"fields": sorted(changes)})
    _ask_again(saved)
    return saved


@transaction.atomic
def forget_search(*, saved_search_id: UUID, actor: Actor) -> None:
    """Delete a search and what it found; raises Problem `not_found`."""
    saved = find(SavedSearch.objects.visible_to(actor), pk=saved_search_id)
    _cancel(saved)
    audit.record("savedsearch.deleted", subject=saved, actor=actor)
    saved.delete()


@transaction.atomic
def see_hits(*, saved_search_id: UUID, actor: Actor) -> SavedSearch:
    """Note that what was found so far has been seen; raises Problem `not_found`."""
    saved = find(SavedSearch.objects.visible_to(actor), pk=saved_search_id)
    saved.seen_at = timezone.now()
    saved.save(update_fields=["seen_at"])
    return saved


@transaction.atomic
def ask_saved_search(saved_search_id: UUID, *, question: Question) -> None:
    """Ask a saved search for whoever answers for it, note what is new, and write the job of the next asking.

    It sees what that person may see now; alerts stop when the person has left the organization.
    """
    saved = SavedSearch.objects.select_for_update(of=("self",)).filter(pk=saved_search_id, alerts=True).first()
    if saved is None:  # deleted, or unsubscribed meanwhile
        return
    try:
        actor = actor_for_person(Person.objects.get(pk=saved.person_id, is_active=True), saved.organization_id)
    except (Person.DoesNotExist, Problem):
        saved.alerts = False
        saved.stopped_because = _("The person who answered for it no longer acts for the organization.")
        saved.save(update_fields=["alerts", "stopped_because"])
        return
    since, saved.searched_at = saved.searched_at, timezone.now()
    hits = hits_of(question(saved.parameters), actor).filter(listed_at__gt=since - LOOKED_BACK)
    new = hits.filter(listed_at__gte=saved.created_at).exclude(organization=saved.organization_id)
    told = SavedSearchHit.objects.filter(saved_search=saved).values("listing")
    SavedSearchHit.objects.bulk_create(
        [
            SavedSearchHit(saved_search=saved, listing_id=listing_id)
            for listing_id in new.exclude(pk__in=told).order_by("-listed_at").values_list("pk", flat=True)[:MOST_HITS]
        ],
        ignore_conflicts=True,
    )
    saved.save(update_fields=["searched_at"])
    _ask_again(saved)


def _ask_again(saved: SavedSearch) -> None:
    if saved.alerts:
        due_at = _due(saved)
        enqueue(
            ALERT_JOB,
            key=_key(saved),
            subject_id=saved.pk,
            due_at=due_at,
            organization_id=saved.organization_id,
        )


def _cancel(saved: SavedSearch) -> None:
    cancel(ALERT_JOB, _key(saved))


def _due(saved: SavedSearch) -> datetime:
    return saved.searched_at + INTERVALS[saved.every]


def _key(saved: SavedSearch) -> str:
    return f"{saved.pk}:{_due(saved):%Y%m%d%H%M%S%f}"
