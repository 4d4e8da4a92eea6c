"""The console's base: rows are read, and changed only by acts that call capability functions.

    class OrderAdmin(ConsoleAdmin):
        actions_detail = ["cancel"]

        @act(_("Cancel"), asks_reason=True, states={Order.State.FUNDED}, permission="order.cancel")
        def cancel(self, request, order, actor, reason):
            ordering.cancel_order(order_id=order.id, reason=reason, actor=actor)

An act is a page that asks first (GET changes nothing) and then shows how it went; refusals appear as messages.
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from functools import wraps
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin, TabularInline
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextareaWidget

from kernel.actors import NOBODY, Actor
from kernel.console_display import keys_numbered, listed_field, numbered_keys, shown_field, with_numbers
from kernel.problems import Problem

ActFunction = Callable[[Any, HttpRequest, Any, Actor, Any], object]
Asked = bool | type[forms.Form] | Callable[[Any], type[forms.Form]]


class ReasonForm(forms.Form):
    """Why an act is done; stored with its audit event. Another form with a field `reason` may stand in for it."""

    note = gettext_lazy("The reason is kept with the audit event and shown to the parties.")
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=2000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4})
    )


def actor_in_console(request: HttpRequest) -> Actor:
    """Return who is signed in, as the staff member or member that they are; nobody on the sign-in page."""
    if not request.user.is_authenticated:
        return NOBODY
    actor: Actor = request.user.actor_in_console()
    return actor


class ConsoleAdmin(ModelAdmin):
    """Show the rows that the signed-in person may see; nothing is added, edited or deleted by hand."""

    list_per_page = 50
    show_full_result_count = False
    compressed_fields = True

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows: models.QuerySet[Any] = self.model._default_manager.visible_to(actor_in_console(request))
        rows = with_numbers(rows, self.list_display)
        return rows.order_by(*self.get_ordering(request)) if self.get_ordering(request) else rows

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Show names in the reader's language, and of plain keys the number of what they point to."""
        keys = numbered_keys(self.model, self.list_display)
        return [listed_field(self.model, name, keys) for name in super().get_list_display(request)]

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """Find rows by the number of what their plain keys point to, too."""
        for name in numbered_keys(self.model, self.list_display) if search_term.strip() else ():
            if keys := keys_numbered(name, search_term.strip()):
                return queryset.filter(**{f"{name}__in": keys}), False
        found: tuple[models.QuerySet[Any], bool] = super().get_search_results(request, queryset, search_term)
        return found

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[tuple[Any, dict[str, Any]]]:
        """Show texts, JSON and plain keys as people read them (kernel/console_display.py)."""
        actor = actor_in_console(request)
        return [
            (title, {**options, "fields": [shown_field(self.model, name, actor) for name in options["fields"]]})
            for title, options in super().get_fieldsets(request, obj)
        ]

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[UnfoldAction]:
        """Offer only the acts that the row's state allows and the person may do."""
        obj = self.get_object(request, object_id)
        offered: list[UnfoldAction] = super().get_actions_detail(request, object_id)
        return [each for each in offered if obj is not None and _is_open(each.method, obj, request)]


class ReadOnlyInline(TabularInline):
    """Rows shown inside the page of the row they belong to."""

    extra = 0
    can_delete = False
    show_change_link = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        return tuple(shown_field(self.model, name, actor_in_console(request)) for name in self.fields)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        return self.get_readonly_fields(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def act(
    label: str | Promise,
    *,
    permission: str,
    states: AbstractSet[str] | None = None,
    asks_reason: Asked = False,
    danger: bool = False,
) -> Callable[[ActFunction], Callable[..., HttpResponse]]:
    """Make a console page of a method `(self, request, obj, actor, reason)` that calls one capability function.

    `states` are the row's states in which it is offered; `permission` is the named permission without which it is not
    shown. Both only tidy the page: the capability function decides. `asks_reason` may be a form that asks for another
    single text in its field `reason`, or a function that makes a form for the row; without a field `reason` the method
    gets all that the form asked for.
    """

    def decorate(method: ActFunction) -> Callable[..., HttpResponse]:
        @action(  # type: ignore[untyped-decorator]  # unfold ships no types
            description=label,
            url_path=method.__name__.replace("_", "-"),
            variant=ActionVariant.DANGER if danger else ActionVariant.PRIMARY,
        )
        @wraps(method)
        def page(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
            obj = self.get_object(request, object_id)
            if obj is None:
                raise Http404
            form_class = _form_class(asks_reason, obj)
            form = form_class(request.POST if request.method == "POST" else None) if form_class else None
            if request.method != "POST" or (form is not None and not form.is_valid()):
                return _ask(self, request, obj, label, form)
            answer = form.cleaned_data.get("reason", form.cleaned_data) if form is not None else ""
            _do(method, self, request, obj, answer, label)
            return HttpResponseRedirect(_page_of(self, obj))

        page.offered_in = states
        page.needs = permission
        return cast(Callable[..., HttpResponse], page)

    return decorate


def _form_class(asked: Asked, obj: Any) -> type[forms.Form] | None:
    if isinstance(asked, bool):
        return ReasonForm if asked else None
    return asked if isinstance(asked, type) else asked(obj)


def _do(method: ActFunction, admin: Any, request: HttpRequest, obj: Any, answer: Any, label: str | Promise) -> None:
    try:
        method(admin, request, obj, actor_in_console(request), answer)
    except Problem as problem:
        why = " ".join([str(problem.detail), *(str(error.detail) for error in problem.errors)])
        messages.error(request, _("%(act)s: refused. %(why)s") % {"act": label, "why": why})
    else:
        messages.success(request, _("%(act)s: done.") % {"act": label})


def _ask(admin: Any, request: HttpRequest, obj: Any, label: str | Promise, form: forms.Form | None) -> HttpResponse:
    context = {
        **admin.admin_site.each_context(request),
        "title": label,
        "opts": admin.model._meta,
        "object": obj,
        "form": form,
        "back": _page_of(admin, obj),
    }
    return TemplateResponse(request, "kernel/confirm_act.html", context)


def _page_of(admin: Any, obj: models.Model) -> str:
    meta = admin.model._meta
    return reverse(f"{admin.admin_site.name}:{meta.app_label}_{meta.model_name}_change", args=[obj.pk])


def _is_open(method: Any, obj: Any, request: HttpRequest) -> bool:
    states = getattr(method, "offered_in", None)
    needed = getattr(method, "needs", None)
    return (states is None or obj.state in states) and (needed is None or actor_in_console(request).may(needed))
