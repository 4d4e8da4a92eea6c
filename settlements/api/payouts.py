"""Payouts: requested by who earned the money, approved and confirmed by the venue's staff."""

from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.venues import venue_named
from kernel.api import NoFieldsSerializer, ReasonSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from settlements import payouts
from settlements.api.serializers import (
    ConfirmPaidSerializer,
    PayoutSerializer,
    RequestPayoutSerializer,
    RetryPayoutSerializer,
)
from settlements.models import Payout


class PayoutFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=Payout.State.choices)
    organization = django_filters.UUIDFilter("organization_id")
    batch = django_filters.UUIDFilter("batch_id")


class PayoutList(generics.GenericAPIView[Payout]):
    """The payouts that the caller may see, newest first; requesting one of the caller's organization's earnings."""

    serializer_class = PayoutSerializer
    filterset_class = PayoutFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Payout]:
        return _visible(self.request)

    @extend_schema(operation_id="payouts_list", responses=PayoutSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(PayoutSerializer(page, many=True).data)

    @extend_schema(operation_id="payouts_request", request=RequestPayoutSerializer, responses={201: PayoutSerializer})
    @idempotent(required=True)
    def post(self, request: Request) -> Response:
        body = body_of(RequestPayoutSerializer, request)
        payout = payouts.request_payout(
            venue=venue_named(body["venue"]),
            amount=body["amount"],
            bank_account=body.get("bank_account", ""),
            actor=actor_of(request),
        )
        return _answer(request, payout, status=201)


class PayoutDetail(APIView):
    @extend_schema(operation_id="payouts_read", responses=PayoutSerializer)
    def get(self, request: Request, payout_id: UUID) -> Response:
        return Response(represent(PayoutSerializer, get_object_or_404(_visible(request), pk=payout_id)))


class PayoutApprove(APIView):
    """Approve a payout that another person requested."""

    @extend_schema(operation_id="payouts_approve", request=NoFieldsSerializer, responses=PayoutSerializer)
    @idempotent(required=True)
    def post(self, request: Request, payout_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        return _answer(request, payouts.approve_payout(payout_id=payout_id, actor=actor_of(request)))


class PayoutConfirmPaid(APIView):
    """Write down under which reference the bank has paid an approved payout."""

    @extend_schema(operation_id="payouts_confirm_paid", request=ConfirmPaidSerializer, responses=PayoutSerializer)
    @idempotent(required=True)
    def post(self, request: Request, payout_id: UUID) -> Response:
        reference = body_of(ConfirmPaidSerializer, request)["bank_reference"]
        return _answer(
            request, payouts.confirm_paid(payout_id=payout_id, bank_reference=reference, actor=actor_of(request))
        )


class PayoutRefuse(APIView):
    """Refuse a payout that is not paid, saying why; the money is earned and unrequested again."""

    @extend_schema(operation_id="payouts_refuse", request=ReasonSerializer, responses=PayoutSerializer)
    @idempotent(required=True)
    def post(self, request: Request, payout_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        return _answer(request, payouts.refuse_payout(payout_id=payout_id, reason=reason, actor=actor_of(request)))


class PayoutReject(APIView):
    """Write down that the bank has not paid, and why, where it gives no status file; the money is earned again."""

    @extend_schema(operation_id="payouts_reject", request=ReasonSerializer, responses=PayoutSerializer)
    @idempotent(required=True)
    def post(self, request: Request, payout_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        return _answer(request, payouts.reject_payout(payout_id=payout_id, bank_reason=reason, actor=actor_of(request)))


class PayoutRetry(APIView):
    """Ask again for a payout that the bank rejected or returned; the new one is approved anew."""

    @extend_schema(operation_id="payouts_retry", request=RetryPayoutSerializer, responses={201: PayoutSerializer})
    @idempotent(required=True)
    def post(self, request: Request, payout_id: UUID) -> Response:
        bank_account = body_of(RetryPayoutSerializer, request).get("bank_account", "")
        payout = payouts.retry_payout(payout_id=payout_id, bank_account=bank_account, actor=actor_of(request))
        return _answer(request, payout, status=201)


def _visible(request: Request) -> models.QuerySet[Payout]:
    return Payout.objects.visible_to(actor_of(request)).select_related("venue", "organization")


def _answer(request: Request, payout: Payout, status: int = 200) -> Response:
    return Response(represent(PayoutSerializer, _visible(request).get(pk=payout.pk)), status=status)
