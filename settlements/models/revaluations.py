"""What a venue's currency positions were worth at the end of a day, and what it gained or lost by them. Append-only."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES, Currency, Money
from settlements.models.audience import MoneyQuerySet
from settlements.models.exchange import ExchangeRate
from settlements.models.ledger import Account, Transfer


class RevaluationQuerySet(MoneyQuerySet["Revaluation"]):
    staff_permission = Permission.LEDGER_READ
    parties = ()


class Revaluation(Identified):
    """The positions of a venue at the end of one of its days, at that day's rates, in its own currency; once a day."""

    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    day = models.DateField(_("day"))
    counted_until = models.DateTimeField(_("counted until"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    result_minor = models.BigIntegerField(_("gained or lost in minor units"))
    transfer = models.OneToOneField(
        Transfer, models.PROTECT, null=True, db_constraint=False, related_name="+", verbose_name=_("transfer")
    )

    objects = RevaluationQuerySet.as_manager()

    class Meta:
        verbose_name = _("revaluation")
        verbose_name_plural = _("revaluations")
        constraints = [
            models.UniqueConstraint(fields=["venue", "day"], name="positions_are_revalued_once_a_day"),
            models.CheckConstraint(
                condition=Q(result_minor=0, transfer__isnull=True) | (~Q(result_minor=0) & Q(transfer__isnull=False)),
                name="revaluation_posts_what_it_found",
            ),
        ]
        indexes = [models.Index(fields=["venue", "-id"], name="revaluation_by_venue")]

    def __str__(self) -> str:
        return f"{self.day} {self.result}"

    @property
    def result(self) -> Money:
        return Money(self.result_minor, Currency(self.currency))


class RevaluationLine(Identified):
    """One currency's position in a revaluation; `rate` is empty for the venue's own currency."""

    revaluation = models.ForeignKey(Revaluation, models.PROTECT, related_name="lines", verbose_name=_("revaluation"))
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", verbose_name=_("account"))
    position_minor = models.BigIntegerField(_("position in minor units"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    rate = models.ForeignKey(ExchangeRate, models.PROTECT, null=True, related_name="+", verbose_name=_("exchange rate"))
    value_minor = models.BigIntegerField(_("value in minor units"))

    class Meta:
        verbose_name = _("revaluation line")
        verbose_name_plural = _("revaluation lines")
        constraints = [
            models.UniqueConstraint(fields=["revaluation", "currency"], name="currency_has_one_line_in_a_revaluation")
        ]

    def __str__(self) -> str:
        return f"{self.position}"

    @property
    def position(self) -> Money:
        return Money(self.position_minor, Currency(self.currency))

    @property
    def value(self) -> Money:
        return Money(self.value_minor, Currency(self.revaluation.currency))
