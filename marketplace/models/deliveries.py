"""The delivery of what was bought, and the grants by which its files are read."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, Venue
from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from kernel.states import Stateful
from listings.models import DataFile, TransferPermit
from marketplace.models.agreements import Entitlement
from marketplace.models.orders import Order


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, actor: Actor) -> "DeliveryQuerySet":
        """Keep what the parties to the trade and the venue's staff may see."""
        parties = ("organization", "order__provider")
        return self.filter(owned_or_operated(actor, organizations=parties, venue="venue"))


class Delivery(Identified, Stateful):
    """One fulfilment of an entitlement: prepared by a job, then open to the buyer until accepted or rejected."""

    class Kind(models.TextChoices):
        ORDERED = "ORDERED", _("what was ordered")
        VERSION = "VERSION", _("new version of a subscription")
        RESULT = "RESULT", _("result of a clean room or a compute job")

    class State(models.TextChoices):
        PREPARING = "PREPARING", _("preparing")
        DELIVERED = "DELIVERED", _("delivered, awaiting acceptance")
        ACCEPTED = "ACCEPTED", pgettext_lazy("delivery", "accepted")
        REJECTED = "REJECTED", pgettext_lazy("delivery", "rejected")
        FAILED = "FAILED", _("failed")
        CANCELLED = "CANCELLED", _("cancelled")

    MOVES = {
        State.PREPARING: {State.DELIVERED, State.FAILED, State.CANCELLED},
        State.FAILED: {State.PREPARING, State.CANCELLED},
        State.DELIVERED: {State.ACCEPTED, State.REJECTED},
    }

    order = models.ForeignKey(Order, models.PROTECT, verbose_name=_("order"), related_name="deliveries")
    entitlement = models.ForeignKey(
        Entitlement, models.PROTECT, verbose_name=_("entitlement"), related_name="deliveries"
    )
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("buyer"), related_name="+")
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    # The first is what was ordered; those after it are neither paid nor certified by themselves.
    kind = models.CharField(_("kind"), max_length=7, choices=Kind.choices, default=Kind.ORDERED)
    number = models.PositiveIntegerField(_("number of the order's deliveries"), default=1)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PREPARING)
    receipt = models.JSONField(_("receipt"), default=dict)
    arrival = models.JSONField(_("reported to have arrived"), default=dict)
    delivered_at = models.DateTimeField(_("delivered at"), null=True)
    accept_by = models.DateTimeField(_("accepted in silence at"), null=True)
    decided_at = models.DateTimeField(_("accepted or rejected at"), null=True)
    rejection_reason = models.TextField(_("reason for rejection"), blank=True)

    objects: ClassVar[DeliveryQuerySet] = DeliveryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="delivery_number_is_unique_by_order"),
            models.CheckConstraint(
                condition=models.Q(kind="ORDERED", number=1) | models.Q(~models.Q(kind="ORDERED"), number__gt=1),
                name="first_delivery_is_what_was_ordered",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="delivery_by_organization"),
            models.Index(fields=["venue", "state", "-id"], name="delivery_by_venue_and_state"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"

    @property
    def arrived_otherwise(self) -> bool:
        """Whether the buyer has reported other bytes than were sent."""
        return not self.arrival.get("matches", True)

    @property
    def is_new_version(self) -> bool:
        """Whether it brings a version that came after the order."""
        return self.kind == self.Kind.VERSION


class MarkedFileQuerySet(models.QuerySet["MarkedFile"]):
    def visible_to(self, actor: Actor) -> "MarkedFileQuerySet":
        """The venue's staff: neither party learns how its copies are marked."""
        return self.filter(owned_or_operated(actor, organizations=(), venue="venue"))


class MarkedFile(Identified):
    """The copy of a sold file that carries one buyer's mark, sealed under the data key of its version."""

    delivery = models.ForeignKey(
        Delivery, models.PROTECT, db_index=False, verbose_name=_("delivery"), related_name="marked_files"
    )
    file = models.ForeignKey(DataFile, models.PROTECT, verbose_name=_("file"), related_name="+")
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("buyer"), related_name="+")
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    anchor = models.CharField(_("column by which rows are known"), max_length=200)
    carriers = models.JSONField(_("columns that carry the mark"), default=list)
    every = models.PositiveIntegerField(_("one row is marked of"))
    storage_name = models.CharField(_("stored object"), max_length=255, unique=True)
    size = models.BigIntegerField(_("bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    sm3 = models.CharField(_("SM3"), max_length=64)

    objects: ClassVar[MarkedFileQuerySet] = MarkedFileQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("marked copy")
        verbose_name_plural = _("marked copies")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["delivery", "file"], name="one_marked_copy_by_delivery_and_file")
        ]

    def __str__(self) -> str:
        return f"{self.delivery}: {self.file}"


class AccessGrant(Identified):
    """An address by which one file may be read for a while; what is bought is counted by grants, not by HTTP requests.

    The address holds a secret that is stored only as its SHA-256. Every read looks at the entitlement again.
    """

    delivery = models.ForeignKey(Delivery, models.PROTECT, verbose_name=_("delivery"), related_name="grants")
    entitlement = models.ForeignKey(Entitlement, models.PROTECT, verbose_name=_("entitlement"), related_name="grants")
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("buyer"), related_name="+")
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    file = models.ForeignKey(DataFile, models.PROTECT, verbose_name=_("file"), related_name="+")
    permit = models.ForeignKey(
        TransferPermit, models.PROTECT, verbose_name=_("transfer permit"), related_name="+", null=True
    )
    token_sha256 = models.CharField(_("digest of the address"), max_length=64, unique=True)
    granted_to = models.UUIDField(_("granted to"), null=True)
    expires_at = models.DateTimeField(_("expires at"))
    reads = models.PositiveIntegerField(_("reads"), default=0)
    bytes_served = models.BigIntegerField(_("bytes served"), default=0)
    first_read_at = models.DateTimeField(_("first read at"), null=True)
    last_read_at = models.DateTimeField(_("last read at"), null=True)

    class Meta:
        verbose_name = _("access grant")
        verbose_name_plural = _("access grants")
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.id)
