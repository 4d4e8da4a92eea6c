"""The AI scenario list: the venue's staff write and publish it; providers and buyers link what is theirs."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_reason
from accounts.models import Organization
from accounts.venues import venue_named
from kernel import audit
from kernel.actors import Actor
from kernel.numbering import short_number
from kernel.problems import FieldError, Problem
from kernel.states import advance
from listings.industries import industries, standard
from listings.models import Product
from listings.problems import field_errors
from marketplace.models import Demand, Scenario

FIELDS = (
    "title",
    "problem",
    "data_needed",
    "compute_needed",
    "industry",
    "product_type",
    "wanted_fields",
    "owner_id",
)
State = Scenario.State


@transaction.atomic
def create_scenario(*, venue_code: str, entry: Mapping[str, Any], actor: Actor) -> Scenario:
    """Draft an entry of a venue's list; `entry` holds what `FIELDS` names.

    Raises Problem `forbidden`, or `invalid` with pointers.
    """
    venue = venue_named(venue_code)
    require(actor, Permission.SCENARIO_EDIT, venue_id=venue.pk)
    scenario = Scenario(venue=venue)
    _take(scenario, entry)

    scenario.number = short_number(venue.number_prefix, "S", timezone.now().astimezone(venue.zone).year)
    scenario.save(force_insert=True)
    audit.record("scenario.created", subject=scenario, actor=actor)
    return scenario


@transaction.atomic
def amend_scenario(*, scenario_id: UUID, changes: Mapping[str, Any], actor: Actor) -> Scenario:
    """Change an entry, published or not. Raises Problem `not_found`, `forbidden`, or `invalid` with pointers."""
    scenario = _locked(scenario_id, actor)
    _take(scenario, changes)

    scenario.save()
    audit.record("scenario.amended", subject=scenario, actor=actor, details={"fields": sorted(changes)})
    return scenario


@transaction.atomic
def publish_scenario(*, scenario_id: UUID, actor: Actor) -> Scenario:
    """Put an entry on the list, or a closed one back. Raises `not_found`, `forbidden` or `illegal_state`."""
    scenario = _locked(scenario_id, actor)

    advance(scenario, to=State.PUBLISHED, actor=actor, published_at=scenario.published_at or timezone.now())
    return scenario


@transaction.atomic
def close_scenario(*, scenario_id: UUID, reason: str, actor: Actor) -> Scenario:
    """Mark an entry as closed; it stays readable. Raises as `publish_scenario`, or `invalid` without a reason."""
    scenario = _locked(scenario_id, actor)
    require_reason(reason)

    advance(scenario, to=State.CLOSED, actor=actor, reason=reason)
    return scenario


@transaction.atomic
def link_product(*, scenario_id: UUID, product_id: UUID, linked: bool, actor: Actor) -> Scenario:
    """Link a product with an entry of the list, or unlink it, by its provider or the venue's staff.

    Does nothing where it is so already. Raises Problem `not_found`, `forbidden` or `product_not_registered`.
    """
    product = find(Product.objects.visible_to(actor), pk=product_id)
    scenario = _open_to_links(scenario_id, actor)
    if product.organization_id == actor.organization_id:
        require(actor, Permission.PRODUCT_MANAGE, organization_id=product.organization_id)
    else:
        require(actor, Permission.SCENARIO_EDIT, venue_id=scenario.venue_id)
    if linked and product.state != Product.State.REGISTERED:
        raise Problem("product_not_registered", state=product.state)

    if scenario.products.filter(pk=product.pk).exists() != linked:
        (scenario.products.add if linked else scenario.products.remove)(product)
        _record_link("product", product.pk, scenario, linked, actor)
    return scenario


@transaction.atomic
def link_demand(*, scenario_id: UUID, demand_id: UUID, linked: bool, actor: Actor) -> Scenario:
    """Link a demand with an entry of the list, or unlink it, by its buyer or the venue's staff.

    Does nothing where it is so already. Raises Problem `not_found` or `forbidden`.
    """
    demand = find(Demand.objects.visible_to(actor), pk=demand_id)
    scenario = _open_to_links(scenario_id, actor)
    if demand.buyer_id == actor.organization_id:
        require(actor, Permission.DEMAND_POST, organization_id=demand.buyer_id)
    else:
        require(actor, Permission.SCENARIO_EDIT, venue_id=demand.venue_id)

    if scenario.demands.filter(pk=demand.pk).exists() != linked:
        (scenario.demands.add if linked else scenario.demands.remove)(demand)
        _record_link("demand", demand.pk, scenario, linked, actor)
    return scenario


def _record_link(kind: str, key: UUID, scenario: Scenario, linked: bool, actor: Actor) -> None:
    verb = "linked" if linked else "unlinked"
    organization_id = actor.organization_id
    audit.record(
        f"scenario.{verb}", subject=scenario, actor=actor, details={kind: key}, organization_id=organization_id
    )


def _open_to_links(scenario_id: UUID, actor: Actor) -> Scenario:
    return find(Scenario.objects.published_to(actor).select_for_update(of=("self",)), pk=scenario_id)


def _locked(scenario_id: UUID, actor: Actor) -> Scenario:
    scenario = find(Scenario.objects.visible_to(actor).select_for_update(of=("self",)), pk=scenario_id)
    require(actor, Permission.SCENARIO_EDIT, venue_id=scenario.venue_id)
    return scenario


def _take(scenario: Scenario, entry: Mapping[str, Any]) -> None:
    for name in FIELDS:
        if name in entry:
            setattr(scenario, name, entry[name])
    if errors := list(_errors(scenario)):
        raise Problem("invalid", errors=errors)


def _errors(scenario: Scenario) -> Iterator[FieldError]:
    yield from field_errors(scenario, [name for name in FIELDS if name != "owner_id"])
    if scenario.industry and scenario.industry not in industries():
        yield FieldError("/industry", "unknown_industry", _("There is no such industry in %s.") % standard())
    if len(set(scenario.wanted_fields)) < len(scenario.wanted_fields):
        yield FieldError("/wanted_fields", "repeated", _("A field is named twice."))
    if scenario.owner_id and not Organization.objects.filter(pk=scenario.owner_id).exists():
        yield FieldError("/owner_id", "unknown", _("There is no such organization."))
