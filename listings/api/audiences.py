"""For whom a listing is, and the invitations to it, over HTTP."""

from typing import Any
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
from kernel.languages import LanguageMapSerializerField
from listings.audience import MOST_NAMED, Audience, Named, audience_of, set_audience
from listings.invitations import LONGEST_DAYS, invite, revoke_invitation
from listings.models import Listing, ListingInvitation, Visibility


class NamedSerializer(StrictSerializer):
    organizations = serializers.ListField(child=serializers.UUIDField(), max_length=MOST_NAMED, required=False)
    places = serializers.ListField(
        child=serializers.CharField(max_length=6),
        max_length=MOST_NAMED,
        required=False,
        help_text=_("ISO 3166 codes (HK), division codes of GB/T 2260 (440100), or GBA."),
    )
    sectors = serializers.ListField(
        child=serializers.CharField(max_length=1),
        max_length=MOST_NAMED,
        required=False,
        help_text=_("Sections of GB/T 4754, from A to T."),
    )


class AudienceSerializer(StrictSerializer):
    """For whom a listing is; a rule that names nothing does not restrict, and what is denied is denied to all."""

    visibility = serializers.ChoiceField(
        Visibility.choices,
        help_text=_(
            "Public: anyone reads it. By invitation: anyone finds it, the invited read it. "
            "Private: only the invited find it."
        ),
    )
    allow = NamedSerializer(required=False)
    deny = NamedSerializer(required=False)


class ListingAudience(APIView):
    """For whom the listing is, as its provider says; for the provider and the venue's staff."""

    @extend_schema(operation_id="listings_audience", responses=AudienceSerializer)
    def get(self, request: Request, listing_id: UUID) -> Response:
        listing = get_object_or_404(Listing.objects.visible_to(actor_of(request)), pk=listing_id)
        return Response(represent(AudienceSerializer, audience_of(listing)))

    @extend_schema(operation_id="listings_set_audience", request=AudienceSerializer, responses=AudienceSerializer)
    def put(self, request: Request, listing_id: UUID) -> Response:
        body = body_of(AudienceSerializer, request)
        audience = Audience(body["visibility"], _named(body.get("allow", {})), _named(body.get("deny", {})))
        listing = set_audience(listing_id=listing_id, audience=audience, actor=actor_of(request))
        return Response(represent(AudienceSerializer, audience_of(listing)))


def _named(body: dict[str, Any]) -> Named:
    return Named(**{kind: tuple(values) for kind, values in body.items()})


class InvitedPartySerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = LanguageMapSerializerField()


class InvitedListingSerializer(serializers.ModelSerializer[Listing]):
    name = LanguageMapSerializerField(source="product.name")

    class Meta:
        model = Listing
        fields = ("id", "number", "name")
        read_only_fields = fields


class ListingInvitationSerializer(serializers.ModelSerializer[ListingInvitation]):
    venue = serializers.CharField(source="venue.code")
    provider = InvitedPartySerializer(source="organization")
    invitee = InvitedPartySerializer()
    listing = InvitedListingSerializer()

    class Meta:
        model = ListingInvitation
        fields = ("id", "venue", "listing", "provider", "invitee", "state", "message", "expires_at", "created_at")
        read_only_fields = fields


class NewListingInvitationSerializer(StrictSerializer):
    invitee_id = serializers.UUIDField(help_text=_("The organization that is invited."))
    days = serializers.IntegerField(min_value=1, max_value=LONGEST_DAYS, default=30)
    message = serializers.CharField(max_length=1000, required=False, allow_blank=True)


class ListingInvitationFilter(django_filters.FilterSet):
    listing = django_filters.UUIDFilter("listing_id")
    state = django_filters.ChoiceFilter(choices=ListingInvitation.State.choices)


def _invitations(request: Request) -> models.QuerySet[ListingInvitation]:
    rows = ListingInvitation.objects.visible_to(actor_of(request))
    related = ("venue", "organization", "invitee", "listing__product")
    return rows.select_related(*related).only(
        "state",
        "message",
        "expires_at",
        "created_at",
        "venue__code",
        "organization__name",
        "invitee__name",
        "listing__number",
        "listing__product__name",
    )


def _invitation_json(invitation_id: UUID, request: Request) -> Any:
    return represent(ListingInvitationSerializer, get_object_or_404(_invitations(request), pk=invitation_id))


class ListingInvitationList(generics.GenericAPIView[ListingInvitation]):
    """The invitations to listings that the caller's organization gave or got, newest first."""

    serializer_class = ListingInvitationSerializer
    filterset_class = ListingInvitationFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[ListingInvitation]:
        return _invitations(self.request)

    @extend_schema(operation_id="listing_invitations_list", responses=ListingInvitationSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(ListingInvitationSerializer(page, many=True).data)


class ListingInvite(APIView):
    """Invite an organization to the listing."""

    @extend_schema(
        operation_id="listings_invite",
        request=NewListingInvitationSerializer,
        responses={201: ListingInvitationSerializer},
    )
    @idempotent()
    def post(self, request: Request, listing_id: UUID) -> Response:
        body = body_of(NewListingInvitationSerializer, request)
        invitation = invite(listing_id=listing_id, **body, actor=actor_of(request))
        return Response(_invitation_json(invitation.pk, request), status=201)


class ListingInvitationDetail(APIView):
    @extend_schema(operation_id="listing_invitations_read", responses=ListingInvitationSerializer)
    def get(self, request: Request, listing_invitation_id: UUID) -> Response:
        return Response(_invitation_json(listing_invitation_id, request))


class ListingInvitationRevoke(APIView):
    """Take an invitation back; what was ordered meanwhile stays."""

    @extend_schema(
        operation_id="listing_invitations_revoke", request=ReasonSerializer, responses=ListingInvitationSerializer
    )
    @idempotent()
    def post(self, request: Request, listing_invitation_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        revoke_invitation(invitation_id=listing_invitation_id, reason=reason, actor=actor_of(request))
        return Response(_invitation_json(listing_invitation_id, request))
