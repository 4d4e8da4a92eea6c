"""Jobs as the venue's staff see them: what waits, what failed and why, and trying again."""

from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel import jobs
from kernel.actors import SEE_EVERYTHING, Actor
from kernel.api import NoFieldsSerializer, actor_of, body_of
from kernel.idempotency import idempotent
from kernel.models import Job


class JobSerializer(serializers.ModelSerializer[Job]):
    last_error = serializers.SerializerMethodField(help_text="For the staff of the job's venue; empty for others.")

    class Meta:
        model = Job
        fields = (
            "id",
            "kind",
            "subject_id",
            "state",
            "due_at",
            "attempts",
            "progress",
            "expected_at",
            "last_error",
            "finished_at",
            "organization_id",
            "venue_id",
            "created_at",
        )
        read_only_fields = fields

    def get_last_error(self, job: Job) -> str:
        # What went wrong inside (a path, a statement) is nobody's business outside.
        actor: Actor = self.context["actor"]
        return job.last_error if actor.may(SEE_EVERYTHING) or job.venue_id in actor.venue_ids else ""


class JobFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=Job.State.choices)
    kind = django_filters.CharFilter("kind")
    subject_id = django_filters.UUIDFilter("subject_id")


class JobList(generics.GenericAPIView[Job]):
    """Jobs of the caller's organization, or of the venues it operates; newest first."""

    serializer_class = JobSerializer
    filterset_class = JobFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Job]:
        return Job.objects.visible_to(actor_of(self.request))

    @extend_schema(operation_id="jobs_list", responses=JobSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(JobSerializer(page, many=True, context={"actor": actor_of(request)}).data)


class JobDetail(APIView):
    @extend_schema(operation_id="jobs_read", responses=JobSerializer)
    def get(self, request: Request, job_id: UUID) -> Response:
        return Response(_job_json(job_id, request))


class JobRetry(APIView):
    """Let a failed job run again from now."""

    @extend_schema(operation_id="jobs_retry", request=NoFieldsSerializer, responses=JobSerializer)
    @idempotent()
    def post(self, request: Request, job_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        actor = actor_of(request)
        job = get_object_or_404(Job.objects.visible_to(actor), pk=job_id)
        jobs.retry(job, actor=actor)
        return Response(_job_json(job_id, request))


def _job_json(job_id: UUID, request: Request) -> Any:
    actor = actor_of(request)
    return JobSerializer(get_object_or_404(Job.objects.visible_to(actor), pk=job_id), context={"actor": actor}).data
