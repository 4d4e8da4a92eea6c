"""Government-guided prices: no price of a product of authorised public data is above the ceilings in force.

发改价格〔2025〕65号 puts the operation of public data for paid use under a ceiling set by the authority. Ceilings are
rows with the document they rest on; one person enters them, another confirms them.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import BigIntegerField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, StrIndex
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_different_person, require_reason
from accounts.models import Venue
from accounts.product_types import ProductType
from kernel import audit
from kernel.actors import Actor
from kernel.money import LARGEST_MINOR, Currency, Money
from kernel.problems import Problem, field_problem
from kernel.states import advance
from listings import problems  # noqa: F401 - registers the codes raised here
from listings.industries import industries
from listings.metering import Unit
from listings.models import Listing, Plan, PriceCeiling, Product
from listings.models.vocabulary import SourceKind
from listings.review_rules import person_of

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Basis:
    """The document of an authority that sets a guided price."""

    title: str
    number: str
    issuer: str


@transaction.atomic
def enter_ceiling(
    *,
    venue: Venue,
    product_type: ProductType | None,
    industry: str,
    unit: Unit | None,
    most: Decimal,
    currency: Currency,
    valid_from: date,
    valid_until: date | None,
    basis: Basis,
    actor: Actor,
) -> PriceCeiling:
    """Enter the most that products of public data may cost; it binds once another person has confirmed it.

    `most` is of an order (two places), or of one `unit` of use (six places). Raises Problem `forbidden`,
    `ceilings_overlap` where a confirmed one of the scope claims some of the days, or `invalid` with a pointer.
    """
    require(actor, Permission.FEES_MANAGE, venue_id=venue.id)
    if not 0 < most <= Decimal(LARGEST_MINOR).scaleb(-2) or (unit is None and most != most.quantize(CENT)):
        raise field_problem("/most", "out_of_range", _("A ceiling is a price: an order's has two places at most."))
    if industry and industry not in industries():
        raise field_problem("/industry", "unknown", _("GB/T 4754 has no such industry."))
    if valid_until is not None and valid_until < valid_from:
        raise field_problem("/valid_until", "before_start", _("A ceiling ends after it has begun."))
    ceiling = PriceCeiling(
        venue=venue,
        product_type=product_type or "",
        industry=industry,
        unit=unit or "",
        most=most,
        currency=currency,
        valid_from=valid_from,
        valid_until=valid_until,
        entered_by_id=person_of(actor),
        **{f"basis_{name}": value for name, value in asdict(basis).items()},
    )
    _refuse_overlap(ceiling)
    ceiling.save(force_insert=True)
    audit.record("priceceiling.entered", subject=ceiling, actor=actor, details=_told(ceiling))
    return ceiling


@transaction.atomic
def confirm_ceiling(*, ceiling_id: UUID, actor: Actor) -> PriceCeiling:
    """Let a ceiling bind from its first day on, by somebody else than who entered it.

    What is listed above it then takes no orders, and shows in the console's queue. Raises Problem `not_found`,
    `forbidden`, `same_person`, `illegal_state` or `ceilings_overlap`.
    """
    ceiling = _locked(ceiling_id, actor)
    require_different_person(actor, made_by=ceiling.entered_by_id)
    _refuse_overlap(ceiling)
    advance(
        ceiling,
        to=PriceCeiling.State.CONFIRMED,
        actor=actor,
        details=_told(ceiling),
        confirmed_by_id=person_of(actor),
    )
    return ceiling


@transaction.atomic
def withdraw_ceiling(*, ceiling_id: UUID, reason: str, actor: Actor) -> PriceCeiling:
    """Take back what was entered and not confirmed. Raises Problem `not_found`, `forbidden` or `illegal_state`."""
    ceiling = _locked(ceiling_id, actor)
    advance(ceiling, to=PriceCeiling.State.WITHDRAWN, actor=actor, reason=require_reason(reason))
    return ceiling


@transaction.atomic
def end_ceiling(*, ceiling_id: UUID, last_day: date, reason: str, actor: Actor) -> PriceCeiling:
    """Name an earlier last day of a confirmed ceiling, today at the soonest, by somebody else than who entered it.

    Raises Problem `not_found`, `forbidden`, `same_person`, `illegal_state`, or `invalid` at `/last_day`.
    """
    ceiling = _locked(ceiling_id, actor)
    require_different_person(actor, made_by=ceiling.entered_by_id)
    if ceiling.state != PriceCeiling.State.CONFIRMED:
        raise Problem("illegal_state", _("Only a confirmed ceiling is ended."), state=ceiling.state)
    soonest = max(ceiling.valid_from, timezone.now().astimezone(ceiling.venue.zone).date())
    if last_day < soonest or (ceiling.valid_until is not None and last_day >= ceiling.valid_until):
        raise field_problem("/last_day", "out_of_range", _("From today, or its first day, to before its last day."))
    ceiling.valid_until = last_day
    ceiling.save(update_fields=["valid_until"])
    details = {"last_day": last_day.isoformat()}
    audit.record("priceceiling.ended", subject=ceiling, actor=actor, reason=require_reason(reason), details=details)
    return ceiling


def refuse_plans_above(*, product: Product, venue: Venue, plans: Iterable[Plan]) -> None:
    """Raise Problem `price_above_ceiling` where a plan, or a unit of its use, costs more than a ceiling in force.

    What a share of revenue brings in a period is held to the ceiling of an order; without a cap it is above any. Only
    products of authorised public data have ceilings: others cost no query.
    """
    ceilings = _binding(product, venue)
    for plan in plans if ceilings else ():
        _refuse_above(ceilings, "", Decimal(plan.price_minor).scaleb(-2), plan.currency)
        if share := plan.share:
            most = LARGEST_MINOR if share.cap_minor is None else share.cap_minor
            _refuse_above(ceilings, "", Decimal(most).scaleb(-2), plan.currency)
        if metering := plan.metering:
            sold_ahead = (pack.unit_price for pack in metering.packs)
            for price in (metering.unit_price, *(tier.unit_price for tier in metering.tiers), *sold_ahead):
                _refuse_above(ceilings, plan.unit, price, plan.currency)


def refuse_price_above(*, product: Product, venue: Venue, price: Money) -> None:
    """Raise Problem `price_above_ceiling` where an order at this price would cost more than a ceiling in force."""
    _refuse_above(_binding(product, venue), "", Decimal(price.minor).scaleb(-2), price.currency)


def listed_above_ceilings(listings: QuerySet[Listing]) -> QuerySet[Listing]:
    """Keep what stands in the catalogue with a plan above a ceiling of today: it takes no orders until it is edited."""
    binding = PriceCeiling.objects.in_force(timezone.localdate()).annotate(
        within=StrIndex(OuterRef("listing__product__industry"), F("industry"))
    )
    of_scope = binding.filter(
        Q(industry="") | Q(within=1),
        Q(product_type="") | Q(product_type=OuterRef("listing__product__product_type")),
        venue=OuterRef("listing__venue"),
    )
    above_order = of_scope.filter(
        Q(most__lt=OuterRef("plan__price_minor") * Value(CENT)) | ~Q(currency=OuterRef("plan__currency")), unit=""
    )
    above_unit = of_scope.filter(
        Q(most__lt=OuterRef("plan__unit_price")) | ~Q(currency=OuterRef("plan__currency")), unit=OuterRef("plan__unit")
    ).exclude(unit="")
    above_share = of_scope.filter(
        Q(most__lt=OuterRef("most_of_a_period") * Value(CENT)) | ~Q(currency=OuterRef("plan__currency")), unit=""
    )
    cap = Cast(KeyTextTransform("cap_minor", "plan__revenue_share"), BigIntegerField())
    offered = Listing.plans.through.objects.filter(listing=OuterRef("pk"))
    above = offered.alias(most_of_a_period=Coalesce(cap, Value(LARGEST_MINOR, BigIntegerField()))).filter(
        (Exists(above_order) & Q(plan__price_minor__gt=0))
        | (Exists(above_share) & Q(plan__kind=Plan.Kind.REVENUE_SHARE))
        | Exists(above_unit)
    )
    return listings.filter(Exists(above), state=Listing.State.LISTED, product__source_kind=SourceKind.PUBLIC_DATA)


def _binding(product: Product, venue: Venue) -> list[PriceCeiling]:
    if product.source_kind != SourceKind.PUBLIC_DATA:
        return []
    today = timezone.now().astimezone(venue.zone).date()
    of_type = PriceCeiling.objects.in_force(today).filter(venue=venue, product_type__in=["", product.product_type])
    return [ceiling for ceiling in of_type.order_by("id") if product.industry.startswith(ceiling.industry)]


def _refuse_above(ceilings: Iterable[PriceCeiling], unit: str, price: Decimal, currency: str) -> None:
    """Of several that fit each binds; a price in another currency cannot be compared, and is refused too."""
    for ceiling in ceilings:
        if ceiling.unit == unit and price and (currency != ceiling.currency or price > ceiling.most):
            raise Problem(
                "price_above_ceiling",
                _("At most %(ceiling)s, by %(title)s (%(number)s, %(issuer)s).")
                % {"ceiling": str(ceiling), **ceiling.basis},
                ceiling={"id": str(ceiling.pk), "amount": ceiling.shown_most, "currency": ceiling.currency},
                unit=ceiling.unit,
                basis=ceiling.basis,
            )


def _refuse_overlap(ceiling: PriceCeiling) -> None:
    # Of two that are confirmed at once the second sees the first.
    Venue.objects.select_for_update(of=("self",), no_key=True).get(id=ceiling.venue_id)
    scope = PriceCeiling.objects.filter(
        venue=ceiling.venue_id,
        product_type=ceiling.product_type,
        industry=ceiling.industry,
        unit=ceiling.unit,
        state=PriceCeiling.State.CONFIRMED,
    ).exclude(pk=ceiling.pk)
    standing = scope.overlapping(ceiling.valid_from, ceiling.valid_until).first()
    if standing is not None:
        raise Problem("ceilings_overlap", ceiling=str(standing.pk))


def _locked(ceiling_id: UUID, actor: Actor) -> PriceCeiling:
    visible = PriceCeiling.objects.visible_to(actor).select_related("venue")
    ceiling = find(visible.select_for_update(of=("self",)), pk=ceiling_id)
    require(actor, Permission.FEES_MANAGE, venue_id=ceiling.venue_id)
    return ceiling


def _told(ceiling: PriceCeiling) -> dict[str, object]:
    return {
        "product_type": ceiling.product_type,
        "industry": ceiling.industry,
        "unit": ceiling.unit,
        "most": ceiling.shown_most,
        "currency": ceiling.currency,
        "from": ceiling.valid_from.isoformat(),
        "until": ceiling.valid_until and ceiling.valid_until.isoformat(),
        "basis": ceiling.basis,
    }
