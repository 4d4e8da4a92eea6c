"""Listings over HTTP, for their providers and for the staff of their venues: drafts, and the life of what is listed."""

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

from kernel.api import ReasonSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from listings.api.listing_serializers import ListingPartsSerializer, ListingSerializer, NewListingSerializer
from listings.listing import amend_listing, create_listing, delete_listing, delist, relist, suspend
from listings.models import Listing, ReviewClock, ReviewStage


def listings_seen_by(request: Request) -> models.QuerySet[Listing]:
    """Return the caller's listings with all that their JSON shows, in a fixed number of queries."""
    return (
        Listing.objects.visible_to(actor_of(request))
        .select_related("venue", "product")
        .prefetch_related("plans", models.Prefetch("clocks", ReviewClock.objects.order_by("id")))
        .defer("search")
    )


def listing_json(listing_id: UUID, request: Request) -> Any:
    """Return the JSON of one listing as it is now, or raise Http404."""
    return represent(ListingSerializer, get_object_or_404(listings_seen_by(request), pk=listing_id))


class ListingFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=Listing.State.choices)
    stage = django_filters.ChoiceFilter(choices=ReviewStage.choices)
    product = django_filters.UUIDFilter("product_id")
    desk = django_filters.ChoiceFilter(
        choices=(("mine", "mine"), ("nobody", "nobody")),
        method="filter_desk",
        label="On whose desk a listing under review lies.",
    )
    # Not a BooleanFilter: that takes a word it does not know for no wish at all.
    overdue = django_filters.TypedChoiceFilter(
        choices=(("true", "true"), ("false", "false")),
        coerce=lambda value: value == "true",
        method="filter_overdue",
        label="A review clock is past its due time.",
    )

    def filter_overdue(self, queryset: models.QuerySet[Listing], name: str, value: bool) -> models.QuerySet[Listing]:
        late = ReviewClock.objects.overdue().values("listing")
        return queryset.filter(pk__in=late) if value else queryset.exclude(pk__in=late)

    def filter_desk(self, queryset: models.QuerySet[Listing], name: str, value: str) -> models.QuerySet[Listing]:
        under_review = queryset.filter(state__in=Listing.UNDER_REVIEW)
        return under_review.filter(assignee=actor_of(self.request).person_id if value == "mine" else None)


class ListingList(generics.GenericAPIView[Listing]):
    """The listings of the caller's organization and, for staff, of the venues it operates, newest first."""

    serializer_class = ListingSerializer
    filterset_class = ListingFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Listing]:
        return listings_seen_by(self.request)

    @extend_schema(operation_id="listings_list", responses=ListingSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(ListingSerializer(page, many=True).data)

    @extend_schema(operation_id="listings_create", request=NewListingSerializer, responses={201: ListingSerializer})
    @idempotent(required=False)
    def post(self, request: Request) -> Response:
        body = body_of(NewListingSerializer, request)
        listing = create_listing(
            product_id=body["product_id"],
            venue_code=body["venue"],
            version_id=body["version_id"],
            terms_id=body["terms_id"],
            plan_ids=body["plan_ids"],
            actor=actor_of(request),
        )
        return Response(listing_json(listing.pk, request), status=201)


class ListingDetail(APIView):
    """One listing; a draft, or a listing in correction, can be changed, and a draft deleted."""

    @extend_schema(operation_id="listings_read", responses=ListingSerializer)
    def get(self, request: Request, listing_id: UUID) -> Response:
        return Response(listing_json(listing_id, request))

    @extend_schema(operation_id="listings_amend", request=ListingPartsSerializer, responses=ListingSerializer)
    def patch(self, request: Request, listing_id: UUID) -> Response:
        body = body_of(ListingPartsSerializer, request)
        amend_listing(
            listing_id=listing_id,
            version_id=body.get("version_id"),
            terms_id=body.get("terms_id"),
            plan_ids=body.get("plan_ids"),
            actor=actor_of(request),
        )
        return Response(listing_json(listing_id, request))

    @extend_schema(operation_id="listings_delete", request=None, responses={204: None})
    def delete(self, request: Request, listing_id: UUID) -> Response:
        delete_listing(listing_id=listing_id, actor=actor_of(request))
        return Response(status=204)


class ListingSuspend(APIView):
    """Staff take a listing out of the catalogue for the time being."""

    @extend_schema(operation_id="listings_suspend", request=ReasonSerializer, responses=ListingSerializer)
    @idempotent()
    def post(self, request: Request, listing_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        suspend(listing_id=listing_id, reason=reason, actor=actor_of(request))
        return Response(listing_json(listing_id, request))


class ListingRelist(APIView):
    """Staff put a suspended listing back."""

    @extend_schema(operation_id="listings_relist", request=ReasonSerializer, responses=ListingSerializer)
    @idempotent()
    def post(self, request: Request, listing_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        relist(listing_id=listing_id, reason=reason, actor=actor_of(request))
        return Response(listing_json(listing_id, request))


class ListingDelist(APIView):
    """The provider or staff end a listing for good."""

    @extend_schema(operation_id="listings_delist", request=ReasonSerializer, responses=ListingSerializer)
    @idempotent()
    def post(self, request: Request, listing_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        delist(listing_id=listing_id, reason=reason, actor=actor_of(request))
        return Response(listing_json(listing_id, request))
