"""Awarding a demand: the proposal's listing is ordered at once, or its maker is asked to list what was promised.

Whatever is ordered goes through marketplace.ordering.place_order; there is no second way.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, require
from accounts.models import Capacity
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.problems import Problem, field_problem
from kernel.states import advance
from marketplace import problems  # noqa: F401 - registers the codes raised here
from marketplace.demands import decline_others, lock_demand, own_demand, refuse_during_auction
from marketplace.models import Auction, Demand, Order, Proposal, Quote
from marketplace.ordering import place_order
from marketplace.proposals import locked_proposal, offered_plan
from settlements.models import DealOrigin

State = Demand.State
KEPT = (Order.State.SETTLED, Order.State.CERTIFIED)
FELL_THROUGH = (Order.State.CANCELLED, Order.State.REJECTED)


@transaction.atomic
def award(*, proposal_id: UUID, actor: Actor) -> Demand:
    """Choose a proposal, by the buyer; the others are declined, and a proposed listing is ordered in the same act.

    A proposal of a draft leaves the demand awarded without an order, until its maker offers a listing.
    Raises Problem `not_found`, `forbidden`, `demand_closed`, `auction_runs`, `proposal_expired`, `illegal_state`, and
    all that `place_order` raises; then nothing at all has happened.
    """
    proposal = locked_proposal(proposal_id, actor)
    demand = proposal.demand
    require(actor, Permission.DEMAND_POST, organization_id=demand.buyer_id)
    if demand.state not in Demand.TAKES_PROPOSALS or demand.deadline <= timezone.now():
        raise Problem("demand_closed", state=demand.state)
    refuse_during_auction(demand)
    if proposal.state in Proposal.LIVING and proposal.valid_until <= timezone.now():
        raise Problem("proposal_expired")

    advance(proposal, to=Proposal.State.AWARDED, actor=actor)
    advance(demand, to=State.AWARDED, actor=actor, details={"proposal": proposal.pk})
    decline_others(demand, actor=actor, reason=_("The buyer has chosen another proposal."), but=[proposal.pk])
    if proposal.plan_id is not None:
        _order(demand, proposal, actor)
    return demand


@transaction.atomic
def offer_listing(*, proposal_id: UUID, listing_id: UUID, plan_id: UUID, actor: Actor) -> Proposal:
    """Name the listing that was made for an awarded draft, at the agreed price or less, by who proposed it.

    Raises Problem `not_found`, `forbidden`, `illegal_state`, `demand_has_order`, or `invalid` with a pointer.
    """
    proposal = locked_proposal(proposal_id, actor)
    require(actor, Permission.PROPOSAL_MAKE, organization_id=proposal.organization_id)
    if proposal.state != Proposal.State.AWARDED:
        raise Problem("illegal_state", _("Only for an awarded proposal is a listing offered."), state=proposal.state)
    if proposal.demand.order_id is not None:
        raise Problem("demand_has_order")
    plan = offered_plan(
        proposal.demand, listing_id=listing_id, plan_id=plan_id, capacity=proposal.capacity, actor=actor
    )
    if plan.currency != proposal.currency or plan.price_minor > proposal.price_minor:
        raise field_problem("/plan_id", "dearer", _("The plan costs more than was proposed."))

    proposal.listing_id, proposal.plan = listing_id, plan
    proposal.save(update_fields=["listing", "plan"])
    details = {"listing": listing_id, "plan": plan_id}
    audit.record("proposal.listing_offered", subject=proposal, actor=actor, details=details)
    return proposal


@transaction.atomic
def order_award(*, demand_id: UUID, actor: Actor) -> Demand:
    """Order the listing that was offered for an awarded draft, or by the quote of an auction, by the buyer.

    Raises Problem `not_found`, `forbidden`, `illegal_state`, `demand_has_order`, `listing_wanted` while there is none,
    and all that `place_order` raises.
    """
    won = _locked_win(demand_id)
    demand = own_demand(demand_id, actor)
    if demand.state != State.AWARDED:
        raise Problem("illegal_state", _("The demand is not awarded."), state=demand.state)
    if demand.order_id is not None:
        raise Problem("demand_has_order")
    if won is not None:
        demand.order = place_order(quote_id=won.pk, purpose=demand.purpose, actor=actor)
        return demand
    proposal = demand.proposals.select_related("plan").get(state=Proposal.State.AWARDED)
    if proposal.plan_id is None:
        raise Problem("listing_wanted")

    _order(demand, proposal, actor)
    return demand


def follow_orders(limit: int = 200) -> int:
    """Fulfil demands whose order was settled, and open those again whose order fell through; sent by beat."""
    ended = Demand.objects.filter(state=State.AWARDED, order__state__in=[*KEPT, *FELL_THROUGH])
    ids = list(ended.order_by("id").values_list("pk", flat=True)[:limit])
    for demand_id in ids:
        _follow(demand_id)
    return len(ids)


@transaction.atomic
def _follow(demand_id: UUID) -> None:
    demand = lock_demand(demand_id, SYSTEM)
    if demand.state != State.AWARDED or demand.order is None:
        return
    if demand.order.state in KEPT:
        advance(demand, to=State.FULFILLED, actor=SYSTEM, details={"order": demand.order.number})
    elif demand.order.state in FELL_THROUGH:
        reason = _("The order of the awarded proposal came to nothing.")
        reopen(demand, reason=reason, details={"order": demand.order.number})


def reopen(demand: Demand, *, reason: str, details: Mapping[str, Any]) -> None:
    """Open an awarded demand again, or end it where its deadline has passed; the caller holds its lock."""
    decline_others(demand, actor=SYSTEM, reason=reason)
    to = State.OPEN if demand.deadline > timezone.now() else State.EXPIRED
    advance(demand, to=to, actor=SYSTEM, reason=reason, details=details, order=None)


def _locked_win(demand_id: UUID) -> Quote | None:
    """Return the quote by which the demand's auction was won, locked before the demand as every order does."""
    won = Quote.objects.filter(auction__demand=demand_id, auction__state=Auction.State.AWARDED)
    return won.select_for_update(of=("self",)).first()


def _order(demand: Demand, proposal: Proposal, actor: Actor) -> None:
    plan = proposal.plan
    if plan is None or proposal.listing_id is None:
        raise Problem("listing_wanted")
    # A plan may change while nothing offers it; the buyer pays what was proposed or less, never more.
    if plan.currency != proposal.currency or plan.price_minor > proposal.price_minor:
        raise Problem("price_changed", price=plan.price.as_json(), proposed=proposal.price.as_json())
    demand.order = place_order(
        listing_id=proposal.listing_id,
        plan_id=plan.pk,
        purpose=demand.purpose,
        actor=actor,
        broker_id=proposal.organization_id if proposal.capacity == Capacity.BROKER else None,
        origin=DealOrigin.DEMAND,
    )
    demand.save(update_fields=["order"])
    details = {"order": demand.order.number, "proposal": proposal.pk}
    audit.record("demand.ordered", subject=demand, actor=actor, details=details)
