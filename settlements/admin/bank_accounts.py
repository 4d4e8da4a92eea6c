"""Bank accounts in the console: verifying the members', and taking the venue's own into use."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, act
from kernel.console_display import four_eyes
from settlements import bank_accounts
from settlements.models import CustodyAccount, PayeeAccount

DETAILS = ("holder_name", "number", "bank_name", "bank_code", "currency")


class FindingForm(forms.Form):
    """How the account was verified; `reason` is the field that a console act hands on."""

    reason = forms.CharField(
        label=_("How it was found that the account is the member's"),
        max_length=2000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


@admin.register(PayeeAccount)
class PayeeAccountAdmin(ConsoleAdmin):
    list_display = ("organization", "venue", "number", "bank_name", "currency", "state", "created_at")
    list_filter = ("state", "venue", "currency")
    list_select_related = ("organization", "venue")
    search_fields = ("number", "holder_name", "organization__identifier")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("venue", "organization", *DETAILS, "state")}),
        (_("Four eyes"), {"fields": ("four_eyes", "registered_by", "created_at", "decided_by", "decided_at")}),
        (_("Finding"), {"fields": ("finding",)}),
    )
    readonly_fields = ("four_eyes",)
    actions_detail = ("verify", "refuse")

    @admin.display(description=_("who may not verify it"))
    def four_eyes(self, account: PayeeAccount) -> str:
        return four_eyes([account.registered_by])

    @act(
        _("Verify"),
        permission=Permission.PAYEE_VERIFY,
        states={PayeeAccount.State.REGISTERED},
        asks_reason=FindingForm,
    )
    def verify(self, request: HttpRequest, account: PayeeAccount, actor: Actor, finding: str) -> None:
        bank_accounts.verify_payee_account(account_id=account.pk, finding=finding, actor=actor)

    @act(
        _("Refuse"),
        permission=Permission.PAYEE_VERIFY,
        states={PayeeAccount.State.REGISTERED},
        asks_reason=True,
        danger=True,
    )
    def refuse(self, request: HttpRequest, account: PayeeAccount, actor: Actor, reason: str) -> None:
        bank_accounts.refuse_payee_account(account_id=account.pk, reason=reason, actor=actor)


@admin.register(CustodyAccount)
class CustodyAccountAdmin(ConsoleAdmin):
    list_display = ("venue", "currency", "bank_name", "number", "layout", "state", "created_at")
    list_filter = ("state", "venue", "currency")
    list_select_related = ("venue",)
    search_fields = ("number", "holder_name", "bank_name")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("venue", *DETAILS, "layout", "state")}),
        (_("Four eyes"), {"fields": ("four_eyes", "proposed_by", "created_at", "decided_by", "decided_at", "refusal")}),
    )
    readonly_fields = ("four_eyes",)
    actions_detail = ("use", "refuse")

    @admin.display(description=_("who may not take it into use"))
    def four_eyes(self, account: CustodyAccount) -> str:
        return four_eyes([account.proposed_by])

    @act(_("Take into use"), permission=Permission.CUSTODY_MANAGE, states={CustodyAccount.State.PROPOSED})
    def use(self, request: HttpRequest, account: CustodyAccount, actor: Actor, _reason: str) -> None:
        bank_accounts.use_custody_account(account_id=account.pk, actor=actor)

    @act(
        _("Refuse"),
        permission=Permission.CUSTODY_MANAGE,
        states={CustodyAccount.State.PROPOSED},
        asks_reason=True,
        danger=True,
    )
    def refuse(self, request: HttpRequest, account: CustodyAccount, actor: Actor, reason: str) -> None:
        bank_accounts.refuse_custody_account(account_id=account.pk, reason=reason, actor=actor)
