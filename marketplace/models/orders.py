"""The order: a buyer's commitment, and the state of the whole trade."""

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
from kernel.money import CURRENCY_CHOICES, Currency, Money
from kernel.states import Stateful
from listings.models import Listing, Plan
from settlements.models import DealOrigin


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, actor: Actor) -> "OrderQuerySet":
        """Keep what the parties to the trade and the venue's staff may see."""
        parties = ("buyer", "provider", "broker")
        return self.filter(owned_or_operated(actor, organizations=parties, venue="venue"))


class Order(Identified, Stateful):
    """One buyer takes one plan of one listing; money is held from the moment it is placed."""

    class State(models.TextChoices):
        PLACED = "PLACED", _("placed")
        FUNDED = "FUNDED", _("funded")
        DELIVERED = "DELIVERED", _("delivered")
        ACCEPTED = "ACCEPTED", pgettext_lazy("delivery", "accepted")
        SETTLED = "SETTLED", _("settled")
        CERTIFIED = "CERTIFIED", _("certified")
        CANCELLED = "CANCELLED", _("cancelled")
        REJECTED = "REJECTED", _("rejected and refunded")

    MOVES = {
        State.PLACED: {State.FUNDED, State.CANCELLED},
        State.FUNDED: {State.DELIVERED, State.CANCELLED},
        State.DELIVERED: {State.ACCEPTED, State.REJECTED},
        State.ACCEPTED: {State.SETTLED, State.REJECTED},
        State.SETTLED: {State.CERTIFIED},
    }

    number = models.CharField(_("number"), max_length=24, unique=True)
    venue = models.ForeignKey(Venue, models.PROTECT, db_index=False, verbose_name=_("venue"), related_name="+")
    buyer = models.ForeignKey(Organization, models.PROTECT, db_index=False, verbose_name=_("buyer"), related_name="+")
    provider = models.ForeignKey(
        Organization, models.PROTECT, db_index=False, verbose_name=_("provider"), related_name="+"
    )
    broker = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("broker"), related_name="+", null=True)
    listing = models.ForeignKey(Listing, models.PROTECT, verbose_name=_("listing"), related_name="+")
    plan = models.ForeignKey(Plan, models.PROTECT, verbose_name=_("plan"), related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PLACED)
    gross_minor = models.BigIntegerField(_("price in minor units"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    # What the buyer pays on top of the price, by the division that the agreement froze.
    buyer_fees_minor = models.BigIntegerField(_("fees on top in minor units"), default=0)
    origin = models.CharField(
        _("origin of the deal"), max_length=10, choices=DealOrigin.choices, default=DealOrigin.LIST_PRICE
    )
    purpose = models.TextField(_("declared purpose of use"))
    placed_by = models.UUIDField(_("placed by"), null=True)
    release_at = models.DateTimeField(_("settled from"), null=True)

    objects: ClassVar[OrderQuerySet] = OrderQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(gross_minor__gte=0), name="order_price_is_not_negative"),
            models.CheckConstraint(condition=Q(buyer_fees_minor__gte=0), name="order_fees_on_top_are_not_negative"),
            models.CheckConstraint(condition=~Q(buyer=F("provider")), name="order_has_two_parties"),
        ]
        indexes = [
            models.Index(fields=["buyer", "-id"], name="order_by_buyer"),
            models.Index(fields=["provider", "-id"], name="order_by_provider"),
            models.Index(fields=["venue", "state", "-id"], name="order_by_venue_and_state"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def organization_id(self) -> UUID:
        """The organization whose act the order is."""
        return self.buyer_id

    @property
    def gross(self) -> Money:
        return Money(self.gross_minor, Currency(self.currency))

    @property
    def total(self) -> Money:
        """What the buyer pays in all: the price, and the fees on top of it."""
        return Money(self.gross_minor + self.buyer_fees_minor, Currency(self.currency))
