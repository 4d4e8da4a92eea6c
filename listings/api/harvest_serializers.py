"""How bulk registrations and what came of their records look in JSON."""

from typing import Any

from rest_framework import serializers

from listings.models import HarvestedProduct, HarvestRecord, HarvestRun


class RefusalReasonSerializer(serializers.Serializer[Any]):
    pointer = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class FailureSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()


class HarvestRunSerializer(serializers.ModelSerializer[HarvestRun]):
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="Records by outcome, once it is done.")
    failure = FailureSerializer(allow_null=True)

    class Meta:
        model = HarvestRun
        fields = (
            "id",
            "kind",
            "dry_run",
            "state",
            "sha256",
            "staged",
            "counts",
            "failure",
            "finished_at",
            "created_at",
        )
        read_only_fields = fields


class HarvestRecordSerializer(serializers.ModelSerializer[HarvestRecord]):
    reasons = RefusalReasonSerializer(many=True)
    changes = serializers.DictField(
        child=serializers.DictField(), help_text="Field to its value before and after; of a dry run, what would change."
    )

    class Meta:
        model = HarvestRecord
        fields = ("id", "number", "source_id", "outcome", "reasons", "changes", "product_id")
        read_only_fields = fields


class HarvestedProductSerializer(serializers.ModelSerializer[HarvestedProduct]):
    class Meta:
        model = HarvestedProduct
        fields = ("id", "source_id", "dataset_id", "product_id", "last_run_id", "created_at")
        read_only_fields = fields
