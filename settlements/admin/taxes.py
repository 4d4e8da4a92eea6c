"""Tax rates and what was withheld by them."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from kernel.console import ConsoleAdmin
from settlements.models import TaxRate, Withholding


@admin.register(TaxRate)
class TaxRateAdmin(ConsoleAdmin):
    list_display = (
        "tax",
        "supply",
        "seller",
        "buyer",
        "product_type",
        "valid_from",
        "valid_until",
        "shown_rate",
        "verified",
    )
    list_filter = ("tax", "supply", "verified")
    search_fields = ("source",)
    ordering = ("-valid_from", "-id")
    fields = (*list_display, "source")
    readonly_fields = ("shown_rate",)

    @admin.display(description=_("rate"))
    def shown_rate(self, rate: TaxRate) -> str:
        return f"{rate.rate_ppm / 10_000:g} %"


@admin.register(Withholding)
class WithholdingAdmin(ConsoleAdmin):
    list_display = ("number", "venue", "organization", "payer", "tax", "shown_amount", "created_at")
    list_filter = ("tax", "venue", "currency")
    list_select_related = ("venue", "organization", "payer")
    search_fields = ("number", "organization__legal_name", "organization__identifier")
    ordering = ("-id",)
    fields = (*list_display, "source", "source_id", "rate")
    readonly_fields = ("shown_amount",)

    @admin.display(description=_("amount"))
    def shown_amount(self, row: Withholding) -> str:
        return str(row.amount)
