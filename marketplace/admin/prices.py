"""The console's view of how prices come about: quotes, negotiations and auctions."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, ReadOnlyInline, act
from kernel.money import Money, grouped
from marketplace import auctions
from marketplace.admin.divisions import divided
from marketplace.models import Auction, AuctionDeposit, AuctionInvitation, Bid, Negotiation, NegotiationRound, Quote
from marketplace.negotiating import COMPARED, shown


@admin.register(Quote)
class QuoteAdmin(ConsoleAdmin):
    list_display = ("number", "venue", "buyer", "provider", "origin", "price", "shown_state", "expires_at", "order")
    list_filter = ("origin", "venue")
    list_select_related = ("venue", "buyer", "provider", "order")
    search_fields = ("number", "listing__number", "buyer__legal_name", "provider__legal_name", "order__number")
    ordering = ("-id",)
    fields = (
        ("number", "origin", "shown_state"),
        ("venue", "buyer", "provider", "broker"),
        ("listing", "listing_revision", "plan"),
        "price",
        "shown_lines",
        "conditions",
        ("expires_at", "order"),
        ("asked_by", "created_at"),
    )
    readonly_fields = ("price", "shown_state", "shown_lines")

    @admin.display(description=pgettext_lazy("money", "division"))
    def shown_lines(self, quote: Quote) -> str:
        return divided(quote.lines)

    @admin.display(description=_("price"), ordering="gross_minor")
    def price(self, quote: Quote) -> str:
        return str(quote.gross)

    @admin.display(description=_("state"))
    def shown_state(self, quote: Quote) -> str:
        return str(quote.state.label)


@admin.register(Negotiation)
class NegotiationAdmin(ConsoleAdmin):
    list_display = ("number", "venue", "buyer", "provider", "listing", "state", "newest", "awaiting", "expires_at")
    list_filter = ("state", "venue")
    list_select_related = ("venue", "buyer", "provider", "listing", "awaiting")
    search_fields = ("number", "listing__number", "buyer__legal_name", "provider__legal_name", "quote__number")
    ordering = ("-id",)
    fields = (
        ("number", "state"),
        ("venue", "buyer", "provider", "broker"),
        ("listing", "plan"),
        ("newest", "awaiting", "expires_at"),
        ("quote", "reason", "created_at"),
    )
    change_form_after_template = "marketplace/negotiation_rounds.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the offers side by side, and what each changed of the one before."""
        negotiation = self.get_object(request, object_id)
        rounds = negotiation.rounds.select_related("organization") if negotiation else ()
        table = side_by_side(list(rounds))
        response: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **table})
        return response


def side_by_side(rounds: list[NegotiationRound]) -> dict[str, Any]:
    """Return a column for each round and a row for each compared field, cells marked that changed."""
    before = [None, *rounds]
    titles = {field.name: field.verbose_name for field in NegotiationRound._meta.fields} | {"price": _("price")}
    rows = []
    for name in COMPARED:
        values = [getattr(each, name) for each in rounds]
        cells = [
            {
                "text": str(value) if isinstance(value, Money) else shown(value) or "–",
                "changed": earlier is not None and getattr(earlier, name) != value,
            }
            for earlier, value in zip(before, values, strict=False)
        ]
        rows.append({"title": titles[name], "cells": cells})
    return {"rounds": rounds, "rows": rows}


class BidInline(ReadOnlyInline):
    model = Bid
    fields = ("number", "organization", "amount", "placed_at")

    @admin.display(description=_("bid"))
    def amount(self, bid: Bid) -> str:
        return _now("sealed until the close") if bid.amount_minor is None else grouped(bid.amount_minor)


class AuctionInvitationInline(ReadOnlyInline):
    model = AuctionInvitation
    fields = ("organization",)


class AuctionDepositInline(ReadOnlyInline):
    model = AuctionDeposit
    fields = ("organization", "paddle", "shown_amount", "state")

    @admin.display(description=_("amount"))
    def shown_amount(self, deposit: AuctionDeposit) -> str:
        return str(deposit.amount)


@admin.register(Auction)
class AuctionAdmin(ConsoleAdmin):
    """A sealed bid has no amount here before the auction is closed: the row itself holds none."""

    list_display = ("number", "venue", "direction", "holder", "what", "kind", "state", "ends_at", "bids_count", "lead")
    list_filter = ("state", "direction", "kind", "venue")
    list_select_related = ("venue", "provider", "listing", "demand__buyer")
    search_fields = (
        "number",
        "listing__number",
        "provider__legal_name",
        "demand__number",
        "demand__buyer__legal_name",
        "quote__number",
    )
    ordering = ("-id",)
    fields = (
        ("number", "state"),
        ("direction", "kind"),
        ("venue", "provider"),
        ("listing", "listing_revision", "plan"),
        ("demand", "by_invitation"),
        ("starts_at", "announced_end"),
        ("ends_at", "extension_minutes"),
        ("start", "step"),
        ("reserve", "deposit"),
        ("bids_count", "lead"),
        ("closed_at", "quote", "outcome"),
        ("announced_by", "created_at"),
    )
    readonly_fields = ("start", "step", "reserve", "deposit", "lead")
    inlines = (BidInline, AuctionDepositInline, AuctionInvitationInline)
    actions_detail = ("cancel",)

    @admin.display(description=_("held by"))
    def holder(self, auction: Auction) -> str:
        return str(auction.provider or (auction.demand and auction.demand.buyer))

    @admin.display(description=_("about"))
    def what(self, auction: Auction) -> str:
        return str(auction.listing or auction.demand)

    @admin.display(description=_("first bid"))
    def start(self, auction: Auction) -> str:
        return str(auction.money(auction.start_minor))

    @admin.display(description=_("least step"))
    def step(self, auction: Auction) -> str:
        return str(auction.money(auction.step_minor))

    @admin.display(description=_("reserve price"))
    def reserve(self, auction: Auction) -> str:
        if auction.reserve_minor is None:
            return _now("sealed until the close") if auction.has_reserve else "–"
        return str(auction.money(auction.reserve_minor))

    @admin.display(description=pgettext_lazy("auction", "deposit"))
    def deposit(self, auction: Auction) -> str:
        return str(auction.money(auction.deposit_minor))

    @admin.display(description=_("best bid"), ordering="lead_minor")
    def lead(self, auction: Auction) -> str:
        return str(auction.money(auction.lead_minor)) if auction.lead_minor is not None else "–"

    @act(
        _("Call off"),
        permission=Permission.LISTING_SUSPEND,
        states={Auction.State.ANNOUNCED},
        asks_reason=True,
        danger=True,
    )
    def cancel(self, request: HttpRequest, auction: Auction, actor: Actor, reason: str) -> None:
        auctions.cancel_auction(auction_id=auction.pk, reason=reason, actor=actor)
