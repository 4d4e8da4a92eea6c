"""Disputes between the parties of an order: the case, what each side says, and what they offer one another."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, Venue
from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES, Currency, Money
from kernel.states import Stateful
from marketplace.models.orders import Order


class DisputeQuerySet(models.QuerySet["Dispute"]):
    def visible_to(self, actor: Actor) -> "DisputeQuerySet":
        """Keep what the two parties and the venue's staff may see."""
        parties = ("organization", "respondent")
        return self.filter(owned_or_operated(actor, organizations=parties, venue="venue"))

    def open(self) -> "DisputeQuerySet":
        return self.filter(state__in=Dispute.OPEN)


class Dispute(Identified, Stateful):
    """One party's complaint about an order, from negotiation to an outcome that moves the money (DOMAIN §1.10).

    An officer's acceptance opens the negotiation, so the state ACCEPTED of DOMAIN §8.2 is NEGOTIATION here.
    """

    class Kind(models.TextChoices):
        QUALITY = "QUALITY", _("quality")
        NON_DELIVERY = "NON_DELIVERY", _("not delivered")
        OVERUSE = "OVERUSE", _("use beyond the purpose")
        RIGHTS_CLAIM = "RIGHTS_CLAIM", _("a third party claims the rights")
        PI_COMPLAINT = "PI_COMPLAINT", _("complaint of a person concerned")
        PAYMENT = "PAYMENT", pgettext_lazy("dispute", "payment")
        METERING = "METERING", _("metering")

    class State(models.TextChoices):
        FILED = "FILED", pgettext_lazy("dispute", "filed")
        NEGOTIATION = "NEGOTIATION", _("in negotiation")
        MEDIATION = "MEDIATION", _("in mediation by the exchange")
        ARBITRATION = "ARBITRATION", _("before an arbitral body")
        LITIGATION = "LITIGATION", _("before a court")
        SETTLED = "SETTLED", _("settled by agreement")
        RULED = "RULED", _("ruled")
        WITHDRAWN = "WITHDRAWN", pgettext_lazy("dispute", "withdrawn")
        DISMISSED = "DISMISSED", pgettext_lazy("dispute", "dismissed")

    MOVES = {
        State.FILED: {State.NEGOTIATION, State.DISMISSED, State.WITHDRAWN},
        State.NEGOTIATION: {State.MEDIATION, State.SETTLED, State.WITHDRAWN},
        State.MEDIATION: {State.SETTLED, State.ARBITRATION, State.LITIGATION, State.WITHDRAWN},
        State.ARBITRATION: {State.RULED, State.SETTLED, State.WITHDRAWN},
        State.LITIGATION: {State.RULED, State.SETTLED, State.WITHDRAWN},
    }
    OPEN = (State.FILED, State.NEGOTIATION, State.MEDIATION, State.ARBITRATION, State.LITIGATION)

    number = models.CharField(_("number"), max_length=24, unique=True)
    order = models.ForeignKey(Order, models.PROTECT, verbose_name=_("order"), related_name="disputes")
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("complainant"), related_name="+")
    respondent = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("respondent"), related_name="+")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    state = models.CharField(_("state"), max_length=11, choices=State.choices, default=State.FILED)
    statement = models.TextField(_("complaint"), max_length=5000)
    claimed_minor = models.BigIntegerField(_("claimed back in minor units"), default=0)
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    filed_by = models.UUIDField(_("filed by"), null=True)
    negotiate_by = models.DateField(_("negotiation ends on"), null=True)
    mediate_by = models.DateField(_("mediation is due on"), null=True)
    body_of_dispute = models.CharField(_("arbitral body or court"), max_length=200, blank=True)
    # A ruling is entered by one officer and confirmed by another.
    ruling_minor = models.BigIntegerField(_("ruled to go back in minor units"), null=True)
    ruling = models.TextField(_("ruling"), max_length=5000, blank=True)
    ruled_by = models.UUIDField(_("ruling entered by"), null=True)
    # The outcome, whoever made it.
    refund_minor = models.BigIntegerField(_("given back in minor units"), null=True)
    division = models.JSONField(_("who gave it back"), default=list)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    paid_at = models.DateTimeField(_("paid at"), null=True)

    objects: ClassVar[DisputeQuerySet] = DisputeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(state__in=["FILED", "NEGOTIATION", "MEDIATION", "ARBITRATION", "LITIGATION"]),
                name="one_open_dispute_by_order",
            ),
            models.CheckConstraint(condition=Q(claimed_minor__gte=0), name="claim_is_not_negative"),
            models.CheckConstraint(
                condition=Q(refund_minor__isnull=True) | Q(refund_minor__gte=0, refund_minor__lte=F("claimed_minor")),
                name="no_more_is_given_back_than_claimed",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="dispute_by_complainant"),
            models.Index(fields=["respondent", "-id"], name="dispute_by_respondent"),
            models.Index(fields=["venue", "state", "-id"], name="dispute_by_venue_and_state"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def claimed(self) -> Money:
        return Money(self.claimed_minor, Currency(self.currency))

    @property
    def refund(self) -> Money | None:
        return None if self.refund_minor is None else Money(self.refund_minor, Currency(self.currency))


class DisputeStatementQuerySet(models.QuerySet["DisputeStatement"]):
    def visible_to(self, actor: Actor) -> "DisputeStatementQuerySet":
        return self.filter(dispute__in=Dispute.objects.visible_to(actor))


class DisputeStatement(Identified):
    """What a party or the exchange says in a dispute; never changed (append-only by trigger)."""

    dispute = models.ForeignKey(Dispute, models.PROTECT, verbose_name=_("dispute"), related_name="statements")
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("said by"), related_name="+")
    text = models.TextField(_("text"), max_length=5000)
    # Files are named by their digests: the delivery's own, the agreement's, or of papers that the parties keep.
    evidence = models.JSONField(_("evidence"), default=list)
    said_by = models.UUIDField(_("person"), null=True)

    objects: ClassVar[DisputeStatementQuerySet] = DisputeStatementQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("statement in a dispute")
        verbose_name_plural = _("statements in disputes")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.dispute}: {self.text[:40]}"


class DisputeOffer(Identified, Stateful):
    """An offer of a party, or of the mediating exchange, to end a dispute by giving so much back.

    It ends the dispute once each party that did not make it has accepted it.
    """

    class State(models.TextChoices):
        OPEN = "OPEN", pgettext_lazy("offer", "open")
        ACCEPTED = "ACCEPTED", pgettext_lazy("offer", "accepted")
        DECLINED = "DECLINED", pgettext_lazy("offer", "declined")
        REPLACED = "REPLACED", pgettext_lazy("offer", "replaced")

    MOVES = {State.OPEN: {State.ACCEPTED, State.DECLINED, State.REPLACED}}

    dispute = models.ForeignKey(Dispute, models.PROTECT, verbose_name=_("dispute"), related_name="offers")
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("offered by"), related_name="+")
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    refund_minor = models.BigIntegerField(_("to go back in minor units"))
    note = models.TextField(_("note"), max_length=2000, blank=True)
    accepted_by = models.JSONField(_("accepted by"), default=list)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)

    class Meta:
        verbose_name = _("offer in a dispute")
        verbose_name_plural = _("offers in disputes")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["dispute"], condition=Q(state="OPEN"), name="one_open_offer_by_dispute"),
            models.CheckConstraint(condition=Q(refund_minor__gte=0), name="offer_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.dispute}: {self.refund_minor}"

    @property
    def refund(self) -> Money:
        return Money(self.refund_minor, Currency(self.dispute.currency))
