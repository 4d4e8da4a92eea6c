"""Products, listings and the review queue: what waits, for how long still, and who may no longer approve it."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.dataclasses import UnfoldAction

from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, ReadOnlyInline, act, actor_in_console
from kernel.console_display import definitions, four_eyes
from kernel.languages import in_language
from listings import committee, review, review_desk
from listings import listing as listing_acts
from listings.admin.review_forms import answers_of, checklist_form, corrections_form, corrections_of, officers_form
from listings.admin.rights import shown_matrix
from listings.dossier import product_type_rule
from listings.models import Listing, ListingInvitation, Plan, Product, Review, ReviewClock, Submission, Terms
from listings.price_ceilings import listed_above_ceilings
from listings.review_rules import case_of
from listings.type_fields import shown_type_fields

State = Listing.State
UNDER_REVIEW = frozenset(Listing.UNDER_REVIEW)
# Offered to the officers of the listing's stage alone.
STAGE_ACTS = frozenset({"refer", "start_review", "claim", "pass_stage", "approve", "request_correction", "reject"})


class PlanInline(ReadOnlyInline):
    model = Plan
    fields = ("kind", "shown_price", "created_at")

    @admin.display(description=_("price"))
    def shown_price(self, plan: Plan) -> str:
        return str(plan.price)


class TermsInline(ReadOnlyInline):
    model = Terms
    fields = ("version", "purposes", "territories", "term_days", "resale_allowed", "export_allowed")


class ReviewInline(ReadOnlyInline):
    model = Review
    fields = ("stage", "decision", "reviewer", "reason", "corrections", "edition", "created_at")


class SubmissionInline(ReadOnlyInline):
    """What was handed in each time: a delta review reads only the changes."""

    model = Submission
    fields = ("round", "submitted_by", "stages", "changes", "answers", "sha256", "edition", "created_at")


class ClockInline(ReadOnlyInline):
    model = ReviewClock
    fields = (
        "kind",
        "stage",
        "working_days",
        "started_at",
        "due_at",
        "paused_at",
        "days_left",
        "stopped_at",
        "in_time",
    )

    @admin.display(description=_("in time"), boolean=True)
    def in_time(self, clock: ReviewClock) -> bool:
        return not clock.is_overdue


class InvitationInline(ReadOnlyInline):
    model = ListingInvitation
    fields = ("invitee", "state", "expires_at", "message", "created_at")


class ClockFilter(admin.SimpleListFilter):
    """Review clocks that run, or have run out."""

    title = _("review clock")
    parameter_name = "clock"
    lookup = "pk"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("overdue", _("overdue")), ("running", _("running"))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        clocks = {"overdue": ReviewClock.objects.overdue, "running": ReviewClock.objects.running}.get(
            self.value() or ""
        )
        return queryset.filter(**{f"{self.lookup}__in": clocks().values("pk")}) if clocks else queryset


class ListingClockFilter(ClockFilter):
    lookup = "clocks"

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        return super().queryset(request, queryset).distinct()  # a listing has several clocks


class DeskFilter(admin.SimpleListFilter):
    """On whose desk a listing under review lies."""

    title = _("desk")
    parameter_name = "desk"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("mine", _("mine")), ("nobody", _("nobody's"))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        if self.value() not in ("mine", "nobody"):
            return queryset
        assignee = actor_in_console(request).person_id if self.value() == "mine" else None
        return queryset.filter(state__in=Listing.UNDER_REVIEW, assignee=assignee)


class CeilingFilter(admin.SimpleListFilter):
    """Listings that cost more than a government-guided ceiling allows."""

    title = _("price")
    parameter_name = "price"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("above_ceiling", _("above a ceiling"))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        return listed_above_ceilings(queryset) if self.value() == "above_ceiling" else queryset


@admin.register(Product)
class ProductAdmin(ConsoleAdmin):
    list_display = ("number", "title", "organization", "product_type", "industry", "source_kind", "state", "created_at")
    list_filter = ("state", "product_type", "source_kind", "personal_data")
    list_select_related = ("organization",)
    search_fields = ("number", "name", "organization__legal_name")
    ordering = ("-id",)
    fieldsets = (
        (
            None,
            {"fields": ("number", "state", "organization", "dataset", "name", "summary", "scenario", "registered_at")},
        ),
        (
            _("What it holds"),
            {
                "fields": (
                    "product_type",
                    "particulars",
                    "deliveries",
                    "industry",
                    "language",
                    "region_scope",
                    "time_from",
                    "time_to",
                    "frequency",
                )
            },
        ),
        (_("Where it comes from"), {"fields": ("source_kind", "rights_matrix", "evidence", "personal_data")}),
        (
            _("Who may buy it"),
            {
                "fields": (
                    "buyer_kinds",
                    "buyer_regions",
                    "buyer_qualifications",
                    "buyer_environment",
                    "resale_allowed",
                    "export_allowed",
                    "sample_rows_public",
                )
            },
        ),
    )
    readonly_fields = ("particulars", "rights_matrix")
    inlines = (PlanInline, TermsInline)

    @admin.display(description=_("name"))
    def title(self, product: Product) -> str:
        return in_language(product.name)

    @admin.display(description=_("particulars of its type"))
    def particulars(self, product: Product) -> str:
        return definitions(shown_type_fields(product_type_rule(product), product.type_fields))

    @admin.display(description=_("rights matrix"))
    def rights_matrix(self, product: Product) -> str:
        return shown_matrix(product)


@admin.register(Listing)
class ListingAdmin(ConsoleAdmin):
    list_display = ("number", "title", "organization", "venue", "state", "stage", "due", "assignee", "approved_by")
    list_filter = ("state", "stage", DeskFilter, "venue", ListingClockFilter, CeilingFilter)
    list_select_related = ("product", "organization", "venue", "assignee", "approved_by")
    search_fields = ("number", "product__number", "product__name", "organization__legal_name")
    ordering = ("-id",)
    inlines = (SubmissionInline, ReviewInline, ClockInline, InvitationInline)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "number",
                    "state",
                    "stage",
                    "assignee",
                    "product",
                    "organization",
                    "venue",
                    "version",
                    "terms",
                    "prices",
                )
            },
        ),
        (_("Four eyes"), {"fields": ("four_eyes", "submitted_by", "submitted_at", "reviewed_by", "approved_by")}),
        (
            _("For whom it is"),
            {
                "fields": (
                    "visibility",
                    "allowed_organizations",
                    "denied_organizations",
                    "allowed_places",
                    "denied_places",
                    "allowed_sectors",
                    "denied_sectors",
                )
            },
        ),
        (
            _("In the catalogue"),
            {
                "fields": (
                    "listed_at",
                    "revision",
                    "name",
                    "summary",
                    "formats",
                    "rows",
                    "bytes",
                    "data_until",
                    "fresh_until",
                    "late_since",
                )
            },
        ),
    )
    readonly_fields = ("prices", "four_eyes")
    actions_detail = (
        "start_review",
        "claim",
        "pass_stage",
        "approve",
        "request_correction",
        "reject",
        "refer",
        "open_ballot",
        "assign",
        "release",
        "suspend",
        "relist",
        "delist",
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        open_clocks = ReviewClock.objects.filter(stopped_at__isnull=True)
        rows = super().get_queryset(request).defer("search")
        return rows.prefetch_related(models.Prefetch("clocks", open_clocks, to_attr="open_clocks"))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[UnfoldAction]:
        """Offer the acts of a stage only to its officers, and the approval only at the last stage."""
        offered = super().get_actions_detail(request, object_id)
        listing = self.get_object(request, object_id)
        if listing is None or not listing.stage:
            return offered
        case, actor = case_of(listing), actor_in_console(request)
        hidden = {"pass_stage" if case.is_last else "approve"}
        hidden |= set() if actor.may(case.stage.permission) else STAGE_ACTS
        hidden |= {"claim"} if listing.assignee_id else {"release"}
        return [each for each in offered if each.method.__name__ not in hidden]

    @admin.display(description=_("name"))
    def title(self, listing: Listing) -> str:
        return in_language(listing.product.name)

    @admin.display(description=_("due"))
    def due(self, listing: Any) -> str:
        for clock in listing.open_clocks:
            if clock.paused_at is not None:
                return _now("paused, %d working days left") % int(clock.days_left)
            day: str = f"{timezone.localtime(clock.due_at):%Y-%m-%d}"
            return _now("%s, overdue") % day if clock.is_overdue else day
        return "-"

    @admin.display(description=_("plans"))
    def prices(self, listing: Listing) -> str:
        return ", ".join(str(plan) for plan in listing.plans.all())

    @admin.display(description=_("who may not approve it"))
    def four_eyes(self, listing: Listing) -> str:
        return four_eyes((listing.submitted_by, listing.reviewed_by))

    @act(_("Take up the review"), permission=Permission.CONSOLE_USE, states={State.SUBMITTED})
    def start_review(self, request: HttpRequest, listing: Listing, actor: Actor, _reason: str) -> None:
        review.start_review(listing_id=listing.pk, actor=actor)

    @act(_("Take onto my desk"), permission=Permission.CONSOLE_USE, states=UNDER_REVIEW)
    def claim(self, request: HttpRequest, listing: Listing, actor: Actor, _reason: str) -> None:
        review_desk.claim(listing_id=listing.pk, actor=actor)

    @act(_("Give to an officer"), permission=Permission.LISTING_ASSIGN, states=UNDER_REVIEW, asks_reason=officers_form)
    def assign(self, request: HttpRequest, listing: Listing, actor: Actor, person_id: str) -> None:
        review_desk.assign(listing_id=listing.pk, person_id=UUID(person_id), actor=actor)

    @act(_("Put back into the queue"), permission=Permission.CONSOLE_USE, states=UNDER_REVIEW)
    def release(self, request: HttpRequest, listing: Listing, actor: Actor, _reason: str) -> None:
        review_desk.release(listing_id=listing.pk, actor=actor)

    @act(_("Pass the stage"), permission=Permission.CONSOLE_USE, states=UNDER_REVIEW, asks_reason=checklist_form)
    def pass_stage(self, request: HttpRequest, listing: Listing, actor: Actor, checklist: dict[str, Any]) -> None:
        review.pass_stage(listing_id=listing.pk, stage=listing.stage, answers=answers_of(checklist), actor=actor)

    @act(_("Approve"), permission=Permission.LISTING_APPROVE, states={State.COMPLIANCE}, asks_reason=checklist_form)
    def approve(self, request: HttpRequest, listing: Listing, actor: Actor, checklist: dict[str, Any]) -> None:
        review.approve(listing_id=listing.pk, answers=answers_of(checklist), actor=actor)

    @act(
        _("Ask for corrections"),
        permission=Permission.CONSOLE_USE,
        states={State.IN_REVIEW, State.COMPLIANCE},
        asks_reason=corrections_form,
    )
    def request_correction(
        self, request: HttpRequest, listing: Listing, actor: Actor, corrections: dict[str, str]
    ) -> None:
        review.request_correction(listing_id=listing.pk, corrections=corrections_of(corrections), actor=actor)

    @act(
        _("Refer to the committee"),
        permission=Permission.CONSOLE_USE,
        states={State.IN_REVIEW, State.COMPLIANCE},
        asks_reason=True,
    )
    def refer(self, request: HttpRequest, listing: Listing, actor: Actor, reason: str) -> None:
        committee.refer(listing_id=listing.pk, reason=reason, actor=actor)

    @act(_("Open the committee's ballot"), permission=Permission.LISTING_ASSIGN, states={State.COMMITTEE})
    def open_ballot(self, request: HttpRequest, listing: Listing, actor: Actor, _reason: str) -> None:
        committee.open_ballot(listing_id=listing.pk, actor=actor)

    @act(
        _("Reject"),
        permission=Permission.CONSOLE_USE,
        states={State.IN_REVIEW, State.COMPLIANCE},
        asks_reason=True,
        danger=True,
    )
    def reject(self, request: HttpRequest, listing: Listing, actor: Actor, reason: str) -> None:
        review.reject(listing_id=listing.pk, reason=reason, actor=actor)

    @act(_("Suspend"), permission=Permission.LISTING_SUSPEND, states={State.LISTED}, asks_reason=True, danger=True)
    def suspend(self, request: HttpRequest, listing: Listing, actor: Actor, reason: str) -> None:
        listing_acts.suspend(listing_id=listing.pk, reason=reason, actor=actor)

    @act(_("Put back"), permission=Permission.LISTING_SUSPEND, states={State.SUSPENDED}, asks_reason=True)
    def relist(self, request: HttpRequest, listing: Listing, actor: Actor, reason: str) -> None:
        listing_acts.relist(listing_id=listing.pk, reason=reason, actor=actor)

    @act(
        _("Delist"),
        permission=Permission.LISTING_SUSPEND,
        states={State.LISTED, State.SUSPENDED},
        asks_reason=True,
        danger=True,
    )
    def delist(self, request: HttpRequest, listing: Listing, actor: Actor, reason: str) -> None:
        listing_acts.delist(listing_id=listing.pk, reason=reason, actor=actor)


@admin.register(ListingInvitation)
class ListingInvitationAdmin(ConsoleAdmin):
    list_display = ("listing", "organization", "invitee", "venue", "state", "expires_at")
    list_filter = ("state", "venue")
    list_select_related = ("listing", "organization", "invitee", "venue")
    search_fields = ("listing__number", "organization__legal_name", "invitee__legal_name")
    ordering = ("-id",)


@admin.register(Plan)
class PlanAdmin(ConsoleAdmin):
    list_display = ("product", "kind", "price", "organization", "created_at")
    list_filter = ("kind", "currency")
    list_select_related = ("product", "organization")
    search_fields = ("product__number", "organization__legal_name")
    ordering = ("-id",)
    fields = ("product", "organization", "name", "kind", "price", "created_at")
    readonly_fields = ("price",)


@admin.register(Terms)
class TermsAdmin(ConsoleAdmin):
    list_display = ("product", "version", "purposes", "territories", "term_days", "organization", "created_at")
    list_select_related = ("product", "organization")
    search_fields = ("product__number", "organization__legal_name")
    ordering = ("-id",)


@admin.register(Submission)
class SubmissionAdmin(ConsoleAdmin):
    list_display = ("listing", "round", "submitted_by", "edition", "venue", "created_at")
    list_filter = ("venue",)
    list_select_related = ("listing", "submitted_by", "venue")
    search_fields = ("listing__number", "submitted_by__name")
    ordering = ("-id",)


@admin.register(Review)
class ReviewAdmin(ConsoleAdmin):
    list_display = ("listing", "stage", "decision", "reviewer", "edition", "venue", "created_at")
    list_filter = ("stage", "decision", "venue")
    list_select_related = ("listing", "reviewer", "venue")
    search_fields = ("listing__number", "reviewer__name")
    ordering = ("-id",)


@admin.register(ReviewClock)
class ReviewClockAdmin(ConsoleAdmin):
    list_display = ("listing", "kind", "venue", "due_at", "paused_at", "stopped_at")
    list_filter = (ClockFilter, "kind", "venue")
    list_select_related = ("listing", "venue")
    search_fields = ("listing__number",)
    ordering = ("due_at",)
