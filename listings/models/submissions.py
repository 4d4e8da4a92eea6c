"""What a provider handed in: one row for each time, which the review decides and nobody changes."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from listings.models.listings import Listing
from listings.models.vocabulary import ReviewStage


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(owned_or_operated(actor, venue="venue"))


class Submission(Identified):
    """A listing as it was handed in, what has changed since the last time, and which stages have to decide it.

    `plan` are all stages of this listing's review, `stages` those of them that decide now: what was passed before and
    is not touched by the changes stays passed. `changes` maps a JSON pointer of the dossier to `[before, after]`;
    `answers` says, item by item, how each correction was met.
    """

    listing = models.ForeignKey(Listing, models.PROTECT, related_name="submissions", verbose_name=_("listing"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("provider")
    )
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    round = models.PositiveSmallIntegerField(_("round"))
    submitted_by = models.ForeignKey(
        "accounts.Person", models.PROTECT, related_name="+", verbose_name=_("submitted by")
    )
    edition = models.CharField(_("checklist edition"), max_length=40)
    plan = ArrayField(models.CharField(max_length=16, choices=ReviewStage.choices), verbose_name=_("stages"))
    stages = ArrayField(
        models.CharField(max_length=16, choices=ReviewStage.choices), verbose_name=_("stages to decide")
    )
    dossier = models.JSONField(_("dossier"))
    # Over its canonical form; blank for what was handed in before they were taken.
    sha256 = models.CharField(_("SHA-256 of the dossier"), max_length=64, blank=True)
    sm3 = models.CharField(_("SM3 of the dossier"), max_length=64, blank=True)
    changes = models.JSONField(_("changes"), default=dict)
    answers = models.JSONField(_("answers to the corrections"), default=dict)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        constraints = [
            models.UniqueConstraint(fields=["listing", "round"], name="submission_is_unique_by_round"),
            models.CheckConstraint(condition=models.Q(stages__len__gt=0), name="submission_has_a_stage_to_decide"),
        ]

    def __str__(self) -> str:
        return f"{self.listing} / {self.round}"
