"""Charges and credit notes for the venue's staff: what is overdue, what was credited, and the two people it takes."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, ReadOnlyInline, act
from kernel.console_display import four_eyes
from kernel.money import Money, parse_amount
from marketplace import credit_notes
from marketplace.admin.divisions import divided
from marketplace.models import Charge, CreditNote, DunningStep
from settlements.admin.books import LeadsToTransfers, transfers_of


class CreditForm(forms.Form):
    """How much is credited, and why."""

    note = _("Another person approves it; the reason is kept and shown to the parties.")
    amount = forms.CharField(label=_("Amount"), max_length=16, widget=UnfoldAdminTextInputWidget())
    why = forms.CharField(label=_("Reason"), max_length=2000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}))

    def clean_amount(self) -> int:
        try:
            return parse_amount(self.cleaned_data["amount"])
        except ValueError as error:
            raise forms.ValidationError(_now("Give an amount such as 120.00.")) from error


class DunningInline(ReadOnlyInline):
    model = DunningStep
    fields = ("act", "due_at", "done_at")


class CreditNoteInline(ReadOnlyInline):
    model = CreditNote
    fields = ("number", "state", "shown_amount", "reason", "proposed_by", "decided_by")

    @admin.display(description=_("amount"))
    def shown_amount(self, note: CreditNote) -> str:
        return str(note.amount)


@admin.register(Charge)
class ChargeAdmin(LeadsToTransfers):
    list_display = ("number", "organization", "provider", "venue", "period", "shown_gross", "state", "overdue_at")
    list_filter = ("state", "kind", "venue", "period")
    list_select_related = ("organization", "provider", "venue")
    search_fields = ("number", "organization__legal_name", "provider__legal_name", "sha256")
    ordering = ("-id",)
    fields = (
        ("number", "kind", "period"),
        ("entitlement", "venue"),
        ("organization", "provider", "broker"),
        ("state", "suspends"),
        ("overdue_at", "decided_at"),
        ("units", "shown_gross", "shown_credited"),
        "its_transfers",
        "body",
        "sha256",
        "sm3",
        "shown_division",
    )
    readonly_fields = ("shown_gross", "shown_credited", "shown_division", "its_transfers")
    inlines = (DunningInline, CreditNoteInline)
    actions_detail = ("credit",)

    @admin.display(description=_("gross"), ordering="gross_minor")
    def shown_gross(self, charge: Charge) -> str:
        return str(charge.gross)

    @admin.display(description=pgettext_lazy("charge", "credited"))
    def shown_credited(self, charge: Charge) -> str:
        return str(charge.credited)

    @admin.display(description=_("transfers"))
    def its_transfers(self, charge: Charge) -> SafeString:
        return transfers_of(charge.pk)

    @admin.display(description=pgettext_lazy("money", "division"))
    def shown_division(self, charge: Charge) -> str:
        return divided(charge.division)

    @act(
        _("Propose a credit note"),
        permission=Permission.CHARGE_CREDIT,
        states={Charge.State.DUE, Charge.State.OVERDUE, Charge.State.PAID},
        asks_reason=CreditForm,
    )
    def credit(self, request: HttpRequest, charge: Charge, actor: Actor, said: dict[str, Any]) -> None:
        amount = Money(said["amount"], charge.gross.currency)
        credit_notes.propose_credit(charge_id=charge.pk, amount=amount, reason=said["why"], actor=actor)


@admin.register(CreditNote)
class CreditNoteAdmin(ConsoleAdmin):
    list_display = ("number", "charge", "organization", "venue", "shown_amount", "state", "proposed_by", "created_at")
    list_filter = ("state", "venue")
    list_select_related = ("charge", "organization", "venue", "proposed_by")
    search_fields = ("number", "charge__number", "organization__legal_name")
    ordering = ("-id",)
    fieldsets = (
        (
            None,
            {"fields": ("number", "charge", "organization", "provider", "venue", "shown_amount", "reason", "state")},
        ),
        (_("Four eyes"), {"fields": ("four_eyes", "proposed_by", "decided_by", "decided_at", "refusal")}),
    )
    readonly_fields = ("four_eyes", "shown_amount")
    actions_detail = ("approve", "refuse")

    @admin.display(description=_("amount"))
    def shown_amount(self, note: CreditNote) -> str:
        return str(note.amount)

    @admin.display(description=_("who may not approve it"))
    def four_eyes(self, note: CreditNote) -> str:
        return four_eyes([note.proposed_by])

    @act(_("Approve"), permission=Permission.CHARGE_CREDIT, states={CreditNote.State.PROPOSED})
    def approve(self, request: HttpRequest, note: CreditNote, actor: Actor, _reason: str) -> None:
        credit_notes.approve_credit(note_id=note.pk, actor=actor)

    @act(
        _("Refuse"),
        permission=Permission.CHARGE_CREDIT,
        states={CreditNote.State.PROPOSED},
        asks_reason=True,
        danger=True,
    )
    def refuse(self, request: HttpRequest, note: CreditNote, actor: Actor, reason: str) -> None:
        credit_notes.refuse_credit(note_id=note.pk, reason=reason, actor=actor)
