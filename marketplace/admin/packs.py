"""Packs of units for the venue's staff: what was bought, what is left, and giving back what cannot be used."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, ReadOnlyInline, act
from marketplace import packs
from marketplace.models import PackDraw, UnitPack


class PackDrawInline(ReadOnlyInline):
    model = PackDraw
    fields = ("month", "units", "charge")


@admin.register(UnitPack)
class UnitPackAdmin(ConsoleAdmin):
    list_display = ("number", "organization", "provider", "venue", "units", "shown_left", "expires_at", "closed_at")
    list_filter = ("venue",)
    list_select_related = ("organization", "provider", "venue")
    search_fields = ("number", "organization__legal_name", "provider__legal_name")
    ordering = ("-id",)
    fields = (
        ("number", "venue"),
        ("organization", "provider"),
        "entitlement",
        ("units", "shown_left"),
        ("used_units", "expired_units"),
        ("shown_price", "charge"),
        ("starts_at", "expires_at", "closed_at"),
    )
    readonly_fields = ("shown_left", "shown_price")
    inlines = (PackDrawInline,)
    actions_detail = ("close",)

    @admin.display(description=_("units left"))
    def shown_left(self, pack: UnitPack) -> str:
        return f"{pack.units_left:,}"

    @admin.display(description=_("price"))
    def shown_price(self, pack: UnitPack) -> str:
        return str(pack.price)

    @act(_("End it and give back what is not used"), permission=Permission.CHARGE_CREDIT, asks_reason=True, danger=True)
    def close(self, request: HttpRequest, pack: UnitPack, actor: Actor, reason: str) -> None:
        packs.close_pack(pack_id=pack.pk, reason=reason, actor=actor)
