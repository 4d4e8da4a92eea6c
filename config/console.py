"""How the console looks: the settings of its theme, which names the modules that fill its sidebar and first page."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _


def _asset(path: str) -> Callable[[HttpRequest], str]:
    """Return what the theme calls for the address of a static file, which is known only after the settings."""
    return lambda _request: static(path)


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Dawan Exchange"),
    "SITE_HEADER": _("Dawan Exchange"),
    "SITE_SUBHEADER": "大湾 · Dawan",
    "SITE_URL": "/api/v1/docs/",
    "SITE_ICON": _asset("console/mark.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": _asset("console/mark.svg")},
    ],
    "STYLES": [_asset("console/console.css")],
    "BORDER_RADIUS": "6px",
    "SHOW_HISTORY": False,  # Django's own log of hand edits; nothing is edited by hand here
    "SHOW_LANGUAGES": True,
    "DASHBOARD_CALLBACK": "config.dashboard.with_dashboard",
    "SIDEBAR": {
        "show_search": True,
        "command_search": False,
        "show_all_applications": False,
        "navigation": "config.navigation.navigation",
    },
    # Teal, as the water of the bay; the darker steps keep white text readable (WCAG AA).
    "COLORS": {
        "primary": {
            "50": "oklch(97.5% .014 196)",
            "100": "oklch(94.5% .035 196)",
            "200": "oklch(89.5% .06 197)",
            "300": "oklch(81% .09 198)",
            "400": "oklch(74% .1 200)",
            "500": "oklch(68% .1 201)",
            "600": "oklch(48% .083 208)",
            "700": "oklch(41% .07 211)",
            "800": "oklch(35% .058 214)",
            "900": "oklch(30% .048 217)",
            "950": "oklch(22% .038 220)",
        },
        "font": {
            # A step darker than the theme's, whose subtle text is too pale on grey for WCAG AA.
            "subtle-light": "var(--color-base-600)",
            "subtle-dark": "var(--color-base-300)",
            "default-light": "var(--color-base-700)",
            "default-dark": "var(--color-base-200)",
            "important-light": "var(--color-base-900)",
            "important-dark": "var(--color-base-100)",
        },
    },
}

# Keys without a foreign key (the kernel names no business table; settlements knows no order): what they point to, so
# that a page can link them.
CONSOLE_KEYS = {
    "organization_id": "accounts.organization",
    "person_id": "accounts.person",
    "venue_id": "accounts.venue",
    "order_id": "marketplace.order",
    "placed_by": "accounts.person",
    "announced_by": "accounts.person",
    "asked_by": "accounts.person",
    "filed_by": "accounts.person",
    "ruled_by": "accounts.person",
    "posted_by": "accounts.person",
    "made_by": "accounts.person",
    "registered_by": "accounts.person",
    "granted_to": "accounts.person",
    "declared_by": "accounts.person",
    "confirmed_by": "accounts.person",
    "submitted_by": "accounts.person",
    "reviewed_by": "accounts.person",
}
# Of what such a key may point to, where people find a short number. Money is also held for what is no order: under the
# key of a charge, of a bidder's deposit, of an agency's report.
CONSOLE_NUMBERS = {
    "order_id": (
        ("marketplace.order", "number"),
        ("marketplace.charge", "number"),
        ("marketplace.auctiondeposit", "auction__number"),
        ("listings.agencyreport", "number"),
    ),
}
