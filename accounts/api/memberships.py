"""Memberships: applying, and the acts of the venue's staff."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import onboarding
from accounts.api.serializers import (
    ApplySerializer,
    MembershipCorrectionsSerializer,
    MembershipSerializer,
    SubmitSerializer,
)
from accounts.models import Capacity, Membership
from kernel.api import NoFieldsSerializer, ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent


class MembershipFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=Membership.State.choices)
    capacity = django_filters.ChoiceFilter(choices=Capacity.choices)
    organization = django_filters.UUIDFilter("organization_id")
    number = django_filters.CharFilter("number")


class MembershipList(generics.GenericAPIView[Membership]):
    """The memberships that the caller may see, newest first; applying for a new one."""

    serializer_class = MembershipSerializer
    filterset_class = MembershipFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Membership]:
        return _visible(self.request)

    @extend_schema(operation_id="memberships_list", responses=MembershipSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(MembershipSerializer(page, many=True).data)

    @extend_schema(operation_id="memberships_apply", request=ApplySerializer, responses={201: MembershipSerializer})
    @idempotent()
    def post(self, request: Request) -> Response:
        body = body_of(ApplySerializer, request)
        membership = onboarding.apply(venue_code=body.pop("venue"), **body, actor=actor_of(request))
        return Response(_json(membership), status=201)


class MembershipDetail(APIView):
    @extend_schema(operation_id="memberships_read", responses=MembershipSerializer)
    def get(self, request: Request, membership_id: UUID) -> Response:
        return Response(_json(get_object_or_404(_visible(request), pk=membership_id)))


class MembershipSubmit(APIView):
    """Hand an application in, for the first time or after a correction."""

    @extend_schema(operation_id="memberships_submit", request=SubmitSerializer, responses=MembershipSerializer)
    @idempotent()
    def post(self, request: Request, membership_id: UUID) -> Response:
        return _acted(onboarding.submit, SubmitSerializer, request, membership_id)


class MembershipStartReview(APIView):
    """Take a submitted application up."""

    @extend_schema(operation_id="memberships_start_review", request=NoFieldsSerializer, responses=MembershipSerializer)
    @idempotent()
    def post(self, request: Request, membership_id: UUID) -> Response:
        return _acted(onboarding.start_review, NoFieldsSerializer, request, membership_id)


class MembershipRequestCorrection(APIView):
    """Send an application back with everything that has to be put right."""

    @extend_schema(
        operation_id="memberships_request_correction",
        request=MembershipCorrectionsSerializer,
        responses=MembershipSerializer,
    )
    @idempotent()
    def post(self, request: Request, membership_id: UUID) -> Response:
        return _acted(onboarding.request_correction, MembershipCorrectionsSerializer, request, membership_id)


class MembershipReject(APIView):
    """Turn an application down."""

    @extend_schema(operation_id="memberships_reject", request=ReasonSerializer, responses=MembershipSerializer)
    @idempotent()
    def post(self, request: Request, membership_id: UUID) -> Response:
        return _acted(onboarding.reject, ReasonSerializer, request, membership_id)


class MembershipApprove(APIView):
    """Approve an application that another person reviewed."""

    @extend_schema(operation_id="memberships_approve", request=NoFieldsSerializer, responses=MembershipSerializer)
    @idempotent()
    def post(self, request: Request, membership_id: UUID) -> Response:
        return _acted(onboarding.approve, NoFieldsSerializer, request, membership_id)


class MembershipActivate(APIView):
    """Let an approved member trade."""

    @extend_schema(operation_id="memberships_activate", request=NoFieldsSerializer, responses=MembershipSerializer)
    @idempotent()
    def post(self, request: Request, membership_id: UUID) -> Response:
        return _acted(onboarding.activate, NoFieldsSerializer, request, membership_id)


class MembershipSuspend(APIView):
    """Stop a member from entering new business."""

    @extend_schema(operation_id="memberships_suspend", request=ReasonSerializer, responses=MembershipSerializer)
    @idempotent()
    def post(self, request: Request, membership_id: UUID) -> Response:
        return _acted(onboarding.suspend, ReasonSerializer, request, membership_id)


class MembershipResume(APIView):
    """Let a suspended member trade again."""

    @extend_schema(operation_id="memberships_resume", request=ReasonSerializer, responses=MembershipSerializer)
    @idempotent()
    def post(self, request: Request, membership_id: UUID) -> Response:
        return _acted(onboarding.resume, ReasonSerializer, request, membership_id)


class MembershipTerminate(APIView):
    """End a membership for good."""

    @extend_schema(operation_id="memberships_terminate", request=ReasonSerializer, responses=MembershipSerializer)
    @idempotent()
    def post(self, request: Request, membership_id: UUID) -> Response:
        return _acted(onboarding.terminate, ReasonSerializer, request, membership_id)


def _acted(
    act: Callable[..., Membership], serializer: type[StrictSerializer], request: Request, membership_id: UUID
) -> Response:
    """Call the capability function with the members of the body as they are."""
    return Response(_json(act(membership_id=membership_id, **body_of(serializer, request), actor=actor_of(request))))


def _visible(request: Request) -> models.QuerySet[Membership]:
    return Membership.objects.visible_to(actor_of(request)).select_related("venue", "organization")


def _json(membership: Membership) -> dict[str, Any]:
    return dict(represent(MembershipSerializer, membership))
