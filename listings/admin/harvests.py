"""Bulk registration as staff see it: sources of members, their runs, and what came of each record."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, act
from kernel.console_display import NOTHING, definitions, laid_out
from listings.harvest.sources import pause_source
from listings.models import HarvestedProduct, HarvestRecord, HarvestRun, HarvestSource, Listing

CHANGES_SHOWN = 100
LONGEST_SHOWN = 300  # characters of one value
Outcome = HarvestRecord.Outcome


@admin.register(HarvestSource)
class HarvestSourceAdmin(ConsoleAdmin):
    list_display = ("name", "organization", "kind", "state", "frequency", "next_run_at")
    list_filter = ("state", "kind", "frequency")
    list_select_related = ("organization",)
    search_fields = ("name", "address", "organization__legal_name")
    ordering = ("-id",)
    fields = (
        ("name", "organization"),
        ("kind", "state"),
        "address",
        ("frequency", "next_run_at"),
        ("withdraw_percent", "created_by"),
        "defaults",
        "its_runs",
    )
    readonly_fields = ("its_runs",)
    actions_detail = ("pause",)

    @admin.display(description=_("bulk registrations"))
    def its_runs(self, source: HarvestSource) -> SafeString:
        return _list_link("harvestrun", "origin", source.pk, _now("All runs of this source"))

    @act(
        _("Pause"),
        permission=Permission.LISTING_SUSPEND,
        states={HarvestSource.State.ACTIVE},
        asks_reason=True,
        danger=True,
    )
    def pause(self, request: HttpRequest, source: HarvestSource, actor: Actor, reason: str) -> None:
        pause_source(source_id=source.pk, reason=reason, actor=actor)


@admin.register(HarvestRun)
class HarvestRunAdmin(ConsoleAdmin):
    list_display = ("created_at", "organization", "kind", "origin", "dry_run", "state", "staged", "came_to")
    list_filter = ("state", "kind", "dry_run")
    list_select_related = ("organization", "origin")
    search_fields = ("id__exact", "sha256__exact", "origin__name", "organization__legal_name")
    ordering = ("-id",)
    fields = (
        ("organization", "requested_by"),
        ("kind", "origin"),
        ("state", "dry_run"),
        ("created_at", "finished_at"),
        ("pages", "bytes", "declared"),
        ("staged", "sha256"),
        "counts",
        "failure",
        "its_records",
    )
    readonly_fields = ("its_records",)

    @admin.display(description=_("outcomes"))
    def came_to(self, run: HarvestRun) -> str:
        told = (f"{Outcome(outcome).label} {count}" for outcome, count in run.counts.items())
        return ", ".join(told) or NOTHING

    @admin.display(description=_("records"))
    def its_records(self, run: HarvestRun) -> SafeString:
        return _list_link("harvestrecord", "run", run.pk, _now("All records of this run"))


@admin.register(HarvestRecord)
class HarvestRecordAdmin(ConsoleAdmin):
    list_display = ("number", "source_id", "outcome", "why", "run", "organization")
    list_filter = ("outcome",)
    list_select_related = ("run", "organization")
    search_fields = ("source_id__startswith", "run__id__exact")
    ordering = ("-id",)
    fields = (
        ("run", "organization"),
        ("number", "source_id"),
        ("outcome", "product"),
        "shown_reasons",
        "difference",
        "entry",
    )
    readonly_fields = ("shown_reasons", "difference")

    @admin.display(description=_("reasons"))
    def why(self, record: HarvestRecord) -> str:
        return "; ".join(f"{reason['pointer']} {reason['code']}".strip() for reason in record.reasons) or NOTHING

    @admin.display(description=_("reasons"))
    def shown_reasons(self, record: HarvestRecord) -> SafeString | str:
        told = {f"{reason['pointer']} {reason['code']}": reason["detail"] for reason in record.reasons}
        return definitions(told) if told else NOTHING

    @admin.display(description=_("changes"))
    def difference(self, record: HarvestRecord) -> SafeString | str:
        """Lay the difference out as a table: a field, what stood, what the record says."""
        changes = list(record.changes.items())[:CHANGES_SHOWN]
        if not changes:
            return NOTHING
        names = (_now("field"), _now("before"), _now("after"))
        head = format_html_join("", '<th class="px-2 text-left">{}</th>', ((name,) for name in names))
        cell = '<td class="px-2">{}</td>'
        rows = format_html_join(
            "",
            f"<tr>{cell * 3}</tr>",
            ((name, _shown(change["before"]), _shown(change["after"])) for name, change in changes),
        )
        return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", head, rows)


class GoneFilter(admin.SimpleListFilter):
    """Products whose source has them no more, and those of them that buyers still see."""

    title = _("at its source")
    parameter_name = "gone"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("gone", _("gone")), ("offered", _("gone and still offered")), ("there", _("there"))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        offered = Listing.objects.filter(product=models.OuterRef("product"), state=Listing.State.LISTED)
        conditions = {
            "gone": models.Q(gone_at__isnull=False),
            "offered": models.Q(models.Exists(offered), gone_at__isnull=False),
            "there": models.Q(gone_at__isnull=True),
        }
        return queryset.filter(conditions.get(self.value() or "", models.Q()))


@admin.register(HarvestedProduct)
class HarvestedProductAdmin(ConsoleAdmin):
    list_display = ("source_id", "organization", "origin", "product", "gone_at", "last_run")
    list_filter = (GoneFilter,)
    list_select_related = ("organization", "origin", "product", "last_run")
    search_fields = ("source_id__startswith", "organization__legal_name", "product__number")
    ordering = ("-id",)
    fields = (
        ("source_id", "organization"),
        ("origin", "last_run"),
        ("dataset", "product"),
        "gone_at",
        "described",
    )


def _list_link(model: str, column: str, key: Any, label: str) -> SafeString:
    address = reverse(f"admin:listings_{model}_changelist")
    return format_html('<a href="{}?{}__id__exact={}" class="text-link">{}</a>', address, column, key, label)


def _shown(value: Any) -> SafeString | str:
    if value in (None, "", {}, []):
        return NOTHING
    if isinstance(value, dict | list) and len(str(value)) <= LONGEST_SHOWN:
        return laid_out(value)
    text = str(value)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"
