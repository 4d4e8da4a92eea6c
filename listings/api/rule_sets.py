"""The rule sets of the route engine over HTTP: read by anybody, proposed and switched on by two officers."""

from itertools import islice
from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Permission, require
from kernel.api import ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from listings.crossborder import rule_sets
from listings.models import RouteRuleSet

MOST_CASES = 200


class RuleSetSerializer(serializers.ModelSerializer[RouteRuleSet]):
    class Meta:
        model = RouteRuleSet
        fields = ("id", "name", "effective_from", "state", "digest", "switched_on_at", "finding", "created_at")
        read_only_fields = fields


class RuleSetDifferenceSerializer(serializers.Serializer[Any]):
    part = serializers.CharField()
    name = serializers.CharField()
    before = serializers.JSONField()
    after = serializers.JSONField()


class RuleSetInFullSerializer(serializers.ModelSerializer[RouteRuleSet]):
    """With the text as written and what it changes against the rules before it."""

    changes = RuleSetDifferenceSerializer(source="differences", many=True)

    class Meta:
        model = RouteRuleSet
        fields = (*RuleSetSerializer.Meta.fields, "body", "changes")
        read_only_fields = fields


class WriteRuleSetSerializer(StrictSerializer):
    body = serializers.JSONField(help_text=_("The rule set by its JSON schema, whole or an amendment."))


class ChangedCaseSerializer(serializers.Serializer[Any]):
    """An open case that would be decided otherwise, and in what."""

    case_id = serializers.UUIDField(source="case.id")
    number = serializers.CharField(source="case.number")
    route_before = serializers.CharField(source="before.route")
    route_after = serializers.CharField(source="after.route")
    members = serializers.ListField(child=serializers.CharField())


class RuleSetFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=RouteRuleSet.State.choices)


class RuleSetList(generics.GenericAPIView[RouteRuleSet]):
    """The rule sets by which this exchange decides or is asked to, newest first; proposing one."""

    permission_classes = (IsAuthenticatedOrReadOnly,)
    serializer_class = RuleSetSerializer
    filterset_class = RuleSetFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[RouteRuleSet]:
        return RouteRuleSet.objects.visible_to(actor_of(self.request)).defer("body")

    @extend_schema(operation_id="rule_sets_list", responses=RuleSetSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(RuleSetSerializer(page, many=True).data)

    @extend_schema(
        operation_id="rule_sets_propose", request=WriteRuleSetSerializer, responses={201: RuleSetInFullSerializer}
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        written = body_of(WriteRuleSetSerializer, request)
        row = rule_sets.propose_rule_set(body=written["body"], actor=actor_of(request))
        return Response(_in_full(row), status=201)


class RuleSetDetail(APIView):
    """One rule set in full; revising a proposed one."""

    permission_classes = (IsAuthenticatedOrReadOnly,)

    @extend_schema(operation_id="rule_sets_read", responses=RuleSetInFullSerializer)
    def get(self, request: Request, rule_set_id: UUID) -> Response:
        visible = RouteRuleSet.objects.visible_to(actor_of(request))
        return Response(_in_full(get_object_or_404(visible, pk=rule_set_id)))

    @extend_schema(operation_id="rule_sets_revise", request=WriteRuleSetSerializer, responses=RuleSetInFullSerializer)
    def put(self, request: Request, rule_set_id: UUID) -> Response:
        written = body_of(WriteRuleSetSerializer, request)
        row = rule_sets.revise_rule_set(rule_set_id=rule_set_id, body=written["body"], actor=actor_of(request))
        return Response(_in_full(row))


class RuleSetImpact(APIView):
    """The open cases that a rule set would decide otherwise than the one before it, at most 200."""

    @extend_schema(operation_id="rule_sets_impact", responses=ChangedCaseSerializer(many=True))
    def get(self, request: Request, rule_set_id: UUID) -> Response:
        require(actor_of(request), Permission.BORDER_RULES)
        row = get_object_or_404(RouteRuleSet.objects.all(), pk=rule_set_id)
        changes = islice(rule_sets.impact_of(row), MOST_CASES)
        return Response([represent(ChangedCaseSerializer, change) for change in changes])


class RuleSetSwitchOn(APIView):
    """Let a proposed rule set decide from its day on; by somebody else than who proposed it."""

    @extend_schema(operation_id="rule_sets_switch_on", request=ReasonSerializer, responses=RuleSetSerializer)
    @idempotent()
    def post(self, request: Request, rule_set_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        row = rule_sets.switch_on_rule_set(rule_set_id=rule_set_id, reason=reason, actor=actor_of(request))
        return Response(represent(RuleSetSerializer, row))


class RuleSetWithdraw(APIView):
    """Take back a proposed rule set."""

    @extend_schema(operation_id="rule_sets_withdraw", request=ReasonSerializer, responses=RuleSetSerializer)
    @idempotent()
    def post(self, request: Request, rule_set_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        row = rule_sets.withdraw_rule_set(rule_set_id=rule_set_id, reason=reason, actor=actor_of(request))
        return Response(represent(RuleSetSerializer, row))


def _in_full(row: RouteRuleSet) -> dict[str, Any]:
    row.differences = rule_sets.differences_of(row)  # type: ignore[attr-defined]
    shown: dict[str, Any] = represent(RuleSetInFullSerializer, row)
    return shown
