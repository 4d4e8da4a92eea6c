"""Which rows an actor may see: its organization's own, and, for staff, those of the venues its organization operates.

Every `visible_to` of the house is built on this one rule.
"""

from uuid import UUID

from django.db.models import Q

from accounts.permissions import Permission
from kernel.actors import Actor

NOTHING = Q(pk__in=())
EVERYTHING = ~NOTHING  # not Q(), which disappears when it is or-ed with another condition


def sees_everything(actor: Actor) -> bool:
    """Tell whether no row is hidden: the exchange itself, and the deployment's operator."""
    return actor.may(Permission.EVERYTHING_SEE)


def owned_or_operated(actor: Actor, *, organizations: tuple[str, ...] = ("organization",), venue: str | None) -> Q:
    """Return the condition for rows an actor may see.

    `organizations` names the lookups of organizations that own the row (an order has a buyer and a provider); `venue`
    the lookup of its venue, or None where the rows belong to no venue.
    """
    if sees_everything(actor):
        return EVERYTHING
    mine = Q()
    if actor.organization_id is not None:
        for lookup in organizations:
            mine |= Q(**{lookup: actor.organization_id})
    if venue is not None and actor.venue_ids:
        mine |= Q(**{f"{venue}__in": _sorted(actor.venue_ids)})
    return mine or NOTHING


def _sorted(ids: frozenset[UUID]) -> list[UUID]:
    return sorted(ids)  # one order, one prepared statement
