"""How terms look in JSON, with the cut of tables and the rules of clean rooms that they may hold."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from kernel.api import StrictSerializer
from kernel.languages import LanguageMapSerializerField
from listings.models import (
    Purpose,
    Terms,
)
from listings.room_rules import (
    DECISION_DAYS,
    LARGEST_BOUND,
    LEAST_EPSILON,
    LONGEST_NAME,
    LONGEST_SQL,
    MOST_DECISION_DAYS,
    MOST_EPSILON,
    MOST_PLACES,
    Approval,
    ParameterKind,
)
from listings.table_cut import LONGEST, MOST_COLUMNS, MOST_PARTITIONS, MOST_VALUES
from listings.terms import FIELDS as TERMS_FIELDS


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
    decision_days = serializers.IntegerField(
        min_value=1,
        max_value=MOST_DECISION_DAYS,
        default=DECISION_DAYS,
        help_text=_("In so many days the provider decides on a result; then it is refused by itself."),
    )
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
