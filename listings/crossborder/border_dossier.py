"""The cross-border part of a product's dossier: where it may go, why, and whom it concerns."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import Permission, require
from accounts.models import Organization
from accounts.places import jurisdictions
from kernel import audit
from kernel.actors import Actor
from kernel.problems import FieldError, Problem
from listings.crossborder.facts import LONGEST_TEXT, RESTRICTIONS
from listings.models import BorderDossier, Product
from listings.registration import locked_product, refuse_in_use, refuse_retired

Reach = BorderDossier.Reach


@transaction.atomic
def declare_border_dossier(*, product_id: UUID, fields: Mapping[str, Any], actor: Actor) -> BorderDossier:
    """Declare a product's way across the border, or declare it anew; `fields` are those of BorderDossier.

    What is under review or offered stays as it was reviewed. Raises Problem `not_found`, `forbidden`, `product_in_use`,
    or `invalid` with the fields: unknown places, places without `NAMED`, an unknown restriction.
    """
    product = locked_product(product_id, actor)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=product.organization_id)
    if actor.person_id is None:
        raise Problem("forbidden")
    refuse_retired(product)
    refuse_in_use(product)
    if errors := list(_errors(fields)):
        raise Problem("invalid", errors=errors)

    values = {**fields, "organization_id": product.organization_id, "declared_by": actor.person_id}
    dossier, _made = BorderDossier.objects.update_or_create(product=product, defaults=values)
    audit.record("borderdossier.declared", subject=dossier, actor=actor, details=dossier.told())
    return dossier


def border_dossier_of(product: Product) -> BorderDossier | None:
    """Return the cross-border part of a product's dossier; without one a product stays where it is."""
    return BorderDossier.objects.filter(product=product.pk).first()


def reaches(dossier: BorderDossier | None, recipient: Organization) -> bool:
    """Tell whether the provider lets the product go to where this organization is registered."""
    if dossier is None:
        return False
    return {
        Reach.DOMESTIC: False,
        Reach.GBA: recipient.in_gba,
        Reach.NAMED: recipient.jurisdiction in dossier.places,
        Reach.ANYWHERE: True,
    }[Reach(dossier.reach)]


def _errors(fields: Mapping[str, Any]) -> list[FieldError]:
    errors = []
    places = fields.get("places", [])
    if (fields["reach"] == Reach.NAMED) != bool(places):
        errors.append(FieldError("/places", "places_and_reach", _("Name places where the reach is NAMED, only there.")))
    for index, place in enumerate(places):
        if place not in jurisdictions():
            errors.append(FieldError(f"/places/{index}", "unknown_jurisdiction", _("Give an ISO 3166 code, as HK.")))
    for index, restriction in enumerate(fields.get("restrictions", [])):
        if restriction not in RESTRICTIONS:
            known = ", ".join(sorted(RESTRICTIONS))
            message = _("Known values are: %(values)s.") % {"values": known}
            errors.append(FieldError(f"/restrictions/{index}", "unknown_value", message))
    if len(fields.get("sector", "")) > LONGEST_TEXT:
        errors.append(FieldError("/sector", "too_long", _("Give at most 64 characters.")))
    return errors
