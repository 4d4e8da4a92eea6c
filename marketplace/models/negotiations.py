"""Negotiations between a buyer and a provider about one plan: offers and counter-offers, round by round."""

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, Venue
from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES, LARGEST_MINOR, Currency, Money
from kernel.states import Stateful
from listings.models import Listing, Plan
from marketplace.models.quotes import Quote

TERMS_LENGTH = 5000


class NegotiationQuerySet(models.QuerySet["Negotiation"]):
    def visible_to(self, actor: Actor) -> "NegotiationQuerySet":
        """Keep what the two sides and the venue's staff may see; a broker that takes part does not read it."""
        return self.filter(owned_or_operated(actor, organizations=("buyer", "provider"), venue="venue"))

    def open(self) -> "NegotiationQuerySet":
        return self.filter(state=Negotiation.State.OPEN)


class Negotiation(Identified, Stateful):
    """What a buyer and a provider offer one another for a plan; an accepted offer becomes a quote.

    The offers are rounds of their own. `awaiting` and `expires_at` are those of the newest one.
    """

    class State(models.TextChoices):
        OPEN = "OPEN", pgettext_lazy("negotiation", "open")
        AGREED = "AGREED", pgettext_lazy("negotiation", "agreed")
        DECLINED = "DECLINED", pgettext_lazy("negotiation", "declined")
        WITHDRAWN = "WITHDRAWN", pgettext_lazy("negotiation", "withdrawn")
        EXPIRED = "EXPIRED", pgettext_lazy("negotiation", "expired")

    MOVES = {State.OPEN: {State.AGREED, State.DECLINED, State.WITHDRAWN, State.EXPIRED}}

    number = models.CharField(_("number"), max_length=24, unique=True)
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    # No indexes of their own: two below begin with these columns.
    buyer = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("buyer"), related_name="+", db_index=False)
    provider = models.ForeignKey(
        Organization, models.PROTECT, verbose_name=_("provider"), related_name="+", db_index=False
    )
    broker = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("broker"), related_name="+", null=True)
    listing = models.ForeignKey(Listing, models.PROTECT, verbose_name=_("listing"), related_name="+")
    plan = models.ForeignKey(Plan, models.PROTECT, verbose_name=_("plan"), related_name="+")
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.OPEN)
    newest = models.PositiveSmallIntegerField(_("newest round"), default=1)
    awaiting = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("to be answered by"), related_name="+")
    expires_at = models.DateTimeField(_("offer is valid until"))
    reason = models.CharField(_("reason"), max_length=2000, blank=True)
    quote = models.OneToOneField(Quote, models.PROTECT, null=True, verbose_name=_("quote"), related_name="negotiation")

    objects: ClassVar[NegotiationQuerySet] = NegotiationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("negotiation")
        verbose_name_plural = _("negotiations")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["buyer", "plan"], condition=Q(state="OPEN"), name="one_open_negotiation_by_buyer_and_plan"
            ),
            models.CheckConstraint(condition=~Q(buyer=F("provider")), name="negotiation_has_two_sides"),
            models.CheckConstraint(
                condition=Q(state="AGREED", quote__isnull=False) | (~Q(state="AGREED") & Q(quote__isnull=True)),
                name="an_agreed_negotiation_has_a_quote",
            ),
        ]
        indexes = [
            models.Index(fields=["buyer", "-id"], name="negotiation_by_buyer"),
            models.Index(fields=["provider", "-id"], name="negotiation_by_provider"),
            # The sweep looks only at what is open.
            models.Index(fields=["expires_at"], condition=Q(state="OPEN"), name="negotiation_open_by_expiry"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def organization_id(self) -> UUID:
        """The organization that began it."""
        return self.buyer_id


class NegotiationRound(Identified):
    """One offer; never changed (append-only by trigger). A buyer's first one may ask for a price instead."""

    negotiation = models.ForeignKey(
        Negotiation, models.PROTECT, verbose_name=_("negotiation"), related_name="rounds", db_index=False
    )
    number = models.PositiveSmallIntegerField(_("round"))
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("offered by"), related_name="+")
    listing_revision = models.PositiveIntegerField(_("revision of the listing"))
    price_minor = models.BigIntegerField(_("price in minor units"), null=True)
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    volume = models.CharField(_("volume"), max_length=200, blank=True)
    delivery = models.CharField(_("delivery"), max_length=400, blank=True)
    delivery_days = models.PositiveSmallIntegerField(_("days until delivery"), null=True)
    terms = models.TextField(_("special terms"), max_length=TERMS_LENGTH, blank=True)
    message = models.CharField(_("message"), max_length=2000, blank=True)
    valid_until = models.DateTimeField(_("valid until"))
    made_by = models.UUIDField(_("made by"), null=True)

    class Meta:
        verbose_name = _("offer in a negotiation")
        verbose_name_plural = _("offers in negotiations")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["negotiation", "number"], name="rounds_are_numbered"),
            models.CheckConstraint(
                condition=Q(price_minor__isnull=True) | Q(price_minor__range=(1, LARGEST_MINOR)),
                name="offered_price_is_a_price",
            ),
            models.CheckConstraint(
                condition=Q(number=1) | Q(price_minor__isnull=False), name="only_the_first_round_asks_for_a_price"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.price or '?'}"

    @property
    def price(self) -> Money | None:
        return None if self.price_minor is None else Money(self.price_minor, Currency(self.currency))
