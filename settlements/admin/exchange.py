"""Rates of exchange and quotes in the console: entering a rate, and what was changed at which."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSplitDateTimeWidget, UnfoldAdminTextInputWidget

from accounts.models import Venue
from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, ReadOnlyInline, actor_in_console
from kernel.problems import Problem
from settlements import exchange_rates
from settlements.models import ExchangeQuote, ExchangeRate, Revaluation, RevaluationLine


class EnterRateForm(forms.Form):
    """A rate as it was published; the pair is one that the rules know."""

    venue = forms.ModelChoiceField(Venue.objects.none(), label=_("Venue"), widget=UnfoldAdminSelectWidget())
    pair = forms.ChoiceField(label=_("Pair"), widget=UnfoldAdminSelectWidget())
    rate = forms.CharField(max_length=15, label=_("Rate"), widget=UnfoldAdminTextInputWidget())
    observed_at = forms.SplitDateTimeField(label=_("Observed at"), widget=UnfoldAdminSplitDateTimeWidget())
    source = forms.CharField(max_length=300, label=_("Source"), widget=UnfoldAdminTextInputWidget())

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["venue"].queryset = Venue.objects.filter(id__in=actor.venue_ids)  # type: ignore[attr-defined]
        pairs = [(pair, pair) for pair in exchange_rates.exchange_rules().pairs]
        self.fields["pair"].choices = pairs  # type: ignore[attr-defined]

    def rate_fields(self) -> dict[str, Any]:
        """Return what `exchange_rates.enter_rate` wants to know."""
        said = dict(self.cleaned_data)
        base, _slash, counter = said.pop("pair").partition("/")
        return {**said, "base": base, "counter": counter}


@admin.register(ExchangeRate)
class ExchangeRateAdmin(ConsoleAdmin):
    list_display = ("pair", "rate", "venue", "observed_at", "source", "entered_by", "created_at")
    list_filter = ("venue", "base", "counter")
    list_select_related = ("venue", "entered_by")
    search_fields = ("source",)
    ordering = ("-id",)
    fields = ("venue", "pair", "rate", "observed_at", "source", "entered_by", "created_at")
    readonly_fields = ("pair", "rate")
    actions_list = ("enter",)

    def has_enter_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return actor_in_console(request).may(Permission.EXCHANGE_RATES)

    @action(description=_("Enter a rate"), url_path="enter", permissions=["enter"])  # type: ignore[untyped-decorator]
    def enter(self, request: HttpRequest) -> HttpResponse:
        """Ask for the rate, enter it, and show the row."""
        actor = actor_in_console(request)
        form = EnterRateForm(request.POST or None, actor=actor)
        if request.method == "POST" and form.is_valid():
            try:
                rate = exchange_rates.enter_rate(**form.rate_fields(), actor=actor)
            except Problem as problem:
                messages.error(request, " ".join(map(str, (problem.detail, *(e.detail for e in problem.errors)))))
            else:
                messages.success(request, _now("The rate is entered."))
                return HttpResponseRedirect(reverse("admin:settlements_exchangerate_change", args=[rate.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Enter a rate"),
            "opts": self.model._meta,
            "form": form,
            "note": _("A rate that was entered is never changed; a later one takes its place."),
            "back": reverse("admin:settlements_exchangerate_changelist"),
        }
        return TemplateResponse(request, "settlements/ask.html", context)


@admin.register(ExchangeQuote)
class ExchangeQuoteAdmin(ConsoleAdmin):
    list_display = ("organization", "venue", "shown_sell", "shown_buy", "rate", "state", "expires_at")
    list_filter = ("state", "venue", "sell_currency", "buy_currency")
    list_select_related = ("organization", "venue", "rate")
    search_fields = ("organization__legal_name", "organization__identifier", "order_id")
    ordering = ("-id",)
    fields = (
        "venue",
        "organization",
        "shown_sell",
        "shown_buy",
        "rate",
        "quoted_at",
        "expires_at",
        "state",
        "order_id",
        "shown_returned",
    )
    readonly_fields = ("shown_sell", "shown_buy", "shown_returned")

    @admin.display(description=_("sold"))
    def shown_sell(self, quote: ExchangeQuote) -> str:
        return str(quote.sell)

    @admin.display(description=_("bought"))
    def shown_buy(self, quote: ExchangeQuote) -> str:
        return str(quote.buy)

    @admin.display(description=_("given back of what was sold"))
    def shown_returned(self, quote: ExchangeQuote) -> str:
        return str(quote.returned_sell)


class RevaluationLineInline(ReadOnlyInline):
    model = RevaluationLine
    fields = ("account", "shown_position", "rate", "shown_value")
    ordering = ("currency",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return RevaluationLine.objects.select_related("revaluation", "account", "rate")

    @admin.display(description=_("position"))
    def shown_position(self, line: RevaluationLine) -> str:
        return str(line.position)

    @admin.display(description=_("value"))
    def shown_value(self, line: RevaluationLine) -> str:
        return str(line.value)


@admin.register(Revaluation)
class RevaluationAdmin(ConsoleAdmin):
    list_display = ("day", "venue", "shown_result", "counted_until", "created_at")
    list_filter = ("venue",)
    list_select_related = ("venue",)
    search_fields = ("venue__code", "transfer__reference")
    ordering = ("-id",)
    fields = ("day", "venue", "shown_result", "counted_until", "transfer", "created_at")
    readonly_fields = ("shown_result",)
    inlines = (RevaluationLineInline,)

    @admin.display(description=_("gained or lost"))
    def shown_result(self, revaluation: Revaluation) -> str:
        return str(revaluation.result)
