"""Accounts with what they hold, transfers with their entries, and the trial balance above them."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, ReadOnlyInline, act, actor_in_console
from kernel.money import grouped
from settlements import books, corrections
from settlements.models import Account, Entry, Transfer


@admin.register(Account)
class AccountAdmin(ConsoleAdmin):
    list_display = ("kind", "venue", "organization", "currency", "shown_balance")
    list_filter = ("venue", "kind", "currency")
    list_select_related = ("venue", "organization")
    search_fields = ("id", "organization__legal_name", "organization__identifier")
    ordering = ("-id",)
    fields = ("kind", "venue", "organization", "currency", "shown_balance", "created_at", "statements", "its_entries")
    readonly_fields = ("shown_balance", "statements", "its_entries")
    list_before_template = "settlements/trial_balance.html"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return super().get_queryset(request).with_balance()  # type: ignore[attr-defined, no-any-return]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        rows = books.standings(actor_in_console(request).venue_ids)
        trial = {
            "rows": [(row.venue, row.currency, row.kind.label, grouped(row.minor)) for row in rows],
            "totals": [(currency, grouped(minor), minor == 0) for currency, minor in books.totals(rows).items()],
        }
        response: HttpResponse = super().changelist_view(request, {**(extra_context or {}), "trial": trial})
        return response

    @admin.display(description=_("balance"))
    def shown_balance(self, account: Account) -> str:
        return grouped(account.holds.minor)

    @admin.display(description=_("statements"))
    def statements(self, account: Account) -> SafeString:
        """Link the statements of this month, of the last one and of all days."""
        this_month = timezone.now().astimezone(account.venue.zone).date().replace(day=1)
        before = this_month - timedelta(days=1)
        spans: tuple[tuple[str, dict[str, date]], ...] = (
            (f"{this_month:%Y-%m}", {"first_day": this_month}),
            (f"{before:%Y-%m}", {"first_day": before.replace(day=1), "last_day": before}),
            (_now("all days"), {}),
        )
        links = (
            (name, reverse(f"statement-{ending}", args=[account.pk]), urlencode(days), ending.upper())
            for name, days in spans
            for ending in ("csv", "xlsx", "pdf")
        )
        return format_html_join(" · ", '<a class="underline" href="{1}?{2}">{0} {3}</a>', links)

    @admin.display(description=_("entries"))
    def its_entries(self, account: Account) -> SafeString:
        address = reverse("admin:settlements_entry_changelist")
        return format_html(
            '<a class="underline" href="{}?account__id__exact={}">{}</a>', address, account.pk, _now("newest first")
        )


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
    actions_detail = ("take_back",)

    @act(_("Propose to take back"), permission=Permission.LEDGER_CORRECT, asks_reason=True)
    def take_back(self, request: HttpRequest, transfer: Transfer, actor: Actor, reason: str) -> None:
        corrections.propose_correction(transfer_id=transfer.pk, reason=reason, actor=actor)


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
