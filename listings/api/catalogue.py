"""The public catalogue over HTTP: search, and one listing in detail. No sign-in needed."""

from typing import Any, cast
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import actor_of, represent
from kernel.paging import KeysetPagination
from listings.api.catalogue_serializers import (
    CatalogueDetailSerializer,
    CatalogueQuerySerializer,
    FacetsSerializer,
    HitSerializer,
    SimilarSerializer,
    SuggestedSerializer,
    SuggestionQuerySerializer,
)
from listings.audience import open_listing
from listings.catalogue import Wanted, find, in_detail, ordering
from listings.facets import facets_of
from listings.hits import COLUMNS, hit_of
from listings.models import Listing
from listings.search.meaning import similar_to
from listings.suggestions import suggested

WORDS_BY_WORD: dict[str, Any] = {
    "type": "object",
    "additionalProperties": {"type": "array", "items": {"type": "string"}},
}
TOLD: dict[str, dict[str, Any]] = {
    "also_searched": {
        "description": "Synonyms of the trade that were looked for too, by the words that were asked for.",
        "examples": [{"地铁": ["轨道交通", "metro"]}],
    },
    "corrected": {
        "description": "Words that no listing says, and what was looked for too, as it may have been meant.",
        "examples": [{"广洲": ["广州"]}],
    },
}


class FoundPagination(KeysetPagination):
    """Pages of a search, which also tell what else was looked for."""

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page = super().get_paginated_response_schema(schema)
        page["required"] = [*page["required"], *TOLD]
        page["properties"] |= {name: WORDS_BY_WORD | about for name, about in TOLD.items()}
        return page


class Catalogue(generics.GenericAPIView[Listing]):
    """Search what is listed, in Simplified or Traditional Chinese or English; one query, whatever the page."""

    permission_classes = (AllowAny,)
    serializer_class = HitSerializer
    pagination_class = FoundPagination
    filter_backends = ()
    ordering: tuple[str, ...] = ()

    @extend_schema(
        operation_id="catalogue_search",
        parameters=[CatalogueQuerySerializer],
        responses=HitSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        query = CatalogueQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = cast(Wanted, query.validated_data)
        self.ordering = ordering(wanted)
        columns = dict.fromkeys((*COLUMNS, *(name.lstrip("-") for name in self.ordering)))
        page: Any = self.paginate_queryset(find(wanted, actor_of(request)).values(*columns))
        response = self.get_paginated_response([represent(HitSerializer, hit_of(row, wanted.question)) for row in page])
        response.data |= {name: getattr(wanted.question, name) for name in TOLD}
        return response


class CatalogueFacets(APIView):
    """How many of a search's hits each further choice would leave; takes the parameters of the search."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="catalogue_facets", parameters=[CatalogueQuerySerializer], responses=FacetsSerializer)
    def get(self, request: Request) -> Response:
        query = CatalogueQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        return Response(represent(FacetsSerializer, facets_of(cast(Wanted, query.validated_data), actor_of(request))))


class CatalogueSuggestions(APIView):
    """Complete a half-typed wish, by characters of either script, pinyin, its initials, or in English."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="catalogue_suggestions",
        parameters=[SuggestionQuerySerializer],
        responses=SuggestedSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        query = SuggestionQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        return Response(SuggestedSerializer(suggested(query.validated_data["q"], actor_of(request)), many=True).data)


class CatalogueDetail(APIView):
    """One listing with its plans, terms, provider and what its files hold."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="catalogue_read", responses=CatalogueDetailSerializer)
    def get(self, request: Request, listing_id: UUID) -> Response:
        listing = open_listing(in_detail(actor_of(request)), listing_id)
        data: Any = represent(CatalogueDetailSerializer, listing)
        return Response(data)


class CatalogueSimilar(APIView):
    """Other products whose meaning is near to a listing's, the nearest first; ten at most."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="catalogue_similar", responses=SimilarSerializer(many=True))
    def get(self, request: Request, listing_id: UUID) -> Response:
        actor = actor_of(request)
        listing = open_listing(in_detail(actor), listing_id)
        return Response(SimilarSerializer(similar_to(listing, actor), many=True).data)
