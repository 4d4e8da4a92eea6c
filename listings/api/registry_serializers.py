"""How registrations of property in data, and objections against them, look in JSON."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kernel.api import StrictSerializer
from kernel.languages import LanguageMapSerializerField
from listings.models import (
    PropertyRegistration,
    RegistrationAnnotation,
    RegistrationClock,
    RegistrationObjection,
    Right,
)


class ApplyForRegistrationSerializer(StrictSerializer):
    product_id = serializers.UUIDField()
    venue = serializers.CharField(help_text=_("The code of the registration body."))
    kind = serializers.ChoiceField(choices=PropertyRegistration.Kind.choices)
    follows = serializers.CharField(
        max_length=15, default="", help_text=_("For a transfer: the number of the holder's registration.")
    )
    rights = serializers.ListField(
        child=serializers.ChoiceField(choices=Right.choices),
        max_length=3,
        default=list,
        help_text=_("For a transfer: the rights taken over; all of them if none is named."),
    )
    cause = serializers.CharField(max_length=2000, default="", help_text=_("For a cancellation: why."))


class ExtendReviewSerializer(StrictSerializer):
    working_days = serializers.IntegerField(min_value=1, max_value=100)
    reason = serializers.CharField(max_length=2000)


class AnnotateSerializer(StrictSerializer):
    kind = serializers.ChoiceField(choices=RegistrationAnnotation.Kind.choices)
    text = serializers.CharField(max_length=1000)
    basis = serializers.CharField(
        max_length=400, help_text=_("Whose decision or agreement it rests on, with its number.")
    )
    until = serializers.DateField(default=None, allow_null=True)


class AnswerObjectionSerializer(StrictSerializer):
    answer = serializers.CharField(max_length=4000)


class SupplementsSerializer(StrictSerializer):
    supplements = serializers.ListField(
        child=serializers.CharField(max_length=1000),
        min_length=1,
        max_length=50,
        help_text=_("All that is missing, in one list."),
    )


class RefuseRegistrationSerializer(StrictSerializer):
    ground = serializers.CharField(max_length=16, help_text=_("A ground of refusal of the rules."))
    reason = serializers.CharField(max_length=2000)


class ObjectSerializer(StrictSerializer):
    grounds = serializers.CharField(max_length=4000)


class DecideObjectionSerializer(StrictSerializer):
    upheld = serializers.BooleanField()
    reason = serializers.CharField(max_length=2000)


class RegistrationClockSerializer(serializers.ModelSerializer[RegistrationClock]):
    class Meta:
        model = RegistrationClock
        fields = ("kind", "working_days", "extended_days", "started_at", "due_at", "days_left", "stopped_at")
        read_only_fields = fields


class StandingAnnotationSerializer(serializers.ModelSerializer[RegistrationAnnotation]):
    """What the register says beside an entry."""

    class Meta:
        model = RegistrationAnnotation
        fields: tuple[str, ...] = ("kind", "text", "basis", "until")
        read_only_fields = fields


class RegistrationAnnotationSerializer(StandingAnnotationSerializer):
    """An annotation as its holder and the registration body see it."""

    class Meta(StandingAnnotationSerializer.Meta):
        fields = ("id", "registration_id", "state", "kind", "text", "basis", "until", "lift_reason", "created_at")
        read_only_fields = fields


PUBLIC = (
    "id",
    "number",
    "venue",
    "kind",
    "state",
    "applicant",
    "product_name",
    "rights",
    "sha256",
    "sm3",
    "publicity_until",
    "notarised_at",
    "valid_until",
    "annotations",
)


class PublicRegistrationSerializer(serializers.ModelSerializer[PropertyRegistration]):
    """What anybody may read in the register."""

    venue = serializers.CharField(source="venue.code")
    applicant = serializers.CharField(source="organization.legal_name")
    product_name = LanguageMapSerializerField(source="dossier.name", read_only=True)
    annotations = StandingAnnotationSerializer(source="standing_annotations", many=True, read_only=True)

    class Meta:
        model = PropertyRegistration
        fields: tuple[str, ...] = PUBLIC
        read_only_fields = fields


class PropertyRegistrationSerializer(PublicRegistrationSerializer):
    """What the applicant and the registration body read."""

    follows = serializers.CharField(source="follows.number", default=None, allow_null=True)

    class Meta(PublicRegistrationSerializer.Meta):
        fields: tuple[str, ...] = (
            *PUBLIC,
            "product_id",
            "follows",
            "cause",
            "rules",
            "supplements",
            "ground",
            "reason",
            "created_at",
        )
        read_only_fields = fields


class PropertyRegistrationDetailSerializer(PropertyRegistrationSerializer):
    """One registration with the dossier as applied for, and its clocks."""

    clocks = serializers.SerializerMethodField()

    class Meta(PropertyRegistrationSerializer.Meta):
        fields = (*PropertyRegistrationSerializer.Meta.fields, "dossier", "clocks")
        read_only_fields = fields

    @extend_schema_field(RegistrationClockSerializer(many=True))
    def get_clocks(self, registration: PropertyRegistration) -> Any:
        return RegistrationClockSerializer(registration.clocks.all(), many=True).data


class RegistrationObjectionSerializer(serializers.ModelSerializer[RegistrationObjection]):
    class Meta:
        model = RegistrationObjection
        fields = (
            "id",
            "registration_id",
            "organization_id",
            "state",
            "grounds",
            "notified_at",
            "answer",
            "decision",
            "created_at",
        )
        read_only_fields = fields
