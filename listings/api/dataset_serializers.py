"""How datasets, versions, files and parts look in JSON."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kernel.api import StrictSerializer
from kernel.languages import LanguageMapSerializerField
from kernel.models import Job
from listings.examination_progress import examination_of
from listings.grading.detectors import LABELS
from listings.grading.grade import REASONS
from listings.models import DataFile, Dataset, DatasetVersion, FilePart, Grade, GradeConfirmation, PersonalData
from listings.profiling.refusals import REFUSALS, WARNINGS, sentence
from listings.quality.rules import SENTENCES
from listings.release_words import CHANGE_SENTENCES, change_sentence
from listings.releases import FileChange

SHA256 = r"^[0-9a-f]{64}\Z"


class NewDatasetSerializer(StrictSerializer):
    title = LanguageMapSerializerField(text_length=200)
    description = LanguageMapSerializerField(text_length=4000, required=False)


class NewVersionSerializer(StrictSerializer):
    notes = LanguageMapSerializerField(text_length=4000, required=False, help_text=_("What changed."))
    reason = LanguageMapSerializerField(text_length=4000, required=False, help_text=_("Why it changed."))
    declared_level = serializers.ChoiceField(
        DatasetVersion.Level.choices,
        required=False,
        help_text=_("How much changes for readers; counts where it is more than the schemas tell."),
    )


class DescribeVersionSerializer(NewVersionSerializer):
    """What may be said of a version later; the level while it is open only."""


class NewFileSerializer(StrictSerializer):
    name = serializers.CharField(max_length=200)
    format = serializers.ChoiceField(DataFile.Format.choices)
    declared_encoding = serializers.CharField(
        max_length=20,
        required=False,
        allow_blank=True,
        help_text=_("utf-8, utf-16, gb18030, big5 …; detected if left out."),
    )
    table_schema = serializers.DictField(
        required=False,
        help_text=_("Rules for the columns, a Table Schema; those of the file before it go on if left out."),
    )


class CompleteFileSerializer(StrictSerializer):
    """What the client knows of the whole file; checked now or, at the latest, when it is profiled."""

    size = serializers.IntegerField(min_value=0, max_value=2**53, required=False)
    sha256 = serializers.RegexField(SHA256, required=False, help_text=_("Of the whole file, in hexadecimal."))


class DatasetSerializer(serializers.ModelSerializer[Dataset]):
    organization_id = serializers.UUIDField()
    title = LanguageMapSerializerField()
    description = LanguageMapSerializerField()

    class Meta:
        model = Dataset
        fields = ["id", "organization_id", "title", "description", "created_at"]


class PartSerializer(serializers.ModelSerializer[FilePart]):
    class Meta:
        model = FilePart
        fields = ["number", "size", "sha256"]


class PositionSerializer(serializers.Serializer[Any]):
    byte = serializers.IntegerField(required=False)
    line = serializers.IntegerField(required=False)
    row = serializers.IntegerField(required=False)


class RefusalSerializer(serializers.Serializer[Any]):
    """Why a version was refused, in the language of the request."""

    code = serializers.ChoiceField(sorted(REFUSALS))
    detail = serializers.CharField()
    file_id = serializers.UUIDField()
    file = serializers.CharField()
    position = PositionSerializer()


class FileSummarySerializer(serializers.ModelSerializer[DataFile]):
    class Meta:
        model = DataFile
        fields = ["id", "name", "format", "declared_encoding", "state", "size", "sha256", "sm3"]


class ColumnSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    type = serializers.CharField()
    nulls = serializers.IntegerField()
    null_share = serializers.FloatField(help_text=_("0 to 1."))
    distinct = serializers.IntegerField(allow_null=True, help_text=_("About how many different values."))
    min = serializers.JSONField(allow_null=True)
    max = serializers.JSONField(allow_null=True)
    samples = serializers.ListField(child=serializers.CharField())
    statistics = serializers.DictField(required=False, help_text=_("Formats, gaps, distribution, outliers, repeats."))


class FindingSerializer(serializers.Serializer[Any]):
    """Personal data of one kind in one column; examples are masked."""

    position = serializers.IntegerField()
    column = serializers.CharField()
    code = serializers.ChoiceField(sorted(LABELS))
    category = serializers.CharField()
    basis = serializers.CharField()
    values = serializers.IntegerField()
    checked = serializers.IntegerField()
    hits = serializers.IntegerField()
    share = serializers.FloatField()
    examples = serializers.ListField(child=serializers.CharField())
    exact = serializers.BooleanField()


class WarningSerializer(serializers.Serializer[Any]):
    code = serializers.ChoiceField(sorted(WARNINGS))
    detail = serializers.CharField()


class AnonymitySerializer(serializers.Serializer[Any]):
    """How well the masked sample hides whom it tells of; nothing where it tells of nobody."""

    rows = serializers.IntegerField()
    k = serializers.IntegerField(help_text=_("The fewest rows that are alike in what tells persons apart."))
    risk = serializers.FloatField(help_text=_("1/k: how likely somebody who knows these of a person finds the row."))
    mean_risk = serializers.FloatField()
    unique = serializers.IntegerField(help_text=_("Rows that are like no other."))
    columns = serializers.ListField(child=serializers.CharField(), help_text=_("What tells persons apart."))


class ProfileSerializer(serializers.Serializer[Any]):
    """What a file was found to hold."""

    format = serializers.CharField()
    encoding = serializers.CharField()
    dialect = serializers.DictField()
    rows = serializers.IntegerField()
    columns = ColumnSerializer(many=True)
    sample = serializers.ListField(child=serializers.ListField(child=serializers.JSONField(allow_null=True)))
    warnings = WarningSerializer(many=True)
    details = serializers.DictField(required=False, help_text=_("What the format tells beyond its table."))
    table = serializers.DictField(required=False, help_text=_("Repeated rows, keys, extent and time span."))
    findings = FindingSerializer(many=True, required=False)
    persons = serializers.DictField(required=False)
    grade = serializers.DictField(required=False, help_text=_("The proposed grade with its reasons."))
    quality = serializers.DictField(required=False, help_text=_("The quality with its deductions."))
    rules = serializers.DictField(required=False, help_text=_("What the provider's rules found."))
    corpus = serializers.DictField(
        required=False, help_text=_("Of running text: languages, tokens, repetitions, personal data.")
    )
    masked_sample = serializers.ListField(
        child=serializers.ListField(child=serializers.JSONField(allow_null=True)),
        required=False,
        help_text=_("The sample as others see it, personal data masked."),
    )
    anonymity = AnonymitySerializer(required=False, allow_null=True)


def _told(sentences: Mapping[str, Any], entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add to stored codes what they say in the language in force."""
    return [{**entry, "detail": str(sentences[entry["code"]]) % entry["params"]} for entry in entries]


class FileSerializer(FileSummarySerializer):
    """A file with the parts that have arrived, so that an interrupted client knows where to go on."""

    version_id = serializers.UUIDField()
    table_schema = serializers.DictField(allow_null=True)
    parts = PartSerializer(many=True)
    profile = serializers.SerializerMethodField()

    class Meta(FileSummarySerializer.Meta):
        fields = [*FileSummarySerializer.Meta.fields, "version_id", "table_schema", "parts", "profile"]

    @extend_schema_field(ProfileSerializer(allow_null=True))
    def get_profile(self, file: DataFile) -> dict[str, Any] | None:
        profile: dict[str, Any] | None = file.profile
        if profile is None:
            return None
        warnings = [
            {"code": found["code"], "detail": sentence(WARNINGS, found["code"], found["params"])}
            for found in profile.get("warnings", [])
        ]
        told = {**profile, "warnings": warnings}
        if quality := profile.get("quality"):
            told["quality"] = {**quality, "deductions": _told(SENTENCES, quality["deductions"])}
        if grade := profile.get("grade"):
            told["grade"] = {**grade, "reasons": _told(REASONS, grade["reasons"])}
        return told


class QualityMarkSerializer(serializers.Serializer[Any]):
    """The quality of a version: the worst of its files; each file's profile has the deductions."""

    score = serializers.FloatField(help_text=_("0 to 100."))
    grade = serializers.ChoiceField(["A", "B", "C", "D"])


class GradingSerializer(serializers.Serializer[Any]):
    """What the scan of the files proposes; a person confirms it."""

    grade = serializers.ChoiceField(Grade.choices)
    personal_data = serializers.ChoiceField(PersonalData.choices)
    persons = serializers.IntegerField(help_text=_("About how many persons the data tell of."))
    sensitive_persons = serializers.IntegerField(help_text=_("Those of whom sensitive information is told."))


class FileChangeSerializer(serializers.Serializer[Any]):
    """A change from one version to another: of a column, or of a whole file."""

    file = serializers.CharField()
    kind = serializers.ChoiceField(sorted(CHANGE_SENTENCES))
    column = serializers.CharField(allow_blank=True)
    before = serializers.CharField(allow_blank=True, help_text=_("A name, a type, a format or a position."))
    after = serializers.CharField(allow_blank=True)
    breaking = serializers.BooleanField(help_text=_("Whether programs that read the earlier version may break."))
    detail = serializers.SerializerMethodField()

    @extend_schema_field(str)
    def get_detail(self, change: FileChange) -> str:
        return change_sentence(asdict(change))


class AgainstSerializer(serializers.Serializer[Any]):
    against = serializers.UUIDField(required=False)


class VersionComparisonSerializer(serializers.Serializer[Any]):
    """What a version changes against another one of its dataset; `level` is what these changes make at least."""

    version_id = serializers.UUIDField()
    against_id = serializers.UUIDField(allow_null=True)
    level = serializers.ChoiceField(DatasetVersion.Level.choices, allow_null=True)
    breaking = serializers.BooleanField()
    changes = FileChangeSerializer(many=True)


class VersionSummarySerializer(serializers.ModelSerializer[DatasetVersion]):
    dataset_id = serializers.UUIDField()
    release = serializers.CharField(source="release_number", help_text=_("Such as 2.1.0, once the version is ready."))
    notes = LanguageMapSerializerField()
    reason = LanguageMapSerializerField()
    preceding_id = serializers.UUIDField(allow_null=True)
    breaking = serializers.BooleanField(
        source="is_breaking", help_text=_("Whether programs that read the preceding version may break.")
    )
    refusal = serializers.SerializerMethodField()

    class Meta:
        model = DatasetVersion
        fields = [
            "id",
            "dataset_id",
            "number",
            "state",
            "release",
            "level",
            "declared_level",
            "breaking",
            "preceding_id",
            "notes",
            "reason",
            "rows",
            "bytes",
            "sha256",
            "sm3",
            "refusal",
            "created_at",
            "sealed_at",
        ]

    @extend_schema_field(RefusalSerializer(allow_null=True))
    def get_refusal(self, version: DatasetVersion) -> dict[str, Any] | None:
        if version.refusal is None:
            return None
        kept = {name: version.refusal[name] for name in ("code", "file_id", "file", "position")}
        return {**kept, "detail": sentence(REFUSALS, kept["code"], version.refusal["params"])}


class ExaminationSerializer(serializers.ModelSerializer[Job]):
    """How far the examination of a sealed version has come."""

    class Meta:
        model = Job
        fields = ["state", "attempts", "progress", "expected_at"]


class VersionSerializer(VersionSummarySerializer):
    """A version with its files, how far its examination is, its quality, and the grade that the scan proposes."""

    examination = serializers.SerializerMethodField()

    files = FileSummarySerializer(many=True)
    quality = serializers.SerializerMethodField()
    grading = serializers.SerializerMethodField()

    class Meta(VersionSummarySerializer.Meta):
        fields = [*VersionSummarySerializer.Meta.fields, "examination", "quality", "grading", "files"]

    @extend_schema_field(ExaminationSerializer(allow_null=True))
    def get_examination(self, version: DatasetVersion) -> dict[str, Any] | None:
        job = examination_of(version)
        return None if job is None else dict(ExaminationSerializer(job).data)

    @extend_schema_field(QualityMarkSerializer(allow_null=True))
    def get_quality(self, version: DatasetVersion) -> dict[str, Any] | None:
        quality = (version.profile or {}).get("quality")
        return quality and {"score": quality["score"], "grade": quality["grade"]}

    @extend_schema_field(GradingSerializer(allow_null=True))
    def get_grading(self, version: DatasetVersion) -> dict[str, Any] | None:
        return (version.profile or {}).get("grading")


class ConfirmGradeSerializer(StrictSerializer):
    grade = serializers.ChoiceField(Grade.choices)
    personal_data = serializers.ChoiceField(PersonalData.choices)
    reason = serializers.CharField(
        max_length=2000, required=False, help_text=_("Required where less is confirmed than was found.")
    )


class GradeConfirmationSerializer(serializers.ModelSerializer[GradeConfirmation]):
    class Meta:
        model = GradeConfirmation
        fields = [
            "id",
            "version_id",
            "grade",
            "personal_data",
            "found_grade",
            "found_personal_data",
            "reason",
            "confirmed_by",
            "created_at",
        ]
