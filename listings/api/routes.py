"""By which route data might cross the border: the what-if, which touches no register."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.problems import field_problem
from listings.crossborder.facts import BadFacts, Facts, day_of, read_facts
from listings.crossborder.route import decide_route, headroom
from listings.crossborder.rule_sets import rules_in_force
from listings.crossborder.rules import RuleSet


class HeadroomSerializer(serializers.Serializer[Any]):
    field = serializers.ChoiceField(["n_general", "n_sensitive"])
    persons = serializers.IntegerField(help_text=gettext_lazy("How many more persons fit before the route changes."))
    next_route = serializers.CharField()


class RouteDecisionSerializer(serializers.Serializer[Any]):
    """The decision as `manage.py decide_route` writes it (docs/crossborder.md), with the headroom."""

    decision = serializers.JSONField()
    headroom = HeadroomSerializer(many=True)


class RouteDecide(APIView):
    """Decide a route from facts alone, by the rule set of their day, and say which rules decided."""

    @extend_schema(
        operation_id="routes_decide",
        request={"application/json": {"type": "object", "additionalProperties": True}},
        responses=RouteDecisionSerializer,
    )
    def post(self, request: Request) -> Response:
        facts, rules = _facts_and_rules(request.data)
        left = [
            {"field": each.field, "persons": each.persons, "next_route": each.next_route}
            for each in headroom(facts, rules)
        ]
        return Response({"decision": decide_route(facts, rules).as_json(), "headroom": left})


def _facts_and_rules(body: Any) -> tuple[Facts, RuleSet]:
    try:
        facts = read_facts(body, undated=day_of(timezone.now()))
    except BadFacts as bad:
        code = "unknown_field" if bad.code == "unknown_member" else bad.code  # as everywhere in the API
        raise field_problem("/" + bad.field.replace(".", "/"), code, bad.detail) from bad
    try:
        return facts, rules_in_force(facts.effective_date)
    except LookupError as error:
        detail = _("No rule set was in force on that day.")
        raise field_problem("/effective_date", "no_rule_set", detail) from error
