"""The end of a version's sale, told in advance."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kernel.actors import Actor
from kernel.languages import LanguageMapField
from kernel.models import Identified
from listings.models.datasets import DatasetVersion, owned_or_listed


class VersionDeprecationQuerySet(models.QuerySet["VersionDeprecation"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(owned_or_listed(actor, version="version"))


class VersionDeprecation(Identified):
    """A provider's word that a version takes no new orders after a day; who has bought it reads on."""

    version = models.OneToOneField(
        DatasetVersion, models.PROTECT, related_name="deprecation", verbose_name=_("version")
    )
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("organization")
    )
    ends_on = models.DateField(_("last day of orders"))
    reason = LanguageMapField(_("reason"), text_length=2000)
    successor = models.ForeignKey(
        DatasetVersion, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("successor")
    )

    objects = VersionDeprecationQuerySet.as_manager()

    class Meta:
        verbose_name = _("version deprecation")
        verbose_name_plural = _("version deprecations")
        constraints = [
            models.CheckConstraint(
                condition=Q(successor__isnull=True) | ~Q(successor=F("version")),
                name="deprecated_version_has_another_successor",
            )
        ]

    def __str__(self) -> str:
        return f"{self.version}, {self.ends_on}"
