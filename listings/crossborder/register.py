"""The export register: persons held when an order is funded, counted when bytes leave, given back otherwise (I7).

Every change runs under the locks of all members of the exporter group for the year, so that two orders never pass a
legal line together.
"""

from collections.abc import Collection
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.problems import Problem
from kernel.states import advance
from listings.crossborder.counting import Persons, exported
from listings.crossborder.deciding import decided_now, latest_decision
from listings.crossborder.facts import day_of
from listings.crossborder.parties import exporter_group
from listings.crossborder.reassessing import reassess_others
from listings.crossborder.rule_sets import rules_in_force
from listings.models import ExportEntry, ExportYear, RouteCase, SubjectList

State = ExportEntry.State
# Persons of these are recorded apart and not added to the tally (CAC's explanation of 2024; CB24 art. 4).
NOT_COUNTED = frozenset({"exempt_scenario", "exempt_transit"})


def reserve(case: RouteCase, *, actor: Actor) -> ExportEntry:
    """Hold a cleared case's persons in the register, if its route is still lawful with them; the case is locked.

    Where they carry the group over a line, other open cases whose route no longer holds must be assessed anew.
    Raises Problem `route_no_longer_open`; a case that holds its persons already keeps its entry.
    """
    if (held := case.entries.filter(state__in=[State.RESERVED, State.COMMITTED]).first()) is not None:
        return held
    today = day_of(timezone.now())
    group = exporter_group(case.organization_id)
    lock_year(group, today.year)
    before = exported(group, today.year)
    keyed = SubjectList.objects.filter(version=case.version_id).first()
    refuse_unlawful(case, before=before if keyed is None else None)

    own = Persons(case.n_general or 0, case.n_sensitive or 0)
    entry = ExportEntry.objects.create(
        organization_id=case.organization_id,
        venue_id=case.venue_id,
        recipient_id=case.recipient_id,
        case=case,
        version_id=case.version_id,
        subject_list=keyed,
        year=today.year,
        route=case.route,
        counts=case.route not in NOT_COUNTED,
        n_general=own.general,
        n_sensitive=own.sensitive,
    )
    after = exported(group, today.year) if keyed or not entry.counts else before + own
    details = {"persons": [entry.n_general, entry.n_sensitive], "year_total": [after.general, after.sensitive]}
    audit.record("exportentry.reserved", subject=entry, actor=actor, details=details)
    if _crosses_a_line(before, after):
        reassess_others(case, group, today.year)
    return entry


def commit(case: RouteCase, *, actor: Actor) -> None:
    """Count a case's persons as gone, in the transaction that lets the bytes go; the second time it does nothing.

    Persons held in an earlier year are held anew in this one first: they count when they leave (Asia/Shanghai). The
    route is asked for once more. Raises Problem `route_not_cleared` or `route_no_longer_open`.
    """
    entry = case.entries.filter(state__in=[State.RESERVED, State.COMMITTED]).order_by("-id").first()
    if entry is None:
        raise Problem("route_not_cleared", state=case.state)
    if entry.state == State.COMMITTED:
        return
    if entry.year != day_of(timezone.now()).year:
        release(case, actor=SYSTEM, reason=_("The year has ended; the persons are held in the new one."))
        entry = reserve(case, actor=SYSTEM)
    lock_year(exporter_group(case.organization_id), entry.year)
    refuse_unlawful(case)
    advance(entry, to=State.COMMITTED, actor=actor)


def release(case: RouteCase, *, actor: Actor, reason: str) -> None:
    """Give back what a case holds, because nothing of it will leave; what has left stays counted."""
    for entry in case.entries.filter(state=State.RESERVED):
        lock_year(exporter_group(case.organization_id), entry.year)
        advance(entry, to=State.RELEASED, actor=actor, reason=reason)


def refuse_unlawful(case: RouteCase, *, before: Persons | None = None) -> None:
    """Raise `route_no_longer_open` unless the engine, asked now, still leaves the case's route open.

    A person's ruling stands while the engine still leaves the answer to a person. `before` are the persons of the
    group's other transfers, where the caller has counted them.
    """
    now = decided_now(case, on=day_of(timezone.now()), before=before)
    latest = latest_decision(case)
    ruled = latest.ruled_by is not None and now.route == latest.body["route"]
    if not ruled and case.route not in (now.route, *now.alternatives):
        raise Problem("route_no_longer_open", route=case.route, due=now.route)


def lock_year(group: Collection[UUID], year: int) -> None:
    """Lock the counting of an exporter group's year until the transaction ends; always in one order."""
    years = [ExportYear(organization_id=member, year=year) for member in group]
    ExportYear.objects.bulk_create(years, ignore_conflicts=True)
    rows = ExportYear.objects.filter(organization__in=group, year=year).order_by("organization_id")
    list(rows.select_for_update().values_list("pk"))


def _crosses_a_line(before: Persons, after: Persons) -> bool:
    bounds = rules_in_force(day_of(timezone.now())).bounds
    passed = (("n_general", before.general, after.general), ("n_sensitive", before.sensitive, after.sensitive))
    return any(low < bound <= high for field, low, high in passed for bound in bounds.get(field, ()))
