"""Papers of a dossier and certificates of other registries, over HTTP."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote
from uuid import UUID

import django_filters
from django.db import models
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from listings.api.bodies import body_chunks, content_digest
from listings.certified import renewal_is_open
from listings.documents import keep_document, read_document
from listings.imported_certificates import (
    import_certificate,
    reject_imported,
    verify_imported,
    withdraw_imported,
)
from listings.models import Document, ImportedCertificate, Product, Right
from listings.papers import LARGEST_PAPER, MEDIA_TYPES, Paper

Kind = ImportedCertificate.Kind


class DocumentQuerySerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)
    evidence = serializers.CharField(max_length=40, required=False, default="")


class DocumentSerializer(serializers.ModelSerializer[Document]):
    class Meta:
        model = Document
        fields = ("id", "product_id", "evidence", "name", "media_type", "size", "sha256", "sm3", "created_at")
        read_only_fields = fields


class NewImportedCertificateSerializer(StrictSerializer):
    kind = serializers.ChoiceField(Kind.choices)
    number = serializers.CharField(max_length=40, help_text=_("As printed: SJ4412026090001."))
    issuer = serializers.CharField(max_length=200)
    holder_identifier = serializers.CharField(
        max_length=40, help_text=_("Of the holder named on the certificate; it must be the provider's own.")
    )
    rights = serializers.ListField(
        child=serializers.ChoiceField(Right.choices),
        max_length=3,
        required=False,
        help_text=_("The rights it certifies; none where it names none."),
    )
    issued_on = serializers.DateField()
    valid_until = serializers.DateField(required=False, allow_null=True)
    document_id = serializers.UUIDField(help_text=_("The certificate itself, kept among the product's documents."))


class ImportedCertificateSerializer(serializers.ModelSerializer[ImportedCertificate]):
    expired = serializers.BooleanField(read_only=True)
    renewal_open = serializers.SerializerMethodField(help_text=_("Whether it ends within six months."))

    class Meta:
        model = ImportedCertificate
        fields = (
            "id",
            "product_id",
            "document_id",
            "kind",
            "number",
            "issuer",
            "rights",
            "issued_on",
            "valid_until",
            "expired",
            "renewal_open",
            "state",
            "finding",
            "decided_at",
            "created_at",
        )
        read_only_fields = fields

    def get_renewal_open(self, certificate: ImportedCertificate) -> bool:
        return renewal_is_open(certificate)


class ProductDocuments(generics.GenericAPIView[Document]):
    """The papers of a product, newest first; the body of a POST is the paper itself: PDF, PNG or JPEG."""

    serializer_class = DocumentSerializer
    filter_backends = ()
    ordering = ("-id",)

    @extend_schema(operation_id="documents_list", responses=DocumentSerializer(many=True))
    def get(self, request: Request, product_id: UUID) -> Response:
        product = get_object_or_404(Product.objects.visible_to(actor_of(request)), pk=product_id)
        page = self.paginate_queryset(Document.objects.filter(product=product).defer("wrapped_key"))
        return self.get_paginated_response(DocumentSerializer(page, many=True).data)

    @extend_schema(
        operation_id="documents_create",
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={201: DocumentSerializer},
        parameters=[
            OpenApiParameter("name", required=True, description="File name, without a path."),
            OpenApiParameter("evidence", description="Code of the evidence that it gives; see source-kinds."),
            OpenApiParameter(
                "Content-Digest",
                location=OpenApiParameter.HEADER,
                description="RFC 9530: sha-256=:base64: of the paper; other bytes are then refused.",
            ),
        ],
    )
    def post(self, request: Request, product_id: UUID) -> Response:
        get_object_or_404(Product.objects.visible_to(actor_of(request)), pk=product_id)
        query = DocumentQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        document = keep_document(
            product_id=product_id,
            body=body_chunks(request, limit=LARGEST_PAPER),
            expected_sha256=content_digest(request),
            actor=actor_of(request),
            **query.validated_data,
        )
        return Response(represent(DocumentSerializer, document), status=201)


class DocumentContent(APIView):
    """The paper as it was sent."""

    @extend_schema(
        operation_id="documents_read_content",
        responses={(200, media_type): OpenApiTypes.BINARY for media_type in MEDIA_TYPES.values()},
    )
    def get(self, request: Request, document_id: UUID) -> StreamingHttpResponse:
        return paper_response(*read_document(document_id=document_id, actor=actor_of(request)))


def paper_response(paper: Paper, pieces: Iterator[bytes]) -> StreamingHttpResponse:
    """Answer with a paper's bytes, to be saved and not opened in place."""
    response = StreamingHttpResponse(pieces, content_type=paper.media_type)
    response["Content-Length"] = paper.size
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(paper.name)}"
    response["X-Content-Type-Options"] = "nosniff"
    return response


class ImportedCertificateFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=ImportedCertificate.State.choices)
    kind = django_filters.ChoiceFilter(choices=Kind.choices)
    product = django_filters.UUIDFilter("product_id")
    valid_until_before = django_filters.DateFilter("valid_until", lookup_expr="lt")


class ImportedCertificateList(generics.GenericAPIView[ImportedCertificate]):
    """The imported certificates of the caller's organization and, for staff, of products at their venues."""

    serializer_class = ImportedCertificateSerializer
    filterset_class = ImportedCertificateFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[ImportedCertificate]:
        return ImportedCertificate.objects.visible_to(actor_of(self.request))

    @extend_schema(operation_id="imported_certificates_list", responses=ImportedCertificateSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(ImportedCertificateSerializer(page, many=True).data)


class ProductImportCertificate(APIView):
    """Take in a certificate that another registry gave for the product's data."""

    @extend_schema(
        operation_id="imported_certificates_create",
        request=NewImportedCertificateSerializer,
        responses={201: ImportedCertificateSerializer},
    )
    @idempotent(required=False)
    def post(self, request: Request, product_id: UUID) -> Response:
        body = body_of(NewImportedCertificateSerializer, request)
        certificate = import_certificate(
            product_id=product_id,
            document_id=body.pop("document_id"),
            holder_identifier=body.pop("holder_identifier"),
            fields=body,
            actor=actor_of(request),
        )
        return Response(represent(ImportedCertificateSerializer, certificate), status=201)


class ImportedCertificateDetail(APIView):
    @extend_schema(operation_id="imported_certificates_read", responses=ImportedCertificateSerializer)
    def get(self, request: Request, certificate_id: UUID) -> Response:
        visible = ImportedCertificate.objects.visible_to(actor_of(request))
        return Response(represent(ImportedCertificateSerializer, get_object_or_404(visible, pk=certificate_id)))


class ImportedCertificateVerify(APIView):
    """Find the certificate genuine; the reason says how it was checked."""

    @extend_schema(
        operation_id="imported_certificates_verify", request=ReasonSerializer, responses=ImportedCertificateSerializer
    )
    @idempotent()
    def post(self, request: Request, certificate_id: UUID) -> Response:
        return _answer(verify_imported, certificate_id, request)


class ImportedCertificateReject(APIView):
    """Find that the certificate is not what it says."""

    @extend_schema(
        operation_id="imported_certificates_reject", request=ReasonSerializer, responses=ImportedCertificateSerializer
    )
    @idempotent()
    def post(self, request: Request, certificate_id: UUID) -> Response:
        return _answer(reject_imported, certificate_id, request)


class ImportedCertificateWithdraw(APIView):
    """Rest the dossier on the certificate no longer."""

    @extend_schema(
        operation_id="imported_certificates_withdraw", request=ReasonSerializer, responses=ImportedCertificateSerializer
    )
    @idempotent()
    def post(self, request: Request, certificate_id: UUID) -> Response:
        return _answer(withdraw_imported, certificate_id, request)


def _answer(verb: Callable[..., ImportedCertificate], certificate_id: UUID, request: Request) -> Response:
    reason = body_of(ReasonSerializer, request)["reason"]
    certificate = verb(certificate_id=certificate_id, reason=reason, actor=actor_of(request))
    return Response(represent(ImportedCertificateSerializer, certificate))
