"""Bulk registration over HTTP: manifests in, and what came of every record out."""

from hashlib import sha256
from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import actor_of, represent
from kernel.idempotency import idempotent
from kernel.problems import Problem
from listings.api.bodies import body_chunks
from listings.api.harvest_serializers import HarvestedProductSerializer, HarvestRecordSerializer, HarvestRunSerializer
from listings.api.metadata import AsAddressed
from listings.harvest.manifests import LARGEST_MANIFEST
from listings.harvest.reports import report_lines
from listings.harvest.running import register_by_manifest
from listings.models import HarvestedProduct, HarvestRecord, HarvestRun


class ManifestQuerySerializer(serializers.Serializer[Any]):
    dry_run = serializers.BooleanField(default=False, help_text="Tell what would change, and change nothing.")


class RawParser(BaseParser):
    """Takes any body for bytes and leaves them with the view; the Idempotency-Key is compared by their digest."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, str]:
        request, view = parser_context["request"], parser_context["view"]
        view.content = b"".join(body_chunks(request, limit=LARGEST_MANIFEST))
        return {"sha256": sha256(view.content).hexdigest(), "query": request.META.get("QUERY_STRING", "")}


class ManifestList(APIView):
    """Register many datasets and product drafts at once: the body is a manifest, a CSV table or a JSON document."""

    parser_classes = (RawParser,)
    content = b""

    @extend_schema(
        operation_id="manifests_send",
        parameters=[ManifestQuerySerializer],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={202: HarvestRunSerializer},
    )
    @idempotent(required=False)
    def post(self, request: Request) -> Response:
        query = ManifestQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        if not (request.data or request.META.get("CONTENT_LENGTH")):
            raise Problem("length_required")
        dry_run = query.validated_data["dry_run"]
        run = register_by_manifest(content=self.content, dry_run=dry_run, actor=actor_of(request))
        return Response(represent(HarvestRunSerializer, run), status=202)


class HarvestRunFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=HarvestRun.State.choices)
    kind = django_filters.ChoiceFilter(choices=HarvestRun.Kind.choices)


class HarvestRunList(generics.GenericAPIView[HarvestRun]):
    """Bulk registrations of the caller's organization, newest first; staff see those of their venues' members."""

    serializer_class = HarvestRunSerializer
    filterset_class = HarvestRunFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[HarvestRun]:
        return HarvestRun.objects.visible_to(actor_of(self.request))

    @extend_schema(operation_id="harvest_runs_list", responses=HarvestRunSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(HarvestRunSerializer(page, many=True).data)


class HarvestRunDetail(APIView):
    """One bulk registration; how far it is stands in its job (`GET jobs?subject_id=`)."""

    @extend_schema(operation_id="harvest_runs_read", responses=HarvestRunSerializer)
    def get(self, request: Request, run_id: UUID) -> Response:
        return Response(represent(HarvestRunSerializer, run_seen_by(request, run_id)))


class HarvestRecordFilter(django_filters.FilterSet):
    outcome = django_filters.ChoiceFilter(choices=HarvestRecord.Outcome.choices)
    source_id = django_filters.CharFilter("source_id")


class HarvestRecordList(generics.GenericAPIView[HarvestRecord]):
    """What came, or in a dry run would come, of each record, in the order of the manifest."""

    serializer_class = HarvestRecordSerializer
    filterset_class = HarvestRecordFilter
    ordering = ("number",)

    def get_queryset(self) -> models.QuerySet[HarvestRecord]:
        return HarvestRecord.objects.visible_to(actor_of(self.request)).defer("entry")

    @extend_schema(operation_id="harvest_records_list", responses=HarvestRecordSerializer(many=True))
    def get(self, request: Request, run_id: UUID) -> Response:
        run = run_seen_by(request, run_id)
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset().filter(run=run)))
        return self.get_paginated_response(HarvestRecordSerializer(page, many=True).data)


class HarvestReport(APIView):
    """The same as a CSV table, a line for each reason or change; no spreadsheet finds a formula in it."""

    content_negotiation_class = AsAddressed

    @extend_schema(operation_id="harvest_runs_report", responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, run_id: UUID) -> StreamingHttpResponse:
        run = run_seen_by(request, run_id)
        answer = StreamingHttpResponse(report_lines(run), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="harvest-{run.pk}.csv"'
        return answer


class HarvestedProductFilter(django_filters.FilterSet):
    source_id = django_filters.CharFilter("source_id")
    product = django_filters.UUIDFilter("product_id")


class HarvestedProductList(generics.GenericAPIView[HarvestedProduct]):
    """Which dataset and product stand for which id of the provider's own books, newest first."""

    serializer_class = HarvestedProductSerializer
    filterset_class = HarvestedProductFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[HarvestedProduct]:
        return HarvestedProduct.objects.visible_to(actor_of(self.request))

    @extend_schema(operation_id="harvested_products_list", responses=HarvestedProductSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(HarvestedProductSerializer(page, many=True).data)


def run_seen_by(request: Request, run_id: UUID) -> HarvestRun:
    """Return a run that the caller may see, or raise Http404."""
    return get_object_or_404(HarvestRun.objects.visible_to(actor_of(request)), pk=run_id)
