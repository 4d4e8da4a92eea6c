"""Statutory clocks as rows: started by an event of the case, counted by the calendar of its route sheet (I9)."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_reason
from accounts.calendars import deadline, working_day_before, working_days_between
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.problems import Problem
from listings.certified import months_before
from listings.models import RouteCase, StatutoryClock

ZONES = {"CN": "Asia/Shanghai", "HK": "Asia/Hong_Kong", "MO": "Asia/Macau"}
REMIND_BEFORE = timedelta(days=3)
BEFORE_EXPIRY = "before_expiry"


def start_clocks(case: RouteCase, sheet: Mapping[str, Any], event: str, on: date) -> None:
    """Start every clock that an event of `on` starts; ten working days from a contract's effect, not its signature."""
    for limit in sheet["deadlines"]:
        if limit["from"] == event:
            due = _end(limit, on)
            _start(case, limit, started_on=on, due_at=due[0], verified=due[1])


def start_expiry_clocks(case: RouteCase, sheet: Mapping[str, Any], valid_until: date) -> None:
    """Start the clocks that count backwards from the end of validity: until then an extension may be asked for."""
    for limit in sheet["deadlines"]:
        if limit["from"] == BEFORE_EXPIRY:
            _start(case, limit, started_on=window_opens(limit, valid_until), due_at=_end_of(valid_until, "CN"))


def window_opens(limit: Mapping[str, Any], valid_until: date) -> date:
    """Return the first day on which an extension may be asked for: so many working days, or months, before the end."""
    if limit["unit"] == "working_day":
        return working_day_before(valid_until, limit["count"], jurisdiction=limit["calendar"])
    return months_before(valid_until, _months(limit))


def validity_ends(valid_for: Mapping[str, Any] | None, on: date) -> date | None:
    """Return the last day of a validity that began on `on`: a paper of 1 June 2025 for three years ends 31 May 2028."""
    if valid_for is None or valid_for["unit"] != "year":
        return None
    return months_before(on, -_months(valid_for)) - timedelta(days=1)


def stop_clocks(case: RouteCase, *codes: str) -> None:
    """Stop a case's clocks of these codes, or all of them: what they waited for has happened."""
    running = StatutoryClock.objects.running().filter(case=case)
    (running.filter(code__in=codes) if codes else running).update(stopped_at=timezone.now())


@transaction.atomic
def pause_clock(*, clock_id: UUID, reason: str, actor: Actor) -> StatutoryClock:
    """Pause a clock that counts working days, with the days it has left, because the authority has stopped counting.

    Raises Problem `not_found`, `forbidden` or `illegal_state`.
    """
    clock = _locked(clock_id, actor)
    if clock.days_left is not None or clock.unit != "working_day":
        raise Problem("illegal_state", _("This clock cannot be paused."))
    clock.days_left = working_days_between(
        timezone.now(), clock.due_at, jurisdiction=clock.calendar, tz=ZoneInfo(ZONES[clock.calendar])
    )
    clock.save(update_fields=["days_left"])
    details = {"days_left": clock.days_left}
    audit.record("statutoryclock.paused", subject=clock, actor=actor, reason=require_reason(reason), details=details)
    return clock


@transaction.atomic
def resume_clock(*, clock_id: UUID, reason: str, actor: Actor) -> StatutoryClock:
    """Let a paused clock run on with the days that it had left; one that was late stays late.

    Raises Problem `not_found`, `forbidden` or `illegal_state`.
    """
    clock = _locked(clock_id, actor)
    if clock.days_left is None:
        raise Problem("illegal_state", _("This clock runs."))
    if clock.days_left:
        due = deadline(timezone.now(), clock.days_left, jurisdiction=clock.calendar, tz=ZoneInfo(ZONES[clock.calendar]))
        clock.due_at, clock.verified, clock.reminded_at = due.at, due.verified, None
    clock.days_left = None
    clock.save(update_fields=["days_left", "due_at", "verified", "reminded_at"])
    details = {"due_at": clock.due_at}
    audit.record("statutoryclock.resumed", subject=clock, actor=actor, reason=require_reason(reason), details=details)
    return clock


@transaction.atomic
def watch_clocks() -> int:
    """Remind of clocks that end within three days, and find those that have passed; return how many were told."""
    now = timezone.now()
    running = StatutoryClock.objects.running().filter(days_left__isnull=True).select_related("case")
    told = 0
    for field, action, due in (
        ("reminded_at", "statutoryclock.reminded", now + REMIND_BEFORE),
        ("overdue_at", "statutoryclock.overdue", now),
    ):
        waiting = running.filter(due_at__lte=due, **{f"{field}__isnull": True})
        for clock in waiting.select_for_update(of=("self",), skip_locked=True):
            setattr(clock, field, now)
            clock.save(update_fields=[field])
            audit.record(action, subject=clock, actor=SYSTEM, details={"due_at": clock.due_at, "code": clock.code})
            told += 1
    return told


def _locked(clock_id: UUID, actor: Actor) -> StatutoryClock:
    clocks = StatutoryClock.objects.visible_to(actor).running().select_related("case")
    clock = find(clocks.select_for_update(of=("self",)), pk=clock_id)
    require(actor, Permission.BORDER_FILE, venue_id=clock.case.venue_id)
    return clock


def _start(
    case: RouteCase, limit: Mapping[str, Any], *, started_on: date, due_at: datetime, verified: bool = True
) -> None:
    stop_clocks(case, limit["code"])
    StatutoryClock.objects.create(
        case=case,
        code=limit["code"],
        name=limit["name"],
        by=limit["by"],
        calendar=limit["calendar"] or "",
        count=limit["count"],
        unit=limit["unit"],
        started_on=started_on,
        due_at=due_at,
        verified=verified,
    )


def _end(limit: Mapping[str, Any], on: date) -> tuple[datetime, bool]:
    if limit["unit"] == "working_day":
        due = deadline(on, limit["count"], jurisdiction=limit["calendar"], tz=ZoneInfo(ZONES[limit["calendar"]]))
        return due.at, due.verified
    return _end_of(months_before(on, -_months(limit)), limit["calendar"] or "CN"), True


def _months(span: Mapping[str, Any]) -> int:
    return int(span["count"]) * {"month": 1, "year": 12}[span["unit"]]


def _end_of(day: date, calendar: str) -> datetime:
    return datetime.combine(day, time.max, tzinfo=ZoneInfo(ZONES[calendar]))
