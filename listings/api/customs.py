"""Data customs over HTTP: declarations, their samples, and what officers, exporter and recipient do with them."""

from collections.abc import Callable
from uuid import UUID

import django_filters
from django.db import models
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import NoFieldsSerializer, ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from listings.api.border_serializers import (
    CustomsDeclarationDetailSerializer,
    CustomsDeclarationSerializer,
)
from listings.crossborder import customs
from listings.models import CustomsDeclaration


class DeclarationFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=CustomsDeclaration.State.choices)
    port = django_filters.CharFilter("port")
    delivery = django_filters.UUIDFilter("delivery_id")


class DeclarationList(generics.GenericAPIView[CustomsDeclaration]):
    """The customs declarations to which the caller is a party or of which it is an officer, newest first."""

    serializer_class = CustomsDeclarationSerializer
    filterset_class = DeclarationFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[CustomsDeclaration]:
        return _visible(self.request).defer("manifest", "findings", "sampled_rows")

    @extend_schema(operation_id="customs_declarations_list", responses=CustomsDeclarationSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(CustomsDeclarationSerializer(page, many=True).data)


class DeclarationDetail(APIView):
    @extend_schema(operation_id="customs_declarations_read", responses=CustomsDeclarationDetailSerializer)
    def get(self, request: Request, declaration_id: UUID) -> Response:
        return _declaration_json(request, declaration_id)


class DeclarationSample(APIView):
    """The drawn rows as CSV, personal data masked, for officers."""

    @extend_schema(operation_id="customs_declarations_sample", responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, declaration_id: UUID) -> HttpResponse:
        sample = customs.read_sample(declaration_id=declaration_id, actor=actor_of(request))
        return HttpResponse(sample, content_type="text/csv; charset=utf-8")


class DeclarationProposeRelease(APIView):
    """Say, as the first officer, that the declaration may go."""

    @extend_schema(
        operation_id="customs_declarations_propose_release",
        request=ReasonSerializer,
        responses=CustomsDeclarationDetailSerializer,
    )
    @idempotent()
    def post(self, request: Request, declaration_id: UUID) -> Response:
        return _acted(customs.propose_release, ReasonSerializer, request, declaration_id)


class DeclarationRelease(APIView):
    """Release the declaration as the second officer; its permit is issued."""

    @extend_schema(
        operation_id="customs_declarations_release",
        request=ReasonSerializer,
        responses=CustomsDeclarationDetailSerializer,
    )
    @idempotent()
    def post(self, request: Request, declaration_id: UUID) -> Response:
        return _acted(customs.release_declaration, ReasonSerializer, request, declaration_id)


class DeclarationHold(APIView):
    """Hold the declaration; a permit that it gave is withdrawn."""

    @extend_schema(
        operation_id="customs_declarations_hold",
        request=ReasonSerializer,
        responses=CustomsDeclarationDetailSerializer,
    )
    @idempotent()
    def post(self, request: Request, declaration_id: UUID) -> Response:
        return _acted(customs.hold_declaration, ReasonSerializer, request, declaration_id)


class DeclarationCheckAgain(APIView):
    """Check a held declaration anew."""

    @extend_schema(
        operation_id="customs_declarations_check",
        request=NoFieldsSerializer,
        responses=CustomsDeclarationDetailSerializer,
    )
    @idempotent()
    def post(self, request: Request, declaration_id: UUID) -> Response:
        return _acted(customs.check_again, NoFieldsSerializer, request, declaration_id)


class DeclarationReturn(APIView):
    """Return the declaration to the exporter."""

    @extend_schema(
        operation_id="customs_declarations_return",
        request=ReasonSerializer,
        responses=CustomsDeclarationDetailSerializer,
    )
    @idempotent()
    def post(self, request: Request, declaration_id: UUID) -> Response:
        return _acted(customs.return_declaration, ReasonSerializer, request, declaration_id)


class DeclarationQuarantine(APIView):
    """Quarantine the declaration: what it declares does not leave."""

    @extend_schema(
        operation_id="customs_declarations_quarantine",
        request=ReasonSerializer,
        responses=CustomsDeclarationDetailSerializer,
    )
    @idempotent()
    def post(self, request: Request, declaration_id: UUID) -> Response:
        return _acted(customs.quarantine_declaration, ReasonSerializer, request, declaration_id)


class DeclarationDeclareAgain(APIView):
    """Declare a returned delivery again, by its exporter."""

    @extend_schema(
        operation_id="customs_declarations_declare_again",
        request=NoFieldsSerializer,
        responses={201: CustomsDeclarationDetailSerializer},
    )
    @idempotent()
    def post(self, request: Request, declaration_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        fresh = customs.declare_again(declaration_id=declaration_id, actor=actor_of(request))
        answer = _declaration_json(request, fresh.pk)
        answer.status_code = 201
        return answer


def _acted(
    act: Callable[..., CustomsDeclaration],
    serializer: type[StrictSerializer],
    request: Request,
    declaration_id: UUID,
) -> Response:
    act(declaration_id=declaration_id, **body_of(serializer, request), actor=actor_of(request))
    return _declaration_json(request, declaration_id)


def _declaration_json(request: Request, declaration_id: UUID) -> Response:
    declaration = get_object_or_404(_visible(request).prefetch_related("permits"), pk=declaration_id)
    return Response(represent(CustomsDeclarationDetailSerializer, declaration))


def _visible(request: Request) -> models.QuerySet[CustomsDeclaration]:
    rows = CustomsDeclaration.objects.visible_to(actor_of(request))
    return rows.select_related("venue", "organization", "recipient", "case")
