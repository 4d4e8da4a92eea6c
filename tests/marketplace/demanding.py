"""Demands in tests, at every stage of their life, through the public functions.

demand = on_board(buyer)                                     # reviewed and published
proposal = proposed(demand, listing)                         # by the listing's provider
"""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Capacity, Organization, Person, Role
from kernel.money import Currency, Money
from listings.models import Listing
from marketplace import awarding, demands, proposals
from marketplace.models import Demand, Proposal
from tests.world import actor, person_of, staff


def wish(**changes: Any) -> dict[str, Any]:
    """Return what a buyer says, as the capability functions take it."""
    return {
        "title": {"zh-Hans": "求购广东街道名录", "en": "Wanted: sub-districts of Guangdong"},
        "description": {"zh-Hans": "用于校验收货地址的街道代码与名称", "en": "Codes and names of sub-districts"},
        "purpose": "Checking delivery addresses",
        "industry": "G60",
        "wanted_fields": ["code", "street_name"],
        "budget": Money(20_000, Currency.CNY),
        "deadline": timezone.now() + timedelta(days=20),
        "destination": "CN",
    } | changes


def wish_json(**changes: Any) -> dict[str, Any]:
    """Return the same wish as it is sent over HTTP."""
    said = {
        "budget": {"amount": "200.00", "currency": "CNY"},
        "deadline": (timezone.now() + timedelta(days=20)).isoformat(),
    }
    return wish(**(said | changes))


def drafted(buyer: Organization, code: str = "gzdex", **changes: Any) -> Demand:
    return demands.create_demand(venue_code=code, wish=wish(**changes), actor=actor(person_of(buyer)))


def handed_in(buyer: Organization, code: str = "gzdex", **changes: Any) -> Demand:
    return demands.submit_demand(demand_id=drafted(buyer, code, **changes).pk, actor=actor(person_of(buyer)))


def on_board(buyer: Organization, code: str = "gzdex", *, clerk: Person | None = None, **changes: Any) -> Demand:
    demand = handed_in(buyer, code, **changes)
    return demands.publish_demand(demand_id=demand.pk, actor=actor(clerk or staff(code, Role.CLERK)))


def answer(**changes: Any) -> proposals.Answer:
    defaults = {"capacity": Capacity.PROVIDER, "valid_until": timezone.now() + timedelta(days=10)}
    return proposals.Answer(**(defaults | changes))


def promised(demand: Demand, maker: Organization, **changes: Any) -> Proposal:
    """Propose a draft that is still to be listed."""
    said = {"draft": {"zh-Hans": "可于两周内整理并挂牌"}, "price": Money(15_000, Currency.CNY)}
    return proposals.propose(demand_id=demand.pk, answer=answer(**(said | changes)), actor=actor(person_of(maker)))


def proposed(demand: Demand, listing: Listing, maker: Organization | None = None, **changes: Any) -> Proposal:
    """Propose a listing, as its provider or as the broker `maker`."""
    said = {
        "listing_id": listing.pk,
        "plan_id": listing.plans.get().pk,
        "capacity": Capacity.BROKER if maker else Capacity.PROVIDER,
    }
    who = actor(person_of(maker or listing.organization))
    return proposals.propose(demand_id=demand.pk, answer=answer(**(said | changes)), actor=who)


def awarded(proposal: Proposal) -> Demand:
    return awarding.award(proposal_id=proposal.pk, actor=actor(person_of(proposal.demand.buyer)))


def entry(**changes: Any) -> dict[str, Any]:
    """Return what staff write into the scenario list."""
    return {
        "title": {"zh-Hans": "物流地址校验", "en": "Checking addresses in logistics"},
        "problem": {"zh-Hans": "收货地址错误导致退件"},
        "data_needed": {"zh-Hans": "广东省街道代码与名称", "en": "Codes and names of sub-districts"},
        "compute_needed": {"en": "One GPU for a day"},
        "industry": "G60",
        "wanted_fields": ["code", "street_name"],
    } | changes
