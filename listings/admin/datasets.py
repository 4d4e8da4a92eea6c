"""What providers hold, as far as staff see it: datasets behind their venue's listings, versions and files."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import ConsoleAdmin, ReadOnlyInline, act, actor_in_console
from kernel.languages import in_language
from listings.admin.quality_chart import SHOWN, quality_chart
from listings.examination_progress import progress_in_words
from listings.grade_confirmation import found_in, grading_of
from listings.models import (
    DataFile,
    Dataset,
    DatasetParent,
    DatasetVersion,
    GradeConfirmation,
    GradeScan,
    VersionDeprecation,
)
from listings.models.grades import in_words
from listings.profiling.refusals import REFUSALS, WARNINGS, sentence
from listings.quality.rules import SENTENCES
from listings.quality_trend import judged_versions
from listings.release_words import change_sentence
from listings.scanning_anew import ask_for_scan

COLUMNS_SHOWN = 200


class VersionInline(ReadOnlyInline):
    model = DatasetVersion
    fields = ("number", "release_number", "level", "state", "rows", "bytes", "sealed_at")

    def get_queryset(self, request: HttpRequest) -> Any:
        return DatasetVersion.objects.visible_to(actor_in_console(request)).select_related("dataset")


class ParentInline(ReadOnlyInline):
    model = DatasetParent
    fk_name = "dataset"
    fields = ("parent", "basis", "agreement_number", "licensed_until", "licence_ended_at", "note")

    def get_queryset(self, request: HttpRequest) -> Any:
        return DatasetParent.objects.visible_to(actor_in_console(request)).select_related("dataset", "parent")


class FileInline(ReadOnlyInline):
    model = DataFile
    fields = ("name", "format", "state", "size", "sha256")

    def get_queryset(self, request: HttpRequest) -> Any:
        return DataFile.objects.visible_to(actor_in_console(request))


class GradeScanInline(ReadOnlyInline):
    model = GradeScan
    fields = ("grade", "personal_data", "persons", "sensitive_persons", "found", "created_at")
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return GradeScan.objects.visible_to(actor_in_console(request))


class GradeConfirmationInline(ReadOnlyInline):
    model = GradeConfirmation
    fields = ("grade", "personal_data", "found_grade", "found_personal_data", "reason", "created_at")

    def get_queryset(self, request: HttpRequest) -> Any:
        return GradeConfirmation.objects.visible_to(actor_in_console(request))


@admin.register(Dataset)
class DatasetAdmin(ConsoleAdmin):
    list_display = ("shown_title", "organization", "created_at")
    list_filter = (("organization", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("organization",)
    search_fields = ("title", "description", "organization__legal_name", "organization__identifier")
    ordering = ("-id",)
    readonly_fields = ("quality_trend",)
    fields = ("organization", "title", "description", "created_at", "quality_trend")
    inlines = (VersionInline, ParentInline)

    @admin.display(description=_("quality by version"))
    def quality_trend(self, dataset: Dataset) -> SafeString | str:
        judged = judged_versions(DatasetVersion.objects.filter(dataset=dataset)).order_by("-number")[:SHOWN]
        return quality_chart(list(judged)[::-1]) if judged else "–"

    @admin.display(description=_("title"))
    def shown_title(self, dataset: Dataset) -> str:
        return in_language(dataset.title)


@admin.register(DatasetVersion)
class DatasetVersionAdmin(ConsoleAdmin):
    list_display = ("__str__", "organization", "state", "rows", "shown_size", "sealed_at")
    list_filter = ("state",)
    list_select_related = ("dataset", "organization")
    search_fields = ("dataset__title", "organization__legal_name", "sha256", "sm3")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("dataset", "number", "organization", "state", "rows", "shown_size")}),
        (
            _("What it changes"),
            {
                "fields": (
                    "shown_release",
                    "level",
                    "declared_level",
                    "preceding",
                    "notes",
                    "reason",
                    "changes",
                    "end_of_sale",
                )
            },
        ),
        (_("Digests"), {"fields": ("sha256", "sm3", "sealed_at", "key_id")}),
        (
            _("Inspection"),
            {"fields": ("examination", "refused_because", "shown_quality", "proposed_grade", "grade_in_force")},
        ),
    )
    readonly_fields = (
        "shown_size",
        "shown_release",
        "changes",
        "examination",
        "end_of_sale",
        "refused_because",
        "shown_quality",
        "proposed_grade",
        "grade_in_force",
    )
    inlines = (FileInline, GradeScanInline, GradeConfirmationInline)
    actions_detail = ("scan",)

    @act(_("Scan anew"), permission=Permission.LISTING_SUSPEND, states={DatasetVersion.State.READY})
    def scan(self, request: HttpRequest, version: DatasetVersion, actor: Actor, _reason: str) -> None:
        ask_for_scan(version_id=version.pk, actor=actor)

    @admin.display(description=_("size"), ordering="bytes")
    def shown_size(self, version: DatasetVersion) -> str:
        return filesizeformat(version.bytes) if version.bytes is not None else "–"

    @admin.display(description=_("release"))
    def shown_release(self, version: DatasetVersion) -> str:
        return version.release_number or "–"

    @admin.display(description=_("schema changes"))
    def changes(self, version: DatasetVersion) -> SafeString | str:
        """Say what readers of the preceding version find otherwise, what breaks them first."""
        changes = sorted(version.schema_changes or (), key=lambda change: not change["breaking"])
        lines = [(_("breaking") if change["breaking"] else "", change_sentence(change)) for change in changes]
        return format_html_join("", "<div><b>{}</b> {}</div>", lines[:COLUMNS_SHOWN]) or "–"

    @admin.display(description=_("examination"))
    def examination(self, version: DatasetVersion) -> str:
        return progress_in_words(version) or "–"

    @admin.display(description=_("end of sale"))
    def end_of_sale(self, version: DatasetVersion) -> str:
        deprecation = VersionDeprecation.objects.filter(version=version).select_related("successor").first()
        if deprecation is None:
            return "–"
        successor = deprecation.successor
        follows = _("followed by %(release)s") % {"release": successor.release_number} if successor else ""
        told = (str(deprecation.ends_on), in_language(deprecation.reason), follows)
        return " · ".join(str(part) for part in told if part)

    @admin.display(description=_("refused because"))
    def refused_because(self, version: DatasetVersion) -> str:
        refusal = version.refusal
        return f"{refusal['file']}: {sentence(REFUSALS, refusal['code'], refusal['params'])}" if refusal else "–"

    @admin.display(description=_("quality"))
    def shown_quality(self, version: DatasetVersion) -> str:
        quality = (version.profile or {}).get("quality")
        return _("%(grade)s (%(score)s of 100)") % quality if quality else "–"

    @admin.display(description=_("proposed by the scan"))
    def proposed_grade(self, version: DatasetVersion) -> str:
        told = (version.profile or {}).get("grading")
        if not told:
            return "–"
        found = found_in(version)
        persons = ngettext("about %(persons)d person", "about %(persons)d persons", told["persons"]) % told
        return f"{in_words(found.grade, found.personal_data)} ({persons})"

    @admin.display(description=_("grade in force"))
    def grade_in_force(self, version: DatasetVersion) -> str:
        grading = grading_of(version)
        return in_words(grading.grade, grading.personal_data)


@admin.register(DataFile)
class DataFileAdmin(ConsoleAdmin):
    list_display = ("name", "version", "organization", "format", "state", "shown_size", "created_at")
    list_filter = ("state", "format")
    list_select_related = ("version__dataset", "organization")
    search_fields = ("name", "version__dataset__title", "organization__legal_name", "sha256", "sm3")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("name", "version", "organization", "format", "declared_encoding", "state", "shown_size")}),
        (_("Digests"), {"fields": ("declared_sha256", "sha256", "sm3")}),
        (_("Inspection"), {"fields": ("parts_received", "found", "deductions", "anonymity", "columns")}),
    )
    readonly_fields = ("shown_size", "parts_received", "found", "deductions", "anonymity", "columns")

    @admin.display(description=_("deductions of quality"))
    def deductions(self, file: DataFile) -> SafeString | str:
        """Say why points were taken, each with the first rows concerned and a way to fetch them, masked."""
        deductions = ((file.profile or {}).get("quality") or {}).get("deductions", [])[:COLUMNS_SHOWN]
        lines = (
            (
                each["points"],
                str(SENTENCES[each["code"]]) % each["params"],
                ", ".join(map(str, each["rows"])),
                reverse("file-deduction-rows", args=[file.pk, number]),
                _("rows"),
            )
            for number, each in enumerate(deductions, start=1)
        )
        told = '<div>−{} {} {} <a href="{}" class="text-link">{}</a></div>'
        return format_html_join("", told, lines) or "–"

    @admin.display(description=_("size"), ordering="size")
    def shown_size(self, file: DataFile) -> str:
        return filesizeformat(file.size) if file.size is not None else "–"

    @admin.display(description=_("parts received"))
    def parts_received(self, file: DataFile) -> int:
        return file.parts.count()

    @admin.display(description=_("found"))
    def found(self, file: DataFile) -> SafeString | str:
        """Say rows, encoding and warnings in lines."""
        profile = file.profile
        if profile is None:
            return "–"
        lines = [
            _("%(rows)s rows, %(columns)s columns") % {"rows": profile["rows"], "columns": len(profile["columns"])},
            profile.get("encoding", ""),
            *(sentence(WARNINGS, each["code"], each["params"]) for each in profile.get("warnings", [])),
        ]
        return format_html_join("", "<div>{}</div>", ((line,) for line in lines if line))

    @admin.display(description=_("anonymity of the masked sample"))
    def anonymity(self, file: DataFile) -> str:
        told = (file.profile or {}).get("anonymity")
        if not told:
            return "–"
        sentence = _("k = %(k)s in %(rows)s rows; risk of re-identification %(risk)s (%(unique)s rows stand alone)")
        return str(sentence % told)

    @admin.display(description=_("columns"))
    def columns(self, file: DataFile) -> SafeString | str:
        """Lay the profile's columns out as a table."""
        columns = (file.profile or {}).get("columns", [])[:COLUMNS_SHOWN]
        if not columns:
            return "–"
        keys = ("name", "type", "nulls", "distinct", "min", "max")
        rows = format_html_join("", "<tr>{}</tr>", ((_cells(column, keys),) for column in columns))
        names = (_("name"), _("type"), _("empty"), _("different values"), _("least"), _("greatest"))
        head = format_html_join("", '<th class="px-2 text-left">{}</th>', ((name,) for name in names))
        return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", head, rows)


def _cells(column: dict[str, Any], keys: tuple[str, ...]) -> SafeString:
    values = ("" if column.get(key) is None else column[key] for key in keys)
    return format_html_join("", '<td class="px-2">{}</td>', ((value,) for value in values))
