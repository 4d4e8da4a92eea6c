"""Push targets of a buyer's, and what is sent there."""

from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import NoFieldsSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from marketplace.delivery.push import pushing, targets
from marketplace.models import Delivery, Push, PushedFile, PushTarget


class Texts(serializers.DictField):
    """A few named texts, none of them empty."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=serializers.CharField(max_length=4000), **options)


class NewTargetSerializer(StrictSerializer):
    name = serializers.CharField(max_length=100)
    kind = serializers.ChoiceField(PushTarget.Kind.choices)
    place = serializers.RegexField(
        r"^[A-Z]{2}\Z", max_length=2, help_text=_("Jurisdiction in which it lies; the buyer's own.")
    )
    settings = Texts(
        help_text=_(
            "S3: endpoint_url, bucket, and maybe prefix, region, addressing (path or virtual). HTTPS: url, and maybe "
            "secret_header. SFTP: host, user, host_key, and maybe port, folder."
        )
    )
    credentials = Texts(
        required=False,
        write_only=True,
        help_text=_(
            "S3: access_key_id, secret_access_key. HTTPS: secret. SFTP: private_key. Kept sealed, never shown."
        ),
    )


class PushTargetSerializer(serializers.ModelSerializer[PushTarget]):
    settings = serializers.DictField(child=serializers.CharField())
    usable = serializers.BooleanField(help_text=_("Whether the last test succeeded and it is not retired."))

    class Meta:
        model = PushTarget
        fields = (
            "id",
            "name",
            "kind",
            "place",
            "settings",
            "usable",
            "tested_at",
            "failure",
            "retired_at",
            "created_at",
        )
        read_only_fields = fields


class PushedFileSerializer(serializers.ModelSerializer[PushedFile]):
    receipt = serializers.DictField(help_text=_("Size and SHA-256 of what was sent, and how its arrival was checked."))

    class Meta:
        model = PushedFile
        fields = ("name", "receipt", "arrived_at")
        read_only_fields = fields


class PushSerializer(serializers.ModelSerializer[Push]):
    target = serializers.CharField(source="target.name")
    files = PushedFileSerializer(many=True)

    class Meta:
        model = Push
        fields = (
            "id",
            "delivery_id",
            "target",
            "target_id",
            "state",
            "folder",
            "failure",
            "files",
            "pushed_at",
            "created_at",
        )
        read_only_fields = fields


class NewPushSerializer(StrictSerializer):
    target_id = serializers.UUIDField()


class PushFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=Push.State.choices)
    delivery = django_filters.UUIDFilter("delivery_id")


class PushTargetList(generics.GenericAPIView[PushTarget]):
    """Where one's organization wants data pushed to; registering another place."""

    serializer_class = PushTargetSerializer
    ordering = ("-id",)
    filter_backends = ()

    def get_queryset(self) -> models.QuerySet[PushTarget]:
        return PushTarget.objects.visible_to(actor_of(self.request))

    @extend_schema(operation_id="push_targets_list", responses=PushTargetSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(PushTargetSerializer(page, many=True).data)

    @extend_schema(
        operation_id="push_targets_register", request=NewTargetSerializer, responses={201: PushTargetSerializer}
    )
    @idempotent(required=False)
    def post(self, request: Request) -> Response:
        body = body_of(NewTargetSerializer, request)
        where, credentials = body.pop("settings"), body.pop("credentials", {})
        target = targets.register_target(**body, where=where, credentials=credentials, actor=actor_of(request))
        return Response(represent(PushTargetSerializer, target), status=201)


class PushTargetDetail(APIView):
    @extend_schema(operation_id="push_targets_read", responses=PushTargetSerializer)
    def get(self, request: Request, target_id: UUID) -> Response:
        visible = PushTarget.objects.visible_to(actor_of(request))
        return Response(represent(PushTargetSerializer, get_object_or_404(visible, pk=target_id)))


class PushTargetTest(APIView):
    """Write a small file there now; the answer says what came of it."""

    @extend_schema(operation_id="push_targets_test", request=NoFieldsSerializer, responses=PushTargetSerializer)
    def post(self, request: Request, target_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        target = targets.try_target(target_id=target_id, actor=actor_of(request))
        return Response(represent(PushTargetSerializer, target))


class PushTargetRetire(APIView):
    """Let nothing be sent there any more."""

    @extend_schema(operation_id="push_targets_retire", request=NoFieldsSerializer, responses=PushTargetSerializer)
    @idempotent(required=False)
    def post(self, request: Request, target_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        target = targets.retire_target(target_id=target_id, actor=actor_of(request))
        return Response(represent(PushTargetSerializer, target))


class PushList(generics.GenericAPIView[Push]):
    """What is sent, or was, to the targets of one's organization; newest first."""

    serializer_class = PushSerializer
    filterset_class = PushFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Push]:
        return _pushes(self.request)

    @extend_schema(operation_id="pushes_list", responses=PushSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(PushSerializer(page, many=True).data)


class PushDetail(APIView):
    @extend_schema(operation_id="pushes_read", responses=PushSerializer)
    def get(self, request: Request, push_id: UUID) -> Response:
        return Response(represent(PushSerializer, get_object_or_404(_pushes(request), pk=push_id)))


class PushRetry(APIView):
    """Try a failed push again from now."""

    @extend_schema(operation_id="pushes_retry", request=NoFieldsSerializer, responses=PushSerializer)
    @idempotent()
    def post(self, request: Request, push_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        pushing.retry_push(push_id=push_id, actor=actor_of(request))
        return Response(represent(PushSerializer, _pushes(request).get(pk=push_id)))


class DeliveryPush(APIView):
    """Send a delivery's files to one of the buyer's targets."""

    @extend_schema(operation_id="deliveries_push", request=NewPushSerializer, responses={201: PushSerializer})
    @idempotent()
    def post(self, request: Request, delivery_id: UUID) -> Response:
        get_object_or_404(Delivery.objects.visible_to(actor_of(request)), pk=delivery_id)
        body = body_of(NewPushSerializer, request)
        push = pushing.push_delivery(delivery_id=delivery_id, **body, actor=actor_of(request))
        return Response(represent(PushSerializer, _pushes(request).get(pk=push.pk)), status=201)


def _pushes(request: Request) -> models.QuerySet[Push]:
    return Push.objects.visible_to(actor_of(request)).select_related("target").prefetch_related("files")
