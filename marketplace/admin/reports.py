"""The console's pages of reports about money: each with its picture, every row led back to what stands behind it."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminSelectWidget

from accounts.models import Organization, Venue
from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import actor_in_console
from kernel.problems import Problem
from marketplace.reports.earnings import EARNINGS
from marketplace.reports.of_money import REPORTS
from marketplace.reports.picture import picture_of
from marketplace.reports.table import Line, Report, csv_lines, days_asked, is_number, lines_of, readable

SHOWN = 200


class DaysForm(forms.Form):
    """The days of a report."""

    first_day = forms.DateField(label=_("First day"), required=False, widget=UnfoldAdminDateWidget())
    last_day = forms.DateField(label=_("Last day"), required=False, widget=UnfoldAdminDateWidget())

    def clean(self) -> dict[str, Any]:
        """Put the usual days in the place of those that were left out."""
        asked: dict[str, Any] = self.cleaned_data
        try:
            asked["first_day"], asked["last_day"] = days_asked(asked.get("first_day"), asked.get("last_day"))
        except Problem as problem:
            self.add_error("last_day", str(problem.errors[0].detail))
        return asked


class ReportForm(DaysForm):
    """Which report on which days."""

    report = forms.ChoiceField(
        label=_("Report"),
        choices=[(name, report.title) for name, report in REPORTS.items()],
        widget=UnfoldAdminSelectWidget(),
    )
    field_order = ("report", "first_day", "last_day")


def money_reports(request: HttpRequest) -> HttpResponse:
    """Show one report; whoever may not read the ledger is turned away."""
    actor = _reader(request)
    form = ReportForm({"report": next(iter(REPORTS)), **request.GET.dict()})
    context: dict[str, Any] = {"title": _("Reports"), "form": form}
    if form.is_valid():
        name = form.cleaned_data["report"]
        days = {each: str(form.cleaned_data[each]) for each in ("first_day", "last_day")}
        context |= _table(REPORTS[name], {"venues": sorted(actor.venue_ids)}, form, _venues_of(actor))
        context["csv"] = f"{reverse('money-report-csv', args=[name])}?{urlencode(days)}"
    return _page(request, context)


def provider_earnings(request: HttpRequest, organization_id: UUID) -> HttpResponse:
    """Show what a provider earned at the reader's venues, or hand it out as CSV (`?file=csv`)."""
    actor = _reader(request)
    provider = get_object_or_404(Organization, pk=organization_id)
    form = DaysForm(request.GET)
    context: dict[str, Any] = {"title": provider.legal_name, "form": form}
    if form.is_valid():
        venues = _venues_of(actor)
        scope = {"organization": provider.pk, "venues": list(venues)}
        days = {each: form.cleaned_data[each] for each in ("first_day", "last_day")}
        if request.GET.get("file") == "csv":
            lines = csv_lines(EARNINGS, lines_of(EARNINGS, scope=scope, **days))
            named = {"Content-Disposition": 'attachment; filename="earnings.csv"'}
            return HttpResponse("".join(lines), content_type="text/csv; charset=utf-8", headers=named)
        context |= _table(EARNINGS, scope, form, venues)
        context["csv"] = f"?{urlencode({**days, 'file': 'csv'})}"
    return _page(request, context)


def _reader(request: HttpRequest) -> Actor:
    actor = actor_in_console(request)
    if not actor.may(Permission.LEDGER_READ):
        raise PermissionDenied
    return actor


def _page(request: HttpRequest, context: Mapping[str, Any]) -> HttpResponse:
    return TemplateResponse(request, "marketplace/money_reports.html", {**admin.site.each_context(request), **context})


def _venues_of(actor: Actor) -> dict[str, str]:
    return {venue.code: str(venue) for venue in Venue.objects.filter(pk__in=actor.venue_ids)}


def _table(report: Report, scope: Mapping[str, Any], form: DaysForm, venues: Mapping[str, str]) -> dict[str, Any]:
    days = {each: form.cleaned_data[each] for each in ("first_day", "last_day")}
    lines = lines_of(report, scope=scope, **days, limit=SHOWN + 1)
    return {
        "report": report,
        "days": {name: str(day) for name, day in days.items()},
        "columns": _columns(report, lines),
        "rows": [(_shown(line, venues), _page_of(line)) for line in lines[:SHOWN]],
        "is_cut": len(lines) > SHOWN,
        "picture": mark_safe(picture_of(report, lines)),  # noqa: S308 - bar_chart escapes what it writes
    }


def _columns(report: Report, lines: Sequence[Line]) -> list[tuple[Promise, bool]]:
    """Return the title of each column, and whether numbers stand in it."""
    first = lines[0].cells if lines else ("",) * len(report.columns)
    return [(label, is_number(cell)) for (_name, label), cell in zip(report.columns, first, strict=True)]


def _shown(line: Line, venues: Mapping[str, str]) -> list[tuple[str, bool]]:
    """Return each cell as people read it, the venue by its name first, and whether it is a number."""
    code, *others = line.cells
    return [(venues[str(code)], False), *((readable(cell), is_number(cell)) for cell in others)]


def _page_of(line: Line) -> str:
    if line.page == "earnings":
        return reverse("provider-earnings", kwargs=dict(line.filters))
    return f"{reverse(f'admin:{line.page}_changelist')}?{urlencode(line.filters)}"
