"""The console's view of disputes, and the officers' acts."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from kernel.actors import Actor
from kernel.console import ConsoleAdmin, ReadOnlyInline, act
from kernel.money import Currency, Money, grouped, parse_amount
from marketplace import dispute_outcomes, disputes
from marketplace.models import Dispute, DisputeOffer, DisputeStatement

State = Dispute.State


class ReferForm(forms.Form):
    """Where a mediated dispute goes next."""

    to = forms.ChoiceField(
        label=_("Goes to"),
        choices=[(State.ARBITRATION, State.ARBITRATION.label), (State.LITIGATION, State.LITIGATION.label)],
        widget=UnfoldAdminSelectWidget,
    )
    body = forms.CharField(label=_("arbitral body or court"), max_length=200, widget=UnfoldAdminTextInputWidget)
    why = forms.CharField(label=_("Reason"), max_length=2000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}))


def ruling_form(dispute: Dispute) -> type[forms.Form]:
    """Return the form that asks what was ruled, with an amount in the order's currency."""

    class RulingForm(forms.Form):
        refund = forms.CharField(
            label=_("Goes back to the buyer"),
            help_text=_("In %(currency)s, at most %(claimed)s.")
            % {"currency": dispute.currency, "claimed": dispute.claimed},
            widget=UnfoldAdminTextInputWidget,
        )
        ruling = forms.CharField(label=_("ruling"), max_length=5000, widget=UnfoldAdminTextareaWidget)

        def clean_refund(self) -> Money:
            try:
                return Money(parse_amount(self.cleaned_data["refund"]), Currency(dispute.currency))
            except ValueError as error:
                raise forms.ValidationError(_("Give an amount of at most two places, such as 120.00.")) from error

    return RulingForm


class StatementInline(ReadOnlyInline):
    model = DisputeStatement
    fields = ("created_at", "organization", "text", "evidence")


class OfferInline(ReadOnlyInline):
    model = DisputeOffer
    fields = ("created_at", "organization", "shown_refund", "note", "state")

    @admin.display(description=_("to go back"))
    def shown_refund(self, offer: DisputeOffer) -> str:
        return grouped(offer.refund_minor)


@admin.register(Dispute)
class DisputeAdmin(ConsoleAdmin):
    list_display = ("number", "order", "venue", "kind", "state", "organization", "respondent", "claimed", "mediate_by")
    list_filter = ("state", "kind", "venue")
    list_select_related = ("order", "venue", "organization", "respondent")
    search_fields = ("number", "order__number", "organization__legal_name", "respondent__legal_name")
    ordering = ("-id",)
    fields = (
        ("number", "state", "kind"),
        ("order", "venue"),
        ("organization", "respondent"),
        "statement",
        ("claimed", "refund"),
        ("negotiate_by", "mediate_by", "body_of_dispute"),
        ("ruling", "ruled", "ruled_by"),
        ("ended_at", "paid_at"),
        "division",
    )
    readonly_fields = ("claimed", "refund", "ruled")
    inlines = (StatementInline, OfferInline)
    actions_detail = ("accept", "dismiss", "refer", "enter_ruling", "confirm_ruling")

    @admin.display(description=_("claimed back"), ordering="claimed_minor")
    def claimed(self, dispute: Dispute) -> str:
        return str(dispute.claimed)

    @admin.display(description=_("given back"), ordering="refund_minor")
    def refund(self, dispute: Dispute) -> str:
        return str(dispute.refund) if dispute.refund is not None else "–"

    @admin.display(description=_("ruled to go back"))
    def ruled(self, dispute: Dispute) -> str:
        return str(Money(dispute.ruling_minor, Currency(dispute.currency))) if dispute.ruling_minor is not None else "–"

    @act(_("Take on"), permission="dispute.mediate", states={State.FILED})
    def accept(self, request: HttpRequest, dispute: Dispute, actor: Actor, reason: str) -> None:
        disputes.accept_dispute(dispute_id=dispute.id, actor=actor)

    @act(_("Dismiss"), permission="dispute.mediate", states={State.FILED}, asks_reason=True, danger=True)
    def dismiss(self, request: HttpRequest, dispute: Dispute, actor: Actor, reason: str) -> None:
        dispute_outcomes.dismiss_dispute(dispute_id=dispute.id, reason=reason, actor=actor)

    @act(_("Refer"), permission="dispute.mediate", states={State.MEDIATION}, asks_reason=ReferForm)
    def refer(self, request: HttpRequest, dispute: Dispute, actor: Actor, given: dict[str, Any]) -> None:
        disputes.refer_dispute(
            dispute_id=dispute.id, to=given["to"], body=given["body"], reason=given["why"], actor=actor
        )

    @act(
        _("Enter the ruling"),
        permission="dispute.mediate",
        states={State.ARBITRATION, State.LITIGATION},
        asks_reason=ruling_form,
    )
    def enter_ruling(self, request: HttpRequest, dispute: Dispute, actor: Actor, given: dict[str, Any]) -> None:
        dispute_outcomes.enter_ruling(
            dispute_id=dispute.id, refund=given["refund"], ruling=given["ruling"], actor=actor
        )

    @act(_("Confirm the ruling"), permission="dispute.mediate", states={State.ARBITRATION, State.LITIGATION})
    def confirm_ruling(self, request: HttpRequest, dispute: Dispute, actor: Actor, reason: str) -> None:
        dispute_outcomes.confirm_ruling(dispute_id=dispute.id, actor=actor)
