"""Escrow holds, settlements with their lines, and the fee schedules."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, ReadOnlyInline, act, actor_in_console
from kernel.problems import Problem
from settlements import waivers
from settlements.admin.books import transfers_of
from settlements.admin.forms import GrantWaiverForm
from settlements.models import EscrowHold, FeeSchedule, FeeWaiver, Settlement, SettlementLine


@admin.register(EscrowHold)
class EscrowHoldAdmin(ConsoleAdmin):
    list_display = ("order_id", "venue", "payer", "shown_amount", "state", "created_at")
    list_filter = ("state", "venue", "currency")
    list_select_related = ("venue", "payer")
    search_fields = ("order_id", "payer__legal_name", "payer__identifier")
    ordering = ("-id",)
    fields = ("order_id", "venue", "payer", "shown_amount", "state", "its_transfers", "created_at")
    readonly_fields = ("shown_amount", "its_transfers")

    @admin.display(description=_("transfers"))
    def its_transfers(self, hold: EscrowHold) -> SafeString:
        return transfers_of(hold.order_id)

    @admin.display(description=_("amount"))
    def shown_amount(self, hold: EscrowHold) -> str:
        return str(hold.amount)


class LineInline(ReadOnlyInline):
    model = SettlementLine
    show_change_link = False
    fields = ("payee", "payer", "organization", "tax", "shown_rate", "shown_amount", "schedule", "waiver")

    def get_queryset(self, request: HttpRequest) -> Any:
        return SettlementLine.objects.select_related("organization", "schedule", "waiver")

    @admin.display(description=_("rate"))
    def shown_rate(self, line: SettlementLine) -> str:
        return f"{line.rate_ppm / 10_000:g} %" if line.rate_ppm else "–"

    @admin.display(description=_("amount"))
    def shown_amount(self, line: SettlementLine) -> str:
        return str(line.amount)


@admin.register(Settlement)
class SettlementAdmin(ConsoleAdmin):
    list_display = ("order_id", "venue", "provider", "broker", "shown_gross", "created_at")
    list_filter = ("venue", "currency")
    list_select_related = ("venue", "provider", "broker")
    search_fields = ("order_id", "provider__legal_name", "provider__identifier")
    ordering = ("-id",)
    fields = ("order_id", "venue", "hold", "provider", "broker", "shown_gross", "its_transfers", "created_at")
    readonly_fields = ("shown_gross", "its_transfers")
    inlines = (LineInline,)

    @admin.display(description=_("transfers"))
    def its_transfers(self, settlement: Settlement) -> SafeString:
        return transfers_of(settlement.order_id)

    @admin.display(description=_("gross"))
    def shown_gross(self, settlement: Settlement) -> str:
        return str(settlement.gross)


@admin.register(FeeSchedule)
class FeeScheduleAdmin(ConsoleAdmin):
    list_display = (
        "venue",
        "payee",
        "payer",
        "currency",
        "product_type",
        "origin",
        "valid_from",
        "valid_until",
        "shown_rate",
        "shown_minimum",
        "shown_cap",
        "verified",
    )
    list_filter = ("venue", "payee", "payer", "currency", "product_type", "origin", "verified")
    list_select_related = ("venue",)
    search_fields = ("source",)
    ordering = ("-valid_from", "-id")
    fields = (*list_display, "source")
    readonly_fields = ("shown_rate", "shown_minimum", "shown_cap")

    @admin.display(description=_("rate"))
    def shown_rate(self, schedule: FeeSchedule) -> str:
        return f"{schedule.rate_ppm / 10_000:g} %"

    @admin.display(description=_("minimum"))
    def shown_minimum(self, schedule: FeeSchedule) -> str:
        return str(schedule.minimum)

    @admin.display(description=_("cap"))
    def shown_cap(self, schedule: FeeSchedule) -> str:
        return str(schedule.cap or "–")


@admin.register(FeeWaiver)
class FeeWaiverAdmin(ConsoleAdmin):
    list_display = ("venue", "organization", "product_type", "shown_share", "valid_from", "valid_until", "granted_by")
    list_filter = ("venue", "product_type")
    list_select_related = ("venue", "organization", "granted_by")
    search_fields = ("reason", "organization__legal_name", "organization__identifier")
    ordering = ("-id",)
    fields = (*list_display, "reason", "created_at")
    readonly_fields = ("shown_share",)
    actions_list = ("grant",)
    actions_detail = ("end",)

    def has_grant_permission(self, request: HttpRequest) -> bool:
        return actor_in_console(request).may(Permission.FEES_MANAGE)

    @admin.display(description=_("waived"))
    def shown_share(self, waiver: FeeWaiver) -> str:
        return f"{waiver.waived_ppm / 10_000:g} %"

    @action(description=_("Grant a waiver"), url_path="grant", permissions=["grant"])  # type: ignore[untyped-decorator]
    def grant(self, request: HttpRequest) -> HttpResponse:
        """Ask for the waiver, grant it, and show the row."""
        form = GrantWaiverForm(request.POST or None, actor=actor_in_console(request))
        if request.method == "POST" and form.is_valid():
            try:
                waiver = waivers.grant_waiver(**form.granted(), actor=actor_in_console(request))
            except Problem as problem:
                messages.error(request, " ".join(map(str, (problem.detail, *(e.detail for e in problem.errors)))))
            else:
                messages.success(request, _now("The waiver is granted."))
                return HttpResponseRedirect(reverse("admin:settlements_feewaiver_change", args=[waiver.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Grant a waiver"),
            "opts": self.model._meta,
            "form": form,
            "note": _("It counts for what is ordered from its first day on; what was agreed before stays."),
            "back": reverse("admin:settlements_feewaiver_changelist"),
        }
        return TemplateResponse(request, "settlements/ask.html", context)

    @act(_("End today"), permission=Permission.FEES_MANAGE, asks_reason=True, danger=True)
    def end(self, request: HttpRequest, waiver: FeeWaiver, actor: Actor, reason: str) -> None:
        waivers.end_waiver(waiver_id=waiver.pk, reason=reason, actor=actor)
