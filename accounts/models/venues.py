"""Venues: the exchanges of this deployment. They are rows, made by a data migration."""

from typing import Self
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.actors import Actor
from kernel.languages import LanguageMapField, in_language
from kernel.models import Identified


class VenueQuerySet(models.QuerySet["Venue"]):
    def visible_to(self, actor: Actor) -> Self:
        """Return all venues: they are public."""
        return self.all()


class Venue(Identified):
    """An exchange, with its own members, numbering, fee schedule and calendar; an organization operates it."""

    code = models.SlugField(_("code"), max_length=20)
    name = LanguageMapField(_("name"), text_length=80)
    number_prefix = models.CharField(_("number prefix"), max_length=4, help_text=_("Begins every short number: GZ-L-…"))
    jurisdiction = models.CharField(_("jurisdiction"), max_length=2, default="CN")
    timezone = models.CharField(_("time zone"), max_length=40, default="Asia/Shanghai")
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    operator = models.ForeignKey(
        "accounts.Organization",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="operated_venues",
        verbose_name=_("operator"),
    )
    acceptance_working_days = models.PositiveSmallIntegerField(_("working days to accept a delivery"), default=5)
    # DOMAIN §5: T+1 at home and T+3 abroad are usual.
    release_working_days = models.PositiveSmallIntegerField(
        _("working days from acceptance to settlement"), default=0, help_text=_("0 settles at once.")
    )
    release_working_days_abroad = models.PositiveSmallIntegerField(
        _("the same where the parties are in two jurisdictions"), default=0
    )

    objects = VenueQuerySet.as_manager()

    class Meta:
        verbose_name = _("venue")
        verbose_name_plural = _("venues")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["code"], name="venue_code_is_unique"),
            models.UniqueConstraint(fields=["number_prefix"], name="venue_number_prefix_is_unique"),
        ]

    def __str__(self) -> str:
        return in_language(self.name) or self.code

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)
