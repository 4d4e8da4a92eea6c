"""Proposals: providers and brokers of the venue answer a demand, each unseen by the others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_member, require_reason
from accounts.models import Capacity
from kernel import audit
from kernel.actors import Actor
from kernel.money import Money
from kernel.problems import Problem, field_problem
from kernel.states import advance
from listings.models import Listing, Plan
from marketplace import problems  # noqa: F401 - registers the codes raised here
from marketplace.demands import LONGEST_DAYS, refuse_while_bid_stands
from marketplace.models import Demand, Proposal

State = Proposal.State


@dataclass(frozen=True)
class Answer:
    """What is proposed: a plan of a listing at its price, or a draft of what would be listed at a price."""

    capacity: str
    valid_until: datetime
    listing_id: UUID | None = None
    plan_id: UUID | None = None
    draft: Mapping[str, str] = field(default_factory=dict)
    price: Money | None = None
    delivery: str = ""
    delivery_days: int | None = None
    message: str = ""


@transaction.atomic
def propose(*, demand_id: UUID, answer: Answer, actor: Actor) -> Proposal:
    """Answer an open demand, as a provider or a broker of its venue; the buyer and the proposer see it, nobody else.

    Raises Problem `not_found`, `forbidden`, `own_demand`, `membership_required`, `proposal_exists`, or `invalid`.
    """
    demand = find(Demand.objects.on_board(actor).select_for_update(of=("self",)), pk=demand_id)
    require(actor, Permission.PROPOSAL_MAKE)
    if actor.organization_id is None:
        raise Problem("forbidden")
    if actor.organization_id == demand.buyer_id:
        raise Problem("own_demand")
    require_member(actor.organization_id, demand.venue_id, answer.capacity)
    days = (answer.valid_until - timezone.now()).total_seconds() / 86_400
    if not 0 < days <= LONGEST_DAYS:
        detail = _("The proposal is valid until a moment in the future, at most %d days from now.") % LONGEST_DAYS
        raise field_problem("/valid_until", "out_of_range", detail)
    plan = _offered(demand, answer, actor) if answer.listing_id else None
    price = _price(answer, plan)

    proposal = Proposal.objects.create(
        demand=demand,
        venue_id=demand.venue_id,
        organization_id=actor.organization_id,
        capacity=answer.capacity,
        listing_id=answer.listing_id,
        plan=plan,
        draft=dict(answer.draft),
        price_minor=price.minor,
        currency=price.currency,
        delivery=answer.delivery,
        delivery_days=answer.delivery_days,
        message=answer.message,
        valid_until=answer.valid_until,
        made_by=actor.person_id,
    )
    audit.record("proposal.submitted", subject=proposal, actor=actor, details={"demand": demand.pk})
    return proposal


@transaction.atomic
def withdraw_proposal(*, proposal_id: UUID, reason: str, actor: Actor) -> Proposal:
    """Take a proposal back that was not awarded, by who made it.

    Raises Problem `not_found`, `forbidden`, `bid_stands`, `illegal_state`, or `invalid` without a reason.
    """
    proposal = locked_proposal(proposal_id, actor)
    require(actor, Permission.PROPOSAL_MAKE, organization_id=proposal.organization_id)
    require_reason(reason)
    refuse_while_bid_stands(proposal)

    advance(proposal, to=State.WITHDRAWN, actor=actor, reason=reason)
    return proposal


@transaction.atomic
def shortlist_proposal(*, proposal_id: UUID, actor: Actor) -> Proposal:
    """Take a proposal into the closer choice, by the buyer. Raises `not_found`, `forbidden` or `illegal_state`."""
    proposal = _decidable(proposal_id, actor)

    advance(proposal, to=State.SHORTLISTED, actor=actor)
    if proposal.demand.state == Demand.State.OPEN:
        advance(proposal.demand, to=Demand.State.MATCHING, actor=actor)
    return proposal


@transaction.atomic
def decline_proposal(*, proposal_id: UUID, reason: str, actor: Actor) -> Proposal:
    """Decline a proposal with a reason that its maker reads, by the buyer.

    Raises Problem `not_found`, `forbidden`, `bid_stands`, `illegal_state`, or `invalid` without a reason.
    """
    proposal = _decidable(proposal_id, actor)
    require_reason(reason)
    refuse_while_bid_stands(proposal)

    advance(proposal, to=State.DECLINED, actor=actor, reason=reason)
    return proposal


def locked_proposal(proposal_id: UUID, actor: Actor) -> Proposal:
    """Return the proposal as it is under the lock of its demand's row; raises Problem `not_found`."""
    visible = Proposal.objects.visible_to(actor)
    demand_id = visible.filter(pk=proposal_id).values_list("demand_id", flat=True).first()
    if demand_id is None:
        raise Problem("not_found")
    demand = Demand.objects.select_related("venue", "buyer").select_for_update(of=("self",)).get(pk=demand_id)
    proposal = find(visible.select_related("plan"), pk=proposal_id)
    proposal.demand = demand
    return proposal


def _decidable(proposal_id: UUID, actor: Actor) -> Proposal:
    proposal = locked_proposal(proposal_id, actor)
    require(actor, Permission.DEMAND_POST, organization_id=proposal.demand.buyer_id)
    if proposal.state == State.AWARDED:
        raise Problem("illegal_state", _("The proposal was awarded."), state=proposal.state)
    return proposal


def offered_plan(demand: Demand, *, listing_id: UUID, plan_id: UUID | None, capacity: str, actor: Actor) -> Plan:
    """Return the plan of a listing in the catalogue of the demand's venue that the actor may propose.

    A provider proposes its own listings, a broker those of others. Raises Problem `invalid` with a pointer.
    """
    found = Listing.objects.sought_by(actor).filter(pk=listing_id, venue=demand.venue_id)
    own = {"organization": actor.organization_id}
    found = found.exclude(**own) if capacity == Capacity.BROKER else found.filter(**own)
    listing = found.exclude(organization=demand.buyer_id).first()
    if listing is None:
        raise field_problem("/listing_id", "unknown", _("There is no such listing at this venue that you may propose."))
    plan = listing.plans.filter(pk=plan_id).first() if plan_id else None
    if plan is None:
        raise field_problem("/plan_id", "unknown", _("The listing has no such plan."))
    if not plan.has_list_price:
        raise field_problem("/plan_id", "no_list_price", _("Propose a plan that has a price of its own."))
    return plan


def _offered(demand: Demand, answer: Answer, actor: Actor) -> Plan:
    if answer.listing_id is None:
        raise ValueError("asked for the plan of no listing")
    return offered_plan(
        demand, listing_id=answer.listing_id, plan_id=answer.plan_id, capacity=answer.capacity, actor=actor
    )


def _price(answer: Answer, plan: Plan | None) -> Money:
    """Return the proposed price: the plan's, or the draft's."""
    if plan is not None:
        if answer.price not in (None, plan.price):
            raise field_problem("/price", "not_the_plan", _("A listing is proposed at the price of its plan."))
        return plan.price
    if answer.plan_id is not None:
        raise field_problem("/listing_id", "required", _("Name the listing whose plan it is."))
    if not answer.draft:
        raise field_problem("/draft", "required", _("Name a listing, or say what you would make and list."))
    if answer.price is None:
        raise field_problem("/price", "required", _("Say the price."))
    return answer.price
