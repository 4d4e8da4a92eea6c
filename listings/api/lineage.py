"""What a dataset was made from and what was made of it, over HTTP."""

from typing import Any
from uuid import UUID

from django.db import models
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.languages import LanguageMapSerializerField
from listings.lineage import WALKS, add_own_parent, lineage_of, remove_parent
from listings.models import Dataset, DatasetParent


class DirectionSerializer(serializers.Serializer[Any]):
    direction = serializers.ChoiceField(sorted(WALKS), default="ancestors")


class NewParentSerializer(StrictSerializer):
    parent_id = serializers.UUIDField(help_text=_("Another dataset of the same organization."))
    note = serializers.CharField(max_length=1000, required=False, allow_blank=True, help_text=_("How it was made."))


class RelatedDatasetSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = LanguageMapSerializerField(allow_null=True, help_text=_("Null where the caller may not see the dataset."))
    organization_id = serializers.UUIDField()


class DatasetParentSerializer(serializers.ModelSerializer[DatasetParent]):
    dataset = serializers.SerializerMethodField()
    made_from = serializers.SerializerMethodField()
    agreement = serializers.CharField(source="agreement_number")

    class Meta:
        model = DatasetParent
        fields = (
            "id",
            "dataset",
            "made_from",
            "basis",
            "note",
            "agreement",
            "licensed_until",
            "licence_ended_at",
            "created_at",
        )
        read_only_fields = fields

    @extend_schema_field(RelatedDatasetSerializer)
    def get_dataset(self, edge: Any) -> dict[str, Any]:
        return _related(edge.dataset, seen=edge.sees_dataset)

    @extend_schema_field(RelatedDatasetSerializer)
    def get_made_from(self, edge: Any) -> dict[str, Any]:
        return _related(edge.parent, seen=edge.sees_parent)

    def to_representation(self, edge: Any) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(edge)
        return shown if edge.sees_dataset else {**shown, "note": ""}  # how others work is theirs


def _related(dataset: Dataset, *, seen: bool) -> dict[str, Any]:
    return {
        "id": str(dataset.pk),
        "title": dataset.title if seen else None,
        "organization_id": str(dataset.organization_id),
    }


def edges_seen_by(request: Request, edges: models.QuerySet[DatasetParent]) -> models.QuerySet[DatasetParent]:
    """Return the edges with both ends, and whether the caller may see each; who licensed a dataset knows its title."""
    visible = Dataset.objects.visible_to(actor_of(request))
    licensed = models.Q(organization=actor_of(request).organization_id)
    return edges.select_related("dataset", "parent").annotate(
        sees_dataset=models.Exists(visible.filter(pk=models.OuterRef("dataset"))),
        sees_parent=models.ExpressionWrapper(
            models.Exists(visible.filter(pk=models.OuterRef("parent"))) | licensed, models.BooleanField()
        ),
    )


def parent_json(edge: DatasetParent, request: Request) -> Any:
    """Return the JSON of one edge as the caller sees it."""
    return represent(DatasetParentSerializer, edges_seen_by(request, DatasetParent.objects.all()).get(pk=edge.pk))


class DatasetLineage(generics.GenericAPIView[DatasetParent]):
    """The lineage of a dataset, newest edge first: all that it was made from, or all that was made of it."""

    serializer_class = DatasetParentSerializer
    filter_backends = ()
    ordering = ("-id",)

    @extend_schema(
        operation_id="datasets_lineage",
        responses=DatasetParentSerializer(many=True),
        parameters=[
            OpenApiParameter("direction", str, enum=sorted(WALKS), description="ancestors unless told otherwise")
        ],
    )
    def get(self, request: Request, dataset_id: UUID) -> Response:
        dataset = get_object_or_404(Dataset.objects.visible_to(actor_of(request)), pk=dataset_id)
        query = DirectionSerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        edges = lineage_of(dataset, query.validated_data["direction"], actor_of(request))
        page = self.paginate_queryset(edges_seen_by(request, edges))
        return self.get_paginated_response(DatasetParentSerializer(page, many=True).data)


class DatasetParents(APIView):
    """Say that a dataset was made from another one of the same organization."""

    @extend_schema(
        operation_id="dataset_parents_add", request=NewParentSerializer, responses={201: DatasetParentSerializer}
    )
    @idempotent(required=False)
    def post(self, request: Request, dataset_id: UUID) -> Response:
        body = body_of(NewParentSerializer, request)
        edge = add_own_parent(dataset_id=dataset_id, **body, actor=actor_of(request))
        return Response(parent_json(edge, request), status=201)


class DatasetParentRemove(APIView):
    """Take back that a dataset was made from another."""

    @extend_schema(operation_id="dataset_parents_remove", request=ReasonSerializer, responses={204: None})
    @idempotent()
    def post(self, request: Request, dataset_id: UUID, parent_id: UUID) -> Response:
        body = body_of(ReasonSerializer, request)
        remove_parent(dataset_id=dataset_id, parent_id=parent_id, reason=body["reason"], actor=actor_of(request))
        return Response(status=204)
