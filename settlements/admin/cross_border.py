"""Payments abroad in the console: tax-filing records, and what each payment carried."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminTextInputWidget

from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, act
from kernel.console_display import four_eyes
from kernel.money import grouped
from kernel.problems import Problem
from settlements import tax_filings
from settlements.models import CrossBorderPayment, PayoutPart, TaxFiling


class TaxFilingForm(forms.Form):
    """The record as the tax office gave it, and the digest of its file."""

    number = forms.CharField(max_length=30, label=_("Number of the filing"), widget=UnfoldAdminTextInputWidget())
    document_sha256 = forms.CharField(
        max_length=64, label=_("SHA-256 of the document"), widget=UnfoldAdminTextInputWidget()
    )
    filed_on = forms.DateField(label=_("Filed on"), widget=UnfoldAdminDateWidget())


@admin.register(PayoutPart)
class PayoutPartAdmin(ConsoleAdmin):
    list_display = ("payout", "order_id", "shown_amount", "created_at")
    list_select_related = ("payout",)
    search_fields = ("order_id", "payout__id")
    ordering = ("-id",)
    fields = ("payout", "order_id", "shown_amount", "created_at")
    readonly_fields = ("shown_amount",)
    actions_detail = ("enter_filing",)

    @admin.display(description=_("amount"))
    def shown_amount(self, part: PayoutPart) -> str:
        return str(part.amount)

    @act(_("Enter its tax filing"), permission=Permission.PAYOUT_APPROVE, asks_reason=TaxFilingForm)
    def enter_filing(self, request: HttpRequest, part: PayoutPart, actor: Actor, said: dict[str, object]) -> None:
        if part.order_id is None:
            raise Problem("cross_border_papers_missing")
        tax_filings.enter_tax_filing(
            venue=part.payout.venue,
            organization=part.payout.organization,
            order_id=part.order_id,
            actor=actor,
            **said,  # type: ignore[arg-type]  # the form's own fields
        )


@admin.register(TaxFiling)
class TaxFilingAdmin(ConsoleAdmin):
    list_display = ("number", "organization", "venue", "order_id", "filed_on", "state", "entered_by")
    list_filter = ("state", "venue")
    list_select_related = ("organization", "venue", "entered_by")
    search_fields = ("number", "order_id", "document_sha256__exact", "organization__identifier")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("venue", "organization", "order_id", "number", "document_sha256", "filed_on", "state")}),
        (_("Four eyes"), {"fields": ("four_eyes", "entered_by", "created_at", "decided_by", "decided_at", "refusal")}),
    )
    readonly_fields = ("four_eyes",)
    actions_detail = ("confirm", "refuse")

    @admin.display(description=_("who may not confirm it"))
    def four_eyes(self, filing: TaxFiling) -> str:
        return four_eyes([filing.entered_by])

    @act(_("Confirm"), permission=Permission.PAYOUT_APPROVE, states={TaxFiling.State.ENTERED})
    def confirm(self, request: HttpRequest, filing: TaxFiling, actor: Actor, _reason: str) -> None:
        tax_filings.confirm_tax_filing(filing_id=filing.pk, actor=actor)

    @act(
        _("Refuse"),
        permission=Permission.PAYOUT_APPROVE,
        states={TaxFiling.State.ENTERED},
        asks_reason=True,
        danger=True,
    )
    def refuse(self, request: HttpRequest, filing: TaxFiling, actor: Actor, reason: str) -> None:
        tax_filings.refuse_tax_filing(filing_id=filing.pk, reason=reason, actor=actor)


@admin.register(CrossBorderPayment)
class CrossBorderPaymentAdmin(ConsoleAdmin):
    list_display = ("payout", "authority", "rate", "shown_worth", "created_at")
    list_filter = ("authority", "payout__venue")
    list_select_related = ("payout", "rate")
    search_fields = ("payout__id", "payout__bank_reference", "payout__organization__identifier")
    ordering = ("-id",)
    fields = ("payout", "rules", "authority", "rate", "shown_worth", "papers", "created_at")
    readonly_fields = ("shown_worth",)

    @admin.display(description=_("worth"), ordering="usd_minor")
    def shown_worth(self, payment: CrossBorderPayment) -> str:
        # The threshold of the filing is in a currency in which no book is kept.
        return f"USD {grouped(payment.usd_minor)}" if payment.usd_minor is not None else "–"
