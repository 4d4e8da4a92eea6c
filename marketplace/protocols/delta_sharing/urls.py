"""Addresses of the sharing server, below /delta-sharing/."""

from django.urls import path, re_path

from marketplace.protocols.delta_sharing import views
from marketplace.protocols.delta_sharing.activation import activation
from marketplace.protocols.delta_sharing.links import shared_file

_TABLE = "shares/<str:share>/schemas/<str:schema>/tables/<str:table>"

# The secrets of files and activations stand in the query, which no log holds.
urlpatterns = [
    path("shares", views.shares, name="delta-sharing-shares"),
    path("shares/<str:share>", views.share),
    path("shares/<str:share>/all-tables", views.tables),
    path("shares/<str:share>/schemas", views.schemas),
    path("shares/<str:share>/schemas/<str:schema>/tables", views.tables),
    path(_TABLE, views.version),  # HEAD, as clients of old ask
    path(f"{_TABLE}/version", views.version),
    path(f"{_TABLE}/metadata", views.metadata),
    path(f"{_TABLE}/query", views.query),
    path(f"{_TABLE}/changes", views.changes),
    path("files/<uuid:file_id>.parquet", shared_file, name="delta-sharing-file"),
    path("activate", activation, name="delta-sharing-activation"),
    re_path("^(?P<rest>.*)$", views.unknown),
]
