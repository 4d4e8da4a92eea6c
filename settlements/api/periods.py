"""Accounting periods and corrections, proposed by one person of the venue's staff and decided by another."""

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
from settlements import corrections, periods
from settlements.api.books_serializers import (
    AccountingPeriodSerializer,
    LedgerCorrectionSerializer,
    OpenPeriodSerializer,
    PeriodBalanceSerializer,
    ProposeLedgerCorrectionSerializer,
)
from settlements.ledger import Leg
from settlements.models import Account, AccountingPeriod, Correction, PeriodBalance


class AccountingPeriodFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=AccountingPeriod.State.choices)


class AccountingPeriodList(generics.GenericAPIView[AccountingPeriod]):
    """The periods of the venues whose ledger the caller may read, newest first; beginning to keep them."""

    serializer_class = AccountingPeriodSerializer
    filterset_class = AccountingPeriodFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[AccountingPeriod]:
        return _periods(self.request)

    @extend_schema(operation_id="accounting_periods_list", responses=AccountingPeriodSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(AccountingPeriodSerializer(page, many=True).data)

    @extend_schema(
        operation_id="accounting_periods_open",
        request=OpenPeriodSerializer,
        responses={201: AccountingPeriodSerializer},
    )
    @idempotent(required=True)
    def post(self, request: Request) -> Response:
        body = body_of(OpenPeriodSerializer, request)
        period = periods.open_first_period(
            venue=venue_named(body["venue"]),
            length=body["length"],
            first_day=body["first_day"],
            actor=actor_of(request),
        )
        return _period_answer(request, period, status=201)


class AccountingPeriodDetail(APIView):
    """One period; a closed one with its trial balance and the digest of all that it froze."""

    @extend_schema(operation_id="accounting_periods_read", responses=AccountingPeriodSerializer)
    def get(self, request: Request, period_id: UUID) -> Response:
        return Response(represent(AccountingPeriodSerializer, get_object_or_404(_periods(request), pk=period_id)))


class AccountingPeriodProposeClosing(APIView):
    """Propose to close a period that is over; from now on nothing is posted into it."""

    @extend_schema(
        operation_id="accounting_periods_propose_closing",
        request=NoFieldsSerializer,
        responses=AccountingPeriodSerializer,
    )
    @idempotent(required=True)
    def post(self, request: Request, period_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        return _period_answer(request, periods.propose_closing(period_id=period_id, actor=actor_of(request)))


class AccountingPeriodKeepOpen(APIView):
    """Decline to close a period, saying why."""

    @extend_schema(
        operation_id="accounting_periods_keep_open", request=ReasonSerializer, responses=AccountingPeriodSerializer
    )
    @idempotent(required=True)
    def post(self, request: Request, period_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        return _period_answer(request, periods.keep_open(period_id=period_id, reason=reason, actor=actor_of(request)))


class AccountingPeriodClose(APIView):
    """Close for good what another person proposed to close; the next period opens."""

    @extend_schema(
        operation_id="accounting_periods_close", request=NoFieldsSerializer, responses=AccountingPeriodSerializer
    )
    @idempotent(required=True)
    def post(self, request: Request, period_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        return _period_answer(request, periods.close_period(period_id=period_id, actor=actor_of(request)))


class PeriodBalanceFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    period = django_filters.UUIDFilter("period_id")
    account = django_filters.UUIDFilter("account_id")
    kind = django_filters.ChoiceFilter("account__kind", choices=Account.Kind.choices)


class PeriodBalanceList(generics.GenericAPIView[PeriodBalance]):
    """What the accounts that the caller may see held when a period closed in which they moved, newest first."""

    serializer_class = PeriodBalanceSerializer
    filterset_class = PeriodBalanceFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[PeriodBalance]:
        visible = PeriodBalance.objects.visible_to(actor_of(self.request))
        return visible.select_related("venue", "account__organization")

    @extend_schema(operation_id="period_balances_list", responses=PeriodBalanceSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(PeriodBalanceSerializer(page, many=True).data)


class CorrectionFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=Correction.State.choices)
    transfer = django_filters.UUIDFilter("transfer_id")


class CorrectionList(generics.GenericAPIView[Correction]):
    """The corrections of the venues whose ledger the caller may read, newest first; proposing one."""

    serializer_class = LedgerCorrectionSerializer
    filterset_class = CorrectionFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Correction]:
        return _corrections(self.request)

    @extend_schema(operation_id="corrections_list", responses=LedgerCorrectionSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(LedgerCorrectionSerializer(page, many=True).data)

    @extend_schema(
        operation_id="corrections_propose",
        request=ProposeLedgerCorrectionSerializer,
        responses={201: LedgerCorrectionSerializer},
    )
    @idempotent(required=True)
    def post(self, request: Request) -> Response:
        body = body_of(ProposeLedgerCorrectionSerializer, request)
        legs = body.get("legs")
        correction = corrections.propose_correction(
            transfer_id=body["transfer_id"],
            reason=body["reason"],
            legs=None if legs is None else [Leg(leg["account_id"], leg["amount"]) for leg in legs],
            actor=actor_of(request),
        )
        return _correction_answer(request, correction, status=201)


class CorrectionDetail(APIView):
    @extend_schema(operation_id="corrections_read", responses=LedgerCorrectionSerializer)
    def get(self, request: Request, correction_id: UUID) -> Response:
        return Response(
            represent(LedgerCorrectionSerializer, get_object_or_404(_corrections(request), pk=correction_id))
        )


class CorrectionPost(APIView):
    """Post what another person proposed, dated now."""

    @extend_schema(operation_id="corrections_post", request=NoFieldsSerializer, responses=LedgerCorrectionSerializer)
    @idempotent(required=True)
    def post(self, request: Request, correction_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        done = corrections.post_correction(correction_id=correction_id, actor=actor_of(request))
        return _correction_answer(request, done)


class CorrectionRefuse(APIView):
    """Refuse a correction, saying why."""

    @extend_schema(operation_id="corrections_refuse", request=ReasonSerializer, responses=LedgerCorrectionSerializer)
    @idempotent(required=True)
    def post(self, request: Request, correction_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        done = corrections.refuse_correction(correction_id=correction_id, reason=reason, actor=actor_of(request))
        return _correction_answer(request, done)


def _periods(request: Request) -> models.QuerySet[AccountingPeriod]:
    return AccountingPeriod.objects.visible_to(actor_of(request)).select_related("venue")


def _period_answer(request: Request, period: AccountingPeriod, status: int = 200) -> Response:
    return Response(represent(AccountingPeriodSerializer, _periods(request).get(pk=period.pk)), status=status)


def _corrections(request: Request) -> models.QuerySet[Correction]:
    return Correction.objects.visible_to(actor_of(request)).select_related("venue", "transfer")


def _correction_answer(request: Request, correction: Correction, status: int = 200) -> Response:
    return Response(represent(LedgerCorrectionSerializer, _corrections(request).get(pk=correction.pk)), status=status)
