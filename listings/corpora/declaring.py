"""Declaring the licence chain of a version: each source with its licence, judged against the licence offered."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require
from kernel import audit
from kernel.actors import Actor
from kernel.problems import Problem, field_problem
from listings.corpora.licences import Source, judge_chain, offered_licences
from listings.models import DatasetVersion, LicenceChain


@transaction.atomic
def declare_licences(
    *, version_id: UUID, offered: str, sources: Sequence[Mapping[str, Any]], actor: Actor
) -> LicenceChain:
    """Declare the sources of a version, by its provider; the last declaration counts.

    `sources` are objects with the members of `licences.Source`. A chain that is not compatible is kept and said to be:
    it is the offer that fails on it. Raises Problem `not_found`, `forbidden`, or `invalid` for an unknown licence.
    """
    version = find(DatasetVersion.objects.visible_to(actor), pk=version_id)
    require(actor, Permission.DATASET_REGISTER, organization_id=version.organization_id)
    if actor.person_id is None:
        raise Problem("forbidden")
    day = timezone.localdate()
    if offered not in offered_licences(day):
        raise field_problem("/offered", "invalid_choice", _("It is not among the licences that may be offered."))
    verdict = judge_chain([Source(**source) for source in sources], offered=offered, on=day)

    chain = LicenceChain.objects.create(
        version=version,
        organization_id=version.organization_id,
        offered=offered,
        sources=list(sources),
        verdict=verdict.as_json(),
        compatible=verdict.compatible,
        rule_set=verdict.rule_set,
        declared_by=actor.person_id,
    )
    details = {"version": str(version.id), "offered": offered, "compatible": verdict.compatible}
    audit.record("licencechain.declared", subject=chain, actor=actor, details=details)
    return chain
