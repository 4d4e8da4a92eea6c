"""The console's view of clean rooms and what is asked in them."""

import json

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kernel.actors import Actor
from kernel.console import ConsoleAdmin, act
from marketplace.delivery.clean_room import queries
from marketplace.models import CleanRoom, RoomQuery, RoomTable


@admin.register(CleanRoom)
class CleanRoomAdmin(ConsoleAdmin):
    list_display = ("entitlement", "organization", "provider", "venue", "epsilon", "epsilon_spent", "created_at")
    list_filter = ("venue",)
    list_select_related = ("entitlement__agreement", "organization", "provider", "venue")
    search_fields = ("organization__legal_name", "provider__legal_name", "entitlement__agreement__number")
    ordering = ("-id",)


@admin.register(RoomTable)
class RoomTableAdmin(ConsoleAdmin):
    list_display = ("created_at", "organization", "provider", "venue", "state", "rows")
    list_filter = ("state", "venue")
    list_select_related = ("organization", "provider", "venue")
    search_fields = ("organization__legal_name", "provider__legal_name", "sha256")
    ordering = ("-id",)
    fields = (("room", "state"), ("organization", "provider", "venue"), "columns", ("rows", "sha256"), "sent_by")


@admin.register(RoomQuery)
class RoomQueryAdmin(ConsoleAdmin):
    list_display = (
        "created_at",
        "organization",
        "provider",
        "venue",
        "kind",
        "state",
        "decide_by",
        "why_not",
        "epsilon",
        "reads",
    )
    list_filter = ("kind", "state", "why_not", "venue")
    list_select_related = ("organization", "provider", "venue")
    search_fields = ("organization__legal_name", "provider__legal_name", "sql")
    ordering = ("-id",)
    # The result itself is for the buyer and the provider.
    fields = (
        ("room", "kind", "state", "why_not"),
        ("organization", "provider", "venue"),
        "sql",
        ("template", "parameters"),
        ("epsilon", "evidence"),
        "delivery",
        ("asked_by", "decide_by"),
        ("decided_by", "decided_at", "decision_reason"),
        ("reads", "first_read_at", "last_read_at"),
    )
    readonly_fields = ("evidence",)
    actions_detail = ("refuse",)

    @admin.display(description=_("receipt"))
    def evidence(self, query: RoomQuery) -> str:
        return json.dumps(query.evidence, ensure_ascii=False)

    @act(_("Refuse"), permission="entitlement.suspend", states={RoomQuery.State.HELD}, asks_reason=True, danger=True)
    def refuse(self, request: HttpRequest, query: RoomQuery, actor: Actor, reason: str) -> None:
        queries.refuse_result(query_id=query.id, reason=reason, actor=actor)
