"""Reports of service agencies over HTTP: asked for by officers, written by agencies, read by both and the provider."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import NoFieldsSerializer, ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.money import MoneyField
from listings import agency_reports
from listings.api.bodies import body_chunks, content_digest
from listings.api.documents import paper_response
from listings.models import AgencyReport, Listing, ReportPaper
from listings.papers import LARGEST_PAPER


class CommissionReportSerializer(StrictSerializer):
    kind = serializers.ChoiceField(AgencyReport.Kind.choices)
    agency_id = serializers.UUIDField(help_text=_("A service agency that is an active member of the venue."))
    question = serializers.CharField(max_length=4000)
    working_days = serializers.IntegerField(min_value=1, max_value=agency_reports.LONGEST_ALLOWANCE)


class DeliverReportSerializer(StrictSerializer):
    conclusion = serializers.ChoiceField(AgencyReport.Conclusion.choices)
    findings = serializers.CharField(max_length=20_000)
    jurisdictions = serializers.ListField(
        child=serializers.CharField(max_length=2), max_length=250, default=list, help_text=_("Of an opinion: HK, …")
    )
    route = serializers.CharField(max_length=30, required=False, allow_blank=True, default="")
    rule_set = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    opinion_on = serializers.DateField(required=False, allow_null=True, default=None)
    valid_until = serializers.DateField(required=False, allow_null=True, default=None)


class ReportPaperSerializer(serializers.ModelSerializer[ReportPaper]):
    class Meta:
        model = ReportPaper
        fields = ("id", "name", "media_type", "size", "sha256", "sm3", "created_at")
        read_only_fields = fields


class AgencyReportSerializer(serializers.ModelSerializer[AgencyReport]):
    venue = serializers.CharField(source="venue.code")
    agency_id = serializers.UUIDField(source="organization_id")
    fee = MoneyField(allow_null=True)
    fee_held = MoneyField(allow_null=True, help_text=_("Taken from the provider's funds, a fee of the venue included."))
    papers = ReportPaperSerializer(many=True)

    class Meta:
        model = AgencyReport
        fields = (
            "id",
            "number",
            "listing_id",
            "venue",
            "agency_id",
            "kind",
            "stage",
            "ordered_by_provider",
            "fee",
            "fee_terms",
            "fee_held",
            "fee_paid_at",
            "state",
            "question",
            "due_at",
            "receive_by",
            "conclusion",
            "findings",
            "jurisdictions",
            "route",
            "rule_set",
            "opinion_on",
            "valid_until",
            "note",
            "papers",
            "created_at",
        )
        read_only_fields = fields


class ReportFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=AgencyReport.State.choices)
    kind = django_filters.ChoiceFilter(choices=AgencyReport.Kind.choices)
    listing = django_filters.UUIDFilter("listing_id")


class ReportList(generics.GenericAPIView[AgencyReport]):
    """The reports that the caller writes, needs or decides on, newest first."""

    serializer_class = AgencyReportSerializer
    filterset_class = ReportFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[AgencyReport]:
        return _visible(self.request)

    @extend_schema(operation_id="agency_reports_list", responses=AgencyReportSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(AgencyReportSerializer(page, many=True).data)


class ListingReports(APIView):
    """Ask a service agency for a report, by the officer of the stage at which the listing is."""

    @extend_schema(
        operation_id="agency_reports_commission",
        request=CommissionReportSerializer,
        responses={201: AgencyReportSerializer},
    )
    @idempotent()
    def post(self, request: Request, listing_id: UUID) -> Response:
        get_object_or_404(Listing.objects.visible_to(actor_of(request)), pk=listing_id)
        body = body_of(CommissionReportSerializer, request)
        report = agency_reports.commission_report(listing_id=listing_id, **body, actor=actor_of(request))
        return Response(report_json(request, report.pk).data, status=201)


class ReportDetail(APIView):
    @extend_schema(operation_id="agency_reports_read", responses=AgencyReportSerializer)
    def get(self, request: Request, report_id: UUID) -> Response:
        return report_json(request, report_id)


class ReportUndertake(APIView):
    """Undertake to write the report."""

    @extend_schema(
        operation_id="agency_reports_undertake", request=NoFieldsSerializer, responses=AgencyReportSerializer
    )
    @idempotent()
    def post(self, request: Request, report_id: UUID) -> Response:
        return acted(agency_reports.undertake_report, NoFieldsSerializer, request, report_id)


class PaperQuerySerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)


class ReportPapers(APIView):
    """Keep the signed report; the body is the paper itself: PDF, PNG or JPEG."""

    @extend_schema(
        operation_id="agency_reports_keep_paper",
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={201: ReportPaperSerializer},
        parameters=[OpenApiParameter("name", required=True, description="File name, without a path.")],
    )
    def post(self, request: Request, report_id: UUID) -> Response:
        get_object_or_404(AgencyReport.objects.visible_to(actor_of(request)), pk=report_id)
        query = PaperQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        paper = agency_reports.keep_report_paper(
            report_id=report_id,
            body=body_chunks(request, limit=LARGEST_PAPER),
            expected_sha256=content_digest(request),
            actor=actor_of(request),
            **query.validated_data,
        )
        return Response(represent(ReportPaperSerializer, paper), status=201)


class ReportPaperContent(APIView):
    """The signed report as it was sent."""

    @extend_schema(operation_id="report_papers_read_content", responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, report_paper_id: UUID) -> StreamingHttpResponse:
        return paper_response(*agency_reports.read_report_paper(paper_id=report_paper_id, actor=actor_of(request)))


class ReportDeliver(APIView):
    """Deliver the report with its conclusion."""

    @extend_schema(
        operation_id="agency_reports_deliver", request=DeliverReportSerializer, responses=AgencyReportSerializer
    )
    @idempotent()
    def post(self, request: Request, report_id: UUID) -> Response:
        get_object_or_404(AgencyReport.objects.visible_to(actor_of(request)), pk=report_id)
        return acted(agency_reports.deliver_report, DeliverReportSerializer, request, report_id)


class ReportAccept(APIView):
    """Accept a delivered report, by an officer of its stage."""

    @extend_schema(operation_id="agency_reports_accept", request=ReasonSerializer, responses=AgencyReportSerializer)
    @idempotent()
    def post(self, request: Request, report_id: UUID) -> Response:
        return acted(agency_reports.accept_report, ReasonSerializer, request, report_id)


class ReportReturn(APIView):
    """Give a delivered report back to its agency."""

    @extend_schema(operation_id="agency_reports_return", request=ReasonSerializer, responses=AgencyReportSerializer)
    @idempotent()
    def post(self, request: Request, report_id: UUID) -> Response:
        return acted(agency_reports.return_report, ReasonSerializer, request, report_id)


class ReportCancel(APIView):
    """Call a report off that is not delivered."""

    @extend_schema(operation_id="agency_reports_cancel", request=ReasonSerializer, responses=AgencyReportSerializer)
    @idempotent()
    def post(self, request: Request, report_id: UUID) -> Response:
        return acted(agency_reports.cancel_report, ReasonSerializer, request, report_id)


def acted(
    act: Callable[..., AgencyReport], serializer: type[StrictSerializer], request: Request, report_id: UUID
) -> Response:
    """Let the caller act on a report, and return the report as it is then."""
    act(report_id=report_id, **body_of(serializer, request), actor=actor_of(request))
    return report_json(request, report_id)


def report_json(request: Request, report_id: UUID) -> Response:
    """Return a report as the caller sees it."""
    return Response(represent(AgencyReportSerializer, get_object_or_404(_visible(request), pk=report_id)))


def _visible(request: Request) -> models.QuerySet[AgencyReport]:
    reports = AgencyReport.objects.visible_to(actor_of(request))
    return reports.select_related("venue").prefetch_related("papers")
