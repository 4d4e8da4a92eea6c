"""The console's form for a bank receipt."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.models import Organization, Venue
from kernel.actors import Actor
from kernel.money import CURRENCY_CHOICES, Currency, Money, parse_amount


class EnterDepositForm(forms.Form):
    """A bank receipt as the statement shows it; the owner is named by its registration number."""

    venue = forms.ModelChoiceField(Venue.objects.none(), label=_("Venue"), widget=UnfoldAdminSelectWidget())
    identifier = forms.CharField(
        max_length=40, label=_("Registration number of the organization"), widget=UnfoldAdminTextInputWidget()
    )
    amount = forms.CharField(max_length=20, label=_("Amount"), widget=UnfoldAdminTextInputWidget())
    currency = forms.ChoiceField(choices=CURRENCY_CHOICES, label=_("Currency"), widget=UnfoldAdminSelectWidget())
    bank_reference = forms.CharField(max_length=64, label=_("Bank reference"), widget=UnfoldAdminTextInputWidget())
    received_on = forms.DateField(label=_("Received on"), widget=UnfoldAdminDateWidget())

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.fields["venue"].queryset = Venue.objects.filter(id__in=actor.venue_ids)  # type: ignore[attr-defined]

    def clean_identifier(self) -> Organization:
        """Return the organization; there may be one with the same number in another register."""
        known = Organization.objects.visible_to(self.actor).filter(identifier=self.cleaned_data["identifier"].strip())
        if len(known) != 1:
            raise forms.ValidationError(_now("No single member of your venues has this registration number."))
        return known[0]

    def clean_amount(self) -> int:
        try:
            return parse_amount(self.cleaned_data["amount"].strip())
        except ValueError as error:
            raise forms.ValidationError(_now("Write the amount with at most two decimal places.")) from error

    def receipt(self) -> dict[str, Any]:
        """Return what `deposits.enter_deposit` wants to know."""
        data = self.cleaned_data
        return {
            "venue": data["venue"],
            "organization": data["identifier"],
            "amount": Money(data["amount"], Currency(data["currency"])),
            "bank_reference": data["bank_reference"],
            "received_on": data["received_on"],
        }
