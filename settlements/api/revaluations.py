"""Revaluations of the venues' currency positions, for staff who may read the ledger."""

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

from accounts.venues import venue_named
from kernel.api import StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.money import MoneyField
from kernel.problems import Problem
from settlements import revaluation
from settlements.models import Revaluation, RevaluationLine


class RevaluationLineSerializer(serializers.ModelSerializer[RevaluationLine]):
    position = MoneyField()
    rate = serializers.CharField(source="rate.rate", allow_null=True, default=None)
    pair = serializers.CharField(source="rate.pair", allow_null=True, default=None)
    value = MoneyField(help_text=_("At that rate, in the venue's own currency."))

    class Meta:
        model = RevaluationLine
        fields = ("account_id", "position", "pair", "rate", "value")


class RevaluationSerializer(serializers.ModelSerializer[Revaluation]):
    venue = serializers.CharField(source="venue.code")
    result = MoneyField(help_text=_("Gained by the venue; negative if lost."))
    transfer_id = serializers.UUIDField(allow_null=True)
    lines = RevaluationLineSerializer(many=True)

    class Meta:
        model = Revaluation
        fields = ("id", "created_at", "venue", "day", "counted_until", "result", "transfer_id", "lines")


class RevalueSerializer(StrictSerializer):
    venue = serializers.CharField(max_length=20)
    day = serializers.DateField(help_text=_("One that has begun, after the last that was revalued."))


class RevaluationFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")


class RevaluationList(generics.GenericAPIView[Revaluation]):
    """Each day's positions and result, the last first; revaluing a day that the job could not, for want of a rate."""

    serializer_class = RevaluationSerializer
    filterset_class = RevaluationFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Revaluation]:
        return _visible(self.request)

    @extend_schema(operation_id="revaluations_list", responses=RevaluationSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(RevaluationSerializer(page, many=True).data)

    @extend_schema(operation_id="revaluations_make", request=RevalueSerializer, responses={201: RevaluationSerializer})
    @idempotent(required=True)
    def post(self, request: Request) -> Response:
        body = body_of(RevalueSerializer, request)
        made = revaluation.revalue(venue=venue_named(body["venue"]), day=body["day"], actor=actor_of(request))
        if made is None:
            raise Problem("no_positions")
        return Response(represent(RevaluationSerializer, _visible(request).get(pk=made.pk)), status=201)


class RevaluationDetail(APIView):
    @extend_schema(operation_id="revaluations_read", responses=RevaluationSerializer)
    def get(self, request: Request, revaluation_id: UUID) -> Response:
        return Response(represent(RevaluationSerializer, get_object_or_404(_visible(request), pk=revaluation_id)))


def _visible(request: Request) -> models.QuerySet[Revaluation]:
    rows = Revaluation.objects.visible_to(actor_of(request)).select_related("venue")
    return rows.prefetch_related("lines__rate", "lines__revaluation")
