"""Filters of the console's lists that cost no look at the whole table, as Django's own for free text columns would."""

from collections.abc import Callable, Iterable
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kernel.console import actor_in_console

Choices = Callable[[], Iterable[tuple[str, Any]]]


def among(column: str, label: Any, choices: Choices) -> type[admin.SimpleListFilter]:
    """Return a filter of a column by choices that are known without asking the table."""

    class Among(admin.SimpleListFilter):
        title = label
        parameter_name = column

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
            return list(choices())

        def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
            return queryset.filter(**{column: self.value()}) if self.value() else queryset

    return Among


class VenueFilter(admin.SimpleListFilter):
    """The venues that the person signed in serves, for tables that carry a plain `venue_id`."""

    title = _("venue")
    parameter_name = "at"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        venues = apps.get_model(settings.CONSOLE_KEYS["venue_id"])._default_manager
        return [(str(venue.pk), venue) for venue in venues.filter(pk__in=actor_in_console(request).venue_ids)]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        known = {key for key, _venue in self.lookup_choices}
        return queryset.filter(venue_id=self.value()) if self.value() in known else queryset
