"""The people of an organization, their roles, and invitations."""

from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import people
from accounts.api.serializers import (
    AcceptInvitationSerializer,
    AffiliationSerializer,
    ColleagueSerializer,
    InvitationSerializer,
    InviteSerializer,
    NewInvitationSerializer,
    RoleSerializer,
)
from accounts.authentication import person_of_password
from accounts.models import Affiliation, Invitation, Person, Role
from accounts.registering import PersonFacts, create_person
from kernel.api import NoFieldsSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.problems import Problem, field_problem


class AffiliationFilter(django_filters.FilterSet):
    # An id, not a choice: a choice would tell whether an organization exists that the caller may not see.
    organization = django_filters.UUIDFilter("organization_id")
    role = django_filters.ChoiceFilter(choices=Role.choices)


class AffiliationList(generics.ListAPIView[Affiliation]):
    """People and their roles: of one's own organization; for staff also of their venues' members."""

    serializer_class = ColleagueSerializer
    filterset_class = AffiliationFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Affiliation]:
        return Affiliation.objects.visible_to(actor_of(self.request)).select_related("person")

    @extend_schema(operation_id="affiliations_list")
    def get(self, request: Request) -> Response:
        return self.list(request)


class AffiliationDetail(APIView):
    @extend_schema(operation_id="affiliations_change_role", request=RoleSerializer, responses=ColleagueSerializer)
    def patch(self, request: Request, affiliation_id: UUID) -> Response:
        body = body_of(RoleSerializer, request)
        changed = people.change_role(affiliation_id=affiliation_id, **body, actor=actor_of(request))
        return Response(represent(ColleagueSerializer, changed))

    @extend_schema(operation_id="affiliations_remove", request=None, responses={204: None})
    def delete(self, request: Request, affiliation_id: UUID) -> Response:
        people.remove(affiliation_id=affiliation_id, actor=actor_of(request))
        return Response(status=204)


class InvitationList(generics.GenericAPIView[Invitation]):
    """Invitations of one's organization; inviting somebody."""

    serializer_class = InvitationSerializer
    filterset_fields = ("state",)
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Invitation]:
        return Invitation.objects.visible_to(actor_of(self.request))

    @extend_schema(operation_id="invitations_list", responses=InvitationSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(InvitationSerializer(page, many=True).data)

    @extend_schema(operation_id="invitations_make", request=InviteSerializer, responses={201: NewInvitationSerializer})
    @idempotent(withhold=("token",))
    def post(self, request: Request) -> Response:
        actor = actor_of(request)
        if actor.organization_id is None:
            raise Problem("forbidden")
        body = body_of(InviteSerializer, request)
        invitation, token = people.invite(organization_id=actor.organization_id, **body, actor=actor)
        return Response({**represent(InvitationSerializer, invitation), "token": token}, status=201)


class InvitationRevoke(APIView):
    @extend_schema(operation_id="invitations_revoke", request=NoFieldsSerializer, responses=InvitationSerializer)
    @idempotent()
    def post(self, request: Request, invitation_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        invitation = people.revoke_invitation(invitation_id=invitation_id, actor=actor_of(request))
        return Response(represent(InvitationSerializer, invitation))


class InvitationAccept(APIView):
    """Accept an invitation by its token: with a new password, or as somebody who has an account by its password."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="invitations_accept",
        request=AcceptInvitationSerializer,
        responses={201: AffiliationSerializer},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        body = body_of(AcceptInvitationSerializer, request)
        known = Invitation.objects.filter(
            token_checksum=people.checksum_of(body["token"]), state=Invitation.State.PENDING
        ).first()
        if known is not None and Person.objects.filter(email=known.email).exists():
            # Outside the transaction below, so that a failed attempt stays counted.
            person_of_password(request, known.email, body["password"])
        return self._accept(request, body)

    @idempotent()
    def _accept(self, request: Request, body: dict[str, Any]) -> Response:
        invitation = people.open_invitation(body["token"])
        person = Person.objects.filter(email=invitation.email).first() or _newcomer(invitation, body)
        affiliation = people.accept_invitation(invitation=invitation, person=person)
        return Response(represent(AffiliationSerializer, affiliation), status=201)


def _newcomer(invitation: Invitation, body: dict[str, Any]) -> Person:
    if "name" not in body:
        raise field_problem("/name", "required", _("Say your name."))
    facts = {key: value for key, value in body.items() if key != "token"}
    return create_person(PersonFacts(email=invitation.email, **facts))
