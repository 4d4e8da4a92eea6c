"""What was used under an entitlement, unit by unit, to be billed by its plan."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, Venue
from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from marketplace.models.agreements import Entitlement


class UsageRecordQuerySet(models.QuerySet["UsageRecord"]):
    def visible_to(self, actor: Actor) -> "UsageRecordQuerySet":
        """Keep what the buyer, the provider and the venue's staff may see."""
        parties = ("organization", "provider")
        return self.filter(owned_or_operated(actor, organizations=parties, venue="venue"))


class UsageRecord(Identified):
    """One thing that was bought by use, never changed and never counted twice (DOMAIN I11)."""

    class Kind(models.TextChoices):
        IDENTITY_QUERY = "IDENTITY_QUERY", _("identity query")
        TABLE_QUERY = "TABLE_QUERY", _("query of a table")
        API_CALL = "API_CALL", _("call of an interface")
        COMPUTE_SECOND = "COMPUTE_SECOND", _("second of compute")
        ROOM_QUERY = "ROOM_QUERY", _("query in a clean room")

    # Each index that would come with a key is led by another one below, or nobody asks by it.
    entitlement = models.ForeignKey(
        Entitlement, models.PROTECT, db_index=False, verbose_name=_("entitlement"), related_name="usage"
    )
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("buyer"), related_name="+")
    provider = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("provider"), related_name="+")
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    nonce = models.CharField(_("nonce"), max_length=64)
    subject_id = models.UUIDField(_("what was used"))
    units = models.PositiveBigIntegerField(_("units"), default=1)
    # Set once, by the usage run that bills the record (trigger in marketplace/sql). A record that commits after the run
    # still has none, however old its id: the next run finds it.
    charge = models.ForeignKey(
        "marketplace.Charge", models.PROTECT, db_index=False, null=True, verbose_name=_("charge"), related_name="usage"
    )

    objects: ClassVar[UsageRecordQuerySet] = UsageRecordQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("usage record")
        verbose_name_plural = _("usage records")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["entitlement", "nonce"], name="usage_is_counted_once_by_nonce"),
        ]
        indexes = [
            models.Index(fields=["entitlement", "-id"], name="usage_by_entitlement"),
            # A usage run looks for what is not billed yet; a charge lists what it bills.
            models.Index(
                fields=["entitlement", "created_at"], condition=Q(charge__isnull=True), name="usage_not_billed"
            ),
            models.Index(fields=["charge", "id"], condition=Q(charge__isnull=False), name="usage_by_charge"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.nonce}"
