"""Compute for the venue's staff: the pools, and every job with where it went and what it used; no code, no result."""

import json

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from kernel.console import ConsoleAdmin
from kernel.money import Currency, Money
from marketplace.models import ComputeJob, ComputePool


@admin.register(ComputePool)
class ComputePoolAdmin(ConsoleAdmin):
    list_display = ("name", "product", "organization", "state", "jurisdiction", "division_code", "cores", "memory_mb")
    list_filter = ("state", "jurisdiction")
    list_select_related = ("product", "organization")
    search_fields = ("name", "product__number", "organization__legal_name")
    ordering = ("-id",)
    fields = (
        ("name", "state"),
        ("product", "organization"),
        ("jurisdiction", "division_code"),
        ("opens", "closes"),
        ("cores", "memory_mb"),
        ("price_per_hour_minor", "currency"),
    )


@admin.register(ComputeJob)
class ComputeJobAdmin(ConsoleAdmin):
    list_display = ("created_at", "organization", "pool", "kind", "state", "why_not", "seconds_used", "cost")
    list_filter = ("state", "why_not", "kind", "venue")
    list_select_related = ("organization", "pool")
    search_fields = ("organization__legal_name", "provider__legal_name", "pool__name", "task_sha256")
    ordering = ("-id",)
    fields = (
        ("entitlement", "state", "why_not"),
        ("organization", "provider", "venue"),
        ("pool", "kind", "task_sha256"),
        ("cores", "memory_mb", "seconds"),
        ("place", "deadline"),
        ("max_price_minor", "price_per_hour_minor", "currency"),
        ("start_at", "started_at", "ended_at"),
        ("seconds_used", "cost_minor"),
        ("evidence", "delivery"),
        ("placed_by", "reads"),
        ("first_read_at", "last_read_at"),
    )

    @admin.display(description=_("cost"), ordering="cost_minor")
    def cost(self, job: ComputeJob) -> str:
        return str(Money(job.cost_minor, Currency(job.currency)))

    readonly_fields = ("evidence",)

    @admin.display(description=_("receipt"))
    def evidence(self, job: ComputeJob) -> str:
        return json.dumps(job.evidence, ensure_ascii=False)
