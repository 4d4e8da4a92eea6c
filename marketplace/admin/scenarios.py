"""The AI scenario list in the console, where the venue's staff write, publish and close its entries."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.models import Venue
from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, act, actor_in_console
from kernel.languages import LANGUAGE_TAGS, in_language
from kernel.problems import Problem
from listings.models import ProductType
from marketplace import scenarios
from marketplace.models import Scenario
from marketplace.models.demands import DESCRIPTION_LENGTH, TITLE_LENGTH

LABELS = {
    "title": _("title"),
    "problem": _("problem to be solved"),
    "data_needed": _("data needed"),
    "compute_needed": _("computing needed"),
}
TEXTS = tuple(LABELS)
LENGTHS = {"title": TITLE_LENGTH}
State = Scenario.State


def entry_form(scenario: Scenario | None) -> type[forms.Form]:
    """Return the form of an entry, in three languages, filled in with what it says now."""
    fields: dict[str, object] = {}
    for name in TEXTS:
        said: Mapping[str, str] = getattr(scenario, name) if scenario else {}
        label = LABELS[name]
        for tag in LANGUAGE_TAGS:
            widget = UnfoldAdminTextInputWidget() if name == "title" else UnfoldAdminTextareaWidget(attrs={"rows": 3})
            fields[f"{name}-{tag}"] = forms.CharField(
                label=f"{label} ({tag})",
                required=False,
                max_length=LENGTHS.get(name, DESCRIPTION_LENGTH),
                initial=said.get(tag, ""),
                widget=widget,
            )
    fields["industry"] = forms.CharField(
        label=_("industry (GB/T 4754)"),
        max_length=3,
        initial=scenario.industry if scenario else "",
        widget=UnfoldAdminTextInputWidget(),
    )
    fields["product_type"] = forms.ChoiceField(
        label=_("product type"),
        choices=[("", "-"), *ProductType.choices],
        required=False,
        initial=scenario.product_type if scenario else "",
        widget=UnfoldAdminSelectWidget(),
    )
    fields["wanted_fields"] = forms.CharField(
        label=_("wanted fields"),
        required=False,
        initial="\n".join(scenario.wanted_fields) if scenario else "",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )
    return type("EntryForm", (forms.Form,), {"note": _("One wanted field a line; one language is enough."), **fields})


def entry_of(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a filled-in form says, as the capability functions take it."""
    texts = {name: {tag: text for tag in LANGUAGE_TAGS if (text := cleaned[f"{name}-{tag}"].strip())} for name in TEXTS}
    wanted = [line.strip() for line in cleaned["wanted_fields"].splitlines() if line.strip()]
    return {
        **texts,
        "industry": cleaned["industry"].strip().upper(),
        "product_type": cleaned["product_type"],
        "wanted_fields": wanted,
    }


@admin.register(Scenario)
class ScenarioAdmin(ConsoleAdmin):
    list_display = ("number", "shown_title", "venue", "state", "industry", "owner", "published_at")
    list_filter = ("state", "venue", "product_type")
    list_select_related = ("venue", "owner")
    search_fields = ("number", "title")
    ordering = ("-id",)
    actions_list = ("write",)
    actions_detail = ("edit", "publish", "close")
    fieldsets = (
        (None, {"fields": ("number", "state", "venue", "owner", "published_at")}),
        (_("What is wanted"), {"fields": (*TEXTS, "industry", "product_type", "wanted_fields")}),
        (_("Linked with it"), {"fields": ("shown_products", "shown_demands")}),
    )
    readonly_fields = ("shown_products", "shown_demands")

    def has_write_permission(self, request: HttpRequest) -> bool:
        return actor_in_console(request).may(Permission.SCENARIO_EDIT)

    @admin.display(description=_("title"))
    def shown_title(self, scenario: Scenario) -> str:
        return in_language(scenario.title)

    @admin.display(description=_("products"))
    def shown_products(self, scenario: Scenario) -> str:
        return ", ".join(str(product) for product in scenario.products.all()) or "-"

    @admin.display(description=_("demands"))
    def shown_demands(self, scenario: Scenario) -> str:
        return ", ".join(str(demand) for demand in scenario.demands.all()) or "-"

    @action(description=_("Write an entry"), url_path="write", permissions=["write"])  # type: ignore[untyped-decorator]
    def write(self, request: HttpRequest) -> HttpResponse:
        """Ask for the entry, draft it at the venue of who writes, and show the row."""
        actor = actor_in_console(request)
        form = entry_form(None)(request.POST or None)
        if request.method == "POST" and form.is_valid():
            venue = Venue.objects.filter(pk__in=actor.venue_ids).order_by("code").first()
            try:
                scenario = scenarios.create_scenario(
                    venue_code=venue.code if venue else "", entry=entry_of(form.cleaned_data), actor=actor
                )
            except Problem as problem:
                messages.error(request, " ".join(map(str, (problem.detail, *(e.detail for e in problem.errors)))))
            else:
                messages.success(request, _now("The entry is drafted; publish it when it is ready."))
                return HttpResponseRedirect(reverse("admin:marketplace_scenario_change", args=[scenario.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Write an entry"),
            "opts": self.model._meta,
            "object": "",
            "form": form,
            "back": reverse("admin:marketplace_scenario_changelist"),
        }
        return TemplateResponse(request, "kernel/confirm_act.html", context)

    @act(_("Edit"), permission=Permission.SCENARIO_EDIT, asks_reason=entry_form)
    def edit(self, request: HttpRequest, scenario: Scenario, actor: Actor, cleaned: dict[str, Any]) -> None:
        scenarios.amend_scenario(scenario_id=scenario.pk, changes=entry_of(cleaned), actor=actor)

    @act(_("Publish"), permission=Permission.SCENARIO_EDIT, states={State.DRAFT, State.CLOSED})
    def publish(self, request: HttpRequest, scenario: Scenario, actor: Actor, _reason: str) -> None:
        scenarios.publish_scenario(scenario_id=scenario.pk, actor=actor)

    @act(_("Close"), permission=Permission.SCENARIO_EDIT, states={State.PUBLISHED}, asks_reason=True, danger=True)
    def close(self, request: HttpRequest, scenario: Scenario, actor: Actor, reason: str) -> None:
        scenarios.close_scenario(scenario_id=scenario.pk, reason=reason, actor=actor)
