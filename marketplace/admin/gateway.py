"""Upstreams of API products and the calls of them, for the venue's staff; a provider's secret is shown to nobody."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from kernel.console import ConsoleAdmin
from marketplace.models import GatewayCall, Upstream


@admin.register(Upstream)
class UpstreamAdmin(ConsoleAdmin):
    list_display = ("product", "organization", "base_url", "methods", "secret", "created_at")
    list_select_related = ("product", "organization")
    search_fields = ("base_url", "product__number", "organization__legal_name")
    ordering = ("-id",)
    fields = (
        ("product", "organization"),
        "base_url",
        "methods",
        ("timeout_seconds", "most_answer_bytes"),
        "secret",
    )
    readonly_fields = ("secret",)

    @admin.display(description=_("secret"))
    def secret(self, upstream: Upstream) -> str:
        return f"{upstream.secret_header}: ••••••••" if upstream.secret_header else "-"


@admin.register(GatewayCall)
class GatewayCallAdmin(ConsoleAdmin):
    list_display = (
        "method",
        "path",
        "organization",
        "provider",
        "outcome",
        "status",
        "units",
        "bytes_out",
        "created_at",
    )
    list_filter = ("outcome", "method", "venue")
    list_select_related = ("organization", "provider")
    search_fields = ("nonce", "trace_id", "organization__legal_name", "provider__legal_name")
    ordering = ("-id",)
    fields = (
        ("entitlement", "venue"),
        ("organization", "provider"),
        ("client_id", "person_id"),
        ("method", "path"),
        ("outcome", "status"),
        ("bytes_in", "bytes_out", "units"),
        ("sha256", "permit"),
        ("nonce", "trace_id"),
        ("created_at", "ended_at"),
    )
