"""What is pushed to buyers and where, for the venue's staff; credentials are shown to nobody."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kernel.actors import Actor
from kernel.console import ConsoleAdmin, ReadOnlyInline, act
from marketplace.delivery.push.pushing import retry_push
from marketplace.models import Push, PushedFile, PushTarget


class PushedFileInline(ReadOnlyInline):
    model = PushedFile
    fields = ("name", "receipt", "arrived_at")


@admin.register(Push)
class PushAdmin(ConsoleAdmin):
    list_display = ("delivery", "target", "organization", "venue", "state", "failure", "pushed_at")
    list_filter = ("state", "venue")
    list_select_related = ("delivery", "target", "organization", "venue")
    search_fields = ("folder", "organization__legal_name", "delivery__order__number")
    ordering = ("-id",)
    fields = (
        ("delivery", "target"),
        ("organization", "venue"),
        "state",
        "folder",
        "failure",
        ("created_at", "pushed_at"),
    )
    inlines = (PushedFileInline,)
    actions_detail = ("try_again",)

    @act(_("Try again"), permission="job.retry", states={Push.State.FAILED})
    def try_again(self, request: HttpRequest, push: Push, actor: Actor, _reason: str) -> None:
        retry_push(push_id=push.pk, actor=actor)


@admin.register(PushTarget)
class PushTargetAdmin(ConsoleAdmin):
    list_display = ("name", "organization", "kind", "place", "tested_at", "failure", "retired_at")
    list_filter = ("kind",)
    list_select_related = ("organization",)
    search_fields = ("name", "organization__legal_name")
    ordering = ("-id",)
    fields = (("name", "organization"), ("kind", "place"), "settings", ("tested_at", "failure"), "retired_at")
