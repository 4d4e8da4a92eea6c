"""Changing a subscription's plan over HTTP: what it costs line by line, confirming it, taking it back."""

from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import NoFieldsSerializer, ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.money import Currency, Money, MoneyField
from marketplace import plan_changes
from marketplace.models import PlanChange, Subscription

LINES = [("NEW_PLAN", _("the new plan")), ("UNUSED", _("what is left of the running term"))]


class PlanChangeRequestSerializer(StrictSerializer):
    plan_id = serializers.UUIDField(help_text=_("Another subscription plan of the same listing."))


class PlanChangeLineSerializer(serializers.Serializer[Any]):
    """What some days of a plan's term come to, half up; negative where they are not used any more."""

    line = serializers.ChoiceField(LINES)
    plan_id = serializers.UUIDField(source="plan")
    price = MoneyField(help_text=_("What a whole term costs."))
    first_day = serializers.DateField(source="from")
    end_day = serializers.DateField(source="until", help_text=_("The day on which the term ends; it is not paid."))
    days = serializers.IntegerField()
    of_days = serializers.IntegerField(help_text=_("How many days the whole term has."))
    amount = MoneyField()


class PlanChangeSerializer(serializers.ModelSerializer[PlanChange]):
    venue = serializers.CharField(source="venue.code")
    agreement = serializers.CharField(source="subscription.agreement.number")
    price = MoneyField(help_text=_("What a whole term costs."))
    due = MoneyField(source="gross", help_text=_("What the lines sum to; fees on top of it are added."))
    lines = serializers.SerializerMethodField()
    takes_effect_at = serializers.DateTimeField(source="body.takes_effect_at")

    class Meta:
        model = PlanChange
        fields = (
            "id",
            "number",
            "venue",
            "state",
            "subscription_id",
            "agreement",
            "plan_id",
            "price",
            "cycle",
            "included",
            "at_once",
            "takes_effect_at",
            "term_ends_at",
            "due",
            "lines",
            "sha256",
            "sm3",
            "expires_at",
            "charge_id",
            "created_at",
            "decided_at",
        )
        read_only_fields = fields

    @extend_schema_field(PlanChangeLineSerializer(many=True))
    def get_lines(self, change: PlanChange) -> list[dict[str, Any]]:
        currency = Currency(change.currency)
        money = ({"price": Money(line["price_minor"], currency), **line} for line in change.lines)
        shown = [{**line, "amount": Money(line["amount_minor"], currency)} for line in money]
        return [dict(PlanChangeLineSerializer(line).data) for line in shown]


class PlanChangeFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=PlanChange.State.choices)
    subscription = django_filters.UUIDFilter("subscription_id")


class PlanChangeList(generics.GenericAPIView[PlanChange]):
    """The changes of plans that the caller asked for, and those that buyers have confirmed; newest first."""

    serializer_class = PlanChangeSerializer
    filterset_class = PlanChangeFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[PlanChange]:
        return _visible(self.request)

    @extend_schema(operation_id="plan_changes_list", responses=PlanChangeSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(PlanChangeSerializer(page, many=True).data)


class PlanChangeDetail(APIView):
    @extend_schema(operation_id="plan_changes_read", responses=PlanChangeSerializer)
    def get(self, request: Request, plan_change_id: UUID) -> Response:
        return Response(represent(PlanChangeSerializer, get_object_or_404(_visible(request), pk=plan_change_id)))


class PlanChangeQuote(APIView):
    """Say what another plan would cost the subscription, line by line; nothing changes until it is confirmed."""

    @extend_schema(
        operation_id="subscriptions_plan_change_quote",
        request=PlanChangeRequestSerializer,
        responses={201: PlanChangeSerializer},
    )
    @idempotent(required=True)
    def post(self, request: Request, subscription_id: UUID) -> Response:
        get_object_or_404(Subscription.objects.visible_to(actor_of(request)), pk=subscription_id)
        body = body_of(PlanChangeRequestSerializer, request)
        change = plan_changes.quote_change(subscription_id=subscription_id, **body, actor=actor_of(request))
        return Response(represent(PlanChangeSerializer, _visible(request).get(pk=change.pk)), status=201)


class PlanChangeConfirm(APIView):
    """Make a quoted change: at once, paid from available funds, or when the running term ends."""

    @extend_schema(operation_id="plan_changes_confirm", request=NoFieldsSerializer, responses=PlanChangeSerializer)
    @idempotent(required=True)
    def post(self, request: Request, plan_change_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        plan_changes.confirm_change(change_id=plan_change_id, actor=actor_of(request))
        return Response(represent(PlanChangeSerializer, _visible(request).get(pk=plan_change_id)))


class PlanChangeWithdraw(APIView):
    """Take back a change that would be made when the running term ends."""

    @extend_schema(operation_id="plan_changes_withdraw", request=ReasonSerializer, responses=PlanChangeSerializer)
    @idempotent(required=True)
    def post(self, request: Request, plan_change_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        plan_changes.withdraw_change(change_id=plan_change_id, reason=reason, actor=actor_of(request))
        return Response(represent(PlanChangeSerializer, _visible(request).get(pk=plan_change_id)))


def _visible(request: Request) -> models.QuerySet[PlanChange]:
    related = ("venue", "subscription__agreement")
    return PlanChange.objects.visible_to(actor_of(request)).select_related(*related)
