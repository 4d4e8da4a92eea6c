"""The console's pages of the register: applications with their clocks, and objections, with the acts of officers."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, ReadOnlyInline, act
from kernel.console_display import four_eyes
from kernel.languages import in_language
from listings.models import PropertyRegistration, RegistrationClock, RegistrationObjection
from listings.registry import examining, objections
from listings.registry.rules import rules_on

State = PropertyRegistration.State


class RefuseForm(forms.Form):
    """The ground of the rules and the reason, both kept."""

    note = _("Ground and reason are kept with the audit event and shown to the applicant.")
    ground = forms.ChoiceField(label=_("Ground"), widget=UnfoldAdminSelectWidget())
    said = forms.CharField(label=_("Reason"), max_length=2000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}))


def refuse_form(registered: PropertyRegistration) -> type[forms.Form]:
    """Return the form with the grounds that the rules of the application's day know."""
    grounds = rules_on(registered.created_at.date()).grounds
    choices = [(code, in_language(dict(text))) for code, text in grounds.items()]
    chooser = forms.ChoiceField(label=_("Ground"), choices=choices, widget=UnfoldAdminSelectWidget())
    return type("RefuseFormOfRules", (RefuseForm,), {"ground": chooser})


class SupplementForm(forms.Form):
    """All that is missing, one thing a line; `reason` is the field that a console act hands on."""

    note = _("Name everything at once: the time to finish stands still until it is handed in.")
    reason = forms.CharField(
        label=_("What is missing, one thing a line"),
        max_length=20_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 8}),
    )


class ClockInline(ReadOnlyInline):
    model = RegistrationClock
    fields = ("kind", "working_days", "started_at", "due_at", "days_left", "stopped_at")


class ObjectionInline(ReadOnlyInline):
    model = RegistrationObjection
    fields = ("organization", "state", "grounds", "decision")


@admin.register(PropertyRegistration)
class PropertyRegistrationAdmin(ConsoleAdmin):
    list_display = ("shown_number", "organization", "title", "venue", "kind", "state", "publicity_until", "valid_until")
    list_filter = ("state", "kind", "venue")
    list_select_related = ("organization", "venue")
    search_fields = ("number", "organization__legal_name", "sha256")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("number", "state", "kind", "follows", "organization", "venue", "product", "rights")}),
        (_("Four eyes"), {"fields": ("four_eyes", "applied_by", "reviewed_by", "decided_by")}),
        (
            _("Course"),
            {"fields": ("supplements", "publicity_until", "notarised_at", "valid_until", "ground", "reason")},
        ),
        (_("What is registered"), {"fields": ("dossier", "sha256", "sm3", "rules")}),
    )
    readonly_fields = ("four_eyes",)
    inlines = (ClockInline, ObjectionInline)
    actions_detail = ("accept", "decline", "start_review", "request_supplement", "make_public", "refuse")

    @admin.display(description=_("number"), ordering="number")
    def shown_number(self, registered: PropertyRegistration) -> str:
        return registered.number or "–"

    @admin.display(description=_("product"))
    def title(self, registered: PropertyRegistration) -> str:
        return in_language(registered.dossier["name"])

    @admin.display(description=_("who may not decide"))
    def four_eyes(self, registered: PropertyRegistration) -> str:
        return four_eyes([registered.applied_by, registered.reviewed_by])

    @act(_("Accept"), permission=Permission.LISTING_REVIEW, states={State.APPLIED})
    def accept(self, request: HttpRequest, registered: PropertyRegistration, actor: Actor, _reason: str) -> None:
        examining.accept_application(registration_id=registered.pk, actor=actor)

    @act(
        _("Do not accept"), permission=Permission.LISTING_REVIEW, states={State.APPLIED}, asks_reason=True, danger=True
    )
    def decline(self, request: HttpRequest, registered: PropertyRegistration, actor: Actor, reason: str) -> None:
        examining.decline_application(registration_id=registered.pk, reason=reason, actor=actor)

    @act(_("Start review"), permission=Permission.LISTING_REVIEW, states={State.ACCEPTED})
    def start_review(self, request: HttpRequest, registered: PropertyRegistration, actor: Actor, _reason: str) -> None:
        examining.start_review(registration_id=registered.pk, actor=actor)

    @act(
        _("Ask for a supplement"),
        permission=Permission.LISTING_REVIEW,
        states={State.UNDER_REVIEW},
        asks_reason=SupplementForm,
    )
    def request_supplement(
        self, request: HttpRequest, registered: PropertyRegistration, actor: Actor, reason: str
    ) -> None:
        missing = [line.strip() for line in reason.splitlines() if line.strip()]
        examining.request_supplement(registration_id=registered.pk, supplements=missing, actor=actor)

    @act(_("Make public"), permission=Permission.LISTING_APPROVE, states={State.UNDER_REVIEW})
    def make_public(self, request: HttpRequest, registered: PropertyRegistration, actor: Actor, _reason: str) -> None:
        examining.make_public(registration_id=registered.pk, actor=actor)

    @act(
        _("Refuse"),
        permission=Permission.LISTING_APPROVE,
        states={State.UNDER_REVIEW, State.OBJECTION},
        asks_reason=refuse_form,
        danger=True,
    )
    def refuse(
        self, request: HttpRequest, registered: PropertyRegistration, actor: Actor, asked: dict[str, str]
    ) -> None:
        examining.refuse_registration(
            registration_id=registered.pk, ground=asked["ground"], reason=asked["said"], actor=actor
        )


@admin.register(RegistrationObjection)
class RegistrationObjectionAdmin(ConsoleAdmin):
    list_display = ("registration", "organization", "venue", "state", "created_at")
    list_filter = ("state", "venue")
    list_select_related = ("registration", "organization", "venue")
    search_fields = ("registration__number", "organization__legal_name")
    ordering = ("-id",)
    actions_detail = ("uphold", "dismiss")

    @act(
        _("Uphold"),
        permission=Permission.LISTING_APPROVE,
        states={RegistrationObjection.State.RAISED},
        asks_reason=True,
        danger=True,
    )
    def uphold(self, request: HttpRequest, objection: RegistrationObjection, actor: Actor, reason: str) -> None:
        objections.decide_objection(objection_id=objection.pk, upheld=True, reason=reason, actor=actor)

    @act(
        _("Dismiss"),
        permission=Permission.LISTING_APPROVE,
        states={RegistrationObjection.State.RAISED},
        asks_reason=True,
    )
    def dismiss(self, request: HttpRequest, objection: RegistrationObjection, actor: Actor, reason: str) -> None:
        objections.decide_objection(objection_id=objection.pk, upheld=False, reason=reason, actor=actor)
