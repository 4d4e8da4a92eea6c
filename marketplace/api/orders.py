"""Orders and their agreements."""

from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.http import FileResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import NoFieldsSerializer, ReasonSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.models import Certificate
from marketplace import ordering
from marketplace.api.serializers import (
    AgreementSerializer,
    OrderDetailSerializer,
    OrderSerializer,
    PlaceOrderSerializer,
)
from marketplace.evidence_pack import evidence_pack
from marketplace.models import Agreement, Order

PARTIES = ("venue", "buyer", "provider", "broker", "listing", "agreement")
# What the serializers show: a page must not carry fifty agreements' bodies along.
COLUMNS = (
    "number",
    "state",
    "gross_minor",
    "buyer_fees_minor",
    "origin",
    "currency",
    "purpose",
    "release_at",
    "created_at",
    "plan_id",
    "venue__code",
    "buyer__name",
    "provider__name",
    "broker__name",
    "listing__number",
    "agreement__number",
)


class OrderFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=Order.State.choices)
    number = django_filters.CharFilter("number")
    buyer = django_filters.UUIDFilter("buyer_id")
    provider = django_filters.UUIDFilter("provider_id")


class OrderList(generics.GenericAPIView[Order]):
    """The orders that the caller is a party to, newest first; placing a new one."""

    serializer_class = OrderSerializer
    filterset_class = OrderFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Order]:
        return _visible(self.request)

    @extend_schema(operation_id="orders_list", responses=OrderSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(OrderSerializer(page, many=True).data)

    @extend_schema(operation_id="orders_place", request=PlaceOrderSerializer, responses={201: OrderDetailSerializer})
    @idempotent()
    def post(self, request: Request) -> Response:
        order = ordering.place_order(**body_of(PlaceOrderSerializer, request), actor=actor_of(request))
        return Response(represent(OrderDetailSerializer, order), status=201)


class OrderDetail(APIView):
    @extend_schema(operation_id="orders_read", responses=OrderDetailSerializer)
    def get(self, request: Request, order_id: UUID) -> Response:
        return Response(order_json(order_id, request))


class OrderCancel(APIView):
    """Cancel before delivery; all the money goes back."""

    @extend_schema(operation_id="orders_cancel", request=ReasonSerializer, responses=OrderDetailSerializer)
    @idempotent()
    def post(self, request: Request, order_id: UUID) -> Response:
        ordering.cancel_order(order_id=order_id, **body_of(ReasonSerializer, request), actor=actor_of(request))
        return Response(order_json(order_id, request))


class OrderFund(APIView):
    """Hold the money of an order whose border has been cleared; a job does it by itself where the funds are there."""

    @extend_schema(operation_id="orders_fund", request=NoFieldsSerializer, responses=OrderDetailSerializer)
    @idempotent()
    def post(self, request: Request, order_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        ordering.fund_order(order_id=order_id, actor=actor_of(request))
        return Response(order_json(order_id, request))


class OrderAgreement(APIView):
    """The frozen contract; its digests are taken over the RFC 8785 form of `body`."""

    @extend_schema(operation_id="orders_agreement", responses=AgreementSerializer)
    def get(self, request: Request, order_id: UUID) -> Response:
        agreement = get_object_or_404(Agreement.objects.visible_to(actor_of(request)), order_id=order_id)
        return Response(represent(AgreementSerializer, agreement))


class OrderEvidencePack(APIView):
    """Everything that proves the deal, in one signed ZIP; `manage.py verify_evidence_pack` checks it offline."""

    @extend_schema(operation_id="orders_evidence_pack", responses={(200, "application/zip"): OpenApiTypes.BINARY})
    def get(self, request: Request, order_id: UUID) -> FileResponse:
        pack = evidence_pack(order_id=order_id, actor=actor_of(request))
        return FileResponse(pack, as_attachment=True, filename=f"evidence-{order_id}.zip")


def order_json(order_id: UUID, request: Request) -> Any:
    """Return one order as its parties see it; two queries whatever it holds."""
    certificates = Certificate.objects.exclude(state="REVOKED").filter(kind="trade", subject_id=str(order_id))
    orders = _visible(request).annotate(certificate_number=models.Subquery(certificates.values("number")[:1]))
    return represent(OrderDetailSerializer, get_object_or_404(orders.prefetch_related("deliveries"), pk=order_id))


def _visible(request: Request) -> models.QuerySet[Order]:
    return Order.objects.visible_to(actor_of(request)).select_related(*PARTIES).only(*COLUMNS)
