"""Registrations of property in data, the objections against them, and the clocks that run meanwhile."""

from collections.abc import Mapping
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from kernel.states import Stateful
from listings.models.products import Product
from listings.models.vocabulary import Right


class PropertyRegistrationQuerySet(models.QuerySet["PropertyRegistration"]):
    def visible_to(self, actor: Actor) -> Self:
        """The applicant's own; staff see those applied for at their venues."""
        return self.filter(owned_or_operated(actor, venue="venue"))

    def public(self) -> Self:
        """What anybody may look up: applications in publicity, and registrations in force or ended after it."""
        return self.filter(state__in=PropertyRegistration.PUBLIC)


class PropertyRegistration(Identified, Stateful):
    """One entry of the register: from the application on, never edited, only moved and followed by later ones."""

    class State(models.TextChoices):
        APPLIED = "APPLIED", _("applied for")
        NOT_ACCEPTED = "NOT_ACCEPTED", _("not accepted")
        ACCEPTED = "ACCEPTED", pgettext_lazy("registration", "accepted")
        UNDER_REVIEW = "UNDER_REVIEW", _("under review")
        SUPPLEMENT = "SUPPLEMENT", _("to be supplemented")
        PUBLICITY = "PUBLICITY", _("in publicity")
        OBJECTION = "OBJECTION", _("objected to")
        NOTARISED = "NOTARISED", _("notarised")
        CERTIFIED = "CERTIFIED", pgettext_lazy("registration", "certified")
        REFUSED = "REFUSED", pgettext_lazy("registration", "refused")
        TERMINATED = "TERMINATED", _("withdrawn by the applicant")
        CHANGED = "CHANGED", _("changed by a later entry")
        RENEWED = "RENEWED", _("renewed by a later entry")
        EXPIRED = "EXPIRED", _("expired")
        CANCELLED = "CANCELLED", pgettext_lazy("registration", "cancelled")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {
        State.APPLIED: frozenset({State.ACCEPTED, State.NOT_ACCEPTED, State.TERMINATED}),
        State.ACCEPTED: frozenset({State.UNDER_REVIEW, State.TERMINATED}),
        State.UNDER_REVIEW: frozenset({State.SUPPLEMENT, State.PUBLICITY, State.REFUSED, State.TERMINATED}),
        State.SUPPLEMENT: frozenset({State.UNDER_REVIEW, State.TERMINATED}),
        State.PUBLICITY: frozenset({State.OBJECTION, State.NOTARISED, State.TERMINATED}),
        State.OBJECTION: frozenset({State.PUBLICITY, State.NOTARISED, State.REFUSED, State.TERMINATED}),
        State.NOTARISED: frozenset({State.CERTIFIED}),
        State.CERTIFIED: frozenset({State.CHANGED, State.RENEWED, State.EXPIRED, State.CANCELLED}),
    }
    OPEN = (
        State.APPLIED,
        State.ACCEPTED,
        State.UNDER_REVIEW,
        State.SUPPLEMENT,
        State.PUBLICITY,
        State.OBJECTION,
        State.NOTARISED,
    )
    PUBLIC = (
        State.PUBLICITY,
        State.OBJECTION,
        State.NOTARISED,
        State.CERTIFIED,
        State.CHANGED,
        State.RENEWED,
        State.EXPIRED,
        State.CANCELLED,
    )

    class Kind(models.TextChoices):
        FIRST = "FIRST", _("first registration")
        CHANGE = "CHANGE", _("change")
        RENEWAL = "RENEWAL", _("renewal")

    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("applicant")
    )
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("registration body"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="registrations", verbose_name=_("product"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    follows = models.ForeignKey(
        "self", models.PROTECT, related_name="followed_by", null=True, blank=True, verbose_name=_("follows")
    )
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.APPLIED)
    rights = ArrayField(models.CharField(max_length=10, choices=Right.choices), verbose_name=_("rights claimed"))
    rules = models.CharField(_("rules"), max_length=40)
    dossier = models.JSONField(_("dossier as applied for"))
    sha256 = models.CharField(_("SHA-256 of the dossier"), max_length=64)
    sm3 = models.CharField(_("SM3 of the dossier"), max_length=64)
    number = models.CharField(_("certificate number"), max_length=15, unique=True, null=True, blank=True)
    supplements = models.JSONField(_("what is to be supplemented"), default=list, blank=True)
    ground = models.CharField(_("ground of refusal"), max_length=16, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    applied_by = models.ForeignKey("accounts.Person", models.PROTECT, related_name="+", verbose_name=_("applied by"))
    reviewed_by = models.ForeignKey(
        "accounts.Person", models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("reviewed by")
    )
    decided_by = models.ForeignKey(
        "accounts.Person", models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("decided by")
    )
    publicity_until = models.DateTimeField(_("in publicity until"), null=True, blank=True)
    notarised_at = models.DateTimeField(_("notarised at"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    objects: ClassVar[PropertyRegistrationQuerySet] = PropertyRegistrationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("property registration")
        verbose_name_plural = _("property registrations")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["product"],
                condition=Q(
                    state__in=[
                        "APPLIED",
                        "ACCEPTED",
                        "UNDER_REVIEW",
                        "SUPPLEMENT",
                        "PUBLICITY",
                        "OBJECTION",
                        "NOTARISED",
                    ]
                ),
                name="one_open_registration_by_product",
            ),
            models.UniqueConstraint(
                fields=["product"], condition=Q(state="CERTIFIED"), name="one_registration_in_force_by_product"
            ),
            models.CheckConstraint(
                condition=Q(kind="FIRST", follows__isnull=True) | (~Q(kind="FIRST") & Q(follows__isnull=False)),
                name="later_registration_follows_one",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["NOTARISED", "CERTIFIED"])
                | (Q(number__isnull=False, notarised_at__isnull=False, valid_until__isnull=False)),
                name="notarised_registration_has_number_and_term",
            ),
            models.CheckConstraint(
                condition=~Q(state="REFUSED") | (~Q(ground="") & ~Q(reason="")), name="refused_registration_says_why"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True)
                | (~Q(decided_by=F("reviewed_by")) & ~Q(decided_by=F("applied_by"))),
                name="registration_is_decided_by_another_person",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="registration_by_organization"),
            models.Index(fields=["venue", "state", "-id"], name="registration_by_venue_state"),
            # The nightly look for what has run out.
            models.Index(fields=["valid_until"], condition=Q(state="CERTIFIED"), name="registration_by_end"),
        ]

    def __str__(self) -> str:
        return self.number or f"{self.get_kind_display()} {self.pk}"


class RegistrationObjectionQuerySet(models.QuerySet["RegistrationObjection"]):
    def visible_to(self, actor: Actor) -> Self:
        """Those of the actor's organization and those against its registrations; staff see their venues'."""
        parties = ("organization", "registration__organization")
        return self.filter(owned_or_operated(actor, organizations=parties, venue="venue"))


class RegistrationObjection(Identified, Stateful):
    """Somebody says that a registration in publicity should not be made."""

    class State(models.TextChoices):
        RAISED = "RAISED", _("raised")
        UPHELD = "UPHELD", _("upheld")
        DISMISSED = "DISMISSED", _("dismissed")
        LAPSED = "LAPSED", _("lapsed")  # the application ended before it was decided

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {
        State.RAISED: frozenset({State.UPHELD, State.DISMISSED, State.LAPSED}),
    }

    registration = models.ForeignKey(
        PropertyRegistration, models.PROTECT, related_name="objections", verbose_name=_("registration")
    )
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("objecting organization")
    )
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.RAISED)
    grounds = models.TextField(_("grounds"), max_length=4000)
    raised_by = models.UUIDField(_("raised by"), null=True)
    decided_by = models.ForeignKey(
        "accounts.Person", models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("decided by")
    )
    decision = models.TextField(_("reasons for the decision"), blank=True)

    objects: ClassVar[RegistrationObjectionQuerySet] = RegistrationObjectionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("objection")
        verbose_name_plural = _("objections")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state="RAISED") | ~Q(decision=""), name="objection_is_answered"),
            models.UniqueConstraint(
                fields=["registration", "organization"],
                condition=Q(state="RAISED"),
                name="one_open_objection_by_organization",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.registration_id} {self.state}"


class RegistrationClock(Identified):
    """A statutory time limit in working days (DOMAIN I9): started, paused while others act, stopped."""

    class Kind(models.TextChoices):
        ACCEPTANCE = "ACCEPTANCE", _("answer the application")
        DECISION = "DECISION", _("finish the registration")
        PUBLICITY = "PUBLICITY", _("publicity")
        OBJECTION = "OBJECTION", _("answer the objections")

    registration = models.ForeignKey(
        PropertyRegistration, models.PROTECT, related_name="clocks", verbose_name=_("registration")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    working_days = models.PositiveSmallIntegerField(_("working days"))
    started_at = models.DateTimeField(_("started at"))
    due_at = models.DateTimeField(_("due at"))
    days_left = models.PositiveSmallIntegerField(_("working days left when paused"), null=True, blank=True)
    stopped_at = models.DateTimeField(_("stopped at"), null=True, blank=True)

    class Meta:
        verbose_name = _("registration clock")
        verbose_name_plural = _("registration clocks")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["registration", "kind"],
                condition=Q(stopped_at__isnull=True),
                name="one_registration_clock_of_a_kind_runs",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.due_at:%Y-%m-%d}"
