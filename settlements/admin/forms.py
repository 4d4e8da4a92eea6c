"""The console's forms for a bank receipt and a fee waiver."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.models import Organization, Venue
from accounts.product_types import ProductType
from kernel.actors import Actor
from kernel.money import CURRENCY_CHOICES, Currency, Money, parse_amount


class PercentField(forms.DecimalField):
    """A percentage with at most four decimal places, in parts per million."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            min_value=0,
            max_value=100,
            max_digits=7,
            decimal_places=4,
            widget=UnfoldAdminDecimalFieldWidget(),
            **options,
        )

    def clean(self, value: Any) -> int | None:
        percent = super().clean(value)
        return None if percent is None else int(percent * 10_000)


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
        return member_named(self.cleaned_data["identifier"], self.actor)

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


class GrantWaiverForm(forms.Form):
    """Of whose fee, or for which products, how much is waived, on which days and why."""

    venue = forms.ModelChoiceField(Venue.objects.none(), label=_("Venue"), widget=UnfoldAdminSelectWidget())
    identifier = forms.CharField(
        max_length=40,
        required=False,
        label=_("Registration number of who would pay; empty: whoever does"),
        widget=UnfoldAdminTextInputWidget(),
    )
    product_type = forms.ChoiceField(
        choices=[("", _("any")), *ProductType.choices],
        required=False,
        label=_("Type of products"),
        widget=UnfoldAdminSelectWidget(),
    )
    waived = PercentField(label=_("Waived, in percent of the fee"))
    valid_from = forms.DateField(label=_("In force from"), widget=UnfoldAdminDateWidget())
    valid_until = forms.DateField(label=_("In force until"), widget=UnfoldAdminDateWidget())
    reason = forms.CharField(label=_("Reason"), max_length=300, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.fields["venue"].queryset = Venue.objects.filter(id__in=actor.venue_ids)  # type: ignore[attr-defined]

    def clean_identifier(self) -> Organization | None:
        named = self.cleaned_data["identifier"]
        return member_named(named, self.actor) if named.strip() else None

    def clean_waived(self) -> int:
        waived: int = self.cleaned_data["waived"]
        if not waived:
            raise forms.ValidationError(_now("A waiver waives something."))
        return waived

    def granted(self) -> dict[str, Any]:
        """Return what `waivers.grant_waiver` wants to know."""
        data = self.cleaned_data
        return {
            "venue": data["venue"],
            "organization": data["identifier"],
            "product_type": ProductType(data["product_type"]) if data["product_type"] else None,
            "waived_ppm": data["waived"],
            "valid_from": data["valid_from"],
            "valid_until": data["valid_until"],
            "reason": data["reason"],
        }


def member_named(identifier: str, actor: Actor) -> Organization:
    """Return the organization with a registration number; there may be one with the same in another register."""
    known = Organization.objects.visible_to(actor).filter(identifier=identifier.strip())
    if len(known) != 1:
        raise forms.ValidationError(_now("No single member of your venues has this registration number."))
    return known[0]
