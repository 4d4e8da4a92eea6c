"""Accounts with what they hold, transfers with their entries, and the trial balance above them."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.apps import apps
from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.models import Venue
from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, ReadOnlyInline, act, actor_in_console
from kernel.console_display import NOTHING, address_of
from kernel.money import Currency, grouped
from settlements import books, corrections
from settlements.models import Account, Entry, Transfer

MOST_PARTS = 20  # in which an order is settled: as many as a plan has milestones (listings/milestones.py)
# What the first word of a transfer's reference says that its second names.
SUBJECTS = {
    "award": "marketplace.dispute",
    "bank_correction": "settlements.bankbreak",
    "charge": "marketplace.charge",
    "correction": "settlements.correction",
    "deposit": "settlements.deposit",
    "exchange": "settlements.exchangequote",
    "forfeit": "marketplace.order",
    "hold": "marketplace.order",
    "payout": "settlements.payout",
    "payout_paid": "settlements.payout",
    "payout_refused": "settlements.payout",
    "payout_rejected": "settlements.payout",
    "payout_returned": "settlements.payout",
    "refund": "marketplace.order",
    "settlement": "marketplace.order",
    "voucher_clawback": "settlements.voucherclawback",
    "voucher_funded": "settlements.voucherprogramme",
    "voucher_paid": "marketplace.order",
    "voucher_released": "marketplace.order",
    "voucher_reserved": "marketplace.order",
    "voucher_returned": "settlements.voucherprogramme",
}


def entries_address(**filters: str) -> str:
    """Return the address of the list of the entries behind a figure."""
    return f"{reverse('admin:settlements_entry_changelist')}?{urlencode(filters)}"


def transfers_of(key: object) -> SafeString:
    """Link the transfers of an order, a charge, a deposit or a payout: their references name it."""
    address = f"{reverse('admin:settlements_transfer_changelist')}?{urlencode({'q': str(key)})}"
    return format_html('<a class="underline" href="{}">{}</a>', address, _now("with their entries"))


class LeadsToTransfers(ConsoleAdmin):
    """Pages that link their row's transfers, `its_transfers`, to those who may read the ledger."""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[tuple[Any, dict[str, Any]]]:
        may_read = actor_in_console(request).may(Permission.LEDGER_READ)
        return [
            (title, {**said, "fields": [name for name in said["fields"] if may_read or name != "its_transfers"]})
            for title, said in super().get_fieldsets(request, obj)
        ]


def entries_of(venue: Venue, kind: Account.Kind, currency: Currency) -> str:
    """Return the address of the entries of a venue's accounts of a kind, which sum to a line of the trial balance."""
    return entries_address(
        venue__id__exact=str(venue.pk), account__kind__exact=kind.value, currency__exact=currency.value
    )


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
        venue_ids = actor_in_console(request).venue_ids
        venues = {venue.code: venue for venue in Venue.objects.filter(pk__in=venue_ids)}
        rows = books.standings(venue_ids)
        trial = {
            "rows": [
                (
                    str(venues[row.venue]),
                    row.currency,
                    row.kind.label,
                    grouped(row.minor),
                    entries_of(venues[row.venue], row.kind, row.currency),
                )
                for row in rows
            ],
            "totals": [(currency, grouped(minor), minor == 0) for currency, minor in books.totals(rows).items()],
        }
        response: HttpResponse = super().changelist_view(request, {**(extra_context or {}), "trial": trial})
        return response

    @admin.display(description=_("balance"))
    def shown_balance(self, account: Account) -> SafeString:
        address = entries_address(account__id__exact=str(account.pk))
        return format_html('<a class="text-link" href="{}">{}</a>', address, grouped(account.holds.minor))

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
        address = entries_address(account__id__exact=str(account.pk))
        return format_html('<a class="underline" href="{}">{}</a>', address, _now("newest first"))


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
    list_display = ("created_at", "kind", "venue", "memo")
    list_filter = ("venue", "kind")
    fields = ("created_at", "kind", "subject", "reference", "venue", "legs", "memo")
    readonly_fields = ("subject",)
    list_select_related = ("venue",)
    search_fields = ("reference", "memo")
    ordering = ("-id",)
    inlines = (EntryInline,)
    actions_detail = ("take_back",)

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """Find the transfers of a row by its id through the index of references, without reading all of them."""
        try:
            key = UUID(search_term.strip())
        except ValueError:
            return super().get_search_results(request, queryset, search_term)
        parts = (f"settlement:{key}:{part}" for part in range(2, MOST_PARTS + 1))
        return queryset.filter(reference__in=[*(f"{act}:{key}" for act in SUBJECTS), *parts]), False

    @admin.display(description=_("because of"))
    def subject(self, transfer: Transfer) -> SafeString | str:
        """Link what the reference names, where that has a page."""
        act, _colon, key = transfer.reference.partition(":")
        model = apps.get_model(SUBJECTS[act]) if act in SUBJECTS else None
        row = model._default_manager.filter(pk=key).first() if model is not None else None
        address = address_of(model, key) if row is not None else None
        if row is None or address is None:
            return NOTHING
        return format_html('<a class="text-link" href="{}">{} {}</a>', address, row._meta.verbose_name, row)

    @act(_("Propose to take back"), permission=Permission.LEDGER_CORRECT, asks_reason=True)
    def take_back(self, request: HttpRequest, transfer: Transfer, actor: Actor, reason: str) -> None:
        corrections.propose_correction(transfer_id=transfer.pk, reason=reason, actor=actor)


@admin.register(Entry)
class EntryAdmin(ConsoleAdmin):
    list_display = ("created_at", "account", "owner", "shown_amount", "shown_balance_after", "because_of", "memo")
    list_filter = ("venue", "account__kind", "currency")
    list_select_related = ("account__organization", "transfer")
    search_fields = ("transfer__reference", "account__id")

    ordering = ("-id",)
    fields = ("transfer", "position", "account", "owner", "shown_amount", "shown_balance_after", "venue", "created_at")
    readonly_fields = ("owner", "shown_amount", "shown_balance_after")

    @admin.display(description=_("owner"))
    def owner(self, entry: Entry) -> str:
        return str(entry.account.organization or "–")

    @admin.display(description=_("transfer"))
    def because_of(self, entry: Entry) -> SafeString:
        address = reverse("admin:settlements_transfer_change", args=[entry.transfer_id])
        return format_html('<a class="text-link" href="{}">{}</a>', address, entry.transfer.get_kind_display())

    @admin.display(description=_("memo"))
    def memo(self, entry: Entry) -> str:
        return entry.transfer.memo or "–"

    @admin.display(description=_("amount"))
    def shown_amount(self, entry: Entry) -> str:
        return str(entry.amount)

    @admin.display(description=_("balance after it"))
    def shown_balance_after(self, entry: Entry) -> str:
        return str(entry.balance_after or "–")
