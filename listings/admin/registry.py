"""The console's pages of the register: entries with clocks, annotations and objections, and the acts of officers."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, ReadOnlyInline, act
from kernel.console_display import four_eyes
from kernel.languages import in_language
from listings.models import (
    PropertyRegistration,
    RegistrationAnnotation,
    RegistrationClock,
    RegistrationObjection,
)
from listings.registry import annotating, examining, objections
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


class ExtendForm(forms.Form):
    """How many working days more, and why."""

    note = _("The time to finish is extended once. The reason is kept and shown to the applicant.")
    working_days = forms.IntegerField(label=_("Working days"), min_value=1, widget=UnfoldAdminIntegerFieldWidget())
    said = forms.CharField(label=_("Reason"), max_length=2000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}))


class AnnotateForm(forms.Form):
    """What the register shall say beside the entry."""

    note = _("Another officer confirms it; then anybody reads it in the register.")
    kind = forms.ChoiceField(
        label=_("Kind"), choices=RegistrationAnnotation.Kind.choices, widget=UnfoldAdminSelectWidget()
    )
    text = forms.CharField(
        label=_("What it says"), max_length=1000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4})
    )
    basis = forms.CharField(
        label=_("Basis: whose decision or agreement, and its number"),
        max_length=400,
        widget=UnfoldAdminTextInputWidget(),
    )
    until = forms.DateField(label=_("Last day"), required=False, widget=UnfoldAdminDateWidget())


class ClockInline(ReadOnlyInline):
    model = RegistrationClock
    fields = ("kind", "working_days", "extended_days", "started_at", "due_at", "days_left", "stopped_at")


class ObjectionInline(ReadOnlyInline):
    model = RegistrationObjection
    fields = ("organization", "state", "grounds", "notified_at", "answer", "decision")


class AnnotationInline(ReadOnlyInline):
    model = RegistrationAnnotation
    fields = ("kind", "state", "text", "basis", "until")


@admin.register(PropertyRegistration)
class PropertyRegistrationAdmin(ConsoleAdmin):
    list_display = ("shown_number", "organization", "title", "venue", "kind", "state", "publicity_until", "valid_until")
    list_filter = ("state", "kind", "venue")
    list_select_related = ("organization", "venue")
    search_fields = ("number", "organization__legal_name", "sha256")
    ordering = ("-id",)
    fieldsets = (
        (
            None,
            {"fields": ("number", "state", "kind", "follows", "organization", "venue", "product", "rights", "cause")},
        ),
        (_("Four eyes"), {"fields": ("four_eyes", "applied_by", "consented_by", "reviewed_by", "decided_by")}),
        (
            _("Course"),
            {"fields": ("supplements", "publicity_until", "notarised_at", "valid_until", "ground", "reason")},
        ),
        (_("What is registered"), {"fields": ("dossier", "sha256", "sm3", "rules")}),
    )
    readonly_fields = ("four_eyes",)
    inlines = (ClockInline, AnnotationInline, ObjectionInline)
    actions_detail = (
        "accept",
        "decline",
        "start_review",
        "request_supplement",
        "extend",
        "make_public",
        "confirm",
        "refuse",
        "annotate",
        "begin_cancellation",
    )

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
        _("Extend the time"),
        permission=Permission.LISTING_APPROVE,
        states={State.UNDER_REVIEW},
        asks_reason=ExtendForm,
    )
    def extend(
        self, request: HttpRequest, registered: PropertyRegistration, actor: Actor, asked: dict[str, Any]
    ) -> None:
        examining.extend_review(
            registration_id=registered.pk, working_days=asked["working_days"], reason=asked["said"], actor=actor
        )

    @act(_("Carry out"), permission=Permission.LISTING_APPROVE, states={State.UNDER_REVIEW}, danger=True)
    def confirm(self, request: HttpRequest, registered: PropertyRegistration, actor: Actor, _reason: str) -> None:
        examining.confirm_entry(registration_id=registered.pk, actor=actor)

    @act(_("Annotate"), permission=Permission.LISTING_REVIEW, states={State.CERTIFIED}, asks_reason=AnnotateForm)
    def annotate(
        self, request: HttpRequest, registered: PropertyRegistration, actor: Actor, asked: dict[str, Any]
    ) -> None:
        annotating.annotate(registration_id=registered.pk, fields=asked, actor=actor)

    @act(
        _("Begin to cancel"),
        permission=Permission.LISTING_REVIEW,
        states={State.CERTIFIED},
        asks_reason=refuse_form,
        danger=True,
    )
    def begin_cancellation(
        self, request: HttpRequest, registered: PropertyRegistration, actor: Actor, asked: dict[str, str]
    ) -> None:
        examining.begin_cancellation(
            registration_id=registered.pk, ground=asked["ground"], reason=asked["said"], actor=actor
        )

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
    actions_detail = ("notify", "uphold", "dismiss")

    @act(_("Tell the holder"), permission=Permission.LISTING_REVIEW, states={RegistrationObjection.State.RAISED})
    def notify(self, request: HttpRequest, objection: RegistrationObjection, actor: Actor, _reason: str) -> None:
        objections.notify_holder(objection_id=objection.pk, actor=actor)

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


@admin.register(RegistrationAnnotation)
class RegistrationAnnotationAdmin(ConsoleAdmin):
    list_display = ("registration", "kind", "state", "text", "until", "venue", "created_at")
    list_filter = ("state", "kind", "venue")
    list_select_related = ("registration", "venue")
    search_fields = ("registration__number", "text", "basis")
    ordering = ("-id",)
    actions_detail = ("confirm", "reject", "ask_to_lift", "lift")

    @act(_("Confirm"), permission=Permission.LISTING_APPROVE, states={RegistrationAnnotation.State.PROPOSED})
    def confirm(self, request: HttpRequest, annotation: RegistrationAnnotation, actor: Actor, _reason: str) -> None:
        annotating.confirm_annotation(annotation_id=annotation.pk, actor=actor)

    @act(
        _("Reject"),
        permission=Permission.LISTING_APPROVE,
        states={RegistrationAnnotation.State.PROPOSED},
        asks_reason=True,
        danger=True,
    )
    def reject(self, request: HttpRequest, annotation: RegistrationAnnotation, actor: Actor, reason: str) -> None:
        annotating.reject_annotation(annotation_id=annotation.pk, reason=reason, actor=actor)

    @act(
        _("Ask to lift"),
        permission=Permission.LISTING_REVIEW,
        states={RegistrationAnnotation.State.STANDING},
        asks_reason=True,
    )
    def ask_to_lift(self, request: HttpRequest, annotation: RegistrationAnnotation, actor: Actor, reason: str) -> None:
        annotating.ask_to_lift(annotation_id=annotation.pk, reason=reason, actor=actor)

    @act(
        _("Lift"),
        permission=Permission.LISTING_APPROVE,
        states={RegistrationAnnotation.State.STANDING},
        asks_reason=True,
    )
    def lift(self, request: HttpRequest, annotation: RegistrationAnnotation, actor: Actor, reason: str) -> None:
        annotating.lift_annotation(annotation_id=annotation.pk, reason=reason, actor=actor)
