"""What a manifest says of the offer: a price, terms, and the venue where the product is to be listed.

Price and terms are drafted with the product. A listing takes a version that is ready, which comes after the upload: the
same manifest sent once more then registers the product and drafts its listing.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

from kernel.actors import Actor
from kernel.money import Money
from kernel.problems import FieldError, Problem
from listings.harvest.entries import Entry
from listings.listing import create_listing
from listings.models import DatasetVersion, Listing, Plan, Product, Terms
from listings.plans import amend_plan, create_plan
from listings.registration import register_product
from listings.terms import create_terms

Changes = dict[str, dict[str, Any]]
NEEDED = _("A listing needs a price and terms.")


def offer(product: Product, entry: Entry, actor: Actor) -> Changes:
    """Bring the product's price, terms and listing to what the record says; return what that changes.

    Raises what the acts raise; pointers lead into the record.
    """
    changes: Changes = {}
    if entry.price is not None:
        changes |= _priced(product, entry.price, actor)
    if entry.terms is not None:
        changes |= _on_terms(product, entry.terms, actor)
    if entry.venue:
        changes |= _listed(product, entry.venue, actor)
    return changes


def _priced(product: Product, price: Money, actor: Actor) -> Changes:
    """Give the product its one price; one with several plans is priced by hand."""
    plans = list(product.plans.order_by("id")[:2])
    if any(plan.price == price for plan in plans):
        return {}
    kind = Plan.Kind.ONE_OFF if price.minor else Plan.Kind.FREE
    if len(plans) == 1:
        before = plans[0].price.as_json()
        amend_plan(plan_id=plans[0].pk, kind=kind, price=price, actor=actor)
    else:
        before = None
        create_plan(product_id=product.pk, kind=kind, price=price, actor=actor)
    return {"price": {"before": before, "after": price.as_json()}}


def _on_terms(product: Product, terms: dict[str, Any], actor: Actor) -> Changes:
    """Write the next version of the terms where the last one says something else."""
    last = Terms.objects.filter(product=product).order_by("version").last()
    before = {name: getattr(last, name) for name in terms} if last else None
    if before == terms:
        return {}
    try:
        create_terms(product_id=product.pk, fields=terms, actor=actor)
    except Problem as problem:
        raise _within("/terms", problem) from problem
    return {"terms": {"before": before, "after": terms}}


def _listed(product: Product, code: str, actor: Actor) -> Changes:
    """Register the product and draft its listing, once it has a version that is ready and no listing there yet."""
    ready = DatasetVersion.objects.filter(dataset=product.dataset_id, state=DatasetVersion.State.READY)
    version = ready.order_by("number").last()
    known = Listing.objects.filter(product=product, venue__code=code).exclude(state__in=Listing.ENDED)
    if version is None or known.exists():
        return {}
    if product.state == Product.State.DRAFT:
        register_product(product_id=product.pk, actor=actor)
    terms = Terms.objects.filter(product=product).order_by("version").last()
    missing = [name for name, is_there in (("price", product.plans.exists()), ("terms", terms)) if not is_there]
    if terms is None or missing:
        raise Problem("invalid", errors=[FieldError(f"/{name}", "required", NEEDED) for name in missing])
    create_listing(
        product_id=product.pk,
        venue_code=code,
        version_id=version.pk,
        terms_id=terms.pk,
        plan_ids=list(product.plans.values_list("pk", flat=True)),
        actor=actor,
    )
    return {"venue": {"before": None, "after": code}}


def _within(pointer: str, problem: Problem) -> Problem:
    if not problem.errors:
        return problem
    errors = [FieldError(f"{pointer}{error.pointer}", error.code, error.detail) for error in problem.errors]
    return Problem(problem.code, problem.detail, errors=errors)
