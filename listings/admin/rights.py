"""The rights matrix of a dossier as staff read it: one line for each claim."""

from collections.abc import Iterator

from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from kernel.languages import in_language
from listings.models import Product, Right
from listings.rights_matrix import Claim, claims_of
from listings.source_rules import rules_on


def shown_matrix(product: Product) -> SafeString:
    """Return every claim: the right and its holder, and below them basis, term, territory and what else is said."""
    bases = rules_on(timezone.localdate())["bases"]
    rows = (
        (
            Right(claim.right).label,
            claim.holder["name"] if claim.holder else product.organization,
            " · ".join([in_language(bases.get(claim.basis, {})) or claim.basis, *_limits(claim)]),
        )
        for claim in claims_of(product)
    )
    return format_html_join("", "<div><b>{}</b> · {}<br>{}</div>", rows)


def _limits(claim: Claim) -> Iterator[str]:
    if claim.valid_from or claim.valid_until:
        yield f"{claim.valid_from or '…'} – {claim.valid_until or '…'}"
    yield ", ".join(sorted(claim.territories)) or _("everywhere")
    if claim.sublicence_allowed:
        yield _("buyers may license on")
    if claim.annotation:
        yield claim.annotation
