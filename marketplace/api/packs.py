"""Packs of units over HTTP: buying one ahead, what is left of each, and which bills drew of it."""

from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.money import MoneyField
from listings.metering import MOST_UNITS
from marketplace import packs
from marketplace.models import Entitlement, PackDraw, UnitPack
from settlements.api.serializers import OwnerSerializer


class PackPurchaseSerializer(StrictSerializer):
    units = serializers.IntegerField(
        min_value=1, max_value=MOST_UNITS, help_text=_("Which of the agreement's packs, by its units.")
    )


class PackDrawSerializer(serializers.ModelSerializer[PackDraw]):
    class Meta:
        model = PackDraw
        fields = ("month", "units", "charge_id")
        read_only_fields = fields


class UnitPackSerializer(serializers.ModelSerializer[UnitPack]):
    venue = serializers.CharField(source="venue.code")
    buyer = OwnerSerializer(source="organization")
    provider = OwnerSerializer()
    price = MoneyField()
    units_left = serializers.IntegerField(
        help_text=_("What no bill has drawn; the usage summary counts what is not billed yet, too.")
    )
    draws = PackDrawSerializer(many=True)

    class Meta:
        model = UnitPack
        fields = (
            "id",
            "number",
            "entitlement_id",
            "venue",
            "buyer",
            "provider",
            "units",
            "used_units",
            "expired_units",
            "units_left",
            "price",
            "charge_id",
            "starts_at",
            "expires_at",
            "closed_at",
            "draws",
        )
        read_only_fields = fields


class UnitPackFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    entitlement = django_filters.UUIDFilter("entitlement_id")


class PackList(generics.GenericAPIView[UnitPack]):
    """The packs that the caller's organization has bought or sold, newest first; a venue's staff see all of its own."""

    serializer_class = UnitPackSerializer
    filterset_class = UnitPackFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[UnitPack]:
        return _visible(self.request)

    @extend_schema(operation_id="unit_packs_list", responses=UnitPackSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(UnitPackSerializer(page, many=True).data)


class PackDetail(APIView):
    @extend_schema(operation_id="unit_packs_read", responses=UnitPackSerializer)
    def get(self, request: Request, unit_pack_id: UUID) -> Response:
        return Response(represent(UnitPackSerializer, get_object_or_404(_visible(request), pk=unit_pack_id)))


class PackPurchase(APIView):
    """Buy units ahead, at the agreed price of such a pack, from available funds."""

    @extend_schema(
        operation_id="entitlements_unit_pack_buy", request=PackPurchaseSerializer, responses={201: UnitPackSerializer}
    )
    @idempotent(required=True)
    def post(self, request: Request, entitlement_id: UUID) -> Response:
        get_object_or_404(Entitlement.objects.visible_to(actor_of(request)), pk=entitlement_id)
        body = body_of(PackPurchaseSerializer, request)
        pack = packs.buy_pack(entitlement_id=entitlement_id, **body, actor=actor_of(request))
        return Response(represent(UnitPackSerializer, _visible(request).get(pk=pack.pk)), status=201)


class PackClose(APIView):
    """End a pack early and propose to give back what is not used of it; another person approves the credit note."""

    @extend_schema(operation_id="unit_packs_close", request=ReasonSerializer, responses=UnitPackSerializer)
    @idempotent(required=True)
    def post(self, request: Request, unit_pack_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        packs.close_pack(pack_id=unit_pack_id, reason=reason, actor=actor_of(request))
        return Response(represent(UnitPackSerializer, _visible(request).get(pk=unit_pack_id)))


def _visible(request: Request) -> models.QuerySet[UnitPack]:
    related = ("venue", "organization", "provider")
    return UnitPack.objects.visible_to(actor_of(request)).select_related(*related).prefetch_related("draws")
