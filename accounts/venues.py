"""Naming a venue in a request: by its code."""

from django.utils.translation import gettext as _

from accounts.models import Venue
from kernel.problems import field_problem


def venue_named(code: str) -> Venue:
    """Return the venue; raises Problem `invalid` at /venue when there is none."""
    venue = Venue.objects.filter(code=code).first()
    if venue is None:
        raise field_problem("/venue", "unknown_venue", _("There is no such venue."))
    return venue
