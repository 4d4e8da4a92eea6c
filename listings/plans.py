"""Plans: what a product costs. A plan is fixed while a listing that offers it is under review or offered."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import Permission, require
from kernel import audit
from kernel.actors import Actor
from kernel.languages import in_language
from kernel.money import LARGEST_MINOR, Currency, Money
from kernel.problems import Problem, field_problem
from listings.dossier import product_type_rule
from listings.metering import Metering, checked_metering
from listings.milestones import Milestone, checked_milestones
from listings.models import Plan, Product
from listings.price_ceilings import refuse_plans_above
from listings.registration import locked_product, refuse_retired
from listings.revenue_shares import RevenueShare, checked_share

NOTHING = Money(0, Currency.CNY)
AMENDED = (
    "kind",
    "price_minor",
    "currency",
    "name",
    "new_versions",
    "cycle",
    "takes_offers",
    "milestones",
    "revenue_share",
)


@transaction.atomic
def create_plan(
    *,
    product_id: UUID,
    kind: str,
    price: Money | None,
    name: Mapping[str, str] | None = None,
    metering: Metering | None = None,
    new_versions: str = "",
    cycle: str = "",
    takes_offers: bool = False,
    milestones: Sequence[Milestone] = (),
    revenue_share: RevenueShare | None = None,
    actor: Actor,
) -> Plan:
    """Give a product a price; a free plan needs none (its currency then defaults to CNY).

    A metered plan has `metering`, one of shared revenue its `revenue_share`; both have a price only where the order
    itself costs something. A subscription costs its price for the whole term of the terms, or of its `cycle`, and says
    which new versions come with it (all, unless told otherwise). What is negotiated or auctioned has a guide price;
    one-off plans and rolling subscriptions may take offers besides their price. `milestones` divide what is paid once.
    Raises Problem `not_found`, `forbidden`, `illegal_state` for a retired product, or `invalid` at `/price`,
    `/metering`, `/new_versions`, `/cycle`, `/takes_offers`, `/revenue_share`, or at `/kind` where products of its type
    are not sold so.
    """
    product = locked_product(product_id, actor)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=product.organization_id)
    refuse_retired(product)
    price = _checked_price(kind, price)
    _refuse_other_kinds(product, kind)

    plan = Plan.objects.create(
        product=product,
        organization_id=product.organization_id,
        name=dict(name or {}),
        kind=kind,
        price_minor=price.minor,
        currency=price.currency,
        new_versions=_checked_versions(kind, new_versions),
        cycle=_checked_cycle(kind, cycle),
        takes_offers=_checked_offers(kind, takes_offers, cycle),
        milestones=checked_milestones(kind, milestones),
        revenue_share=checked_share(kind, revenue_share),
        **_metering_columns(kind, metering),
    )
    audit.record("plan.created", subject=plan, actor=actor, details=_priced(plan))
    return plan


@transaction.atomic
def amend_plan(
    *,
    plan_id: UUID,
    kind: str | None = None,
    price: Money | None = None,
    name: Mapping[str, str] | None = None,
    metering: Metering | None = None,
    new_versions: str = "",
    cycle: str | None = None,
    takes_offers: bool | None = None,
    milestones: Sequence[Milestone] | None = None,
    revenue_share: RevenueShare | None = None,
    actor: Actor,
) -> Plan:
    """Change a plan that no live listing offers; what is None stays, and so do new versions that are "".

    Raises Problem `not_found`, `forbidden`, `plan_in_use`, or `invalid` at `/price`, `/metering`, `/new_versions`,
    `/cycle`, `/takes_offers`, `/revenue_share` or `/kind`.
    """
    plan = _locked_plan(plan_id, actor)
    kind = kind or plan.kind
    price = _checked_price(kind, price or (plan.price if kind == plan.kind else None))
    _refuse_other_kinds(plan.product, kind)
    columns = _metering_columns(kind, metering or (plan.metering if kind == plan.kind else None))

    plan.new_versions = _checked_versions(kind, new_versions or (plan.new_versions if kind == plan.kind else ""))
    plan.cycle = _checked_cycle(kind, (plan.cycle if kind == plan.kind else "") if cycle is None else cycle)
    offers = plan.takes_offers and kind == plan.kind if takes_offers is None else takes_offers
    plan.takes_offers = _checked_offers(kind, offers, plan.cycle)
    if milestones is not None or kind != plan.kind:
        plan.milestones = checked_milestones(kind, milestones or ())
    if revenue_share is not None or kind != plan.kind:
        plan.revenue_share = checked_share(kind, revenue_share)
    plan.kind, plan.price_minor, plan.currency = kind, price.minor, price.currency
    plan.name = plan.name if name is None else dict(name)
    for column, value in columns.items():
        setattr(plan, column, value)
    plan.save(update_fields=[*AMENDED, *columns])
    for listing in plan.listings.select_related("product", "venue"):
        refuse_plans_above(product=listing.product, venue=listing.venue, plans=[plan])
    audit.record("plan.amended", subject=plan, actor=actor, details=_priced(plan))
    return plan


@transaction.atomic
def delete_plan(*, plan_id: UUID, actor: Actor) -> None:
    """Delete a plan that no listing ever offered. Raises Problem `not_found`, `forbidden` or `plan_in_use`."""
    plan = _locked_plan(plan_id, actor)
    if plan.listings.exists() or plan.revisions.exists():
        raise Problem("plan_in_use")

    audit.record("plan.deleted", subject=plan, actor=actor)
    plan.delete()


def _locked_plan(plan_id: UUID, actor: Actor) -> Plan:
    plan = Plan.objects.visible_to(actor).filter(pk=plan_id).first()
    if plan is None:
        raise Problem("not_found")
    require(actor, Permission.PRODUCT_MANAGE, organization_id=plan.organization_id)
    # The product's lock orders this against the submission of a listing that offers the plan.
    Product.objects.select_for_update(no_key=True).get(pk=plan.product_id)
    plan.refresh_from_db()
    if plan.listings.live().exists() or plan.revisions.pending().exists():
        raise Problem("plan_in_use")
    return plan


def _refuse_other_kinds(product: Product, kind: str) -> None:
    rule = product_type_rule(product)
    if kind not in rule.plan_codes:
        message = _("Products of the type %(type)s are not sold by such a plan.")
        raise field_problem("/kind", "plan_not_allowed", message % {"type": in_language(rule.label)})


def _metering_columns(kind: str, metering: Metering | None) -> dict[str, Any]:
    """Return the columns of a metered plan, or those of a plan without; raises Problem `invalid` at `/metering`."""
    if kind == Plan.Kind.METERED:
        return _columns(checked_metering(metering))
    if metering is not None:
        raise field_problem("/metering", "not_metered", _("Only a metered plan counts units."))
    return {**_columns(Metering("")), "unit_price": None}


def _columns(metering: Metering) -> dict[str, Any]:
    lists = {"tiers": [tier.as_json() for tier in metering.tiers], "packs": [asdict(pack) for pack in metering.packs]}
    return {**asdict(metering), **lists}


def _checked_versions(kind: str, new_versions: str) -> str:
    """Return which new versions a plan of this kind brings; raises Problem `invalid` at `/new_versions`."""
    if kind == Plan.Kind.SUBSCRIPTION:
        return new_versions or Plan.NewVersions.MAJOR
    if new_versions:
        raise field_problem("/new_versions", "not_subscribed", _("New versions come with a subscription only."))
    return ""


def _checked_cycle(kind: str, cycle: str) -> str:
    """Return by which terms of the calendar a plan of this kind runs; raises Problem `invalid` at `/cycle`."""
    if cycle and kind != Plan.Kind.SUBSCRIPTION:
        raise field_problem("/cycle", "not_subscribed", _("Only subscriptions have terms."))
    return cycle


def _checked_offers(kind: str, takes_offers: bool, cycle: str) -> bool:
    """Return whether a plan of this kind takes offers; raises Problem `invalid` at `/takes_offers`."""
    if kind == Plan.Kind.NEGOTIATED:
        return True
    if takes_offers and cycle:
        # What was agreed holds for one term, and the first one of the calendar is rarely whole.
        message = _("A subscription by the calendar is sold at its price.")
        raise field_problem("/takes_offers", "no_offers", message)
    if takes_offers and kind not in (Plan.Kind.ONE_OFF, Plan.Kind.SUBSCRIPTION):
        message = _("Only one-off, subscription and negotiated plans take offers.")
        raise field_problem("/takes_offers", "no_offers", message)
    return takes_offers


def _priced(plan: Plan) -> dict[str, Any]:
    metering = {"metering": plan.metering.as_json()} if plan.metering else {}
    versions = {"new_versions": plan.new_versions} if plan.new_versions else {}
    cycle = {"cycle": plan.cycle} if plan.cycle else {}
    offers = {"takes_offers": True} if plan.takes_offers else {}
    stages = {"milestones": plan.milestones} if plan.milestones else {}
    share = {"revenue_share": plan.revenue_share} if plan.revenue_share else {}
    terms = {**metering, **versions, **cycle, **offers, **stages, **share}
    return {"kind": plan.kind, "price": plan.price.as_json(), **terms}


def _checked_price(kind: str, price: Money | None) -> Money:
    """Return the price to store; raises Problem `invalid` at `/kind` or `/price`."""
    if kind not in Plan.Kind.values:
        raise field_problem("/kind", "invalid_choice", _("There is no such kind of plan."))
    if kind in (Plan.Kind.METERED, Plan.Kind.REVENUE_SHARE):
        return price or NOTHING
    if kind == Plan.Kind.FREE:
        if price is not None and price.minor != 0:
            raise field_problem("/price", "free_costs_nothing", _("A free plan has no price."))
        return price or NOTHING
    if price is None:
        raise field_problem("/price", "required", _("A plan of this kind needs a price."))
    if not 1 <= price.minor <= LARGEST_MINOR:
        raise field_problem("/price", "out_of_range", _("A price is at least 0.01 and below 100 000 000 000.00."))
    return price
