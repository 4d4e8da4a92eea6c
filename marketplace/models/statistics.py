"""Quarterly statistics: editions of a venue's table and index, and the returns that providers file for them."""

from collections.abc import Mapping
from typing import ClassVar, Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, Person, Venue
from accounts.product_types import ProductType
from accounts.visibility import owned_or_operated, sees_everything
from kernel.actors import Actor
from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES
from kernel.states import Stateful
from listings.models.vocabulary import SourceKind

quarter = RegexValidator(r"^20\d\dQ[1-4]\Z", _("Give a quarter such as 2026Q3."))


class StatisticEditionQuerySet(models.QuerySet["StatisticEdition"]):
    def visible_to(self, actor: Actor) -> Self:
        """Everybody sees what is or was published; the venue's staff see the rest."""
        if sees_everything(actor):
            return self
        published = Q(state__in=StatisticEdition.PUBLIC)
        return self.filter(published | Q(venue__in=sorted(actor.counted_venue_ids)))


class StatisticEdition(Identified, Stateful):
    """One compilation of a venue's quarter: a job computes it, one person compiles it, another publishes it."""

    class State(models.TextChoices):
        COMPILING = "COMPILING", _("being compiled")
        COMPILED = "COMPILED", _("compiled, not published")
        PUBLISHED = "PUBLISHED", _("published")
        SUPERSEDED = "SUPERSEDED", _("replaced by a later edition")
        DISCARDED = "DISCARDED", _("discarded")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {
        State.COMPILING: frozenset({State.COMPILED, State.DISCARDED}),
        State.COMPILED: frozenset({State.PUBLISHED, State.DISCARDED}),
        State.PUBLISHED: frozenset({State.SUPERSEDED}),
    }
    PUBLIC = (State.PUBLISHED, State.SUPERSEDED)

    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    quarter = models.CharField(_("quarter"), max_length=6, validators=[quarter])
    revision = models.PositiveSmallIntegerField(_("revision"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.COMPILING)
    method = models.CharField(_("method"), max_length=40)
    sha256 = models.CharField(_("SHA-256 of its figures"), max_length=64, blank=True)
    withheld = models.PositiveIntegerField(_("cells withheld"), default=0)
    compiled_by = models.ForeignKey(
        Person, models.PROTECT, verbose_name=_("compiled by"), related_name="+", null=True, blank=True
    )
    published_by = models.ForeignKey(
        Person, models.PROTECT, verbose_name=_("published by"), related_name="+", null=True, blank=True
    )
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)

    objects: ClassVar[StatisticEditionQuerySet] = StatisticEditionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("edition of the statistics")
        verbose_name_plural = _("editions of the statistics")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["venue", "quarter", "revision"], name="edition_revision_is_unique"),
            models.UniqueConstraint(
                fields=["venue", "quarter"], condition=Q(state="PUBLISHED"), name="one_published_edition_of_a_quarter"
            ),
            models.UniqueConstraint(
                fields=["venue", "quarter"],
                condition=Q(state__in=["COMPILING", "COMPILED"]),
                name="one_edition_of_a_quarter_under_way",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["PUBLISHED", "SUPERSEDED"])
                | (Q(published_at__isnull=False) & ~Q(sha256="") & ~Q(published_by=F("compiled_by"))),
                name="edition_is_published_by_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quarter} r{self.revision}"


class StatisticCell(Identified):
    """One cell: an empty dimension is the total over it. What is withheld is not stored at all."""

    class Table(models.TextChoices):
        TRADE = "TRADE", _("trade")
        PRODUCTION = "PRODUCTION", _("cost and capital formation")

    class Withheld(models.TextChoices):
        PRIMARY = "PRIMARY", _("too few contributors")
        COMPLEMENTARY = "COMPLEMENTARY", _("would give another away")

    edition = models.ForeignKey(StatisticEdition, models.PROTECT, verbose_name=_("edition"), related_name="cells")
    table = models.CharField(_("table"), max_length=10, choices=Table.choices)
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    industry = models.CharField(_("industry section (GB/T 4754)"), max_length=1, blank=True)
    product_type = models.CharField(_("product type"), max_length=12, blank=True)
    source_kind = models.CharField(_("source"), max_length=16, blank=True)
    region = models.CharField(_("provider's region"), max_length=6, blank=True)
    flow = models.CharField(_("flow"), max_length=8, blank=True)
    withheld = models.CharField(_("withheld"), max_length=13, choices=Withheld.choices, blank=True)
    trades = models.PositiveIntegerField(_("trades"), null=True)
    value_minor = models.BigIntegerField(_("value in minor units"), null=True)
    volume_bytes = models.BigIntegerField(_("volume in bytes"), null=True)
    buyers = models.PositiveIntegerField(_("buyers"), null=True)
    sellers = models.PositiveIntegerField(_("sellers"), null=True)
    cost_minor = models.BigIntegerField(_("cost in minor units"), null=True)
    capitalised_minor = models.BigIntegerField(_("capital formation in minor units"), null=True)

    class Meta:
        verbose_name = _("statistical cell")
        verbose_name_plural = _("statistical cells")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "table", "currency", "industry", "product_type", "source_kind", "region", "flow"],
                name="cell_is_unique_in_its_edition",
            ),
            models.CheckConstraint(
                condition=Q(withheld="", sellers__isnull=False)
                | (
                    ~Q(withheld="")
                    & Q(
                        trades__isnull=True,
                        value_minor__isnull=True,
                        volume_bytes__isnull=True,
                        buyers__isnull=True,
                        sellers__isnull=True,
                        cost_minor__isnull=True,
                        capitalised_minor__isnull=True,
                    )
                ),
                name="withheld_cell_holds_no_figure",
            ),
        ]
        indexes = [models.Index(fields=["edition", "id"], name="cell_by_edition")]

    def __str__(self) -> str:
        dimensions = (self.industry, self.product_type, self.source_kind, self.region, self.flow)
        return f"{self.table} {self.currency} {'/'.join(value or '*' for value in dimensions)}"


class IndexPoint(Identified):
    """The exchange index of one quarter, of one product type or (empty) of all, in hundredths of a point."""

    edition = models.ForeignKey(StatisticEdition, models.PROTECT, verbose_name=_("edition"), related_name="points")
    product_type = models.CharField(_("product type"), max_length=12, choices=ProductType.choices, blank=True)
    listings = models.BigIntegerField(_("listings"), null=True)
    trades = models.BigIntegerField(_("trades"), null=True)
    prices = models.BigIntegerField(_("prices"), null=True)
    composite = models.BigIntegerField(_("composite"), null=True)

    class Meta:
        verbose_name = _("index point")
        verbose_name_plural = _("index points")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "product_type"], name="index_point_is_unique_in_its_edition")
        ]

    def __str__(self) -> str:
        return f"{self.edition_id} {self.product_type}"


class ProductionReturnQuerySet(models.QuerySet["ProductionReturn"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(owned_or_operated(actor, venue="venue"))


class ProductionReturn(Identified):
    """What one line of a provider's data production cost in a quarter; a correction is a later return."""

    COSTS = ("acquisition", "cleaning", "labelling", "storage", "compliance")

    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("provider"), related_name="+")
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    quarter = models.CharField(_("quarter"), max_length=6, validators=[quarter])
    industry = models.CharField(_("industry section (GB/T 4754)"), max_length=1)
    product_type = models.CharField(_("product type"), max_length=12, choices=ProductType.choices)
    source_kind = models.CharField(_("source"), max_length=16, choices=SourceKind.choices)
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    acquisition_minor = models.BigIntegerField(_("acquisition"))
    cleaning_minor = models.BigIntegerField(_("cleaning"))
    labelling_minor = models.BigIntegerField(_("labelling"))
    storage_minor = models.BigIntegerField(_("storage"))
    compliance_minor = models.BigIntegerField(_("compliance"))
    capitalised_minor = models.BigIntegerField(_("capital formation"))
    filed_by = models.UUIDField(_("filed by"), null=True)

    objects: ClassVar[ProductionReturnQuerySet] = ProductionReturnQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("production return")
        verbose_name_plural = _("production returns")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    acquisition_minor__gte=0,
                    cleaning_minor__gte=0,
                    labelling_minor__gte=0,
                    storage_minor__gte=0,
                    compliance_minor__gte=0,
                    capitalised_minor__gte=0,
                    capitalised_minor__lte=F("acquisition_minor")
                    + F("cleaning_minor")
                    + F("labelling_minor")
                    + F("storage_minor")
                    + F("compliance_minor"),
                ),
                name="return_capitalises_no_more_than_it_cost",
            )
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="return_by_organization"),
            models.Index(fields=["venue", "quarter"], name="return_by_venue_and_quarter"),
        ]

    def __str__(self) -> str:
        return f"{self.quarter} {self.industry} {self.product_type}"

    @property
    def cost_minor(self) -> int:
        return sum(getattr(self, f"{name}_minor") for name in self.COSTS)
