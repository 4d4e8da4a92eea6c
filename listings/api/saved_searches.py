"""Saved searches over HTTP: keep a question, read what it has found since, unsubscribe, forget it."""

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from listings.api.catalogue_serializers import CatalogueQuerySerializer, CatalogueSerializer
from listings.catalogue import Wanted
from listings.models import Listing, SavedSearch, SavedSearchHit
from listings.search.saved import change_search, forget_search, save_search, see_hits


class SavedSearchSerializer(serializers.ModelSerializer[SavedSearch]):
    parameters = serializers.DictField(child=serializers.CharField())
    new_hits = serializers.IntegerField(help_text=_("Found since they were last seen."))

    class Meta:
        model = SavedSearch
        fields = (
            "id",
            "name",
            "parameters",
            "every",
            "alerts",
            "stopped_because",
            "new_hits",
            "searched_at",
            "seen_at",
            "created_at",
        )
        read_only_fields = fields


class NewSavedSearchSerializer(StrictSerializer):
    name = serializers.CharField(max_length=80)
    parameters = serializers.DictField(
        child=serializers.CharField(max_length=200, allow_blank=True),
        help_text=_("The parameters of a search in the catalogue: q, venue, industry, price_max, …"),
    )
    every = serializers.ChoiceField(SavedSearch.Every.choices, default=SavedSearch.Every.DAY)
    alerts = serializers.BooleanField(default=True)

    def validate_parameters(self, value: dict[str, str]) -> dict[str, str]:
        query = CatalogueQuerySerializer(data=value)
        if unknown := sorted(value.keys() - query.fields.keys()):
            raise serializers.ValidationError(_("The catalogue has no parameter %s.") % unknown[0], code="unknown")
        query.is_valid(raise_exception=True)
        return value


class ChangedSavedSearchSerializer(StrictSerializer):
    name = serializers.CharField(max_length=80, required=False)
    every = serializers.ChoiceField(SavedSearch.Every.choices, required=False)
    alerts = serializers.BooleanField(required=False, help_text=_("false unsubscribes."))


class SavedSearchHitSerializer(serializers.ModelSerializer[SavedSearchHit]):
    found_at = serializers.DateTimeField(source="created_at")
    listing = serializers.SerializerMethodField()

    class Meta:
        model = SavedSearchHit
        fields = ("id", "found_at", "listing")
        read_only_fields = fields

    def get_listing(self, hit: SavedSearchHit) -> dict[str, Any]:
        return cast(dict[str, Any], CatalogueSerializer(self.context["listings"][hit.listing_id]).data)


def question(parameters: Mapping[str, Any]) -> Wanted:
    """Return what saved parameters ask for; they were checked when they were saved."""
    query = CatalogueQuerySerializer(data=parameters)
    query.is_valid(raise_exception=True)
    return cast(Wanted, query.validated_data)


def _saved(request: Request) -> QuerySet[SavedSearch]:
    new = Count("hits", filter=Q(hits__created_at__gt=F("seen_at")))
    return SavedSearch.objects.visible_to(actor_of(request)).annotate(new_hits=new)


def _json(request: Request, saved_search_id: UUID) -> Any:
    return represent(SavedSearchSerializer, get_object_or_404(_saved(request), pk=saved_search_id))


class SavedSearchList(generics.GenericAPIView[SavedSearch]):
    """The searches that the caller's organization keeps, the newest first."""

    serializer_class = SavedSearchSerializer
    filter_backends = ()
    ordering = ("-id",)

    @extend_schema(operation_id="saved_searches_list", responses=SavedSearchSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(_saved(request))
        return self.get_paginated_response(SavedSearchSerializer(page, many=True).data)

    @extend_schema(
        operation_id="saved_searches_create", request=NewSavedSearchSerializer, responses={201: SavedSearchSerializer}
    )
    @idempotent(required=False)
    def post(self, request: Request) -> Response:
        saved = save_search(**body_of(NewSavedSearchSerializer, request), actor=actor_of(request))
        return Response(_json(request, saved.pk), status=201)


class SavedSearchDetail(APIView):
    """One saved search."""

    @extend_schema(operation_id="saved_searches_read", responses=SavedSearchSerializer)
    def get(self, request: Request, saved_search_id: UUID) -> Response:
        return Response(_json(request, saved_search_id))

    @extend_schema(
        operation_id="saved_searches_change", request=ChangedSavedSearchSerializer, responses=SavedSearchSerializer
    )
    def patch(self, request: Request, saved_search_id: UUID) -> Response:
        changes = body_of(ChangedSavedSearchSerializer, request)
        change_search(saved_search_id=saved_search_id, changes=changes, actor=actor_of(request))
        return Response(_json(request, saved_search_id))

    @extend_schema(operation_id="saved_searches_forget", responses={204: None})
    def delete(self, request: Request, saved_search_id: UUID) -> Response:
        forget_search(saved_search_id=saved_search_id, actor=actor_of(request))
        return Response(status=204)


class SavedSearchHits(generics.GenericAPIView[SavedSearchHit]):
    """What a saved search has found, the newest first; only what the caller may still know of."""

    serializer_class = SavedSearchHitSerializer
    filter_backends = ()
    ordering = ("-id",)

    @extend_schema(operation_id="saved_search_hits_list", responses=SavedSearchHitSerializer(many=True))
    def get(self, request: Request, saved_search_id: UUID) -> Response:
        actor = actor_of(request)
        saved = get_object_or_404(SavedSearch.objects.visible_to(actor), pk=saved_search_id)
        known = Listing.objects.sought_by(actor)
        hits = SavedSearchHit.objects.filter(saved_search=saved, listing__in=known.values("pk"))
        page = cast(list[SavedSearchHit], self.paginate_queryset(hits))
        rows = known.filter(pk__in=[hit.listing_id for hit in page]).select_related("organization", "venue")
        context = {"listings": rows.defer("search").in_bulk()}
        return self.get_paginated_response(SavedSearchHitSerializer(page, many=True, context=context).data)


class SavedSearchSeen(APIView):
    """Note that what was found so far has been seen: `new_hits` begins at nought again."""

    @extend_schema(operation_id="saved_searches_see", request=None, responses=SavedSearchSerializer)
    @idempotent(required=False)
    def post(self, request: Request, saved_search_id: UUID) -> Response:
        see_hits(saved_search_id=saved_search_id, actor=actor_of(request))
        return Response(_json(request, saved_search_id))
