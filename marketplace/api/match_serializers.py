"""How matches and their reasons look in JSON."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kernel.languages import LanguageMapSerializerField
from kernel.money import Currency, Money, MoneyField
from listings.models import Listing
from marketplace.api.serializers import PartySerializer
from marketplace.models import Demand, Scenario


class MatchReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    points = serializers.IntegerField(help_text=_("What it adds to the score; below zero it speaks against."))
    values = serializers.ListField(child=serializers.CharField())
    text = serializers.CharField(help_text=_("The reason in the language of the request."))


class MatchSerializer(serializers.Serializer[Any]):
    score = serializers.IntegerField(min_value=0, max_value=100)
    reasons = MatchReasonSerializer(many=True)


class ListedSerializer(serializers.ModelSerializer[Listing]):
    """A listing as far as a match or a link shows it."""

    name = LanguageMapSerializerField()
    venue = serializers.CharField(source="venue.code")
    provider = PartySerializer(source="organization")
    price_from = serializers.SerializerMethodField()

    class Meta:
        model = Listing
        fields = ("id", "number", "venue", "name", "product_type", "industry", "price_from", "provider")
        read_only_fields = fields

    @extend_schema_field(MoneyField())
    def get_price_from(self, listing: Listing) -> dict[str, str]:
        return Money(listing.price_from_minor or 0, Currency(listing.currency)).as_json()


class WantedSerializer(serializers.ModelSerializer[Demand]):
    """A demand as far as a match or a link shows it."""

    title = LanguageMapSerializerField()
    venue = serializers.CharField(source="venue.code")

    class Meta:
        model = Demand
        fields = ("id", "number", "venue", "title", "industry", "deadline")
        read_only_fields = fields


class ScenarioSummarySerializer(serializers.ModelSerializer[Scenario]):
    title = LanguageMapSerializerField()
    venue = serializers.CharField(source="venue.code")

    class Meta:
        model = Scenario
        fields = ("id", "number", "venue", "title", "industry", "state")
        read_only_fields = fields


class ListingMatchSerializer(MatchSerializer):
    listing = ListedSerializer(source="row")


class DemandMatchSerializer(MatchSerializer):
    demand = WantedSerializer(source="row")


class ScenarioMatchSerializer(MatchSerializer):
    scenario = ScenarioSummarySerializer(source="row")


class ListingMatchesSerializer(serializers.Serializer[Any]):
    """The listings that answer a wish, the best first, twenty at most."""

    listings = ListingMatchSerializer(many=True)


class WishMatchesSerializer(serializers.Serializer[Any]):
    """The demands and scenarios that a listing answers, the best first, twenty of each at most."""

    demands = DemandMatchSerializer(many=True)
    scenarios = ScenarioMatchSerializer(many=True)
