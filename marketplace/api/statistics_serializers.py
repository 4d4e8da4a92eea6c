"""How editions of the statistics, their cells, the index and production returns look in JSON."""

from typing import Any, cast

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.product_types import ProductType
from kernel.api import StrictSerializer
from kernel.money import CURRENCY_CHOICES, format_amount, parse_amount
from listings.models.vocabulary import SourceKind
from marketplace.models import IndexPoint, ProductionReturn, StatisticCell, StatisticEdition
from marketplace.statistics.cube import DIMENSIONS


@extend_schema_field({"type": ["string", "null"], "pattern": r"^\d{1,15}\.\d{2}$", "examples": ["1200.00"]})
class HundredthsField(serializers.Field[int, Any, str, int]):
    """A whole number of hundredths (cents, or hundredths of a point) as a decimal string."""

    default_error_messages = {"amount": _("Give a decimal string of at most two places, from 0.00 to 99999999999.99.")}

    def to_internal_value(self, data: Any) -> int:
        try:
            return parse_amount(data if isinstance(data, str) else "")
        except ValueError:
            self.fail("amount")

    def to_representation(self, value: int) -> str:
        return format_amount(value)


class CompileSerializer(StrictSerializer):
    venue = serializers.CharField(help_text=_("The venue's code."))
    quarter = serializers.CharField(max_length=6, help_text=_("A quarter that is over, such as 2026Q3."))


class StatisticEditionSerializer(serializers.ModelSerializer[StatisticEdition]):
    venue = serializers.CharField(source="venue.code")

    class Meta:
        model = StatisticEdition
        fields: tuple[str, ...] = (
            "id",
            "venue",
            "quarter",
            "revision",
            "state",
            "method",
            "sha256",
            "withheld",
            "published_at",
            "created_at",
        )
        read_only_fields = fields


class StatisticEditionDetailSerializer(StatisticEditionSerializer):
    """One edition with its method in words."""

    statement = serializers.DictField(child=serializers.CharField(), read_only=True)

    class Meta(StatisticEditionSerializer.Meta):
        fields = (*StatisticEditionSerializer.Meta.fields, "statement")
        read_only_fields = fields


class StatisticCellSerializer(serializers.ModelSerializer[StatisticCell]):
    """A cell; an empty dimension is the total over it, and a withheld cell has no figures."""

    value = HundredthsField(source="value_minor", read_only=True)
    cost = HundredthsField(source="cost_minor", read_only=True)
    capital_formation = HundredthsField(source="capitalised_minor", read_only=True)

    class Meta:
        model = StatisticCell
        fields = (
            "table",
            "currency",
            *DIMENSIONS,
            "withheld",
            "trades",
            "value",
            "volume_bytes",
            "buyers",
            "sellers",
            "cost",
            "capital_formation",
        )
        read_only_fields = fields


class IndexPointSerializer(serializers.ModelSerializer[IndexPoint]):
    """The index of a quarter, of one product type or (empty) of all; null where too few trade."""

    venue = serializers.CharField(source="edition.venue.code")
    quarter = serializers.CharField(source="edition.quarter")
    listings = HundredthsField(read_only=True)
    trades = HundredthsField(read_only=True)
    prices = HundredthsField(read_only=True)
    composite = HundredthsField(read_only=True)

    class Meta:
        model = IndexPoint
        fields = ("venue", "quarter", "product_type", "listings", "trades", "prices", "composite")
        read_only_fields = fields


class CostsSerializer(StrictSerializer):
    acquisition = HundredthsField()
    cleaning = HundredthsField()
    labelling = HundredthsField()
    storage = HundredthsField()
    compliance = HundredthsField()


class FileReturnSerializer(StrictSerializer):
    venue = serializers.CharField(help_text=_("The venue's code."))
    quarter = serializers.CharField(max_length=6, help_text=_("A quarter that is over, such as 2026Q3."))
    industry = serializers.CharField(max_length=1, help_text=_("The letter of a section of GB/T 4754."))
    product_type = serializers.ChoiceField(choices=ProductType.choices)
    source_kind = serializers.ChoiceField(choices=SourceKind.choices)
    currency = serializers.ChoiceField(choices=CURRENCY_CHOICES)
    costs = CostsSerializer()
    capitalised = HundredthsField(help_text=_("What of the costs was booked as an asset."))


class ProductionReturnSerializer(serializers.ModelSerializer[ProductionReturn]):
    venue = serializers.CharField(source="venue.code")
    costs = serializers.SerializerMethodField()
    capitalised = HundredthsField(source="capitalised_minor", read_only=True)

    class Meta:
        model = ProductionReturn
        fields = (
            "id",
            "organization_id",
            "venue",
            "quarter",
            "industry",
            "product_type",
            "source_kind",
            "currency",
            "costs",
            "capitalised",
            "created_at",
        )
        read_only_fields = fields

    @extend_schema_field(CostsSerializer)
    def get_costs(self, filed: ProductionReturn) -> dict[str, str]:
        return {name: format_amount(cast("int", getattr(filed, f"{name}_minor"))) for name in ProductionReturn.COSTS}
