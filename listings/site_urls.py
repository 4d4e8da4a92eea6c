"""Addresses outside /api/v1/ that others expect where they are: CKAN's API and the sitemap."""

from django.urls import URLPattern, path

from listings.api import ckan, sitemaps

urlpatterns: list[URLPattern] = [
    path("api/3/action/<str:name>", ckan.CkanAction.as_view(), name="ckan-action"),
    # ckanapi and older clients leave the version out; CKAN then speaks its newest, 3.
    path("api/action/<str:name>", ckan.CkanAction.as_view(), name="ckan-action-newest"),
    path("sitemap.xml", sitemaps.index, name="sitemaps"),
    path("sitemaps/<uuid:first>.xml", sitemaps.part, name="sitemap"),
]
