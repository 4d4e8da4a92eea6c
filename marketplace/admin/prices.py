"""The console's view of how prices come about: quotes."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from kernel.console import ConsoleAdmin
from marketplace.models import Quote


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
        "lines",
        "conditions",
        ("expires_at", "order"),
        ("asked_by", "created_at"),
    )
    readonly_fields = ("price", "shown_state")

    @admin.display(description=_("price"), ordering="gross_minor")
    def price(self, quote: Quote) -> str:
        return str(quote.gross)

    @admin.display(description=_("state"))
    def shown_state(self, quote: Quote) -> str:
        return str(quote.state.label)
