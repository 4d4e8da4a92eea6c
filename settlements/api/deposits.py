"""Bank receipts, entered and credited by the venue's staff."""

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
from settlements import deposits
from settlements.api.bodies import organization_named
from settlements.api.serializers import DepositSerializer, EnterDepositSerializer
from settlements.models import Deposit


class DepositFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=Deposit.State.choices)
    organization = django_filters.UUIDFilter("organization_id")
    bank_reference = django_filters.CharFilter("bank_reference")


class DepositList(generics.GenericAPIView[Deposit]):
    """The deposits that the caller may see, newest first; entering a bank receipt."""

    serializer_class = DepositSerializer
    filterset_class = DepositFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Deposit]:
        return _visible(self.request)

    @extend_schema(operation_id="deposits_list", responses=DepositSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(DepositSerializer(page, many=True).data)

    @extend_schema(operation_id="deposits_enter", request=EnterDepositSerializer, responses={201: DepositSerializer})
    @idempotent(required=True)
    def post(self, request: Request) -> Response:
        actor = actor_of(request)
        body = body_of(EnterDepositSerializer, request)
        deposit = deposits.enter_deposit(
            venue=venue_named(body["venue"]),
            organization=organization_named(body["organization_id"], actor),
            amount=body["amount"],
            bank_reference=body["bank_reference"],
            received_on=body["received_on"],
            actor=actor,
        )
        return _answer(request, deposit, status=201)


class DepositDetail(APIView):
    @extend_schema(operation_id="deposits_read", responses=DepositSerializer)
    def get(self, request: Request, deposit_id: UUID) -> Response:
        return Response(represent(DepositSerializer, get_object_or_404(_visible(request), pk=deposit_id)))


class DepositCredit(APIView):
    """Credit a receipt that another person entered."""

    @extend_schema(operation_id="deposits_credit", request=NoFieldsSerializer, responses=DepositSerializer)
    @idempotent(required=True)
    def post(self, request: Request, deposit_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        return _answer(request, deposits.credit_deposit(deposit_id=deposit_id, actor=actor_of(request)))


class DepositRefuse(APIView):
    """Refuse a receipt, saying why; its bank reference may then be entered again."""

    @extend_schema(operation_id="deposits_refuse", request=ReasonSerializer, responses=DepositSerializer)
    @idempotent(required=True)
    def post(self, request: Request, deposit_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        return _answer(request, deposits.refuse_deposit(deposit_id=deposit_id, reason=reason, actor=actor_of(request)))


def _visible(request: Request) -> models.QuerySet[Deposit]:
    return Deposit.objects.visible_to(actor_of(request)).select_related("venue", "organization")


def _answer(request: Request, deposit: Deposit, status: int = 200) -> Response:
    return Response(represent(DepositSerializer, _visible(request).get(pk=deposit.pk)), status=status)
