"""What happens outside: filings with the authorities and their answers, entered by staff from the papers they got."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, require
from accounts.interests import require_unrelated
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.problems import Problem, field_problem
from kernel.states import advance
from listings.certified import months_before
from listings.crossborder.cases import locked_case
from listings.crossborder.clocks import (
    start_clocks,
    start_expiry_clocks,
    stop_clocks,
    validity_ends,
)
from listings.crossborder.deciding import latest_decision
from listings.crossborder.facts import day_of
from listings.crossborder.route_sheets import authorities_of, sheet_of
from listings.crossborder.telling import tell_cleared, tell_stopped
from listings.models import CaseFiling, RouteCase, RouteDecision, StatutoryClock

State = RouteCase.State
FILING = "filing"
PIA_MONTHS = 3  # the impact assessment is finished at most so long before the filing (route sheets, `pia_freshness`)
# The clock that a filing with each authority stops.
FILING_CLOCKS = {
    "cac_provincial": "file_contract",
    "cac_guangdong": "file_guangdong",
    "dpo_hk": "file_hong_kong",
    "dspdp_mo": "file_macao",
}


@dataclass(frozen=True)
class Reply:
    """An authority's answer: which clocks end with it, and which event of the route sheet it is."""

    stops: tuple[str, ...] = ()
    event: str = ""


# From which state an authority's word leads where.
REPLIES: Mapping[tuple[State, State], Reply] = {
    (State.FILED, State.FILING_ACCEPTED): Reply(stops=("filing_check",)),
    (State.FILED, State.FILING_SUPPLEMENT): Reply(stops=("filing_check",), event="supplement_request"),
    (State.SUBMITTED, State.AUTH_COMPLETENESS): Reply(),
    (State.AUTH_COMPLETENESS, State.RETURNED): Reply(stops=("completeness_check",)),
    (State.AUTH_COMPLETENESS, State.ACCEPTED): Reply(stops=("completeness_check",), event="materials_received_by_cac"),
    (State.ACCEPTED, State.AUTH_REVIEW): Reply(stops=("acceptance",), event="written_acceptance"),
    (State.AUTH_REVIEW, State.APPROVED): Reply(stops=("assessment",)),
    (State.AUTH_REVIEW, State.REFUSED): Reply(stops=("assessment",), event="result_received"),
    (State.REFUSED, State.RE_REVIEW): Reply(stops=("request_re_review",)),
    (State.REFUSED, State.REFUSED_FINAL): Reply(stops=("request_re_review",)),
    (State.RE_REVIEW, State.APPROVED): Reply(),
    (State.RE_REVIEW, State.REFUSED_FINAL): Reply(),
    (State.EXPIRING, State.EXTENDED): Reply(),
}


@transaction.atomic
def record_filing(*, case_id: UUID, authority: str, number: str, on: date, note: str = "", actor: Actor) -> RouteCase:
    """Enter that a contract was filed with an authority, under the number that it gave; with all of them it is FILED.

    Raises Problem `not_found`, `forbidden`, `conflict_of_interest`, `filing_exists` for a number given before,
    `pia_too_old`, `illegal_state`, or `invalid` for an authority that the route does not know or an impossible day.
    """
    case = _case_to_file(case_id, actor)
    if case.state not in (State.SIGNED, State.FILING_SUPPLEMENT):
        raise Problem("illegal_state", _("Nothing of this case is to be filed."), state=case.state)
    decision = latest_decision(case)
    wanted = _authorities(decision, case, authority)
    _check_day(on, earliest=case.contract_effective_on)
    _refuse_old_assessment(case, on)

    step = FILING if case.state == State.SIGNED else "supplement"
    _enter(case, authority, step, number, on, note, actor)
    stop_clocks(case, FILING_CLOCKS[authority] if step == FILING else "supplement")
    filed = set(case.filings.filter(step=FILING).values_list("authority", flat=True))
    if filed >= set(wanted):
        advance(case, to=State.FILED, actor=actor, details={"numbers": sorted(_numbers(case))})
        start_clocks(case, sheet_of(decision, case.route), "filing", on)
        tell_cleared(case)
    return case


@transaction.atomic
def record_reply(
    *, case_id: UUID, to: str, authority: str, number: str = "", on: date, note: str = "", actor: Actor
) -> RouteCase:
    """Enter what an authority answered, as the state to which it brings the case; its clocks follow the route sheet.

    An approval is valid as long as the sheet says, from the day of the result. Raises Problem `not_found`, `forbidden`,
    `conflict_of_interest`, `illegal_state` for an answer that cannot come now, `filing_exists`, or `invalid`.
    """
    case = _case_to_file(case_id, actor)
    came_from, target = State(case.state), State(to)
    if (reply := REPLIES.get((came_from, target))) is None:
        possible = sorted(after for before, after in REPLIES if before == came_from)
        raise Problem("illegal_state", _("No authority can answer that now."), state=case.state, possible=possible)
    decision = latest_decision(case)
    _authorities(decision, case, authority)
    _check_day(on)

    sheet = sheet_of(decision, case.route)
    _enter(case, authority, target.lower(), number, on, note, actor)
    changes: dict[str, Any] = {}
    if target in (State.APPROVED, State.EXTENDED):
        begins = case.valid_until + timedelta(days=1) if target == State.EXTENDED and case.valid_until else on
        if (ends := validity_ends(sheet["valid_for"], begins)) is not None:
            changes["valid_until"] = ends
    advance(case, to=target, actor=actor, reason=note, finding=note, **changes)
    if reply.stops:
        stop_clocks(case, *reply.stops)
    if reply.event:
        start_clocks(case, sheet, reply.event, on)
    if target in (State.APPROVED, State.EXTENDED):
        stop_clocks(case)
        if case.valid_until is not None:
            start_expiry_clocks(case, sheet, case.valid_until)
    if target == State.APPROVED:
        tell_cleared(case)
    if came_from in RouteCase.CLEARED and target not in RouteCase.CLEARED:
        tell_stopped(case, note or _("The authority asks for a supplement."))
    return case


@transaction.atomic
def open_extensions() -> int:
    """Move approvals whose time for asking for an extension has come to EXPIRING; they stay in force until the end."""
    today = day_of(timezone.now())
    # Of what is approved no other clock runs but the one until the end of validity, which starts with the window.
    opened = StatutoryClock.objects.running().filter(started_on__lte=today).values("case")
    lasting = [State.APPROVED, State.EXTENDED]
    due = RouteCase.objects.filter(pk__in=opened, state__in=lasting, valid_until__gte=today).order_by("pk")
    cases = list(due.select_for_update(of=("self",), skip_locked=True))
    for case in cases:
        reason = _("An extension may be asked for until %(day)s.") % {"day": case.valid_until}
        advance(case, to=State.EXPIRING, actor=SYSTEM, reason=reason)
    return len(cases)


def _case_to_file(case_id: UUID, actor: Actor) -> RouteCase:
    case = locked_case(case_id, actor)
    require(actor, Permission.BORDER_FILE, venue_id=case.venue_id)
    require_unrelated(actor, case.organization_id)
    require_unrelated(actor, case.recipient_id)
    return case


def _authorities(decision: RouteDecision, case: RouteCase, named: str) -> list[str]:
    """Return the authorities with which the case's route is filed, of which `named` must be one."""
    wanted = authorities_of(decision, case.route)
    if named not in wanted:
        message = _("The route is filed with: %(codes)s.") % {"codes": ", ".join(wanted)}
        raise field_problem("/authority", "unknown_authority", message)
    return wanted


def _enter(case: RouteCase, authority: str, step: str, number: str, on: date, note: str, actor: Actor) -> None:
    if actor.person_id is None:
        raise Problem("forbidden")
    filing = CaseFiling.objects.create(
        case=case, authority=authority, step=step, number=number, on=on, note=note, entered_by=actor.person_id
    )
    details = {"authority": authority, "step": step, "number": number, "on": on}
    audit.record("casefiling.entered", subject=filing, actor=actor, reason=note, details=details)


def _check_day(on: date, *, earliest: date | None = None) -> None:
    if on > day_of(timezone.now()):
        raise field_problem("/on", "in_the_future", _("Enter what has happened."))
    if earliest is not None and on < earliest:
        raise field_problem("/on", "before_effect", _("A contract is filed after it has taken effect."))


def _refuse_old_assessment(case: RouteCase, on: date) -> None:
    assessment = case.papers.filter(code__in=["pia_report", "pia_kept"]).first()
    if assessment is not None and day_of(assessment.created_at) < months_before(on, PIA_MONTHS):
        raise Problem("pia_too_old")


def _numbers(case: RouteCase) -> list[str]:
    return list(case.filings.filter(step=FILING).values_list("number", flat=True))
