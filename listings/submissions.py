"""What is handed in for review: the dossier as it stands, what has changed in it, and which stages must decide that.

After a correction only the stages decide again that asked for it, that are concerned by what changed, or that have not
decided yet; the last one, which lists, always does.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _

from kernel.digests import Digests, canonical_json
from kernel.problems import FieldError
from listings.checklists import Checklist, Stage
from listings.dossier import DOSSIER
from listings.models import BorderDossier, Listing, Plan, Review, Submission
from listings.rights_matrix import claims_of

Changes = dict[str, list[Any]]
ANSWER_LENGTH = 2000


def dossier_of(listing: Listing) -> dict[str, Any]:
    """Return what a review reads of a listing, as plain JSON: JSON pointers mapped to values."""
    product = listing.product
    dossier: dict[str, Any] = {f"/product/{field}": getattr(product, field) for field in DOSSIER}
    dossier["/version"] = {"id": listing.version_id, "sha256": listing.version.sha256}
    dossier["/terms"] = {"id": listing.terms_id, "version": listing.terms.version}
    dossier["/plans"] = [_plan(plan) for plan in listing.plans.order_by("id")]
    dossier["/product/rights_claims"] = [claim.as_json() for claim in claims_of(product)]
    dossier["/documents"] = [
        {"evidence": paper.evidence, "name": paper.name, "sha256": paper.sha256, "sm3": paper.sm3}
        for paper in product.documents.exclude(evidence="").order_by("id")
    ]
    plain: dict[str, Any] = json.loads(json.dumps(dossier, cls=DjangoJSONEncoder))
    return plain


def digests_of(dossier: Mapping[str, Any]) -> Digests:
    """Return the digests of a dossier over its canonical form (RFC 8785): they prove what was reviewed."""
    return Digests(canonical_json(dossier))


def facts_of(listing: Listing) -> dict[str, Any]:
    """Return the facts by which the edition plans a review: which stages there are, and what is a red item."""
    product = listing.product
    return {
        "product_type": product.product_type,
        "source_kind": product.source_kind,
        "processing": product.processing,
        "personal_data": product.personal_data,
        "export_allowed": product.export_allowed,
        "resale_allowed": product.resale_allowed,
        "reach": BorderDossier.objects.filter(product=product).values_list("reach", flat=True).first() or "DOMESTIC",
    }


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changes:
    """Return `[before, after]` of every pointer whose value differs; None stands for what is not there."""
    pointers = sorted(before.keys() | after.keys())
    return {
        pointer: [before.get(pointer), after.get(pointer)]
        for pointer in pointers
        if before.get(pointer) != after.get(pointer)
    }


def latest_submission(listing: Listing) -> Submission | None:
    """Return what was handed in last, or None for a draft."""
    return listing.submissions.order_by("round").last()


def write_submission(
    listing: Listing, *, checklist: Checklist, before: Submission | None, answers: Mapping[str, str], person_id: Any
) -> Submission:
    """Write down what is handed in now; `before` is the submission that was sent back for correction, if any."""
    referred = listing.reviews.filter(decision=Review.Decision.REFER).exists()
    plan = checklist.plan(facts_of(listing), referred=referred)
    dossier = dossier_of(listing)
    changes = changes_between(before.dossier, dossier) if before else {}
    digests = digests_of(dossier)
    stages = stages_to_decide(plan, changes, passed=passed_stages(before), asked=_asking_stage(before))
    return Submission.objects.create(
        listing=listing,
        organization_id=listing.organization_id,
        venue_id=listing.venue_id,
        round=before.round + 1 if before else 1,
        submitted_by_id=person_id,
        edition=checklist.edition,
        plan=[stage.code for stage in plan],
        stages=stages,
        dossier=dossier,
        sha256=digests.sha256,
        sm3=digests.sm3,
        changes=changes,
        answers={code: answer.strip() for code, answer in answers.items()},
    )


def stages_to_decide(
    plan: Collection[Stage], changes: Collection[str], *, passed: Collection[str], asked: str
) -> list[str]:
    """Return the codes of the stages of `plan` that decide, in its order.

    A change that no stage is concerned with is for the first one to look at.
    """
    *earlier, last = plan
    concerned = {stage.code for stage in earlier if stage.concerns & set(changes)}
    if set(changes) - {pointer for stage in earlier for pointer in stage.concerns}:
        concerned.add(earlier[0].code if earlier else last.code)
    kept = set(passed) - concerned - {asked, last.code}
    return [stage.code for stage in plan if stage.code not in kept]


def passed_stages(submission: Submission | None) -> set[str]:
    """Return the stages that hold as passed for a submission: decided in it, or before and not touched by it."""
    if submission is None:
        return set()
    passed = submission.reviews.filter(decision=Review.Decision.PASS).values_list("stage", flat=True)
    return set(submission.plan) - set(submission.stages) | set(passed)


def open_corrections(submission: Submission | None) -> list[dict[str, str]]:
    """Return what the provider was asked to correct in this submission."""
    if submission is None:
        return []
    requests = submission.reviews.filter(decision=Review.Decision.CORRECT).values_list("corrections", flat=True)
    return [correction for request in requests for correction in request]


def unanswered_errors(submission: Submission | None, answers: Mapping[str, str]) -> Iterator[FieldError]:
    """Yield what keeps the answers from meeting the corrections: one missing, one too long, one to nothing asked."""
    asked = {correction["code"] for correction in open_corrections(submission)}
    for code in sorted(asked | answers.keys()):
        pointer = f"/answers/{code}"
        if code not in asked:
            yield FieldError(pointer, "unknown_item", _("Nothing was to be corrected there."))
        elif not answers.get(code, "").strip():
            yield FieldError(pointer, "required", _("Say how this was corrected, or why it need not be."))
        elif len(answers[code]) > ANSWER_LENGTH:
            yield FieldError(pointer, "max_length", _("Say it in at most %d characters.") % ANSWER_LENGTH)


def _asking_stage(submission: Submission | None) -> str:
    if submission is None:
        return ""
    return submission.reviews.filter(decision=Review.Decision.CORRECT).values_list("stage", flat=True).last() or ""


def _plan(plan: Plan) -> dict[str, Any]:
    metering = {"metering": plan.metering.as_json()} if plan.metering else {}
    cycle = {"cycle": plan.cycle} if plan.cycle else {}
    offers = {"takes_offers": True} if plan.takes_offers else {}
    price = {"price_minor": plan.price_minor, "currency": plan.currency}
    stages = {"milestones": plan.milestones} if plan.milestones else {}
    share = {"revenue_share": plan.revenue_share} if plan.revenue_share else {}
    return {"id": plan.pk, "kind": plan.kind, **price, **metering, **cycle, **offers, **stages, **share}
