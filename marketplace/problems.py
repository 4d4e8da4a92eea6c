"""Refusals of the marketplace, each named once."""

from django.utils.translation import gettext_lazy as _

from kernel.problems import register

register(
    {
        "cross_border_not_open": (
            409,
            _("Buyer and provider sit in different jurisdictions; cross-border trade is not open here yet."),
        ),
        "buyer_not_eligible": (403, _("The provider offers this product only to buyers of other regions.")),
        "own_product": (409, _("An organization cannot buy its own product.")),
        "broker_not_independent": (409, _("The broker must be another organization than the buyer and the provider.")),
        "entitlement_not_active": (403, _("The right to read this data is not in force.")),
        "grant_expired": (403, _("This download address has expired; ask for a new one.")),
        "edition_under_way": (409, _("An edition of that quarter waits to be published or discarded.")),
        "range_not_satisfiable": (416, _("The file has no such byte range.")),
    }
)
