"""What a provider wants to change about a listing that is offered: reviewed beside it, and put in its place."""

from collections.abc import Mapping
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from kernel.states import Stateful
from listings.models.listings import Listing
from listings.models.products import Plan, Terms
from listings.models.vocabulary import ReviewStage


class ListingRevisionQuerySet(models.QuerySet["ListingRevision"]):
    def visible_to(self, actor: Actor) -> Self:
        """The organization's own revisions; staff see those of listings at their venues."""
        return self.filter(owned_or_operated(actor, venue="venue"))

    def pending(self) -> Self:
        return self.filter(state=ListingRevision.State.SUBMITTED)


class ListingRevision(Identified, Stateful):
    """A material edit of an offered listing, which stays as it is until this takes its place."""

    class State(models.TextChoices):
        SUBMITTED = "SUBMITTED", _("under review")
        APPROVED = "APPROVED", _("approved")
        REFUSED = "REFUSED", _("refused")
        WITHDRAWN = "WITHDRAWN", _("withdrawn")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {
        State.SUBMITTED: frozenset({State.APPROVED, State.REFUSED, State.WITHDRAWN}),
    }

    listing = models.ForeignKey(Listing, models.PROTECT, related_name="revisions", verbose_name=_("listing"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("provider")
    )
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    number = models.PositiveIntegerField(_("number"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.SUBMITTED)
    version = models.ForeignKey(
        "listings.DatasetVersion", models.PROTECT, related_name="revisions", verbose_name=_("version")
    )
    terms = models.ForeignKey(Terms, models.PROTECT, related_name="revisions", verbose_name=_("terms"))
    plans = models.ManyToManyField(Plan, related_name="revisions", verbose_name=_("plans"))
    dossier = models.JSONField(_("dossier"), default=dict, encoder=DjangoJSONEncoder)
    changes = models.JSONField(_("changes"), encoder=DjangoJSONEncoder)
    rule_set = models.CharField(_("rule set that decided"), max_length=40)
    reason = models.TextField(_("reason"))
    submitted_by = models.ForeignKey(
        "accounts.Person", models.PROTECT, related_name="+", verbose_name=_("submitted by")
    )
    due_at = models.DateTimeField(_("due at"))
    edition = models.CharField(_("checklist edition"), max_length=40, blank=True)
    stages = ArrayField(
        models.CharField(max_length=16, choices=ReviewStage.choices),
        verbose_name=_("stages to decide"),
        default=list,
        blank=True,
    )
    stage = models.CharField(_("stage"), max_length=16, choices=ReviewStage.choices, blank=True)
    stage_due_at = models.DateTimeField(_("stage due at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        "accounts.Person", models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decision_note = models.TextField(_("note on the decision"), blank=True)

    objects = ListingRevisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("listing revision")
        verbose_name_plural = _("listing revisions")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["listing", "number"], name="revision_number_is_unique_by_listing"),
            models.UniqueConstraint(
                fields=["listing"], condition=Q(state="SUBMITTED"), name="one_revision_is_under_review_by_listing"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["APPROVED", "REFUSED"])
                | (Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(decided_by=F("submitted_by"))),
                name="revision_is_decided_by_another_person",
            ),
            models.CheckConstraint(
                condition=~Q(state="REFUSED") | ~Q(decision_note=""), name="refused_revision_says_why"
            ),
            models.CheckConstraint(
                condition=~Q(state="SUBMITTED") | (~Q(edition="") & ~Q(stage="") & Q(stage_due_at__isnull=False)),
                name="revision_under_review_lies_at_a_stage",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="revision_by_organization"),
            # The console's queue and the reviewers' list read what waits at a venue.
            models.Index(fields=["venue", "state", "-id"], name="revision_by_venue_and_state"),
        ]

    def __str__(self) -> str:
        return f"{self.listing} r{self.number}"

    @property
    def is_overdue(self) -> bool:
        return (self.decided_at or timezone.now()) > self.due_at


class RevisionReview(Identified):
    """A stage of a revision's review that was passed, with the answers it rests on; never changed (listings/sql)."""

    revision = models.ForeignKey(
        ListingRevision, models.PROTECT, related_name="reviews", verbose_name=_("listing revision")
    )
    stage = models.CharField(_("stage"), max_length=16, choices=ReviewStage.choices)
    reviewer = models.ForeignKey("accounts.Person", models.PROTECT, related_name="+", verbose_name=_("reviewer"))
    edition = models.CharField(_("checklist edition"), max_length=40)
    checklist = models.JSONField(_("checklist"), default=dict)

    class Meta:
        verbose_name = _("passed stage of a revision")
        verbose_name_plural = _("passed stages of revisions")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "stage"], name="stage_of_a_revision_is_passed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.revision}: {self.get_stage_display()}"
