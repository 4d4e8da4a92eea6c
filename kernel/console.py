"""The console's base: every row is readable, and state changes only through actions that call capability functions."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from django.contrib import messages
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin

from kernel.problems import Problem


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types for its base class
    """Show rows and offer actions; nothing is added, edited or deleted by hand."""

    list_per_page = 50
    show_full_result_count = False
    compressed_fields = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@contextmanager
def problems_as_messages(request: HttpRequest) -> Iterator[None]:
    """Show a refusal as a console message instead of an error page."""
    try:
        yield
    except Problem as problem:
        reasons = " ".join(str(error.detail) for error in problem.errors)
        messages.error(request, f"{problem.detail} {reasons}".strip())


def capability(action: Callable[..., str | None]) -> Callable[..., HttpResponse | None]:
    """Wrap a console action: its returned sentence is shown as success, a Problem as the reason for refusal.

    The action is written as `def approve(self, request, object_id) -> str` (a row's own page) or with a queryset.
    """

    @wraps(action)
    def wrapped(admin: Any, request: HttpRequest, target: models.QuerySet[Any] | str) -> HttpResponse | None:
        with problems_as_messages(request):
            if done := action(admin, request, target):
                messages.success(request, done)
        return (
            None
            if isinstance(target, models.QuerySet)
            else HttpResponseRedirect(request.META.get("HTTP_REFERER", "/console/"))
        )

    return wrapped
