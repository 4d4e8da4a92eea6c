"""How sources, bulk registrations and what came of their records look in JSON."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from kernel.api import StrictSerializer
from listings.models import HarvestedProduct, HarvestRecord, HarvestRun, HarvestSource

DRY_RUN = _("Tell what would change, and change nothing.")
ADDRESS = _("Of the portal (CKAN), or of the catalogue's first page (DCAT).")


class SourceChangesSerializer(StrictSerializer):
    name = serializers.CharField(max_length=120, required=False)
    address = serializers.CharField(max_length=1000, required=False, help_text=ADDRESS)
    frequency = serializers.ChoiceField(HarvestSource.Frequency.choices, required=False)
    defaults = serializers.DictField(
        required=False, help_text=_("Dossier fields of new products that the source does not tell, as for a product.")
    )
    withdraw_percent = serializers.IntegerField(min_value=0, max_value=100, required=False)


class NewSourceSerializer(SourceChangesSerializer):
    kind = serializers.ChoiceField(HarvestSource.Kind.choices)
    name = serializers.CharField(max_length=120)
    address = serializers.CharField(max_length=1000, help_text=ADDRESS)


class HarvestSourceSerializer(serializers.ModelSerializer[HarvestSource]):
    defaults = serializers.DictField()

    class Meta:
        model = HarvestSource
        fields = (
            "id",
            "kind",
            "name",
            "address",
            "frequency",
            "defaults",
            "withdraw_percent",
            "state",
            "next_run_at",
            "created_at",
        )
        read_only_fields = fields


class ManifestQuerySerializer(serializers.Serializer[Any]):
    dry_run = serializers.BooleanField(default=False, help_text=DRY_RUN)


class NewRunSerializer(StrictSerializer):
    dry_run = serializers.BooleanField(required=False, help_text=DRY_RUN)


class RefusalReasonSerializer(serializers.Serializer[Any]):
    pointer = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class FailureSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()


class HarvestRunSerializer(serializers.ModelSerializer[HarvestRun]):
    counts = serializers.DictField(
        child=serializers.IntegerField(), help_text=_("Records by outcome, once it is over.")
    )
    failure = FailureSerializer(
        allow_null=True, help_text=_("Why it failed or, while it is being read, why the source is asked once more.")
    )

    class Meta:
        model = HarvestRun
        fields = (
            "id",
            "origin_id",
            "kind",
            "dry_run",
            "state",
            "sha256",
            "pages",
            "bytes",
            "declared",
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
        child=serializers.DictField(),
        help_text=_("Field to its value before and after; of a dry run, what would change."),
    )

    class Meta:
        model = HarvestRecord
        fields = ("id", "number", "source_id", "outcome", "reasons", "changes", "product_id")
        read_only_fields = fields


class HarvestedProductSerializer(serializers.ModelSerializer[HarvestedProduct]):
    class Meta:
        model = HarvestedProduct
        fields = (
            "id",
            "origin_id",
            "source_id",
            "dataset_id",
            "product_id",
            "last_run_id",
            "gone_at",
            "created_at",
        )
        read_only_fields = fields


class HarvestedProductDetailSerializer(serializers.ModelSerializer[HarvestedProduct]):
    described = serializers.DictField(
        help_text=_("What the source says beyond the dossier: licences, publisher, resources with their fields.")
    )

    class Meta:
        model = HarvestedProduct
        fields = (*HarvestedProductSerializer.Meta.fields, "described")
        read_only_fields = fields
