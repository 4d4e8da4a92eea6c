"""Demands: a buyer drafts one, the venue reviews and publishes it, and it ends by award, withdrawal or its deadline.

    DRAFT → IN_REVIEW → OPEN → MATCHING → AWARDED → FULFILLED

Proposals are in marketplace/proposals.py, the award in marketplace/awarding.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import (
    Permission,
    find,
    require,
    require_different_person,
    require_disinterested,
    require_member,
    require_reason,
)
from accounts.models import Capacity
from accounts.places import jurisdictions
from accounts.venues import venue_named
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.money import LARGEST_MINOR
from kernel.numbering import short_number
from kernel.problems import FieldError, Problem
from kernel.states import advance
from listings.industries import industries, standard
from listings.problems import field_errors
from marketplace import problems  # noqa: F401 - registers the codes raised here
from marketplace.models import Auction, Bid, Demand, Proposal

# What the buyer says; everything else the exchange writes.
FIELDS = (
    "title",
    "description",
    "purpose",
    "industry",
    "product_type",
    "wanted_fields",
    "personal_data",
    "budget_public",
    "deadline",
    "destination",
    "delivery",
    "confidentiality",
)
LONGEST_DAYS = 366
State = Demand.State


@transaction.atomic
def create_demand(*, venue_code: str, wish: Mapping[str, Any], actor: Actor) -> Demand:
    """Draft a demand at a venue; `wish` holds what `FIELDS` names, and `budget` as Money or None.

    Raises Problem `forbidden`, `membership_required`, or `invalid` with pointers.
    """
    require(actor, Permission.DEMAND_POST)
    if actor.organization_id is None:
        raise Problem("forbidden")
    venue = venue_named(venue_code)
    require_member(actor.organization_id, venue.pk, Capacity.BUYER)
    demand = Demand(venue=venue, buyer_id=actor.organization_id, posted_by=actor.person_id)
    _take(demand, wish)

    demand.save(force_insert=True)
    audit.record("demand.created", subject=demand, actor=actor)
    return demand


@transaction.atomic
def amend_demand(*, demand_id: UUID, changes: Mapping[str, Any], actor: Actor) -> Demand:
    """Change a draft. Raises Problem `not_found`, `forbidden`, `illegal_state`, or `invalid` with pointers."""
    demand = own_demand(demand_id, actor)
    if demand.state != State.DRAFT:
        raise Problem("illegal_state", _("Only a draft changes."), state=demand.state)
    _take(demand, changes)

    demand.save()
    audit.record("demand.amended", subject=demand, actor=actor, details={"fields": sorted(changes)})
    return demand


@transaction.atomic
def delete_demand(*, demand_id: UUID, actor: Actor) -> None:
    """Delete a draft. Raises Problem `not_found`, `forbidden` or `illegal_state`."""
    demand = own_demand(demand_id, actor)
    if demand.state != State.DRAFT:
        raise Problem("illegal_state", _("Only a draft can be deleted."), state=demand.state)

    audit.record("demand.deleted", subject=demand, actor=actor)
    demand.delete()


@transaction.atomic
def submit_demand(*, demand_id: UUID, actor: Actor) -> Demand:
    """Hand a draft to the venue, which gives it a number and reviews it.

    Raises Problem `not_found`, `forbidden`, `membership_required`, `illegal_state`, or `invalid` with pointers.
    """
    demand = own_demand(demand_id, actor)
    require_member(demand.buyer_id, demand.venue_id, Capacity.BUYER)
    _refuse(_errors(demand))

    year = timezone.now().astimezone(demand.venue.zone).year
    number = short_number(demand.venue.number_prefix, "D", year)
    advance(demand, to=State.IN_REVIEW, actor=actor, number=number, posted_by=actor.person_id)
    return demand


@transaction.atomic
def publish_demand(*, demand_id: UUID, actor: Actor) -> Demand:
    """Put a reviewed demand on the board, by staff who neither posted it nor belong to the buyer.

    Raises Problem `not_found`, `forbidden`, `same_person`, `conflict_of_interest`, `illegal_state`, or `invalid` where
    its deadline has passed meanwhile.
    """
    demand = _under_review(demand_id, actor)
    _refuse(_deadline_errors(demand))

    advance(demand, to=State.OPEN, actor=actor, published_at=timezone.now())
    return demand


@transaction.atomic
def reject_demand(*, demand_id: UUID, reason: str, actor: Actor) -> Demand:
    """Refuse a demand for good, with a reason that the buyer reads. Raises as `publish_demand` does."""
    demand = _under_review(demand_id, actor)
    require_reason(reason)

    advance(demand, to=State.REJECTED, actor=actor, reason=reason)
    return demand


@transaction.atomic
def withdraw_demand(*, demand_id: UUID, reason: str, actor: Actor) -> Demand:
    """Take a demand back, by its buyer; every proposal is declined.

    Raises Problem `not_found`, `forbidden`, `demand_has_order`, `auction_runs`, `illegal_state`, or `invalid` without a
    reason.
    """
    demand = own_demand(demand_id, actor)
    require_reason(reason)
    if demand.order_id is not None:
        raise Problem("demand_has_order")
    refuse_during_auction(demand)

    advance(demand, to=State.WITHDRAWN, actor=actor, reason=reason)
    decline_others(demand, actor=actor, reason=_("The buyer has withdrawn the demand."))
    return demand


def expire_demands(limit: int = 200) -> int:
    """End demands whose deadline has passed, and proposals that are no longer valid; both had ended by the clock."""
    now = timezone.now()
    # An auction that late bids have moved beyond the deadline ends first, and what was bid in it binds.
    running = Auction.objects.running().values("demand")
    due = Demand.objects.filter(state__in=Demand.TAKES_PROPOSALS, deadline__lte=now).order_by("deadline")
    due = due.exclude(Exists(running.filter(demand=OuterRef("pk"))))
    demands = list(due.values_list("pk", flat=True)[:limit])
    for demand_id in demands:
        _expire(demand_id)
    lapsed = Proposal.objects.living().filter(valid_until__lte=now).order_by("valid_until")
    lapsed = lapsed.exclude(Exists(running.filter(demand=OuterRef("demand"))))
    proposals = list(lapsed.values_list("pk", "demand_id")[:limit])
    for proposal_id, demand_id in proposals:
        with transaction.atomic():
            lock_demand(demand_id, SYSTEM)
            if proposal := Proposal.objects.living().filter(pk=proposal_id, valid_until__lte=now).first():
                advance(proposal, to=Proposal.State.EXPIRED, actor=SYSTEM)
    return len(demands) + len(proposals)


# --- shared with proposals and the award ------------------------------------------------------------------------------


def lock_demand(demand_id: UUID, actor: Actor) -> Demand:
    """Return the demand under its row lock; proposals move under it. Raises `not_found` where it cannot be seen."""
    demands = Demand.objects.visible_to(actor).select_related("venue", "buyer", "order")
    return find(demands.select_for_update(of=("self",)), pk=demand_id)


def own_demand(demand_id: UUID, actor: Actor) -> Demand:
    """Return the actor's organization's demand under its row lock; raises `not_found` or `forbidden`."""
    demand = lock_demand(demand_id, actor)
    require(actor, Permission.DEMAND_POST, organization_id=demand.buyer_id)
    return demand


def refuse_during_auction(demand: Demand) -> None:
    """Raise Problem `auction_runs` while an auction of the demand runs, or its winner waits for the order."""
    held = demand.auctions.filter(state__in=[Auction.State.ANNOUNCED, Auction.State.AWARDED])
    if held.exists():
        raise Problem("auction_runs")


def refuse_while_bid_stands(proposal: Proposal) -> None:
    """Raise Problem `bid_stands` where the proposal's maker has bid in an auction of the demand that is not over."""
    of_maker = Bid.objects.filter(organization=proposal.organization_id, auction__demand=proposal.demand_id)
    if of_maker.filter(auction__state=Auction.State.ANNOUNCED).exists():
        raise Problem("bid_stands")


def decline_others(demand: Demand, *, actor: Actor, reason: str, but: Sequence[UUID] = ()) -> None:
    """Decline what else was proposed, or all of it, since the demand has ended; the caller holds the demand's lock."""
    for proposal in demand.proposals.exclude(pk__in=but).filter(state__in=[*Proposal.LIVING, Proposal.State.AWARDED]):
        advance(proposal, to=Proposal.State.DECLINED, actor=actor, reason=reason)


# --- rules ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def _expire(demand_id: UUID) -> None:
    demand = lock_demand(demand_id, SYSTEM)
    if demand.state in Demand.TAKES_PROPOSALS:  # not awarded meanwhile
        reason = _("The demand's deadline has passed.")
        advance(demand, to=State.EXPIRED, actor=SYSTEM, reason=reason)
        decline_others(demand, actor=SYSTEM, reason=reason)


def _under_review(demand_id: UUID, actor: Actor) -> Demand:
    demand = lock_demand(demand_id, actor)
    require(actor, Permission.DEMAND_REVIEW, venue_id=demand.venue_id)
    if demand.state != State.IN_REVIEW:
        raise Problem("illegal_state", _("The demand is not under review."), state=demand.state)
    require_different_person(actor, made_by=demand.posted_by)
    require_disinterested(actor, demand.buyer_id)
    return demand


def _take(demand: Demand, wish: Mapping[str, Any]) -> None:
    """Write what the buyer says into the row; raises Problem `invalid` with every reason."""
    for name in FIELDS:
        if name in wish:
            setattr(demand, name, wish[name])
    if "budget" in wish:
        budget = wish["budget"]
        demand.budget_minor = budget.minor if budget else None
        demand.currency = budget.currency if budget else demand.venue.currency
    _refuse(_errors(demand))


def _errors(demand: Demand) -> Iterator[FieldError]:
    yield from field_errors(demand, FIELDS)
    if demand.industry and demand.industry not in industries():
        yield FieldError("/industry", "unknown_industry", _("There is no such industry in %s.") % standard())
    if demand.destination and demand.destination not in jurisdictions():
        yield FieldError("/destination", "unknown_jurisdiction", _("Give a two-letter ISO 3166 code, such as HK."))
    if demand.budget_minor is not None and not 1 <= demand.budget_minor <= LARGEST_MINOR:
        yield FieldError("/budget", "out_of_range", _("A price is at least 0.01 and below 100 000 000 000.00."))
    if len(set(demand.wanted_fields)) < len(demand.wanted_fields):
        yield FieldError("/wanted_fields", "repeated", _("A field is named twice."))
    if demand.deadline is not None:
        yield from _deadline_errors(demand)


def _deadline_errors(demand: Demand) -> Iterator[FieldError]:
    days = (demand.deadline - timezone.now()).total_seconds() / 86_400
    if not 0 < days <= LONGEST_DAYS:
        detail = _("The deadline lies in the future, at most %d days from now.") % LONGEST_DAYS
        yield FieldError("/deadline", "out_of_range", detail)


def _refuse(errors: Iterator[FieldError]) -> None:
    if found := list(errors):
        raise Problem("invalid", errors=found)
