"""Deciding the route of a case: what the exchange knows becomes the engine's facts, its answer a stored decision."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from kernel.digests import Digests
from kernel.problems import Problem
from listings.crossborder.border_dossier import border_dossier_of
from listings.crossborder.counting import Persons, exported, persons_in
from listings.crossborder.facts import Facts, day_of
from listings.crossborder.origins import mixes_domestic_persons
from listings.crossborder.parties import direction_of, exporter_facts, exporter_group, recipient_facts
from listings.crossborder.route import Decision, decide_route
from listings.crossborder.rule_sets import rules_in_force
from listings.grade_confirmation import grading_of
from listings.models import BorderDossier, RouteCase, RouteDecision, SubjectList

State = RouteCase.State
# To which state a case goes by what the engine answers; a route that is none of these is to be chosen.
WAITING_ROUTES: Mapping[str, State] = {"needs_classification": State.NEW, "manual_review": State.CLASSIFIED}


def facts_of(case: RouteCase, dossier: BorderDossier, *, on: date, before: Persons | None = None) -> Facts:
    """Put together what is known of a case's transfer on a day.

    Persons are those of the exporter group's year with this transfer included; `before` stands in for those of the
    register, for the what-if. Whatever nobody has confirmed is left open, which sends the case to a person.
    """
    version = case.version
    confirmation = version.grade_confirmations.order_by("-id").first()
    own = persons_in(version, dossier)
    counted = _with_the_year(case, own, on.year, before) if own else own
    return Facts(
        direction=direction_of(case.organization, case.recipient),
        exporter=exporter_facts(case.organization),
        recipient=recipient_facts(case.recipient),
        effective_date=on,
        grade=grading_of(version).grade.lower() if confirmation else None,
        important_basis=dossier.important_basis.lower() or None,
        n_general=counted.general if counted else None,
        n_sensitive=counted.sensitive if counted else None,
        scenario=dossier.scenario.lower(),
        mixes_domestic_pi=dossier.mixes_domestic_pi or _mixed_by_lineage(case, dossier),
        hgr=dossier.hgr,
        sector=dossier.sector or None,
        onward_transfer_outside_gba=case.onward_transfer_outside_gba,
        restrictions=tuple(sorted(dossier.restrictions)),
        classified_on=day_of(confirmation.created_at) if confirmation else None,
    )


def own_persons(case: RouteCase) -> Persons | None:
    """Return the persons of a case's own transfer."""
    return persons_in(case.version, _dossier(case))


def decide(case: RouteCase, *, on: date | None = None) -> RouteDecision:
    """Ask the engine about a case as things stand, and store what it answers; the case itself does not move."""
    day = on or day_of(timezone.now())
    return keep_decision(case, decided_now(case, on=day), as_of=day)


def decided_now(case: RouteCase, *, on: date, before: Persons | None = None) -> Decision:
    """Ask the engine about a case as things stand, and store nothing. Raises Problem `no_rules_in_force`.

    `before` are the persons of the group's other transfers of the year, where the caller has counted them.
    """
    try:
        return decide_route(facts_of(case, _dossier(case), on=on, before=before), rules_in_force(on))
    except LookupError as error:
        raise Problem("no_rules_in_force") from error


def keep_decision(
    case: RouteCase, decision: Decision, *, as_of: date, ruled_by: UUID | None = None, reason: str = "", route: str = ""
) -> RouteDecision:
    """Store a decision with its facts, its rule set, every hit, and the digests over its canonical form.

    `route` and `ruled_by` are a person's ruling on what the engine left to one.
    """
    digests = Digests(decision.canonical())
    return RouteDecision.objects.create(
        case=case,
        as_of=as_of,
        rule_set=decision.rule_set,
        rule_set_digest=decision.rule_set_digest,
        route=route or decision.route,
        body=decision.as_json(),
        sha256=digests.sha256,
        sm3=digests.sm3,
        ruled_by=ruled_by,
        reason=reason,
    )


def latest_decision(case: RouteCase) -> RouteDecision:
    """Return the decision that a case rests on."""
    return case.decisions.order_by("-id")[0]


def offered_routes(decision: RouteDecision) -> list[str]:
    """Return the routes that a decision leaves the exporter to choose from; a person's ruling leaves one."""
    if decision.ruled_by is not None:
        return [decision.route]
    return [decision.route, *decision.body["alternatives"]]


def _with_the_year(case: RouteCase, own: Persons, year: int, before: Persons | None) -> Persons:
    """Return the year's persons with this transfer; one that tells of nobody is not judged by those of others."""
    if own == Persons():
        return own
    if before is not None:
        return before + own
    keyed = SubjectList.objects.filter(version=case.version_id).values_list("id", flat=True).first()
    others = exported(exporter_group(case.organization_id), year, without=case.pk, with_list=keyed)
    return others if keyed is not None else others + own


def _mixed_by_lineage(case: RouteCase, dossier: BorderDossier) -> bool:
    """Look where the data come from, where their exporter says that they were collected abroad."""
    return dossier.scenario == BorderDossier.Scenario.REEXPORT and mixes_domestic_persons(case.version.dataset_id)


def _dossier(case: RouteCase) -> BorderDossier:
    dossier = border_dossier_of(case.product)
    if dossier is None:
        raise Problem("destination_not_allowed", _("The provider has declared no way across the border."))
    return dossier
