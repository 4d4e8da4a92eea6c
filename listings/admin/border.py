"""The console's pages of the border: route cases with their clocks, the export register, standings and alerts."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, ReadOnlyInline, act
from kernel.console_display import four_eyes
from kernel.languages import in_language
from listings.crossborder import clocks, filings, parties, reviewing, splitting
from listings.crossborder.cases import missing_papers
from listings.crossborder.deciding import latest_decision
from listings.crossborder.export_year import export_year
from listings.crossborder.route_sheets import AFTER_REVIEW, authorities_of
from listings.models import (
    BorderDossier,
    CaseFiling,
    CasePaper,
    ExportEntry,
    ExporterProfile,
    RouteCase,
    RouteDecision,
    SplittingAlert,
    StatutoryClock,
)

State = RouteCase.State
P = Permission


class DateInput(UnfoldAdminTextInputWidget):
    input_type = "date"


class RulingForm(forms.Form):
    """The route on which an officer rules, and why."""

    note = _("The ruling is stored beside the engine's answer and shown to the exporter.")
    route = forms.ChoiceField(
        label=_("Route"), choices=[(code, code) for code in AFTER_REVIEW], widget=UnfoldAdminSelectWidget()
    )
    said = forms.CharField(label=_("Reason"), max_length=2000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}))


def filing_form(case: RouteCase) -> type[forms.Form]:
    """Return the form of a filing with one of the authorities of the case's route."""
    return type("FilingForm", (forms.Form,), {"note": _("As the authority's receipt says."), **_filed(case)})


def reply_form(case: RouteCase) -> type[forms.Form]:
    """Return the form of an authority's answer, with the states to which one can now bring the case."""
    possible = [(to.value, to.label) for came_from, to in filings.REPLIES if came_from == case.state]
    chooser = forms.ChoiceField(label=_("Answer"), choices=possible, widget=UnfoldAdminSelectWidget())
    fields = {**_filed(case), "to": chooser}
    fields["number"] = forms.CharField(
        label=_("Number"), max_length=80, required=False, widget=UnfoldAdminTextInputWidget()
    )
    return type("ReplyForm", (forms.Form,), {"note": _("As the authority's letter says."), **fields})


def _filed(case: RouteCase) -> dict[str, forms.Field]:
    authorities = [(code, code) for code in authorities_of(latest_decision(case), case.route)]
    return {
        "authority": forms.ChoiceField(label=_("Authority"), choices=authorities, widget=UnfoldAdminSelectWidget()),
        "number": forms.CharField(label=_("Number"), max_length=80, widget=UnfoldAdminTextInputWidget()),
        "on": forms.DateField(label=_("On"), widget=DateInput()),
        "note": forms.CharField(
            label=_("Note"), required=False, max_length=2000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
        ),
    }


class DecisionInline(ReadOnlyInline):
    model = RouteDecision
    fields = ("as_of", "route", "rule_set", "reason", "created_at")


class PaperInline(ReadOnlyInline):
    model = CasePaper
    fields = ("code", "name", "size", "sha256", "created_at")
    show_change_link = False


class FilingInline(ReadOnlyInline):
    model = CaseFiling
    fields = ("authority", "step", "number", "on", "note")
    show_change_link = False


class ClockInline(ReadOnlyInline):
    model = StatutoryClock
    fields = ("name", "by", "calendar", "started_on", "due_at", "verified", "days_left", "stopped_at")


@admin.register(RouteCase)
class RouteCaseAdmin(ConsoleAdmin):
    list_display = ("number", "organization", "recipient", "route", "state", "n_general", "n_sensitive", "next_due")
    list_filter = ("state", "venue", "route")
    list_select_related = ("organization", "recipient", "venue")
    search_fields = ("number", "organization__legal_name", "recipient__legal_name")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("number", "state", "route", "organization", "recipient", "venue", "listing", "order_id")}),
        (_("Transfer"), {"fields": ("purpose", "onward_transfer_outside_gba", "year", "n_general", "n_sensitive")}),
        (_("Papers"), {"fields": ("wanted", "port", "recipient_network", "contract_effective_on", "valid_until")}),
        (_("Four eyes"), {"fields": ("who_may_not", "finding")}),
    )
    readonly_fields = ("wanted", "who_may_not")
    inlines = (DecisionInline, ClockInline, PaperInline, FilingInline)
    actions_detail = ("rule", "approve", "give_back", "file", "reply", "reassess", "revoke")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        running = StatutoryClock.objects.running().filter(case=models.OuterRef("pk")).order_by("due_at")
        cases: models.QuerySet[Any] = super().get_queryset(request)
        with_next: models.QuerySet[Any] = cases.annotate(next_due_at=models.Subquery(running.values("due_at")[:1]))
        return with_next

    @admin.display(description=_("next time limit"), ordering="next_due_at")
    def next_due(self, case: RouteCase) -> Any:
        return getattr(case, "next_due_at", None)

    @admin.display(description=_("papers missing"))
    def wanted(self, case: RouteCase) -> str:
        return ", ".join(missing_papers(case)) if case.route else "–"

    @admin.display(description=_("who may not decide"))
    def who_may_not(self, case: RouteCase) -> str:
        return four_eyes([case.submitted_by])

    @act(_("Rule on the route"), permission=P.BORDER_REVIEW, states={State.CLASSIFIED}, asks_reason=RulingForm)
    def rule(self, request: HttpRequest, case: RouteCase, actor: Actor, asked: dict[str, str]) -> None:
        reviewing.rule_on_case(case_id=case.pk, route=asked["route"], reason=asked["said"], actor=actor)

    @act(_("Find papers right"), permission=P.BORDER_REVIEW, states={State.INTERNAL_REVIEW}, asks_reason=True)
    def approve(self, request: HttpRequest, case: RouteCase, actor: Actor, reason: str) -> None:
        reviewing.approve_papers(case_id=case.pk, reason=reason, actor=actor)

    @act(
        _("Give papers back"),
        permission=P.BORDER_REVIEW,
        states={State.INTERNAL_REVIEW, State.RETURNED},
        asks_reason=True,
    )
    def give_back(self, request: HttpRequest, case: RouteCase, actor: Actor, reason: str) -> None:
        reviewing.return_papers(case_id=case.pk, reason=reason, actor=actor)

    @act(
        _("Enter a filing"),
        permission=P.BORDER_FILE,
        states={State.SIGNED, State.FILING_SUPPLEMENT},
        asks_reason=filing_form,
    )
    def file(self, request: HttpRequest, case: RouteCase, actor: Actor, asked: dict[str, Any]) -> None:
        filings.record_filing(case_id=case.pk, **asked, actor=actor)

    @act(
        _("Enter an answer"),
        permission=P.BORDER_FILE,
        states={came_from for came_from, _to in filings.REPLIES},
        asks_reason=reply_form,
    )
    def reply(self, request: HttpRequest, case: RouteCase, actor: Actor, asked: dict[str, Any]) -> None:
        filings.record_reply(case_id=case.pk, **asked, actor=actor)

    @act(
        _("Assess anew"),
        permission=P.BORDER_REVIEW,
        states={state for state, moves in RouteCase.MOVES.items() if State.REASSESS_REQUIRED in moves},
        asks_reason=True,
    )
    def reassess(self, request: HttpRequest, case: RouteCase, actor: Actor, reason: str) -> None:
        reviewing.reassess_case(case_id=case.pk, reason=reason, actor=actor)

    @act(
        _("Revoke"),
        permission=P.BORDER_REVIEW,
        states={state for state, moves in RouteCase.MOVES.items() if State.REVOKED in moves},
        asks_reason=True,
        danger=True,
    )
    def revoke(self, request: HttpRequest, case: RouteCase, actor: Actor, reason: str) -> None:
        reviewing.revoke_case(case_id=case.pk, reason=reason, actor=actor)


@admin.register(RouteDecision)
class RouteDecisionAdmin(ConsoleAdmin):
    list_display = ("case", "as_of", "route", "rule_set", "why", "created_at")
    list_filter = ("route",)
    list_select_related = ("case",)
    search_fields = ("case__number", "sha256")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("case", "as_of", "route", "rule_set", "rule_set_digest", "sha256", "sm3")}),
        (_("Ruling"), {"fields": ("ruled_by", "reason")}),
        (_("Decision"), {"fields": ("body",)}),
    )

    @admin.display(description=_("why"))
    def why(self, decision: RouteDecision) -> str:
        return in_language(decision.body["hits"][0]["reason"])


@admin.register(StatutoryClock)
class StatutoryClockAdmin(ConsoleAdmin):
    list_display = ("shown_name", "case", "by", "due_at", "verified", "days_left", "overdue_at", "stopped_at")
    list_filter = ("calendar", ("stopped_at", admin.EmptyFieldListFilter), ("overdue_at", admin.EmptyFieldListFilter))
    list_select_related = ("case",)
    search_fields = ("case__number", "code")
    ordering = ("due_at",)
    actions_detail = ("pause", "resume")

    @admin.display(description=_("what must be done"))
    def shown_name(self, clock: StatutoryClock) -> str:
        return in_language(clock.name)

    @act(_("Pause"), permission=P.BORDER_FILE, asks_reason=True)
    def pause(self, request: HttpRequest, clock: StatutoryClock, actor: Actor, reason: str) -> None:
        clocks.pause_clock(clock_id=clock.pk, reason=reason, actor=actor)

    @act(_("Let run on"), permission=P.BORDER_FILE, asks_reason=True)
    def resume(self, request: HttpRequest, clock: StatutoryClock, actor: Actor, reason: str) -> None:
        clocks.resume_clock(clock_id=clock.pk, reason=reason, actor=actor)


def year_bars(organization_id: UUID, year: int | None = None) -> SafeString:
    """Return a bar against each line of the law for what an exporter's group has exported in a year; None: this one."""
    lines = export_year(organization_id, year)["lines"]
    row = '<tr><td>{}</td><td><progress max="{}" value="{}"></progress></td><td>{} / {}</td></tr>'
    told = ((each["count"], each["line"], each["persons"], each["persons"], each["line"]) for each in lines)
    return format_html("<table>{}</table>", format_html_join("", row, told))


@admin.register(ExportEntry)
class ExportEntryAdmin(ConsoleAdmin):
    list_display = ("organization", "recipient", "year", "case", "route", "n_general", "n_sensitive", "counts", "state")
    list_filter = ("year", "state", "venue", "counts")
    list_select_related = ("organization", "recipient", "case", "venue")
    search_fields = ("organization__legal_name", "case__number")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("organization", "recipient", "venue", "case", "version", "year", "route", "state")}),
        (_("Persons"), {"fields": ("n_general", "n_sensitive", "counts", "subject_list")}),
        (_("The exporter's year"), {"fields": ("bars",)}),
    )
    readonly_fields = ("bars",)

    @admin.display(description=_("against each line of the law"))
    def bars(self, entry: ExportEntry) -> SafeString:
        return year_bars(entry.organization_id, entry.year)


@admin.register(ExporterProfile)
class ExporterProfileAdmin(ConsoleAdmin):
    list_display = ("organization", "ciio", "small", "ftz", "confirmed_at", "created_at")
    list_filter = (("confirmed_by", admin.EmptyFieldListFilter), "ciio")
    list_select_related = ("organization",)
    search_fields = ("organization__legal_name",)
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("organization", "ciio", "small", "ftz")}),
        (_("Four eyes"), {"fields": ("declared_by", "confirmed_by", "confirmed_at")}),
        (_("The exporter's year"), {"fields": ("bars",)}),
    )
    readonly_fields = ("bars",)
    actions_detail = ("confirm",)

    @admin.display(description=_("against each line of the law"))
    def bars(self, profile: ExporterProfile) -> SafeString:
        return year_bars(profile.organization_id)

    @act(_("Confirm"), permission=P.BORDER_REVIEW, asks_reason=True)
    def confirm(self, request: HttpRequest, profile: ExporterProfile, actor: Actor, reason: str) -> None:
        parties.confirm_standing(profile_id=profile.pk, reason=reason, actor=actor)


@admin.register(BorderDossier)
class BorderDossierAdmin(ConsoleAdmin):
    list_display = ("product", "organization", "reach", "places", "scenario", "n_general", "n_sensitive")
    list_filter = ("reach", "scenario", "research_cooperation", "hgr")
    list_select_related = ("product", "organization")
    search_fields = ("organization__legal_name",)
    ordering = ("-id",)


@admin.register(SplittingAlert)
class SplittingAlertAdmin(ConsoleAdmin):
    list_display = ("case", "organization", "sign", "persons", "line", "state", "created_at")
    list_filter = ("state", "sign", "venue")
    list_select_related = ("case", "organization", "venue")
    search_fields = ("case__number", "organization__legal_name")
    ordering = ("-id",)
    actions_detail = ("uphold", "dismiss")

    @act(
        _("Uphold"),
        permission=P.BORDER_REVIEW,
        states={SplittingAlert.State.OPEN},
        asks_reason=True,
        danger=True,
    )
    def uphold(self, request: HttpRequest, alert: SplittingAlert, actor: Actor, reason: str) -> None:
        splitting.settle_alert(alert_id=alert.pk, upheld=True, reason=reason, actor=actor)

    @act(_("Dismiss"), permission=P.BORDER_REVIEW, states={SplittingAlert.State.OPEN}, asks_reason=True)
    def dismiss(self, request: HttpRequest, alert: SplittingAlert, actor: Actor, reason: str) -> None:
        splitting.settle_alert(alert_id=alert.pk, upheld=False, reason=reason, actor=actor)
