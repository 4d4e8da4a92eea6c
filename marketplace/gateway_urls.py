"""Addresses below /gateway/: a page to try an interface, and everything else goes to the provider's upstream."""

from django.urls import path, re_path

from marketplace.gateway_view import gateway
from marketplace.try_it import description, page

urlpatterns = [
    path("<uuid:entitlement_id>/-/docs/", page, name="gateway-docs"),
    path("<uuid:entitlement_id>/-/openapi.json", description, name="gateway-openapi"),
    re_path(r"^(?P<entitlement_id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/(?P<path>.*)$", gateway, name="gateway"),
]
