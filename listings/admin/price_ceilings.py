"""Government-guided price ceilings in the console: entered by one of the venue's staff, confirmed by another."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.models import Venue
from accounts.permissions import Permission
from accounts.product_types import ProductType
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, act, actor_in_console
from kernel.console_display import four_eyes
from kernel.money import CURRENCY_CHOICES, Currency
from kernel.problems import Problem
from listings import price_ceilings
from listings.metering import PRICE_PLACES, Unit
from listings.models import PriceCeiling
from listings.price_ceilings import Basis

State = PriceCeiling.State
ANY = [("", "–")]


class EnterCeilingForm(forms.Form):
    """What the document of the authority says."""

    note = _("Another person confirms it. What is confirmed is not changed; only its last day may come earlier.")

    venue = forms.ModelChoiceField(Venue.objects.none(), label=_("Venue"), widget=UnfoldAdminSelectWidget())
    product_type = forms.ChoiceField(
        choices=[*ANY, *ProductType.choices], required=False, label=_("product type"), widget=UnfoldAdminSelectWidget()
    )
    industry = forms.CharField(
        max_length=3, required=False, label=_("industry (GB/T 4754)"), widget=UnfoldAdminTextInputWidget()
    )
    unit = forms.ChoiceField(
        choices=[*ANY, *Unit.choices], required=False, label=_("unit of metering"), widget=UnfoldAdminSelectWidget()
    )
    most = forms.DecimalField(
        max_digits=20,
        decimal_places=PRICE_PLACES,
        min_value=Decimal("0.000001"),
        label=_("ceiling"),
        widget=UnfoldAdminDecimalFieldWidget(),
    )
    currency = forms.ChoiceField(choices=CURRENCY_CHOICES, label=_("currency"), widget=UnfoldAdminSelectWidget())
    valid_from = forms.DateField(label=_("in force from"), widget=UnfoldAdminDateWidget())
    valid_until = forms.DateField(required=False, label=_("in force until"), widget=UnfoldAdminDateWidget())
    title = forms.CharField(max_length=200, label=_("title of the document"), widget=UnfoldAdminTextInputWidget())
    number = forms.CharField(max_length=100, label=_("number of the document"), widget=UnfoldAdminTextInputWidget())
    issuer = forms.CharField(max_length=200, label=_("issued by"), widget=UnfoldAdminTextInputWidget())

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["venue"].queryset = Venue.objects.filter(id__in=actor.venue_ids)  # type: ignore[attr-defined]

    def ceiling_fields(self) -> dict[str, Any]:
        """Return what `price_ceilings.enter_ceiling` wants to know."""
        said = dict(self.cleaned_data)
        basis = Basis(*(said.pop(name) for name in ("title", "number", "issuer")))
        named = {
            "product_type": ProductType(said["product_type"]) if said["product_type"] else None,
            "unit": Unit(said["unit"]) if said["unit"] else None,
            "currency": Currency(said["currency"]),
        }
        return {**said, **named, "basis": basis}


class EndCeilingForm(forms.Form):
    """Its last day, and why."""

    last_day = forms.DateField(label=_("Last day"), widget=UnfoldAdminDateWidget())
    why = forms.CharField(max_length=300, label=_("Reason"), widget=UnfoldAdminTextInputWidget())


@admin.register(PriceCeiling)
class PriceCeilingAdmin(ConsoleAdmin):
    list_display = (
        "venue",
        "product_type",
        "industry",
        "ceiling",
        "valid_from",
        "valid_until",
        "basis_number",
        "state",
        "created_at",
    )
    list_filter = ("state", "venue", "product_type", "currency")
    list_select_related = ("venue",)
    search_fields = ("basis_title", "basis_number", "basis_issuer")
    ordering = ("-id",)
    fields = (
        "venue",
        "product_type",
        "industry",
        "ceiling",
        "valid_from",
        "valid_until",
        "basis_title",
        "basis_number",
        "basis_issuer",
        "state",
        "entered_by",
        "confirmed_by",
        "who_may_not",
    )
    readonly_fields = ("ceiling", "who_may_not")
    actions_list = ("enter",)
    actions_detail = ("confirm", "withdraw", "end")

    @admin.display(description=_("ceiling"))
    def ceiling(self, row: PriceCeiling) -> str:
        return str(row)

    @admin.display(description=_("who may not decide"))
    def who_may_not(self, row: PriceCeiling) -> str:
        return four_eyes([row.entered_by_id])

    def has_enter_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return actor_in_console(request).may(Permission.FEES_MANAGE)

    @action(description=_("Enter a ceiling"), url_path="enter", permissions=["enter"])  # type: ignore[untyped-decorator]
    def enter(self, request: HttpRequest) -> HttpResponse:
        """Ask for the ceiling and its document, enter it, and show the row."""
        actor = actor_in_console(request)
        form = EnterCeilingForm(request.POST or None, actor=actor)
        if request.method == "POST" and form.is_valid():
            try:
                row = price_ceilings.enter_ceiling(**form.ceiling_fields(), actor=actor)
            except Problem as problem:
                messages.error(request, " ".join(map(str, (problem.detail, *(e.detail for e in problem.errors)))))
            else:
                messages.success(request, _now("The ceiling is entered; another person confirms it."))
                return HttpResponseRedirect(reverse("admin:listings_priceceiling_change", args=[row.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Enter a ceiling"),
            "opts": self.model._meta,
            "form": form,
            "back": reverse("admin:listings_priceceiling_changelist"),
        }
        return TemplateResponse(request, "kernel/confirm_act.html", context)

    @act(_("Confirm"), permission=Permission.FEES_MANAGE, states={State.ENTERED})
    def confirm(self, request: HttpRequest, row: PriceCeiling, actor: Actor, _reason: str) -> None:
        price_ceilings.confirm_ceiling(ceiling_id=row.pk, actor=actor)

    @act(_("Withdraw"), permission=Permission.FEES_MANAGE, states={State.ENTERED}, asks_reason=True, danger=True)
    def withdraw(self, request: HttpRequest, row: PriceCeiling, actor: Actor, reason: str) -> None:
        price_ceilings.withdraw_ceiling(ceiling_id=row.pk, reason=reason, actor=actor)

    @act(
        _("End early"),
        permission=Permission.FEES_MANAGE,
        states={State.CONFIRMED},
        asks_reason=EndCeilingForm,
        danger=True,
    )
    def end(self, request: HttpRequest, row: PriceCeiling, actor: Actor, said: dict[str, Any]) -> None:
        price_ceilings.end_ceiling(ceiling_id=row.pk, last_day=said["last_day"], reason=said["why"], actor=actor)
