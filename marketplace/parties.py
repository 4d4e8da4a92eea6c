"""Who may take an offer: the buyer, its broker, and what keeps them from dealing with this provider."""

from uuid import UUID

from accounts.access import Permission, require, require_member
from accounts.models import Capacity, Organization
from kernel.actors import Actor
from kernel.problems import Problem, field_problem
from listings.audience import refuse_unadmitted
from listings.listing import Offer
from marketplace import problems  # noqa: F401 - registers the codes raised here


def buyer_of(offer: Offer, actor: Actor) -> Organization:
    """Return the actor's organization, if it may buy what is offered.

    Raises Problem `forbidden`, why the listing is not for it (`denied_place`, `not_invited`, …), `membership_required`,
    `own_product` or `buyer_not_eligible`.
    """
    require(actor, Permission.ORDER_PLACE)
    if actor.organization_id is None:
        raise Problem("forbidden")
    refuse_unadmitted(offer.listing, actor)
    buyer = require_member(actor.organization_id, offer.venue.id, Capacity.BUYER).organization
    if buyer.id == offer.provider.id:
        raise Problem("own_product")
    if offer.product.buyer_regions and buyer.jurisdiction not in offer.product.buyer_regions:
        raise Problem("buyer_not_eligible")
    return buyer


def broker_of(offer: Offer, buyer: Organization, broker_id: UUID | None) -> Organization | None:
    """Return the broker that is named, None for none.

    Raises Problem `broker_not_independent`, or `invalid` at `/broker_id` for no active broker of the venue.
    """
    if broker_id is None:
        return None
    if broker_id in {buyer.id, offer.provider.id}:
        raise Problem("broker_not_independent")
    try:
        return require_member(broker_id, offer.venue.id, Capacity.BROKER).organization
    except Problem as problem:
        raise field_problem("/broker_id", problem.code, problem.detail) from problem
