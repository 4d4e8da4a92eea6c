"""How cross-border dossiers, route cases, the export register and customs look in JSON, and what their acts take."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from kernel.api import StrictSerializer
from kernel.languages import LanguageMapSerializerField
from listings.crossborder.cases import missing_papers
from listings.crossborder.drafts import drafts_of
from listings.models import (
    BorderDossier,
    CaseFiling,
    CasePaper,
    CustomsDeclaration,
    ExportEntry,
    ExporterProfile,
    RouteCase,
    RouteDecision,
    SplittingAlert,
    StatutoryClock,
    SubjectList,
    TransferPermit,
)

LARGEST_COUNT = 2**53 - 1


class BorderPartySerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = LanguageMapSerializerField()
    jurisdiction = serializers.CharField()


class BorderDossierSerializer(serializers.ModelSerializer[BorderDossier]):
    class Meta:
        model = BorderDossier
        fields = (
            "product_id",
            "reach",
            "places",
            "scenario",
            "important_basis",
            "sector",
            "mixes_domestic_pi",
            "research_cooperation",
            "hgr",
            "restrictions",
            "n_general",
            "n_sensitive",
        )
        read_only_fields = fields


class DeclareBorderDossierSerializer(StrictSerializer):
    reach = serializers.ChoiceField(BorderDossier.Reach.choices)
    places = serializers.ListField(
        child=serializers.CharField(max_length=2), max_length=250, default=list, help_text=_("With NAMED: HK, SG, …")
    )
    scenario = serializers.ChoiceField(BorderDossier.Scenario.choices)
    important_basis = serializers.ChoiceField(BorderDossier.ImportantBasis.choices, allow_blank=True, default="")
    sector = serializers.CharField(max_length=64, allow_blank=True, default="")
    mixes_domestic_pi = serializers.BooleanField(default=False)
    research_cooperation = serializers.BooleanField(
        default=False, help_text=_("Academic cooperation with research bodies, with papers of its own.")
    )
    hgr = serializers.BooleanField(default=False, help_text=_("Human genetic resource information."))
    restrictions = serializers.ListField(child=serializers.CharField(max_length=20), max_length=4, default=list)
    n_general = serializers.IntegerField(min_value=0, max_value=LARGEST_COUNT, allow_null=True, default=None)
    n_sensitive = serializers.IntegerField(min_value=0, max_value=LARGEST_COUNT, allow_null=True, default=None)


class ExporterProfileSerializer(serializers.ModelSerializer[ExporterProfile]):
    organization = BorderPartySerializer()
    confirmed = serializers.SerializerMethodField()

    class Meta:
        model = ExporterProfile
        fields = ("id", "organization", "ciio", "small", "ftz", "confirmed", "confirmed_at", "created_at")
        read_only_fields = fields

    def get_confirmed(self, profile: ExporterProfile) -> bool:
        return profile.confirmed_by is not None


class DeclareStandingSerializer(StrictSerializer):
    ciio = serializers.BooleanField(allow_null=True, help_text=_("null: nobody knows yet."))
    small = serializers.BooleanField(default=False)
    ftz = serializers.CharField(max_length=64, allow_blank=True, default="")


class CaseDecisionSerializer(serializers.ModelSerializer[RouteDecision]):
    class Meta:
        model = RouteDecision
        fields = ("id", "as_of", "rule_set", "route", "body", "sha256", "sm3", "reason", "created_at")
        read_only_fields = fields


class CasePaperSerializer(serializers.ModelSerializer[CasePaper]):
    class Meta:
        model = CasePaper
        fields = ("id", "code", "name", "media_type", "size", "sha256", "sm3", "created_at")
        read_only_fields = fields


class CaseFilingSerializer(serializers.ModelSerializer[CaseFiling]):
    class Meta:
        model = CaseFiling
        fields = ("id", "authority", "step", "number", "on", "note", "created_at")
        read_only_fields = fields


class StatutoryClockSerializer(serializers.ModelSerializer[StatutoryClock]):
    name = LanguageMapSerializerField()

    class Meta:
        model = StatutoryClock
        fields = (
            "id",
            "code",
            "name",
            "by",
            "calendar",
            "count",
            "unit",
            "started_on",
            "due_at",
            "verified",
            "days_left",
            "stopped_at",
            "overdue_at",
        )
        read_only_fields = fields


class RouteCaseSerializer(serializers.ModelSerializer[RouteCase]):
    venue = serializers.CharField(source="venue.code")
    exporter = BorderPartySerializer(source="organization")
    recipient = BorderPartySerializer()
    listing = serializers.CharField(source="listing.number")
    cleared = serializers.BooleanField(read_only=True)

    class Meta:
        model = RouteCase
        fields: tuple[str, ...] = (
            "id",
            "number",
            "venue",
            "state",
            "cleared",
            "route",
            "exporter",
            "recipient",
            "listing",
            "order_id",
            "purpose",
            "onward_transfer_outside_gba",
            "year",
            "n_general",
            "n_sensitive",
            "port",
            "recipient_network",
            "contract_effective_on",
            "valid_until",
            "finding",
            "created_at",
        )
        read_only_fields = fields


class RouteCaseDetailSerializer(RouteCaseSerializer):
    """One case with all that it rests on."""

    decision = serializers.SerializerMethodField(help_text=_("The latest one; earlier ones stay."))
    papers_missing = serializers.SerializerMethodField()
    drafts = serializers.SerializerMethodField(help_text=_("Papers of which a draft can be had."))
    papers = CasePaperSerializer(many=True)
    filings = CaseFilingSerializer(many=True)
    clocks = StatutoryClockSerializer(many=True)

    class Meta(RouteCaseSerializer.Meta):
        fields = (
            *RouteCaseSerializer.Meta.fields,
            "decision",
            "papers_missing",
            "drafts",
            "papers",
            "filings",
            "clocks",
        )
        read_only_fields = fields

    def get_decision(self, case: RouteCase) -> dict[str, Any]:
        decision: dict[str, Any] = CaseDecisionSerializer(case.decisions.order_by("-id")[0]).data
        return decision

    def get_drafts(self, case: RouteCase) -> list[str]:
        return drafts_of(case)

    def get_papers_missing(self, case: RouteCase) -> list[str]:
        return missing_papers(case) if case.route else []


class ChooseRouteSerializer(StrictSerializer):
    route = serializers.CharField(max_length=30)


class RuleOnCaseSerializer(ChooseRouteSerializer):
    reason = serializers.CharField(max_length=2000)


class SubmitPapersSerializer(StrictSerializer):
    port = serializers.ChoiceField(RouteCase.Port.choices)
    recipient_network = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    contract_effective_on = serializers.DateField(required=False, allow_null=True, default=None)
    contract_ends_on = serializers.DateField(required=False, allow_null=True, default=None)


class RecordFilingSerializer(StrictSerializer):
    authority = serializers.CharField(max_length=40, help_text=_("As the route sheet names it: cac_guangdong."))
    number = serializers.CharField(max_length=80)
    on = serializers.DateField()
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class RecordReplySerializer(StrictSerializer):
    to = serializers.ChoiceField(RouteCase.State.choices, help_text=_("The state to which the answer brings the case."))
    authority = serializers.CharField(max_length=40)
    number = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    on = serializers.DateField()
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class ExportEntrySerializer(serializers.ModelSerializer[ExportEntry]):
    exporter = BorderPartySerializer(source="organization")
    recipient = BorderPartySerializer()
    venue = serializers.CharField(source="venue.code")
    case = serializers.CharField(source="case.number")

    class Meta:
        model = ExportEntry
        fields = (
            "id",
            "exporter",
            "recipient",
            "venue",
            "case",
            "year",
            "route",
            "counts",
            "n_general",
            "n_sensitive",
            "state",
            "created_at",
        )
        read_only_fields = fields


class ExportLineSerializer(serializers.Serializer[Any]):
    count = serializers.CharField(help_text=_("n_general or n_sensitive."))
    line = serializers.IntegerField()
    persons = serializers.IntegerField()
    left = serializers.IntegerField(help_text=_("How many more persons stay below this line."))


class ExportYearSerializer(serializers.Serializer[Any]):
    """What one exporter group has exported in a year, against each line of the law."""

    organization_id = serializers.UUIDField()
    year = serializers.IntegerField()
    group = serializers.ListField(child=serializers.UUIDField())
    n_general = serializers.IntegerField()
    n_sensitive = serializers.IntegerField()
    rule_set = serializers.CharField()
    lines = ExportLineSerializer(many=True)


class SubjectListSerializer(serializers.ModelSerializer[SubjectList]):
    class Meta:
        model = SubjectList
        fields = ("id", "version_id", "n_general", "n_sensitive", "sha256", "created_at")
        read_only_fields = fields


class TransferPermitSerializer(serializers.ModelSerializer[TransferPermit]):
    class Meta:
        model = TransferPermit
        fields = (
            "id",
            "delivery_id",
            "payload_sha256",
            "byte_ceiling",
            "bytes_used",
            "valid_from",
            "valid_until",
            "withdrawn_at",
            "created_at",
        )
        read_only_fields = fields


class CustomsDeclarationSerializer(serializers.ModelSerializer[CustomsDeclaration]):
    venue = serializers.CharField(source="venue.code")
    exporter = BorderPartySerializer(source="organization")
    recipient = BorderPartySerializer()
    case = serializers.CharField(source="case.number")

    class Meta:
        model = CustomsDeclaration
        fields: tuple[str, ...] = (
            "id",
            "number",
            "venue",
            "state",
            "port",
            "exporter",
            "recipient",
            "case",
            "case_id",
            "delivery_id",
            "payload_sha256",
            "payload_bytes",
            "low_risk",
            "finding",
            "created_at",
        )
        read_only_fields = fields


class CustomsDeclarationDetailSerializer(CustomsDeclarationSerializer):
    permits = TransferPermitSerializer(many=True)

    class Meta(CustomsDeclarationSerializer.Meta):
        fields = (*CustomsDeclarationSerializer.Meta.fields, "manifest", "findings", "sampled_rows", "permits")
        read_only_fields = fields


class SplittingAlertSerializer(serializers.ModelSerializer[SplittingAlert]):
    exporter = BorderPartySerializer(source="organization")
    venue = serializers.CharField(source="venue.code")
    case = serializers.CharField(source="case.number")

    class Meta:
        model = SplittingAlert
        fields = (
            "id",
            "venue",
            "exporter",
            "case",
            "sign",
            "state",
            "count",
            "line",
            "persons",
            "case_numbers",
            "finding",
            "created_at",
        )
        read_only_fields = fields


class SettleAlertSerializer(StrictSerializer):
    upheld = serializers.BooleanField()
    reason = serializers.CharField(max_length=2000)


class ArrivedFileSerializer(StrictSerializer):
    id = serializers.UUIDField()
    sha256 = serializers.RegexField(r"\A[0-9a-f]{64}\Z")


class ReportArrivalSerializer(StrictSerializer):
    files = serializers.ListField(child=ArrivedFileSerializer(), max_length=10_000)


class RoutePreviewSerializer(serializers.Serializer[Any]):
    """What a listing's way to one place would be today, for a transfer of its own persons."""

    destination = serializers.CharField()
    offered = serializers.BooleanField(help_text=_("Whether the provider lets the product go there."))
    route = serializers.CharField(allow_null=True)
    alternatives = serializers.ListField(child=serializers.CharField())
    blocked = serializers.BooleanField()
    reason = LanguageMapSerializerField()
    papers = serializers.ListField(child=serializers.CharField())
    deadlines = serializers.ListField(child=serializers.JSONField())
    rule_set = serializers.CharField(allow_null=True)
