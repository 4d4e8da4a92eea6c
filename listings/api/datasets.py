"""Datasets, their versions and the upload of their files over HTTP."""

from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import NoFieldsSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from listings import uploading
from listings.api.bodies import body_chunks, content_digest
from listings.api.dataset_serializers import (
    AgainstSerializer,
    CompleteFileSerializer,
    ConfirmGradeSerializer,
    DatasetSerializer,
    DescribeVersionSerializer,
    FileSerializer,
    GradeConfirmationSerializer,
    NewDatasetSerializer,
    NewFileSerializer,
    NewVersionSerializer,
    PartSerializer,
    VersionComparisonSerializer,
    VersionSerializer,
    VersionSummarySerializer,
)
from listings.grade_confirmation import confirm_grade
from listings.models import DataFile, Dataset, DatasetVersion, GradeConfirmation
from listings.releases import comparison, describe_version


class DatasetList(generics.GenericAPIView[Dataset]):
    """The datasets of the caller's organization, newest first; staff also see those behind their listings."""

    serializer_class = DatasetSerializer
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Dataset]:
        return Dataset.objects.visible_to(actor_of(self.request))

    @extend_schema(operation_id="datasets_list", responses=DatasetSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(DatasetSerializer(page, many=True).data)

    @extend_schema(operation_id="datasets_create", request=NewDatasetSerializer, responses={201: DatasetSerializer})
    @idempotent(required=False)
    def post(self, request: Request) -> Response:
        body = body_of(NewDatasetSerializer, request)
        dataset = uploading.register_dataset(**body, actor=actor_of(request))
        return Response(represent(DatasetSerializer, dataset), status=201)


class DatasetDetail(APIView):
    @extend_schema(operation_id="datasets_read", responses=DatasetSerializer)
    def get(self, request: Request, dataset_id: UUID) -> Response:
        dataset = get_object_or_404(Dataset.objects.visible_to(actor_of(request)), pk=dataset_id)
        return Response(represent(DatasetSerializer, dataset))


class VersionFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=DatasetVersion.State.choices)


class VersionList(generics.GenericAPIView[DatasetVersion]):
    """The versions of a dataset, newest first."""

    serializer_class = VersionSummarySerializer
    filterset_class = VersionFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[DatasetVersion]:
        return DatasetVersion.objects.visible_to(actor_of(self.request)).defer("profile", "wrapped_key")

    @extend_schema(operation_id="dataset_versions_list", responses=VersionSummarySerializer(many=True))
    def get(self, request: Request, dataset_id: UUID) -> Response:
        dataset = get_object_or_404(Dataset.objects.visible_to(actor_of(request)), pk=dataset_id)
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset().filter(dataset=dataset)))
        return self.get_paginated_response(VersionSummarySerializer(page, many=True).data)

    @extend_schema(
        operation_id="dataset_versions_create", request=NewVersionSerializer, responses={201: VersionSerializer}
    )
    @idempotent(required=False)
    def post(self, request: Request, dataset_id: UUID) -> Response:
        body = body_of(NewVersionSerializer, request)
        version = uploading.open_version(dataset_id=dataset_id, **body, actor=actor_of(request))
        return Response(represent(VersionSerializer, version), status=201)


class VersionDetail(APIView):
    """A version, its files, and once it is profiled its digests or the reason why it was refused.

    What it changes and why may be said, or said better, at any time; how much it changes while it is open only.
    """

    @extend_schema(operation_id="dataset_versions_read", responses=VersionSerializer)
    def get(self, request: Request, version_id: UUID) -> Response:
        versions = DatasetVersion.objects.visible_to(actor_of(request)).defer("wrapped_key")
        return Response(represent(VersionSerializer, get_object_or_404(versions, pk=version_id)))

    @extend_schema(
        operation_id="dataset_versions_describe", request=DescribeVersionSerializer, responses=VersionSerializer
    )
    def patch(self, request: Request, version_id: UUID) -> Response:
        body = body_of(DescribeVersionSerializer, request)
        return Response(
            represent(VersionSerializer, describe_version(version_id=version_id, **body, actor=actor_of(request)))
        )


class VersionSchemaChanges(APIView):
    """What a version changes for readers of the preceding one, or of another version of its dataset."""

    @extend_schema(
        operation_id="dataset_versions_schema_changes",
        responses=VersionComparisonSerializer,
        parameters=[
            OpenApiParameter(
                "against", OpenApiTypes.UUID, description="Another version; the preceding one if left out."
            )
        ],
    )
    def get(self, request: Request, version_id: UUID) -> Response:
        visible = DatasetVersion.objects.visible_to(actor_of(request)).defer("profile", "wrapped_key")
        version = get_object_or_404(visible, pk=version_id)
        query = AgainstSerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        against = query.validated_data.get("against")
        if against is not None:
            against = get_object_or_404(visible, pk=against, dataset=version.dataset_id).pk
        return Response(represent(VersionComparisonSerializer, comparison(version, against_id=against)))


class VersionSeal(APIView):
    """Close a version for good; its files are read and profiled by a job, and it becomes READY or REFUSED."""

    @extend_schema(operation_id="dataset_versions_seal", request=NoFieldsSerializer, responses={202: VersionSerializer})
    @idempotent(required=False)
    def post(self, request: Request, version_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        version = uploading.seal_version(version_id=version_id, actor=actor_of(request))
        return Response(represent(VersionSerializer, version), status=202)


class VersionGradeConfirmations(generics.GenericAPIView[GradeConfirmation]):
    """What people have confirmed of a version's grade, the last one first; confirming it anew."""

    serializer_class = GradeConfirmationSerializer
    ordering = ("-id",)
    filter_backends = ()

    def get_queryset(self) -> models.QuerySet[GradeConfirmation]:
        visible = DatasetVersion.objects.visible_to(actor_of(self.request)).only("id")
        version = get_object_or_404(visible, pk=self.kwargs["version_id"])
        return GradeConfirmation.objects.filter(version=version)

    @extend_schema(operation_id="grade_confirmations_list", responses=GradeConfirmationSerializer(many=True))
    def get(self, request: Request, version_id: UUID) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(GradeConfirmationSerializer(page, many=True).data)

    @extend_schema(
        operation_id="grade_confirmations_make",
        request=ConfirmGradeSerializer,
        responses={201: GradeConfirmationSerializer},
    )
    @idempotent()
    def post(self, request: Request, version_id: UUID) -> Response:
        body = body_of(ConfirmGradeSerializer, request)
        confirmation = confirm_grade(version_id=version_id, **body, actor=actor_of(request))
        return Response(represent(GradeConfirmationSerializer, confirmation), status=201)


class FileList(APIView):
    """Announce a file of an open version."""

    @extend_schema(operation_id="files_create", request=NewFileSerializer, responses={201: FileSerializer})
    @idempotent(required=False)
    def post(self, request: Request, version_id: UUID) -> Response:
        body: dict[str, Any] = body_of(NewFileSerializer, request)
        file = uploading.add_file(version_id=version_id, **body, actor=actor_of(request))
        return Response(represent(FileSerializer, file), status=201)


class FileDetail(APIView):
    """A file, the parts received so far and, once it is profiled, what it holds."""

    @extend_schema(operation_id="files_read", responses=FileSerializer)
    def get(self, request: Request, file_id: UUID) -> Response:
        files = DataFile.objects.visible_to(actor_of(request)).prefetch_related("parts")
        return Response(represent(FileSerializer, get_object_or_404(files, pk=file_id)))


class FilePartDetail(APIView):
    """Send a part: a run of the file's bytes, at most 64 MiB; parts count from 1 and may come in any order.

    The same part may be sent again: the same bytes change nothing, other bytes replace it until the file is complete.
    """

    @extend_schema(
        operation_id="file_parts_put",
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses=PartSerializer,
        parameters=[
            OpenApiParameter(
                "Content-Digest",
                location=OpenApiParameter.HEADER,
                description="RFC 9530: sha-256=:base64: of this part; other bytes are then refused.",
            )
        ],
    )
    def put(self, request: Request, file_id: UUID, number: int) -> Response:
        part = uploading.receive_part(
            file_id=file_id,
            number=number,
            body=body_chunks(request, limit=uploading.LARGEST_PART),
            expected_sha256=content_digest(request),
            actor=actor_of(request),
        )
        return Response(represent(PartSerializer, part))


class FileComplete(APIView):
    """Say that all parts have been sent."""

    @extend_schema(operation_id="files_complete", request=CompleteFileSerializer, responses=FileSerializer)
    @idempotent(required=False)
    def post(self, request: Request, file_id: UUID) -> Response:
        body = body_of(CompleteFileSerializer, request)
        file = uploading.complete_file(file_id=file_id, **body, actor=actor_of(request))
        return Response(represent(FileSerializer, file))
