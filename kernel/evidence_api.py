"""The evidence log and the certificates over HTTP.

The log is public, for whoever holds a certificate must be able to check it: heads, keys and proofs show hashes, never
what an event says. A certificate is shown to those it belongs to; its status to anyone who knows its number.
"""

from typing import Any
from uuid import UUID

import django_filters
from django.conf import settings
from django.db import models
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import ReasonSerializer, actor_of, body_of, represent
from kernel.certificates import revoke_certificate
from kernel.idempotency import idempotent
from kernel.models import Certificate, LogKey, TreeHead
from kernel.problems import Problem, field_problem
from kernel.proofs import consistency_proof, inclusion_proof, root_at, sealed_or_problem
from kernel.sealing import current_size


class TreeHeadStatementSerializer(serializers.Serializer[Any]):
    """What the signature covers, as canonical JSON (RFC 8785)."""

    log = serializers.CharField()
    size = serializers.IntegerField()
    root_sha256 = serializers.CharField()
    sealed_at = serializers.CharField()
    key_id = serializers.CharField()


class TreeHeadSerializer(serializers.Serializer[Any]):
    statement = TreeHeadStatementSerializer()
    signature = serializers.CharField(help_text="Ed25519, Base64")


class PublicKeySerializer(serializers.Serializer[Any]):
    key_id = serializers.CharField(help_text="SHA-256 of the key in DER")
    algorithm = serializers.CharField(default="Ed25519")
    public_key = serializers.CharField(help_text="PEM")
    first_used_at = serializers.DateTimeField()


class PublicKeysSerializer(serializers.Serializer[Any]):
    log = serializers.CharField()
    keys = PublicKeySerializer(many=True)


class InclusionSerializer(serializers.Serializer[Any]):
    event_id = serializers.UUIDField()
    leaf_index = serializers.IntegerField()
    leaf_sha256 = serializers.CharField()
    leaf_sm3 = serializers.CharField()
    tree_size = serializers.IntegerField()
    root_sha256 = serializers.CharField()
    path = serializers.ListField(child=serializers.CharField())


class ConsistencySerializer(serializers.Serializer[Any]):
    first = serializers.IntegerField()
    second = serializers.IntegerField()
    path = serializers.ListField(child=serializers.CharField())


class CertificateSerializer(serializers.ModelSerializer[Certificate]):
    class Meta:
        model = Certificate
        fields = (
            "id",
            "number",
            "kind",
            "state",
            "subject_type",
            "subject_id",
            "organization_id",
            "venue_id",
            "statement",
            "statement_sha256",
            "statement_sm3",
            "event_id",
            "created_at",
            "issued_at",
            "revoked_at",
            "revocation_reason",
        )
        read_only_fields = fields


class CertificateStatusSerializer(serializers.ModelSerializer[Certificate]):
    class Meta:
        model = Certificate
        fields = ("number", "kind", "state", "statement_sha256", "issued_at", "revoked_at", "revocation_reason")
        read_only_fields = fields


class CertificateFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    kind = django_filters.CharFilter("kind")
    state = django_filters.ChoiceFilter(choices=Certificate.State.choices)
    subject_id = django_filters.CharFilter("subject_id")


class TreeHeads(generics.GenericAPIView[TreeHead]):
    """Signed tree heads, newest first."""

    permission_classes = (AllowAny,)
    serializer_class = TreeHeadSerializer
    queryset = TreeHead.objects.all()
    filter_backends = ()
    ordering = ("-size",)

    @extend_schema(operation_id="log_tree_heads", responses=TreeHeadSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(TreeHeadSerializer(page, many=True).data)


class PublicKeys(APIView):
    """Every public key that has signed a tree head, newest first."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="log_public_keys", responses=PublicKeysSerializer)
    def get(self, request: Request) -> Response:
        keys = LogKey.objects.order_by("-first_used_at")
        return Response(represent(PublicKeysSerializer, {"log": settings.LOG_NAME, "keys": keys}))


class Inclusion(APIView):
    """The proof that an event is in the log at a size, by default at the newest head."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="log_inclusion",
        parameters=[OpenApiParameter("tree_size", int, description="number of sealed events; default: all")],
        responses=InclusionSerializer,
    )
    def get(self, request: Request, event_id: UUID) -> Response:
        sealed = sealed_or_problem(event_id)
        size = _size(request, "tree_size", largest=current_size())
        path = inclusion_proof(leaf_index=sealed.leaf_index, tree_size=size)
        proof = {
            "event_id": sealed.event_id,
            "leaf_index": sealed.leaf_index,
            "leaf_sha256": bytes(sealed.sha256).hex(),
            "leaf_sm3": bytes(sealed.sm3).hex(),
            "tree_size": size,
            "root_sha256": root_at(size).hex(),
            "path": [step.hex() for step in path],
        }
        return Response(represent(InclusionSerializer, proof))


class Consistency(APIView):
    """The proof that the log at one size is the beginning of the log at another, by default the newest head's."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="log_consistency",
        parameters=[
            OpenApiParameter("first", int, required=True),
            OpenApiParameter("second", int, description="default: all sealed events"),
        ],
        responses=ConsistencySerializer,
    )
    def get(self, request: Request) -> Response:
        current = current_size()
        if "first" not in request.query_params:
            raise field_problem("/first", "required", _("Give the size of the older log."))
        first = _size(request, "first", largest=current)
        second = _size(request, "second", largest=current)
        path = consistency_proof(first=first, second=second, current=current)
        proof = {"first": first, "second": second, "path": [step.hex() for step in path]}
        return Response(represent(ConsistencySerializer, proof))


class CertificateList(generics.GenericAPIView[Certificate]):
    """The certificates of the caller's organization, or of the venues it operates; newest first."""

    serializer_class = CertificateSerializer
    filterset_class = CertificateFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Certificate]:
        return Certificate.objects.visible_to(actor_of(self.request)).defer("file")

    @extend_schema(operation_id="certificates_list", responses=CertificateSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(CertificateSerializer(page, many=True).data)


class CertificateDetail(APIView):
    """One certificate, by its number or its id."""

    @extend_schema(operation_id="certificates_read", responses=CertificateSerializer)
    def get(self, request: Request, reference: str) -> Response:
        certificate = Certificate.objects.visible_to(actor_of(request)).referred_to(reference)
        return Response(represent(CertificateSerializer, certificate))


class CertificateFile(APIView):
    """The certificate's file, byte for byte as issued; `manage.py verify_certificate` checks it offline."""

    @extend_schema(operation_id="certificates_file", responses={(200, "application/json"): OpenApiTypes.OBJECT})
    def get(self, request: Request, reference: str) -> HttpResponse:
        certificate = Certificate.objects.visible_to(actor_of(request)).referred_to(reference)
        if not certificate.file:
            raise Problem("illegal_state", _("The certificate is not issued yet."), state=certificate.state)
        return HttpResponse(
            certificate.file.encode(),
            content_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="{certificate.number}.json"'},
        )


class CertificateRevocation(APIView):
    """Take a certificate back, with a reason; for staff of its venue."""

    @extend_schema(operation_id="certificates_revoke", request=ReasonSerializer, responses=CertificateSerializer)
    @idempotent()
    def post(self, request: Request, reference: str) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        actor = actor_of(request)
        certificate = Certificate.objects.visible_to(actor).referred_to(reference)
        revoked = revoke_certificate(certificate_id=certificate.id, actor=actor, reason=reason)
        return Response(represent(CertificateSerializer, revoked))


class CertificateStatus(APIView):
    """Whether a certificate stands or was revoked: for anyone who holds its file."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="certificates_status", responses=CertificateStatusSerializer)
    def get(self, request: Request, reference: str) -> Response:
        return Response(represent(CertificateStatusSerializer, Certificate.objects.referred_to(reference)))


def _size(request: Request, name: str, *, largest: int) -> int:
    """Return a log size from the query, `largest` when it is not given; raises Problem `invalid`."""
    text = request.query_params.get(name)
    if text is None:
        return largest
    if not (text.isascii() and text.isdigit() and len(text) < 16 and 1 <= int(text) <= largest):
        raise field_problem(f"/{name}", "out_of_range", _("Give a whole number from 1 to %d.") % largest)
    return int(text)
