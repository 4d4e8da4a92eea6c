"""Payout batches over HTTP, for the venue's staff: gather, check, take the file to the bank."""

from uuid import UUID

import django_filters
from django.db import models
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.venues import venue_named
from kernel.api import NoFieldsSerializer, ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.money import CURRENCY_CHOICES, Currency, MoneyField
from settlements import payout_batches
from settlements.models import BankFile, PayoutBatch


class BankFileSerializer(serializers.ModelSerializer[BankFile]):
    class Meta:
        model = BankFile
        fields = ("id", "name", "media_type", "size", "sha256", "sm3")


class PayoutBatchSerializer(serializers.ModelSerializer[PayoutBatch]):
    venue = serializers.CharField(source="venue.code")
    total = MoneyField()
    file = BankFileSerializer(allow_null=True)
    gathered_by = serializers.UUIDField(source="gathered_by_id")
    checked_by = serializers.UUIDField(source="checked_by_id", allow_null=True)

    class Meta:
        model = PayoutBatch
        fields = (
            "id",
            "created_at",
            "number",
            "venue",
            "custody_account_id",
            "payments",
            "total",
            "state",
            "gathered_by",
            "checked_by",
            "checked_at",
            "file",
            "discard_reason",
        )


class GatherBatchSerializer(StrictSerializer):
    venue = serializers.CharField(max_length=20, help_text=_("The venue's code: gzdex, szdex."))
    currency = serializers.ChoiceField(choices=CURRENCY_CHOICES)


class PayoutBatchFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=PayoutBatch.State.choices)
    currency = django_filters.ChoiceFilter(choices=CURRENCY_CHOICES)


class PayoutBatchList(generics.GenericAPIView[PayoutBatch]):
    """The batches of the caller's venues, newest first; gathering the payouts that are approved."""

    serializer_class = PayoutBatchSerializer
    filterset_class = PayoutBatchFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[PayoutBatch]:
        return _visible(self.request)

    @extend_schema(operation_id="payout_batches_list", responses=PayoutBatchSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(PayoutBatchSerializer(page, many=True).data)

    @extend_schema(
        operation_id="payout_batches_gather", request=GatherBatchSerializer, responses={201: PayoutBatchSerializer}
    )
    @idempotent(required=True)
    def post(self, request: Request) -> Response:
        body = body_of(GatherBatchSerializer, request)
        batch = payout_batches.gather_batch(
            venue=venue_named(body["venue"]), currency=Currency(body["currency"]), actor=actor_of(request)
        )
        return _answer(request, batch, status=201)


class PayoutBatchDetail(APIView):
    @extend_schema(operation_id="payout_batches_read", responses=PayoutBatchSerializer)
    def get(self, request: Request, batch_id: UUID) -> Response:
        return Response(represent(PayoutBatchSerializer, get_object_or_404(_visible(request), pk=batch_id)))


class PayoutBatchCheck(APIView):
    """Release a batch that another person gathered; its file is then produced."""

    @extend_schema(operation_id="payout_batches_check", request=NoFieldsSerializer, responses=PayoutBatchSerializer)
    @idempotent(required=True)
    def post(self, request: Request, batch_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        return _answer(request, payout_batches.check_batch(batch_id=batch_id, actor=actor_of(request)))


class PayoutBatchDiscard(APIView):
    """Dissolve a batch that is not checked, saying why; its payouts wait for another one."""

    @extend_schema(operation_id="payout_batches_discard", request=ReasonSerializer, responses=PayoutBatchSerializer)
    @idempotent(required=True)
    def post(self, request: Request, batch_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        return _answer(request, payout_batches.discard_batch(batch_id=batch_id, reason=reason, actor=actor_of(request)))


class PayoutBatchFile(APIView):
    """The batch's file for the bank, the same bytes each time; every download is recorded."""

    @extend_schema(operation_id="payout_batches_file", responses={(200, "*/*"): OpenApiTypes.BINARY})
    def get(self, request: Request, batch_id: UUID) -> HttpResponse:
        return file_response(payout_batches.read_file(batch_id=batch_id, actor=actor_of(request)))


def file_response(file: BankFile) -> HttpResponse:
    """Answer with a bank file's bytes, to be saved and not opened in place."""
    response = HttpResponse(bytes(file.content), content_type=file.media_type)
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _visible(request: Request) -> models.QuerySet[PayoutBatch]:
    rows = PayoutBatch.objects.visible_to(actor_of(request)).select_related("venue", "file")
    return rows.defer("file__content")


def _answer(request: Request, batch: PayoutBatch, status: int = 200) -> Response:
    return Response(represent(PayoutBatchSerializer, _visible(request).get(pk=batch.pk)), status=status)
