"""The venue's side of a route case: papers found right or returned, questions ruled on, cases revoked and ended."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, require, require_different_person, require_reason
from accounts.interests import require_unrelated
from kernel.actors import SYSTEM, Actor
from kernel.problems import Problem, field_problem
from kernel.states import advance
from listings.crossborder.cases import follow, locked_case
from listings.crossborder.clocks import start_clocks, stop_clocks
from listings.crossborder.deciding import decided_now, keep_decision, latest_decision
from listings.crossborder.facts import day_of
from listings.crossborder.reassessing import require_reassessment
from listings.crossborder.register import refuse_unlawful
from listings.crossborder.route_sheets import AFTER_REVIEW, sheet_of
from listings.crossborder.telling import tell_cleared, tell_stopped
from listings.models import RouteCase

State = RouteCase.State


@transaction.atomic
def rule_on_case(*, case_id: UUID, route: str, reason: str, actor: Actor) -> RouteCase:
    """Rule on the route of a case that the engine leaves to a person; the ruling is stored beside its answer.

    Raises Problem `not_found`, `forbidden`, `conflict_of_interest`, `illegal_state`, or `invalid` for an unknown route.
    """
    case = _case_before(case_id, actor)
    if case.state != State.CLASSIFIED:
        raise Problem("illegal_state", _("The engine has not left this case to a person."), state=case.state)
    if route not in AFTER_REVIEW:
        raise field_problem("/route", "unknown_route", _("There is no such route."))
    today = day_of(timezone.now())
    ruled = keep_decision(
        case,
        decided_now(case, on=today),
        as_of=today,
        ruled_by=actor.person_id,
        reason=require_reason(reason),
        route=route,
    )
    follow(case, ruled, actor=actor)
    return case


@transaction.atomic
def return_papers(*, case_id: UUID, reason: str, actor: Actor) -> RouteCase:
    """Give papers back to the exporter, saying what is wrong with them."""
    case = _case_before(case_id, actor)
    said = require_reason(reason)
    advance(case, to=State.DOCS_PENDING, actor=actor, reason=said, finding=said)
    return case


@transaction.atomic
def approve_papers(*, case_id: UUID, reason: str, actor: Actor) -> RouteCase:
    """Find a case's papers right: what needs nobody outside is cleared, the rest goes on to its authority.

    The persons are counted again: a route that more exports have closed meanwhile is refused. Raises Problem
    `not_found`, `forbidden`, `conflict_of_interest`, `same_person`, `illegal_state` or `route_no_longer_open`.
    """
    case = _case_before(case_id, actor)
    require_different_person(actor, made_by=case.submitted_by)
    if case.state != State.INTERNAL_REVIEW:
        raise Problem("illegal_state", _("No papers of this case await a review."), state=case.state)
    refuse_unlawful(case)

    to = AFTER_REVIEW[case.route]
    sheet = sheet_of(latest_decision(case), case.route)
    advance(case, to=to, actor=actor, reason=reason, reviewed_by=actor.person_id)
    if to == State.SIGNED and case.contract_effective_on is not None:
        start_clocks(case, sheet, "contract_effect", case.contract_effective_on)
    if to == State.SUBMITTED:
        start_clocks(case, sheet, "submission", day_of(timezone.now()))
    if to in RouteCase.CLEARED:
        tell_cleared(case)
    return case


@transaction.atomic
def reassess_case(*, case_id: UUID, reason: str, actor: Actor) -> RouteCase:
    """Have a case assessed anew because what it rests on has changed (SA22 art. 14); nothing leaves meanwhile."""
    case = _case_before(case_id, actor)
    require_reassessment(case, require_reason(reason), actor=actor)
    return case


@transaction.atomic
def revoke_case(*, case_id: UUID, reason: str, actor: Actor) -> RouteCase:
    """Revoke a cleared case for good: what rests on it stops at once."""
    case = _case_before(case_id, actor)
    end_case(case, State.REVOKED, reason=require_reason(reason), actor=actor)
    return case


@transaction.atomic
def expire_cases(limit: int = 500) -> int:
    """Move cases whose validity has ended to expired; nothing left by them from that midnight on."""
    today = day_of(timezone.now())
    due = RouteCase.objects.filter(state__in=RouteCase.CLEARED, valid_until__lt=today).order_by("valid_until")
    cases = list(due.select_for_update(of=("self",), skip_locked=True)[:limit])
    for case in cases:
        end_case(case, State.EXPIRED, reason=_("The validity has ended."), actor=SYSTEM)
    return len(cases)


def end_case(case: RouteCase, to: State, *, reason: str, actor: Actor) -> None:
    """End a cleared case and stop what rests on it; the caller holds its lock."""
    advance(case, to=to, actor=actor, reason=reason, finding=reason)
    stop_clocks(case)
    tell_stopped(case, reason)


def _case_before(case_id: UUID, actor: Actor) -> RouteCase:
    """Return the case for an officer who is related to neither party (I5)."""
    case = locked_case(case_id, actor)
    require(actor, Permission.BORDER_REVIEW, venue_id=case.venue_id)
    require_unrelated(actor, case.organization_id)
    require_unrelated(actor, case.recipient_id)
    return case
