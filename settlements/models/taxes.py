"""Tax rates as dated rows, and what was withheld of payments to non-residents."""

from collections.abc import Sequence
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.product_types import ProductType
from kernel.actors import Actor
from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES, Currency, Money
from settlements.models.audience import MoneyQuerySet

MAINLAND = "CN"
# In a tax rate: any jurisdiction but the mainland.
ELSEWHERE = "*"


class Tax(models.TextChoices):
    """What a rate is for: contained in an amount, or withheld from it by the mainland's payer."""

    VAT = "VAT", _("VAT contained")
    VAT_WITHHELD = "VAT_WITHHELD", _("VAT withheld")
    INCOME_WITHHELD = "INCOME_WITHHELD", _("enterprise income tax withheld")


class Supply(models.TextChoices):
    """What is paid for: the product, or the service of the venue or a broker."""

    PRICE = "PRICE", _("price")
    FEE = "FEE", _("fee")


class TaxRateQuerySet(models.QuerySet["TaxRate"]):
    def visible_to(self, actor: Actor) -> Self:
        """Return all rates: they are public."""
        return self.all()


class TaxRate(Identified):
    """One rate of the tax tables (settlements/data/tax_rates.json), in force from a day; rows are never changed."""

    tax = models.CharField(_("tax"), max_length=15, choices=Tax.choices)
    supply = models.CharField(_("what is paid for"), max_length=5, choices=Supply.choices)
    seller = models.CharField(
        _("jurisdiction of the seller"), max_length=2, help_text=_("ISO 3166 code; *: any but the mainland.")
    )
    buyer = models.CharField(
        _("jurisdiction of the buyer"), max_length=2, help_text=_("ISO 3166 code; *: any but the mainland.")
    )
    product_type = models.CharField(
        _("product type"), max_length=12, choices=ProductType.choices, blank=True, help_text=_("Blank: any.")
    )
    rate_ppm = models.PositiveIntegerField(_("rate in parts per million"))
    valid_from = models.DateField(_("in force from"))
    valid_until = models.DateField(_("in force until"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=300)
    verified = models.BooleanField(_("checked against the source"), default=False)

    objects = TaxRateQuerySet.as_manager()

    class Meta:
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        constraints = [
            models.UniqueConstraint(
                fields=["tax", "supply", "seller", "buyer", "product_type", "valid_from"],
                name="one_tax_rate_begins_on_a_day",
            ),
            models.CheckConstraint(condition=Q(rate_ppm__lt=1_000_000), name="tax_rate_is_below_the_whole"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="tax_rate_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_tax_display()} {self.rate_ppm / 10_000:g} %"


class WithholdingQuerySet(MoneyQuerySet["Withholding"]):
    parties: ClassVar[Sequence[str]] = ("organization", "payer")  # type: ignore[assignment]


class Withholding(Identified):
    """What the venue withheld for the tax office of one payment; what went back later is a negative row of its own."""

    class Source(models.TextChoices):
        ORDER = "ORDER", _("order")
        CHARGE = "CHARGE", _("charge")

    number = models.CharField(_("number"), max_length=24, unique=True)
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("from whom it was withheld")
    )
    payer = models.ForeignKey("accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("payer"))
    source = models.CharField(_("kind of payment"), max_length=6, choices=Source.choices)
    source_id = models.UUIDField(_("payment"))
    tax = models.CharField(_("tax"), max_length=15, choices=Tax.choices)
    rate = models.ForeignKey(TaxRate, models.PROTECT, null=True, related_name="+", verbose_name=_("tax rate"))
    rate_ppm = models.PositiveIntegerField(_("rate in parts per million"))
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)

    objects = WithholdingQuerySet.as_manager()

    class Meta:
        verbose_name = _("withholding")
        verbose_name_plural = _("withholdings")
        constraints = [models.CheckConstraint(condition=~Q(amount_minor=0), name="withholding_is_not_nothing")]
        indexes = [
            models.Index(fields=["organization", "-id"], name="withholding_by_organization"),
            models.Index(fields=["venue", "-id"], name="withholding_by_venue"),
            # The certificate and the red rows of a payment.
            models.Index(fields=["source_id"], name="withholding_by_payment"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.amount}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, Currency(self.currency))
