"""A provider's quarterly return of what its data production cost and what of it was capitalised (DOMAIN §1.11)."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, require, require_member
from accounts.models import Capacity, Venue
from kernel.actors import Actor
from kernel.audit import record
from kernel.money import format_amount
from kernel.problems import Problem, field_problem
from listings.industries import industries
from marketplace.models import ProductionReturn
from marketplace.statistics.quarter import Quarter


@transaction.atomic
def file_return(
    *,
    venue: Venue,
    quarter: str,
    industry: str,
    product_type: str,
    source_kind: str,
    currency: str,
    costs: Mapping[str, int],
    capitalised: int,
    actor: Actor,
) -> ProductionReturn:
    """File one line of a quarter that is over; a later return of the same line takes its place in later editions.

    `industry` is a section's letter; `costs` are minor units by `ProductionReturn.COSTS`, of which `capitalised` minor
    units were booked as an asset (财会〔2023〕11号: only what was spent can be). Raises `membership_required`, or
    `invalid` with the field.
    """
    require(actor, Permission.RETURN_FILE)
    if actor.organization_id is None:
        raise Problem("forbidden")
    require_member(actor.organization_id, venue.pk, Capacity.PROVIDER)
    wanted = Quarter.of(quarter)
    if not wanted.is_over(timezone.now(), venue.zone):
        raise field_problem("/quarter", "not_over", _("The quarter is not over yet."))
    if industry not in {each.section for each in industries().values()}:
        raise field_problem("/industry", "unknown_industry", _("Give the letter of a section of GB/T 4754."))
    if capitalised > sum(costs.values()):
        raise field_problem(
            "/capitalised", "more_than_cost", _("No more can be capitalised than the costs of the line.")
        )

    filed = ProductionReturn.objects.create(
        organization_id=actor.organization_id,
        venue=venue,
        quarter=str(wanted),
        industry=industry,
        product_type=product_type,
        source_kind=source_kind,
        currency=currency,
        **{f"{name}_minor": costs[name] for name in ProductionReturn.COSTS},
        capitalised_minor=capitalised,
        filed_by=actor.person_id,
    )
    record(
        "productionreturn.filed",
        subject=filed,
        actor=actor,
        details={"quarter": str(wanted), "capitalised": format_amount(capitalised), "currency": currency},
    )
    return filed
