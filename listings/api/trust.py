"""Attestations over HTTP: issued and revoked by members, verified by anybody, with or without the holder's consent."""

from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.parsers import BaseParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.problems import field_problem
from kernel.throttling import AddressThrottle
from listings.api.bodies import body_chunks
from listings.api.trust_serializers import (
    AttestationSerializer,
    AttestSerializer,
    AuthoriseSerializer,
    CodeSerializer,
    DocumentTypesSerializer,
    HoldersViewSerializer,
    NewVerificationRequestSerializer,
    RequestVerificationSerializer,
    RevokeAttestationSerializer,
    SubmitVerificationSerializer,
    VerificationAnswerSerializer,
    VerificationRequestSerializer,
    VerifyFileSerializer,
    VerifySerializer,
)
from listings.crossborder.trust import attesting, consents
from listings.crossborder.trust.documents import document_types_on
from listings.crossborder.trust.verifying import Presented, present_file, verify
from listings.models import Attestation, TrustNode, VerificationRequest

LARGEST_DOCUMENT = 100 * 1024 * 1024
SALT_HEADER = "Attestation-Salt"
SALT_BYTES = 32


class DocumentTypeList(APIView):
    """What kinds of documents are attested, and by which nodes here."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="document_types_read", responses=DocumentTypesSerializer)
    def get(self, request: Request) -> Response:
        edition = document_types_on(timezone.localdate())
        nodes = TrustNode.objects.filter(is_local=True).values_list("name", flat=True)
        shown = {
            "edition": edition.edition,
            "types": list(edition.types.values()),
            "reasons": [{"code": code, "label": label} for code, label in edition.reasons.items()],
            "nodes": list(nodes),
        }
        return Response(represent(DocumentTypesSerializer, shown))


class AttestationFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=Attestation.State.choices)
    document_type = django_filters.CharFilter("document_type")
    reference = django_filters.CharFilter("reference")


class AttestationList(generics.GenericAPIView[Attestation]):
    """The attestations that the caller's organization issued, newest first; issuing one."""

    serializer_class = AttestationSerializer
    filterset_class = AttestationFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Attestation]:
        return Attestation.objects.visible_to(actor_of(self.request)).select_related("node")

    @extend_schema(operation_id="attestations_list", responses=AttestationSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(AttestationSerializer(page, many=True).data)

    @extend_schema(operation_id="attestations_issue", request=AttestSerializer, responses={201: AttestationSerializer})
    @idempotent()
    def post(self, request: Request) -> Response:
        issued = attesting.attest(**body_of(AttestSerializer, request), actor=actor_of(request))
        return Response(represent(AttestationSerializer, issued), status=201)


class AttestationDetail(APIView):
    @extend_schema(operation_id="attestations_read", responses=AttestationSerializer)
    def get(self, request: Request, attestation_id: UUID) -> Response:
        visible = Attestation.objects.visible_to(actor_of(request)).select_related("node")
        return Response(represent(AttestationSerializer, get_object_or_404(visible, pk=attestation_id)))


class AttestationRevocation(APIView):
    """Revoke an attestation; the other side learns it with the next batch."""

    @extend_schema(
        operation_id="attestations_revoke", request=RevokeAttestationSerializer, responses=AttestationSerializer
    )
    @idempotent()
    def post(self, request: Request, attestation_id: UUID) -> Response:
        body = body_of(RevokeAttestationSerializer, request)
        revoked = attesting.revoke_attestation(attestation_id=attestation_id, **body, actor=actor_of(request))
        return Response(represent(AttestationSerializer, revoked))


class Verify(APIView):
    """Verify a document by its salted digest, for anybody."""

    permission_classes = (AllowAny,)
    throttle_classes = (AddressThrottle,)

    @extend_schema(operation_id="attestations_verify", request=VerifySerializer, responses=VerificationAnswerSerializer)
    def post(self, request: Request) -> Response:
        body = body_of(VerifySerializer, request)
        presented = Presented((body["digest"],), body["salt_ref"])
        answer = verify(node=body["node"], reference=body["reference"], presented=presented, actor=actor_of(request))
        return Response(answer.as_json())


class UnreadParser(BaseParser):
    """Leaves the body unread: the view takes its digests while it streams by."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, str]:
        return {}


class VerifyFile(APIView):
    """Verify a document by the file itself, which is hashed as it comes and kept nowhere; for anybody."""

    permission_classes = (AllowAny,)
    throttle_classes = (AddressThrottle,)
    parser_classes = (UnreadParser,)

    @extend_schema(
        operation_id="attestations_verify_file",
        parameters=[
            VerifyFileSerializer,
            OpenApiParameter(
                SALT_HEADER,
                str,
                OpenApiParameter.HEADER,
                required=True,
                description="The salt that came with the document, in hexadecimal.",
            ),
        ],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses=VerificationAnswerSerializer,
    )
    def post(self, request: Request) -> Response:
        query = VerifyFileSerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        salt = _salt(request)
        presented = present_file(body_chunks(request, limit=LARGEST_DOCUMENT), salt)
        answer = verify(**query.validated_data, presented=presented, actor=actor_of(request))
        return Response(answer.as_json())


class VerificationRequestFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=VerificationRequest.State.choices)


class VerificationRequestList(generics.GenericAPIView[VerificationRequest]):
    """The verifications that the caller's organization asked holders to authorise, newest first; asking for one."""

    serializer_class = VerificationRequestSerializer
    filterset_class = VerificationRequestFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[VerificationRequest]:
        return VerificationRequest.objects.visible_to(actor_of(self.request)).select_related("node")

    @extend_schema(operation_id="verification_requests_list", responses=VerificationRequestSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(VerificationRequestSerializer(page, many=True).data)

    @extend_schema(
        operation_id="verification_requests_create",
        request=RequestVerificationSerializer,
        responses={201: NewVerificationRequestSerializer},
    )
    @idempotent(withhold=("code",))
    def post(self, request: Request) -> Response:
        body = body_of(RequestVerificationSerializer, request)
        wanted, code = consents.request_verification(**body, actor=actor_of(request))
        return Response({**represent(VerificationRequestSerializer, wanted), "code": code}, status=201)


class VerificationRequestDetail(APIView):
    @extend_schema(operation_id="verification_requests_read", responses=VerificationRequestSerializer)
    def get(self, request: Request, verification_id: UUID) -> Response:
        return Response(represent(VerificationRequestSerializer, _request_seen_by(request, verification_id)))


class VerificationRequestSubmit(APIView):
    """Present the document's digest under the holder's authorisation, once."""

    @extend_schema(
        operation_id="verification_requests_submit",
        request=SubmitVerificationSerializer,
        responses=VerificationRequestSerializer,
    )
    @idempotent()
    def post(self, request: Request, verification_id: UUID) -> Response:
        _request_seen_by(request, verification_id)  # whoever does not see it learns nothing of its form
        body = body_of(SubmitVerificationSerializer, request)
        answered = consents.submit(request_id=verification_id, **body, actor=actor_of(request))
        return Response(represent(VerificationRequestSerializer, answered))


class VerificationForHolder(APIView):
    """What the holder is asked to authorise, by the verifier's code: who verifies, and what for."""

    permission_classes = (AllowAny,)
    throttle_classes = (AddressThrottle,)

    @extend_schema(
        operation_id="verification_requests_for_holder", request=CodeSerializer, responses=HoldersViewSerializer
    )
    def post(self, request: Request) -> Response:
        return Response(represent(HoldersViewSerializer, consents.wanted_by(**body_of(CodeSerializer, request))))


class VerificationAuthorise(APIView):
    """The holder's authorisation, by the verifier's code; the holder needs no account."""

    permission_classes = (AllowAny,)
    throttle_classes = (AddressThrottle,)

    @extend_schema(
        operation_id="verification_requests_authorise", request=AuthoriseSerializer, responses=HoldersViewSerializer
    )
    def post(self, request: Request) -> Response:
        body = body_of(AuthoriseSerializer, request)
        wanted = consents.authorise(**body | {"salt": bytes.fromhex(body["salt"])})
        return Response(represent(HoldersViewSerializer, wanted))


class VerificationWithdraw(APIView):
    """The holder's withdrawal, by the verifier's code, until it is used."""

    permission_classes = (AllowAny,)
    throttle_classes = (AddressThrottle,)

    @extend_schema(
        operation_id="verification_requests_withdraw", request=CodeSerializer, responses=HoldersViewSerializer
    )
    def post(self, request: Request) -> Response:
        return Response(represent(HoldersViewSerializer, consents.withdraw(**body_of(CodeSerializer, request))))


def _request_seen_by(request: Request, verification_id: UUID) -> VerificationRequest:
    visible = VerificationRequest.objects.visible_to(actor_of(request)).select_related("node")
    return get_object_or_404(visible, pk=verification_id)


def _salt(request: Request) -> bytes:
    try:
        salt = bytes.fromhex(request.headers.get(SALT_HEADER, ""))
    except ValueError:
        salt = b""
    if len(salt) != SALT_BYTES:
        raise field_problem(f"/{SALT_HEADER}", "invalid", _("Write the 32 bytes of the salt in hexadecimal."))
    return salt
