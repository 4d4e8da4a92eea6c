"""The catalogue's descriptions over HTTP: by page, by listing, or all in one stream; and what the provider can mend."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import actor_of, represent
from listings.audience import open_listing
from listings.metadata.addresses import with_query
from listings.metadata.checks import Level, check_metadata
from listings.metadata.croissant import VERSIONS, croissant_document
from listings.metadata.datapackage import data_package
from listings.metadata.dcat import catalogue_node, graph, page_node
from listings.metadata.documents import json_text
from listings.metadata.export import catalogue_lines, catalogue_turtle
from listings.metadata.feeds import newest_feed
from listings.metadata.nodes import Node, document, without_repetition
from listings.metadata.offered import described, profiled
from listings.metadata.schema_org import schema_org_document
from listings.metadata.turtle import prefixes, statements
from listings.models import Listing

JSON_LD, TURTLE, JSON, ATOM = "application/ld+json", "text/turtle", "application/json", "application/atom+xml"


class AsAddressed(BaseContentNegotiation):
    """The address says which form is wanted: `Accept: text/turtle` must not be refused by an API that speaks JSON."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)


class ForEverybody(APIView):
    permission_classes = (AllowAny,)
    content_negotiation_class = AsAddressed


def sought_by(request: Request) -> QuerySet[Listing]:
    """Return what the caller may know of; pages and exports tell what is public only."""
    return Listing.objects.sought_by(actor_of(request))


def as_json_ld(nodes: Iterable[Node]) -> str:
    return json_text(document(without_repetition(nodes)))


def as_turtle(nodes: Iterable[Node]) -> str:
    return prefixes() + "".join(statements(without_repetition(nodes)))


WRITERS: Mapping[str, Callable[[Iterable[Node]], str]] = {JSON_LD: as_json_ld, TURTLE: as_turtle}


def answer(text: str, media_type: str, *, following: str = "") -> HttpResponse:
    """Return a document; `following` is the address of the next page (RFC 8288)."""
    response = HttpResponse(text, content_type=f"{media_type}; charset=utf-8")
    if following:
        response["Link"] = f'<{following}>; rel="next"'
    return response


class PagedDocument(ForEverybody, generics.GenericAPIView[Listing]):
    """A page of what is listed, newest first, as one document."""

    filter_backends = ()
    serializer_class = serializers.Serializer[Any]
    ordering = ("-listed_at", "-id")

    def page_of(self, request: Request, rows: QuerySet[Listing]) -> tuple[list[Listing], str]:
        """Return the rows of the page that is asked for, and the address of the next one or ""."""
        page = self.paginate_queryset(rows) or []
        cursor: str | None = getattr(self.paginator, "next", None)
        return page, self._address(request, cursor) if cursor else ""

    def _address(self, request: Request, cursor: str = "") -> str:
        return with_query(request.path, limit=request.query_params.get("limit", ""), cursor=cursor)


class DcatPage(PagedDocument):
    media_type = JSON_LD

    def page(self, request: Request) -> HttpResponse:
        rows, following = self.page_of(request, described())
        this = self._address(request, request.query_params.get("cursor", ""))
        view = page_node(this, first=self._address(request), following=following)
        nodes = [catalogue_node(rows, page=view), *graph(rows)]
        return answer(WRITERS[self.media_type](nodes), self.media_type, following=following)


class DcatJsonLd(DcatPage):
    """The public catalogue in DCAT-AP 3 as JSON-LD, by page; two queries whatever the page."""

    @extend_schema(operation_id="catalogue_dcat_jsonld", responses={(200, JSON_LD): OpenApiTypes.OBJECT})
    def get(self, request: Request) -> HttpResponse:
        return self.page(request)


class DcatTurtle(DcatPage):
    """The public catalogue in DCAT-AP 3 as Turtle, by page; two queries whatever the page."""

    media_type = TURTLE

    @extend_schema(operation_id="catalogue_dcat_turtle", responses={(200, TURTLE): OpenApiTypes.STR})
    def get(self, request: Request) -> HttpResponse:
        return self.page(request)


class ExportJsonLines(ForEverybody):
    """The whole public catalogue as a stream of JSON-LD documents, one a line."""

    @extend_schema(operation_id="catalogue_export_jsonl", responses={(200, "application/jsonl"): OpenApiTypes.STR})
    def get(self, request: Request) -> StreamingHttpResponse:
        return StreamingHttpResponse(catalogue_lines(), content_type="application/jsonl; charset=utf-8")


class ExportTurtle(ForEverybody):
    """The whole public catalogue as one stream of Turtle."""

    @extend_schema(operation_id="catalogue_export_turtle", responses={(200, TURTLE): OpenApiTypes.STR})
    def get(self, request: Request) -> StreamingHttpResponse:
        return StreamingHttpResponse(catalogue_turtle(), content_type=f"{TURTLE}; charset=utf-8")


class NewestFeed(PagedDocument):
    """What was listed last, as an Atom feed (RFC 4287) with further pages (RFC 5005)."""

    @extend_schema(operation_id="catalogue_feed", responses={(200, ATOM): OpenApiTypes.STR})
    def get(self, request: Request) -> HttpResponse:
        rows, following = self.page_of(request, described())
        this = self._address(request, request.query_params.get("cursor", ""))
        feed = newest_feed(rows, this=this, first=self._address(request), following=following)
        return answer(feed, ATOM, following=following)


class ListingDcatJsonLd(ForEverybody):
    """One listing in DCAT-AP 3 as JSON-LD."""

    @extend_schema(operation_id="catalogue_listing_dcat_jsonld", responses={(200, JSON_LD): OpenApiTypes.OBJECT})
    def get(self, request: Request, listing_id: UUID) -> HttpResponse:
        listing = open_listing(described(sought_by(request)), listing_id)
        return answer(as_json_ld([catalogue_node([listing]), *graph([listing])]), JSON_LD)


class ListingDcatTurtle(ForEverybody):
    """One listing in DCAT-AP 3 as Turtle."""

    @extend_schema(operation_id="catalogue_listing_dcat_turtle", responses={(200, TURTLE): OpenApiTypes.STR})
    def get(self, request: Request, listing_id: UUID) -> HttpResponse:
        listing = open_listing(described(sought_by(request)), listing_id)
        return answer(as_turtle([catalogue_node([listing]), *graph([listing])]), TURTLE)


class ListingSchemaOrg(ForEverybody):
    """One listing as schema.org Dataset, in the language of the request."""

    @extend_schema(operation_id="catalogue_listing_schema_org", responses={(200, JSON_LD): OpenApiTypes.OBJECT})
    def get(self, request: Request, listing_id: UUID) -> HttpResponse:
        listing = open_listing(profiled(sought_by(request)), listing_id)
        return answer(json_text(schema_org_document(listing)), JSON_LD)


class CroissantQuerySerializer(serializers.Serializer[Any]):
    version = serializers.ChoiceField(VERSIONS, default=VERSIONS[0])


class ListingCroissant(ForEverybody):
    """One listing as MLCommons Croissant, in the language of the request."""

    @extend_schema(
        operation_id="catalogue_listing_croissant",
        parameters=[CroissantQuerySerializer],
        responses={(200, JSON_LD): OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, listing_id: UUID) -> HttpResponse:
        query = CroissantQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        listing = open_listing(profiled(sought_by(request)), listing_id)
        return answer(json_text(croissant_document(listing, version=query.validated_data["version"])), JSON_LD)


class ListingDataPackage(ForEverybody):
    """One listing as a Frictionless data package, in the language of the request."""

    @extend_schema(operation_id="catalogue_listing_data_package", responses={(200, JSON): OpenApiTypes.OBJECT})
    def get(self, request: Request, listing_id: UUID) -> HttpResponse:
        listing = open_listing(profiled(sought_by(request)), listing_id)
        return answer(json_text(data_package(listing)), JSON)


class MetadataProblemSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    level = serializers.ChoiceField([level.value for level in Level])
    pointer = serializers.CharField()
    detail = serializers.CharField()


class MetadataCheckSerializer(serializers.Serializer[Any]):
    """`valid` says that other catalogues take the description; warnings make it worse, not refused."""

    listing_id = serializers.UUIDField()
    valid = serializers.BooleanField()
    problems = MetadataProblemSerializer(many=True)


class ListingMetadataCheck(APIView):
    """What the listing's description lacks for other catalogues; for its provider and the venue's staff."""

    @extend_schema(operation_id="listings_metadata_check", responses=MetadataCheckSerializer)
    def get(self, request: Request, listing_id: UUID) -> Response:
        listing = get_object_or_404(profiled(Listing.objects.visible_to(actor_of(request))), pk=listing_id)
        problems = check_metadata(listing)
        valid = all(problem.level != Level.ERROR for problem in problems)
        found = {"listing_id": listing.pk, "valid": valid, "problems": problems}
        return Response(represent(MetadataCheckSerializer, found))
