"""Subscriptions and the versions that they brought or wait for, for the venue's staff."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from kernel.console import ConsoleAdmin, ReadOnlyInline
from marketplace.models import NewVersion, PlanChange, Subscription


class NewVersionInline(ReadOnlyInline):
    model = NewVersion
    fields = ("version", "since", "hindrance", "delivery", "created_at")


class PlanChangeInline(ReadOnlyInline):
    model = PlanChange
    fields = ("number", "plan", "at_once", "state", "created_at")


@admin.register(Subscription)
class SubscriptionAdmin(ConsoleAdmin):
    list_display = (
        "agreement",
        "product",
        "organization",
        "provider",
        "venue",
        "included",
        "policy",
        "cycle",
        "shown_price",
        "renews",
        "created_at",
    )
    list_filter = ("policy", "included", "cycle", "renews", "venue")
    list_select_related = ("agreement", "product", "organization", "provider", "venue")
    search_fields = ("agreement__number", "product__number", "organization__legal_name", "provider__legal_name")
    ordering = ("-id",)
    fields = (
        ("agreement", "venue"),
        ("organization", "provider"),
        "product",
        "included",
        ("policy", "target"),
        ("plan", "shown_price", "cycle", "term_starts_at"),
        ("renews", "ending_reason"),
        "created_at",
    )
    readonly_fields = ("shown_price",)
    inlines = (PlanChangeInline, NewVersionInline)

    @admin.display(description=_("price of a term"), ordering="price_minor")
    def shown_price(self, subscription: Subscription) -> str:
        return str(subscription.price)


@admin.register(PlanChange)
class PlanChangeAdmin(ConsoleAdmin):
    list_display = ("number", "subscription", "organization", "venue", "plan", "at_once", "shown_due", "state")
    list_filter = ("state", "at_once", "venue")
    list_select_related = ("subscription__agreement", "organization", "venue", "plan")
    search_fields = ("number", "subscription__agreement__number", "organization__legal_name", "provider__legal_name")
    ordering = ("-id",)
    fields = (
        ("number", "state", "at_once"),
        ("subscription", "venue"),
        ("organization", "provider"),
        ("plan", "cycle", "included"),
        ("term_starts_at", "term_ends_at", "expires_at", "decided_at"),
        ("shown_due", "charge"),
        "body",
        ("sha256", "sm3"),
    )
    readonly_fields = ("shown_due",)

    @admin.display(description=_("due"), ordering="gross_minor")
    def shown_due(self, change: PlanChange) -> str:
        return str(change.gross)


@admin.register(NewVersion)
class NewVersionAdmin(ConsoleAdmin):
    list_display = (
        "subscription",
        "version",
        "organization",
        "provider",
        "venue",
        "hindrance",
        "delivery",
        "created_at",
    )
    list_filter = ("hindrance", "venue")
    list_select_related = (
        "subscription__agreement",
        "version__dataset",
        "organization",
        "provider",
        "venue",
        "delivery",
    )
    search_fields = ("subscription__agreement__number", "organization__legal_name", "provider__legal_name")
    ordering = ("-id",)
    fields = (
        ("subscription", "venue"),
        ("organization", "provider"),
        ("version", "since"),
        "hindrance",
        "delivery",
        "changes",
    )
