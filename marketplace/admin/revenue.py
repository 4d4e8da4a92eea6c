"""Shared revenue for the venue's staff: which reports are late, what was said, and what was billed."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from kernel.console import ConsoleAdmin, ReadOnlyInline
from marketplace.models import RevenueAnswer, RevenueBill, RevenuePeriod, RevenueStatement


class RevenueStatementInline(ReadOnlyInline):
    model = RevenueStatement
    fields = ("number", "revenue_minor", "note", "evidence", "reason", "reported_by", "created_at")


class RevenueBillInline(ReadOnlyInline):
    model = RevenueBill
    fields = ("number", "due_minor", "statement", "charge", "credits")


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
        "shown_answers",
    )
    readonly_fields = ("shown_days", "shown_answers")
    inlines = (RevenueStatementInline, RevenueBillInline)

    @admin.display(description=_("days covered"))
    def shown_days(self, period: RevenuePeriod) -> str:
        return f"{period.days} / {period.of_days}"

    @admin.display(description=_("answers"))
    def shown_answers(self, period: RevenuePeriod) -> str:
        answers = RevenueAnswer.objects.filter(statement__period=period).select_related("statement__period")
        return "; ".join(f"{answer} {answer.reason}".strip() for answer in answers) or "—"
