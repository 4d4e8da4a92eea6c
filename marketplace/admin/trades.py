"""The console's view of trades: every row findable, changed only by acts that call the capability functions."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from kernel.actors import Actor
from kernel.console import ConsoleAdmin, ReadOnlyInline, act, actor_in_console
from kernel.languages import in_language
from marketplace import demands, entitlements
from marketplace.access_log import access_log, shown_accesses
from marketplace.models import (
    AccessGrant,
    Agreement,
    Delivery,
    Demand,
    Entitlement,
    MarkedFile,
    Milestone,
    Order,
    Proposal,
    UsageRecord,
)
from settlements.admin.books import LeadsToTransfers, transfers_of

SHOWN = 50  # accesses on an agreement's page


class AgreementInline(ReadOnlyInline):
    model = Agreement
    fields = ("number", "state", "sha256", "expires_at")


class DeliveryInline(ReadOnlyInline):
    model = Delivery
    fields = ("number", "kind", "state", "delivered_at", "accept_by", "decided_at", "rejection_reason")
    ordering = ("number",)


class MilestoneInline(ReadOnlyInline):
    model = Milestone
    show_change_link = False
    fields = (
        "number",
        "shown_title",
        "shown_amount",
        "due_at",
        "state",
        "note",
        "evidence_sha256",
        "accept_by",
        "refusal",
    )
    readonly_fields = ("shown_title", "shown_amount")
    ordering = ("number",)

    @admin.display(description=_("title"))
    def shown_title(self, milestone: Milestone) -> str:
        return in_language(milestone.title)

    @admin.display(description=_("amount"))
    def shown_amount(self, milestone: Milestone) -> str:
        return str(milestone.amount)


class AccessGrantInline(ReadOnlyInline):
    model = AccessGrant
    fields = ("file", "reads", "bytes_served", "first_read_at", "last_read_at", "expires_at")


@admin.register(Order)
class OrderAdmin(LeadsToTransfers):
    list_display = ("number", "venue", "state", "buyer", "provider", "price", "created_at")
    list_filter = ("state", "venue")
    list_select_related = ("venue", "buyer", "provider")
    search_fields = ("number", "listing__number", "buyer__legal_name", "provider__legal_name")
    ordering = ("-id",)
    fields = (
        "number",
        "state",
        "venue",
        "buyer",
        "provider",
        "broker",
        "listing",
        "plan",
        "price",
        "its_transfers",
        "purpose",
        "placed_by",
        "created_at",
    )
    readonly_fields = ("price", "its_transfers")
    inlines = (AgreementInline, DeliveryInline, MilestoneInline)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Let the page of a provider's earnings lead to the orders of a product."""
        return lookup == "listing__product__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("price"), ordering="gross_minor")
    def price(self, order: Order) -> str:
        return str(order.gross)

    @admin.display(description=_("transfers"))
    def its_transfers(self, order: Order) -> SafeString:
        return transfers_of(order.pk)


@admin.register(Agreement)
class AgreementAdmin(ConsoleAdmin):
    list_display = ("number", "order", "state", "sha256", "expires_at")
    list_filter = ("state", "venue")
    list_select_related = ("order",)
    search_fields = ("number", "order__number", "sha256")
    ordering = ("-id",)
    change_form_after_template = "marketplace/access_log.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the latest accesses below the agreement; all of them can be taken away as a file."""
        log = access_log(actor_in_console(request)).narrowed(agreement=object_id)
        shown = {"accesses": shown_accesses(log[:SHOWN]), "agreement_id": object_id}
        response: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})
        return response


@admin.register(MarkedFile)
class MarkedFileAdmin(ConsoleAdmin):
    list_display = ("delivery", "file", "organization", "size", "created_at")
    list_filter = ("venue",)
    list_select_related = ("delivery__order", "file", "organization", "venue")
    search_fields = ("organization__legal_name", "sha256")
    ordering = ("-id",)
    fields = (("delivery", "file"), ("organization", "venue"), ("anchor", "carriers", "every"), "size", "sha256", "sm3")


@admin.register(UsageRecord)
class UsageRecordAdmin(ConsoleAdmin):
    list_display = ("entitlement", "organization", "provider", "venue", "kind", "units", "created_at")
    list_filter = ("kind", "venue")
    list_select_related = ("entitlement__agreement", "organization", "provider", "venue")
    search_fields = ("nonce", "organization__legal_name", "provider__legal_name")
    ordering = ("-id",)
    fields = (("entitlement", "venue"), ("organization", "provider"), ("kind", "units"), "nonce", "subject_id")


@admin.register(Entitlement)
class EntitlementAdmin(ConsoleAdmin):
    list_display = ("agreement", "organization", "provider", "venue", "state", "expires_at")
    list_filter = ("state", "venue")
    list_select_related = ("agreement", "organization", "provider", "venue")
    search_fields = ("agreement__number", "organization__legal_name", "provider__legal_name")
    ordering = ("-id",)
    actions_detail = ("suspend", "resume", "revoke")

    @act(_("Suspend"), permission="entitlement.suspend", states={Entitlement.State.ACTIVE}, asks_reason=True)
    def suspend(self, request: HttpRequest, entitlement: Entitlement, actor: Actor, reason: str) -> None:
        entitlements.suspend_entitlement(entitlement_id=entitlement.id, reason=reason, actor=actor)

    @act(_("Resume"), permission="entitlement.suspend", states={Entitlement.State.SUSPENDED}, asks_reason=True)
    def resume(self, request: HttpRequest, entitlement: Entitlement, actor: Actor, reason: str) -> None:
        entitlements.resume_entitlement(entitlement_id=entitlement.id, reason=reason, actor=actor)

    @act(
        _("Revoke"),
        permission="entitlement.suspend",
        states={Entitlement.State.ACTIVE, Entitlement.State.SUSPENDED},
        asks_reason=True,
        danger=True,
    )
    def revoke(self, request: HttpRequest, entitlement: Entitlement, actor: Actor, reason: str) -> None:
        entitlements.revoke_entitlement(entitlement_id=entitlement.id, reason=reason, actor=actor)


@admin.register(Delivery)
class DeliveryAdmin(ConsoleAdmin):
    list_display = ("order", "kind", "organization", "venue", "state", "delivered_at", "accept_by", "decided_at")
    list_filter = ("kind", "state", "venue")
    list_select_related = ("order", "organization", "venue")
    search_fields = ("order__number", "organization__legal_name")
    ordering = ("-id",)
    inlines = (AccessGrantInline,)


class ProposalInline(ReadOnlyInline):
    model = Proposal
    fields = ("organization", "capacity", "state", "listing", "price", "valid_until")

    @admin.display(description=_("price"))
    def price(self, proposal: Proposal) -> str:
        return str(proposal.price)


@admin.register(Demand)
class DemandAdmin(ConsoleAdmin):
    list_display = ("number", "shown_title", "venue", "state", "buyer", "industry", "deadline", "order")
    list_filter = ("state", "venue", "confidentiality", "product_type")
    list_select_related = ("venue", "buyer", "order")
    search_fields = ("number", "title", "buyer__legal_name")
    ordering = ("-id",)
    inlines = (ProposalInline,)
    actions_detail = ("publish", "reject")
    fieldsets = (
        (None, {"fields": ("number", "state", "venue", "buyer", "posted_by", "published_at", "order")}),
        (_("What is wanted"), {"fields": ("title", "description", "industry", "product_type", "wanted_fields")}),
        (
            _("How it is wanted"),
            {
                "fields": (
                    "purpose",
                    "personal_data",
                    "shown_budget",
                    "budget_public",
                    "deadline",
                    "destination",
                    "delivery",
                    "confidentiality",
                )
            },
        ),
    )
    readonly_fields = ("shown_budget",)

    @admin.display(description=_("title"))
    def shown_title(self, demand: Demand) -> str:
        return in_language(demand.title)

    @admin.display(description=_("budget"))
    def shown_budget(self, demand: Demand) -> str:
        return str(demand.budget or "-")

    @act(_("Publish"), permission="demand.review", states={Demand.State.IN_REVIEW})
    def publish(self, request: HttpRequest, demand: Demand, actor: Actor, _reason: str) -> None:
        demands.publish_demand(demand_id=demand.id, actor=actor)

    @act(_("Reject"), permission="demand.review", states={Demand.State.IN_REVIEW}, asks_reason=True, danger=True)
    def reject(self, request: HttpRequest, demand: Demand, actor: Actor, reason: str) -> None:
        demands.reject_demand(demand_id=demand.id, reason=reason, actor=actor)


@admin.register(Proposal)
class ProposalAdmin(ConsoleAdmin):
    list_display = ("demand", "organization", "capacity", "venue", "state", "price", "valid_until")
    list_filter = ("state", "capacity", "venue")
    list_select_related = ("demand", "organization", "venue")
    search_fields = ("demand__number", "organization__legal_name", "listing__number")
    ordering = ("-id",)
    fields = (
        "demand",
        "organization",
        "capacity",
        "venue",
        "state",
        "listing",
        "plan",
        "draft",
        "price",
        "delivery",
        "delivery_days",
        "message",
        "valid_until",
        "made_by",
        "created_at",
    )
    readonly_fields = ("price",)

    @admin.display(description=_("price"), ordering="price_minor")
    def price(self, proposal: Proposal) -> str:
        return str(proposal.price)
