"""Entitlements: who may read what, and the venue's hand on the valve."""

from collections.abc import Callable
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

from kernel.api import ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from listings.api.lineage import DatasetParentSerializer, parent_json
from marketplace.api.serializers import EntitlementSerializer
from marketplace.entitlements import resume_entitlement, revoke_entitlement, suspend_entitlement
from marketplace.licensed_parents import license_parent
from marketplace.models import Entitlement

UNSHOWN = ("version__profile", "version__schema_changes", "version__wrapped_key")


class EntitlementFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=Entitlement.State.choices)


class EntitlementList(generics.GenericAPIView[Entitlement]):
    """The entitlements that the caller holds or has given, newest first."""

    serializer_class = EntitlementSerializer
    filterset_class = EntitlementFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Entitlement]:
        return _visible(self.request)

    @extend_schema(operation_id="entitlements_list", responses=EntitlementSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(EntitlementSerializer(page, many=True).data)


class LicensedParentSerializer(StrictSerializer):
    entitlement_id = serializers.UUIDField(help_text=_("To read the dataset that the new one was made from."))
    note = serializers.CharField(max_length=1000, required=False, allow_blank=True, help_text=_("How it was made."))


class DatasetLicensedParents(APIView):
    """Say that a dataset was made from another one that an agreement lets its organization read."""

    @extend_schema(
        operation_id="dataset_parents_license",
        request=LicensedParentSerializer,
        responses={201: DatasetParentSerializer},
    )
    @idempotent(required=False)
    def post(self, request: Request, dataset_id: UUID) -> Response:
        body = body_of(LicensedParentSerializer, request)
        edge = license_parent(dataset_id=dataset_id, **body, actor=actor_of(request))
        return Response(parent_json(edge, request), status=201)


class EntitlementDetail(APIView):
    @extend_schema(operation_id="entitlements_read", responses=EntitlementSerializer)
    def get(self, request: Request, entitlement_id: UUID) -> Response:
        return Response(represent(EntitlementSerializer, get_object_or_404(_visible(request), pk=entitlement_id)))


class EntitlementSuspend(APIView):
    """Stop all reading at once, until resumed; running downloads end within a few megabytes."""

    @extend_schema(operation_id="entitlements_suspend", request=ReasonSerializer, responses=EntitlementSerializer)
    @idempotent()
    def post(self, request: Request, entitlement_id: UUID) -> Response:
        return _answer(suspend_entitlement, entitlement_id, request)


class EntitlementResume(APIView):
    """Let a suspended entitlement be read again."""

    @extend_schema(operation_id="entitlements_resume", request=ReasonSerializer, responses=EntitlementSerializer)
    @idempotent()
    def post(self, request: Request, entitlement_id: UUID) -> Response:
        return _answer(resume_entitlement, entitlement_id, request)


class EntitlementRevoke(APIView):
    """End the right to read for good and terminate its agreement."""

    @extend_schema(operation_id="entitlements_revoke", request=ReasonSerializer, responses=EntitlementSerializer)
    @idempotent()
    def post(self, request: Request, entitlement_id: UUID) -> Response:
        return _answer(revoke_entitlement, entitlement_id, request)


def _answer(act: Callable[..., Entitlement], entitlement_id: UUID, request: Request) -> Response:
    reason = body_of(ReasonSerializer, request)["reason"]
    act(entitlement_id=entitlement_id, reason=reason, actor=actor_of(request))
    return Response(represent(EntitlementSerializer, _visible(request).get(pk=entitlement_id)))


def _visible(request: Request) -> models.QuerySet[Entitlement]:
    related = ("agreement", "organization", "provider", "venue", "version__deprecation")
    return Entitlement.objects.visible_to(actor_of(request)).select_related(*related).defer(*UNSHOWN)
