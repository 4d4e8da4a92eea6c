"""How important data are and whom they concern: what a person has confirmed about a version (GB/T 43697-2024)."""

from typing import Self

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.actors import Actor
from kernel.models import Identified
from listings.models.datasets import DatasetVersion, owned_or_listed
from listings.models.vocabulary import PersonalData


class Grade(models.TextChoices):
    """By the harm that leaking, altering, destroying or misusing the data would do."""

    GENERAL = "GENERAL", _("general data")
    IMPORTANT = "IMPORTANT", _("important data")
    CORE = "CORE", _("core data")


def in_words(grade: Grade, personal_data: PersonalData) -> str:
    """Say both in the language in force."""
    return gettext("%(grade)s; on persons: %(personal_data)s") % {
        "grade": grade.label,
        "personal_data": personal_data.label,
    }


class GradeConfirmationQuerySet(models.QuerySet["GradeConfirmation"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(owned_or_listed(actor, version="version"))


class GradeConfirmation(Identified):
    """A person's word on what the scan found in a version; the last one counts, and none is ever changed."""

    version = models.ForeignKey(
        DatasetVersion, models.PROTECT, related_name="grade_confirmations", verbose_name=_("version")
    )
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("organization")
    )
    grade = models.CharField(_("grade"), max_length=10, choices=Grade.choices)
    personal_data = models.CharField(_("personal information"), max_length=10, choices=PersonalData.choices)
    found_grade = models.CharField(_("proposed grade"), max_length=10, choices=Grade.choices)
    found_personal_data = models.CharField(_("personal information found"), max_length=10, choices=PersonalData.choices)
    reason = models.TextField(_("reason"), blank=True)
    confirmed_by = models.UUIDField(_("confirmed by"))

    objects = GradeConfirmationQuerySet.as_manager()

    class Meta:
        verbose_name = _("grade confirmation")
        verbose_name_plural = _("grade confirmations")
        ordering = ["-id"]
        indexes = [models.Index(fields=["version", "-id"], name="confirmation_by_version")]

    def __str__(self) -> str:
        return in_words(Grade(self.grade), PersonalData(self.personal_data))
