"""What the console asks for when staff draft a voucher programme, approve a voucher, or claw one back."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDateWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from accounts.models import Organization, Venue
from accounts.product_types import ProductType
from kernel.actors import Actor
from kernel.money import CURRENCY_CHOICES, Currency, Money, parse_amount
from settlements.admin.forms import PercentField
from settlements.models import VoucherProgramme
from settlements.vouchers.programmes import LONGEST_DAYS, Rule


class AmountField(forms.CharField):
    """An amount with at most two decimal places, in minor units."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=20, widget=UnfoldAdminTextInputWidget(), **options)

    def clean(self, value: Any) -> int:
        try:
            return parse_amount(super().clean(value).strip())
        except ValueError as error:
            raise forms.ValidationError(_now("Write the amount with at most two decimal places.")) from error


class DraftForm(forms.Form):
    """A programme's terms; the funder is named by its registration number."""

    venue = forms.ModelChoiceField(Venue.objects.none(), label=_("Venue"), widget=UnfoldAdminSelectWidget())
    funder = forms.CharField(
        max_length=40, label=_("Registration number of the funder"), widget=UnfoldAdminTextInputWidget()
    )
    name_zh = forms.CharField(max_length=120, label=_("Name in Chinese"), widget=UnfoldAdminTextInputWidget())
    name_en = forms.CharField(
        max_length=120, required=False, label=_("Name in English"), widget=UnfoldAdminTextInputWidget()
    )
    source = forms.CharField(max_length=300, label=_("Source of the rule"), widget=UnfoldAdminTextInputWidget())
    currency = forms.ChoiceField(choices=CURRENCY_CHOICES, label=_("Currency"), widget=UnfoldAdminSelectWidget())
    budget = AmountField(label=_("Budget"))
    rate = PercentField(label=_("Rate in percent of the price"))
    startup_rate = PercentField(required=False, label=_("Rate for start-ups, if another"))
    applicant_cap = AmountField(label=_("Most for one applicant"))
    order_cap = AmountField(label=_("Most for one order"))
    product_types = forms.MultipleChoiceField(
        choices=ProductType.choices, label=_("Types of products"), widget=UnfoldAdminCheckboxSelectMultipleWidget()
    )
    places = forms.CharField(
        max_length=300,
        required=False,
        label=_("Places of applicants, with spaces between; empty: everywhere"),
        widget=UnfoldAdminTextInputWidget(),
    )
    payment = forms.ChoiceField(
        choices=VoucherProgramme.Payment.choices, label=_("Paid"), widget=UnfoldAdminSelectWidget()
    )
    granted_by_rule = forms.BooleanField(
        required=False, label=_("Granted to every applicant who meets the rule"), widget=UnfoldBooleanSwitchWidget()
    )
    opens_on = forms.DateField(label=_("Applications from"), widget=UnfoldAdminDateWidget())
    closes_on = forms.DateField(label=_("Applications until"), widget=UnfoldAdminDateWidget())
    grant_days = forms.IntegerField(
        min_value=1,
        max_value=LONGEST_DAYS,
        label=_("Days for which a voucher is good"),
        widget=UnfoldAdminIntegerFieldWidget(),
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.fields["venue"].queryset = Venue.objects.filter(id__in=actor.venue_ids)  # type: ignore[attr-defined]

    def clean_funder(self) -> Organization:
        known = Organization.objects.visible_to(self.actor).filter(identifier=self.cleaned_data["funder"].strip())
        if len(known) != 1:
            raise forms.ValidationError(_now("No single member of your venues has this registration number."))
        return known[0]

    def drafted(self) -> dict[str, Any]:
        """Return what `programmes.draft_programme` wants to know."""
        data = self.cleaned_data
        names = {"zh-Hans": data["name_zh"], "en": data["name_en"]}
        rule = Rule(
            rate_ppm=data["rate"],
            startup_rate_ppm=data["startup_rate"],
            applicant_cap_minor=data["applicant_cap"],
            order_cap_minor=data["order_cap"],
            product_types=sorted(data["product_types"]),
            places=sorted(set(data["places"].split())),
            payment=data["payment"],
            granted_by_rule=data["granted_by_rule"],
            opens_on=data["opens_on"],
            closes_on=data["closes_on"],
            grant_days=data["grant_days"],
        )
        return {
            "venue": data["venue"],
            "funder": data["funder"],
            "name": {language: name for language, name in names.items() if name},
            "source": data["source"],
            "budget": Money(data["budget"], Currency(data["currency"])),
            "rule": rule,
        }


class ApproveForm(forms.Form):
    """How much is granted at which rate, and why."""

    note = _("Another officer issues the voucher.")
    amount = AmountField(label=_("Amount"))
    as_startup = forms.BooleanField(
        required=False, label=_("At the start-ups' rate"), widget=UnfoldBooleanSwitchWidget()
    )
    why = forms.CharField(label=_("Reason"), max_length=2000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}))


class ClawBackForm(forms.Form):
    """How much the buyer is to give back, and why."""

    note = _("Another person approves it; the reason is kept and shown to the buyer.")
    amount = AmountField(label=_("Amount"))
    why = forms.CharField(label=_("Reason"), max_length=2000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}))
