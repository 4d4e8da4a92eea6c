"""Units of a metered plan that were bought ahead, and what bills drew of them."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, Venue
from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES, Currency, Money
from marketplace.models.agreements import Entitlement
from marketplace.models.charges import Charge


class UnitPackQuerySet(models.QuerySet["UnitPack"]):
    def visible_to(self, actor: Actor) -> "UnitPackQuerySet":
        """Keep what the buyer, the provider and the venue's staff may see."""
        return self.filter(owned_or_operated(actor, organizations=("organization", "provider"), venue="venue"))


class UnitPack(Identified):
    """Units bought ahead. What is used of them is counted by trigger from the draws, and never passes them."""

    entitlement = models.ForeignKey(
        Entitlement, models.PROTECT, verbose_name=_("entitlement"), related_name="unit_packs"
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, db_index=False, verbose_name=_("buyer"), related_name="+"
    )
    provider = models.ForeignKey(
        Organization, models.PROTECT, db_index=False, verbose_name=_("provider"), related_name="+"
    )
    venue = models.ForeignKey(Venue, models.PROTECT, db_index=False, verbose_name=_("venue"), related_name="+")
    number = models.CharField(_("number"), max_length=24, unique=True)
    units = models.BigIntegerField(_("units"))
    used_units = models.BigIntegerField(_("units used"), default=0)
    expired_units = models.BigIntegerField(pgettext_lazy("pack", "units not used"), default=0)
    price_minor = models.BigIntegerField(_("price in minor units"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    starts_at = models.DateTimeField(_("valid from"))
    expires_at = models.DateTimeField(_("expires at"))
    charge = models.OneToOneField(Charge, models.PROTECT, verbose_name=_("charge"), related_name="unit_pack")
    # When the run of the month in which it expired, or staff, wrote down what was not used.
    closed_at = models.DateTimeField(_("closed at"), null=True)

    objects: ClassVar[UnitPackQuerySet] = UnitPackQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("unit pack")
        verbose_name_plural = _("unit packs")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(units__gt=0, used_units__gte=0, expired_units__gte=0)
                & Q(used_units__lte=F("units") - F("expired_units")),
                name="a_pack_gives_no_more_than_its_units",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("starts_at")), name="a_pack_expires_after_it_begins"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=False) | Q(expired_units=0), name="units_expire_when_a_pack_is_closed"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="unit_pack_by_buyer"),
            models.Index(fields=["provider", "-id"], name="unit_pack_by_provider"),
            # The usage run closes what has expired at its venue.
            models.Index(
                fields=["venue", "expires_at"], condition=Q(closed_at__isnull=True), name="unit_pack_to_close"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def price(self) -> Money:
        return Money(self.price_minor, Currency(self.currency))

    @property
    def units_left(self) -> int:
        """What no bill has drawn; nothing once it has expired."""
        over = self.closed_at is not None or self.expires_at <= timezone.now()
        return 0 if over else self.units - self.used_units


class PackDraw(Identified):
    """What one usage charge drew of a pack for one month; never changed."""

    pack = models.ForeignKey(
        UnitPack, models.PROTECT, db_index=False, verbose_name=_("unit pack"), related_name="draws"
    )
    charge = models.ForeignKey(Charge, models.PROTECT, verbose_name=_("charge"), related_name="draws")
    month = models.CharField(_("month"), max_length=7)
    units = models.BigIntegerField(_("units"))

    class Meta:
        verbose_name = _("use of a pack")
        verbose_name_plural = _("uses of packs")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["pack", "charge", "month"], name="a_pack_is_drawn_once_by_charge_and_month"
            ),
            models.CheckConstraint(condition=Q(units__gt=0), name="a_draw_takes_something"),
        ]

    def __str__(self) -> str:
        return f"{self.month} {self.units}"
