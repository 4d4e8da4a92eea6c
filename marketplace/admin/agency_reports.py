"""The console's page of agency reports."""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, ReadOnlyInline, act
from kernel.console_display import four_eyes
from listings import agency_reports
from listings.models import AgencyReport, ReportPaper
from marketplace import ordered_reports

State = AgencyReport.State
TO_DECIDE = {State.DELIVERED, State.RECEIVED}
OPEN = {State.COMMISSIONED, State.UNDERTAKEN, State.RETURNED}


class PaperInline(ReadOnlyInline):
    model = ReportPaper
    fields = ("name", "size", "sha256", "created_at")
    show_change_link = False


@admin.register(AgencyReport)
class AgencyReportAdmin(ConsoleAdmin):
    list_display = ("listing", "kind", "organization", "stage", "state", "conclusion", "due_at")
    list_filter = ("state", "kind", "venue", "conclusion", "ordered_by_provider")
    list_select_related = ("listing", "organization", "venue")
    search_fields = ("number", "listing__number", "organization__legal_name")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("listing", "kind", "stage", "state", "organization", "provider", "venue", "due_at")}),
        (
            _("Ordered by the provider"),
            {
                "fields": (
                    ("number", "ordered_by_provider", "receive_by"),
                    ("shown_fee", "shown_held", "fee_paid_at"),
                    "fee_terms",
                    "its_transfers",
                )
            },
        ),
        (_("Question"), {"fields": ("question",)}),
        (_("Report"), {"fields": ("conclusion", "findings", "jurisdictions", "route", "rule_set", "opinion_on")}),
        (_("Four eyes"), {"fields": ("who_may_not", "valid_until", "note")}),
    )
    readonly_fields = ("who_may_not", "shown_fee", "shown_held", "its_transfers")
    inlines = (PaperInline,)
    actions_detail = ("accept", "give_back", "call_off", "settle_for_agency", "settle_for_provider")

    @admin.display(description=_("who may not decide"))
    def who_may_not(self, report: AgencyReport) -> str:
        return four_eyes([report.written_by])

    @admin.display(description=_("agreed fee"))
    def shown_fee(self, report: AgencyReport) -> str:
        return str(report.fee or "")

    @admin.display(description=_("held for it"))
    def shown_held(self, report: AgencyReport) -> str:
        return str(report.fee_held or "")

    @admin.display(description=_("transfers"))
    def its_transfers(self, report: AgencyReport) -> str:
        if report.fee_held is None:
            return ""
        address = f"{reverse('admin:settlements_transfer_changelist')}?q={report.pk}"
        return format_html('<a class="underline" href="{}">{}</a>', address, _now("of this report"))

    @act(_("Accept the report"), permission=Permission.CONSOLE_USE, states=TO_DECIDE, asks_reason=True)
    def accept(self, request: HttpRequest, report: AgencyReport, actor: Actor, reason: str) -> None:
        agency_reports.accept_report(report_id=report.pk, reason=reason, actor=actor)

    @act(_("Give the report back"), permission=Permission.CONSOLE_USE, states=TO_DECIDE, asks_reason=True)
    def give_back(self, request: HttpRequest, report: AgencyReport, actor: Actor, reason: str) -> None:
        agency_reports.return_report(report_id=report.pk, reason=reason, actor=actor)

    @act(_("Call off"), permission=Permission.CONSOLE_USE, states=OPEN, asks_reason=True, danger=True)
    def call_off(self, request: HttpRequest, report: AgencyReport, actor: Actor, reason: str) -> None:
        agency_reports.cancel_report(report_id=report.pk, reason=reason, actor=actor)

    @act(_("Settle for the agency"), permission=Permission.LISTING_APPROVE, states={State.DISPUTED}, asks_reason=True)
    def settle_for_agency(self, request: HttpRequest, report: AgencyReport, actor: Actor, reason: str) -> None:
        ordered_reports.settle_report_dispute(report_id=report.pk, for_agency=True, reason=reason, actor=actor)

    @act(
        _("Settle for the provider"),
        permission=Permission.LISTING_APPROVE,
        states={State.DISPUTED},
        asks_reason=True,
        danger=True,
    )
    def settle_for_provider(self, request: HttpRequest, report: AgencyReport, actor: Actor, reason: str) -> None:
        ordered_reports.settle_report_dispute(report_id=report.pk, for_agency=False, reason=reason, actor=actor)
