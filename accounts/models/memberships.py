"""Memberships: an organization admitted to a venue in a capacity, through an application that staff review."""

from collections.abc import Mapping
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.organizations import Organization
from accounts.models.people import Person
from accounts.models.venues import Venue
from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from kernel.states import Stateful


class Capacity(models.TextChoices):
    """In what an organization takes part at a venue; one organization may hold several."""

    PROVIDER = "PROVIDER", _("provider")
    BUYER = "BUYER", _("buyer")
    BROKER = "BROKER", _("broker")
    SERVICE_AGENCY = "SERVICE_AGENCY", _("service agency")


class MembershipQuerySet(models.QuerySet["Membership"]):
    def visible_to(self, actor: Actor) -> Self:
        """Return the actor's own memberships and, for staff, those at the venues they operate."""
        return self.filter(owned_or_operated(actor, venue="venue"))

    def active(self) -> Self:
        return self.filter(state=Membership.State.ACTIVE)


class Membership(Identified, Stateful):
    """An application that becomes a membership. Only accounts/onboarding.py moves it."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("draft")
        SUBMITTED = "SUBMITTED", _("submitted")
        IN_REVIEW = "IN_REVIEW", _("in review")
        CORRECTION = "CORRECTION", _("correction requested")
        REJECTED = "REJECTED", _("rejected")
        APPROVED = "APPROVED", _("approved")
        ACTIVE = "ACTIVE", _("active")
        SUSPENDED = "SUSPENDED", _("suspended")
        TERMINATED = "TERMINATED", _("terminated")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {
        State.DRAFT: frozenset({State.SUBMITTED}),
        State.SUBMITTED: frozenset({State.IN_REVIEW}),
        State.IN_REVIEW: frozenset({State.CORRECTION, State.REJECTED, State.APPROVED}),
        State.CORRECTION: frozenset({State.SUBMITTED}),
        State.APPROVED: frozenset({State.ACTIVE}),
        State.ACTIVE: frozenset({State.SUSPENDED, State.TERMINATED}),
        State.SUSPENDED: frozenset({State.ACTIVE, State.TERMINATED}),
    }

    number = models.CharField(_("number"), max_length=24)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("organization")
    )
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("venue"))
    capacity = models.CharField(_("capacity"), max_length=16, choices=Capacity.choices)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.DRAFT)
    statement = models.TextField(_("applicant's statement"), blank=True)
    corrections = models.JSONField(_("corrections asked for"), default=list, blank=True)
    decision_reason = models.TextField(_("reason of the last decision"), blank=True)
    submitted_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("submitted by")
    )
    submitted_at = models.DateTimeField(_("submitted at"), null=True)
    reviewed_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("reviewed by")
    )
    decided_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="membership_number_is_unique"),
            models.UniqueConstraint(
                fields=["organization", "venue", "capacity"],
                condition=~Q(state__in=["REJECTED", "TERMINATED"]),
                name="membership_is_unique_while_it_lives",
            ),
            models.CheckConstraint(
                condition=Q(state="DRAFT") | Q(submitted_by__isnull=False), name="submitted_membership_names_its_maker"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True)
                | (~Q(decided_by=models.F("submitted_by")) & ~Q(decided_by=models.F("reviewed_by")))
                | ~Q(state__in=["APPROVED", "ACTIVE"]),
                name="membership_is_approved_by_another_person",
            ),
        ]
        indexes = [models.Index(fields=["venue", "state", "-id"], name="membership_by_venue_and_state")]

    def __str__(self) -> str:
        return f"{self.number} {self.organization}"
