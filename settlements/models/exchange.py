"""Rates of exchange as they were published, and quotes by which one organization changes an amount at one of them."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kernel.actors import Actor
from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES, Currency, Money
from kernel.states import Stateful
from settlements.models.audience import MoneyQuerySet

MOST_PLACES = 8
US_DOLLAR = "USD"  # nothing is settled in it; thresholds of the law are given in it
RATE_CURRENCY_CHOICES = [*CURRENCY_CHOICES, (US_DOLLAR, US_DOLLAR)]


class ExchangeRateQuerySet(models.QuerySet["ExchangeRate"]):
    def visible_to(self, actor: Actor) -> Self:
        """Return all rates: they are public."""
        return self.all()


class ExchangeRate(Identified):
    """What one unit of `base` cost in `counter` at a moment, to the last published digit. Append-only.

    The rate is `digits` / 10^`scale`: a whole number and where its point stands, so that nothing is ever rounded in it.
    """

    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    base = models.CharField(_("base currency"), max_length=3, choices=RATE_CURRENCY_CHOICES)
    counter = models.CharField(_("counter currency"), max_length=3, choices=CURRENCY_CHOICES)
    digits = models.BigIntegerField(_("digits"))
    scale = models.PositiveSmallIntegerField(_("decimal places"))
    observed_at = models.DateTimeField(_("observed at"))
    source = models.CharField(_("source"), max_length=300)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("entered by")
    )

    objects = ExchangeRateQuerySet.as_manager()

    class Meta:
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        constraints = [
            # Also the index by which the last rate until a moment is found.
            models.UniqueConstraint(
                fields=["venue", "base", "counter", "observed_at"], name="exchange_rate_is_observed_once"
            ),
            models.CheckConstraint(
                condition=Q(digits__gt=0, scale__lte=MOST_PLACES), name="exchange_rate_is_positive_and_exact"
            ),
            models.CheckConstraint(condition=~Q(base=F("counter")), name="exchange_rate_is_between_two_currencies"),
        ]

    def __str__(self) -> str:
        return f"{self.base}/{self.counter} {self.rate}"

    @property
    def pair(self) -> str:
        return f"{self.base}/{self.counter}"

    @property
    def rate(self) -> str:
        """The rate as a decimal, as it was published."""
        whole, places = divmod(self.digits, 10**self.scale)
        return f"{whole}.{places:0{self.scale}d}" if self.scale else str(whole)


class ExchangeQuoteQuerySet(MoneyQuerySet["ExchangeQuote"]):
    pass


class ExchangeQuote(Identified, Stateful):
    """An offer of the venue to change an amount at a rate until it expires; what is signed by it, keeps its rate.

    What was agreed never changes (trigger); `returned_…` counts what went back by the same quote.
    """

    class State(models.TextChoices):
        OPEN = "OPEN", _("open")
        SIGNED = "SIGNED", _("bound to an order")
        USED = "USED", _("used")
        RELEASED = "RELEASED", _("not needed")

    MOVES: ClassVar[Mapping[str, AbstractSet[str]]] = {
        State.OPEN: frozenset({State.SIGNED, State.USED}),
        State.SIGNED: frozenset({State.USED, State.RELEASED}),
    }

    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("organization")
    )
    sell_minor = models.BigIntegerField(_("sold in minor units"))
    sell_currency = models.CharField(_("currency sold"), max_length=3, choices=CURRENCY_CHOICES)
    buy_minor = models.BigIntegerField(_("bought in minor units"))
    buy_currency = models.CharField(_("currency bought"), max_length=3, choices=CURRENCY_CHOICES)
    rate = models.ForeignKey(ExchangeRate, models.PROTECT, related_name="+", verbose_name=_("exchange rate"))
    quoted_at = models.DateTimeField(_("quoted at"))
    expires_at = models.DateTimeField(_("expires at"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    order_id = models.UUIDField(_("order"), null=True, unique=True)
    returned_sell_minor = models.BigIntegerField(_("given back of what was sold"), default=0)
    returned_buy_minor = models.BigIntegerField(_("taken back of what was bought"), default=0)

    objects = ExchangeQuoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("exchange quote")
        verbose_name_plural = _("exchange quotes")
        constraints = [
            models.CheckConstraint(
                condition=Q(sell_minor__gt=0, buy_minor__gt=0) & ~Q(sell_currency=F("buy_currency")),
                name="exchange_quote_changes_one_currency_into_another",
            ),
            models.CheckConstraint(
                condition=Q(
                    returned_sell_minor__range=(0, F("sell_minor")), returned_buy_minor__range=(0, F("buy_minor"))
                ),
                name="exchange_quote_gives_back_at_most_what_it_took",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["SIGNED", "RELEASED"]) | Q(order_id__isnull=False),
                name="signed_exchange_quote_names_its_order",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("quoted_at")), name="exchange_quote_lasts_a_while"),
        ]
        indexes = [
            models.Index(fields=["venue", "-id"], name="exchange_quote_by_venue"),
            models.Index(fields=["organization", "-id"], name="exchange_quote_by_organization"),
        ]

    def __str__(self) -> str:
        return f"{self.sell} → {self.buy}"

    @property
    def sell(self) -> Money:
        return Money(self.sell_minor, Currency(self.sell_currency))

    @property
    def buy(self) -> Money:
        return Money(self.buy_minor, Currency(self.buy_currency))

    @property
    def returned_sell(self) -> Money:
        return Money(self.returned_sell_minor, Currency(self.sell_currency))
