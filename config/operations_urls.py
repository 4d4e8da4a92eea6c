"""Addresses for whoever runs the exchange; deploy/nginx.conf does not pass /metrics on to the public."""

from django.urls import path

from config.health import healthz, readyz
from config.metrics import metrics

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
