"""Proposals over HTTP, for who made them and for the buyer whose demand they answer."""

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

from kernel.api import NoFieldsSerializer, ReasonSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from marketplace import awarding, proposals
from marketplace.api.demand_serializers import (
    NewProposalSerializer,
    OfferedListingSerializer,
    ProposalSerializer,
)
from marketplace.models import Proposal


class ProposalFilter(django_filters.FilterSet):
    demand = django_filters.UUIDFilter("demand_id")
    state = django_filters.ChoiceFilter(choices=Proposal.State.choices)


class ProposalList(generics.GenericAPIView[Proposal]):
    """The proposals that the caller's organization made or was made, newest first."""

    serializer_class = ProposalSerializer
    filterset_class = ProposalFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Proposal]:
        return _visible(self.request)

    @extend_schema(operation_id="proposals_list", responses=ProposalSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(ProposalSerializer(page, many=True).data)


class Propose(APIView):
    """Answer an open demand."""

    @extend_schema(
        operation_id="demand_board_propose", request=NewProposalSerializer, responses={201: ProposalSerializer}
    )
    @idempotent()
    def post(self, request: Request, demand_id: UUID) -> Response:
        answer = proposals.Answer(**body_of(NewProposalSerializer, request))
        proposal = proposals.propose(demand_id=demand_id, answer=answer, actor=actor_of(request))
        return Response(_json(proposal.pk, request), status=201)


class ProposalDetail(APIView):
    @extend_schema(operation_id="proposals_read", responses=ProposalSerializer)
    def get(self, request: Request, proposal_id: UUID) -> Response:
        return Response(_json(proposal_id, request))


class ProposalWithdraw(APIView):
    """Who made the proposal takes it back."""

    @extend_schema(operation_id="proposals_withdraw", request=ReasonSerializer, responses=ProposalSerializer)
    @idempotent()
    def post(self, request: Request, proposal_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        proposals.withdraw_proposal(proposal_id=proposal_id, reason=reason, actor=actor_of(request))
        return Response(_json(proposal_id, request))


class ProposalShortlist(APIView):
    """The buyer takes the proposal into the closer choice."""

    @extend_schema(operation_id="proposals_shortlist", request=NoFieldsSerializer, responses=ProposalSerializer)
    @idempotent()
    def post(self, request: Request, proposal_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        proposals.shortlist_proposal(proposal_id=proposal_id, actor=actor_of(request))
        return Response(_json(proposal_id, request))


class ProposalDecline(APIView):
    """The buyer declines the proposal."""

    @extend_schema(operation_id="proposals_decline", request=ReasonSerializer, responses=ProposalSerializer)
    @idempotent()
    def post(self, request: Request, proposal_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        proposals.decline_proposal(proposal_id=proposal_id, reason=reason, actor=actor_of(request))
        return Response(_json(proposal_id, request))


class ProposalAward(APIView):
    """The buyer chooses the proposal; a proposed listing is ordered in the same act."""

    @extend_schema(operation_id="proposals_award", request=NoFieldsSerializer, responses=ProposalSerializer)
    @idempotent()
    def post(self, request: Request, proposal_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        awarding.award(proposal_id=proposal_id, actor=actor_of(request))
        return Response(_json(proposal_id, request))


class ProposalOfferListing(APIView):
    """Who was awarded a draft names the listing that was made for it."""

    @extend_schema(
        operation_id="proposals_offer_listing", request=OfferedListingSerializer, responses=ProposalSerializer
    )
    @idempotent()
    def post(self, request: Request, proposal_id: UUID) -> Response:
        body = body_of(OfferedListingSerializer, request)
        awarding.offer_listing(proposal_id=proposal_id, **body, actor=actor_of(request))
        return Response(_json(proposal_id, request))


def _visible(request: Request) -> models.QuerySet[Proposal]:
    related = ("venue", "organization", "demand", "listing")
    rows = Proposal.objects.visible_to(actor_of(request)).select_related(*related)
    return rows.defer("listing__search", "demand__description")


def _json(proposal_id: UUID, request: Request) -> Any:
    return represent(ProposalSerializer, get_object_or_404(_visible(request), pk=proposal_id))
