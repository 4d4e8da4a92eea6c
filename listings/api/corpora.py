"""Licence chains of versions, and samples of them for people to read, over HTTP."""

import hashlib
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.problems import field_problem
from listings.api.bodies import body_chunks
from listings.corpora.declaring import declare_licences
from listings.corpora.licences import REASONS
from listings.corpora.reading import sampled_items
from listings.corpora.sampling import MOST_SEED, draw_sample, judge_sample, require_reader
from listings.corpora.sheets import LARGEST_SHEET, csv_sheet, read_sheet, xlsx_sheet
from listings.models import CorpusSampling, DatasetVersion, LicenceChain

SHEETS = {
    "csv": (csv_sheet, "text/csv"),
    "xlsx": (xlsx_sheet, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


class SourceSerializer(StrictSerializer):
    name = serializers.CharField(max_length=200)
    licence = serializers.CharField(max_length=40, help_text=_("SPDX identifier, OWN, PUBLIC-DOMAIN or CONTRACT."))
    url = serializers.URLField(max_length=500, required=False)
    collected_on = serializers.DateField(required=False)
    documents = serializers.IntegerField(min_value=0, max_value=2**53, required=False)
    synthetic = serializers.BooleanField(required=False)


class DeclareLicencesSerializer(StrictSerializer):
    offered = serializers.CharField(max_length=40, help_text=_("The licence that the corpus is offered under."))
    sources = serializers.ListField(child=SourceSerializer(), allow_empty=False, max_length=1000)


class LicenceChainSerializer(serializers.ModelSerializer[LicenceChain]):
    """The declared sources, and the verdict in the language of the request."""

    version_id = serializers.UUIDField()
    verdict = serializers.SerializerMethodField()

    class Meta:
        model = LicenceChain
        fields = ["id", "version_id", "offered", "sources", "verdict", "compatible", "rule_set", "created_at"]

    def get_verdict(self, chain: LicenceChain) -> dict[str, Any]:
        told = [
            {**source, "detail": str(REASONS[source["reason"]]) if source["reason"] else ""}
            for source in chain.verdict["sources"]
        ]
        return {**chain.verdict, "sources": told}


class DrawSampleSerializer(StrictSerializer):
    seed = serializers.IntegerField(min_value=0, max_value=MOST_SEED, required=False)
    size = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)


class CorpusSamplingSerializer(serializers.ModelSerializer[CorpusSampling]):
    version_id = serializers.UUIDField()
    result = serializers.DictField(
        allow_null=True, help_text=_("Items, passes, their share with its interval, reasons.")
    )

    class Meta:
        model = CorpusSampling
        fields = [
            "id",
            "version_id",
            "state",
            "seed",
            "size",
            "population",
            "rule_set",
            "by_exchange",
            "result",
            "judged_at",
            "sheet_sha256",
            "created_at",
        ]


def _version(request: Request, version_id: UUID) -> DatasetVersion:
    return get_object_or_404(DatasetVersion.objects.visible_to(actor_of(request)).only("id"), pk=version_id)


class VersionLicenceChains(generics.GenericAPIView[LicenceChain]):
    """What was declared of a version's sources, the last declaration first; declaring anew."""

    serializer_class = LicenceChainSerializer
    ordering = ("-id",)
    filter_backends = ()

    @extend_schema(operation_id="licence_chains_list", responses=LicenceChainSerializer(many=True))
    def get(self, request: Request, version_id: UUID) -> Response:
        page = self.paginate_queryset(LicenceChain.objects.filter(version=_version(request, version_id)))
        return self.get_paginated_response(LicenceChainSerializer(page, many=True).data)

    @extend_schema(
        operation_id="licence_chains_declare",
        request=DeclareLicencesSerializer,
        responses={201: LicenceChainSerializer},
    )
    @idempotent()
    def post(self, request: Request, version_id: UUID) -> Response:
        body = body_of(DeclareLicencesSerializer, request)
        for source in body["sources"]:
            if "collected_on" in source:
                source["collected_on"] = source["collected_on"].isoformat()
        chain = declare_licences(version_id=version_id, **body, actor=actor_of(request))
        return Response(represent(LicenceChainSerializer, chain), status=201)


class VersionCorpusSamplings(generics.GenericAPIView[CorpusSampling]):
    """The samples drawn of a version, the last one first; drawing another."""

    serializer_class = CorpusSamplingSerializer
    ordering = ("-id",)
    filter_backends = ()

    @extend_schema(operation_id="corpus_samplings_list", responses=CorpusSamplingSerializer(many=True))
    def get(self, request: Request, version_id: UUID) -> Response:
        page = self.paginate_queryset(CorpusSampling.objects.filter(version=_version(request, version_id)))
        return self.get_paginated_response(CorpusSamplingSerializer(page, many=True).data)

    @extend_schema(
        operation_id="corpus_samplings_draw", request=DrawSampleSerializer, responses={201: CorpusSamplingSerializer}
    )
    @idempotent()
    def post(self, request: Request, version_id: UUID) -> Response:
        body = body_of(DrawSampleSerializer, request)
        sampling = draw_sample(version_id=version_id, **body, actor=actor_of(request))
        return Response(represent(CorpusSamplingSerializer, sampling), status=201)


class CorpusSamplingDetail(APIView):
    """A sample and, once it is judged, what was found in it."""

    @extend_schema(operation_id="corpus_samplings_read", responses=CorpusSamplingSerializer)
    def get(self, request: Request, sampling_id: UUID) -> Response:
        samplings = CorpusSampling.objects.visible_to(actor_of(request))
        return Response(represent(CorpusSamplingSerializer, get_object_or_404(samplings, pk=sampling_id)))


class CorpusSamplingSheet(APIView):
    """The sheet to fill in, with the text of every item; takes as long as the version takes to be read."""

    @extend_schema(
        operation_id="corpus_samplings_sheet",
        parameters=[OpenApiParameter("form", enum=list(SHEETS), default="csv")],
        responses={(200, media_type): OpenApiTypes.BINARY for _write, media_type in SHEETS.values()},
    )
    def get(self, request: Request, sampling_id: UUID) -> HttpResponse:
        actor = actor_of(request)
        samplings = CorpusSampling.objects.visible_to(actor).select_related("version")
        sampling = get_object_or_404(samplings, pk=sampling_id)
        require_reader(actor, sampling.version)
        form = request.query_params.get("form", "csv")
        if form not in SHEETS:
            raise field_problem("/form", "invalid_choice", _("Formats are: %s.") % ", ".join(SHEETS))
        write, media_type = SHEETS[form]
        name = f"sample-{sampling.seed}.{form}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
        return HttpResponse(write(sampled_items(sampling)), content_type=media_type, headers=headers)


class CorpusSamplingJudgement(APIView):
    """Hand in the filled sheet (CSV or XLSX): every item with PASS, or with FAIL and a reason."""

    @extend_schema(
        operation_id="corpus_samplings_judge",
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses=CorpusSamplingSerializer,
    )
    def put(self, request: Request, sampling_id: UUID) -> Response:
        actor = actor_of(request)
        get_object_or_404(CorpusSampling.objects.visible_to(actor).only("id"), pk=sampling_id)
        content = b"".join(body_chunks(request, limit=LARGEST_SHEET))
        sampling = judge_sample(
            sampling_id=sampling_id,
            judgements=read_sheet(content),
            sheet_sha256=hashlib.sha256(content).hexdigest(),
            actor=actor,
        )
        return Response(represent(CorpusSamplingSerializer, sampling))
