"""The watch against splitting: transfers below a line of the law that together pass it (SCC23 art. 4, CERT25)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.access import Permission, find, require, require_reason
from accounts.interests import require_unrelated
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.states import advance
from listings.crossborder.facts import day_of
from listings.crossborder.parties import exporter_group
from listings.crossborder.rule_sets import rules_in_force
from listings.models import ExportEntry, RouteCase, SplittingAlert

Sign = SplittingAlert.Sign
THIN_SLICE = timedelta(days=30)
# One line of a case's transfer and those of earlier ones, by the name of the engine's count.
COUNTS = ("n_general", "n_sensitive")


@dataclass(frozen=True)
class _Situation:
    """The case at hand and who belongs together with its exporter and its recipient."""

    case: RouteCase
    exporters: Collection[UUID]
    recipients: Collection[UUID]


SIGNS: dict[Sign, Callable[[_Situation, ExportEntry], bool]] = {
    Sign.AFFILIATED_EXPORTERS: lambda seen, entry: (
        entry.organization_id != seen.case.organization_id and entry.recipient_id == seen.case.recipient_id
    ),
    Sign.AFFILIATED_RECIPIENTS: lambda seen, entry: (
        entry.recipient_id != seen.case.recipient_id and entry.recipient_id in seen.recipients
    ),
    Sign.THIN_SLICES: lambda seen, entry: (
        entry.organization_id == seen.case.organization_id
        and entry.recipient_id == seen.case.recipient_id
        and entry.created_at >= timezone.now() - THIN_SLICE
    ),
}


def watch_splitting(case: RouteCase) -> None:
    """Flag a new case that, with earlier transfers which look like parts of the same one, passes a line none passes."""
    seen = _Situation(case, exporter_group(case.organization_id), exporter_group(case.recipient_id))
    earlier = list(
        ExportEntry.objects.counting()
        .filter(organization__in=seen.exporters, year=case.year)
        .exclude(case=case)
        .select_related("case")
    )
    bounds = rules_in_force(day_of(timezone.now())).bounds
    for sign, looks_like_one in SIGNS.items():
        parts = [entry for entry in earlier if looks_like_one(seen, entry)]
        for count in COUNTS:
            own = getattr(case, count) or 0
            numbers = [own, *(getattr(entry, count) for entry in parts)]
            passed = [line for line in bounds.get(count, ()) if line > 1 and max(numbers) < line <= sum(numbers)]
            if parts and own and passed:
                _flag(case, sign, count, passed[-1], numbers, parts)


@transaction.atomic
def settle_alert(*, alert_id: UUID, upheld: bool, reason: str, actor: Actor) -> SplittingAlert:
    """Dismiss an alert, or uphold it, which revokes nothing by itself but stands in the record.

    Raises Problem `not_found`, `forbidden`, `conflict_of_interest` or `illegal_state`.
    """
    alert = find(SplittingAlert.objects.visible_to(actor).select_related("case"), pk=alert_id)
    require(actor, Permission.BORDER_REVIEW, venue_id=alert.venue_id)
    require_unrelated(actor, alert.organization_id)
    to = SplittingAlert.State.UPHELD if upheld else SplittingAlert.State.DISMISSED
    said = require_reason(reason)
    advance(alert, to=to, actor=actor, reason=said, finding=said)
    return alert


def _flag(
    case: RouteCase, sign: Sign, count: str, line: int, numbers: Collection[int], parts: Collection[ExportEntry]
) -> None:
    alert = SplittingAlert.objects.create(
        case=case,
        organization_id=case.organization_id,
        venue_id=case.venue_id,
        sign=sign,
        count=count,
        line=line,
        persons=sum(numbers),
        case_numbers=sorted({case.number, *(entry.case.number for entry in parts)}),
    )
    details = {"sign": sign, "line": line, "persons": sum(numbers)}
    audit.record("splittingalert.raised", subject=alert, actor=SYSTEM, details=details)
