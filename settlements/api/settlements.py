"""How prices were divided, and the schedules by which they are."""

from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.permissions import SAFE_METHODS, AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.product_types import ProductType
from accounts.venues import venue_named
from kernel.api import actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.money import CURRENCY_CHOICES, Currency
from kernel.problems import field_problem
from settlements import fees
from settlements.api.serializers import AnnounceFeeSerializer, FeeScheduleSerializer, SettlementSerializer
from settlements.models import DealOrigin, FeePayer, FeeSchedule, Payee, Settlement


class SettlementFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    order = django_filters.UUIDFilter("order_id")


class SettlementList(generics.GenericAPIView[Settlement]):
    """The settlements in which the caller's organization took part, newest first; all of a venue's for its staff."""

    serializer_class = SettlementSerializer
    filterset_class = SettlementFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Settlement]:
        return _visible(self.request)

    @extend_schema(operation_id="settlements_list", responses=SettlementSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(SettlementSerializer(page, many=True).data)


class SettlementDetail(APIView):
    @extend_schema(operation_id="settlements_read", responses=SettlementSerializer)
    def get(self, request: Request, settlement_id: UUID) -> Response:
        return Response(represent(SettlementSerializer, get_object_or_404(_visible(request), pk=settlement_id)))


class FeeScheduleFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    payee = django_filters.ChoiceFilter(choices=Payee.choices)
    payer = django_filters.ChoiceFilter(choices=FeePayer.choices)
    currency = django_filters.ChoiceFilter(choices=CURRENCY_CHOICES)
    product_type = django_filters.ChoiceFilter(choices=ProductType.choices)
    origin = django_filters.ChoiceFilter(choices=DealOrigin.choices)


class FeeScheduleList(generics.GenericAPIView[FeeSchedule]):
    """All fee schedules, past, present and announced: anybody may read them. Announcing a coming one."""

    serializer_class = FeeScheduleSerializer
    filterset_class = FeeScheduleFilter
    ordering = ("-valid_from", "-id")
    queryset = FeeSchedule.objects.select_related("venue")

    def get_permissions(self) -> list[BasePermission]:
        return [AllowAny() if self.request.method in SAFE_METHODS else IsAuthenticated()]

    @extend_schema(operation_id="fee_schedules_list", responses=FeeScheduleSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(FeeScheduleSerializer(page, many=True).data)

    @extend_schema(
        operation_id="fee_schedules_announce", request=AnnounceFeeSerializer, responses={201: FeeScheduleSerializer}
    )
    @idempotent(required=True)
    def post(self, request: Request) -> Response:
        body = body_of(AnnounceFeeSerializer, request)
        minimum, cap = body["minimum"], body.get("cap")
        if cap is not None and cap.currency != minimum.currency:
            raise field_problem("/cap/currency", "other_currency", _("Minimum and cap are in one currency."))
        schedule = fees.announce(
            venue=venue_named(body["venue"]),
            payee=Payee(body["payee"]),
            currency=Currency(minimum.currency),
            rate_ppm=body["rate_ppm"],
            minimum_minor=minimum.minor,
            cap_minor=None if cap is None else cap.minor,
            payer=FeePayer(body["payer"]),
            product_type=ProductType(body["product_type"]) if body.get("product_type") else None,
            origin=DealOrigin(body["origin"]) if body.get("origin") else None,
            valid_from=body["valid_from"],
            valid_until=body.get("valid_until"),
            source=body["source"],
            actor=actor_of(request),
        )
        return Response(represent(FeeScheduleSerializer, schedule), status=201)


def _visible(request: Request) -> models.QuerySet[Settlement]:
    rows = Settlement.objects.visible_to(actor_of(request))
    return rows.select_related("venue", "provider", "broker").prefetch_related("lines")
