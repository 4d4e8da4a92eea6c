"""The rights matrix of a dossier: who holds, uses and operates the data, on which basis, until when and how far.

Several may have each of the three rights at once (国数综政策〔2026〕35号 art. 21). A dossier that says no more than its
`rights` claims each for the provider on the usual basis of its source, without end and everywhere. What is sold never
goes beyond the provider's right to operate: term, territory and sublicence.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.identifiers import check_identifier
from accounts.places import jurisdictions
from kernel.problems import FieldError, Problem
from listings.models import Product, Right, SourceKind, Terms
from listings.source_rules import SourceRule, rule_for, rules_on

MOST_CLAIMS = 30
ANNOTATION_LENGTH = 400
HOLDER_LENGTH = 200


@dataclass(frozen=True)
class Claim:
    """One claim of the matrix; `index` is its place in the dossier, `holder` None for the provider itself.

    Days count in full; no `territories` means everywhere. Only who operates may let others license on.
    """

    index: int
    right: str
    holder: Mapping[str, str] | None = None
    basis: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    territories: frozenset[str] = frozenset()
    sublicence_allowed: bool = False
    annotation: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the claim in full, as it is shown, registered and digested."""
        return {
            "right": self.right,
            "holder": self.holder,
            "basis": self.basis,
            "valid_from": self.valid_from.isoformat() if self.valid_from else None,
            "valid_until": self.valid_until.isoformat() if self.valid_until else None,
            "territories": sorted(self.territories),
            "sublicence_allowed": self.sublicence_allowed,
            "annotation": self.annotation,
        }

    def pointer(self, field: str) -> str:
        """Return where a field of the claim stands in the dossier."""
        return f"/rights_claims/{self.index}/{field}"


def claims_of(product: Product) -> list[Claim]:
    """Return the whole matrix; what a claim leaves open is filled in from the table of sources."""
    rule = _rule(product)
    if not product.rights_claims:
        return [_completed(Claim(index, right), None, rule) for index, right in enumerate(product.rights)]
    return [_completed(_claim(index, given), given, rule) for index, given in enumerate(product.rights_claims)]


def claim_of(product: Product, right: str) -> Claim | None:
    """Return the provider's own claim of a right, or None."""
    return next((claim for claim in claims_of(product) if claim.right == right and claim.holder is None), None)


def rights_until(product: Product) -> date | None:
    """Return the last day of the provider's right to operate, or None where it has no end."""
    operate = claim_of(product, Right.OPERATE)
    return operate.valid_until if operate else None


def own_rights(given: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the rights that claims, as a provider gives them, claim for the provider itself."""
    return list(dict.fromkeys(str(claim["right"]) for claim in given if not claim.get("holder")))


def evidence_of_claims(product: Product) -> frozenset[str]:
    """Return the codes of all evidence that the provider's own claims take."""
    rule = _rule(product)
    own = [(claim.right, claim.basis) for claim in claims_of(product) if claim.holder is None]
    return rule.evidence_for(own) if rule else frozenset()


# --- what is wrong with a matrix ------------------------------------------------------------------------------------


def claim_errors(product: Product) -> Iterator[FieldError]:
    """Yield what is wrong with the claims, by the table of sources and among themselves."""
    rule = _rule(product)
    if len(set(product.rights)) < len(product.rights):
        yield FieldError("/rights", "repeated", _("Give each value once."))
    if product.rights_claims and set(own_rights(product.rights_claims)) != set(product.rights):
        message = _("The rights of the provider are those that its claims name; leave `rights` out, or give the same.")
        yield FieldError("/rights", "contradictory_rights", message)
    claims = claims_of(product)
    for claim in claims:
        yield from _form_errors(claim, product)
        if rule is not None:
            yield from _source_errors(claim, rule, product)
    yield from _contradictions(claims, product)
    operate = claim_of(product, Right.OPERATE)
    if operate is not None:
        yield from _scope_errors(operate, product)


def standing_errors(product: Product, *, on: date | None = None) -> Iterator[FieldError]:
    """Yield which of the provider's claims do not hold today, or on the day `on`: ended, or not begun."""
    day = on or timezone.localdate()
    for claim in claims_of(product):
        if claim.holder is not None:
            continue
        if claim.valid_until and claim.valid_until < day:
            yield FieldError(claim.pointer("valid_until"), "right_ended", _("The term of this right has ended."))
        if claim.valid_from and claim.valid_from > day:
            yield FieldError(claim.pointer("valid_from"), "right_not_begun", _("This right has not begun yet."))


def beyond_rights(terms: Terms, product: Product) -> Iterator[FieldError]:
    """Yield where terms grant more than the provider's right to operate covers; pointers lead into the terms."""
    operate = claim_of(product, Right.OPERATE)
    if operate is None:
        return  # nothing is offered without it: `right_to_sell_missing`
    if terms.resale_allowed and not operate.sublicence_allowed:
        message = _("The provider's right to operate does not let buyers license on.")
        yield FieldError("/resale_allowed", "wider_than_rights", message)
    if operate.territories and not (terms.territories and set(terms.territories) <= operate.territories):
        message = _("The provider's right to operate covers fewer territories: %s.")
        yield FieldError("/territories", "wider_than_rights", message % ", ".join(sorted(operate.territories)))
    if outlasts(operate.valid_until, terms.term_days, on=timezone.localdate()):
        message = _("The provider's right to operate ends before the term would: on %s.")
        yield FieldError("/term_days", "wider_than_rights", message % operate.valid_until)


def outlasts(until: date | None, term_days: int | None, *, on: date) -> bool:
    """Tell whether a licence of `term_days` (None: without end) given on a day lasts longer than a right does."""
    if until is None:
        return False
    return term_days is None or on + timedelta(days=term_days) > until


def _form_errors(claim: Claim, product: Product) -> Iterator[FieldError]:
    if claim.valid_from and claim.valid_until and claim.valid_from > claim.valid_until:
        yield FieldError(claim.pointer("valid_until"), "before_start", _("The time span ends before it begins."))
    if unknown := sorted(claim.territories - jurisdictions()):
        message = _("Give jurisdictions as two capital letters (ISO 3166-1): %s is none.")
        yield FieldError(claim.pointer("territories"), "unknown_jurisdiction", message % unknown[0])
    if claim.holder is None:
        return
    try:
        found = check_identifier(
            jurisdiction=claim.holder["jurisdiction"],
            value=claim.holder["identifier"],
            pointer=claim.pointer("holder/identifier"),
        )
    except Problem as problem:
        yield from problem.errors
        return
    if found.value == product.organization.identifier:
        message = _("This is the provider itself: leave the holder out.")
        yield FieldError(claim.pointer("holder"), "contradictory_rights", message)


def _source_errors(claim: Claim, rule: SourceRule, product: Product) -> Iterator[FieldError]:
    if claim.right not in rule.rights:
        where = claim.pointer("right") if product.rights_claims else f"/rights/{claim.index}"
        yield FieldError(where, "right_not_available", _("This right cannot be claimed over data of this origin."))
    elif claim.right not in rule.bases.get(claim.basis, {}):
        known = rules_on(timezone.localdate())["bases"]
        code = "basis_not_available" if claim.basis in known else "unknown_basis"
        message = _("Data of this origin give this right on these bases: %s.")
        bases = ", ".join(basis for basis, rights in rule.bases.items() if claim.right in rights)
        yield FieldError(claim.pointer("basis"), code, message % bases)


def _contradictions(claims: Sequence[Claim], product: Product) -> Iterator[FieldError]:
    """Yield claims that cannot hold together: said twice, or operated beyond what may be used."""
    said = set()
    for claim in claims:
        holder = claim.holder["identifier"] if claim.holder else ""
        if (holder, claim.right) in said and product.rights_claims:
            message = _("This holder's claim of this right stands in the list already.")
            yield FieldError(claim.pointer("right"), "contradictory_rights", message)
        said.add((holder, claim.right))
        if claim.sublicence_allowed and claim.right != Right.OPERATE:
            message = _("Only a right to operate lets others license on.")
            yield FieldError(claim.pointer("sublicence_allowed"), "contradictory_rights", message)
    operate, use = (
        next((each for each in claims if each.right == right and each.holder is None), None)
        for right in (Right.OPERATE, Right.USE)
    )
    if operate is None:
        return
    if use is None:
        where = operate.pointer("right") if product.rights_claims else f"/rights/{operate.index}"
        message = _("Who may not use the data cannot operate them: claim the right to use, too.")
        yield FieldError(where, "contradictory_rights", message)
        return
    if use.valid_until and (operate.valid_until is None or operate.valid_until > use.valid_until):
        message = _("The right to operate would outlast the right to use.")
        yield FieldError(operate.pointer("valid_until"), "contradictory_rights", message)
    if use.territories and not (operate.territories and operate.territories <= use.territories):
        message = _("The right to operate would reach further than the right to use.")
        yield FieldError(operate.pointer("territories"), "contradictory_rights", message)


def _scope_errors(operate: Claim, product: Product) -> Iterator[FieldError]:
    """Yield where the dossier's restriction scope is wider than the right to operate."""
    if product.resale_allowed and not operate.sublicence_allowed:
        message = _("The provider's right to operate does not let buyers license on.")
        yield FieldError("/resale_allowed", "wider_than_rights", message)
    if product.export_allowed and operate.territories == {product.organization.jurisdiction}:
        message = _("The provider's right to operate ends at the border.")
        yield FieldError("/export_allowed", "wider_than_rights", message)


def _rule(product: Product) -> SourceRule | None:
    if product.source_kind not in SourceKind.values:
        return None  # not given yet, or refused by form
    return rule_for(source_kind=product.source_kind, processing=product.processing, on=timezone.localdate())


def _claim(index: int, given: Mapping[str, Any]) -> Claim:
    return Claim(
        index=index,
        right=given["right"],
        holder=given.get("holder"),
        basis=given.get("basis") or "",
        valid_from=_day(given.get("valid_from")),
        valid_until=_day(given.get("valid_until")),
        territories=frozenset(given.get("territories") or ()),
        sublicence_allowed=bool(given.get("sublicence_allowed")),
        annotation=given.get("annotation") or "",
    )


def _completed(claim: Claim, given: Mapping[str, Any] | None, rule: SourceRule | None) -> Claim:
    """Return the claim with the basis and the sublicence that the table fills in where the provider said nothing."""
    if rule is None:
        return claim
    may = claim.sublicence_allowed
    if claim.right == Right.OPERATE and (given is None or given.get("sublicence_allowed") is None):
        may = rule.sublicence
    return replace(claim, basis=claim.basis or rule.usual_basis(claim.right), sublicence_allowed=may)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
