"""Deposits and payouts: who made them, who may therefore not approve them, and the acts that move them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, act, actor_in_console
from kernel.console_display import four_eyes
from kernel.problems import Problem
from settlements import deposits, payouts
from settlements.admin.books import LeadsToTransfers, transfers_of
from settlements.admin.forms import EnterDepositForm
from settlements.models import Deposit, Payout


class BankReferenceForm(forms.Form):
    """Under which reference the bank paid; `reason` is the field that a console act hands on."""

    reason = forms.CharField(label=_("Bank reference"), max_length=64, widget=UnfoldAdminTextInputWidget())


@admin.register(Deposit)
class DepositAdmin(LeadsToTransfers):
    list_display = ("bank_reference", "organization", "venue", "shown_amount", "received_on", "state", "entered_by")
    list_filter = ("state", "venue", "currency")
    list_select_related = ("organization", "venue", "entered_by")
    search_fields = ("bank_reference", "organization__legal_name", "organization__identifier")
    ordering = ("-id",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "venue",
                    "organization",
                    "shown_amount",
                    "bank_reference",
                    "received_on",
                    "state",
                    "its_transfers",
                )
            },
        ),
        (_("Four eyes"), {"fields": ("four_eyes", "entered_by", "decided_by", "decided_at", "refusal")}),
    )
    readonly_fields = ("four_eyes", "shown_amount", "its_transfers")
    actions_list = ("enter",)
    actions_detail = ("credit", "refuse")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # A clerk who enters receipts needs this page, and nothing else of the ledger.
        return super().has_view_permission(request, obj) or self.has_enter_permission(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_enter_permission(self, request: HttpRequest) -> bool:
        return actor_in_console(request).may(Permission.DEPOSIT_ENTER)

    @admin.display(description=_("amount"))
    def shown_amount(self, deposit: Deposit) -> str:
        return str(deposit.amount)

    @admin.display(description=_("transfers"))
    def its_transfers(self, deposit: Deposit) -> SafeString:
        return transfers_of(deposit.pk)

    @admin.display(description=_("who may not credit it"))
    def four_eyes(self, deposit: Deposit) -> str:
        return four_eyes([deposit.entered_by])

    @action(description=_("Enter a bank receipt"), url_path="enter", permissions=["enter"])  # type: ignore[untyped-decorator]
    def enter(self, request: HttpRequest) -> HttpResponse:
        """Ask for the receipt, enter it, and show the row."""
        form = EnterDepositForm(request.POST or None, actor=actor_in_console(request))
        if request.method == "POST" and form.is_valid():
            try:
                deposit = deposits.enter_deposit(**form.receipt(), actor=actor_in_console(request))
            except Problem as problem:
                messages.error(request, " ".join(map(str, (problem.detail, *(e.detail for e in problem.errors)))))
            else:
                messages.success(request, _now("The receipt is entered; another person credits it."))
                return HttpResponseRedirect(reverse("admin:settlements_deposit_change", args=[deposit.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Enter a bank receipt"),
            "opts": self.model._meta,
            "form": form,
            "note": _("Nothing is credited yet: another person does that."),
            "back": reverse("admin:settlements_deposit_changelist"),
        }
        return TemplateResponse(request, "settlements/ask.html", context)

    @act(_("Credit"), permission=Permission.DEPOSIT_CREDIT, states={Deposit.State.ENTERED})
    def credit(self, request: HttpRequest, deposit: Deposit, actor: Actor, _reason: str) -> None:
        deposits.credit_deposit(deposit_id=deposit.pk, actor=actor)

    @act(
        _("Refuse"),
        permission=Permission.DEPOSIT_CREDIT,
        states={Deposit.State.ENTERED},
        asks_reason=True,
        danger=True,
    )
    def refuse(self, request: HttpRequest, deposit: Deposit, actor: Actor, reason: str) -> None:
        deposits.refuse_deposit(deposit_id=deposit.pk, reason=reason, actor=actor)


@admin.register(Payout)
class PayoutAdmin(ConsoleAdmin):
    list_display = ("organization", "venue", "shown_amount", "state", "requested_by", "approved_by", "created_at")
    list_filter = ("state", "venue", "currency")
    list_select_related = ("organization", "venue", "requested_by", "approved_by")
    search_fields = ("bank_reference", "organization__legal_name", "organization__identifier")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("venue", "organization", "shown_amount", "bank_account", "state", "batch", "retry_of")}),
        (_("Four eyes"), {"fields": ("four_eyes", "requested_by", "created_at", "approved_by", "approved_at")}),
        (_("Outcome"), {"fields": ("paid_at", "bank_reference", "refusal", "bank_reason", "its_transfers")}),
    )
    readonly_fields = ("four_eyes", "shown_amount", "its_transfers")
    actions_detail = ("approve", "confirm_paid", "reject", "refuse")

    @admin.display(description=_("amount"))
    def shown_amount(self, payout: Payout) -> str:
        return str(payout.amount)

    @admin.display(description=_("transfers"))
    def its_transfers(self, payout: Payout) -> SafeString:
        return transfers_of(payout.pk)

    @admin.display(description=_("who may not approve it"))
    def four_eyes(self, payout: Payout) -> str:
        return four_eyes([payout.requested_by])

    @act(_("Approve"), permission=Permission.PAYOUT_APPROVE, states={Payout.State.REQUESTED})
    def approve(self, request: HttpRequest, payout: Payout, actor: Actor, _reason: str) -> None:
        payouts.approve_payout(payout_id=payout.pk, actor=actor)

    @act(
        _("Confirm the payment"),
        permission=Permission.PAYOUT_CONFIRM,
        states={Payout.State.APPROVED, Payout.State.BATCHED},
        asks_reason=BankReferenceForm,
    )
    def confirm_paid(self, request: HttpRequest, payout: Payout, actor: Actor, bank_reference: str) -> None:
        payouts.confirm_paid(payout_id=payout.pk, bank_reference=bank_reference, actor=actor)

    @act(
        _("Rejected by the bank"),
        permission=Permission.PAYOUT_CONFIRM,
        states={Payout.State.BATCHED},
        asks_reason=True,
        danger=True,
    )
    def reject(self, request: HttpRequest, payout: Payout, actor: Actor, reason: str) -> None:
        payouts.reject_payout(payout_id=payout.pk, bank_reason=reason, actor=actor)

    @act(
        _("Refuse"),
        permission=Permission.PAYOUT_APPROVE,
        states={Payout.State.REQUESTED, Payout.State.APPROVED},
        asks_reason=True,
        danger=True,
    )
    def refuse(self, request: HttpRequest, payout: Payout, actor: Actor, reason: str) -> None:
        payouts.refuse_payout(payout_id=payout.pk, reason=reason, actor=actor)
