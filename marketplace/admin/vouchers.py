"""Voucher programmes in the console: the budget at a glance, who applies, what was paid of which order, clawbacks."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.decorators import action

from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, act, actor_in_console
from kernel.console_display import four_eyes
from kernel.money import Currency, Money, grouped
from kernel.problems import Problem
from marketplace.admin.voucher_forms import ApproveForm, ClawBackForm, DraftForm
from settlements.admin.books import transfers_of
from settlements.models import Account, VoucherClawback, VoucherGrant, VoucherProgramme, VoucherUse
from settlements.vouchers import clawbacks, grants, programmes

MANAGE, GRANT = Permission.VOUCHER_MANAGE, Permission.VOUCHER_GRANT
BAR_WIDTH = 200
# The parts of a budget in the order of its bar, each with its colour; what is left stays white.
PARTS = (
    ("redeemed_minor", _("redeemed"), "#0f766e"),
    ("reserved_minor", _("reserved"), "#b45309"),
    ("returned_minor", _("returned"), "#6b7280"),
    ("left_minor", _("left"), "#ffffff"),
)


@admin.register(VoucherProgramme)
class VoucherProgrammeAdmin(ConsoleAdmin):
    list_display = ("number", "name", "funder", "venue", "state", "budget_bar", "closes_on")
    list_filter = ("state", "venue", "currency", "payment")
    list_select_related = ("funder", "venue")
    search_fields = ("number", "source", "funder__legal_name", "funder__identifier")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("number", "name", "venue", "funder", "source", "state")}),
        (_("Budget"), {"fields": ("budget_bar", "parts", "what_stands_behind")}),
        (
            pgettext_lazy("voucher programme", "Rule"),
            {
                "fields": (
                    ("shown_rate", "shown_startup_rate"),
                    ("shown_applicant_cap", "shown_order_cap"),
                    ("product_types", "places"),
                    ("payment", "granted_by_rule"),
                    ("opens_on", "closes_on", "grant_days"),
                )
            },
        ),
        (_("Four eyes"), {"fields": ("four_eyes", "drafted_by", "opened_by", "opened_at", "closed_at")}),
    )
    readonly_fields = (
        "budget_bar",
        "parts",
        "what_stands_behind",
        "shown_rate",
        "shown_startup_rate",
        "shown_applicant_cap",
        "shown_order_cap",
        "four_eyes",
    )
    actions_list = ("draft",)
    actions_detail = ("open", "resume", "suspend", "close", "withdraw")

    def has_draft_permission(self, request: HttpRequest) -> bool:
        return actor_in_console(request).may(MANAGE)

    @admin.display(description=_("budget"))
    def budget_bar(self, programme: VoucherProgramme) -> SafeString:
        """Draw how much of the budget is redeemed, reserved and returned, as one bar."""
        total, start, marks = programme.budget_minor, 0.0, []
        for part, label, colour in PARTS:
            width = getattr(programme, part) / total * BAR_WIDTH
            marks.append((f"{start:.1f}", f"{width:.1f}", colour, label, grouped(getattr(programme, part))))
            start += width
        rects = format_html_join(
            "", '<rect x="{}" y="0" width="{}" height="12" fill="{}"><title>{}: {}</title></rect>', marks
        )
        return format_html(
            '<svg viewBox="0 0 {width} 12" width="{width}" height="12" role="img" aria-label="{label}"'
            ' style="border:1px solid #9ca3af">{rects}</svg> {budget}',
            width=BAR_WIDTH,
            label=", ".join(f"{label} {amount}" for _x, _width, _colour, label, amount in marks),
            rects=rects,
            budget=str(programme.money(total)),
        )

    @admin.display(description=_("parts of the budget"))
    def parts(self, programme: VoucherProgramme) -> str:
        return " · ".join(f"{label} {programme.money(getattr(programme, part))}" for part, label, _colour in PARTS)

    @admin.display(description=_("what stands behind it"))
    def what_stands_behind(self, programme: VoucherProgramme) -> SafeString:
        """Link the vouchers, the uses, and the entries of the account that holds the programme's money."""
        of_this = {"programme__id__exact": str(programme.pk)}
        links = [
            (_now("vouchers"), "settlements_vouchergrant", of_this),
            (_now("uses"), "settlements_voucheruse", of_this),
            (_now("transfers"), "settlements_transfer", {"q": programme.number}),
        ]
        account = Account.objects.filter(
            kind=Account.Kind.VOUCHER,
            venue=programme.venue_id,
            currency=programme.currency,
            organization=programme.funder_id,
        ).first()
        if account is not None:
            links.append((_now("entries"), "settlements_entry", {"account__id__exact": str(account.pk)}))
        addresses = (
            (f"{reverse(f'admin:{page}_changelist')}?{urlencode(filters)}", label) for label, page, filters in links
        )
        return format_html_join(" · ", '<a class="underline" href="{}">{}</a>', addresses)

    @admin.display(description=pgettext_lazy("voucher", "rate"))
    def shown_rate(self, programme: VoucherProgramme) -> str:
        return f"{programme.rate_ppm / 10_000:g} %"

    @admin.display(description=_("rate for start-ups"))
    def shown_startup_rate(self, programme: VoucherProgramme) -> str:
        return f"{programme.startup_rate_ppm / 10_000:g} %" if programme.startup_rate_ppm else "–"

    @admin.display(description=_("most for one applicant"))
    def shown_applicant_cap(self, programme: VoucherProgramme) -> str:
        return str(programme.money(programme.applicant_cap_minor))

    @admin.display(description=_("most for one order"))
    def shown_order_cap(self, programme: VoucherProgramme) -> str:
        return str(programme.money(programme.order_cap_minor))

    @admin.display(description=_("who may not open it"))
    def four_eyes(self, programme: VoucherProgramme) -> str:
        return four_eyes([programme.drafted_by])

    @action(description=_("Draft a voucher programme"), url_path="draft", permissions=["draft"])  # type: ignore[untyped-decorator]
    def draft(self, request: HttpRequest) -> HttpResponse:
        """Ask for the terms, draft the programme, and show it."""
        actor = actor_in_console(request)
        form = DraftForm(request.POST or None, actor=actor)
        if request.method == "POST" and form.is_valid():
            try:
                programme = programmes.draft_programme(**form.drafted(), actor=actor)
            except Problem as problem:
                messages.error(request, " ".join(map(str, (problem.detail, *(e.detail for e in problem.errors)))))
            else:
                messages.success(request, _now("The programme is drafted; another person opens it."))
                return HttpResponseRedirect(reverse("admin:settlements_voucherprogramme_change", args=[programme.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Draft a voucher programme"),
            "opts": self.model._meta,
            "form": form,
            "note": _("Nothing is paid yet: another person opens it, when the funder's money is there."),
            "back": reverse("admin:settlements_voucherprogramme_changelist"),
        }
        return TemplateResponse(request, "settlements/ask.html", context)

    @act(_("Open"), permission=MANAGE, states={VoucherProgramme.State.DRAFTED})
    def open(self, request: HttpRequest, programme: VoucherProgramme, actor: Actor, _reason: str) -> None:
        programmes.open_programme(programme_id=programme.pk, actor=actor)

    @act(_("Open again"), permission=MANAGE, states={VoucherProgramme.State.SUSPENDED})
    def resume(self, request: HttpRequest, programme: VoucherProgramme, actor: Actor, _reason: str) -> None:
        programmes.resume_programme(programme_id=programme.pk, actor=actor)

    @act(_("Suspend"), permission=MANAGE, states={VoucherProgramme.State.OPEN}, asks_reason=True)
    def suspend(self, request: HttpRequest, programme: VoucherProgramme, actor: Actor, reason: str) -> None:
        programmes.suspend_programme(programme_id=programme.pk, reason=reason, actor=actor)

    @act(
        _("Close and return what is left"),
        permission=MANAGE,
        states={VoucherProgramme.State.OPEN, VoucherProgramme.State.SUSPENDED},
        asks_reason=True,
        danger=True,
    )
    def close(self, request: HttpRequest, programme: VoucherProgramme, actor: Actor, reason: str) -> None:
        programmes.close_programme(programme_id=programme.pk, reason=reason, actor=actor)

    @act(_("Withdraw"), permission=MANAGE, states={VoucherProgramme.State.DRAFTED}, asks_reason=True, danger=True)
    def withdraw(self, request: HttpRequest, programme: VoucherProgramme, actor: Actor, reason: str) -> None:
        programmes.withdraw_programme(programme_id=programme.pk, reason=reason, actor=actor)


@admin.register(VoucherGrant)
class VoucherGrantAdmin(ConsoleAdmin):
    list_display = ("number", "programme", "organization", "venue", "shown_wanted", "shown_granted", "state")
    list_filter = ("state", "venue", "is_startup")
    list_select_related = ("programme", "organization", "venue")
    search_fields = ("number", "programme__number", "organization__legal_name", "organization__identifier")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("number", "programme", "organization", "venue", "state", "expires_on")}),
        (_("Application"), {"fields": ("shown_wanted", "reasons", "is_startup", "applied_by", "created_at")}),
        (_("Decision"), {"fields": ("shown_granted", "shown_rate", "decision", "shown_used")}),
        (_("Four eyes"), {"fields": ("four_eyes", "approved_by", "issued_by", "issued_at")}),
    )
    readonly_fields = ("shown_wanted", "shown_granted", "shown_rate", "shown_used", "four_eyes")
    actions_detail = ("approve", "issue", "refuse")

    @admin.display(description=_("applied for"), ordering="wanted_minor")
    def shown_wanted(self, grant: VoucherGrant) -> str:
        return str(grant.money(grant.wanted_minor))

    @admin.display(description=_("granted"), ordering="amount_minor")
    def shown_granted(self, grant: VoucherGrant) -> str:
        return str(grant.money(grant.amount_minor)) if grant.amount_minor else "–"

    @admin.display(description=pgettext_lazy("voucher", "rate"))
    def shown_rate(self, grant: VoucherGrant) -> str:
        return f"{grant.rate_ppm / 10_000:g} %"

    @admin.display(description=_("used"))
    def shown_used(self, grant: VoucherGrant) -> SafeString:
        address = f"{reverse('admin:settlements_voucheruse_changelist')}?grant__id__exact={grant.pk}"
        reserved, redeemed = grant.money(grant.reserved_minor), grant.money(grant.redeemed_minor)
        return format_html(
            '{} {} · {} {} · <a class="underline" href="{}">{}</a>',
            _now("reserved"),
            reserved,
            _now("redeemed"),
            redeemed,
            address,
            _now("uses"),
        )

    @admin.display(description=_("who may not issue it"))
    def four_eyes(self, grant: VoucherGrant) -> str:
        return four_eyes([grant.approved_by])

    @act(_("Approve"), permission=GRANT, states={VoucherGrant.State.APPLIED}, asks_reason=ApproveForm)
    def approve(self, request: HttpRequest, grant: VoucherGrant, actor: Actor, said: dict[str, Any]) -> None:
        grants.approve_voucher(
            voucher_id=grant.pk,
            amount=grant.money(said["amount"]),
            as_startup=said["as_startup"],
            reason=said["why"],
            actor=actor,
        )

    @act(_("Issue"), permission=GRANT, states={VoucherGrant.State.APPROVED})
    def issue(self, request: HttpRequest, grant: VoucherGrant, actor: Actor, _reason: str) -> None:
        grants.issue_voucher(voucher_id=grant.pk, actor=actor)

    @act(_("Refuse"), permission=GRANT, states=VoucherGrant.UNDECIDED, asks_reason=True, danger=True)
    def refuse(self, request: HttpRequest, grant: VoucherGrant, actor: Actor, reason: str) -> None:
        grants.refuse_voucher(voucher_id=grant.pk, reason=reason, actor=actor)


@admin.register(VoucherUse)
class VoucherUseAdmin(ConsoleAdmin):
    list_display = ("order_id", "grant", "organization", "venue", "shown_amount", "state", "relation", "created_at")
    list_filter = ("state", "venue", ("relation", admin.EmptyFieldListFilter))
    list_select_related = ("grant", "organization", "venue")
    search_fields = ("order_id", "grant__number", "programme__number", "certificate", "organization__legal_name")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("programme", "grant", "organization", "venue", "order_id", "state")}),
        (_("Money"), {"fields": ("shown_price", "shown_amount", "shown_parts", "its_transfers")}),
        (_("Evidence"), {"fields": ("certificate", "relation", "created_at")}),
    )
    readonly_fields = ("shown_price", "shown_amount", "shown_parts", "its_transfers")
    actions_detail = ("claw_back",)

    @admin.display(description=_("price"))
    def shown_price(self, use: VoucherUse) -> str:
        return str(use.money(use.price_minor))

    @admin.display(description=_("amount"), ordering="amount_minor")
    def shown_amount(self, use: VoucherUse) -> str:
        return str(use.money(use.amount_minor))

    @admin.display(description=_("where it is"))
    def shown_parts(self, use: VoucherUse) -> str:
        parts = (
            (_now("reserved"), use.reserved_minor),
            (_now("redeemed"), use.redeemed_minor),
            (_now("released"), use.released_minor),
            (_now("returned"), use.returned_minor),
            (_now("clawed back"), use.clawed_back_minor),
        )
        return " · ".join(f"{label} {grouped(minor)}" for label, minor in parts)

    @admin.display(description=_("transfers"))
    def its_transfers(self, use: VoucherUse) -> SafeString:
        return transfers_of(use.order_id)

    @act(
        _("Propose to claw back"),
        permission=MANAGE,
        states={VoucherUse.State.REDEEMED, VoucherUse.State.SETTLED},
        asks_reason=ClawBackForm,
        danger=True,
    )
    def claw_back(self, request: HttpRequest, use: VoucherUse, actor: Actor, said: dict[str, Any]) -> None:
        amount = Money(said["amount"], Currency(use.currency))
        clawbacks.propose_clawback(use_id=use.pk, amount=amount, reason=said["why"], actor=actor)


@admin.register(VoucherClawback)
class VoucherClawbackAdmin(ConsoleAdmin):
    list_display = ("use", "organization", "venue", "shown_amount", "state", "proposed_by", "created_at")
    list_filter = ("state", "venue")
    list_select_related = ("use", "organization", "venue", "proposed_by")
    search_fields = ("use__order_id", "use__grant__number", "organization__legal_name", "organization__identifier")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("use", "organization", "venue", "shown_amount", "shown_collected", "reason", "state")}),
        (_("Four eyes"), {"fields": ("four_eyes", "proposed_by", "decided_by", "decided_at", "refusal")}),
    )
    readonly_fields = ("four_eyes", "shown_amount", "shown_collected")
    actions_detail = ("approve", "refuse")

    @admin.display(description=_("amount"), ordering="amount_minor")
    def shown_amount(self, clawback: VoucherClawback) -> str:
        return str(clawback.amount)

    @admin.display(description=_("collected"))
    def shown_collected(self, clawback: VoucherClawback) -> str:
        return grouped(clawback.collected_minor)

    @admin.display(description=_("who may not approve it"))
    def four_eyes(self, clawback: VoucherClawback) -> str:
        return four_eyes([clawback.proposed_by])

    @act(_("Approve"), permission=MANAGE, states={VoucherClawback.State.PROPOSED})
    def approve(self, request: HttpRequest, clawback: VoucherClawback, actor: Actor, _reason: str) -> None:
        clawbacks.approve_clawback(clawback_id=clawback.pk, actor=actor)

    @act(_("Refuse"), permission=MANAGE, states={VoucherClawback.State.PROPOSED}, asks_reason=True, danger=True)
    def refuse(self, request: HttpRequest, clawback: VoucherClawback, actor: Actor, reason: str) -> None:
        clawbacks.refuse_clawback(clawback_id=clawback.pk, reason=reason, actor=actor)
