"""How products look in JSON, and the vocabularies that their dossiers are written in."""

from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kernel.api import StrictSerializer
from kernel.languages import LanguageMapSerializerField
from listings.dossier import EVIDENCE_LENGTH
from listings.models import (
    BuyerKind,
    DeliveryMode,
    Frequency,
    PersonalData,
    Processing,
    Product,
    ProductType,
    RegionScope,
    Right,
    SourceKind,
)
from listings.models.products import NAME_LENGTH, SUMMARY_LENGTH
from listings.rights_matrix import ANNOTATION_LENGTH, HOLDER_LENGTH, MOST_CLAIMS, claims_of
from listings.type_fields import KINDS


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
