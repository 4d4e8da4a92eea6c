"""Compute over HTTP: a provider's pools, and a buyer's jobs from placing to result."""

from base64 import b64encode
from uuid import UUID

import django_filters
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

from kernel.api import NoFieldsSerializer, ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.money import Currency, Money, MoneyField
from listings.models import Product
from marketplace.compute import jobs, pools
from marketplace.models import ComputeJob, ComputePool, Entitlement

LONGEST_RUN = 24 * 3600  # seconds


class ComputePoolSerializer(serializers.ModelSerializer[ComputePool]):
    price_per_hour = MoneyField()

    class Meta:
        model = ComputePool
        fields = (
            "id",
            "product_id",
            "state",
            "name",
            "jurisdiction",
            "division_code",
            "opens",
            "closes",
            "cores",
            "memory_mb",
            "price_per_hour",
            "queue",
            "created_at",
        )
        read_only_fields = fields


class NewComputePoolSerializer(StrictSerializer):
    name = serializers.CharField(max_length=100)
    jurisdiction = serializers.CharField(max_length=2)
    division_code = serializers.CharField(max_length=6, required=False, help_text=_("GB/T 2260 code, on the mainland."))
    opens = serializers.IntegerField(min_value=0, max_value=23, default=0, help_text=_("Hour of the day in Shanghai."))
    closes = serializers.IntegerField(min_value=1, max_value=24, default=24)
    cores = serializers.IntegerField(min_value=1, max_value=100_000)
    memory_mb = serializers.IntegerField(min_value=128, max_value=10**9)
    price_per_hour = MoneyField()


class ComputeJobSerializer(serializers.ModelSerializer[ComputeJob]):
    receipt = serializers.JSONField(source="evidence")
    delivery_id = serializers.UUIDField(allow_null=True, help_text=_("What a job that is done came to is a delivery."))
    max_price = serializers.SerializerMethodField()
    cost = serializers.SerializerMethodField(help_text=_("What the seconds used cost, at the pool's price."))

    class Meta:
        model = ComputeJob
        fields = (
            "id",
            "entitlement_id",
            "pool_id",
            "state",
            "kind",
            "task_sha256",
            "cores",
            "memory_mb",
            "seconds",
            "place",
            "deadline",
            "max_price",
            "start_at",
            "started_at",
            "ended_at",
            "seconds_used",
            "cost",
            "why_not",
            "receipt",
            "delivery_id",
            "reads",
            "first_read_at",
            "last_read_at",
            "created_at",
        )
        read_only_fields = fields

    @extend_schema_field(MoneyField())
    def get_max_price(self, job: ComputeJob) -> dict[str, str]:
        return Money(job.max_price_minor, Currency(job.currency)).as_json()

    @extend_schema_field(MoneyField())
    def get_cost(self, job: ComputeJob) -> dict[str, str]:
        return Money(job.cost_minor, Currency(job.currency)).as_json()


class NewComputeJobSerializer(StrictSerializer):
    """SQL reads its rows as the table `input`; Python has them as `rows` and leaves its answer in `result`."""

    kind = serializers.ChoiceField(ComputeJob.Kind.choices)
    code = serializers.CharField(max_length=jobs.LONGEST_CODE, trim_whitespace=False)
    rows = serializers.ListField(child=serializers.DictField(), required=False, max_length=100_000)
    cores = serializers.IntegerField(min_value=1, max_value=1024, default=1)
    memory_mb = serializers.IntegerField(min_value=128, max_value=1024 * 1024, default=512)
    seconds = serializers.IntegerField(min_value=1, max_value=LONGEST_RUN, help_text=_("It is ended after these."))
    deadline = serializers.DateTimeField()
    max_price = MoneyField()
    place = serializers.CharField(max_length=6, required=False, help_text=_("None: anywhere."))


class PoolList(generics.GenericAPIView[ComputePool]):
    """The pools of a compute product, newest first, and registering one."""

    serializer_class = ComputePoolSerializer
    filter_backends = ()
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[ComputePool]:
        return ComputePool.objects.visible_to(actor_of(self.request))

    @extend_schema(operation_id="compute_pools_list", responses=ComputePoolSerializer(many=True))
    def get(self, request: Request, product_id: UUID) -> Response:
        product = get_object_or_404(Product.objects.visible_to(actor_of(request)), pk=product_id)
        page = self.paginate_queryset(self.get_queryset().filter(product=product))
        return self.get_paginated_response(ComputePoolSerializer(page, many=True).data)

    @extend_schema(
        operation_id="compute_pools_register", request=NewComputePoolSerializer, responses={201: ComputePoolSerializer}
    )
    @idempotent()
    def post(self, request: Request, product_id: UUID) -> Response:
        get_object_or_404(Product.objects.visible_to(actor_of(request)), pk=product_id)
        body = body_of(NewComputePoolSerializer, request)
        pool = pools.register_pool(product_id=product_id, **body, actor=actor_of(request))
        return Response(represent(ComputePoolSerializer, pool), status=201)


class PoolSuspend(APIView):
    """Place nothing there any more; what waits there is placed elsewhere or fails."""

    @extend_schema(operation_id="compute_pools_suspend", request=ReasonSerializer, responses=ComputePoolSerializer)
    @idempotent()
    def post(self, request: Request, pool_id: UUID) -> Response:
        get_object_or_404(ComputePool.objects.visible_to(actor_of(request)), pk=pool_id)
        reason = body_of(ReasonSerializer, request)["reason"]
        return Response(
            represent(
                ComputePoolSerializer, pools.suspend_pool(pool_id=pool_id, reason=reason, actor=actor_of(request))
            )
        )


class PoolOpen(APIView):
    """Let jobs be placed there again."""

    @extend_schema(operation_id="compute_pools_open", request=NoFieldsSerializer, responses=ComputePoolSerializer)
    @idempotent()
    def post(self, request: Request, pool_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        return Response(represent(ComputePoolSerializer, pools.open_pool(pool_id=pool_id, actor=actor_of(request))))


class JobSubmit(APIView):
    """Place a job on the cheapest pool that can end it before its deadline."""

    @extend_schema(
        operation_id="compute_jobs_submit", request=NewComputeJobSerializer, responses={201: ComputeJobSerializer}
    )
    @idempotent()
    def post(self, request: Request, entitlement_id: UUID) -> Response:
        get_object_or_404(Entitlement.objects.visible_to(actor_of(request)), pk=entitlement_id)
        body = body_of(NewComputeJobSerializer, request)
        job = jobs.submit(entitlement_id=entitlement_id, **body, actor=actor_of(request))
        return Response(represent(ComputeJobSerializer, job), status=201)


class JobFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=ComputeJob.State.choices)


class JobList(generics.GenericAPIView[ComputeJob]):
    """The compute jobs that the caller is a party to, newest first."""

    serializer_class = ComputeJobSerializer
    filterset_class = JobFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[ComputeJob]:
        visible = ComputeJob.objects.visible_to(actor_of(self.request)).select_related("delivery")
        return visible.defer("sealed_task", "sealed_result")

    @extend_schema(operation_id="compute_jobs_list", responses=ComputeJobSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(ComputeJobSerializer(page, many=True).data)


class JobDetail(APIView):
    @extend_schema(operation_id="compute_jobs_read", responses=ComputeJobSerializer)
    def get(self, request: Request, compute_job_id: UUID) -> Response:
        return Response(represent(ComputeJobSerializer, _job(request, compute_job_id)))


class JobCancel(APIView):
    """Give a job up; while it runs, what it has used is metered."""

    @extend_schema(operation_id="compute_jobs_cancel", request=ReasonSerializer, responses=ComputeJobSerializer)
    @idempotent()
    def post(self, request: Request, compute_job_id: UUID) -> Response:
        _job(request, compute_job_id)
        reason = body_of(ReasonSerializer, request)["reason"]
        job = jobs.cancel(job_id=compute_job_id, reason=reason, actor=actor_of(request))
        return Response(represent(ComputeJobSerializer, job))


class JobResult(APIView):
    """What a job came to, as JSON; its digests stand in the receipt and in Content-Digest."""

    @extend_schema(
        operation_id="compute_jobs_result",
        request=NoFieldsSerializer,
        responses={(200, "application/json"): OpenApiTypes.ANY},
    )
    def post(self, request: Request, compute_job_id: UUID) -> HttpResponse:
        body_of(NoFieldsSerializer, request)
        job, content = jobs.read_result(job_id=compute_job_id, actor=actor_of(request))
        digest = f"sha-256=:{b64encode(bytes.fromhex(job.evidence['sha256'])).decode()}:"  # RFC 9530
        return HttpResponse(content, content_type="application/json", headers={"Content-Digest": digest})


def _job(request: Request, compute_job_id: UUID) -> ComputeJob:
    visible = ComputeJob.objects.visible_to(actor_of(request)).select_related("delivery")
    visible = visible.defer("sealed_task", "sealed_result")
    return get_object_or_404(visible, pk=compute_job_id)
