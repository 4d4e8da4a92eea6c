"""Ending the sale of a version over HTTP, by its provider."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.languages import LanguageMapSerializerField
from listings.deprecation import deprecate_version, withdraw_deprecation
from listings.models import VersionDeprecation


class DeprecateVersionSerializer(StrictSerializer):
    ends_on = serializers.DateField(help_text=_("The last day on which orders are taken."))
    reason = LanguageMapSerializerField(text_length=2000)
    successor_id = serializers.UUIDField(required=False, help_text=_("Another version of the dataset that is ready."))


class DeprecationSerializer(serializers.ModelSerializer[VersionDeprecation]):
    """The last day of orders for a version, why, and what follows it."""

    reason = LanguageMapSerializerField()
    successor_id = serializers.UUIDField(allow_null=True)

    class Meta:
        model = VersionDeprecation
        fields = ("ends_on", "reason", "successor_id", "created_at")
        read_only_fields = fields


class VersionDeprecationDetail(APIView):
    """The end of a version's sale: announced, announced anew with another day, or taken back."""

    @extend_schema(operation_id="dataset_version_deprecation_read", responses=DeprecationSerializer)
    def get(self, request: Request, version_id: UUID) -> Response:
        visible = VersionDeprecation.objects.visible_to(actor_of(request))
        data: Any = represent(DeprecationSerializer, get_object_or_404(visible, version=version_id))
        return Response(data)

    @extend_schema(
        operation_id="dataset_version_deprecation_announce",
        request=DeprecateVersionSerializer,
        responses={201: DeprecationSerializer},
    )
    @idempotent()
    def post(self, request: Request, version_id: UUID) -> Response:
        body = body_of(DeprecateVersionSerializer, request)
        deprecation = deprecate_version(version_id=version_id, **body, actor=actor_of(request))
        return Response(represent(DeprecationSerializer, deprecation), status=201)

    @extend_schema(operation_id="dataset_version_deprecation_withdraw", request=None, responses={204: None})
    def delete(self, request: Request, version_id: UUID) -> Response:
        withdraw_deprecation(version_id=version_id, actor=actor_of(request))
        return Response(status=204)
