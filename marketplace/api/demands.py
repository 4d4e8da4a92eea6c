"""Demands over HTTP: a buyer's own, their review by staff, and the public board."""

from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import NoFieldsSerializer, ReasonSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from listings.models import ProductType
from marketplace import awarding, demands
from marketplace.api.demand_serializers import BoardSerializer, DemandSerializer, NewDemandSerializer, WishSerializer
from marketplace.models import Demand


class DemandFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=Demand.State.choices)
    industry = django_filters.CharFilter("industry")


class DemandList(generics.GenericAPIView[Demand]):
    """The demands of the caller's organization and, for staff, those at their venues, newest first."""

    serializer_class = DemandSerializer
    filterset_class = DemandFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Demand]:
        return _visible(self.request)

    @extend_schema(operation_id="demands_list", responses=DemandSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(DemandSerializer(page, many=True).data)

    @extend_schema(operation_id="demands_create", request=NewDemandSerializer, responses={201: DemandSerializer})
    @idempotent(required=False)
    def post(self, request: Request) -> Response:
        body = body_of(NewDemandSerializer, request)
        demand = demands.create_demand(venue_code=body.pop("venue"), wish=body, actor=actor_of(request))
        return Response(_json(demand.pk, request), status=201)


class DemandDetail(APIView):
    """One demand; a draft can be changed and deleted."""

    @extend_schema(operation_id="demands_read", responses=DemandSerializer)
    def get(self, request: Request, demand_id: UUID) -> Response:
        return Response(_json(demand_id, request))

    @extend_schema(operation_id="demands_amend", request=WishSerializer, responses=DemandSerializer)
    def patch(self, request: Request, demand_id: UUID) -> Response:
        changes = body_of(WishSerializer, request)
        demands.amend_demand(demand_id=demand_id, changes=changes, actor=actor_of(request))
        return Response(_json(demand_id, request))

    @extend_schema(operation_id="demands_delete", request=None, responses={204: None})
    def delete(self, request: Request, demand_id: UUID) -> Response:
        demands.delete_demand(demand_id=demand_id, actor=actor_of(request))
        return Response(status=204)


class DemandSubmit(APIView):
    """Hand the draft to the venue."""

    @extend_schema(operation_id="demands_submit", request=NoFieldsSerializer, responses=DemandSerializer)
    @idempotent()
    def post(self, request: Request, demand_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        demands.submit_demand(demand_id=demand_id, actor=actor_of(request))
        return Response(_json(demand_id, request))


class DemandPublish(APIView):
    """Staff put a reviewed demand on the board."""

    @extend_schema(operation_id="demands_publish", request=NoFieldsSerializer, responses=DemandSerializer)
    @idempotent()
    def post(self, request: Request, demand_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        demands.publish_demand(demand_id=demand_id, actor=actor_of(request))
        return Response(_json(demand_id, request))


class DemandReject(APIView):
    """Staff refuse a demand for good."""

    @extend_schema(operation_id="demands_reject", request=ReasonSerializer, responses=DemandSerializer)
    @idempotent()
    def post(self, request: Request, demand_id: UUID) -> Response:
        demands.reject_demand(demand_id=demand_id, **body_of(ReasonSerializer, request), actor=actor_of(request))
        return Response(_json(demand_id, request))


class DemandWithdraw(APIView):
    """The buyer takes a demand back; every proposal is declined."""

    @extend_schema(operation_id="demands_withdraw", request=ReasonSerializer, responses=DemandSerializer)
    @idempotent()
    def post(self, request: Request, demand_id: UUID) -> Response:
        demands.withdraw_demand(demand_id=demand_id, **body_of(ReasonSerializer, request), actor=actor_of(request))
        return Response(_json(demand_id, request))


class DemandOrder(APIView):
    """Order the listing that was offered for an awarded draft."""

    @extend_schema(operation_id="demands_order", request=NoFieldsSerializer, responses=DemandSerializer)
    @idempotent()
    def post(self, request: Request, demand_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        awarding.order_award(demand_id=demand_id, actor=actor_of(request))
        return Response(_json(demand_id, request))


class BoardFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    industry = django_filters.CharFilter("industry")
    product_type = django_filters.ChoiceFilter(choices=ProductType.choices)
    destination = django_filters.CharFilter("destination")


class DemandBoard(generics.GenericAPIView[Demand]):
    """The demands that take proposals now, newest first; those for members show to providers and brokers only."""

    permission_classes = (AllowAny,)
    serializer_class = BoardSerializer
    filterset_class = BoardFilter
    ordering = ("-published_at", "-id")

    def get_queryset(self) -> models.QuerySet[Demand]:
        return _on_board(self.request)

    @extend_schema(operation_id="demand_board_list", responses=BoardSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(BoardSerializer(page, many=True).data)


class DemandBoardDetail(APIView):
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="demand_board_read", responses=BoardSerializer)
    def get(self, request: Request, demand_id: UUID) -> Response:
        return Response(represent(BoardSerializer, get_object_or_404(_on_board(request), pk=demand_id)))


def _on_board(request: Request) -> models.QuerySet[Demand]:
    return Demand.objects.on_board(actor_of(request)).select_related("venue", "buyer")


def _visible(request: Request) -> models.QuerySet[Demand]:
    return Demand.objects.visible_to(actor_of(request)).select_related("venue", "buyer", "order")


def _json(demand_id: UUID, request: Request) -> Any:
    return represent(DemandSerializer, get_object_or_404(_visible(request), pk=demand_id))
