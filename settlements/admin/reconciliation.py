"""Reconciliation in the console: files from the bank, breaks with their age, and closing a day."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.models import Organization, Venue
from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, ReadOnlyInline, act, actor_in_console
from kernel.console_display import NOTHING, address_of, four_eyes
from kernel.money import CURRENCY_CHOICES, Currency
from kernel.problems import Problem, field_problem
from settlements import bank_days, breaks
from settlements.bank_answers import take_answers
from settlements.breaks import BY_HAND
from settlements.models import Account, BankBooking, BankBreak, BankDay, BankMatch, BankStatement
from settlements.reconciliation import import_statement

MOST_PARTNERS = 100  # that a form offers
RULES = {
    "reference": _("the bank's reference"),
    "end_to_end": _("our reference of the payout"),
    "amount_day_payer": _("amount, day and payer"),
    BY_HAND: _("by two people"),
}


class VenueForm(forms.Form):
    """Which of the staff's venues."""

    venue = forms.ModelChoiceField(Venue.objects.none(), label=_("Venue"), widget=UnfoldAdminSelectWidget())

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["venue"].queryset = Venue.objects.filter(id__in=actor.venue_ids)  # type: ignore[attr-defined]


class FileForm(VenueForm):
    """A file from the bank, and the encoding of a CSV."""

    file = forms.FileField(label=_("File"), widget=UnfoldAdminFileFieldWidget())
    encoding = forms.ChoiceField(
        choices=[("", _("as it is found")), ("utf-8", "UTF-8"), ("gb18030", "GB18030")],
        required=False,
        label=_("Encoding"),
        widget=UnfoldAdminSelectWidget(),
    )


class DayForm(VenueForm):
    """A day of the venue's account in a currency."""

    currency = forms.ChoiceField(choices=CURRENCY_CHOICES, label=_("Currency"), widget=UnfoldAdminSelectWidget())
    day = forms.DateField(label=_("Day"), widget=UnfoldAdminDateWidget())


class PostForm(forms.Form):
    """Where the other side of a break goes, and why."""

    target = forms.ChoiceField(
        choices=[(kind.value, kind.label) for kind in BankBreak.TARGETS],
        label=_("Posted to"),
        widget=UnfoldAdminSelectWidget(),
    )
    identifier = forms.CharField(
        max_length=40,
        required=False,
        label=_("Registration number of the organization, for its funds or earnings"),
        widget=UnfoldAdminTextInputWidget(),
    )
    why = forms.CharField(label=_("Reason"), max_length=2000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


def match_form(found: BankBreak) -> type[forms.Form]:
    """Return a form that asks which other open breaks of the account are the same money, and why."""
    others = BankBreak.objects.filter(venue=found.venue_id, currency=found.currency, state=BankBreak.State.OPEN)
    rows = others.exclude(pk=found.pk).select_related("booking", "entry__transfer").order_by("-id")[:MOST_PARTNERS]

    class MatchForm(forms.Form):
        note = "" if rows else _("No other break of this account is open.")
        partners = forms.MultipleChoiceField(
            label=_("Breaks that are the same money"),
            choices=[(str(each.pk), f"{each} · {_known_to(each)} · {_reference_of(each)}") for each in rows],
            widget=forms.CheckboxSelectMultiple(),
        )
        why = forms.CharField(label=_("Reason"), max_length=2000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))

        def clean_partners(self) -> list[UUID]:
            return [UUID(each) for each in self.cleaned_data["partners"]]

    return MatchForm


def _known_to(found: BankBreak) -> str:
    return _now("the bank alone") if found.booking_id is not None else _now("the books alone")


def _reference_of(found: BankBreak) -> str:
    if found.booking is not None:
        return found.booking.bank_reference
    return str(found.entry.transfer) if found.entry is not None else NOTHING


def _page(
    model_admin: Any, request: HttpRequest, *, title: Any, note: Any, form: VenueForm, do: Callable[[Any, Actor], str]
) -> HttpResponse:
    """Ask for what `form` wants, do it, and say what was done, or show the form again with what was wrong."""
    back = reverse(f"admin:settlements_{model_admin.model._meta.model_name}_changelist")
    if request.method == "POST" and form.is_valid():
        try:
            done = do(form.cleaned_data, actor_in_console(request))
        except Problem as problem:
            messages.error(request, " ".join(map(str, (problem.detail, *(each.detail for each in problem.errors)))))
        else:
            messages.success(request, done)
            return HttpResponseRedirect(back)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "opts": model_admin.model._meta,
        "form": form,
        "note": note,
        "back": back,
    }
    return TemplateResponse(request, "settlements/ask.html", context)


def rule_name(code: str) -> str:
    """Return what a rule goes by, as people call it; another's code as it is."""
    return str(RULES.get(code, code))


def _links(rows: Iterable[tuple[Model, str]]) -> SafeString:
    pages = ((address_of(type(row), row.pk), name) for row, name in rows)
    return format_html_join(mark_safe("<br>"), '<a class="text-link" href="{}">{}</a>', pages)


class BookingInline(ReadOnlyInline):
    model = BankBooking
    fields = ("position", "booked_on", "shown_amount", "bank_reference", "party_name", "text", "shown_rule")
    ordering = ("position",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return BankBooking.objects.visible_to(actor_in_console(request)).select_related("matched__match")

    @admin.display(description=_("amount"))
    def shown_amount(self, booking: BankBooking) -> str:
        return str(booking.amount)

    @admin.display(description=_("matched by"))
    def shown_rule(self, booking: BankBooking) -> str:
        return rule_name(booking.matched.match.rule) if hasattr(booking, "matched") else NOTHING


@admin.register(BankStatement)
class BankStatementAdmin(ConsoleAdmin):
    list_display = ("statement_id", "venue", "currency", "opens_on", "closes_on", "shown_closing", "bookings")
    list_filter = ("venue", "currency")
    list_select_related = ("venue",)
    search_fields = ("statement_id",)
    ordering = ("-id",)
    fields = (
        *("statement_id", "venue", "custody_account", "opens_on", "closes_on", "shown_opening", "shown_closing"),
        *("bookings", "file", "imported_by", "created_at"),
    )
    readonly_fields = ("shown_opening", "shown_closing")
    inlines = (BookingInline,)
    actions_list = ("import_file", "take_status")

    def has_import_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return actor_in_console(request).may(Permission.BANK_RECONCILE)

    @admin.display(description=_("opening balance"))
    def shown_opening(self, statement: BankStatement) -> str:
        return str(statement.opening)

    @admin.display(description=_("closing balance"))
    def shown_closing(self, statement: BankStatement) -> str:
        return str(statement.closing)

    @action(description=_("Import a statement"), url_path="import-file", permissions=["import"])  # type: ignore[untyped-decorator]
    def import_file(self, request: HttpRequest) -> HttpResponse:
        """Take a camt.053 or CSV file."""

        def do(data: Any, actor: Actor) -> str:
            statements = import_statement(**_sent(data), actor=actor)
            return _now("Imported: %s") % ", ".join(map(str, statements))

        form = FileForm(request.POST or None, request.FILES or None, actor=actor_in_console(request))
        note = _("ISO 20022 camt.053, or CSV with its balances. A file is taken whole or not at all.")
        return _page(self, request, title=_("Import a statement"), note=note, form=form, do=do)

    @action(description=_("Take the bank's answer"), url_path="take-status", permissions=["import"])  # type: ignore[untyped-decorator]
    def take_status(self, request: HttpRequest) -> HttpResponse:
        """Take a pain.002 or CSV file."""

        def do(data: Any, actor: Actor) -> str:
            return _now("Payouts decided: %d") % len(take_answers(**_sent(data), actor=actor))

        form = FileForm(request.POST or None, request.FILES or None, actor=actor_in_console(request))
        note = _("ISO 20022 pain.002, or CSV of the bank's portal.")
        return _page(self, request, title=_("Take the bank's answer"), note=note, form=form, do=do)


def _sent(data: Any) -> dict[str, Any]:
    file = data["file"]
    return {"venue": data["venue"], "name": file.name, "content": file.read(), "encoding": data["encoding"]}


@admin.register(BankBooking)
class BankBookingAdmin(ConsoleAdmin):
    list_display = ("booked_on", "venue", "shown_amount", "bank_reference", "party_name", "text", "is_return")
    list_filter = ("venue", "currency", "is_return")
    list_select_related = ("venue",)
    search_fields = ("bank_reference", "end_to_end", "party_name")
    ordering = ("-id",)
    fields = (
        *("statement", "position", "booked_on", "shown_amount", "bank_reference", "end_to_end"),
        *("party_name", "party_account", "text", "is_return"),
    )
    readonly_fields = ("shown_amount",)

    @admin.display(description=_("amount"))
    def shown_amount(self, booking: BankBooking) -> str:
        return str(booking.amount)


@admin.register(BankBreak)
class BankBreakAdmin(ConsoleAdmin):
    list_display = ("day", "shown_age", "venue", "shown_amount", "shown_side", "shown_reference", "state", "way")
    list_filter = ("state", "venue", "currency", "way")
    list_select_related = ("venue", "booking", "entry__transfer")
    search_fields = ("booking__bank_reference", "id")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("venue", "day", "shown_age", "shown_amount", "booking", "entry", "state", "match")}),
        (_("Explanation"), {"fields": ("way", "target", "organization", "payout", "partners", "explanation")}),
        (_("Four eyes"), {"fields": ("four_eyes", "proposed_by", "decided_by")}),
    )
    readonly_fields = ("four_eyes", "shown_age", "shown_amount")
    actions_list = ("close_day",)
    actions_detail = ("propose_post", "propose_match", "approve", "refuse")

    def has_close_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return actor_in_console(request).may(Permission.BANK_RECONCILE)

    @admin.display(description=_("days old"))
    def shown_age(self, found: BankBreak) -> int:
        return found.age_days

    @admin.display(description=_("amount"))
    def shown_amount(self, found: BankBreak) -> str:
        return str(found.amount)

    @admin.display(description=_("known to"))
    def shown_side(self, found: BankBreak) -> str:
        return _known_to(found)

    @admin.display(description=_("reference"))
    def shown_reference(self, found: BankBreak) -> str:
        return _reference_of(found)

    @admin.display(description=_("who may not approve it"))
    def four_eyes(self, found: BankBreak) -> str:
        return four_eyes([found.proposed_by] if found.proposed_by else [])

    @act(
        _("Propose a posting"),
        permission=Permission.BANK_RECONCILE,
        states={BankBreak.State.OPEN},
        asks_reason=PostForm,
    )
    def propose_post(self, request: HttpRequest, found: BankBreak, actor: Actor, data: dict[str, Any]) -> None:
        owner = None
        if data["target"] not in Account.VENUE_KINDS:
            known = Organization.objects.visible_to(actor).filter(identifier=data["identifier"].strip())
            if len(known) != 1:
                detail = _now("No single member of your venues has this registration number.")
                raise field_problem("/organization_id", "unknown_organization", detail)
            owner = known[0]
        breaks.propose_explanation(
            break_id=found.pk,
            way=BankBreak.Way.POST,
            target=data["target"],
            organization=owner,
            reason=data["why"],
            actor=actor,
        )

    @act(
        _("Propose a match"),
        permission=Permission.BANK_RECONCILE,
        states={BankBreak.State.OPEN},
        asks_reason=match_form,
    )
    def propose_match(self, request: HttpRequest, found: BankBreak, actor: Actor, data: dict[str, Any]) -> None:
        breaks.propose_explanation(
            break_id=found.pk, way=BankBreak.Way.MATCH, partners=data["partners"], reason=data["why"], actor=actor
        )

    @act(_("Approve"), permission=Permission.BANK_RECONCILE, states={BankBreak.State.PROPOSED})
    def approve(self, request: HttpRequest, found: BankBreak, actor: Actor, _reason: str) -> None:
        breaks.approve_explanation(break_id=found.pk, actor=actor)

    @act(
        _("Refuse"),
        permission=Permission.BANK_RECONCILE,
        states={BankBreak.State.PROPOSED},
        asks_reason=True,
        danger=True,
    )
    def refuse(self, request: HttpRequest, found: BankBreak, actor: Actor, reason: str) -> None:
        breaks.refuse_explanation(break_id=found.pk, reason=reason, actor=actor)

    @action(description=_("Close a bank day"), url_path="close-day", permissions=["close"])  # type: ignore[untyped-decorator]
    def close_day(self, request: HttpRequest) -> HttpResponse:
        """Close a day once nothing up to it is unexplained."""

        def do(data: Any, actor: Actor) -> str:
            closed = bank_days.close_bank_day(
                venue=data["venue"], currency=Currency(data["currency"]), day=data["day"], actor=actor
            )
            return _now("Closed: %(day)s, %(bank)s at the bank, %(books)s in the books") % {
                "day": closed.day,
                "bank": closed.bank,
                "books": closed.books,
            }

        form = DayForm(request.POST or None, actor=actor_in_console(request))
        note = _("A day is closed with all days before it, and takes no statement any more.")
        return _page(self, request, title=_("Close a bank day"), note=note, form=form, do=do)


@admin.register(BankMatch)
class BankMatchAdmin(ConsoleAdmin):
    list_display = ("created_at", "venue", "currency", "shown_rule", "rules_version")
    list_filter = ("venue", "currency")
    list_select_related = ("venue",)
    search_fields = ("rule", "id")
    ordering = ("-id",)
    fields = ("venue", "currency", "shown_rule", "rules_version", "shown_bookings", "shown_entries", "created_at")
    readonly_fields = ("shown_rule", "shown_bookings", "shown_entries")

    @admin.display(description=_("rule"), ordering="rule")
    def shown_rule(self, match: BankMatch) -> str:
        return rule_name(match.rule)

    @admin.display(description=_("bank bookings"))
    def shown_bookings(self, match: BankMatch) -> SafeString:
        return _links((each.booking, str(each.booking)) for each in match.bookings.select_related("booking"))

    @admin.display(description=_("entries"))
    def shown_entries(self, match: BankMatch) -> SafeString:
        rows = match.entries.select_related("entry__transfer")
        return _links((each.entry, f"{each.entry.transfer}: {each.entry}") for each in rows)


@admin.register(BankDay)
class BankDayAdmin(ConsoleAdmin):
    list_display = ("day", "venue", "currency", "shown_bank", "shown_books", "closed_by", "created_at")
    list_filter = ("venue", "currency")
    list_select_related = ("venue", "closed_by")
    search_fields = ("id",)
    ordering = ("-id",)
    fields = ("day", "venue", "currency", "shown_bank", "shown_books", "closed_by", "created_at")
    readonly_fields = ("shown_bank", "shown_books")

    @admin.display(description=_("at the bank"))
    def shown_bank(self, closed: BankDay) -> str:
        return str(closed.bank)

    @admin.display(description=_("in the books"))
    def shown_books(self, closed: BankDay) -> str:
        return str(closed.books)
