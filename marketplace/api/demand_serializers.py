"""How demands and proposals look in JSON."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kernel.api import StrictSerializer
from kernel.languages import LanguageMapSerializerField
from kernel.money import MoneyField
from listings.models import PersonalData, ProductType
from marketplace.api.serializers import PartySerializer
from marketplace.models import Demand, Proposal
from marketplace.models.demands import DESCRIPTION_LENGTH, TITLE_LENGTH

MOST_FIELDS = 100


class WishSerializer(StrictSerializer):
    """What a buyer looks for; all that is required when the demand is made may be changed while it is a draft."""

    title = LanguageMapSerializerField(text_length=TITLE_LENGTH, required=False)
    description = LanguageMapSerializerField(text_length=DESCRIPTION_LENGTH, required=False)
    purpose = serializers.CharField(
        max_length=1000, required=False, help_text=_("What the data will be used for; part of the agreement.")
    )
    industry = serializers.CharField(max_length=3, required=False, help_text=_("GB/T 4754 section and division: I65."))
    product_type = serializers.ChoiceField(ProductType.choices, required=False, allow_blank=True)
    wanted_fields = serializers.ListField(
        child=serializers.CharField(max_length=80), max_length=MOST_FIELDS, required=False
    )
    personal_data = serializers.ChoiceField(
        PersonalData.choices, required=False, help_text=_("The gravest kind that is wanted.")
    )
    budget = MoneyField(required=False, allow_null=True)
    budget_public = serializers.BooleanField(required=False)
    deadline = serializers.DateTimeField(required=False, help_text=_("Proposals are taken until then."))
    destination = serializers.CharField(max_length=2, required=False, help_text=_("ISO 3166 code: CN, HK, MO, …"))
    delivery = serializers.CharField(max_length=400, required=False, allow_blank=True)
    confidentiality = serializers.ChoiceField(Demand.Confidentiality.choices, required=False)


class NewDemandSerializer(WishSerializer):
    venue = serializers.CharField(max_length=20, help_text=_("The venue's code: gzdex, szdex."))
    title = LanguageMapSerializerField(text_length=TITLE_LENGTH)
    description = LanguageMapSerializerField(text_length=DESCRIPTION_LENGTH)
    purpose = serializers.CharField(
        max_length=1000, help_text=_("What the data will be used for; part of the agreement.")
    )
    industry = serializers.CharField(max_length=3, help_text=_("GB/T 4754 section and division: I65."))
    deadline = serializers.DateTimeField(help_text=_("Proposals are taken until then."))
    destination = serializers.CharField(max_length=2, help_text=_("ISO 3166 code: CN, HK, MO, …"))


class BoardSerializer(serializers.ModelSerializer[Demand]):
    """A demand as everybody reads it: without what its buyer keeps back."""

    venue = serializers.CharField(source="venue.code")
    title = LanguageMapSerializerField()
    description = LanguageMapSerializerField()
    buyer = serializers.SerializerMethodField()
    budget = serializers.SerializerMethodField()

    class Meta:
        model = Demand
        fields: tuple[str, ...] = (
            "id",
            "number",
            "venue",
            "title",
            "description",
            "industry",
            "product_type",
            "wanted_fields",
            "personal_data",
            "budget",
            "deadline",
            "destination",
            "delivery",
            "buyer",
            "published_at",
        )
        read_only_fields = fields

    @extend_schema_field(PartySerializer(allow_null=True))
    def get_buyer(self, demand: Demand) -> Any:
        return PartySerializer(demand.buyer).data if demand.names_buyer else None

    @extend_schema_field(MoneyField(allow_null=True))
    def get_budget(self, demand: Demand) -> dict[str, str] | None:
        return demand.budget.as_json() if demand.budget and demand.budget_public else None


class DemandSerializer(serializers.ModelSerializer[Demand]):
    """A demand as its buyer and the venue's staff read it."""

    venue = serializers.CharField(source="venue.code")
    title = LanguageMapSerializerField()
    description = LanguageMapSerializerField()
    buyer = PartySerializer()
    budget = MoneyField(allow_null=True)
    order = serializers.CharField(source="order.number", default=None, allow_null=True)

    class Meta:
        model = Demand
        fields: tuple[str, ...] = (
            "id",
            "number",
            "venue",
            "state",
            "buyer",
            "title",
            "description",
            "purpose",
            "industry",
            "product_type",
            "wanted_fields",
            "personal_data",
            "budget",
            "budget_public",
            "deadline",
            "destination",
            "delivery",
            "confidentiality",
            "published_at",
            "order",
            "order_id",
            "created_at",
        )
        read_only_fields = fields


class NewProposalSerializer(StrictSerializer):
    """A plan of a listing, or a draft of what would be made and listed, with its price."""

    capacity = serializers.ChoiceField(
        Proposal.Capacity.choices,
        help_text=_("A provider proposes its own listings, a broker those of others."),
    )
    valid_until = serializers.DateTimeField()
    listing_id = serializers.UUIDField(required=False)
    plan_id = serializers.UUIDField(required=False)
    draft = LanguageMapSerializerField(text_length=DESCRIPTION_LENGTH, required=False)
    price = MoneyField(required=False, help_text=_("Of a draft; a listing is proposed at the price of its plan."))
    delivery = serializers.CharField(max_length=400, required=False, allow_blank=True)
    delivery_days = serializers.IntegerField(min_value=0, max_value=3660, required=False, allow_null=True)
    message = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class OfferedListingSerializer(StrictSerializer):
    listing_id = serializers.UUIDField()
    plan_id = serializers.UUIDField()


class AnsweredDemandSerializer(serializers.ModelSerializer[Demand]):
    title = LanguageMapSerializerField()

    class Meta:
        model = Demand
        fields = ("id", "number", "title", "state")
        read_only_fields = fields


class ProposalSerializer(serializers.ModelSerializer[Proposal]):
    """A proposal as its two parties read it."""

    venue = serializers.CharField(source="venue.code")
    demand = AnsweredDemandSerializer()
    proposer = PartySerializer(source="organization")
    listing = serializers.CharField(source="listing.number", default=None, allow_null=True)
    draft = LanguageMapSerializerField()
    price = MoneyField()

    class Meta:
        model = Proposal
        fields = (
            "id",
            "venue",
            "demand",
            "proposer",
            "capacity",
            "state",
            "listing",
            "listing_id",
            "plan_id",
            "draft",
            "price",
            "delivery",
            "delivery_days",
            "message",
            "valid_until",
            "created_at",
        )
        read_only_fields = fields
