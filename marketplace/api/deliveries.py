"""Deliveries: reading what was bought, and answering it."""

from typing import Any
from uuid import UUID

import django_filters
from django.conf import settings
from django.db import models
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import NoFieldsSerializer, ReasonSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from listings.api.border_serializers import ReportArrivalSerializer
from marketplace import acceptance
from marketplace.api.serializers import (
    AccessGrantSerializer,
    ArrivalSerializer,
    DeliverySerializer,
    GrantRequestSerializer,
    IssuedGrantSerializer,
)
from marketplace.delivery.access import grant_access
from marketplace.delivery.arrival import report_delivered
from marketplace.delivery.readings import with_readings
from marketplace.models import AccessGrant, Delivery


class DeliveryFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    kind = django_filters.ChoiceFilter(choices=Delivery.Kind.choices)
    state = django_filters.ChoiceFilter(choices=Delivery.State.choices)
    order = django_filters.UUIDFilter("order_id")


class DeliveryList(generics.GenericAPIView[Delivery]):
    """The deliveries that the caller is a party to, newest first."""

    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Delivery]:
        return _deliveries(self.request)

    @extend_schema(operation_id="deliveries_list", responses=DeliverySerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(DeliverySerializer(page, many=True).data)


class DeliveryDetail(APIView):
    @extend_schema(operation_id="deliveries_read", responses=DeliverySerializer)
    def get(self, request: Request, delivery_id: UUID) -> Response:
        return Response(_delivery_json(delivery_id, request))


class DeliveryAccept(APIView):
    """Accept: the escrow is divided and the certificate follows."""

    @extend_schema(operation_id="deliveries_accept", request=NoFieldsSerializer, responses=DeliverySerializer)
    @idempotent()
    def post(self, request: Request, delivery_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        acceptance.accept_delivery(delivery_id=delivery_id, actor=actor_of(request))
        return Response(_delivery_json(delivery_id, request))


class DeliveryReject(APIView):
    """Reject with a reason: reading ends and the money goes back."""

    @extend_schema(operation_id="deliveries_reject", request=ReasonSerializer, responses=DeliverySerializer)
    @idempotent()
    def post(self, request: Request, delivery_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        acceptance.reject_delivery(delivery_id=delivery_id, reason=reason, actor=actor_of(request))
        return Response(_delivery_json(delivery_id, request))


class DeliveryArrival(APIView):
    """Report the digests of what arrived; across a border that closes the customs declaration, or disputes it."""

    @extend_schema(
        operation_id="deliveries_report_arrival",
        request=ReportArrivalSerializer,
        responses={201: ArrivalSerializer},
    )
    @idempotent()
    def post(self, request: Request, delivery_id: UUID) -> Response:
        get_object_or_404(Delivery.objects.visible_to(actor_of(request)), pk=delivery_id)
        files = body_of(ReportArrivalSerializer, request)["files"]
        delivery = report_delivered(delivery_id=delivery_id, files=files, actor=actor_of(request))
        return Response(represent(ArrivalSerializer, delivery.arrival), status=201)


class DeliveryGrants(generics.GenericAPIView[AccessGrant]):
    """Grants to read the delivery's files; a new one shows its address once."""

    serializer_class = AccessGrantSerializer
    ordering = ("-id",)
    filter_backends = ()

    def get_queryset(self) -> models.QuerySet[AccessGrant]:
        visible = Delivery.objects.visible_to(actor_of(self.request))
        return AccessGrant.objects.filter(delivery=get_object_or_404(visible, pk=self.kwargs["delivery_id"]))

    @extend_schema(operation_id="deliveries_grants_list", responses=AccessGrantSerializer(many=True))
    def get(self, request: Request, delivery_id: UUID) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(AccessGrantSerializer(page, many=True).data)

    @extend_schema(
        operation_id="deliveries_grants_give", request=GrantRequestSerializer, responses={201: IssuedGrantSerializer}
    )
    @idempotent(required=False, withhold=("url",))
    def post(self, request: Request, delivery_id: UUID) -> Response:
        body = body_of(GrantRequestSerializer, request)
        issued = grant_access(delivery_id=delivery_id, file_id=body["file_id"], actor=actor_of(request))
        url = settings.PUBLIC_URL + reverse("download", args=[issued.token])
        return Response({"url": url, **represent(AccessGrantSerializer, issued.grant)}, status=201)


def _deliveries(request: Request) -> models.QuerySet[Delivery]:
    return with_readings(Delivery.objects.visible_to(actor_of(request)).select_related("order", "venue"))


def _delivery_json(delivery_id: UUID, request: Request) -> Any:
    return represent(DeliverySerializer, get_object_or_404(_deliveries(request), pk=delivery_id))
