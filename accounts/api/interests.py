"""Declared interests of people and ties of organizations over HTTP."""

from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import interests
from accounts.models import Interest, OrganizationTie
from kernel.api import NoFieldsSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent


class InterestSerializer(serializers.ModelSerializer[Interest]):
    class Meta:
        model = Interest
        fields = ("id", "person_id", "organization_id", "kind", "ended_on", "note", "created_at")
        read_only_fields = fields


class NewInterestSerializer(StrictSerializer):
    organization_id = serializers.UUIDField()
    kind = serializers.ChoiceField(Interest.Kind.choices)
    ended_on = serializers.DateField(required=False, help_text=_("The last day of what has ended; today or before."))
    note = serializers.CharField(max_length=400, allow_blank=True, required=False)


class OrganizationTieSerializer(serializers.ModelSerializer[OrganizationTie]):
    class Meta:
        model = OrganizationTie
        fields = ("id", "organization_id", "other_id", "kind", "ended_on", "created_at")
        read_only_fields = fields


class NewOrganizationTieSerializer(StrictSerializer):
    organization_id = serializers.UUIDField(help_text=_("Your organization."))
    other_id = serializers.UUIDField(help_text=_("Its affiliate."))
    kind = serializers.ChoiceField(OrganizationTie.Kind.choices)


class InterestList(generics.GenericAPIView[Interest]):
    """One's own declared interests and, for staff, those of their colleagues, newest first."""

    serializer_class = InterestSerializer
    filter_backends = ()
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Interest]:
        return Interest.objects.visible_to(actor_of(self.request))

    @extend_schema(operation_id="interests_list", responses=InterestSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(InterestSerializer(page, many=True).data)

    @extend_schema(operation_id="interests_declare", request=NewInterestSerializer, responses={201: InterestSerializer})
    @idempotent()
    def post(self, request: Request) -> Response:
        body = body_of(NewInterestSerializer, request)
        interest = interests.declare_interest(**body, actor=actor_of(request))
        return Response(represent(InterestSerializer, interest), status=201)


class InterestEnd(APIView):
    """An interest of one's own has ended; it counts for the cooling-off still."""

    @extend_schema(operation_id="interests_end", request=NoFieldsSerializer, responses=InterestSerializer)
    @idempotent()
    def post(self, request: Request, interest_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        interest = interests.end_interest(interest_id=interest_id, actor=actor_of(request))
        return Response(represent(InterestSerializer, interest))


class OrganizationTieList(generics.GenericAPIView[OrganizationTie]):
    """The affiliates that organizations have declared, newest first."""

    serializer_class = OrganizationTieSerializer
    filter_backends = ()
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[OrganizationTie]:
        return OrganizationTie.objects.visible_to(actor_of(self.request))

    @extend_schema(operation_id="organization_ties_list", responses=OrganizationTieSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(OrganizationTieSerializer(page, many=True).data)

    @extend_schema(
        operation_id="organization_ties_declare",
        request=NewOrganizationTieSerializer,
        responses={201: OrganizationTieSerializer},
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        body = body_of(NewOrganizationTieSerializer, request)
        tie = interests.declare_tie(**body, actor=actor_of(request))
        return Response(represent(OrganizationTieSerializer, tie), status=201)


class OrganizationTieEnd(APIView):
    """A declared tie has ended; it counts for the cooling-off still."""

    @extend_schema(
        operation_id="organization_ties_end", request=NoFieldsSerializer, responses=OrganizationTieSerializer
    )
    @idempotent()
    def post(self, request: Request, tie_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        tie = interests.end_tie(tie_id=tie_id, actor=actor_of(request))
        return Response(represent(OrganizationTieSerializer, tie))
