"""Ordering a report of a service agency over HTTP, and what moves its fee; the rest is listings/api/agency_reports."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import NoFieldsSerializer, ReasonSerializer, StrictSerializer, actor_of, body_of
from kernel.idempotency import idempotent
from kernel.money import MoneyField
from listings.api.agency_reports import AgencyReportSerializer, CommissionReportSerializer, acted, report_json
from marketplace import ordered_reports


class OrderReportSerializer(CommissionReportSerializer):
    fee = MoneyField(
        required=False,
        help_text=_("Agreed on with the agency, as a sum; held until the report is received."),
    )
    fee_terms = serializers.CharField(
        max_length=1000, default="", allow_blank=True, help_text=_("What was agreed on with the agency, in words.")
    )


class SettleReportDisputeSerializer(StrictSerializer):
    for_agency = serializers.BooleanField()
    reason = serializers.CharField(max_length=2000)


class ListingOrderReport(APIView):
    """Order a report on one's own listing of a service agency, at one's own expense."""

    @extend_schema(
        operation_id="agency_reports_order", request=OrderReportSerializer, responses={201: AgencyReportSerializer}
    )
    @idempotent()
    def post(self, request: Request, listing_id: UUID) -> Response:
        body = body_of(OrderReportSerializer, request)
        report = ordered_reports.order_report(listing_id=listing_id, **body, actor=actor_of(request))
        return Response(report_json(request, report.pk).data, status=201)


class ReportReceive(APIView):
    """Receive a delivered report as what was ordered."""

    @extend_schema(operation_id="agency_reports_receive", request=NoFieldsSerializer, responses=AgencyReportSerializer)
    @idempotent()
    def post(self, request: Request, report_id: UUID) -> Response:
        return acted(ordered_reports.receive_report, NoFieldsSerializer, request, report_id)


class ReportDispute(APIView):
    """Dispute that a delivered report is what was ordered."""

    @extend_schema(operation_id="agency_reports_dispute", request=ReasonSerializer, responses=AgencyReportSerializer)
    @idempotent()
    def post(self, request: Request, report_id: UUID) -> Response:
        return acted(ordered_reports.dispute_report, ReasonSerializer, request, report_id)


class ReportCallOff(APIView):
    """Call an ordered report off before it is delivered."""

    @extend_schema(operation_id="agency_reports_call_off", request=ReasonSerializer, responses=AgencyReportSerializer)
    @idempotent()
    def post(self, request: Request, report_id: UUID) -> Response:
        return acted(ordered_reports.call_off_report, ReasonSerializer, request, report_id)


class ReportSettleDispute(APIView):
    """Settle the dispute over an ordered report, as the venue."""

    @extend_schema(
        operation_id="agency_reports_settle_dispute",
        request=SettleReportDisputeSerializer,
        responses=AgencyReportSerializer,
    )
    @idempotent()
    def post(self, request: Request, report_id: UUID) -> Response:
        return acted(ordered_reports.settle_report_dispute, SettleReportDisputeSerializer, request, report_id)


class ReportDecline(APIView):
    """Decline to write the report."""

    @extend_schema(operation_id="agency_reports_decline", request=ReasonSerializer, responses=AgencyReportSerializer)
    @idempotent()
    def post(self, request: Request, report_id: UUID) -> Response:
        return acted(ordered_reports.decline_report, ReasonSerializer, request, report_id)
