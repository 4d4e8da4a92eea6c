"""What a listing's way across the border would be, before anybody orders: for provider and buyer alike."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization
from accounts.places import MAINLAND, jurisdictions
from kernel.problems import Problem, field_problem
from listings.crossborder.border_dossier import border_dossier_of, reaches
from listings.crossborder.counting import Persons, exported
from listings.crossborder.deciding import facts_of
from listings.crossborder.facts import day_of
from listings.crossborder.parties import exporter_group
from listings.crossborder.route import decide_route
from listings.crossborder.rule_sets import rules_in_force
from listings.models import Listing, RouteCase

# Where most buyers sit; a caller may name others.
USUAL_DESTINATIONS = ("HK", "MO", "SG")


def route_preview(listing: Listing, destination: str) -> Mapping[str, Any]:
    """Return which route the listing's data would take to a buyer registered at a destination, as things stand today.

    It touches no register and binds nobody. Raises Problem `invalid` for an unknown place, `no_rules_in_force`.
    """
    if destination not in jurisdictions():
        raise field_problem("/destination", "unknown_jurisdiction", _("Give an ISO 3166 code, as HK."))
    buyer = Organization(jurisdiction=destination)
    dossier = border_dossier_of(listing.product)
    offered = destination == listing.organization.jurisdiction or reaches(dossier, buyer)
    nothing: dict[str, Any] = {name: [] for name in ("alternatives", "papers", "deadlines")}
    nothing |= {"route": None, "rule_set": None, "blocked": False}
    if dossier is None or not offered or destination == listing.organization.jurisdiction:
        return {"destination": destination, "offered": offered, "reason": {}, **nothing}
    today = day_of(timezone.now())
    case = RouteCase(
        organization=listing.organization, recipient=buyer, version=listing.version, product=listing.product
    )
    total = exported(exporter_group(listing.organization_id), today.year)
    before = total if listing.organization.jurisdiction == MAINLAND else Persons()
    try:
        decision = decide_route(facts_of(case, dossier, on=today, before=before), rules_in_force(today))
    except LookupError as error:
        raise Problem("no_rules_in_force") from error
    return {
        "destination": destination,
        "offered": True,
        "route": decision.route,
        "alternatives": list(decision.alternatives),
        "blocked": decision.blocked,
        "reason": decision.hits[0]["reason"],
        "papers": [paper["code"] for paper in decision.documents],
        "deadlines": decision.deadlines,
        "rule_set": decision.rule_set,
    }
