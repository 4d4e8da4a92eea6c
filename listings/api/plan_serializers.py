"""How plans look in JSON: prices, and what is counted at which price."""

import re
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kernel.api import StrictSerializer
from kernel.languages import LanguageMapSerializerField
from kernel.money import MoneyField
from listings.cycles import Cycle
from listings.metering import LONGEST_PACK_DAYS, MOST_UNITS, PRICE_PLACES, Metering, Pack, Tier, Unit
from listings.milestones import LONGEST_DAYS, WHOLE, Milestone
from listings.models import (
    Plan,
)
from listings.models.products import NAME_LENGTH
from listings.revenue_shares import LONGEST_DAYS as LONGEST_REPORT_DAYS
from listings.revenue_shares import RevenueShare

_UNIT_PRICE = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")


@extend_schema_field({"type": "string", "pattern": r"^\d{1,6}(\.\d{1,6})?$", "examples": ["0.015"]})
class UnitPriceField(serializers.Field[Decimal, Any, str, Decimal]):
    """A price finer than money's minor units: a decimal string, so that no JSON reader rounds it."""

    default_error_messages = {"invalid": _("Give a decimal string of at most six places, below 1 000 000.")}

    def to_internal_value(self, data: Any) -> Decimal:
        if not isinstance(data, str) or not _UNIT_PRICE.fullmatch(data):
            self.fail("invalid")
        return Decimal(data)

    def to_representation(self, value: Decimal) -> str:
        return format(value, f".{PRICE_PLACES}f")


class TierSerializer(StrictSerializer):
    """What a unit costs beyond so many of a month."""

    beyond_units = serializers.IntegerField(min_value=1, max_value=MOST_UNITS)
    unit_price = UnitPriceField()

    def validate(self, attrs: dict[str, Any]) -> Tier:
        return Tier(**attrs)


class PackSerializer(StrictSerializer):
    """Units that are bought ahead, and used after a month's free ones, those that expire first before the others."""

    units = serializers.IntegerField(min_value=1, max_value=MOST_UNITS, help_text=_("No two packs have as many."))
    price = serializers.DecimalField(
        max_digits=13, decimal_places=2, min_value=Decimal("0.01"), help_text=_("Of all units, in the plan's currency.")
    )
    valid_days = serializers.IntegerField(min_value=1, max_value=LONGEST_PACK_DAYS)

    def validate(self, attrs: dict[str, Any]) -> Pack:
        return Pack(attrs["units"], int(attrs["price"] * 100), attrs["valid_days"])


class MeteringSerializer(StrictSerializer):
    """What a metered plan counts in each calendar month; no limit where a member is null."""

    unit = serializers.ChoiceField(Unit.choices)
    unit_price = UnitPriceField(help_text=_("In the plan's currency, as a decimal string with up to six places."))
    included_units = serializers.IntegerField(min_value=0, max_value=MOST_UNITS, default=0)
    most_units = serializers.IntegerField(min_value=1, max_value=MOST_UNITS, default=None, allow_null=True)
    calls_per_second = serializers.IntegerField(min_value=1, max_value=10**6, default=None, allow_null=True)
    calls_per_minute = serializers.IntegerField(min_value=1, max_value=10**8, default=None, allow_null=True)

    tiers = TierSerializer(
        many=True, default=list, help_text=_("Prices of further units, each beyond more units than the one before.")
    )
    packs = PackSerializer(many=True, default=list, help_text=_("What may be bought ahead."))
    cap = serializers.DecimalField(
        max_digits=13,
        decimal_places=2,
        min_value=Decimal("0.01"),
        default=None,
        allow_null=True,
        help_text=_("What a month costs at most, in the plan's currency."),
    )

    def validate(self, attrs: dict[str, Any]) -> Metering:
        cap = attrs.pop("cap")
        tiers, packs = tuple(attrs.pop("tiers")), tuple(attrs.pop("packs"))
        return Metering(**attrs, tiers=tiers, packs=packs, cap_minor=None if cap is None else int(cap * 100))


class MilestoneSerializer(StrictSerializer):
    """One step of the work, and the share of the price that it earns."""

    title = LanguageMapSerializerField(text_length=120)
    criterion = LanguageMapSerializerField(text_length=1000, help_text=_("By what the buyer judges it."))
    share_ppm = serializers.IntegerField(min_value=1, max_value=WHOLE, help_text=_("All shares sum to 1000000."))
    due_days = serializers.IntegerField(min_value=1, max_value=LONGEST_DAYS, help_text=_("From the order on."))

    def validate(self, attrs: dict[str, Any]) -> Milestone:
        return Milestone(**attrs)


class RevenueShareSerializer(StrictSerializer):
    """Which share of the buyer's revenue is due for each period of the calendar; no limit where a member is null."""

    share_ppm = serializers.IntegerField(
        min_value=1, max_value=WHOLE, help_text=_("In parts per million: 125000 is 12.5 %.")
    )
    period = serializers.ChoiceField(Cycle.choices)
    report_days = serializers.IntegerField(
        min_value=1, max_value=LONGEST_REPORT_DAYS, help_text=_("After the period's end, for the buyer to report.")
    )
    grace_days = serializers.IntegerField(
        min_value=1,
        max_value=LONGEST_REPORT_DAYS,
        default=10,
        help_text=_("After those, until what is undisputed is charged without a report: the minimum at least."),
    )
    minimum = serializers.DecimalField(
        max_digits=13,
        decimal_places=2,
        min_value=Decimal("0.01"),
        default=None,
        allow_null=True,
        help_text=_("What a whole period brings at least, in the plan's currency; a part of one by its days."),
    )
    cap = serializers.DecimalField(
        max_digits=13,
        decimal_places=2,
        min_value=Decimal("0.01"),
        default=None,
        allow_null=True,
        help_text=_("What a period brings at most, in the plan's currency."),
    )

    def validate(self, attrs: dict[str, Any]) -> RevenueShare:
        least, most = (_minor(attrs.pop(name)) for name in ("minimum", "cap"))
        return RevenueShare(**attrs, minimum_minor=least, cap_minor=most)


def _minor(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount * 100)


class NewPlanSerializer(StrictSerializer):
    kind = serializers.ChoiceField(Plan.Kind.choices)
    price = MoneyField(
        required=False,
        help_text=_(
            "Needed unless the plan is free, metered or shares revenue, at least 0.01; a guide where it is negotiated "
            "or bid for; of a metered plan or a share of revenue what the order itself costs."
        ),
    )
    metering = MeteringSerializer(required=False, help_text=_("Of a metered plan alone."))
    new_versions = serializers.ChoiceField(
        Plan.NewVersions.choices,
        required=False,
        help_text=_("Of a subscription alone: which new versions come with it; all, where nothing is said."),
    )
    cycle = serializers.ChoiceField(
        Cycle.choices,
        allow_blank=True,
        default="",
        help_text=_(
            "Of a subscription alone: its terms are the calendar's, of which the first is paid by days; empty where "
            "they are as many days as the terms say, from the order on."
        ),
    )
    takes_offers = serializers.BooleanField(
        default=False, help_text=_("Whether buyers may offer another price; a negotiated plan always takes offers.")
    )
    milestones = MilestoneSerializer(
        many=True, required=False, help_text=_("The steps by which what is paid once is delivered and settled.")
    )
    revenue_share = RevenueShareSerializer(required=False, help_text=_("Of a share of revenue alone."))
    name = LanguageMapSerializerField(text_length=NAME_LENGTH, required=False)


class PlanChangesSerializer(StrictSerializer):
    kind = serializers.ChoiceField(Plan.Kind.choices, required=False)
    price = MoneyField(required=False)
    metering = MeteringSerializer(required=False)
    new_versions = serializers.ChoiceField(Plan.NewVersions.choices, required=False)
    cycle = serializers.ChoiceField(Cycle.choices, required=False, allow_blank=True)
    takes_offers = serializers.BooleanField(required=False)
    milestones = MilestoneSerializer(
        many=True, required=False, help_text=_("The steps by which what is paid once is delivered and settled.")
    )
    revenue_share = RevenueShareSerializer(required=False, help_text=_("Of a share of revenue alone."))
    name = LanguageMapSerializerField(text_length=NAME_LENGTH, required=False)


class PlanSerializer(serializers.ModelSerializer[Plan]):
    name = LanguageMapSerializerField()
    price = MoneyField()
    metering = MeteringSerializer(allow_null=True)
    milestones = MilestoneSerializer(many=True)
    revenue_share = RevenueShareSerializer(allow_null=True, source="share")

    class Meta:
        model = Plan
        fields = (
            "id",
            "product_id",
            "kind",
            "name",
            "price",
            "metering",
            "new_versions",
            "cycle",
            "takes_offers",
            "milestones",
            "revenue_share",
            "created_at",
        )
        read_only_fields = fields
