"""The review of a listing over HTTP: the provider submits, the venue's staff decide."""

from uuid import UUID

from django.db import models
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Venue
from kernel.api import NoFieldsSerializer, ReasonSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from listings import review
from listings.api.listing_serializers import (
    AnswersSerializer,
    ChecklistSerializer,
    CorrectionsSerializer,
    ListingSerializer,
    ReviewSerializer,
)
from listings.api.listings import listing_json
from listings.checklists import checklist_of
from listings.models import Listing, Review


class ReviewList(generics.GenericAPIView[Review]):
    """The decisions on one listing, newest first."""

    serializer_class = ReviewSerializer
    filter_backends = ()
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Review]:
        visible = Listing.objects.visible_to(actor_of(self.request))
        return Review.objects.filter(listing=get_object_or_404(visible, pk=self.kwargs["listing_id"]))

    @extend_schema(operation_id="reviews_list", responses=ReviewSerializer(many=True))
    def get(self, request: Request, listing_id: UUID) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(ReviewSerializer(page, many=True).data)


class VenueChecklist(APIView):
    """The checklist that a venue reviews by today, for reviewers and for providers who prepare."""

    @extend_schema(operation_id="review_checklists_read", responses=ChecklistSerializer)
    def get(self, request: Request, venue_code: str) -> Response:
        venue = get_object_or_404(Venue, code=venue_code)
        today = timezone.now().astimezone(venue.zone).date()
        return Response(represent(ChecklistSerializer, checklist_of(venue.code, on=today)))


class ListingSubmit(APIView):
    """The provider hands a draft, or a corrected listing, to the venue."""

    @extend_schema(operation_id="listings_submit", request=NoFieldsSerializer, responses=ListingSerializer)
    @idempotent()
    def post(self, request: Request, listing_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        review.submit(listing_id=listing_id, actor=actor_of(request))
        return Response(listing_json(listing_id, request))


class ListingStartReview(APIView):
    """A clerk takes the listing up."""

    @extend_schema(operation_id="listings_start_review", request=NoFieldsSerializer, responses=ListingSerializer)
    @idempotent()
    def post(self, request: Request, listing_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        review.start_review(listing_id=listing_id, actor=actor_of(request))
        return Response(listing_json(listing_id, request))


class ListingPassCompleteness(APIView):
    """A clerk finds the dossier complete."""

    @extend_schema(operation_id="listings_pass_completeness", request=AnswersSerializer, responses=ListingSerializer)
    @idempotent()
    def post(self, request: Request, listing_id: UUID) -> Response:
        answers = body_of(AnswersSerializer, request)["checklist"]
        review.pass_completeness(listing_id=listing_id, answers=answers, actor=actor_of(request))
        return Response(listing_json(listing_id, request))


class ListingApprove(APIView):
    """A compliance reviewer, who is a third person, puts the listing into the catalogue."""

    @extend_schema(operation_id="listings_approve", request=AnswersSerializer, responses=ListingSerializer)
    @idempotent()
    def post(self, request: Request, listing_id: UUID) -> Response:
        answers = body_of(AnswersSerializer, request)["checklist"]
        review.approve(listing_id=listing_id, answers=answers, actor=actor_of(request))
        return Response(listing_json(listing_id, request))


class ListingRequestCorrection(APIView):
    """The reviewer of either stage sends the listing back with all that is to be corrected."""

    @extend_schema(
        operation_id="listings_request_correction", request=CorrectionsSerializer, responses=ListingSerializer
    )
    @idempotent()
    def post(self, request: Request, listing_id: UUID) -> Response:
        corrections = body_of(CorrectionsSerializer, request)["corrections"]
        review.request_correction(listing_id=listing_id, corrections=corrections, actor=actor_of(request))
        return Response(listing_json(listing_id, request))


class ListingReject(APIView):
    """The reviewer of either stage refuses the listing for good."""

    @extend_schema(operation_id="listings_reject", request=ReasonSerializer, responses=ListingSerializer)
    @idempotent()
    def post(self, request: Request, listing_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        review.reject(listing_id=listing_id, reason=reason, actor=actor_of(request))
        return Response(listing_json(listing_id, request))
