"""Identity verification under an entitlement over HTTP: the key, consents, answers, and what was used."""

from uuid import UUID

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
from listings.api.identity import IdentityConsentSerializer, IdentityKeySerializer, keyed_hash_field
from listings.models import IdentityQuery
from marketplace.delivery import verification
from marketplace.models import Entitlement, UsageRecord


class RegisterConsentSerializer(StrictSerializer):
    purpose = serializers.CharField(max_length=200)
    subject = keyed_hash_field()
    evidence_sha256 = serializers.RegexField(
        r"^[0-9a-f]{64}\Z", help_text=_("SHA-256 of the consent as the person signed it, in hexadecimal.")
    )
    days = serializers.IntegerField(min_value=1, max_value=90)


class NewIdentityConsentSerializer(IdentityConsentSerializer):
    token = serializers.CharField(help_text=_("For one question; shown this once."))

    class Meta(IdentityConsentSerializer.Meta):
        fields = (*IdentityConsentSerializer.Meta.fields, "token")
        read_only_fields = fields


class AskIdentitySerializer(StrictSerializer):
    token = serializers.CharField(max_length=64)
    nonce = serializers.CharField(max_length=64, help_text=_("Yours; the same question again has the same nonce."))
    subject = keyed_hash_field()
    name = keyed_hash_field()
    phone = keyed_hash_field(required=False)


class IdentityAnswerSerializer(serializers.ModelSerializer[IdentityQuery]):
    """Yes or no, and why: the members are always these."""

    class Meta:
        model = IdentityQuery
        fields = ("id", "consent_id", "nonce", "result", "reason", "created_at")
        read_only_fields = fields


class UsageRecordSerializer(serializers.ModelSerializer[UsageRecord]):
    class Meta:
        model = UsageRecord
        fields = ("id", "entitlement_id", "kind", "nonce", "units", "created_at")
        read_only_fields = fields


class EntitlementIdentityKey(APIView):
    """The key by which the client hashes identifiers; every giving is recorded."""

    @extend_schema(
        operation_id="entitlements_identity_key", request=NoFieldsSerializer, responses=IdentityKeySerializer
    )
    def post(self, request: Request, entitlement_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        key = verification.identity_key(entitlement_id=entitlement_id, actor=actor_of(request))
        return Response({"key": key.hex()})


class EntitlementIdentityConsents(APIView):
    """Register a person's consent and get the token for one question."""

    @extend_schema(
        operation_id="entitlements_identity_consent",
        request=RegisterConsentSerializer,
        responses={201: NewIdentityConsentSerializer},
    )
    @idempotent(withhold=("token",))
    def post(self, request: Request, entitlement_id: UUID) -> Response:
        _seen(request, entitlement_id)
        body = body_of(RegisterConsentSerializer, request)
        consent, token = verification.register_consent(entitlement_id=entitlement_id, **body, actor=actor_of(request))
        return Response({**represent(IdentityConsentSerializer, consent), "token": token}, status=201)


class EntitlementIdentityQueries(APIView):
    """Ask whether name and phone are those of a person who consents; every answer is counted."""

    @extend_schema(
        operation_id="entitlements_identity_query",
        request=AskIdentitySerializer,
        responses=IdentityAnswerSerializer,
    )
    @idempotent()
    def post(self, request: Request, entitlement_id: UUID) -> Response:
        _seen(request, entitlement_id)
        body = {"phone": ""} | body_of(AskIdentitySerializer, request)
        answer = verification.ask_identity(entitlement_id=entitlement_id, **body, actor=actor_of(request))
        return Response(represent(IdentityAnswerSerializer, answer))


class EntitlementUsage(generics.GenericAPIView[UsageRecord]):
    """What was used under an entitlement, newest first: for its buyer, its provider and the venue's staff."""

    serializer_class = UsageRecordSerializer
    filter_backends = ()
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[UsageRecord]:
        _seen(self.request, self.kwargs["entitlement_id"])
        return UsageRecord.objects.filter(entitlement=self.kwargs["entitlement_id"])

    @extend_schema(operation_id="entitlements_usage", responses=UsageRecordSerializer(many=True))
    def get(self, request: Request, entitlement_id: UUID) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(UsageRecordSerializer(page, many=True).data)


def _seen(request: Request, entitlement_id: UUID) -> Entitlement:
    return get_object_or_404(Entitlement.objects.visible_to(actor_of(request)), pk=entitlement_id)
