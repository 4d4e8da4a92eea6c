"""For whom a listing is: the provider says it, at any time; reading and ordering obey it from then on.

The conditions themselves stand in listings/models/audience.py. Running agreements are not touched by a change.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.access import Permission, require
from accounts.models import Organization
from accounts.places import is_place
from accounts.sectors import Sector
from kernel import audit
from kernel.actors import Actor
from kernel.problems import FieldError, Problem
from listings import problems  # noqa: F401 - registers the codes raised here
from listings.listing import locked_listing
from listings.models import Listing, Visibility

MOST_NAMED = 200  # organizations, places or sectors in one rule


@dataclass(frozen=True)
class Named:
    """Organizations by id, places by code (HK, GBA, 440100) and sectors by section (J)."""

    organizations: tuple[UUID, ...] = ()
    places: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Audience:
    """For whom a listing is. What is denied is denied to the allowed and the invited too."""

    visibility: str = Visibility.PUBLIC
    allow: Named = Named()
    deny: Named = Named()


def audience_of(listing: Listing) -> Audience:
    """Return for whom the listing is."""
    return Audience(
        visibility=listing.visibility,
        allow=Named(
            tuple(listing.allowed_organizations), tuple(listing.allowed_places), tuple(listing.allowed_sectors)
        ),
        deny=Named(tuple(listing.denied_organizations), tuple(listing.denied_places), tuple(listing.denied_sectors)),
    )


@transaction.atomic
def set_audience(*, listing_id: UUID, audience: Audience, actor: Actor) -> Listing:
    """Say for whom a listing is, in whatever state it is; the whole audience is replaced.

    Raises Problem `not_found`, `forbidden`, `illegal_state` for a listing that has ended, or `invalid` with pointers.
    """
    listing = locked_listing(listing_id, actor)
    require(actor, Permission.LISTING_SUBMIT, organization_id=listing.organization_id)
    if listing.state in Listing.ENDED:
        raise Problem("illegal_state", _("The listing has ended."), state=listing.state)
    if errors := list(_errors(audience)):
        raise Problem("invalid", errors=errors)

    before = audience_of(listing)
    columns = _columns(audience)
    for column, value in columns.items():
        setattr(listing, column, value)
    listing.save(update_fields=list(columns))
    details = {"before": asdict(before), "after": asdict(audience)}
    audit.record("listing.audience_set", subject=listing, actor=actor, details=details)
    return listing


def open_listing(rows: QuerySet[Listing], listing_id: UUID) -> Listing:
    """Return one listing that may be read, of rows that were `sought_by` somebody.

    Raises Problem `not_found` where not even its existence may be known, or why it is not for who asks (`not_invited`,
    `denied_place`, …). What is public may always be read.
    """
    listing = rows.filter(pk=listing_id).first()
    if listing is None:
        raise Problem("not_found")
    if listing.visibility != Visibility.PUBLIC:
        _refuse(listing)
    return listing


def refuse_unadmitted(listing: Listing, actor: Actor) -> None:
    """Raise Problem unless the actor's organization may order the listing; costs nothing where it is for everybody.

    The problem is the reason (`denied_place`, `not_invited`, …), or `listing_not_available` for what it may not know.
    """
    if listing.is_for_everybody:
        return
    sought = Listing.objects.sought_by(actor).filter(pk=listing.pk).only("pk").first()
    if sought is None:
        raise Problem("listing_not_available")
    _refuse(sought)


def _refuse(sought: Listing) -> None:
    refusal: str = vars(sought)["refusal"]  # annotated by sought_by
    if refusal:
        raise Problem(refusal)


def _columns(audience: Audience) -> dict[str, Any]:
    named: Mapping[str, Named] = {"allowed": audience.allow, "denied": audience.deny}
    return {
        "visibility": audience.visibility,
        **{f"{rule}_organizations": sorted(set(each.organizations)) for rule, each in named.items()},
        **{f"{rule}_places": sorted(set(each.places)) for rule, each in named.items()},
        **{f"{rule}_sectors": sorted(set(each.sectors)) for rule, each in named.items()},
    }


def _errors(audience: Audience) -> Iterator[FieldError]:
    """Yield what is named and does not exist, and what is both allowed and denied; one query."""
    wanted = {*audience.allow.organizations, *audience.deny.organizations}
    known = set(Organization.objects.filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()
    sectors = frozenset(Sector.values)
    for rule, named in {"allow": audience.allow, "deny": audience.deny}.items():
        checks = (
            ("organizations", named.organizations, known.__contains__, _("There is no such organization.")),
            ("places", named.places, is_place, _("Give an ISO 3166 code, a division code of GB/T 2260, or GBA.")),
            ("sectors", named.sectors, sectors.__contains__, _("Give a section of GB/T 4754, from A to T.")),
        )
        for kind, values, exists, detail in checks:
            yield from _unknown(f"/{rule}/{kind}", values, exists, detail)
    for kind in ("organizations", "places", "sectors"):
        both = set(getattr(audience.allow, kind)) & set(getattr(audience.deny, kind))
        if both:
            yield FieldError(f"/deny/{kind}", "contradiction", _("What is allowed cannot be denied as well."))


def _unknown(pointer: str, values: Collection[Any], exists: Any, detail: str) -> Iterator[FieldError]:
    for index, value in enumerate(values):
        if not exists(value):
            yield FieldError(f"{pointer}/{index}", "unknown", detail)
