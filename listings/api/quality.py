"""The quality of data over HTTP: how it went from version to version."""

from typing import Any
from uuid import UUID

from django.db import models
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api import actor_of
from listings.freshness_monitor import State
from listings.models import Dataset, DatasetVersion
from listings.quality.rules import DIMENSIONS, GRADES
from listings.quality_trend import judged_versions, what_changed


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
