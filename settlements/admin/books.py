"""Accounts with what they hold, transfers with their entries, and the trial balance above them."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from kernel.console import ConsoleAdmin, ReadOnlyInline, actor_in_console
from kernel.money import format_amount
from settlements import books
from settlements.models import Account, Entry, Transfer


@admin.register(Account)
class AccountAdmin(ConsoleAdmin):
    list_display = ("kind", "venue", "organization", "currency", "shown_balance")
    list_filter = ("venue", "kind", "currency")
    list_select_related = ("venue", "organization")
    search_fields = ("id", "organization__legal_name", "organization__identifier")
    ordering = ("-id",)
    fields = ("kind", "venue", "organization", "currency", "shown_balance", "created_at")
    readonly_fields = ("shown_balance",)
    list_before_template = "settlements/trial_balance.html"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return super().get_queryset(request).with_balance()  # type: ignore[attr-defined, no-any-return]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        rows = books.standings(actor_in_console(request).venue_ids)
        trial = {
            "rows": [(row.venue, row.currency, row.kind.label, format_amount(row.minor)) for row in rows],
            "totals": [(currency, format_amount(minor), minor == 0) for currency, minor in books.totals(rows).items()],
        }
        response: HttpResponse = super().changelist_view(request, {**(extra_context or {}), "trial": trial})
        return response

    @admin.display(description=_("balance"))
    def shown_balance(self, account: Account) -> str:
        return format_amount(account.holds.minor)


class EntryInline(ReadOnlyInline):
    model = Entry
    fields = ("position", "account", "shown_amount", "shown_balance_after")
    ordering = ("position",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return Entry.objects.visible_to(actor_in_console(request)).select_related("account")

    @admin.display(description=_("amount"))
    def shown_amount(self, entry: Entry) -> str:
        return str(entry.amount)

    @admin.display(description=_("balance after it"))
    def shown_balance_after(self, entry: Entry) -> str:
        return str(entry.balance_after or "–")


@admin.register(Transfer)
class TransferAdmin(ConsoleAdmin):
    list_display = ("created_at", "kind", "reference", "venue", "memo")
    list_filter = ("venue", "kind")
    list_select_related = ("venue",)
    search_fields = ("reference", "memo")
    ordering = ("-id",)
    inlines = (EntryInline,)


@admin.register(Entry)
class EntryAdmin(ConsoleAdmin):
    list_display = ("created_at", "account", "owner", "shown_amount", "shown_balance_after", "transfer")
    list_filter = ("venue", "currency")
    list_select_related = ("account__organization", "transfer")
    search_fields = ("transfer__reference", "account__id")
    ordering = ("-id",)
    fields = ("transfer", "position", "account", "owner", "shown_amount", "shown_balance_after", "venue", "created_at")
    readonly_fields = ("owner", "shown_amount", "shown_balance_after")

    @admin.display(description=_("owner"))
    def owner(self, entry: Entry) -> str:
        return str(entry.account.organization or "–")

    @admin.display(description=_("amount"))
    def shown_amount(self, entry: Entry) -> str:
        return str(entry.amount)

    @admin.display(description=_("balance after it"))
    def shown_balance_after(self, entry: Entry) -> str:
        return str(entry.balance_after or "–")
