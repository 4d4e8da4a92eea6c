"""The page of a listing, and what it answers, over HTTP."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api import actor_of, represent
from kernel.languages import LanguageMapSerializerField
from kernel.money import MoneyField
from listings.api.catalogue_serializers import CatalogueFileSerializer
from listings.audience import open_listing
from listings.models import Listing
from marketplace.api.match_serializers import (
    ListingMatchesSerializer,
    ListingMatchSerializer,
    ScenarioSummarySerializer,
    WishMatchesSerializer,
)
from marketplace.matching import demands_for, listings_for, offered_listings, scenarios_for, wish_of_demand
from marketplace.models import Demand
from marketplace.product_page import METHODS, product_page


class ChartSerializer(serializers.Serializer[Any]):
    """What may be drawn of one column; values only where sample rows are public and nothing personal was found."""

    name = serializers.CharField()
    type = serializers.CharField()
    format = serializers.CharField(allow_null=True)
    null_share = serializers.FloatField(allow_null=True)
    distinct = serializers.IntegerField(allow_null=True)
    length = serializers.DictField(allow_null=True)
    top = serializers.ListField(child=serializers.DictField(), allow_null=True)
    histogram = serializers.DictField(allow_null=True)


class FileChartsSerializer(serializers.Serializer[Any]):
    file = CatalogueFileSerializer(source="summary")
    columns = ChartSerializer(many=True)


class BandSerializer(serializers.Serializer[Any]):
    quarter = serializers.CharField(allow_blank=True)
    trades = serializers.IntegerField(help_text=_("At least so many."))
    low = MoneyField()
    high = MoneyField()


class DeliveriesSerializer(serializers.Serializer[Any]):
    counted = serializers.IntegerField()
    median_minutes = serializers.IntegerField(allow_null=True)
    failure_share = serializers.FloatField(allow_null=True)


class ProviderRecordSerializer(serializers.Serializer[Any]):
    trades = serializers.IntegerField()
    rejected = serializers.IntegerField()
    on_time_share = serializers.FloatField(allow_null=True)


class ProductPageSerializer(serializers.Serializer[Any]):
    """Every part is computed from rows when it is asked for; `methods` says how, and what is withheld."""

    id = serializers.UUIDField(source="listing.id")
    number = serializers.CharField(source="listing.number")
    name = LanguageMapSerializerField(source="listing.name")
    quality = serializers.DictField(allow_null=True)
    files = FileChartsSerializer(many=True)
    prices = BandSerializer(many=True)
    deliveries = DeliveriesSerializer()
    provider = ProviderRecordSerializer()
    similar = ListingMatchSerializer(many=True)
    comparable = BandSerializer(allow_null=True)
    scenarios = ScenarioSummarySerializer(many=True)
    methods = serializers.SerializerMethodField()

    def get_methods(self, _page: Any) -> dict[str, str]:
        return {part: str(method) for part, method in METHODS.items()}


class ProductPageDetail(APIView):
    """Charts, quality, price bands, deliveries, the provider's record, similar listings and comparable deals."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="catalogue_product_page", responses=ProductPageSerializer)
    def get(self, request: Request, listing_id: UUID) -> Response:
        return Response(represent(ProductPageSerializer, product_page(listing_id, actor_of(request))))


class ListingMatches(APIView):
    """The demands on the board and the scenarios that a listing answers, with the reasons."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="catalogue_matches", responses=WishMatchesSerializer)
    def get(self, request: Request, listing_id: UUID) -> Response:
        actor = actor_of(request)
        listing = open_listing(offered_listings(Listing.objects.sought_by(actor)), listing_id)
        found = {"demands": demands_for(listing, actor), "scenarios": scenarios_for(listing)}
        return Response(represent(WishMatchesSerializer, found))


class DemandMatches(APIView):
    """The listings of its venue that answer a demand, with the reasons; for its buyer and the venue's staff."""

    @extend_schema(operation_id="demands_matches", responses=ListingMatchesSerializer)
    def get(self, request: Request, demand_id: UUID) -> Response:
        actor = actor_of(request)
        demand = get_object_or_404(Demand.objects.visible_to(actor), pk=demand_id)
        found = listings_for(wish_of_demand(demand, for_buyer=True), actor, venue_id=demand.venue_id)
        return Response(represent(ListingMatchesSerializer, {"listings": found}))
