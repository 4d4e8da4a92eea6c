"""The console's page of reports about money: each with its picture, and every row led back to what stands behind it."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminSelectWidget

from accounts.models import Venue
from accounts.permissions import Permission
from kernel.console import actor_in_console
from kernel.problems import Problem
from marketplace.reports.of_money import REPORTS
from marketplace.reports.picture import picture_of
from marketplace.reports.table import Line, Report, days_asked, is_number, lines_of, readable

SHOWN = 200


class ReportForm(forms.Form):
    """Which report on which days."""

    report = forms.ChoiceField(
        label=_("Report"),
        choices=[(name, report.title) for name, report in REPORTS.items()],
        widget=UnfoldAdminSelectWidget(),
    )
    first_day = forms.DateField(label=_("First day"), required=False, widget=UnfoldAdminDateWidget())
    last_day = forms.DateField(label=_("Last day"), required=False, widget=UnfoldAdminDateWidget())


def money_reports(request: HttpRequest) -> HttpResponse:
    """Show one report; whoever may not read the ledger is turned away."""
    actor = actor_in_console(request)
    if not actor.may(Permission.LEDGER_READ):
        raise PermissionDenied
    form = ReportForm({"report": next(iter(REPORTS)), **request.GET.dict()})
    context: dict[str, Any] = {**admin.site.each_context(request), "title": _("Reports"), "form": form}
    if form.is_valid():
        name, first, last = (form.cleaned_data[each] for each in ("report", "first_day", "last_day"))
        try:
            first_day, last_day = days_asked(first, last)
        except Problem as problem:
            form.add_error("last_day", str(problem.errors[0].detail))
        else:
            report = REPORTS[name]
            scope = {"venues": sorted(actor.venue_ids)}
            venues = {venue.code: str(venue) for venue in Venue.objects.filter(pk__in=actor.venue_ids)}
            lines = lines_of(report, scope=scope, first_day=first_day, last_day=last_day, limit=SHOWN + 1)
            days = {"first_day": str(first_day), "last_day": str(last_day)}
            context |= {
                "report": report,
                "days": days,
                "columns": _columns(report, lines),
                "rows": [(_shown(line, venues), _page_of(line)) for line in lines[:SHOWN]],
                "is_cut": len(lines) > SHOWN,
                "picture": mark_safe(picture_of(report, lines)),  # noqa: S308 - bar_chart escapes what it writes
                "csv": f"{reverse('money-report-csv', args=[name])}?{urlencode(days)}",
            }
    return TemplateResponse(request, "marketplace/money_reports.html", context)


def _columns(report: Report, lines: Sequence[Line]) -> list[tuple[Promise, bool]]:
    """Return the title of each column, and whether numbers stand in it."""
    first = lines[0].cells if lines else ("",) * len(report.columns)
    return [(label, is_number(cell)) for (_name, label), cell in zip(report.columns, first, strict=True)]


def _shown(line: Line, venues: Mapping[str, str]) -> list[tuple[str, bool]]:
    """Return each cell as people read it, the venue by its name first, and whether it is a number."""
    code, *others = line.cells
    return [(venues[str(code)], False), *((readable(cell), is_number(cell)) for cell in others)]


def _page_of(line: Line) -> str:
    return f"{reverse(f'admin:{line.page}_changelist')}?{urlencode(line.filters)}"
