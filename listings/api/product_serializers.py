"""How products, plans and terms look in JSON."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kernel.api import StrictSerializer
from kernel.languages import LanguageMapSerializerField
from kernel.money import MoneyField
from listings.dossier import EVIDENCE_LENGTH
from listings.metering import MOST_UNITS, PRICE_PLACES, Metering, Tier, Unit
from listings.models import (
    BuyerKind,
    DeliveryMode,
    Frequency,
    PersonalData,
    Plan,
    Processing,
    Product,
    ProductType,
    Purpose,
    RegionScope,
    Right,
    SourceKind,
    Terms,
)
from listings.models.products import NAME_LENGTH, SUMMARY_LENGTH
from listings.rights_matrix import ANNOTATION_LENGTH, HOLDER_LENGTH, MOST_CLAIMS, claims_of
from listings.room_rules import (
    LARGEST_BOUND,
    LEAST_EPSILON,
    LONGEST_NAME,
    LONGEST_SQL,
    MOST_EPSILON,
    MOST_PLACES,
    Approval,
    ParameterKind,
)
from listings.table_cut import LONGEST, MOST_COLUMNS, MOST_PARTITIONS, MOST_VALUES
from listings.terms import FIELDS as TERMS_FIELDS
from listings.type_fields import KINDS

_UNIT_PRICE = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")


class TypeFieldsField(serializers.JSONField):
    """Values by the code of the field; config/openapi.py describes it, listings/type_fields.py checks it."""


class HolderSerializer(StrictSerializer):
    """Another organization that has a right, as its register names it."""

    name = serializers.CharField(max_length=HOLDER_LENGTH)
    jurisdiction = serializers.CharField(min_length=2, max_length=2)
    identifier = serializers.CharField(max_length=64, help_text=_("Its number there: a USCC, a BR number and so on."))


class RightsClaimSerializer(StrictSerializer):
    """One claim as the provider gives it; what it leaves out is filled in by the table of sources."""

    right = serializers.ChoiceField(Right.choices)
    holder = HolderSerializer(required=False, allow_null=True, help_text=_("Left out: the provider itself."))
    basis = serializers.CharField(
        max_length=40, required=False, allow_blank=True, help_text=_("Left out: the usual one; see source-kinds.")
    )
    valid_from = serializers.DateField(required=False, allow_null=True)
    valid_until = serializers.DateField(required=False, allow_null=True, help_text=_("The last day of the right."))
    territories = serializers.ListField(
        child=serializers.CharField(max_length=2),
        max_length=60,
        required=False,
        help_text=_("Jurisdictions (ISO 3166-1); none: everywhere."),
    )
    sublicence_allowed = serializers.BooleanField(
        required=False, allow_null=True, help_text=_("Whether buyers may license on; left out: as the source has it.")
    )
    annotation = serializers.CharField(max_length=ANNOTATION_LENGTH, required=False, allow_blank=True)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the claim as it is kept: plain JSON, days as text."""
        given = super().to_internal_value(data)
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in given.items()}


class MatrixSerializer(serializers.Serializer[Any]):
    """One claim in full."""

    right = serializers.ChoiceField(Right.choices)
    holder = HolderSerializer(allow_null=True)
    basis = serializers.CharField()
    valid_from = serializers.DateField(allow_null=True)
    valid_until = serializers.DateField(allow_null=True)
    territories = serializers.ListField(child=serializers.CharField())
    sublicence_allowed = serializers.BooleanField()
    annotation = serializers.CharField()


class DossierSerializer(StrictSerializer):
    """The listing dossier. A draft may leave gaps; registering it may not."""

    name = LanguageMapSerializerField(
        text_length=NAME_LENGTH, required=False, help_text=_("At most 40 characters each.")
    )
    summary = LanguageMapSerializerField(text_length=SUMMARY_LENGTH, required=False)
    scenario = LanguageMapSerializerField(text_length=1000, required=False, help_text=_("What the data are used for."))
    product_type = serializers.ChoiceField(ProductType.choices, required=False)
    type_fields = TypeFieldsField(required=False, help_text=_("What its type asks for; see product-types."))
    deliveries = serializers.ListField(
        child=serializers.ChoiceField(DeliveryMode.choices), max_length=len(DeliveryMode.choices), required=False
    )
    industry = serializers.CharField(max_length=3, required=False, help_text=_("GB/T 4754 section and division: I65."))
    language = serializers.CharField(max_length=35, required=False, help_text=_("Language tag of the data: zh-Hans."))
    source_kind = serializers.ChoiceField(SourceKind.choices, required=False)
    processing = serializers.ChoiceField(Processing.choices, required=False)
    rights = serializers.ListField(child=serializers.ChoiceField(Right.choices), max_length=3, required=False)
    rights_claims = serializers.ListField(
        child=RightsClaimSerializer(),
        required=False,
        max_length=MOST_CLAIMS,
        help_text=_("The rights matrix: term, territory, other holders. It says the provider's `rights` by itself."),
    )
    evidence = serializers.DictField(
        child=serializers.CharField(max_length=EVIDENCE_LENGTH), required=False, help_text=_("Code to statement.")
    )
    personal_data = serializers.ChoiceField(PersonalData.choices, required=False)
    region_scope = serializers.ChoiceField(RegionScope.choices, required=False)
    time_from = serializers.DateField(required=False, allow_null=True)
    time_to = serializers.DateField(required=False, allow_null=True)
    frequency = serializers.ChoiceField(Frequency.choices, required=False)
    buyer_kinds = serializers.ListField(child=serializers.ChoiceField(BuyerKind.choices), max_length=4, required=False)
    buyer_regions = serializers.ListField(child=serializers.CharField(max_length=2), max_length=60, required=False)
    buyer_qualifications = serializers.CharField(max_length=400, allow_blank=True, required=False)
    buyer_environment = serializers.CharField(max_length=400, allow_blank=True, required=False)
    resale_allowed = serializers.BooleanField(required=False)
    export_allowed = serializers.BooleanField(required=False)
    sample_rows_public = serializers.BooleanField(
        required=False, help_text=_("Show the profile's sample rows to everybody in the catalogue.")
    )


class NewProductSerializer(DossierSerializer):
    dataset_id = serializers.UUIDField(
        required=False, allow_null=True, help_text=_("Left out only where the type needs no dataset.")
    )


class ProductSerializer(serializers.ModelSerializer[Product]):
    name = LanguageMapSerializerField()
    summary = LanguageMapSerializerField()
    scenario = LanguageMapSerializerField()
    type_fields = TypeFieldsField()
    rights_claims = RightsClaimSerializer(many=True, help_text=_("As they were given."))
    rights_matrix = serializers.SerializerMethodField(help_text=_("Every claim in full, gaps filled in."))

    class Meta:
        model = Product
        fields = (
            "id",
            "number",
            "state",
            "organization_id",
            "dataset_id",
            *DossierSerializer().fields,
            "rights_matrix",
            "rule_set",
            "registered_at",
            "created_at",
        )
        read_only_fields = fields

    @extend_schema_field(MatrixSerializer(many=True))
    def get_rights_matrix(self, product: Product) -> Any:
        return [claim.as_json() for claim in claims_of(product)]


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
        tiers = tuple(attrs.pop("tiers"))
        return Metering(**attrs, tiers=tiers, cap_minor=None if cap is None else int(cap * 100))


class NewPlanSerializer(StrictSerializer):
    kind = serializers.ChoiceField(Plan.Kind.choices)
    price = MoneyField(
        required=False,
        help_text=_(
            "Needed for one-off plans and subscriptions, at least 0.01; of a metered plan what the order itself costs."
        ),
    )
    metering = MeteringSerializer(required=False, help_text=_("Of a metered plan alone."))
    new_versions = serializers.ChoiceField(
        Plan.NewVersions.choices,
        required=False,
        help_text=_("Of a subscription alone: which new versions come with it; all, where nothing is said."),
    )
    name = LanguageMapSerializerField(text_length=NAME_LENGTH, required=False)


class PlanChangesSerializer(StrictSerializer):
    kind = serializers.ChoiceField(Plan.Kind.choices, required=False)
    price = MoneyField(required=False)
    metering = MeteringSerializer(required=False)
    new_versions = serializers.ChoiceField(Plan.NewVersions.choices, required=False)
    name = LanguageMapSerializerField(text_length=NAME_LENGTH, required=False)


class PlanSerializer(serializers.ModelSerializer[Plan]):
    name = LanguageMapSerializerField()
    price = MoneyField()
    metering = MeteringSerializer(allow_null=True)

    class Meta:
        model = Plan
        fields = ("id", "product_id", "kind", "name", "price", "metering", "new_versions", "created_at")
        read_only_fields = fields


class RowConditionSerializer(StrictSerializer):
    """Which rows are delivered: those with one of the values, or within the limits (both included)."""

    column = serializers.CharField(max_length=LONGEST)
    values = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST), min_length=1, max_length=MOST_VALUES, required=False
    )
    least = serializers.CharField(max_length=LONGEST, required=False)
    greatest = serializers.CharField(max_length=LONGEST, required=False)


class TableCutSerializer(StrictSerializer):
    columns = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST),
        max_length=MOST_COLUMNS,
        required=False,
        help_text=_("None: all columns."),
    )
    rows = RowConditionSerializer(many=True, required=False, help_text=_("A row is delivered where all hold."))
    partition_by = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST),
        max_length=MOST_PARTITIONS,
        required=False,
        help_text=_("Columns by whose values the files are divided."),
    )


class RoomEpsilonField(serializers.DecimalField):
    """A share of a privacy budget, kept as text so that it is the same number everywhere."""

    def __init__(self, **options: Any) -> None:
        options |= {"min_value": LEAST_EPSILON, "max_value": MOST_EPSILON}
        super().__init__(max_digits=9, decimal_places=4, **options)

    def to_internal_value(self, data: Any) -> str:  # type: ignore[override]
        return f"{super().to_internal_value(data).normalize():f}"


class RoomColumnSerializer(StrictSerializer):
    """A column that may be asked about; one with bounds may be summed, each value first drawn within them."""

    name = serializers.CharField(max_length=LONGEST_NAME)
    grouped = serializers.BooleanField(default=False, help_text=_("Whether results may be given by its values."))
    least = serializers.IntegerField(min_value=-LARGEST_BOUND, max_value=LARGEST_BOUND, required=False)
    greatest = serializers.IntegerField(min_value=-LARGEST_BOUND, max_value=LARGEST_BOUND, required=False)
    places = serializers.IntegerField(
        min_value=0, max_value=MOST_PLACES, default=0, help_text=_("Decimal places that are kept.")
    )


class RoomParameterSerializer(StrictSerializer):
    name = serializers.RegexField(r"^[a-z][a-z0-9_]{0,39}\Z")
    kind = serializers.ChoiceField(ParameterKind.choices)


class RoomTemplateSerializer(StrictSerializer):
    code = serializers.RegexField(r"^[a-z][a-z0-9-]{0,39}\Z")
    sql = serializers.CharField(max_length=LONGEST_SQL, help_text=_("One SELECT, its parameters as :name."))
    parameters = RoomParameterSerializer(many=True, required=False)


class RoomRulesSerializer(StrictSerializer):
    """What may be asked of data that never leave: docs/clean-room.md."""

    min_group = serializers.IntegerField(
        min_value=2, max_value=100_000, help_text=_("No figure is given about fewer rows, or persons.")
    )
    columns = RoomColumnSerializer(many=True, allow_empty=False)
    epsilon = RoomEpsilonField(help_text=_("The privacy budget of one agreement (differential privacy)."))
    person_column = serializers.CharField(
        max_length=LONGEST_NAME,
        required=False,
        help_text=_("The column that tells persons apart; none: every row is one."),
    )
    match_column = serializers.CharField(
        max_length=LONGEST_NAME,
        required=False,
        help_text=_("The column with which buyers may intersect identifiers of their own; none: they may not."),
    )
    rows_per_person = serializers.IntegerField(
        min_value=1, max_value=1000, default=1, help_text=_("No more rows of one person are counted.")
    )
    max_rows = serializers.IntegerField(min_value=1, max_value=10_000, default=1000)
    approval = serializers.ChoiceField(Approval.choices, default=Approval.PROVIDER)
    templates_only = serializers.BooleanField(default=False)
    templates = RoomTemplateSerializer(many=True, required=False)


class NewTermsSerializer(StrictSerializer):
    purposes = serializers.ListField(
        child=serializers.ChoiceField(Purpose.choices), min_length=1, max_length=len(Purpose.choices)
    )
    territories = serializers.ListField(
        child=serializers.CharField(max_length=2), max_length=60, required=False, help_text=_("None: everywhere.")
    )
    term_days = serializers.IntegerField(min_value=1, max_value=36_500, required=False, allow_null=True)
    resale_allowed = serializers.BooleanField(required=False)
    derivatives_allowed = serializers.BooleanField(required=False)
    export_allowed = serializers.BooleanField(required=False)
    attribution_required = serializers.BooleanField(required=False)
    deletion_required = serializers.BooleanField(required=False)
    table_cut = TableCutSerializer(
        required=False, help_text=_("What of the tables is delivered; none: all. Needs delivery as shared tables.")
    )
    watermark_columns = serializers.ListField(
        child=serializers.CharField(max_length=200),
        max_length=20,
        required=False,
        help_text=_("Texts and decimals in which each buyer's copy is marked; * for the lines of a plain text."),
    )
    clean_room = RoomRulesSerializer(
        required=False, help_text=_("The rules of the clean room, for what is delivered by privacy computing.")
    )
    text = LanguageMapSerializerField(text_length=20_000)


class TermsSerializer(serializers.ModelSerializer[Terms]):
    table_cut = TableCutSerializer(read_only=True)
    text = LanguageMapSerializerField()

    class Meta:
        model = Terms
        fields = ("id", "product_id", "version", *TERMS_FIELDS, "policy", "created_at")
        read_only_fields = fields


class TypeChoiceSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = LanguageMapSerializerField(source="label")


class OpenChoiceSerializer(TypeChoiceSerializer):
    open = serializers.BooleanField(help_text=_("Whether the exchange can do this already."))


class TypeFieldSerializer(serializers.Serializer[Any]):
    """A field of the form; limits are null where there is none."""

    code = serializers.CharField()
    kind = serializers.ChoiceField(sorted(KINDS))
    mandatory = serializers.BooleanField(source="required")
    name = LanguageMapSerializerField(source="label")
    help = LanguageMapSerializerField()
    choices = TypeChoiceSerializer(many=True)
    minimum = serializers.FloatField(allow_null=True)
    maximum = serializers.FloatField(allow_null=True)
    places = serializers.IntegerField(allow_null=True)
    max_length = serializers.IntegerField(allow_null=True)
    pattern = serializers.CharField()


class ProductTypeSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    family = TypeChoiceSerializer()
    name = LanguageMapSerializerField(source="label")
    needs_dataset = serializers.BooleanField()
    plans = OpenChoiceSerializer(many=True)
    deliveries = OpenChoiceSerializer(many=True)
    type_fields = TypeFieldSerializer(many=True, source="fields")


class ProductTypesSerializer(serializers.Serializer[Any]):
    edition = serializers.CharField()
    items = ProductTypeSerializer(many=True)


class EvidenceSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = LanguageMapSerializerField()
    document = serializers.BooleanField(help_text=_("Whether a reviewer wants to see the document itself."))


class SourceBasisSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = LanguageMapSerializerField()
    evidence_by_right = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text=_("The rights that it gives, and the evidence that each takes besides."),
    )


class SourceRuleSerializer(serializers.Serializer[Any]):
    """The row for one source and, where it matters, one kind of processing."""

    source_kind = serializers.CharField()
    processing = serializers.CharField(default=None, allow_null=True)
    registrable = serializers.BooleanField()
    rights = serializers.ListField(child=serializers.CharField())
    evidence = serializers.ListField(child=serializers.CharField())
    sublicence = serializers.BooleanField(help_text=_("Whether buyers may license on where a claim does not say."))
    bases = SourceBasisSerializer(many=True)


class SourceKindsSerializer(serializers.Serializer[Any]):
    rule_set = serializers.CharField()
    personal_information_evidence = serializers.CharField()
    evidence = EvidenceSerializer(many=True)
    items = SourceRuleSerializer(many=True)


class IndustrySerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = LanguageMapSerializerField()
    section = serializers.CharField()
    section_name = LanguageMapSerializerField()


class IndustriesSerializer(serializers.Serializer[Any]):
    standard = serializers.CharField()
    items = IndustrySerializer(many=True)
