"""Signing up, and the organizations that one may see."""

from typing import Any
from uuid import UUID

from django.db import models
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import registering
from accounts.api.serializers import (
    AffiliationSerializer,
    OrganizationSerializer,
    SignUpSerializer,
    UpdateOrganizationSerializer,
)
from accounts.models import Organization
from kernel.api import actor_of, body_of, represent
from kernel.idempotency import idempotent


class SignUp(APIView):
    """Create a person and the organization that they administer. It trades once a venue has admitted it."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="sign_up", request=SignUpSerializer, responses={201: AffiliationSerializer}, auth=[])
    @idempotent()
    def post(self, request: Request) -> Response:
        body = body_of(SignUpSerializer, request)
        affiliation = registering.sign_up(
            person=registering.PersonFacts(**body["person"]),
            organization=registering.OrganizationFacts(**body["organization"]),
        )
        return Response(represent(AffiliationSerializer, affiliation), status=201)


class OrganizationList(generics.ListAPIView[Organization]):
    """One's own organization; for staff also everyone who applied to or joined their venues."""

    serializer_class = OrganizationSerializer
    filterset_fields = ("jurisdiction", "identifier")
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Organization]:
        return Organization.objects.visible_to(actor_of(self.request))

    @extend_schema(operation_id="organizations_list")
    def get(self, request: Request) -> Response:
        return self.list(request)


class OrganizationDetail(APIView):
    @extend_schema(operation_id="organizations_read", responses=OrganizationSerializer)
    def get(self, request: Request, organization_id: UUID) -> Response:
        visible = Organization.objects.visible_to(actor_of(request))
        return _answer(get_object_or_404(visible, pk=organization_id))

    @extend_schema(
        operation_id="organizations_update", request=UpdateOrganizationSerializer, responses=OrganizationSerializer
    )
    def patch(self, request: Request, organization_id: UUID) -> Response:
        changes: dict[str, Any] = body_of(UpdateOrganizationSerializer, request)
        return _answer(
            registering.update_organization(organization_id=organization_id, **changes, actor=actor_of(request))
        )


def _answer(organization: Organization) -> Response:
    return Response(represent(OrganizationSerializer, organization))
