"""How the catalogue is asked and how it answers."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Organization
from kernel.api import represent
from kernel.languages import LanguageMapSerializerField
from kernel.money import Currency, Money, MoneyField, parse_amount
from listings.api.deprecations import DeprecationSerializer
from listings.api.plan_serializers import (
    PlanSerializer,
)
from listings.api.product_serializers import (
    MatrixSerializer,
    TypeFieldsField,
)
from listings.api.quality import FreshnessSerializer, QualityTodaySerializer
from listings.api.terms_serializers import (
    TermsSerializer,
)
from listings.catalogue import PRICE_BANDS, SORTS, Wanted
from listings.catalogue_rows import summary_of
from listings.freshness_monitor import freshness_of, quality_today
from listings.hits import Hit
from listings.models import (
    DataFile,
    DatasetVersion,
    DeliveryMode,
    Frequency,
    ImportedCertificate,
    Listing,
    Product,
    ProductType,
    RegionScope,
)
from listings.rights_matrix import claims_of

GRADES = "ABCD"
PRICES = {"free": True, "paid": False}


class CatalogueQuerySerializer(serializers.Serializer[Any]):
    """The parameters of a search; what is left out does not restrict."""

    q = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text=_("All words must occur, or synonyms of the trade.")
    )
    venue = serializers.CharField(max_length=20, required=False)
    product_type = serializers.ChoiceField(ProductType.choices, required=False)
    industry = serializers.CharField(
        max_length=3, required=False, help_text=_("GB/T 4754 section (I) or section and division (I65).")
    )
    jurisdiction = serializers.RegexField(r"^[A-Z]{2}\Z", required=False, help_text=_("Of the provider: CN, HK, MO."))
    format = serializers.ChoiceField(DataFile.Format.choices, required=False)
    frequency = serializers.ChoiceField(Frequency.choices, required=False)
    region_scope = serializers.ChoiceField(RegionScope.choices, required=False)
    quality_grade = serializers.ChoiceField(sorted(GRADES), required=False)
    delivery = serializers.ChoiceField(DeliveryMode.choices, required=False)
    destination = serializers.RegexField(
        r"^[A-Z]{2}\Z", required=False, help_text=_("Where the data may go under its terms: CN, HK, MO.")
    )
    price_band = serializers.ChoiceField(list(PRICE_BANDS), required=False)
    price = serializers.ChoiceField(sorted(PRICES), required=False)
    price_max = serializers.CharField(max_length=20, required=False, help_text=_("Decimal amount: 1200.00."))
    currency = serializers.ChoiceField(
        [currency.value for currency in Currency],
        required=False,
        help_text=_("Of the price; sorting by price needs one."),
    )
    sort = serializers.ChoiceField(
        sorted(SORTS),
        required=False,
        help_text=_("With words the most relevant first, else the newest."),
    )

    def validate_price_max(self, value: str) -> int:
        try:
            return parse_amount(value)
        except ValueError as error:
            raise serializers.ValidationError(MoneyField.default_error_messages["amount"], code="amount") from error

    def validate(self, attrs: dict[str, Any]) -> Wanted:
        by_price = "price_max" in attrs or "price_band" in attrs or attrs.get("sort", "").endswith("price")
        return Wanted(
            text=attrs.get("q", ""),
            venue=attrs.get("venue", ""),
            product_type=attrs.get("product_type", ""),
            industry=attrs.get("industry", ""),
            jurisdiction=attrs.get("jurisdiction", ""),
            format=attrs.get("format", ""),
            frequency=attrs.get("frequency", ""),
            region_scope=attrs.get("region_scope", ""),
            quality_grade=attrs.get("quality_grade", ""),
            delivery=attrs.get("delivery", ""),
            destination=attrs.get("destination", ""),
            price_band=attrs.get("price_band", ""),
            free=PRICES.get(attrs.get("price", "")),
            price_max=attrs.get("price_max"),
            # Amounts compare within one currency only.
            currency=attrs.get("currency") or (Currency.CNY if by_price else ""),
            sort=attrs.get("sort", ""),
        )


class ChoiceSerializer(serializers.Serializer[Any]):
    value = serializers.CharField()
    name = serializers.CharField(help_text=_("Of the value, in the language of the request."))
    count = serializers.IntegerField()


class FacetChoicesSerializer(serializers.Serializer[Any]):
    venue = ChoiceSerializer(many=True)
    product_type = ChoiceSerializer(many=True)
    industry = ChoiceSerializer(many=True)
    jurisdiction = ChoiceSerializer(many=True)
    region_scope = ChoiceSerializer(many=True)
    frequency = ChoiceSerializer(many=True)
    price = ChoiceSerializer(many=True)
    price_band = ChoiceSerializer(many=True, help_text=_("Of prices in the currency asked for, or in CNY."))
    quality_grade = ChoiceSerializer(many=True)
    format = ChoiceSerializer(many=True)
    delivery = ChoiceSerializer(many=True)
    destination = ChoiceSerializer(many=True)


class FacetsSerializer(serializers.Serializer[Any]):
    """The choices of each facet, the most frequent first."""

    counted = serializers.IntegerField(help_text=_("How many hits were counted: the newest ones."))
    complete = serializers.BooleanField(help_text=_("Whether these are all hits."))
    choices = FacetChoicesSerializer()


class SuggestionQuerySerializer(serializers.Serializer[Any]):
    q = serializers.CharField(max_length=100, help_text=_("What has been typed so far."))


class SuggestedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField()
    name = LanguageMapSerializerField()


class ProviderSerializer(serializers.ModelSerializer[Organization]):
    """The provider as an exchange knows it: checked identity, place, and whether it is of the bay area."""

    name = LanguageMapSerializerField()
    in_gba = serializers.BooleanField()

    class Meta:
        model = Organization
        fields = ("id", "name", "jurisdiction", "in_gba")
        read_only_fields = fields


class CatalogueSerializer(serializers.ModelSerializer[Listing]):
    name = LanguageMapSerializerField()
    summary = LanguageMapSerializerField()
    venue = serializers.CharField(source="venue.code")
    provider = ProviderSerializer(source="organization")
    price_from = serializers.SerializerMethodField()
    freshness = serializers.SerializerMethodField()
    refusal = serializers.CharField(
        help_text=_("Why your organization may not order it: denied_place, not_invited, …; empty where it may.")
    )

    class Meta:
        model = Listing
        fields = (
            "id",
            "number",
            "venue",
            "name",
            "summary",
            "product_type",
            "industry",
            "region_scope",
            "frequency",
            "formats",
            "rows",
            "bytes",
            "price_from",
            "freshness",
            "provider",
            "listed_at",
            "visibility",
            "refusal",
        )
        read_only_fields = fields

    @extend_schema_field(MoneyField())
    def get_price_from(self, listing: Listing | Hit) -> dict[str, str]:
        return Money(listing.price_from_minor or 0, Currency(listing.currency)).as_json()

    @extend_schema_field(FreshnessSerializer())
    def get_freshness(self, listing: Listing | Hit) -> Any:
        return represent(FreshnessSerializer, freshness_of(listing))


class HighlightsSerializer(serializers.Serializer[Any]):
    """Where the words occur: texts escaped for HTML whose only element is <mark>; only those with a mark."""

    name = LanguageMapSerializerField()
    summary = LanguageMapSerializerField(help_text=_("A long text is cut around the first mark."))


class HitSerializer(CatalogueSerializer):
    """A listing that was found (`listings.hits.Hit`), and where."""

    highlights = HighlightsSerializer()

    class Meta:
        model = Listing
        fields = (*CatalogueSerializer.Meta.fields, "highlights")
        read_only_fields = fields


class CertifiedSerializer(serializers.ModelSerializer[ImportedCertificate]):
    """A certificate that another registry gave for the product, as buyers see it."""

    expired = serializers.BooleanField(read_only=True)

    class Meta:
        model = ImportedCertificate
        fields = ("kind", "number", "issuer", "rights", "issued_on", "valid_until", "expired")
        read_only_fields = fields


class SimilarSerializer(serializers.Serializer[Any]):
    likeness = serializers.FloatField(help_text=_("1 for the same meaning."))
    listing = CatalogueSerializer()


class ProductFactsSerializer(serializers.ModelSerializer[Product]):
    """The dossier's public part."""

    scenario = LanguageMapSerializerField()
    type_fields = TypeFieldsField()
    rights_matrix = serializers.SerializerMethodField(help_text=_("Who has which right, until when and how far."))
    certificates = serializers.SerializerMethodField(help_text=_("Of other registries, verified by an officer."))

    class Meta:
        model = Product
        fields = (
            "id",
            "number",
            "scenario",
            "type_fields",
            "deliveries",
            "language",
            "source_kind",
            "rights",
            "rights_matrix",
            "personal_data",
            "time_from",
            "time_to",
            "buyer_kinds",
            "buyer_regions",
            "buyer_qualifications",
            "buyer_environment",
            "resale_allowed",
            "export_allowed",
            "certificates",
        )
        read_only_fields = fields

    @extend_schema_field(MatrixSerializer(many=True))
    def get_rights_matrix(self, product: Product) -> Any:
        return [claim.as_json() for claim in claims_of(product)]

    @extend_schema_field(CertifiedSerializer(many=True))
    def get_certificates(self, product: Product) -> Any:
        return CertifiedSerializer(product.imported_certificates.verified().order_by("id"), many=True).data


class ColumnSummarySerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    type = serializers.CharField()
    nulls = serializers.IntegerField(allow_null=True)
    distinct = serializers.IntegerField(allow_null=True, help_text=_("About how many different values there are."))


class CatalogueFileSerializer(serializers.Serializer[Any]):
    """What a file holds; sample rows only where the provider made them public."""

    name = serializers.CharField()
    format = serializers.CharField()
    bytes = serializers.IntegerField()
    rows = serializers.IntegerField(allow_null=True)
    encoding = serializers.CharField(allow_blank=True)
    columns = ColumnSummarySerializer(many=True)
    sample_rows = serializers.ListField(child=serializers.ListField(), allow_null=True)


class OfferedVersionSerializer(serializers.ModelSerializer[DatasetVersion]):
    """The version that is offered, and what its provider says that it changes."""

    release = serializers.CharField(source="release_number")
    breaking = serializers.BooleanField(source="is_breaking")
    notes = LanguageMapSerializerField()
    reason = LanguageMapSerializerField()
    deprecation = DeprecationSerializer(default=None, allow_null=True)

    class Meta:
        model = DatasetVersion
        fields = (
            "id",
            "number",
            "release",
            "level",
            "breaking",
            "notes",
            "reason",
            "deprecation",
            "sha256",
            "sm3",
            "sealed_at",
        )
        read_only_fields = fields


class CatalogueDetailSerializer(CatalogueSerializer):
    product = ProductFactsSerializer()
    plans = PlanSerializer(many=True)
    terms = TermsSerializer()
    version = OfferedVersionSerializer()
    quality = serializers.SerializerMethodField()
    files = serializers.SerializerMethodField()

    class Meta:
        model = Listing
        fields = (*CatalogueSerializer.Meta.fields, "product", "plans", "terms", "version", "quality", "files")
        read_only_fields = fields

    @extend_schema_field(QualityTodaySerializer(allow_null=True))
    def get_quality(self, listing: Listing) -> Any:
        quality = quality_today(listing)
        return quality and represent(QualityTodaySerializer, quality)

    @extend_schema_field(CatalogueFileSerializer(many=True))
    def get_files(self, listing: Listing) -> Any:
        public = listing.product.sample_rows_public
        summaries = [summary_of(file, with_samples=public) for file in listing.version.files.all()]
        return CatalogueFileSerializer(summaries, many=True).data
