"""Payout batches in the console: gathering, checking, discarding, and the file for the bank."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.models import Venue
from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, ReadOnlyInline, act, actor_in_console
from kernel.console_display import four_eyes
from kernel.money import CURRENCY_CHOICES, Currency
from kernel.problems import Problem
from settlements import payout_batches
from settlements.api.payout_batches import file_response
from settlements.models import BankFile, Payout, PayoutBatch


class GatherForm(forms.Form):
    """Of which venue, in which currency."""

    venue = forms.ModelChoiceField(Venue.objects.none(), label=_("Venue"), widget=UnfoldAdminSelectWidget())
    currency = forms.ChoiceField(choices=CURRENCY_CHOICES, label=_("Currency"), widget=UnfoldAdminSelectWidget())

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["venue"].queryset = Venue.objects.filter(id__in=actor.venue_ids)  # type: ignore[attr-defined]


class PaymentInline(ReadOnlyInline):
    model = Payout
    fk_name = "batch"
    fields = ("organization", "bank_account", "shown_amount", "state", "bank_reference", "bank_reason")
    ordering = ("id",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return Payout.objects.visible_to(actor_in_console(request)).select_related("organization")

    @admin.display(description=_("amount"))
    def shown_amount(self, payout: Payout) -> str:
        return str(payout.amount)


@admin.register(PayoutBatch)
class PayoutBatchAdmin(ConsoleAdmin):
    list_display = ("number", "venue", "payments", "shown_total", "state", "gathered_by", "checked_by", "created_at")
    list_filter = ("state", "venue", "currency")
    list_select_related = ("venue", "gathered_by", "checked_by")
    search_fields = ("number",)
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("number", "venue", "custody_account", "payments", "shown_total", "state", "file")}),
        (_("Four eyes"), {"fields": ("four_eyes", "gathered_by", "created_at", "checked_by", "checked_at")}),
        (_("Outcome"), {"fields": ("discard_reason",)}),
    )
    readonly_fields = ("four_eyes", "shown_total")
    inlines = (PaymentInline,)
    actions_list = ("gather",)
    actions_detail = ("release", "download", "discard")

    @admin.display(description=_("total"))
    def shown_total(self, batch: PayoutBatch) -> str:
        return str(batch.total)

    @admin.display(description=_("who may not check it"))
    def four_eyes(self, batch: PayoutBatch) -> str:
        return four_eyes([batch.gathered_by])

    def has_gather_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return actor_in_console(request).may(Permission.PAYOUT_BATCH)

    @action(description=_("Gather approved payouts"), url_path="gather", permissions=["gather"])  # type: ignore[untyped-decorator]
    def gather(self, request: HttpRequest) -> HttpResponse:
        """Ask for venue and currency, gather the batch, and show it."""
        actor = actor_in_console(request)
        form = GatherForm(request.POST or None, actor=actor)
        if request.method == "POST" and form.is_valid():
            venue, currency = form.cleaned_data["venue"], Currency(form.cleaned_data["currency"])
            try:
                batch = payout_batches.gather_batch(venue=venue, currency=currency, actor=actor)
            except Problem as problem:
                messages.error(request, str(problem.detail))
            else:
                messages.success(request, _now("The batch is gathered; another person checks it."))
                return HttpResponseRedirect(reverse("admin:settlements_payoutbatch_change", args=[batch.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Gather approved payouts"),
            "opts": self.model._meta,
            "form": form,
            "note": _("Nothing is sent yet: another person checks the batch."),
            "back": reverse("admin:settlements_payoutbatch_changelist"),
        }
        return TemplateResponse(request, "settlements/ask.html", context)

    @action(description=_("Download the file for the bank"), url_path="download", permissions=["gather"])  # type: ignore[untyped-decorator]
    def download(self, request: HttpRequest, object_id: str) -> HttpResponse:
        batch = self.get_object(request, object_id)
        if batch is None:
            raise Http404
        try:
            return file_response(payout_batches.read_file(batch_id=batch.pk, actor=actor_in_console(request)))
        except Problem as problem:
            messages.error(request, str(problem.detail))
            return HttpResponseRedirect(reverse("admin:settlements_payoutbatch_change", args=[batch.pk]))

    @act(_("Check and release"), permission=Permission.PAYOUT_BATCH, states={PayoutBatch.State.GATHERED})
    def release(self, request: HttpRequest, batch: PayoutBatch, actor: Actor, _reason: str) -> None:
        payout_batches.check_batch(batch_id=batch.pk, actor=actor)

    @act(
        _("Discard"),
        permission=Permission.PAYOUT_BATCH,
        states={PayoutBatch.State.GATHERED},
        asks_reason=True,
        danger=True,
    )
    def discard(self, request: HttpRequest, batch: PayoutBatch, actor: Actor, reason: str) -> None:
        payout_batches.discard_batch(batch_id=batch.pk, reason=reason, actor=actor)


@admin.register(BankFile)
class BankFileAdmin(ConsoleAdmin):
    list_display = ("created_at", "kind", "name", "venue", "size")
    list_filter = ("kind", "venue")
    list_select_related = ("venue",)
    search_fields = ("name", "sha256__exact", "sm3__exact")
    ordering = ("-id",)
    fields = ("kind", "name", "venue", "media_type", "size", "sha256", "sm3", "created_at")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("content")
