"""Waivers of a venue's fee: who enjoys which, granting one, ending it early."""

from uuid import UUID

import django_filters
from django.db import models
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.product_types import ProductType
from accounts.venues import venue_named
from kernel.api import ReasonSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from settlements import waivers
from settlements.api.bodies import organization_named
from settlements.api.serializers import FeeWaiverSerializer, GrantWaiverSerializer
from settlements.models import FeeWaiver


class FeeWaiverFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    product_type = django_filters.ChoiceFilter(choices=ProductType.choices)


class FeeWaiverList(generics.GenericAPIView[FeeWaiver]):
    """The waivers of one's own organization, newest first; all of a venue's for its staff. Granting one."""

    serializer_class = FeeWaiverSerializer
    filterset_class = FeeWaiverFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[FeeWaiver]:
        return FeeWaiver.objects.visible_to(actor_of(self.request)).select_related("venue", "organization")

    @extend_schema(operation_id="fee_waivers_list", responses=FeeWaiverSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(FeeWaiverSerializer(page, many=True).data)

    @extend_schema(
        operation_id="fee_waivers_grant", request=GrantWaiverSerializer, responses={201: FeeWaiverSerializer}
    )
    @idempotent(required=True)
    def post(self, request: Request) -> Response:
        body, actor = body_of(GrantWaiverSerializer, request), actor_of(request)
        named = body.get("organization_id")
        waiver = waivers.grant_waiver(
            venue=venue_named(body["venue"]),
            organization=None if named is None else organization_named(named, actor),
            product_type=ProductType(body["product_type"]) if body.get("product_type") else None,
            waived_ppm=body["waived_ppm"],
            valid_from=body["valid_from"],
            valid_until=body["valid_until"],
            reason=body["reason"],
            actor=actor,
        )
        return Response(represent(FeeWaiverSerializer, waiver), status=201)


class FeeWaiverEnd(APIView):
    """End a waiver today, saying why; what was agreed stays as it was agreed."""

    @extend_schema(operation_id="fee_waivers_end", request=ReasonSerializer, responses=FeeWaiverSerializer)
    @idempotent(required=True)
    def post(self, request: Request, waiver_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        waiver = waivers.end_waiver(waiver_id=waiver_id, reason=reason, actor=actor_of(request))
        return Response(represent(FeeWaiverSerializer, waiver))
