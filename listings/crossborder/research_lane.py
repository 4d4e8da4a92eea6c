"""The lane for research data: academic cooperation, offered to research bodies for research, with its own papers.

The lane adds papers; it takes none away, and the route is decided by the rule set as for anything else.
"""

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import gettext as _

from kernel.problems import FieldError
from listings.crossborder.facts import day_of
from listings.editions import Edition, edition_on
from listings.models import BorderDossier, BuyerKind, Listing, Product, Purpose, RouteCase


def research_rules() -> Edition:
    """Return the edition of the lane's papers that is in force today."""
    return edition_on("research/research-lane-*.json", day_of(timezone.now()))


def is_research(product: Product) -> bool:
    """Tell whether the provider offers the product as a research cooperation."""
    return BorderDossier.objects.filter(product=product.pk, research_cooperation=True).exists()


def research_product_errors(product: Product) -> Iterator[FieldError]:
    """Yield what keeps a product of the lane from review: other buyers, another scenario, papers that are missing."""
    dossier = BorderDossier.objects.filter(product=product.pk).first()
    if dossier is None or not dossier.research_cooperation:
        return
    if dossier.scenario != BorderDossier.Scenario.TRADE:
        message = _("Research cooperation crosses the border as academic work.")
        yield FieldError("/border_dossier/scenario", "not_academic", message)
    if product.buyer_kinds != [BuyerKind.RESEARCH]:
        message = _("The research lane is for research bodies only.")
        yield FieldError("/buyer_kinds", "not_research", message)
    wanted = set(research_rules()["evidence"])
    kept = set(product.documents.filter(evidence__in=wanted).values_list("evidence", flat=True))
    for code in sorted(wanted - kept):
        yield FieldError(f"/evidence/{code}", "document_missing", _("Keep the document that proves this."))


def research_terms_errors(listing: Listing) -> Iterator[FieldError]:
    """Yield an error where a listing of the lane lets its buyers do more than research."""
    if is_research(listing.product) and listing.terms.purposes != [Purpose.RESEARCH]:
        message = _("In the research lane the terms allow research and nothing else.")
        yield FieldError("/terms_id", "not_research", message)


def research_papers(case: RouteCase) -> list[str]:
    """Return the codes of the papers that a case of the lane takes beside those of its route."""
    return [paper["code"] for paper in research_rules()["case_papers"]] if is_research(case.product) else []
