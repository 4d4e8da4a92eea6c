"""The console's view of shared tables: what each query took, by whom; nobody changes it by hand."""

from django.contrib import admin

from kernel.console import ConsoleAdmin
from marketplace.models import TableGrant


@admin.register(TableGrant)
class TableGrantAdmin(ConsoleAdmin):
    list_display = ("table", "organization", "venue", "rows", "bytes", "reads", "last_read_at", "created_at")
    list_filter = ("venue",)
    list_select_related = ("table", "organization", "venue")
    search_fields = ("organization__legal_name", "recipient__name", "entitlement__agreement__number")
    ordering = ("-id",)
    fields = (
        ("table", "venue"),
        ("organization", "entitlement"),
        ("recipient", "client"),
        ("rows", "bytes"),
        "hints",
        ("reads", "bytes_served"),
        ("first_read_at", "last_read_at"),
        ("created_at", "expires_at"),
    )
