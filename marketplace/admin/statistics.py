"""The console's pages of statistics: compile a quarter, look at its table and picture, publish or discard it."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.models import Venue
from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, act, actor_in_console
from kernel.money import grouped
from kernel.problems import Problem
from marketplace.models import ProductionReturn, StatisticCell, StatisticEdition
from marketplace.statistics import editions
from marketplace.statistics.chart import chart_of
from marketplace.statistics.cube import DIMENSIONS
from marketplace.statistics.labels import label
from marketplace.statistics.quarter import Quarter

SHOWN = 200  # cells on the page; all are in the CSV


class CompileQuarterForm(forms.Form):
    """Which quarter of which venue; the last one that is over is proposed."""

    venue = forms.ModelChoiceField(
        label=_("Venue"), queryset=Venue.objects.none(), to_field_name="code", widget=UnfoldAdminSelectWidget()
    )
    quarter = forms.CharField(label=_("Quarter"), max_length=6, widget=UnfoldAdminTextInputWidget())

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        venues = Venue.objects.filter(pk__in=sorted(actor.counted_venue_ids))
        chooser: Any = self.fields["venue"]
        chooser.queryset, chooser.initial = venues, venues.first()
        self.fields["quarter"].initial = str(Quarter.at(timezone.localdate()).previous)


@admin.register(StatisticEdition)
class StatisticEditionAdmin(ConsoleAdmin):
    list_display = ("quarter", "venue", "revision", "state", "withheld", "compiled_by", "published_by", "published_at")
    list_filter = ("state", "venue")
    list_select_related = ("venue", "compiled_by", "published_by")
    search_fields = ("quarter", "sha256")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("venue", "quarter", "revision", "state", "method", "withheld", "sha256")}),
        (_("Four eyes"), {"fields": ("compiled_by", "created_at", "published_by", "published_at")}),
        (_("Figures"), {"fields": ("files", "figures")}),
        (_("Exchange index as published"), {"fields": ("picture",)}),
    )
    readonly_fields = ("files", "figures", "picture")
    actions_list = ("compile_quarter",)
    actions_detail = ("publish", "discard")

    def has_compile_permission(self, request: HttpRequest) -> bool:
        return actor_in_console(request).may(Permission.STATISTICS_COMPILE)

    @admin.display(description=_("files"))
    def files(self, edition: StatisticEdition) -> SafeString:
        addresses = [(reverse(f"statistics-{ending}", args=[edition.pk]), ending.upper()) for ending in ("csv", "xlsx")]
        return format_html_join(" · ", '<a class="underline" href="{}">{}</a>', addresses)

    @admin.display(description=_("table"))
    def figures(self, edition: StatisticEdition) -> SafeString | str:
        cells = list(edition.cells.order_by("id")[: SHOWN + 1])
        if not cells:
            return _now("Nothing was traded or filed in this quarter, or it is still being compiled.")
        names = [StatisticCell._meta.get_field(name) for name in ("table", "currency", *DIMENSIONS)]
        titles = [*(str(getattr(each, "verbose_name", "")) for each in names), *(str(title) for title in _MEASURES)]
        head = format_html_join("", '<th scope="col">{}</th>', ((title,) for title in titles))
        body = format_html_join("", "<tr>{}</tr>", ((_row(cell),) for cell in cells[:SHOWN]))
        more = _now("The files hold the rest.") if len(cells) > SHOWN else ""
        return format_html(
            '<div class="console-table-frame" tabindex="0"><table class="console-table"><thead><tr>{}</tr></thead>'
            "<tbody>{}</tbody></table></div><p>{}</p>",
            head,
            body,
            more,
        )

    @admin.display(description=_("picture"))
    def picture(self, edition: StatisticEdition) -> SafeString:
        drawn = chart_of(edition.venue, "")
        return mark_safe(f'<div class="console-chart">{drawn}</div>')  # noqa: S308 - index_chart escapes what it writes

    @action(description=_("Compile a quarter"), url_path="compile", permissions=["compile"])  # type: ignore[untyped-decorator]
    def compile_quarter(self, request: HttpRequest) -> HttpResponse:
        """Ask for the quarter, begin its edition, and show it."""
        actor = actor_in_console(request)
        form = CompileQuarterForm(request.POST or None, actor=actor)
        if request.method == "POST" and form.is_valid():
            try:
                edition = editions.compile_quarter(**form.cleaned_data, actor=actor)
            except Problem as problem:
                messages.error(request, " ".join(map(str, (problem.detail, *(e.detail for e in problem.errors)))))
            else:
                messages.success(request, _now("The edition is being compiled; another person publishes it."))
                return HttpResponseRedirect(reverse("admin:marketplace_statisticedition_change", args=[edition.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Compile a quarter"),
            "opts": self.model._meta,
            "form": form,
            "back": reverse("admin:marketplace_statisticedition_changelist"),
        }
        return TemplateResponse(request, "marketplace/compile_quarter.html", context)

    @act(_("Publish"), permission=Permission.STATISTICS_PUBLISH, states={StatisticEdition.State.COMPILED})
    def publish(self, request: HttpRequest, edition: StatisticEdition, actor: Actor, _reason: str) -> None:
        editions.publish_edition(edition_id=edition.pk, actor=actor)

    @act(
        _("Discard"),
        permission=Permission.STATISTICS_COMPILE,
        states={StatisticEdition.State.COMPILING, StatisticEdition.State.COMPILED},
        asks_reason=True,
        danger=True,
    )
    def discard(self, request: HttpRequest, edition: StatisticEdition, actor: Actor, reason: str) -> None:
        editions.discard_edition(edition_id=edition.pk, reason=reason, actor=actor)


_MEASURES = (
    _("trades"),
    _("value"),
    _("volume in bytes"),
    _("buyers"),
    _("sellers"),
    _("cost"),
    _("capital formation"),
)


def _row(cell: StatisticCell) -> SafeString:
    names = [cell.get_table_display(), cell.currency, *(label(name, getattr(cell, name)) for name in DIMENSIONS)]
    text = format_html_join("", "<td>{}</td>", ((name,) for name in names))
    if cell.withheld:
        return text + format_html('<td colspan="{}">{}</td>', len(_MEASURES), cell.get_withheld_display())
    amounts = (
        cell.trades,
        _amount(cell.value_minor),
        cell.volume_bytes,
        cell.buyers,
        cell.sellers,
        _amount(cell.cost_minor),
        _amount(cell.capitalised_minor),
    )
    shown = (("" if each is None else each,) for each in amounts)
    return text + format_html_join("", '<td class="console-number">{}</td>', shown)


def _amount(minor: int | None) -> str | None:
    return None if minor is None else grouped(minor)


@admin.register(ProductionReturn)
class ProductionReturnAdmin(ConsoleAdmin):
    list_display = ("quarter", "organization", "venue", "industry", "product_type", "currency", "cost", "capitalised")
    list_filter = ("venue", "product_type")
    list_select_related = ("organization", "venue")
    search_fields = ("quarter", "organization__legal_name")
    ordering = ("-id",)

    @admin.display(description=_("cost"))
    def cost(self, filed: ProductionReturn) -> str:
        return grouped(filed.cost_minor)

    @admin.display(description=_("capital formation"))
    def capitalised(self, filed: ProductionReturn) -> str:
        return grouped(filed.capitalised_minor)
