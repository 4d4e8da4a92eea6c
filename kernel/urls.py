"""Addresses of the evidence log, below /api/v1/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
