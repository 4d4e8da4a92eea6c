"""Accounting periods and corrections: who proposed them, who may therefore not decide, and the acts that do."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminSelectWidget

from accounts.models import Venue
from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, act, actor_in_console
from kernel.console_display import NOTHING, four_eyes
from kernel.money import grouped
from kernel.problems import Problem
from settlements import corrections, periods
from settlements.models import Account, AccountingPeriod, Correction, PeriodBalance


class OpenPeriodForm(forms.Form):
    """From which day on a venue keeps its books in periods."""

    venue = forms.ModelChoiceField(Venue.objects.none(), label=_("Venue"), widget=UnfoldAdminSelectWidget())
    length = forms.ChoiceField(
        choices=AccountingPeriod.Length.choices, label=_("Length"), widget=UnfoldAdminSelectWidget()
    )
    first_day = forms.DateField(label=_("First day"), widget=UnfoldAdminDateWidget())

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["venue"].queryset = Venue.objects.filter(id__in=actor.venue_ids)  # type: ignore[attr-defined]


@admin.register(AccountingPeriod)
class AccountingPeriodAdmin(ConsoleAdmin):
    list_display = ("first_day", "last_day", "length", "venue", "state", "proposed_by", "closed_by", "closed_at")
    list_filter = ("state", "venue", "length")
    list_select_related = ("venue", "proposed_by", "closed_by")
    search_fields = ("id", "sha256")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("venue", "length", "first_day", "last_day", "ends_at", "state")}),
        (_("Four eyes"), {"fields": ("four_eyes", "proposed_by", "closed_by", "closed_at")}),
        (_("Frozen at the close"), {"fields": ("totals", "entries", "balances_link", "sha256")}),
    )
    readonly_fields = ("four_eyes", "totals", "balances_link")
    actions_list = ("open_first",)
    actions_detail = ("propose_closing", "close", "keep_open")

    def has_open_first_permission(self, request: HttpRequest) -> bool:
        return actor_in_console(request).may(Permission.LEDGER_CLOSE)

    @admin.display(description=_("who may not close it"))
    def four_eyes(self, period: AccountingPeriod) -> str:
        return four_eyes([period.proposed_by]) if period.proposed_by else NOTHING

    @admin.display(description=_("trial balance"))
    def totals(self, period: AccountingPeriod) -> SafeString | str:
        if not period.trial_balance:
            return NOTHING
        labels = dict(Account.Kind.choices)
        rows = ((row["currency"], labels[row["kind"]], grouped(row["minor"])) for row in period.trial_balance)
        body = format_html_join("", '<tr><td>{}</td><td>{}</td><td class="console-number">{}</td></tr>', rows)
        return format_html('<table class="console-table"><tbody>{}</tbody></table>', body)

    @admin.display(description=_("balances at the close"))
    def balances_link(self, period: AccountingPeriod) -> SafeString | str:
        if period.state != AccountingPeriod.State.CLOSED:
            return NOTHING
        address = reverse("admin:settlements_periodbalance_changelist")
        return format_html(
            '<a class="underline" href="{}?period__id__exact={}">{}</a>', address, period.pk, _now("account by account")
        )

    @action(description=_("Keep the books in periods"), url_path="open", permissions=["open_first"])  # type: ignore[untyped-decorator]
    def open_first(self, request: HttpRequest) -> HttpResponse:
        """Ask for the first period, open it, and show it."""
        actor = actor_in_console(request)
        form = OpenPeriodForm(request.POST or None, actor=actor)
        if request.method == "POST" and form.is_valid():
            try:
                period = periods.open_first_period(**form.cleaned_data, actor=actor)
            except Problem as problem:
                messages.error(request, " ".join(map(str, (problem.detail, *(e.detail for e in problem.errors)))))
            else:
                messages.success(request, _now("The first period is open; each next one opens when it closes."))
                return HttpResponseRedirect(reverse("admin:settlements_accountingperiod_change", args=[period.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Keep the books in periods"),
            "opts": self.model._meta,
            "form": form,
            "note": _("What was posted before the first day belongs to the first period too."),
            "back": reverse("admin:settlements_accountingperiod_changelist"),
        }
        return TemplateResponse(request, "settlements/ask.html", context)

    @act(_("Propose to close"), permission=Permission.LEDGER_CLOSE, states={AccountingPeriod.State.OPEN})
    def propose_closing(self, request: HttpRequest, period: AccountingPeriod, actor: Actor, _reason: str) -> None:
        periods.propose_closing(period_id=period.pk, actor=actor)

    @act(_("Close for good"), permission=Permission.LEDGER_CLOSE, states={AccountingPeriod.State.CLOSING}, danger=True)
    def close(self, request: HttpRequest, period: AccountingPeriod, actor: Actor, _reason: str) -> None:
        periods.close_period(period_id=period.pk, actor=actor)

    @act(
        _("Keep open"),
        permission=Permission.LEDGER_CLOSE,
        states={AccountingPeriod.State.CLOSING},
        asks_reason=True,
    )
    def keep_open(self, request: HttpRequest, period: AccountingPeriod, actor: Actor, reason: str) -> None:
        periods.keep_open(period_id=period.pk, reason=reason, actor=actor)


@admin.register(PeriodBalance)
class PeriodBalanceAdmin(ConsoleAdmin):
    list_display = ("ends_at", "account", "owner", "shown_balance", "entries", "period")
    list_filter = ("venue", "account__kind", "account__currency")
    list_select_related = ("account__organization", "period")
    search_fields = ("account__id", "account__organization__legal_name")
    ordering = ("-id",)
    fields = ("period", "account", "owner", "shown_balance", "entries", "ends_at")
    readonly_fields = ("owner", "shown_balance")

    @admin.display(description=_("owner"))
    def owner(self, held: PeriodBalance) -> str:
        return str(held.account.organization or NOTHING)

    @admin.display(description=_("balance"))
    def shown_balance(self, held: PeriodBalance) -> str:
        return str(held.balance)


@admin.register(Correction)
class CorrectionAdmin(ConsoleAdmin):
    list_display = ("transfer", "venue", "reverses", "state", "proposed_by", "decided_by", "created_at")
    list_filter = ("state", "venue")
    list_select_related = ("venue", "transfer", "proposed_by", "decided_by")
    search_fields = ("transfer__reference", "reason", "id")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("venue", "transfer", "reverses", "shown_legs", "reason", "state")}),
        (_("Four eyes"), {"fields": ("four_eyes", "proposed_by", "created_at", "decided_by", "decided_at")}),
        (_("Outcome"), {"fields": ("posted", "refusal")}),
    )
    readonly_fields = ("shown_legs", "four_eyes")
    actions_detail = ("post", "refuse")

    @admin.display(description=_("entries to be made"))
    def shown_legs(self, correction: Correction) -> SafeString:
        accounts = Account.objects.select_related("organization").in_bulk([leg[0] for leg in correction.legs])
        named = {str(key): account for key, account in accounts.items()}
        rows = (
            (named[account], named[account].organization or NOTHING, grouped(minor))
            for account, minor in correction.legs
        )
        body = format_html_join("", '<tr><td>{}</td><td>{}</td><td class="console-number">{}</td></tr>', rows)
        return format_html('<table class="console-table"><tbody>{}</tbody></table>', body)

    @admin.display(description=_("who may not post it"))
    def four_eyes(self, correction: Correction) -> str:
        return four_eyes([correction.proposed_by])

    @act(_("Post"), permission=Permission.LEDGER_CORRECT, states={Correction.State.PROPOSED})
    def post(self, request: HttpRequest, correction: Correction, actor: Actor, _reason: str) -> None:
        corrections.post_correction(correction_id=correction.pk, actor=actor)

    @act(
        _("Refuse"),
        permission=Permission.LEDGER_CORRECT,
        states={Correction.State.PROPOSED},
        asks_reason=True,
        danger=True,
    )
    def refuse(self, request: HttpRequest, correction: Correction, actor: Actor, reason: str) -> None:
        corrections.refuse_correction(correction_id=correction.pk, reason=reason, actor=actor)
