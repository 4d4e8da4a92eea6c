"""The compliance committee over HTTP: referring a listing, ballots, votes and minutes."""

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

from kernel.api import NoFieldsSerializer, ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from listings import committee
from listings.api.listing_serializers import NOTE_LENGTH, ListingSerializer
from listings.api.listings import listing_json
from listings.models import Ballot, Vote


class BallotSerializer(serializers.ModelSerializer[Ballot]):
    """A ballot; `counts` and `minutes` are empty until it is closed."""

    class Meta:
        model = Ballot
        fields = (
            "id",
            "listing_id",
            "state",
            "red_items",
            "quorum",
            "majority",
            "closes_at",
            "closed_at",
            "counts",
            "minutes",
            "created_at",
        )
        read_only_fields = fields


class VoteSerializer(serializers.ModelSerializer[Vote]):
    class Meta:
        model = Vote
        fields = ("id", "ballot_id", "member_id", "choice", "reason", "created_at")
        read_only_fields = fields


class NewVoteSerializer(StrictSerializer):
    choice = serializers.ChoiceField(Vote.Choice.choices)
    reason = serializers.CharField(max_length=NOTE_LENGTH)


class MinutesSerializer(StrictSerializer):
    minutes = serializers.CharField(max_length=20_000, help_text=_("What was weighed, and why it was so decided."))


class BallotFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=Ballot.State.choices)
    listing = django_filters.UUIDFilter("listing_id")


class BallotList(generics.GenericAPIView[Ballot]):
    """The ballots at the venues of the caller's staff, and the closed ones on one's own listings, newest first."""

    serializer_class = BallotSerializer
    filterset_class = BallotFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Ballot]:
        return Ballot.objects.visible_to(actor_of(self.request))

    @extend_schema(operation_id="ballots_list", responses=BallotSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(BallotSerializer(page, many=True).data)


class VoteList(generics.GenericAPIView[Vote]):
    """One's own vote while the ballot is open, and all votes once it is closed; casting one's vote."""

    serializer_class = VoteSerializer
    filter_backends = ()
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Vote]:
        actor = actor_of(self.request)
        ballot = get_object_or_404(Ballot.objects.visible_to(actor), pk=self.kwargs["ballot_id"])
        return Vote.objects.visible_to(actor).filter(ballot=ballot)

    @extend_schema(operation_id="votes_list", responses=VoteSerializer(many=True))
    def get(self, request: Request, ballot_id: UUID) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(VoteSerializer(page, many=True).data)

    @extend_schema(operation_id="votes_cast", request=NewVoteSerializer, responses={201: VoteSerializer})
    @idempotent()
    def post(self, request: Request, ballot_id: UUID) -> Response:
        body = body_of(NewVoteSerializer, request)
        vote = committee.cast_vote(ballot_id=ballot_id, **body, actor=actor_of(request))
        return Response(represent(VoteSerializer, vote), status=201)


class ListingRefer(APIView):
    """The officer of the stage refers the listing to the committee."""

    @extend_schema(operation_id="listings_refer", request=ReasonSerializer, responses=ListingSerializer)
    @idempotent()
    def post(self, request: Request, listing_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        committee.refer(listing_id=listing_id, reason=reason, actor=actor_of(request))
        return Response(listing_json(listing_id, request))


class ListingOpenBallot(APIView):
    """The committee's ballot on the listing opens."""

    @extend_schema(operation_id="listings_open_ballot", request=NoFieldsSerializer, responses={201: BallotSerializer})
    @idempotent()
    def post(self, request: Request, listing_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        ballot = committee.open_ballot(listing_id=listing_id, actor=actor_of(request))
        return Response(_json(ballot), status=201)


class BallotClose(APIView):
    """The votes are counted and the minutes signed; the outcome binds."""

    @extend_schema(operation_id="ballots_close", request=MinutesSerializer, responses=BallotSerializer)
    @idempotent()
    def post(self, request: Request, ballot_id: UUID) -> Response:
        minutes = body_of(MinutesSerializer, request)["minutes"]
        return Response(_json(committee.close_ballot(ballot_id=ballot_id, minutes=minutes, actor=actor_of(request))))


def _json(ballot: Ballot) -> Any:
    return represent(BallotSerializer, ballot)
