"""The clocks of a registration; supplements, publicity and objections stop the one by which it must be finished."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from accounts.calendars import add_working_days, working_days_between
from listings.models import PropertyRegistration, RegistrationClock
from listings.registry.rules import rules_on

Kind = RegistrationClock.Kind


def start_clock(registration: PropertyRegistration, kind: str) -> RegistrationClock:
    """Start a clock with the working days that the rules of the application's day allow; tomorrow is the first."""
    days = rules_on(timezone.localdate(registration.created_at)).working_days[kind]
    return RegistrationClock.objects.create(
        registration=registration,
        kind=kind,
        working_days=days,
        started_at=timezone.now(),
        due_at=_after(registration, days),
    )


def stop_clock(registration: PropertyRegistration, *kinds: str) -> None:
    """Stop clocks: what they waited for has happened."""
    _running(registration).filter(kind__in=kinds).update(stopped_at=timezone.now())


def stop_all_clocks(registration: PropertyRegistration) -> None:
    _running(registration).update(stopped_at=timezone.now())


def pause_clock(registration: PropertyRegistration, kind: str) -> None:
    """Pause a clock, keeping the working days that it has left (none when it is late)."""
    for clock in _running(registration).filter(kind=kind, days_left__isnull=True):
        clock.days_left = working_days_between(
            timezone.now(), clock.due_at, jurisdiction=registration.venue.jurisdiction, tz=registration.venue.zone
        )
        clock.save(update_fields=["days_left"])


def resume_clock(registration: PropertyRegistration, kind: str) -> None:
    """Let a paused clock run on; one that had passed stays passed."""
    for clock in _running(registration).filter(kind=kind, days_left__isnull=False):
        if clock.days_left:
            clock.due_at = _after(registration, clock.days_left)
        clock.days_left = None
        clock.save(update_fields=["days_left", "due_at"])


def extend_clock(registration: PropertyRegistration, kind: str, days: int) -> bool:
    """Add working days to a running clock, once; return whether it could be done. One that has passed counts anew."""
    clock = _running(registration).filter(kind=kind, days_left__isnull=True, extended_days=0).first()
    if clock is None:
        return False
    venue, start = registration.venue, max(timezone.now(), clock.due_at)
    clock.due_at = add_working_days(start, days, jurisdiction=venue.jurisdiction, tz=venue.zone)
    clock.extended_days = days
    clock.save(update_fields=["due_at", "extended_days"])
    return True


def _running(registration: PropertyRegistration) -> QuerySet[RegistrationClock]:
    return RegistrationClock.objects.filter(registration=registration, stopped_at__isnull=True)


def _after(registration: PropertyRegistration, days: int) -> datetime:
    venue = registration.venue
    return add_working_days(timezone.now(), days, jurisdiction=venue.jurisdiction, tz=venue.zone)
