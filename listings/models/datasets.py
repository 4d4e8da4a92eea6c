"""What a provider holds: datasets, their immutable versions, the files of a version and the parts they came in."""

from collections.abc import Mapping
from typing import ClassVar, Self

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.languages import LanguageMapField, in_language
from kernel.models import Identified
from kernel.states import Stateful

SHA256_HEX = RegexValidator(r"\A[0-9a-f]{64}\Z", _("Give 64 lower-case hexadecimal digits."))


def owned_or_listed(actor: Actor, *, version: str) -> Q:
    """Rows of the actor's organization; for staff also those behind the listings that they may see.

    `version` is the lookup from the row to its dataset version.
    """
    condition = owned_or_operated(actor, venue=None)
    if actor.venue_ids:
        listings = apps.get_model("listings", "Listing")._default_manager.visible_to(actor)
        condition |= Q(**{f"{version}__in": listings.filter(version__isnull=False).values("version")})
    return condition


class DatasetQuerySet(models.QuerySet["Dataset"]):
    def visible_to(self, actor: Actor) -> Self:
        versions = DatasetVersion.objects.filter(owned_or_listed(actor, version="pk"))
        own = owned_or_operated(actor, venue=None)
        return self.filter(own | Q(pk__in=versions.values("dataset"))) if actor.venue_ids else self.filter(own)


class Dataset(Identified):
    """A body of data that an organization holds; what it consists of is in its versions."""

    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="datasets", verbose_name=_("organization")
    )
    title = LanguageMapField(_("title"), text_length=200)
    description = LanguageMapField(_("description"), text_length=4000, blank=True)

    objects = DatasetQuerySet.as_manager()

    class Meta:
        verbose_name = _("dataset")
        verbose_name_plural = _("datasets")
        indexes = [models.Index(fields=["organization", "-id"], name="dataset_by_organization")]

    def __str__(self) -> str:
        return in_language(self.title)


class DatasetVersionQuerySet(models.QuerySet["DatasetVersion"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(owned_or_listed(actor, version="pk"))


class DatasetVersion(Identified, Stateful):
    """The files of a dataset as of one day; nothing in it changes once it is sealed (triggers in listings/sql)."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("open for files")
        PROFILING = "PROFILING", _("being profiled")
        READY = "READY", _("ready")
        REFUSED = "REFUSED", _("refused")

    class Level(models.TextChoices):
        """How much a version changes for those who read the preceding one; in rising order."""

        PATCH = "PATCH", pgettext_lazy("level of change", "patch")
        MINOR = "MINOR", pgettext_lazy("level of change", "minor")
        MAJOR = "MAJOR", pgettext_lazy("level of change", "major")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {
        State.OPEN: frozenset({State.PROFILING}),
        State.PROFILING: frozenset({State.READY, State.REFUSED}),
    }

    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="versions", verbose_name=_("dataset"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("organization")
    )
    number = models.PositiveIntegerField(_("version number"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    notes = LanguageMapField(_("what changed"), text_length=4000, blank=True)
    reason = LanguageMapField(_("why it changed"), text_length=4000, blank=True)
    declared_level = models.CharField(_("declared level of change"), max_length=5, choices=Level.choices, blank=True)
    # Written when the version is ready (listings/releases.py): what it changes, and the number that follows.
    preceding = models.ForeignKey(
        "self", models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("preceding version")
    )
    level = models.CharField(_("level of change"), max_length=5, choices=Level.choices, blank=True)
    release = ArrayField(models.PositiveIntegerField(), verbose_name=_("release"), size=3, null=True, blank=True)
    schema_changes = models.JSONField(_("schema changes"), null=True, blank=True)
    wrapped_key = models.BinaryField(_("wrapped data key"))
    key_id = models.CharField(_("key-encryption key"), max_length=64)
    profile = models.JSONField(_("profile"), null=True, blank=True)
    refusal = models.JSONField(_("refusal"), null=True, blank=True)
    rows = models.BigIntegerField(_("rows"), null=True, blank=True)
    bytes = models.BigIntegerField(_("bytes"), null=True, blank=True)
    sha256 = models.CharField(_("SHA-256 of the manifest"), max_length=64, blank=True)
    sm3 = models.CharField(_("SM3 of the manifest"), max_length=64, blank=True)
    sealed_at = models.DateTimeField(_("sealed at"), null=True, blank=True)

    objects = DatasetVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("dataset version")
        verbose_name_plural = _("dataset versions")
        constraints = [
            models.UniqueConstraint(fields=["dataset", "number"], name="version_number_is_unique_by_dataset"),
            models.UniqueConstraint(fields=["dataset", "release"], name="release_is_unique_by_dataset"),
            models.CheckConstraint(
                condition=~Q(state="READY") | (Q(rows__gte=0, bytes__gt=0, profile__isnull=False) & ~Q(sha256="")),
                name="ready_version_has_a_profile_and_digests",
            ),
            models.CheckConstraint(
                condition=~Q(state="REFUSED") | Q(refusal__isnull=False), name="refused_version_says_why"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="version_by_organization"),
            models.Index(fields=["key_id"], name="version_by_key"),
        ]

    def __str__(self) -> str:
        return f"{self.dataset} v{self.number}"

    @property
    def release_number(self) -> str:
        """The number that readers go by, such as 2.1.0; "" before the version is ready."""
        return ".".join(map(str, self.release or ()))

    @property
    def is_breaking(self) -> bool:
        """Whether programs that read the preceding version may break."""
        return self.level == self.Level.MAJOR


class DataFileQuerySet(models.QuerySet["DataFile"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(owned_or_listed(actor, version="version"))


class DataFile(Identified, Stateful):
    """One file of a version: bytes that arrive in parts, their digests and what they turned out to hold."""

    class State(models.TextChoices):
        RECEIVING = "RECEIVING", _("receiving")
        RECEIVED = "RECEIVED", _("received")
        READY = "READY", _("ready")
        REFUSED = "REFUSED", _("refused")

    class Format(models.TextChoices):
        CSV = "CSV", "CSV"
        JSONL = "JSONL", "JSON Lines"
        PARQUET = "PARQUET", "Apache Parquet"
        JSON = "JSON", "JSON"
        GEOJSON = "GEOJSON", "GeoJSON"
        EXCEL = "EXCEL", "Excel"
        TEXT = "TEXT", _("plain text")
        OPENAPI = "OPENAPI", _("OpenAPI description")
        ARCHIVE = "ARCHIVE", _("archive of images, sound or texts")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {
        State.RECEIVING: frozenset({State.RECEIVED}),
        State.RECEIVED: frozenset({State.READY, State.REFUSED}),
    }

    version = models.ForeignKey(DatasetVersion, models.PROTECT, related_name="files", verbose_name=_("version"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("organization")
    )
    name = models.CharField(_("file name"), max_length=200)
    format = models.CharField(_("format"), max_length=10, choices=Format.choices)
    declared_encoding = models.CharField(_("declared encoding"), max_length=20, blank=True)
    declared_sha256 = models.CharField(_("declared SHA-256"), max_length=64, blank=True, validators=[SHA256_HEX])
    table_schema = models.JSONField(_("rules of the provider (Table Schema)"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.RECEIVING)
    size = models.BigIntegerField(_("bytes"), null=True, blank=True)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    sm3 = models.CharField(_("SM3"), max_length=64, blank=True)
    profile = models.JSONField(_("profile"), null=True, blank=True)

    objects = DataFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("data file")
        verbose_name_plural = _("data files")
        constraints = [
            models.UniqueConstraint(fields=["version", "name"], name="file_name_is_unique_by_version"),
            models.CheckConstraint(condition=Q(state="RECEIVING") | Q(size__gte=0), name="received_file_has_a_size"),
            models.CheckConstraint(
                condition=~Q(state="READY") | (Q(profile__isnull=False) & ~Q(sha256="") & ~Q(sm3="")),
                name="ready_file_has_a_profile_and_digests",
            ),
        ]
        indexes = [models.Index(fields=["organization", "-id"], name="file_by_organization")]

    def __str__(self) -> str:
        return self.name


class FilePart(Identified):
    """A run of a file's bytes as one stored, encrypted object; parts count from 1 and follow each other."""

    file = models.ForeignKey(DataFile, models.PROTECT, related_name="parts", verbose_name=_("file"))
    number = models.PositiveIntegerField(_("part number"))
    size = models.BigIntegerField(_("bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    storage_name = models.CharField(_("stored object"), max_length=255, unique=True)

    class Meta:
        verbose_name = _("file part")
        verbose_name_plural = _("file parts")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["file", "number"], name="part_number_is_unique_by_file"),
            models.CheckConstraint(condition=Q(number__gte=1, number__lte=10_000), name="part_number_is_in_range"),
            models.CheckConstraint(condition=Q(size__gt=0), name="part_has_bytes"),
        ]

    def __str__(self) -> str:
        return f"{self.file_id} #{self.number}"
