"""Shared revenue over HTTP: the periods of an agreement, reporting what they brought, accepting and objecting."""

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

from kernel.api import NoFieldsSerializer, ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.money import MoneyField
from marketplace import revenue_reports
from marketplace.api.disputes import NamedFileSerializer
from marketplace.models import RevenueAnswer, RevenueBill, RevenuePeriod, RevenueStatement
from marketplace.revenue_reports import MOST_STATEMENTS
from settlements.api.serializers import OwnerSerializer


class RevenueReportSerializer(StrictSerializer):
    revenue = MoneyField(help_text=_("All that was earned in the period, before costs; 0.00 where nothing was."))
    note = serializers.CharField(max_length=2000, default="", allow_blank=True)
    evidence = serializers.ListField(
        child=NamedFileSerializer(), default=list, max_length=50, help_text=_("Files that prove it, by their SHA-256.")
    )
    corrects = serializers.IntegerField(
        min_value=1,
        max_value=MOST_STATEMENTS,
        default=None,
        allow_null=True,
        help_text=_("The number of the newest statement, which this one puts right."),
    )
    reason = serializers.CharField(
        max_length=2000, default="", allow_blank=True, help_text=_("Of a correction: why the earlier one was wrong.")
    )


class RevenueAnswerSerializer(serializers.ModelSerializer[RevenueAnswer]):
    class Meta:
        model = RevenueAnswer
        fields = ("verdict", "reason", "created_at")
        read_only_fields = fields


class RevenueStatementSerializer(serializers.ModelSerializer[RevenueStatement]):
    revenue = MoneyField()
    evidence = NamedFileSerializer(many=True, read_only=True)
    corrects = serializers.SerializerMethodField(help_text=_("The number of the statement that this one puts right."))
    answers = RevenueAnswerSerializer(many=True)

    class Meta:
        model = RevenueStatement
        fields = ("number", "revenue", "note", "evidence", "corrects", "reason", "created_at", "answers")
        read_only_fields = fields

    def get_corrects(self, statement: RevenueStatement) -> int | None:
        return statement.number - 1 if statement.corrects_id else None


class RevenueBillSerializer(serializers.ModelSerializer[RevenueBill]):
    due = MoneyField(help_text=_("What the period came to; the difference to the bill before was charged or credited."))
    statement = serializers.SerializerMethodField(help_text=_("By which statement; null where nothing was reported."))
    credit_notes = serializers.ListField(child=serializers.CharField(), help_text=_("Their numbers."))

    class Meta:
        model = RevenueBill
        fields = ("number", "due", "statement", "charge_id", "credit_notes", "created_at")
        read_only_fields = fields

    def get_statement(self, bill: RevenueBill) -> int | None:
        return bill.statement.number if bill.statement else None


class RevenuePeriodSerializer(serializers.ModelSerializer[RevenuePeriod]):
    agreement = serializers.CharField(source="agreement.number")
    order_id = serializers.UUIDField(source="agreement.order_id")
    venue = serializers.CharField(source="venue.code")
    buyer = OwnerSerializer(source="organization")
    provider = OwnerSerializer()
    days = serializers.IntegerField(help_text=_("How many days of the whole period the agreement covers."))
    clock_at = serializers.DateTimeField(
        allow_null=True,
        help_text=_("When the state moves on by itself: the report is due, late, charged, or accepted in silence."),
    )
    statements = RevenueStatementSerializer(many=True)
    bills = RevenueBillSerializer(many=True)

    class Meta:
        model = RevenuePeriod
        fields = (
            "id",
            "agreement",
            "order_id",
            "venue",
            "buyer",
            "provider",
            "period",
            "starts_at",
            "ends_at",
            "days",
            "of_days",
            "currency",
            "state",
            "clock_at",
            "statements",
            "bills",
        )
        read_only_fields = fields


class RevenuePeriodFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=RevenuePeriod.State.choices)
    order = django_filters.UUIDFilter("agreement__order_id")


class RevenuePeriodList(generics.GenericAPIView[RevenuePeriod]):
    """The periods whose revenue the caller's organization shares, on either side, newest first; staff see all."""

    serializer_class = RevenuePeriodSerializer
    filterset_class = RevenuePeriodFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[RevenuePeriod]:
        return _visible(self.request)

    @extend_schema(operation_id="revenue_periods_list", responses=RevenuePeriodSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(RevenuePeriodSerializer(page, many=True).data)


class RevenuePeriodDetail(APIView):
    @extend_schema(operation_id="revenue_periods_read", responses=RevenuePeriodSerializer)
    def get(self, request: Request, revenue_period_id: UUID) -> Response:
        return _shown(request, revenue_period_id)


class RevenueReport(APIView):
    """Report what a period that has ended brought, by the buyer, or correct what was reported."""

    @extend_schema(
        operation_id="revenue_periods_report",
        request=RevenueReportSerializer,
        responses={201: RevenuePeriodSerializer},
    )
    @idempotent(required=True)
    def post(self, request: Request, revenue_period_id: UUID) -> Response:
        get_object_or_404(_visible(request), pk=revenue_period_id)
        body = body_of(RevenueReportSerializer, request)
        revenue_reports.report_revenue(period_id=revenue_period_id, **body, actor=actor_of(request))
        return _shown(request, revenue_period_id, status=201)


class RevenueAccept(APIView):
    """Accept the newest statement, by the provider: the share of it is charged, or the difference to what was."""

    @extend_schema(operation_id="revenue_periods_accept", request=NoFieldsSerializer, responses=RevenuePeriodSerializer)
    @idempotent(required=True)
    def post(self, request: Request, revenue_period_id: UUID, number: int) -> Response:
        body_of(NoFieldsSerializer, request)
        revenue_reports.accept_statement(period_id=revenue_period_id, number=number, actor=actor_of(request))
        return _shown(request, revenue_period_id)


class RevenueObject(APIView):
    """Object to the newest statement, by the provider, with a reason: the buyer corrects it."""

    @extend_schema(operation_id="revenue_periods_object", request=ReasonSerializer, responses=RevenuePeriodSerializer)
    @idempotent(required=True)
    def post(self, request: Request, revenue_period_id: UUID, number: int) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        revenue_reports.object_to_statement(
            period_id=revenue_period_id, number=number, reason=reason, actor=actor_of(request)
        )
        return _shown(request, revenue_period_id)


def _shown(request: Request, period_id: UUID, status: int = 200) -> Response:
    period = get_object_or_404(_visible(request), pk=period_id)
    return Response(represent(RevenuePeriodSerializer, period), status=status)


def _visible(request: Request) -> models.QuerySet[RevenuePeriod]:
    related = ("agreement", "venue", "organization", "provider")
    periods = RevenuePeriod.objects.visible_to(actor_of(request)).select_related(*related).defer("agreement__body")
    return periods.prefetch_related("statements__answers", "bills__statement")
