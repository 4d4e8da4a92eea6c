"""Bulk registration: sources, runs, what came of each of their records, and which product stands for which id."""

from collections.abc import Mapping
from typing import ClassVar, Self, TypeVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization
from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from kernel.states import Stateful

SOURCE_ID_LENGTH = 200
Row = TypeVar("Row", bound=models.Model)


class OfMembersQuerySet(models.QuerySet[Row]):
    """Rows of an organization, which the staff of the venues that it joined see too."""

    def visible_to(self, actor: Actor) -> Self:
        condition = owned_or_operated(actor, venue=None)
        if actor.venue_ids:
            condition |= Q(organization__in=Organization.objects.visible_to(actor).order_by().values("pk"))
        return self.filter(condition)


class HarvestSource(Identified, Stateful):
    """A catalogue that a provider keeps elsewhere and has read here, when it asks or at its frequency."""

    class Kind(models.TextChoices):
        CKAN = "CKAN", _("CKAN catalogue")
        DCAT = "DCAT", _("DCAT catalogue")

    class Frequency(models.TextChoices):
        MANUAL = "MANUAL", _("when asked")
        DAY = "DAY", _("daily")
        WEEK = "WEEK", _("weekly")
        MONTH = "MONTH", _("monthly")

    class State(models.TextChoices):
        ACTIVE = "ACTIVE", _("active")
        PAUSED = "PAUSED", _("paused")
        CLOSED = "CLOSED", _("closed")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {
        State.ACTIVE: frozenset({State.PAUSED, State.CLOSED}),
        State.PAUSED: frozenset({State.ACTIVE, State.CLOSED}),
    }

    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("provider")
    )
    created_by = models.ForeignKey(
        "accounts.Person", models.PROTECT, related_name="+", verbose_name=_("responsible person")
    )
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    address = models.CharField(_("address"), max_length=1000)
    frequency = models.CharField(
        _("how often it is read"), max_length=10, choices=Frequency.choices, default=Frequency.MANUAL
    )
    defaults = models.JSONField(_("dossier of new products"), default=dict, blank=True)
    withdraw_percent = models.PositiveSmallIntegerField(
        _("most withdrawn at once, in percent"),
        default=20,
        help_text=_("A run that misses more of what the source had before stops and asks a person."),
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.ACTIVE)
    next_run_at = models.DateTimeField(_("next read at"), null=True, blank=True)

    objects = OfMembersQuerySet["HarvestSource"].as_manager()

    class Meta:
        verbose_name = _("harvest source")
        verbose_name_plural = _("harvest sources")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind", "address"],
                condition=~Q(state="CLOSED"),
                name="harvest_source_is_unique_by_address",
            ),
            models.CheckConstraint(condition=Q(withdraw_percent__lte=100), name="harvest_withdraws_at_most_everything"),
        ]
        indexes = [models.Index(fields=["organization", "-id"], name="harvest_source_by_organization")]

    def __str__(self) -> str:
        return self.name


class HarvestRun(Identified, Stateful):
    """One bulk registration: its records are staged first and then applied one by one."""

    class Kind(models.TextChoices):
        CSV = "CSV", _("CSV manifest")
        JSON = "JSON", _("JSON manifest")
        DATA_PACKAGE = "DATA_PACKAGE", _("data package")
        CKAN = "CKAN", _("CKAN catalogue")
        DCAT = "DCAT", _("DCAT catalogue")

    class State(models.TextChoices):
        READING = "READING", _("being read")
        HELD = "HELD", _("held for a person")
        APPLYING = "APPLYING", _("being applied")
        DONE = "DONE", _("done")
        FAILED = "FAILED", _("failed")
        CANCELLED = "CANCELLED", _("cancelled")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {
        State.READING: frozenset({State.APPLYING, State.HELD, State.FAILED}),
        State.HELD: frozenset({State.APPLYING, State.CANCELLED}),
        State.APPLYING: frozenset({State.DONE, State.FAILED}),
    }
    LIVE = (State.READING, State.HELD, State.APPLYING)

    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("provider")
    )
    requested_by = models.ForeignKey(
        "accounts.Person", models.PROTECT, related_name="+", verbose_name=_("responsible person")
    )
    origin = models.ForeignKey(
        HarvestSource,
        models.PROTECT,
        related_name="runs",
        null=True,
        blank=True,
        verbose_name=_("harvest source"),
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    dry_run = models.BooleanField(_("dry run"), default=False)
    language = models.CharField(_("language of its reasons"), max_length=10)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.READING)
    sha256 = models.CharField(_("SHA-256 of the manifest"), max_length=64, blank=True)
    # Where reading goes on: null at the beginning, {} at the end.
    cursor = models.JSONField(_("place in the source"), null=True, blank=True)
    pages = models.PositiveIntegerField(_("pages read"), default=0)
    bytes = models.BigIntegerField(_("bytes read"), default=0)
    declared = models.PositiveIntegerField(_("records that the source says it has"), null=True, blank=True)
    staged = models.PositiveIntegerField(_("records"), default=0)
    counts = models.JSONField(_("outcomes"), default=dict, blank=True)
    failure = models.JSONField(_("why it failed"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = OfMembersQuerySet["HarvestRun"].as_manager()

    class Meta:
        verbose_name = _("bulk registration")
        verbose_name_plural = _("bulk registrations")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="FAILED") | Q(failure__isnull=False), name="failed_harvest_run_says_why"
            ),
            # Two at once would each take the other's records for gone.
            models.UniqueConstraint(
                fields=["origin"],
                condition=Q(state__in=["READING", "HELD", "APPLYING"]),
                name="one_harvest_run_at_a_time_by_source",
            ),
        ]
        indexes = [models.Index(fields=["organization", "-id"], name="harvest_run_by_organization")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.created_at:%Y-%m-%d %H:%M}"


class HarvestRecord(Identified):
    """One record of a run: what it says, and what came of it; the pending ones are what is still to do."""

    class Outcome(models.TextChoices):
        PENDING = "PENDING", pgettext_lazy("record", "pending")
        CREATED = "CREATED", _("created")
        UPDATED = "UPDATED", _("updated")
        UNCHANGED = "UNCHANGED", _("unchanged")
        REFUSED = "REFUSED", _("refused")
        GONE = "GONE", _("gone from its source")

    run = models.ForeignKey(HarvestRun, models.PROTECT, related_name="records", verbose_name=_("bulk registration"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("provider")
    )
    number = models.PositiveIntegerField(_("number"))
    source_id = models.CharField(_("id at its source"), max_length=SOURCE_ID_LENGTH, blank=True)
    entry = models.JSONField(_("record"), default=dict, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices, default=Outcome.PENDING)
    reasons = models.JSONField(_("reasons"), default=list, blank=True)
    changes = models.JSONField(_("changes"), default=dict, blank=True)
    product = models.ForeignKey(
        "listings.Product", models.SET_NULL, related_name="+", null=True, blank=True, verbose_name=_("product")
    )

    objects = OfMembersQuerySet["HarvestRecord"].as_manager()

    class Meta:
        verbose_name = _("record of a bulk registration")
        verbose_name_plural = _("records of bulk registrations")
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="harvest_record_number_is_unique_by_run"),
            models.UniqueConstraint(
                fields=["run", "source_id"],
                condition=~Q(outcome="REFUSED"),
                name="harvest_record_source_id_is_unique_by_run",
            ),
            models.CheckConstraint(
                condition=(Q(outcome="REFUSED") & ~Q(reasons=[])) | (Q(reasons=[]) & ~Q(outcome="REFUSED")),
                name="refused_harvest_record_says_why",
            ),
        ]
        # The console lists the newest of a venue's members; a run's own are found by its number constraint.
        indexes = [
            models.Index(fields=["organization", "-id"], name="harvest_record_by_organization"),
            models.Index(fields=["run", "outcome", "number"], name="harvest_record_by_outcome"),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.source_id}"


class HarvestedProduct(Identified):
    """Which dataset and product stand for an id of a provider's own books, so that none is registered twice."""

    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("provider")
    )
    origin = models.ForeignKey(
        HarvestSource, models.PROTECT, related_name="products", null=True, blank=True, verbose_name=_("harvest source")
    )
    source_id = models.CharField(_("id at its source"), max_length=SOURCE_ID_LENGTH)
    dataset = models.ForeignKey("listings.Dataset", models.PROTECT, related_name="+", verbose_name=_("dataset"))
    # A draft may be deleted; the next run then makes another one of the same dataset.
    product = models.ForeignKey(
        "listings.Product", models.SET_NULL, related_name="+", null=True, blank=True, verbose_name=_("product")
    )
    described = models.JSONField(_("what else the source says"), default=dict, blank=True)
    gone_at = models.DateTimeField(_("gone from its source since"), null=True, blank=True)
    last_run = models.ForeignKey(HarvestRun, models.PROTECT, related_name="+", verbose_name=_("last bulk registration"))

    objects = OfMembersQuerySet["HarvestedProduct"].as_manager()

    class Meta:
        verbose_name = _("bulk-registered product")
        verbose_name_plural = _("bulk-registered products")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "origin", "source_id"],
                nulls_distinct=False,  # what came by manifest has no source
                name="harvested_product_is_unique_by_source_id",
            )
        ]
        indexes = [models.Index(fields=["organization", "-id"], name="harvested_by_organization")]

    def __str__(self) -> str:
        return self.source_id
