"""For whom a listing is: who may know of it, read it and order it. Every list and every refusal asks here.

A listing's own columns hold its rules, so that one condition on one row decides, in lists as for a single order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.apps import apps
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from accounts.places import places_around
from accounts.visibility import EVERYTHING, owned_or_operated, sees_everything
from kernel.actors import Actor


class Visibility(models.TextChoices):
    """Who may know that a listing exists, and read it."""

    PUBLIC = "PUBLIC", _("public")
    BY_INVITATION = "BY_INVITATION", _("by invitation")
    PRIVATE = "PRIVATE", _("private")


@dataclass(frozen=True)
class Seeker:
    """An organization that looks for data, as far as audiences ask."""

    organization_id: UUID
    places: tuple[str, ...]
    sector: str


def seeker_of(actor: Actor) -> Seeker | None:
    """Return for whom the actor looks, with one query; None for somebody without an organization."""
    if actor.organization_id is None:
        return None
    facts = Organization.objects.filter(pk=actor.organization_id)
    jurisdiction, division_code, sector = facts.values_list("jurisdiction", "division_code", "sector").get()
    return Seeker(actor.organization_id, tuple(places_around(jurisdiction, division_code)), sector)


def known_to(actor: Actor, seeker: Seeker | None, *, prefix: str = "") -> Q:
    """Return the condition for listings whose existence the actor may know; `prefix` leads to the listing."""
    known = Q(**{f"{prefix}visibility__in": [Visibility.PUBLIC, Visibility.BY_INVITATION]})
    if sees_everything(actor):
        return EVERYTHING
    if seeker is not None:
        known |= ~_any(condition for _code, condition in _refusals(seeker, prefix))
    return known | _close_to(actor, prefix)


def refusal_of(actor: Actor, seeker: Seeker | None) -> Case:
    """Return the expression for why the actor may not have a listing, a code of `_refusals`, or "" where it may.

    What is public may be read in spite of a refusal, which then keeps from ordering only. Who looks around without an
    organization is refused what is not public.
    """
    closed = ~Q(visibility=Visibility.PUBLIC)
    refusals = [("not_invited", closed)] if seeker is None else list(_refusals(seeker))
    admitted = When(EVERYTHING if sees_everything(actor) else _close_to(actor), then=Value(""))
    return Case(
        admitted,
        *(When(condition, then=Value(code)) for code, condition in refusals),
        default=Value(""),
        output_field=models.CharField(),
    )


def _close_to(actor: Actor, prefix: str = "") -> Q:
    """The provider itself, and the staff of the venue."""
    return owned_or_operated(actor, organizations=(f"{prefix}organization",), venue=f"{prefix}venue")


def _refusals(seeker: Seeker, prefix: str = "") -> Iterator[tuple[str, Q]]:
    """Yield why a listing is not for the seeker, the gravest first: what is denied is denied to the invited too."""

    def where(column: str, value: object) -> Q:
        return Q(**{f"{prefix}{column}": value})

    organization, places, sector = [seeker.organization_id], list(seeker.places), [seeker.sector]
    invitations = apps.get_model("listings", "ListingInvitation")._default_manager
    invited = Exists(
        invitations.filter(
            listing=OuterRef(f"{prefix}pk"),
            invitee=seeker.organization_id,
            state="OPEN",
            expires_at__gt=timezone.now(),
        )
    )
    asks_sector = ~where("denied_sectors", []) | ~where("allowed_sectors", [])
    asks_name = ~where("visibility", Visibility.PUBLIC) | ~where("allowed_organizations", [])

    yield "denied_organization", where("denied_organizations__contains", organization)
    yield "denied_place", where("denied_places__overlap", places)
    yield "place_not_allowed", ~where("allowed_places", []) & ~where("allowed_places__overlap", places)
    if not seeker.sector:
        yield "sector_unknown", asks_sector
    else:
        yield "denied_sector", where("denied_sectors__contains", sector)
        yield "sector_not_allowed", ~where("allowed_sectors", []) & ~where("allowed_sectors__contains", sector)
    yield "not_invited", asks_name & ~where("allowed_organizations__contains", organization) & ~Q(invited)


def _any(conditions: Iterator[Q]) -> Q:
    found = Q()
    for condition in conditions:
        found |= condition
    return found
