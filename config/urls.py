"""Every address of the exchange; each app keeps its own list."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from marketplace.admin.reports import money_reports, provider_earnings

# The console's pages are registered where they are served, and not in every command and worker.
admin.autodiscover()

api: list[URLPattern | URLResolver] = [
    path("", include("kernel.urls")),
    path("", include("accounts.urls")),
    path("", include("listings.urls")),
    path("", include("listings.crossborder_urls")),
    path("", include("settlements.urls")),
    path("", include("marketplace.urls")),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
]

urlpatterns = [
    path("console/language/", set_language, name="set_language"),
    path("console/reports/", admin.site.admin_view(money_reports), name="money-reports"),
    path(
        "console/reports/earnings/<uuid:organization_id>/",
        admin.site.admin_view(provider_earnings),
        name="provider-earnings",
    ),
    path("console/", admin.site.urls),
    path("api/v1/", include(api)),
    path("delta-sharing/", include("marketplace.protocols.delta_sharing.urls")),
    path("gateway/", include("marketplace.gateway_urls")),
    path("", include("listings.site_urls")),
    path("", include("kernel.certificate_pages")),
    path("", include("accounts.oauth_urls")),
    path("", include("config.operations_urls")),
]
