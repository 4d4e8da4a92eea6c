"""The quality of data over HTTP: its trend, the rows behind it, and scanning a version anew."""

from typing import Any
from uuid import UUID

from django.db import models
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import NoFieldsSerializer, actor_of, body_of
from kernel.idempotency import idempotent
from listings.freshness_monitor import State
from listings.models import Dataset, DatasetVersion, GradeScan
from listings.quality.rules import DIMENSIONS, GRADES
from listings.quality_trend import judged_versions, what_changed
from listings.scanning_anew import ask_for_scan


class DimensionSerializer(serializers.Serializer[Any]):
    name = serializers.ChoiceField(DIMENSIONS)
    score = serializers.FloatField(allow_null=True, help_text=_("0 to 100; nothing where it could not be judged."))
    weight = serializers.FloatField()


class QualityChangeSerializer(serializers.Serializer[Any]):
    """What got better (points above zero) or worse against the preceding version."""

    kind = serializers.ChoiceField(["score", "dimension", "deduction"])
    subject = serializers.CharField(allow_blank=True, help_text=_("The dimension or the rule."))
    column = serializers.CharField(allow_blank=True)
    points = serializers.FloatField()
    better = serializers.BooleanField()


class QualityTrendSerializer(serializers.ModelSerializer[DatasetVersion]):
    version_id = serializers.UUIDField(source="id")
    release = serializers.CharField(source="release_number")
    score = serializers.FloatField(source="report.score")
    grade = serializers.ChoiceField(GRADES, source="report.grade")
    dimensions = serializers.SerializerMethodField()
    changes = serializers.SerializerMethodField()

    class Meta:
        model = DatasetVersion
        fields = ("version_id", "number", "release", "sealed_at", "score", "grade", "dimensions", "changes")
        read_only_fields = fields

    @extend_schema_field(DimensionSerializer(many=True))
    def get_dimensions(self, version: Any) -> Any:
        return version.report.get("dimensions") or []

    @extend_schema_field(QualityChangeSerializer(many=True))
    def get_changes(self, version: Any) -> Any:
        return QualityChangeSerializer(what_changed(version), many=True).data


class QualityTrend(generics.GenericAPIView[DatasetVersion]):
    """The quality of a dataset's versions, the newest first, each against the one before it."""

    serializer_class = QualityTrendSerializer
    filter_backends = ()
    ordering = ("-number",)

    def get_queryset(self) -> models.QuerySet[DatasetVersion]:
        actor = actor_of(self.request)
        dataset = get_object_or_404(Dataset.objects.visible_to(actor).only("id"), pk=self.kwargs["dataset_id"])
        return judged_versions(DatasetVersion.objects.visible_to(actor).filter(dataset=dataset))

    @extend_schema(operation_id="quality_trend", responses=QualityTrendSerializer(many=True))
    def get(self, request: Request, dataset_id: UUID) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(QualityTrendSerializer(page, many=True).data)


class DeductionRows(APIView):
    """The rows behind a deduction of a file's quality, masked, to be repaired: CSV, at most the first ten."""

    @extend_schema(operation_id="deduction_rows", responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, file_id: UUID, number: int) -> HttpResponse:
        from listings.deduction_rows import deduction_rows  # noqa: PLC0415 - reading files takes the engines

        rows = deduction_rows(file_id=file_id, number=number, actor=actor_of(request))
        name = f"deduction-{number}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(rows.encode("utf-8-sig"), content_type="text/csv; charset=utf-8", headers=headers)


class GradeScanSerializer(serializers.ModelSerializer[GradeScan]):
    """What a later scan found; `found` names by file the kinds of personal data."""

    found = serializers.DictField()

    class Meta:
        model = GradeScan
        fields = ("id", "version_id", "grade", "personal_data", "persons", "sensitive_persons", "found", "created_at")
        read_only_fields = fields


class VersionScans(generics.GenericAPIView[GradeScan]):
    """Later scans of a version, the last one first; asking for another one."""

    serializer_class = GradeScanSerializer
    filter_backends = ()
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[GradeScan]:
        visible = DatasetVersion.objects.visible_to(actor_of(self.request)).only("id")
        return GradeScan.objects.filter(version=get_object_or_404(visible, pk=self.kwargs["version_id"]))

    @extend_schema(operation_id="version_scans_list", responses=GradeScanSerializer(many=True))
    def get(self, request: Request, version_id: UUID) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(GradeScanSerializer(page, many=True).data)

    @extend_schema(operation_id="version_scans_ask", request=NoFieldsSerializer, responses={202: None})
    @idempotent()
    def post(self, request: Request, version_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        ask_for_scan(version_id=version_id, actor=actor_of(request))
        return Response(status=202)


class QualityTodaySerializer(serializers.Serializer[Any]):
    """The quality as of a day: what was found when the version was profiled, and how timely it still is."""

    score = serializers.FloatField(help_text=_("0 to 100."))
    grade = serializers.ChoiceField(GRADES)
    dimensions = DimensionSerializer(many=True, allow_null=True)
    on = serializers.DateField()
    rule_set = serializers.CharField()


class FreshnessSerializer(serializers.Serializer[Any]):
    """Whether the data are as fresh as declared; newer ones are due by the end of the next period."""

    state = serializers.ChoiceField(State.choices)
    data_until = serializers.DateField(allow_null=True, help_text=_("The last day that the data cover."))
    due_on = serializers.DateField(allow_null=True, help_text=_("A working day of the venue."))
    days_late = serializers.IntegerField()
    late_since = serializers.DateTimeField(allow_null=True, help_text=_("When the exchange found it late."))
