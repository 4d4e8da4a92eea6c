"""How listings, reviews and review clocks look in JSON."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kernel.api import StrictSerializer, represent
from kernel.languages import LanguageMapSerializerField
from listings.api.plan_serializers import (
    PlanSerializer,
)
from listings.api.quality import FreshnessSerializer
from listings.checklists import Answer, Correction
from listings.freshness_monitor import freshness_of
from listings.models import Listing, Product, Review, ReviewClock, ReviewStage, Submission

NOTE_LENGTH = 2000


class ListingPartsSerializer(StrictSerializer):
    """What a draft offers."""

    version_id = serializers.UUIDField(required=False)
    terms_id = serializers.UUIDField(required=False)
    plan_ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=20, required=False)


class NewListingSerializer(StrictSerializer):
    product_id = serializers.UUIDField()
    venue = serializers.CharField(max_length=20, help_text=_("The venue's code: gzdex, szdex."))
    version_id = serializers.UUIDField()
    terms_id = serializers.UUIDField()
    plan_ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=20)


class OfferedProductSerializer(serializers.ModelSerializer[Product]):
    name = LanguageMapSerializerField()

    class Meta:
        model = Product
        fields = ("id", "number", "name")
        read_only_fields = fields


class ReviewClockSerializer(serializers.ModelSerializer[ReviewClock]):
    overdue = serializers.BooleanField(source="is_overdue")

    class Meta:
        model = ReviewClock
        fields = (
            "kind",
            "stage",
            "working_days",
            "started_at",
            "due_at",
            "paused_at",
            "days_left",
            "stopped_at",
            "overdue",
        )
        read_only_fields = fields


class ReviewSerializer(serializers.ModelSerializer[Review]):
    """A decision as the provider reads it; who decided is shown to staff in the console."""

    class Meta:
        model = Review
        fields = ("id", "stage", "decision", "edition", "checklist", "corrections", "reason", "created_at")
        read_only_fields = fields


class ListingSerializer(serializers.ModelSerializer[Listing]):
    venue = serializers.CharField(source="venue.code")
    product = OfferedProductSerializer()
    plans = PlanSerializer(many=True)
    clocks = ReviewClockSerializer(many=True)
    freshness = serializers.SerializerMethodField()

    class Meta:
        model = Listing
        fields = (
            "id",
            "number",
            "revision",
            "state",
            "stage",
            "venue",
            "organization_id",
            "product",
            "version_id",
            "terms_id",
            "plans",
            "freshness",
            "clocks",
            "submitted_at",
            "listed_at",
            "created_at",
        )
        read_only_fields = fields

    @extend_schema_field(FreshnessSerializer())
    def get_freshness(self, listing: Listing) -> Any:
        return represent(FreshnessSerializer, freshness_of(listing))


class AnswerSerializer(StrictSerializer):
    ok = serializers.BooleanField()
    note = serializers.CharField(max_length=NOTE_LENGTH, allow_blank=True, required=False)


class AnswersSerializer(StrictSerializer):
    """The reviewer's answers, by the code of the checklist item."""

    checklist = serializers.DictField(child=AnswerSerializer())

    def validate_checklist(self, value: dict[str, dict[str, Any]]) -> dict[str, Answer]:
        return {code: Answer(**answer) for code, answer in value.items()}


class CorrectionSerializer(StrictSerializer):
    code = serializers.CharField(max_length=60, help_text=_("The checklist item that is not met."))
    reason = serializers.CharField(max_length=NOTE_LENGTH)
    pointer = serializers.CharField(
        max_length=200, allow_blank=True, required=False, help_text=_("Where in the dossier, as a JSON pointer.")
    )


class CorrectionsSerializer(StrictSerializer):
    """All that is to be corrected, at once."""

    corrections = CorrectionSerializer(many=True, allow_empty=False)

    def validate_corrections(self, value: list[dict[str, Any]]) -> list[Correction]:
        return [Correction(**item) for item in value]


class PassStageSerializer(AnswersSerializer):
    """The reviewer's answers at the stage that they decide."""

    stage = serializers.ChoiceField(ReviewStage.choices)


class ListingSubmitSerializer(StrictSerializer):
    """How each item was corrected, by its code; empty for a first submission."""

    answers = serializers.DictField(child=serializers.CharField(max_length=NOTE_LENGTH), required=False)


class AssignSerializer(StrictSerializer):
    person_id = serializers.UUIDField(help_text=_("An officer of the stage at which the listing is."))


class SubmissionSerializer(serializers.ModelSerializer[Submission]):
    """What was handed in each time; `changes` maps pointers of the dossier to what stood there before and after."""

    class Meta:
        model = Submission
        fields = ("id", "round", "edition", "plan", "stages", "changes", "answers", "sha256", "sm3", "created_at")
        read_only_fields = fields


class StageSerializer(serializers.Serializer[Any]):
    code = serializers.ChoiceField(ReviewStage.choices)
    name = LanguageMapSerializerField(source="label")
    permission = serializers.CharField(help_text=_("What the officer of the stage may do."))
    working_days = serializers.IntegerField()
    planned = serializers.CharField()
    not_by = serializers.ListField(child=serializers.CharField())
    product_types = serializers.ListField(child=serializers.CharField())


class ChecklistItemSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    stage = serializers.ChoiceField(ReviewStage.choices)
    question = LanguageMapSerializerField(source="label")
    product_types = serializers.ListField(child=serializers.CharField())


class ChecklistSerializer(serializers.Serializer[Any]):
    edition = serializers.CharField()
    working_days = serializers.DictField(child=serializers.IntegerField())
    stages = StageSerializer(many=True)
    items = ChecklistItemSerializer(many=True)
