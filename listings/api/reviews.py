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
from listings import review, review_desk
from listings.api.listing_serializers import (
    AnswersSerializer,
    AssignSerializer,
    ChecklistSerializer,
    CorrectionsSerializer,
    ListingSerializer,
    ListingSubmitSerializer,
    PassStageSerializer,
    ReviewSerializer,
    SubmissionSerializer,
)
from listings.api.listings import listing_json
from listings.checklists import checklist_of
from listings.models import Listing, Review, Submission


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


class SubmissionList(generics.GenericAPIView[Submission]):
    """What was handed in each time, newest first: what changed, and how the corrections were answered."""

    serializer_class = SubmissionSerializer
    filter_backends = ()
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Submission]:
        visible = Listing.objects.visible_to(actor_of(self.request))
        listing = get_object_or_404(visible, pk=self.kwargs["listing_id"])
        return Submission.objects.filter(listing=listing).defer("dossier")

    @extend_schema(operation_id="submissions_list", responses=SubmissionSerializer(many=True))
    def get(self, request: Request, listing_id: UUID) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(SubmissionSerializer(page, many=True).data)


class VenueChecklist(APIView):
    """The checklist that a venue reviews by today, for reviewers and for providers who prepare."""

    @extend_schema(operation_id="review_checklists_read", responses=ChecklistSerializer)
    def get(self, request: Request, venue_code: str) -> Response:
        venue = get_object_or_404(Venue, code=venue_code)
        today = timezone.now().astimezone(venue.zone).date()
        return Response(represent(ChecklistSerializer, checklist_of(venue.code, on=today)))


class ListingSubmit(APIView):
    """The provider hands a draft, or a corrected listing, to the venue."""

    @extend_schema(operation_id="listings_submit", request=ListingSubmitSerializer, responses=ListingSerializer)
    @idempotent()
    def post(self, request: Request, listing_id: UUID) -> Response:
        answers = body_of(ListingSubmitSerializer, request).get("answers", {})
        review.submit(listing_id=listing_id, answers=answers, actor=actor_of(request))
        return Response(listing_json(listing_id, request))


class ListingStartReview(APIView):
    """An officer of the stage at which the review begins, or goes on, takes the listing up."""

    @extend_schema(operation_id="listings_start_review", request=NoFieldsSerializer, responses=ListingSerializer)
    @idempotent()
    def post(self, request: Request, listing_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        review.start_review(listing_id=listing_id, actor=actor_of(request))
        return Response(listing_json(listing_id, request))


class ListingPassStage(APIView):
    """The officer of a stage passes it; the next one opens."""

    @extend_schema(operation_id="listings_pass_stage", request=PassStageSerializer, responses=ListingSerializer)
    @idempotent()
    def post(self, request: Request, listing_id: UUID) -> Response:
        body = body_of(PassStageSerializer, request)
        review.pass_stage(
            listing_id=listing_id, stage=body["stage"], answers=body["checklist"], actor=actor_of(request)
        )
        return Response(listing_json(listing_id, request))


class ListingClaim(APIView):
    """An officer of the stage takes the listing onto their own desk."""

    @extend_schema(operation_id="listings_claim", request=NoFieldsSerializer, responses=ListingSerializer)
    @idempotent()
    def post(self, request: Request, listing_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        review_desk.claim(listing_id=listing_id, actor=actor_of(request))
        return Response(listing_json(listing_id, request))


class ListingAssign(APIView):
    """Whoever divides the work lays the listing on an officer's desk."""

    @extend_schema(operation_id="listings_assign", request=AssignSerializer, responses=ListingSerializer)
    @idempotent()
    def post(self, request: Request, listing_id: UUID) -> Response:
        person_id = body_of(AssignSerializer, request)["person_id"]
        review_desk.assign(listing_id=listing_id, person_id=person_id, actor=actor_of(request))
        return Response(listing_json(listing_id, request))


class ListingRelease(APIView):
    """The listing goes back into the queue of its stage."""

    @extend_schema(operation_id="listings_release", request=NoFieldsSerializer, responses=ListingSerializer)
    @idempotent()
    def post(self, request: Request, listing_id: UUID) -> Response:
        body_of(NoFieldsSerializer, request)
        review_desk.release(listing_id=listing_id, actor=actor_of(request))
        return Response(listing_json(listing_id, request))


class ListingApprove(APIView):
    """The officer of the last stage, who has decided none before, puts the listing into the catalogue."""

    @extend_schema(operation_id="listings_approve", request=AnswersSerializer, responses=ListingSerializer)
    @idempotent()
    def post(self, request: Request, listing_id: UUID) -> Response:
        answers = body_of(AnswersSerializer, request)["checklist"]
        review.approve(listing_id=listing_id, answers=answers, actor=actor_of(request))
        return Response(listing_json(listing_id, request))


class ListingRequestCorrection(APIView):
    """The officer of the stage sends the listing back with all that is to be corrected."""

    @extend_schema(
        operation_id="listings_request_correction", request=CorrectionsSerializer, responses=ListingSerializer
    )
    @idempotent()
    def post(self, request: Request, listing_id: UUID) -> Response:
        corrections = body_of(CorrectionsSerializer, request)["corrections"]
        review.request_correction(listing_id=listing_id, corrections=corrections, actor=actor_of(request))
        return Response(listing_json(listing_id, request))


class ListingReject(APIView):
    """The officer of the stage refuses the listing for good."""

    @extend_schema(operation_id="listings_reject", request=ReasonSerializer, responses=ListingSerializer)
    @idempotent()
    def post(self, request: Request, listing_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        review.reject(listing_id=listing_id, reason=reason, actor=actor_of(request))
        return Response(listing_json(listing_id, request))
