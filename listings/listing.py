"""Listings: offer a registered product at a venue, change the draft, suspend, relist, delist; and what a buyer orders.

Between the draft and the catalogue stands listings/review.py.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, require, require_reason
from accounts.models import Capacity, Membership, Organization, Venue
from accounts.venues import venue_named
from kernel import audit
from kernel.actors import Actor
from kernel.problems import FieldError, Problem
from kernel.states import advance
from listings.checklists import checklist_of
from listings.corpora.offering import corpus_errors
from listings.cycles import MOST_DAYS, Cycle, calendar_term
from listings.deprecation import has_ended, refuse_after_its_end
from listings.gates import refuse_closed_gates
from listings.grade_confirmation import grading_errors
from listings.lapse_reasons import lapses_of
from listings.metering import Unit
from listings.models import DatasetVersion, DeliveryMode, Listing, ListingRevision, Plan, Product, Right, Terms
from listings.price_ceilings import refuse_plans_above
from listings.product_types import OPEN_DELIVERIES
from listings.registration import locked_product
from listings.rights_matrix import outlasts
from listings.room_rules import room_errors
from listings.table_cut import sharing_errors
from listings.terms import excess_errors, watermark_errors

# What is written down use by use, so that a plan can price it: by the way of delivery, in which units.
COUNTED: Mapping[str, frozenset[str]] = {
    DeliveryMode.API: frozenset(Unit) - {Unit.SECOND},
    DeliveryMode.TABLE: frozenset({Unit.CALL}),
    DeliveryMode.PRIVACY_COMPUTING: frozenset({Unit.CALL}),
    DeliveryMode.SCHEDULER: frozenset({Unit.SECOND}),
}


@dataclass(frozen=True)
class Parts:
    """What is offered: one version of the product's dataset, one version of its terms, and some of its plans."""

    version: DatasetVersion
    terms: Terms
    plans: tuple[Plan, ...]


# All that an order and its agreement read; profiles, dossiers and search vectors stay where they are.
OFFER_COLUMNS = (
    "plan__kind",
    "plan__new_versions",
    "plan__cycle",
    "plan__takes_offers",
    "plan__price_minor",
    "plan__currency",
    "plan__unit",
    "plan__unit_price",
    "plan__included_units",
    "plan__most_units",
    "plan__calls_per_second",
    "plan__calls_per_minute",
    "plan__tiers",
    "plan__cap_minor",
    "plan__packs",
    "plan__milestones",
    "plan__revenue_share",
    "listing__number",
    "listing__visibility",
    "listing__allowed_organizations",
    "listing__denied_organizations",
    "listing__allowed_places",
    "listing__denied_places",
    "listing__allowed_sectors",
    "listing__denied_sectors",
    "listing__revision",
    "listing__rights_until",
    "listing__dossier_sha256",
    "listing__dossier_sm3",
    "listing__product__state",
    "listing__product__number",
    "listing__product__name",
    "listing__product__product_type",
    "listing__product__type_fields",
    "listing__product__source_kind",
    "listing__product__industry",
    "listing__product__deliveries",
    "listing__product__buyer_regions",
    "listing__terms__version",
    "listing__terms__term_days",
    "listing__terms__text",
    "listing__terms__policy",
    "listing__terms__watermark_columns",
    "listing__terms__table_cut",
    "listing__terms__clean_room",
    "listing__version__number",
    "listing__version__release",
    "listing__version__deprecation__ends_on",
    "listing__version__deprecation__successor",
    "listing__organization__name",
    "listing__organization__legal_name",
    "listing__organization__jurisdiction",
    "listing__organization__identifier_kind",
    "listing__organization__identifier",
    "listing__venue__code",
    "listing__venue__number_prefix",
    "listing__venue__jurisdiction",
    "listing__venue__timezone",
)


@dataclass(frozen=True)
class Offer:
    """What a buyer orders: a plan of a listing that is in the catalogue now, with all that the contract will freeze."""

    listing: Listing
    product: Product
    plan: Plan
    terms: Terms
    version: DatasetVersion
    provider: Organization
    venue: Venue


@transaction.atomic
def create_listing(
    *, product_id: UUID, venue_code: str, version_id: UUID, terms_id: UUID, plan_ids: Collection[UUID], actor: Actor
) -> Listing:
    """Draft the offer of a registered product at a venue.

    Raises Problem `not_found`, `forbidden`, `product_not_registered` (no registration, no trade),
    `right_to_sell_missing`, `delivery_not_open`, `live_listing_exists`, or `invalid` with pointers.
    """
    product = locked_product(product_id, actor)
    require(actor, Permission.LISTING_SUBMIT, organization_id=product.organization_id)
    venue = venue_named(venue_code)
    refuse_unsellable(product)
    if Listing.objects.filter(product=product, venue=venue).exclude(state__in=Listing.ENDED).exists():
        raise Problem("live_listing_exists")
    parts = parts_named(product, version_id=version_id, terms_id=terms_id, plan_ids=plan_ids)
    refuse_plans_above(product=product, venue=venue, plans=parts.plans)

    listing = Listing.objects.create(
        product=product,
        organization_id=product.organization_id,
        venue=venue,
        version=parts.version,
        terms=parts.terms,
    )
    listing.plans.set(parts.plans)
    audit.record("listing.created", subject=listing, actor=actor)
    return listing


@transaction.atomic
def amend_listing(
    *,
    listing_id: UUID,
    version_id: UUID | None = None,
    terms_id: UUID | None = None,
    plan_ids: Collection[UUID] | None = None,
    actor: Actor,
) -> Listing:
    """Change what a draft, or a listing in correction, offers; what is None stays.

    Raises Problem `not_found`, `forbidden`, `illegal_state`, or `invalid` with pointers.
    """
    listing = locked_listing(listing_id, actor)
    require(actor, Permission.LISTING_SUBMIT, organization_id=listing.organization_id)
    if listing.state not in Listing.EDITABLE:
        raise Problem("illegal_state", _("Only a draft or a listing in correction changes."), state=listing.state)
    parts = parts_named(
        listing.product,
        version_id=version_id or listing.version_id,
        terms_id=terms_id or listing.terms_id,
        plan_ids=plan_ids if plan_ids is not None else list(listing.plans.values_list("pk", flat=True)),
    )
    refuse_plans_above(product=listing.product, venue=listing.venue, plans=parts.plans)

    listing.version, listing.terms = parts.version, parts.terms
    listing.save(update_fields=["version", "terms"])
    listing.plans.set(parts.plans)
    audit.record("listing.amended", subject=listing, actor=actor)
    return listing


@transaction.atomic
def delete_listing(*, listing_id: UUID, actor: Actor) -> None:
    """Delete a draft that was never submitted. Raises Problem `not_found`, `forbidden` or `illegal_state`."""
    listing = locked_listing(listing_id, actor)
    require(actor, Permission.LISTING_SUBMIT, organization_id=listing.organization_id)
    if listing.state != Listing.State.DRAFT:
        raise Problem("illegal_state", _("Only a draft can be deleted."), state=listing.state)
    if listing.reports.exists():
        raise Problem("illegal_state", _("A report was ordered on this draft: it is kept."), state=listing.state)

    audit.record("listing.deleted", subject=listing, actor=actor)
    listing.delete()


@transaction.atomic
def suspend(*, listing_id: UUID, reason: str, actor: Actor) -> Listing:
    """Take a listing out of the catalogue for the time being, by staff of its venue.

    Raises Problem `not_found`, `forbidden`, `illegal_state`, or `invalid` without a reason.
    """
    listing = locked_listing(listing_id, actor)
    require(actor, Permission.LISTING_SUSPEND, venue_id=listing.venue_id)
    require_reason(reason)

    advance(listing, to=Listing.State.SUSPENDED, actor=actor, reason=reason)
    return listing


@transaction.atomic
def relist(*, listing_id: UUID, reason: str, actor: Actor) -> Listing:
    """Put a suspended listing back into the catalogue, by staff of its venue.

    Raises Problem `not_found`, `forbidden`, `illegal_state`, or `invalid`: without a reason, while its version is
    graded above what its dossier declares, or while something that it rests on has ended.
    """
    listing = locked_listing(listing_id, actor)
    require(actor, Permission.LISTING_SUSPEND, venue_id=listing.venue_id)
    require_reason(reason)
    if listing.state != Listing.State.SUSPENDED:  # approval is the other way to LISTED, and not this verb's
        raise Problem("illegal_state", _("Only a suspended listing can be put back."), state=listing.state)
    if errors := [*grading_errors(listing.version, listing.product), *lapses_of(listing.product)]:
        raise Problem("invalid", errors=errors)

    advance(listing, to=Listing.State.LISTED, actor=actor, reason=reason)
    return listing


@transaction.atomic
def delist(*, listing_id: UUID, reason: str, actor: Actor) -> Listing:
    """End a listing for good, by its provider or by staff of its venue; running agreements are not touched.

    Raises Problem `not_found`, `forbidden`, `illegal_state`, or `invalid` without a reason.
    """
    listing = locked_listing(listing_id, actor)
    if actor.organization_id == listing.organization_id:
        require(actor, Permission.LISTING_DELIST, organization_id=listing.organization_id)
    else:
        require(actor, Permission.LISTING_SUSPEND, venue_id=listing.venue_id)
    require_reason(reason)

    advance(listing, to=Listing.State.DELISTED, actor=actor, reason=reason)
    for revision in listing.revisions.pending():
        advance(revision, to=ListingRevision.State.WITHDRAWN, actor=actor, reason=reason)
    return listing


def offer_for(listing_id: UUID, plan_id: UUID) -> Offer:
    """Return what can be ordered: the listing is in the catalogue now and offers this plan. One query.

    A provider whose membership is suspended or ended enters no new business, though its listings still stand.

    Raises Problem `listing_not_available` otherwise, `price_above_ceiling`, `version_deprecated` after the version's
    last day of orders, or `right_to_operate_ends` where the provider's right does not last as long as the licence
    would (I4).
    """
    selling = Membership.objects.active().filter(
        organization=OuterRef("listing__organization"), venue=OuterRef("listing__venue"), capacity=Capacity.PROVIDER
    )
    link = (
        Listing.plans.through.objects.filter(
            Exists(selling), listing_id=listing_id, plan_id=plan_id, listing__state=Listing.State.LISTED
        )
        .select_related(
            "plan",
            "listing__product",
            "listing__terms",
            "listing__version__deprecation",
            "listing__organization",
            "listing__venue",
        )
        .only(*OFFER_COLUMNS)
        .first()
    )
    if link is None:
        raise Problem("listing_not_available")
    listing: Listing = link.listing
    now = timezone.now()
    today = now.astimezone(listing.venue.zone).date()
    refuse_closed_gates(listing, checklist_of(listing.venue.code, on=today), "order")
    refuse_after_its_end(listing.version)
    refuse_plans_above(product=listing.product, venue=listing.venue, plans=[link.plan])
    cycle = link.plan.cycle
    days = calendar_term(cycle, now, listing.venue.zone).days_left(now) if cycle else listing.terms.term_days
    if outlasts(listing.rights_until, days, on=today):
        raise Problem("right_to_operate_ends", until=listing.rights_until)
    return Offer(
        listing=listing,
        product=listing.product,
        plan=link.plan,
        terms=listing.terms,
        version=listing.version,
        provider=listing.organization,
        venue=listing.venue,
    )


# --- shared with the review -----------------------------------------------------------------------------------------


def locked_listing(listing_id: UUID, actor: Actor) -> Listing:
    """Return the listing under its row lock, its product locked before it, both as they are now.

    Raises Problem `not_found` for what the actor cannot see.
    """
    visible = Listing.objects.visible_to(actor).filter(pk=listing_id)
    product_id = visible.values_list("product_id", flat=True).first()
    if product_id is None:
        raise Problem("not_found")
    Product.objects.select_for_update(no_key=True).get(pk=product_id)
    related = visible.select_related("product", "venue", "version", "terms", "organization")
    listing = related.select_for_update(of=("self",)).first()
    if listing is None:  # the draft was deleted while we waited for the lock
        raise Problem("not_found")
    return listing


def refuse_unsellable(product: Product) -> None:
    """Raise unless the product is registered, may be sold (I4), and is delivered in a way that the exchange can.

    The problems are `product_not_registered`, `right_to_sell_missing` and `delivery_not_open`.
    """
    if product.state != Product.State.REGISTERED:
        raise Problem("product_not_registered", state=product.state)
    if Right.OPERATE not in product.rights:
        raise Problem("right_to_sell_missing")
    if not OPEN_DELIVERIES.intersection(product.deliveries):
        raise Problem("delivery_not_open", deliveries=product.deliveries)


def part_errors(product: Product, parts: Parts) -> Iterator[FieldError]:
    """Yield what keeps these parts from being offered together."""
    if parts.version.state != DatasetVersion.State.READY:
        yield FieldError("/version_id", "version_not_ready", _("Only a version that is ready can be offered."))
    if has_ended(parts.version):
        yield FieldError("/version_id", "version_deprecated", _("The version takes no new orders any more."))
    yield from grading_errors(parts.version, product)
    yield from corpus_errors(parts.version)
    for error in room_errors(parts.terms.clean_room, product):
        yield FieldError("/terms_id", error.code, error.detail)
    for error in excess_errors(parts.terms, product):
        yield FieldError("/terms_id", error.code, error.detail)
    yield from sharing_errors(product, parts.version, parts.terms)
    yield from watermark_errors(parts.version, parts.terms.watermark_columns)
    if not parts.plans:
        yield FieldError("/plan_ids", "required", _("A listing offers at least one plan."))
    metered = [plan for plan in parts.plans if plan.kind == Plan.Kind.METERED]
    counted = {unit for way in product.deliveries for unit in COUNTED.get(way, ())}
    if metered and not counted:
        message = _("Only calls of an interface, queries of tables and clean rooms, and compute are counted.")
        yield FieldError("/plan_ids", "not_metered", message)
    elif any(plan.unit not in counted for plan in metered):
        message = _("Queries are counted one by one and compute by the second; other units are those of calls.")
        yield FieldError("/plan_ids", "not_metered", message)
    yield from _term_errors(parts)
    if len({plan.currency for plan in parts.plans}) > 1:
        yield FieldError("/plan_ids", "mixed_currencies", _("The plans of a listing are in one currency."))


def _term_errors(parts: Parts) -> Iterator[FieldError]:
    subscribed = [plan.cycle for plan in parts.plans if plan.kind == Plan.Kind.SUBSCRIPTION]
    days = parts.terms.term_days
    if days is None and "" in subscribed:
        yield FieldError("/terms_id", "term_missing", _("A subscription needs terms that run for a number of days."))
    if days is not None and any(cycle and days < MOST_DAYS[Cycle(cycle)] for cycle in subscribed):
        message = _("The terms end before a term of the calendar would; let them run longer, or without an end.")
        yield FieldError("/terms_id", "term_too_short", message)


def parts_named(product: Product, *, version_id: UUID, terms_id: UUID, plan_ids: Collection[UUID]) -> Parts:
    """Return what these keys name, if it may be offered together; raises Problem `invalid` with pointers."""
    version = DatasetVersion.objects.filter(pk=version_id, dataset__products=product).first()
    terms = Terms.objects.filter(pk=terms_id, product=product).first()
    plans = {plan.pk: plan for plan in Plan.objects.filter(pk__in=plan_ids, product=product)}
    errors = []
    if version is None:
        errors.append(FieldError("/version_id", "unknown", _("The product's dataset has no such version.")))
    if terms is None:
        errors.append(FieldError("/terms_id", "unknown", _("The product has no such terms.")))
    for index, plan_id in enumerate(plan_ids):
        if plan_id not in plans:
            errors.append(FieldError(f"/plan_ids/{index}", "unknown", _("The product has no such plan.")))
    if version is not None and terms is not None and not errors:
        parts = Parts(version, terms, tuple(plans.values()))
        errors += part_errors(product, parts)
        if not errors:
            return parts
    raise Problem("invalid", errors=errors)
