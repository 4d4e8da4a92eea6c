"""Upstreams of API products, the calls that were made of them, and what those cost."""

from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import StrictSerializer, actor_of, body_of, represent
from kernel.money import MoneyField
from listings.api.plan_serializers import (
    MeteringSerializer,
)
from listings.models import Product
from marketplace.delivery.metering import UsageSummary, period_named, period_of, summary_of
from marketplace.delivery.upstreams import DEFAULT_ANSWER_BYTES, remove_upstream, set_upstream
from marketplace.models import Entitlement, GatewayCall, Upstream
from marketplace.models.gateway import METHODS

LARGEST_ANSWER_BYTES = 1024**4


class SetUpstreamSerializer(StrictSerializer):
    base_url = serializers.CharField(max_length=500, help_text=_("http or https; a call's path goes behind it."))
    methods = serializers.ListField(child=serializers.ChoiceField(METHODS), min_length=1, max_length=len(METHODS))
    timeout_seconds = serializers.IntegerField(min_value=1, max_value=300, default=30)
    most_answer_bytes = serializers.IntegerField(
        min_value=1, max_value=LARGEST_ANSWER_BYTES, default=DEFAULT_ANSWER_BYTES
    )
    secret_header = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    secret = serializers.CharField(
        max_length=4000,
        required=False,
        write_only=True,
        help_text=_("Goes to the upstream in that header; kept sealed, never shown. Without it the old one stays."),
    )


class UpstreamSerializer(serializers.ModelSerializer[Upstream]):
    has_secret = serializers.SerializerMethodField()

    class Meta:
        model = Upstream
        fields = (
            "product_id",
            "base_url",
            "methods",
            "timeout_seconds",
            "most_answer_bytes",
            "secret_header",
            "has_secret",
            "created_at",
        )
        read_only_fields = fields

    def get_has_secret(self, upstream: Upstream) -> bool:
        return upstream.sealed_secret is not None


class ProductUpstream(APIView):
    """Where the calls of an API product go; buyers never see it."""

    @extend_schema(operation_id="products_upstream_read", responses=UpstreamSerializer)
    def get(self, request: Request, product_id: UUID) -> Response:
        return Response(represent(UpstreamSerializer, get_object_or_404(_upstreams(request), product=product_id)))

    @extend_schema(operation_id="products_upstream_set", request=SetUpstreamSerializer, responses=UpstreamSerializer)
    def put(self, request: Request, product_id: UUID) -> Response:
        get_object_or_404(Product.objects.visible_to(actor_of(request)), pk=product_id)
        body = body_of(SetUpstreamSerializer, request)
        upstream = set_upstream(product_id=product_id, **body, actor=actor_of(request))
        return Response(represent(UpstreamSerializer, upstream))

    @extend_schema(operation_id="products_upstream_remove", request=None, responses={204: None})
    def delete(self, request: Request, product_id: UUID) -> Response:
        remove_upstream(product_id=product_id, actor=actor_of(request))
        return Response(status=204)


class GatewayCallSerializer(serializers.ModelSerializer[GatewayCall]):
    class Meta:
        model = GatewayCall
        fields = (
            "id",
            "client_id",
            "person_id",
            "permit_id",
            "nonce",
            "method",
            "path",
            "outcome",
            "status",
            "bytes_in",
            "bytes_out",
            "units",
            "sha256",
            "trace_id",
            "created_at",
            "ended_at",
        )
        read_only_fields = fields


class GatewayCallFilter(django_filters.FilterSet):
    outcome = django_filters.ChoiceFilter(choices=GatewayCall.Outcome.choices)


class EntitlementCalls(generics.GenericAPIView[GatewayCall]):
    """Who called what under an entitlement, and how much went over; newest first, for its buyer and its provider."""

    queryset = GatewayCall.objects.none()  # for the description, which knows of no entitlement
    serializer_class = GatewayCallSerializer
    filterset_class = GatewayCallFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[GatewayCall]:
        visible = Entitlement.objects.visible_to(actor_of(self.request))
        return GatewayCall.objects.filter(entitlement=get_object_or_404(visible, pk=self.kwargs["entitlement_id"]))

    @extend_schema(operation_id="entitlements_calls_list", responses=GatewayCallSerializer(many=True))
    def get(self, request: Request, entitlement_id: UUID) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(GatewayCallSerializer(page, many=True).data)


class UsageSummarySerializer(serializers.Serializer[UsageSummary]):
    period = serializers.CharField(source="period.name")
    metering = MeteringSerializer()
    calls = serializers.IntegerField(help_text=_("Those that count; what the upstream refused does not."))
    units = serializers.IntegerField()
    pack_units = serializers.IntegerField(help_text=_("Those of the month that packs cover, also before its run."))
    pack_units_left = serializers.IntegerField(help_text=_("What the valid packs have left now."))
    charge = MoneyField(help_text=_("One line, rounded once, half up; it is posted when the month is settled."))


class EntitlementUsageSummary(APIView):
    """What was used in a month, and what it costs by the agreement."""

    @extend_schema(
        operation_id="entitlements_usage_summary",
        parameters=[OpenApiParameter("period", str, description=str(_("A month such as 2026-11; else this one.")))],
        responses=UsageSummarySerializer,
    )
    def get(self, request: Request, entitlement_id: UUID) -> Response:
        visible = Entitlement.objects.visible_to(actor_of(request)).select_related("agreement")
        entitlement = get_object_or_404(visible, pk=entitlement_id)
        named = request.query_params.get("period")
        period = period_of(timezone.now()) if named is None else period_named(named)
        return Response(represent(UsageSummarySerializer, summary_of(entitlement, period)))


def _upstreams(request: Request) -> models.QuerySet[Upstream]:
    return Upstream.objects.visible_to(actor_of(request))
