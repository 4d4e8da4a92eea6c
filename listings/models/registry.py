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

# An applicant that waits for the holder's consent blocks nobody: it is not open yet.
UNDECIDED = ("APPLIED", "ACCEPTED", "UNDER_REVIEW", "SUPPLEMENT", "PUBLICITY", "OBJECTION")
OPEN = (*UNDECIDED, "NOTARISED")


class PropertyRegistrationQuerySet(models.QuerySet["PropertyRegistration"]):
    def visible_to(self, actor: Actor) -> Self:
        """The applicant's own and those that follow its registrations; staff see those applied for at their venues."""
        parties = ("organization", "follows__organization")
        return self.filter(owned_or_operated(actor, organizations=parties, venue="venue"))

    def public(self) -> Self:
        """What anybody may look up: applications in publicity, and registrations in force or ended after it."""
        return self.filter(state__in=PropertyRegistration.PUBLIC)

    def with_annotations(self) -> Self:
        """Bring what stands beside each entry along, as `standing_annotations`."""
        standing = RegistrationAnnotation.objects.standing().order_by("id")
        return self.prefetch_related(models.Prefetch("annotations", standing, to_attr="standing_annotations"))


class PropertyRegistration(Identified, Stateful):
    """One entry of the register: from the application on, never edited, only moved and followed by later ones."""

    class State(models.TextChoices):
        CONSENT = "CONSENT", _("awaiting the holder's consent")
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
        TERMINATED = "TERMINATED", _("ended before a decision")
        CARRIED_OUT = "CARRIED_OUT", _("carried out")
        CHANGED = "CHANGED", _("changed by a later entry")
        RENEWED = "RENEWED", _("renewed by a later entry")
        TRANSFERRED = "TRANSFERRED", _("transferred to another holder")
        EXPIRED = "EXPIRED", _("expired")
        CANCELLED = "CANCELLED", pgettext_lazy("registration", "cancelled")

    OTHER_STARTS = frozenset({State.CONSENT})  # a transfer that another holds
    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {
        State.CONSENT: frozenset({State.APPLIED, State.TERMINATED}),
        State.APPLIED: frozenset({State.ACCEPTED, State.NOT_ACCEPTED, State.TERMINATED}),
        State.ACCEPTED: frozenset({State.UNDER_REVIEW, State.TERMINATED}),
        State.UNDER_REVIEW: frozenset(
            {State.SUPPLEMENT, State.PUBLICITY, State.CARRIED_OUT, State.REFUSED, State.TERMINATED}
        ),
        State.SUPPLEMENT: frozenset({State.UNDER_REVIEW, State.TERMINATED}),
        State.PUBLICITY: frozenset({State.OBJECTION, State.NOTARISED, State.TERMINATED}),
        State.OBJECTION: frozenset({State.PUBLICITY, State.NOTARISED, State.REFUSED, State.TERMINATED}),
        State.NOTARISED: frozenset({State.CERTIFIED}),
        State.CERTIFIED: frozenset({State.CHANGED, State.RENEWED, State.TRANSFERRED, State.EXPIRED, State.CANCELLED}),
    }
    PUBLIC = (
        State.PUBLICITY,
        State.OBJECTION,
        State.NOTARISED,
        State.CERTIFIED,
        State.CHANGED,
        State.RENEWED,
        State.TRANSFERRED,
        State.EXPIRED,
        State.CANCELLED,
        State.CARRIED_OUT,
    )
    ENDED = (State.EXPIRED, State.CANCELLED, State.TRANSFERRED)

    class Kind(models.TextChoices):
        FIRST = "FIRST", _("first registration")
        CHANGE = "CHANGE", _("change")
        RENEWAL = "RENEWAL", _("renewal")
        TRANSFER = "TRANSFER", _("transfer")
        CANCEL = "CANCEL", _("cancellation")

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
    cause = models.TextField(_("why it is applied for"), max_length=2000, blank=True)
    rules = models.CharField(_("rules"), max_length=40)
    dossier = models.JSONField(_("dossier as applied for"))
    sha256 = models.CharField(_("SHA-256 of the dossier"), max_length=64)
    sm3 = models.CharField(_("SM3 of the dossier"), max_length=64)
    number = models.CharField(_("certificate number"), max_length=15, unique=True, null=True, blank=True)
    supplements = models.JSONField(_("what is to be supplemented"), default=list, blank=True)
    ground = models.CharField(_("ground of refusal"), max_length=16, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    applied_by = models.ForeignKey("accounts.Person", models.PROTECT, related_name="+", verbose_name=_("applied by"))
    consented_by = models.ForeignKey(
        "accounts.Person",
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("consented to by, for the holder"),
    )
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
                condition=Q(state__in=OPEN),
                name="one_open_registration_by_product",
            ),
            models.UniqueConstraint(
                fields=["follows"], condition=Q(state__in=UNDECIDED), name="one_open_registration_follows_one"
            ),
            models.UniqueConstraint(
                fields=["product"], condition=Q(state="CERTIFIED"), name="one_registration_in_force_by_product"
            ),
            models.CheckConstraint(
                condition=Q(kind="FIRST", follows__isnull=True) | (~Q(kind="FIRST") & Q(follows__isnull=False)),
                name="later_registration_follows_one",
            ),
            models.CheckConstraint(
                condition=~Q(kind="TRANSFER") | Q(state__in=["CONSENT", "TERMINATED"]) | Q(consented_by__isnull=False),
                name="transfer_has_the_holders_consent",
            ),
            models.CheckConstraint(condition=~Q(kind="CANCEL") | ~Q(cause=""), name="cancellation_says_why"),
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
    """Somebody says that a registration in publicity should not be made, or that one in force should not stand."""

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
    notified_by = models.ForeignKey(
        "accounts.Person",
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("holder told by"),
    )
    notified_at = models.DateTimeField(_("holder told at"), null=True, blank=True)
    answer = models.TextField(_("the holder's answer"), max_length=4000, blank=True)
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
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | Q(notified_by__isnull=True) | ~Q(decided_by=F("notified_by")),
                name="objection_is_decided_by_another_person",
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
        NOTICE = "NOTICE", _("tell the holder of an objection")

    registration = models.ForeignKey(
        PropertyRegistration, models.PROTECT, related_name="clocks", verbose_name=_("registration")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    working_days = models.PositiveSmallIntegerField(_("working days"))
    started_at = models.DateTimeField(_("started at"))
    due_at = models.DateTimeField(_("due at"))
    extended_days = models.PositiveSmallIntegerField(_("working days added"), default=0)
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


class RegistrationAnnotationQuerySet(models.QuerySet["RegistrationAnnotation"]):
    def visible_to(self, actor: Actor) -> Self:
        """Those on the registrations of the actor's organization; staff see their venues'."""
        return self.filter(owned_or_operated(actor, organizations=("registration__organization",), venue="venue"))

    def standing(self) -> Self:
        """Annotations that hold: confirmed, and neither lifted nor past their last day."""
        return self.filter(state=RegistrationAnnotation.State.STANDING)


class RegistrationAnnotation(Identified, Stateful):
    """What the register says beside an entry: an agreed term, a seizure, a temporary control, a dispute."""

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", pgettext_lazy("annotation", "proposed")
        STANDING = "STANDING", pgettext_lazy("annotation", "standing")
        REJECTED = "REJECTED", pgettext_lazy("annotation", "rejected")
        LIFTED = "LIFTED", pgettext_lazy("annotation", "lifted")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {
        State.PROPOSED: frozenset({State.STANDING, State.REJECTED}),
        State.STANDING: frozenset({State.LIFTED}),
    }

    class Kind(models.TextChoices):
        AGREED = "AGREED", _("agreed term or condition")
        SEIZURE = "SEIZURE", _("judicial seizure")
        CONTROL = "CONTROL", _("temporary control")
        DISPUTE = "DISPUTE", _("dispute over the rights")

    registration = models.ForeignKey(
        PropertyRegistration, models.PROTECT, related_name="annotations", verbose_name=_("registration")
    )
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("registration body"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.PROPOSED)
    text = models.TextField(_("what it says"), max_length=1000)
    basis = models.CharField(_("basis: whose decision or agreement, and its number"), max_length=400)
    until = models.DateField(_("last day"), null=True, blank=True)
    proposed_by = models.ForeignKey("accounts.Person", models.PROTECT, related_name="+", verbose_name=_("proposed by"))
    confirmed_by = models.ForeignKey(
        "accounts.Person", models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("confirmed by")
    )
    lift_asked_by = models.ForeignKey(
        "accounts.Person", models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("lifting asked by")
    )
    lift_reason = models.TextField(_("why it is to be lifted"), max_length=2000, blank=True)
    lifted_by = models.ForeignKey(
        "accounts.Person", models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("lifted by")
    )

    objects: ClassVar[RegistrationAnnotationQuerySet] = RegistrationAnnotationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("annotation")
        verbose_name_plural = _("annotations")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["PROPOSED", "REJECTED"])
                | (Q(confirmed_by__isnull=False) & ~Q(confirmed_by=F("proposed_by"))),
                name="annotation_is_confirmed_by_another_person",
            ),
            models.CheckConstraint(
                condition=Q(lifted_by__isnull=True)
                | (Q(lift_asked_by__isnull=False) & ~Q(lifted_by=F("lift_asked_by")) & ~Q(lift_reason="")),
                name="annotation_is_lifted_by_another_person",
            ),
        ]
        indexes = [
            models.Index(fields=["venue", "state", "-id"], name="annotation_by_venue_state"),
            # The watch over lapses, and the nightly look for what has run out.
            models.Index(fields=["registration"], condition=Q(state="STANDING"), name="annotation_standing"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text}"
