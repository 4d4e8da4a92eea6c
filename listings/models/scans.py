"""What a later scan of a version found; the first one is in its profile."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.actors import Actor
from kernel.models import Identified
from listings.models.datasets import DatasetVersion, owned_or_listed
from listings.models.grades import Grade, in_words
from listings.models.vocabulary import PersonalData


class GradeScanQuerySet(models.QuerySet["GradeScan"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(owned_or_listed(actor, version="version"))


class GradeScan(Identified):
    """One scan of a version's files by the rules of its day; none is ever changed."""

    version = models.ForeignKey(DatasetVersion, models.PROTECT, related_name="grade_scans", verbose_name=_("version"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("organization")
    )
    grade = models.CharField(_("proposed grade"), max_length=10, choices=Grade.choices)
    personal_data = models.CharField(_("personal information found"), max_length=10, choices=PersonalData.choices)
    persons = models.BigIntegerField(_("persons"))
    sensitive_persons = models.BigIntegerField(_("persons with sensitive information"))
    found = models.JSONField(_("findings"), default=dict)

    objects = GradeScanQuerySet.as_manager()

    class Meta:
        verbose_name = _("grade scan")
        verbose_name_plural = _("grade scans")
        ordering = ["-id"]
        indexes = [models.Index(fields=["version", "-id"], name="scan_by_version")]

    def __str__(self) -> str:
        return in_words(Grade(self.grade), PersonalData(self.personal_data))
