"""Shared revenue for the venue's staff: which reports are late, what was said, and what was billed."""

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.console import ConsoleAdmin, ReadOnlyInline
from marketplace.models import RevenueBill, RevenuePeriod, RevenueStatement


class RevenueStatementInline(ReadOnlyInline):
    model = RevenueStatement
    show_change_link = False
    fields = ("number", "shown_revenue", "note", "evidence", "reason", "reported_by", "created_at", "shown_answers")
    ordering = ("number",)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[RevenueStatement]:
        statements: models.QuerySet[RevenueStatement] = super().get_queryset(request)
        return statements.select_related("reported_by").prefetch_related("answers")

    @admin.display(description=_("revenue"))
    def shown_revenue(self, statement: RevenueStatement) -> str:
        return str(statement.revenue)

    @admin.display(description=_("answers"))
    def shown_answers(self, statement: RevenueStatement) -> str:
        said = (f"{answer.get_verdict_display()} {answer.reason}".strip() for answer in statement.answers.all())
        return "; ".join(said) or "—"


class RevenueBillInline(ReadOnlyInline):
    model = RevenueBill
    show_change_link = False
    fields = ("number", "shown_due", "statement", "charge", "shown_credits")
    ordering = ("number",)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[RevenueBill]:
        bills: models.QuerySet[RevenueBill] = super().get_queryset(request)
        return bills.select_related("period", "statement__period", "charge")

    @admin.display(description=pgettext_lazy("revenue bill", "due"))
    def shown_due(self, bill: RevenueBill) -> str:
        return str(bill.due)

    @admin.display(description=_("credit notes"))
    def shown_credits(self, bill: RevenueBill) -> str:
        return ", ".join(bill.credit_notes) or "—"


@admin.register(RevenuePeriod)
class RevenuePeriodAdmin(ConsoleAdmin):
    list_display = ("agreement", "period", "organization", "provider", "venue", "state", "ends_at", "clock_at")
    list_filter = ("state", "venue", "period")
    list_select_related = ("agreement", "organization", "provider", "venue")
    search_fields = ("agreement__number", "organization__legal_name", "provider__legal_name")
    ordering = ("-id",)
    fields = (
        ("agreement", "period", "venue"),
        ("organization", "provider"),
        ("starts_at", "ends_at", "shown_days"),
        ("state", "clock_at"),
    )
    readonly_fields = ("shown_days",)
    inlines = (RevenueStatementInline, RevenueBillInline)

    @admin.display(description=_("days covered"))
    def shown_days(self, period: RevenuePeriod) -> str:
        return f"{period.days} / {period.of_days}"
