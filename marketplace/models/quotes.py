"""A quote: the price of one plan for one buyer, divided to the cent, that holds until it expires."""

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, Venue
from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES, LARGEST_MINOR, Currency, Money
from listings.models import Listing, Plan
from marketplace.models.orders import Order
from settlements.models import DealOrigin


class QuoteQuerySet(models.QuerySet["Quote"]):
    def visible_to(self, actor: Actor) -> "QuoteQuerySet":
        """Keep what the buyer and the venue's staff may see: a provider learns of a buyer by its offer or order."""
        return self.filter(owned_or_operated(actor, organizations=("buyer",), venue="venue"))

    def in_state(self, state: str) -> "QuoteQuerySet":
        """Keep the quotes that are in this state now."""
        conditions = {
            Quote.State.USED: Q(order__isnull=False),
            Quote.State.EXPIRED: Q(order__isnull=True, expires_at__lte=timezone.now()),
            Quote.State.OPEN: Q(order__isnull=True, expires_at__gt=timezone.now()),
        }
        return self.filter(conditions[Quote.State(state)])


class Quote(Identified):
    """What an order would cost and who would get what of it; one order may use it, until it expires.

    Frozen when it is made (trigger in marketplace/sql): only the order that uses it is written down, once.
    """

    class State(models.TextChoices):
        OPEN = "OPEN", pgettext_lazy("quote", "open")
        USED = "USED", pgettext_lazy("quote", "used")
        EXPIRED = "EXPIRED", pgettext_lazy("quote", "expired")

    number = models.CharField(_("number"), max_length=24, unique=True)
    # No index of their own: two below begin with these columns.
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+", db_index=False)
    buyer = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("buyer"), related_name="+", db_index=False)
    provider = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("provider"), related_name="+")
    broker = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("broker"), related_name="+", null=True)
    listing = models.ForeignKey(Listing, models.PROTECT, verbose_name=_("listing"), related_name="+")
    listing_revision = models.PositiveIntegerField(_("revision of the listing"))
    plan = models.ForeignKey(Plan, models.PROTECT, verbose_name=_("plan"), related_name="+")
    origin = models.CharField(_("origin of the price"), max_length=10, choices=DealOrigin.choices)
    gross_minor = models.BigIntegerField(_("price in minor units"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    lines = models.JSONField(pgettext_lazy("money", "division"), default=list)
    # What was agreed besides the price; part of the agreement. Empty where the plan was taken as it stands.
    conditions = models.JSONField(_("conditions"), default=dict)
    expires_at = models.DateTimeField(_("expires at"))
    asked_by = models.UUIDField(_("asked by"), null=True)
    order = models.OneToOneField(Order, models.PROTECT, null=True, verbose_name=_("order"), related_name="quote")

    objects: ClassVar[QuoteQuerySet] = QuoteQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("quote")
        verbose_name_plural = _("quotes")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(gross_minor__gte=0, gross_minor__lte=LARGEST_MINOR), name="quoted_price_is_a_price"
            ),
            models.CheckConstraint(condition=~Q(buyer=F("provider")), name="quote_has_two_parties"),
        ]
        indexes = [
            models.Index(fields=["buyer", "-id"], name="quote_by_buyer"),
            models.Index(fields=["venue", "-id"], name="quote_by_venue"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def organization_id(self) -> UUID:
        """The organization for which the price holds."""
        return self.buyer_id

    @property
    def gross(self) -> Money:
        return Money(self.gross_minor, Currency(self.currency))

    @property
    def total(self) -> Money:
        """What the buyer would pay in all: the price, and the fees on top of it."""
        return Money(sum(line["amount_minor"] for line in self.lines), Currency(self.currency))

    @property
    def state(self) -> "Quote.State":
        """What the clock and its use make of it."""
        if self.order_id is not None:
            return Quote.State.USED
        return Quote.State.EXPIRED if self.expires_at <= timezone.now() else Quote.State.OPEN
