"""Identity sources over HTTP: their programmes, and the hashed identifiers that they load and remove."""

from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import NoFieldsSerializer, ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from listings.api.bodies import body_chunks
from listings.api.trust import UnreadParser
from listings.crossborder.trust import identity, programmes
from listings.models import IdentityConsent, IdentityProgramme

LARGEST_LOAD = 256 * 1024 * 1024
MOST_REMOVED = 1000


def keyed_hash_field(**options: Any) -> serializers.RegexField:
    """Return a field for the keyed hash of an identifier."""
    help_text = _("HMAC-SHA-256 of the identifier under the programme's key, in 64 lower-case hexadecimal digits.")
    return serializers.RegexField(r"^[0-9a-f]{64}\Z", help_text=help_text, **options)


class OpenProgrammeSerializer(StrictSerializer):
    product_id = serializers.UUIDField(help_text=_("The registered product by which the answers are sold."))


class IdentityProgrammeSerializer(serializers.ModelSerializer[IdentityProgramme]):
    class Meta:
        model = IdentityProgramme
        fields = ("id", "product_id", "state", "created_at")
        read_only_fields = fields


class IdentityKeySerializer(serializers.Serializer[Any]):
    key = serializers.CharField(help_text=_("32 bytes in hexadecimal; keep it secret."))


class LinesSerializer(serializers.Serializer[Any]):
    lines = serializers.IntegerField()


class RemoveRecordsSerializer(StrictSerializer):
    ids = serializers.ListField(child=keyed_hash_field(), min_length=1, max_length=MOST_REMOVED)


class RemovedSerializer(serializers.Serializer[Any]):
    removed = serializers.IntegerField()


class IdentityConsentSerializer(serializers.ModelSerializer[IdentityConsent]):
    class Meta:
        model = IdentityConsent
        fields: tuple[str, ...] = (
            "id",
            "programme_id",
            "purpose",
            "evidence_sha256",
            "state",
            "expires_at",
            "created_at",
        )
        read_only_fields = fields


class IdentityProgrammeFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=IdentityProgramme.State.choices)


class IdentityProgrammeList(generics.GenericAPIView[IdentityProgramme]):
    """The programmes of the caller's organization, newest first; opening one."""

    serializer_class = IdentityProgrammeSerializer
    filterset_class = IdentityProgrammeFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[IdentityProgramme]:
        return IdentityProgramme.objects.visible_to(actor_of(self.request))

    @extend_schema(operation_id="identity_programmes_list", responses=IdentityProgrammeSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(IdentityProgrammeSerializer(page, many=True).data)

    @extend_schema(
        operation_id="identity_programmes_open",
        request=OpenProgrammeSerializer,
        responses={201: IdentityProgrammeSerializer},
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        opened = programmes.open_programme(**body_of(OpenProgrammeSerializer, request), actor=actor_of(request))
        return Response(represent(IdentityProgrammeSerializer, opened), status=201)


class IdentityProgrammeDetail(APIView):
    @extend_schema(operation_id="identity_programmes_read", responses=IdentityProgrammeSerializer)
    def get(self, request: Request, programme_id: UUID) -> Response:
        return Response(represent(IdentityProgrammeSerializer, _seen(request, programme_id)))


class IdentityProgrammeKey(APIView):
    """The programme's key, for the source itself; every giving is recorded."""

    @extend_schema(operation_id="identity_programmes_key", request=NoFieldsSerializer, responses=IdentityKeySerializer)
    def post(self, request: Request, programme_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        key = programmes.key_for_source(programme_id=programme_id, actor=actor_of(request))
        return Response({"key": key.hex()})


class IdentityProgrammeRecords(APIView):
    """Load hashed identifiers: the body is text/csv or application/jsonl, streamed, taken whole or not at all."""

    parser_classes = (UnreadParser,)

    @extend_schema(
        operation_id="identity_programmes_load",
        request={"text/csv": OpenApiTypes.BINARY, "application/jsonl": OpenApiTypes.BINARY},
        responses=LinesSerializer,
    )
    def post(self, request: Request, programme_id: UUID) -> Response:
        _seen(request, programme_id)
        lines = programmes.load_records(
            programme_id=programme_id,
            chunks=body_chunks(request, limit=LARGEST_LOAD),
            media_type=(request.content_type or "").split(";")[0].strip().lower(),
            actor=actor_of(request),
        )
        return Response({"lines": lines})


class IdentityProgrammeRecordsRemove(APIView):
    """Remove the records of persons, by the keyed hashes of their ID numbers."""

    @extend_schema(
        operation_id="identity_programmes_remove", request=RemoveRecordsSerializer, responses=RemovedSerializer
    )
    @idempotent(required=False)
    def post(self, request: Request, programme_id: UUID) -> Response:
        _seen(request, programme_id)
        body = body_of(RemoveRecordsSerializer, request)
        removed = programmes.remove_records(programme_id=programme_id, **body, actor=actor_of(request))
        return Response({"removed": removed})


class IdentityProgrammeClose(APIView):
    """Close a programme for good and delete its records."""

    @extend_schema(
        operation_id="identity_programmes_close", request=ReasonSerializer, responses=IdentityProgrammeSerializer
    )
    @idempotent()
    def post(self, request: Request, programme_id: UUID) -> Response:
        body = body_of(ReasonSerializer, request)
        closed = programmes.close_programme(programme_id=programme_id, **body, actor=actor_of(request))
        return Response(represent(IdentityProgrammeSerializer, closed))


class IdentityConsentList(generics.GenericAPIView[IdentityConsent]):
    """The consents that the caller's organization registered, newest first."""

    serializer_class = IdentityConsentSerializer
    filter_backends = ()
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[IdentityConsent]:
        return IdentityConsent.objects.visible_to(actor_of(self.request))

    @extend_schema(operation_id="identity_consents_list", responses=IdentityConsentSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(IdentityConsentSerializer(page, many=True).data)


class IdentityConsentWithdraw(APIView):
    """Withdraw a consent that was not used, as its person asked."""

    @extend_schema(
        operation_id="identity_consents_withdraw", request=ReasonSerializer, responses=IdentityConsentSerializer
    )
    @idempotent()
    def post(self, request: Request, identity_consent_id: UUID) -> Response:
        body = body_of(ReasonSerializer, request)
        withdrawn = identity.withdraw_consent(consent_id=identity_consent_id, **body, actor=actor_of(request))
        return Response(represent(IdentityConsentSerializer, withdrawn))


def _seen(request: Request, programme_id: UUID) -> IdentityProgramme:
    return get_object_or_404(IdentityProgramme.objects.visible_to(actor_of(request)), pk=programme_id)
