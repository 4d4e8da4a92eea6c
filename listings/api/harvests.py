"""Bulk registration over HTTP: manifests and sources in, and what came of every record out."""

from hashlib import sha256
from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import NoFieldsSerializer, ReasonSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.problems import Problem
from listings.api.bodies import body_chunks
from listings.api.harvest_serializers import (
    HarvestedProductDetailSerializer,
    HarvestedProductSerializer,
    HarvestRecordSerializer,
    HarvestRunSerializer,
    HarvestSourceSerializer,
    ManifestQuerySerializer,
    NewRunSerializer,
    NewSourceSerializer,
    SourceChangesSerializer,
)
from listings.api.metadata import AsAddressed
from listings.harvest import sources
from listings.harvest.manifests import LARGEST_MANIFEST
from listings.harvest.reports import report_lines
from listings.harvest.running import register_by_manifest
from listings.models import HarvestedProduct, HarvestRecord, HarvestRun, HarvestSource


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


class HarvestSourceFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=HarvestSource.State.choices)
    kind = django_filters.ChoiceFilter(choices=HarvestSource.Kind.choices)


class HarvestSourceList(generics.GenericAPIView[HarvestSource]):
    """The catalogues that the caller's organization has read here, newest first."""

    serializer_class = HarvestSourceSerializer
    filterset_class = HarvestSourceFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[HarvestSource]:
        return HarvestSource.objects.visible_to(actor_of(self.request))

    @extend_schema(operation_id="harvest_sources_list", responses=HarvestSourceSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(HarvestSourceSerializer(page, many=True).data)

    @extend_schema(
        operation_id="harvest_sources_add", request=NewSourceSerializer, responses={201: HarvestSourceSerializer}
    )
    @idempotent(required=False)
    def post(self, request: Request) -> Response:
        body = body_of(NewSourceSerializer, request)
        source = sources.add_source(kind=body.pop("kind"), fields=body, actor=actor_of(request))
        return Response(represent(HarvestSourceSerializer, source), status=201)


class HarvestSourceDetail(APIView):
    """One source."""

    @extend_schema(operation_id="harvest_sources_read", responses=HarvestSourceSerializer)
    def get(self, request: Request, origin_id: UUID) -> Response:
        visible = HarvestSource.objects.visible_to(actor_of(request))
        return Response(represent(HarvestSourceSerializer, get_object_or_404(visible, pk=origin_id)))

    @extend_schema(
        operation_id="harvest_sources_amend", request=SourceChangesSerializer, responses=HarvestSourceSerializer
    )
    def patch(self, request: Request, origin_id: UUID) -> Response:
        changes = body_of(SourceChangesSerializer, request)
        source = sources.amend_source(source_id=origin_id, changes=changes, actor=actor_of(request))
        return Response(represent(HarvestSourceSerializer, source))


class HarvestSourcePause(APIView):
    """Let a source rest."""

    @extend_schema(operation_id="harvest_sources_pause", request=NoFieldsSerializer, responses=HarvestSourceSerializer)
    @idempotent()
    def post(self, request: Request, origin_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        source = sources.pause_source(source_id=origin_id, actor=actor_of(request))
        return Response(represent(HarvestSourceSerializer, source))


class HarvestSourceResume(APIView):
    """Go on with a paused source."""

    @extend_schema(operation_id="harvest_sources_resume", request=NoFieldsSerializer, responses=HarvestSourceSerializer)
    @idempotent()
    def post(self, request: Request, origin_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        source = sources.resume_source(source_id=origin_id, actor=actor_of(request))
        return Response(represent(HarvestSourceSerializer, source))


class HarvestSourceClose(APIView):
    """End a source for good; the products that it brought stay."""

    @extend_schema(operation_id="harvest_sources_close", request=NoFieldsSerializer, responses=HarvestSourceSerializer)
    @idempotent()
    def post(self, request: Request, origin_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        source = sources.close_source(source_id=origin_id, actor=actor_of(request))
        return Response(represent(HarvestSourceSerializer, source))


class HarvestSourceHarvest(APIView):
    """Have a source read now, by a job."""

    @extend_schema(
        operation_id="harvest_sources_harvest", request=NewRunSerializer, responses={202: HarvestRunSerializer}
    )
    @idempotent(required=False)
    def post(self, request: Request, origin_id: UUID) -> Response:
        body = body_of(NewRunSerializer, request)
        run = sources.harvest(source_id=origin_id, **body, actor=actor_of(request))
        return Response(represent(HarvestRunSerializer, run), status=202)


class HarvestRunFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=HarvestRun.State.choices)
    kind = django_filters.ChoiceFilter(choices=HarvestRun.Kind.choices)
    origin = django_filters.UUIDFilter("origin_id")


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


class HarvestRunRelease(APIView):
    """Let a held run go on, although much of what the source had before is gone."""

    @extend_schema(operation_id="harvest_runs_release", request=ReasonSerializer, responses=HarvestRunSerializer)
    @idempotent()
    def post(self, request: Request, run_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        run = sources.release_run(run_id=run_id, reason=reason, actor=actor_of(request))
        return Response(represent(HarvestRunSerializer, run))


class HarvestRunCancel(APIView):
    """Give a held run up; nothing of it was applied."""

    @extend_schema(operation_id="harvest_runs_cancel", request=ReasonSerializer, responses=HarvestRunSerializer)
    @idempotent()
    def post(self, request: Request, run_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        run = sources.cancel_run(run_id=run_id, reason=reason, actor=actor_of(request))
        return Response(represent(HarvestRunSerializer, run))


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
    origin = django_filters.UUIDFilter("origin_id")
    # Not a BooleanFilter: that takes a word it does not know for no wish at all.
    gone = django_filters.TypedChoiceFilter(
        field_name="gone_at",
        choices=(("true", "true"), ("false", "false")),
        coerce=lambda value: value == "false",
        lookup_expr="isnull",
        label="Gone from its source.",
    )


class HarvestedProductList(generics.GenericAPIView[HarvestedProduct]):
    """Which dataset and product stand for which id of the provider's own books, newest first."""

    serializer_class = HarvestedProductSerializer
    filterset_class = HarvestedProductFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[HarvestedProduct]:
        return HarvestedProduct.objects.visible_to(actor_of(self.request)).defer("described")

    @extend_schema(operation_id="harvested_products_list", responses=HarvestedProductSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(HarvestedProductSerializer(page, many=True).data)


class HarvestedProductDetail(APIView):
    """One of them, with what its source says beyond the dossier."""

    @extend_schema(operation_id="harvested_products_read", responses=HarvestedProductDetailSerializer)
    def get(self, request: Request, harvested_id: UUID) -> Response:
        visible = HarvestedProduct.objects.visible_to(actor_of(request))
        return Response(represent(HarvestedProductDetailSerializer, get_object_or_404(visible, pk=harvested_id)))


def run_seen_by(request: Request, run_id: UUID) -> HarvestRun:
    """Return a run that the caller may see, or raise Http404."""
    return get_object_or_404(HarvestRun.objects.visible_to(actor_of(request)), pk=run_id)
