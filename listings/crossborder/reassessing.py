"""Cases whose route no longer holds: they must be assessed anew, and nothing of theirs leaves meanwhile."""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kernel.actors import SYSTEM, Actor
from kernel.states import advance
from listings.crossborder.clocks import stop_clocks
from listings.crossborder.deciding import decided_now, latest_decision
from listings.crossborder.facts import day_of
from listings.crossborder.telling import tell_stopped
from listings.models import ExportEntry, RouteCase

State = RouteCase.State
# From here on a case has a route that more persons may close.
ROUTED = frozenset(state for state, moves in RouteCase.MOVES.items() if State.REASSESS_REQUIRED in moves)


def reassess_others(case: RouteCase, group: Collection[UUID], year: int) -> None:
    """Move the group's other cases of the year, whose bytes have not left, to where their route must be decided anew.

    Called under the year's lock, when the persons of `case` have carried the group over a line.
    """
    gone = ExportEntry.objects.filter(state=ExportEntry.State.COMMITTED).values("case")
    others = RouteCase.objects.filter(organization__in=group, year=year, state__in=ROUTED - {State.DECIDED})
    others = others.exclude(pk=case.pk).exclude(pk__in=gone).order_by("pk")
    for other in others.select_related("organization", "recipient", "product", "version").select_for_update(
        of=("self",), skip_locked=True
    ):
        if latest_decision(other).ruled_by is not None:
            continue
        now = decided_now(other, on=day_of(timezone.now()))
        if other.route not in (now.route, *now.alternatives):
            reason = _("With the persons of %(case)s another route is due: %(route)s.")
            require_reassessment(other, reason % {"case": case.number, "route": now.route}, actor=SYSTEM)


def require_reassessment(case: RouteCase, reason: str, *, actor: Actor) -> None:
    """Stop everything that rests on a case until it is decided anew; the caller holds its lock."""
    advance(case, to=State.REASSESS_REQUIRED, actor=actor, reason=reason, finding=reason)
    stop_clocks(case)
    tell_stopped(case, reason)


@transaction.atomic
def reassess_order(*, order_id: UUID, reason: str) -> None:
    """Have the case of an order assessed anew whose funding found its route closed."""
    case = RouteCase.objects.select_for_update(of=("self",)).get(order_id=order_id)
    if State.REASSESS_REQUIRED in RouteCase.MOVES.get(case.state, frozenset()):
        require_reassessment(case, reason, actor=SYSTEM)
