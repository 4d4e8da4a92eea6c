"""Escrow holds, settlements with their lines, and the fee schedules."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kernel.console import ConsoleAdmin, ReadOnlyInline
from settlements.models import EscrowHold, FeeSchedule, Settlement, SettlementLine


@admin.register(EscrowHold)
class EscrowHoldAdmin(ConsoleAdmin):
    list_display = ("order_id", "venue", "payer", "shown_amount", "state", "created_at")
    list_filter = ("state", "venue", "currency")
    list_select_related = ("venue", "payer")
    search_fields = ("order_id", "payer__legal_name", "payer__identifier")
    ordering = ("-id",)
    fields = ("order_id", "venue", "payer", "shown_amount", "state", "created_at")
    readonly_fields = ("shown_amount",)

    @admin.display(description=_("amount"))
    def shown_amount(self, hold: EscrowHold) -> str:
        return str(hold.amount)


class LineInline(ReadOnlyInline):
    model = SettlementLine
    show_change_link = False
    fields = ("payee", "organization", "shown_rate", "shown_amount", "schedule")

    def get_queryset(self, request: HttpRequest) -> Any:
        return SettlementLine.objects.select_related("organization", "schedule")

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
    fields = ("order_id", "venue", "hold", "provider", "broker", "shown_gross", "created_at")
    readonly_fields = ("shown_gross",)
    inlines = (LineInline,)

    @admin.display(description=_("gross"))
    def shown_gross(self, settlement: Settlement) -> str:
        return str(settlement.gross)


@admin.register(FeeSchedule)
class FeeScheduleAdmin(ConsoleAdmin):
    list_display = ("venue", "payee", "currency", "valid_from", "shown_rate", "shown_minimum", "shown_cap", "verified")
    list_filter = ("venue", "payee", "currency", "verified")
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
