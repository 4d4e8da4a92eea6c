"""The console as a site of Django's admin."""

from typing import Any

from django.http import HttpRequest
from unfold.sites import UnfoldAdminSite


class ConsoleSite(UnfoldAdminSite):  # type: ignore[misc]  # the toolkit ships no types
    """The toolkit's site, without a list that none of our pages shows."""

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return the models of one app for its page, and nothing for the sidebar, which is config/navigation.py's.

        Sorting all models by their translated names took a fifth of every page.
        """
        models: list[Any] = super().get_app_list(request, app_label) if app_label else []
        return models
