"""Who exports: its standing in law, and the register of the persons whose data it has exported in a year."""

from collections.abc import Mapping
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from kernel.states import Stateful
from listings.models.datasets import DatasetVersion, owned_or_listed


def _own_or_member(actor: Actor) -> Q:
    """Rows of the actor's organization; for staff also of the members of their venues."""
    condition = owned_or_operated(actor, venue=None)
    if actor.venue_ids:
        members = Membership.objects.filter(venue__in=sorted(actor.venue_ids)).values("organization")
        condition |= Q(organization__in=members)
    return condition


class ExporterProfileQuerySet(models.QuerySet["ExporterProfile"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(_own_or_member(actor))


class ExporterProfile(Identified):
    """What an organization declares of its standing, and which officer confirmed it; unconfirmed it counts for nothing.

    `ciio` None: nobody knows yet whether it operates critical information infrastructure.
    """

    organization = models.OneToOneField(
        "accounts.Organization", models.PROTECT, related_name="exporter_profile", verbose_name=_("organization")
    )
    ciio = models.BooleanField(_("operates critical information infrastructure"), null=True)
    small = models.BooleanField(_("processes fewer than 100,000 persons"), default=False)
    ftz = models.CharField(_("free-trade zone or pilot"), max_length=64, blank=True)
    declared_by = models.UUIDField(_("declared by"))
    confirmed_by = models.UUIDField(_("confirmed by"), null=True)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True)

    objects: ClassVar[ExporterProfileQuerySet] = ExporterProfileQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("exporter's standing")
        verbose_name_plural = _("exporters' standings")
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=models.F("declared_by")),
                name="exporter_standing_is_confirmed_by_another_person",
            )
        ]

    def __str__(self) -> str:
        return str(self.organization)


class ExportYear(models.Model):
    """The row that is locked while the persons of one exporter and calendar year (Asia/Shanghai) are counted."""

    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("exporter")
    )
    year = models.PositiveSmallIntegerField(_("year"))

    class Meta:
        verbose_name = _("export year")
        verbose_name_plural = _("export years")
        constraints = [
            models.UniqueConstraint(fields=["organization", "year"], name="export_year_is_unique_by_exporter")
        ]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.year}"


class ExportEntryQuerySet(models.QuerySet["ExportEntry"]):
    def visible_to(self, actor: Actor) -> Self:
        """The exporter's own; staff see those of their venues' trades."""
        return self.filter(owned_or_operated(actor, venue="venue"))

    def counting(self) -> Self:
        """Entries that count towards the legal lines: held or gone, and not of an exempt scenario or a transit."""
        counting = [ExportEntry.State.RESERVED, ExportEntry.State.COMMITTED]
        return self.filter(state__in=counting, counts=True)


class ExportEntry(Identified, Stateful):
    """One transfer in the register: whom it concerns; held when its order is funded, counted when bytes leave."""

    class State(models.TextChoices):
        RESERVED = "RESERVED", _("held")
        COMMITTED = "COMMITTED", _("left the jurisdiction")
        RELEASED = "RELEASED", _("given back")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {
        State.RESERVED: frozenset({State.COMMITTED, State.RELEASED}),
    }

    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("exporter")
    )
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    recipient = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("recipient")
    )
    case = models.ForeignKey("listings.RouteCase", models.PROTECT, related_name="entries", verbose_name=_("route case"))
    version = models.ForeignKey(DatasetVersion, models.PROTECT, related_name="+", verbose_name=_("version"))
    subject_list = models.ForeignKey(
        "listings.SubjectList", models.PROTECT, related_name="+", verbose_name=_("keyed identifiers"), null=True
    )
    year = models.PositiveSmallIntegerField(_("year"))
    route = models.CharField(_("route"), max_length=30)
    counts = models.BooleanField(_("counts towards the legal lines"), default=True)
    n_general = models.BigIntegerField(_("persons"))
    n_sensitive = models.BigIntegerField(_("persons with sensitive information"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.RESERVED)

    objects: ClassVar[ExportEntryQuerySet] = ExportEntryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("entry of the export register")
        verbose_name_plural = _("export register")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(n_general__gte=0, n_sensitive__gte=0), name="exported_persons_are_not_negative"
            ),
            models.UniqueConstraint(
                fields=["case"], condition=Q(state="RESERVED"), name="one_held_entry_by_route_case"
            ),
        ]
        # Every funding and every release of bytes adds up an exporter's year under its lock.
        indexes = [models.Index(fields=["organization", "year", "state"], name="export_entry_by_exporter_year")]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.year}: {self.n_general} + {self.n_sensitive}"


class SubjectListQuerySet(models.QuerySet["SubjectList"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(owned_or_listed(actor, version="version"))


class SubjectList(Identified):
    """The persons of a version as keyed identifiers (HMAC under the exporter's own key), so that none counts twice.

    An exact set, not an estimate: at a legal line an error in either direction would be wrong.
    """

    version = models.OneToOneField(
        DatasetVersion, models.PROTECT, related_name="subject_list", verbose_name=_("version")
    )
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("organization")
    )
    n_general = models.BigIntegerField(_("persons"))
    n_sensitive = models.BigIntegerField(_("persons with sensitive information"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    supplied_by = models.UUIDField(_("supplied by"))

    objects: ClassVar[SubjectListQuerySet] = SubjectListQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("list of keyed identifiers")
        verbose_name_plural = _("lists of keyed identifiers")

    def __str__(self) -> str:
        return f"{self.n_general} + {self.n_sensitive}"


class SubjectIdentifier(models.Model):
    """One person of a list."""

    subject_list = models.ForeignKey(SubjectList, models.CASCADE, related_name="identifiers", db_index=False)
    keyed = models.BinaryField(_("keyed identifier"))
    sensitive = models.BooleanField(_("something sensitive is told"))

    class Meta:
        verbose_name = _("keyed identifier")
        verbose_name_plural = _("keyed identifiers")
        constraints = [models.UniqueConstraint(fields=["subject_list", "keyed"], name="subject_is_listed_once")]

    def __str__(self) -> str:
        return bytes(self.keyed).hex()
