"""The console's page of rule sets: what each changes, which open cases it would decide otherwise, switching it on."""

import json
from collections.abc import Mapping
from difflib import unified_diff
from itertools import islice
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, act
from kernel.console_display import NOTHING, four_eyes
from kernel.problems import Problem
from listings.crossborder import rule_sets
from listings.crossborder.changes import Difference
from listings.models import RouteRuleSet

State = RouteRuleSet.State
P = Permission
MOST_CASES = 100


class LaidOutJson(forms.JSONField):
    """JSON in lines, as people write it."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 30, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else _written(value)


class BodyForm(forms.Form):
    """The text of a rule set; what the capability would refuse is refused here, so that nothing written is lost."""

    note = gettext_lazy("Another person switches it on. Decisions that were made keep the rule set that made them.")

    def clean_body(self) -> Any:
        try:
            rule_sets.read_body(self.cleaned_data["body"])
        except Problem as problem:
            raise forms.ValidationError([f"{error.pointer}: {error.detail}" for error in problem.errors]) from None
        return self.cleaned_data["body"]


def body_form(body: Mapping[str, Any]) -> type[forms.Form]:
    """Return the form in which the text of a rule set is written, begun with `body`."""
    return type("RuleSetForm", (BodyForm,), {"body": LaidOutJson(label=gettext_lazy("Rules (JSON)"), initial=body)})


def amendment_form(row: RouteRuleSet) -> type[forms.Form]:
    """Return the form of an amendment to a rule set, begun with what every one has."""
    about = {"rule_set": "", "amends": row.name, "effective_from": "", "source": "", "verified": False}
    return body_form({**about, "rows": [], "overlays": [], "conditions": {}, "sheets": {}})


@admin.register(RouteRuleSet)
class RouteRuleSetAdmin(ConsoleAdmin):
    list_display = ("name", "effective_from", "state", "switched_on_at", "created_at")
    list_filter = ("state",)
    search_fields = ("name", "digest")
    ordering = ("-effective_from", "-id")
    fieldsets = (
        (None, {"fields": ("name", "state", "effective_from", "digest")}),
        (gettext_lazy("What it changes"), {"fields": ("changes",)}),
        (gettext_lazy("Open cases that it would decide otherwise"), {"fields": ("impact",)}),
        (gettext_lazy("Four eyes"), {"fields": ("who_may_not", "switched_on_at", "finding")}),
    )
    readonly_fields = ("changes", "impact", "who_may_not")
    actions_detail = ("amend", "revise", "switch_on", "withdraw")

    @admin.display(description=gettext_lazy("against the rules before it"))
    def changes(self, row: RouteRuleSet) -> SafeString | str:
        return (
            format_html_join("", "<h4>{}</h4><pre class='console-json' tabindex='0'>{}</pre>", _shown(row)) or NOTHING
        )

    @admin.display(description=gettext_lazy("route cases"))
    def impact(self, row: RouteRuleSet) -> SafeString | str:
        if row.state != State.PROPOSED:
            return NOTHING
        changes = list(islice(rule_sets.impact_of(row), MOST_CASES + 1))
        lines = [
            (
                reverse("admin:listings_routecase_change", args=[change.case.pk]),
                change.case.number,
                change.case.organization,
                change.before.route,
                change.after.route,
                ", ".join(change.members),
            )
            for change in changes[:MOST_CASES]
        ]
        shown = format_html_join("", "<li><a href='{}' class='text-link'>{}</a> {}: {} → {} ({})</li>", lines)
        if not lines:
            return _("None: every open case would be decided as it is.")
        more = _("There are more than these %(count)d.") % {"count": MOST_CASES} if changes[MOST_CASES:] else ""
        return format_html("<ol>{}</ol>{}", shown, more)

    @admin.display(description=gettext_lazy("who may not decide"))
    def who_may_not(self, row: RouteRuleSet) -> str:
        return four_eyes([row.proposed_by])

    @act(gettext_lazy("Amend"), permission=P.BORDER_RULES, states={State.SWITCHED_ON}, asks_reason=amendment_form)
    def amend(self, request: HttpRequest, row: RouteRuleSet, actor: Actor, written: dict[str, Any]) -> None:
        made = rule_sets.propose_rule_set(body=written["body"], actor=actor)
        address = reverse("admin:listings_routeruleset_change", args=[made.pk])
        self.message_user(request, format_html("<a href='{}' class='text-link'>{}</a>", address, made.name))

    @act(
        gettext_lazy("Revise"),
        permission=P.BORDER_RULES,
        states={State.PROPOSED},
        asks_reason=lambda row: body_form(row.body),
    )
    def revise(self, request: HttpRequest, row: RouteRuleSet, actor: Actor, written: dict[str, Any]) -> None:
        rule_sets.revise_rule_set(rule_set_id=row.pk, body=written["body"], actor=actor)

    @act(gettext_lazy("Switch on"), permission=P.BORDER_RULES, states={State.PROPOSED}, asks_reason=True)
    def switch_on(self, request: HttpRequest, row: RouteRuleSet, actor: Actor, reason: str) -> None:
        rule_sets.switch_on_rule_set(rule_set_id=row.pk, reason=reason, actor=actor)

    @act(gettext_lazy("Withdraw"), permission=P.BORDER_RULES, states={State.PROPOSED}, asks_reason=True, danger=True)
    def withdraw(self, request: HttpRequest, row: RouteRuleSet, actor: Actor, reason: str) -> None:
        rule_sets.withdraw_rule_set(rule_set_id=row.pk, reason=reason, actor=actor)


def _shown(row: RouteRuleSet) -> list[tuple[str, str]]:
    return [(f"{each.part} {each.name}", _lines(each)) for each in rule_sets.differences_of(row)]


def _lines(each: Difference) -> str:
    before, after = (_written(value).splitlines() if value is not None else [] for value in (each.before, each.after))
    return "\n".join(list(unified_diff(before, after, lineterm="", n=1))[2:])


def _written(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
