"""Invoices in the console: those to be issued by hand, their numbers, refusals and red letters."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminTextInputWidget

from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, act
from settlements import invoices
from settlements.models import Invoice


class IssuedForm(forms.Form):
    """Under which number the tax office's service issued it, and when."""

    official_number = forms.CharField(
        label=_("Number of the invoice"), max_length=40, widget=UnfoldAdminTextInputWidget()
    )
    issued_on = forms.DateField(label=_("Issued on"), widget=UnfoldAdminDateWidget())


@admin.register(Invoice)
class InvoiceAdmin(ConsoleAdmin):
    list_display = ("number", "venue", "organization", "buyer", "form", "shown_amount", "state", "created_at")
    list_filter = ("state", "form", "venue")
    list_select_related = ("venue", "organization", "buyer")
    search_fields = ("number", "official_number", "title", "tax_number")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("number", "venue", "organization", "buyer", "state", "corrects", "reason")}),
        (
            _("What it says"),
            {"fields": ("form", "title", "tax_number", "address", "item", "shown_amount", "shown_tax", "rate")},
        ),
        (_("Payment"), {"fields": ("source", "source_id", "payee", "payer")}),
        (_("Outcome"), {"fields": ("filed_at", "official_number", "issued_on", "decided_by", "refusal")}),
    )
    readonly_fields = ("shown_amount", "shown_tax")
    actions_detail = ("issue", "refuse", "take_back")

    @admin.display(description=_("amount"))
    def shown_amount(self, invoice: Invoice) -> str:
        return f"{'–' if invoice.corrects_id else ''}{invoice.amount}"

    @admin.display(description=_("tax"))
    def shown_tax(self, invoice: Invoice) -> str:
        return str(invoice.tax)

    @act(
        _("Enter the number"),
        permission=Permission.INVOICE_ISSUE,
        states={Invoice.State.REQUESTED},
        asks_reason=IssuedForm,
    )
    def issue(self, request: HttpRequest, invoice: Invoice, actor: Actor, said: dict[str, Any]) -> None:
        invoices.issue_invoice(invoice_id=invoice.pk, **said, actor=actor)

    @act(
        _("Refuse"),
        permission=Permission.INVOICE_ISSUE,
        states={Invoice.State.REQUESTED},
        asks_reason=True,
        danger=True,
    )
    def refuse(self, request: HttpRequest, invoice: Invoice, actor: Actor, reason: str) -> None:
        invoices.refuse_invoice(invoice_id=invoice.pk, reason=reason, actor=actor)

    @act(
        _("Ask for a red letter"),
        permission=Permission.INVOICE_ISSUE,
        states={Invoice.State.ISSUED},
        asks_reason=True,
        danger=True,
    )
    def take_back(self, request: HttpRequest, invoice: Invoice, actor: Actor, reason: str) -> None:
        invoices.take_back(invoice_id=invoice.pk, reason=reason, actor=actor)
