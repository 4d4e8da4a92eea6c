"""Invoices: asked for by who pays, issued by who was paid, and put right by red letters, never by an edit."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES, Currency, Money
from kernel.states import Stateful
from settlements.models.audience import MoneyQuerySet
from settlements.models.taxes import TaxRate
from settlements.models.trade import FeePayer, Payee


class InvoiceQuerySet(MoneyQuerySet["Invoice"]):
    parties: ClassVar[Sequence[str]] = ("organization", "buyer")  # type: ignore[assignment]


class Invoice(Identified, Stateful):
    """One supply of an order or a charge, invoiced; or, where it `corrects` another, what is taken back of that one.

    Once issued or refused it stays as it is (settlements/sql/invoices.sql).
    """

    class State(models.TextChoices):
        REQUESTED = "REQUESTED", pgettext_lazy("invoice", "requested")
        ISSUED = "ISSUED", pgettext_lazy("invoice", "issued")
        REFUSED = "REFUSED", pgettext_lazy("invoice", "refused")

    MOVES: ClassVar[Mapping[str, AbstractSet[str]]] = {State.REQUESTED: frozenset({State.ISSUED, State.REFUSED})}

    class Form(models.TextChoices):
        SPECIAL = "SPECIAL", _("special VAT invoice")
        ORDINARY = "ORDINARY", _("ordinary VAT invoice")
        COMMERCIAL = "COMMERCIAL", _("commercial invoice")

    class Source(models.TextChoices):
        ORDER = "ORDER", _("order")
        CHARGE = "CHARGE", _("charge")

    number = models.CharField(_("number"), max_length=24, unique=True)
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("who issues it")
    )
    buyer = models.ForeignKey("accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("for whom"))
    source = models.CharField(_("kind of payment"), max_length=6, choices=Source.choices)
    source_id = models.UUIDField(_("payment"))
    payee = models.CharField(_("payee"), max_length=8, choices=Payee.choices)
    payer = models.CharField(_("who pays it"), max_length=8, choices=FeePayer.choices)
    corrects = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="red_letters", verbose_name=_("red letter to")
    )
    form = models.CharField(_("form"), max_length=10, choices=Form.choices)
    item = models.CharField(_("item"), max_length=200)
    amount_minor = models.BigIntegerField(_("amount with tax in minor units"))
    tax_minor = models.BigIntegerField(_("tax in minor units"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    rate_ppm = models.PositiveIntegerField(_("rate in parts per million"))
    rate = models.ForeignKey(TaxRate, models.PROTECT, null=True, related_name="+", verbose_name=_("tax rate"))
    title = models.CharField(_("title of the invoice"), max_length=200)
    tax_number = models.CharField(_("taxpayer number"), max_length=40)
    address = models.CharField(_("address, telephone, bank"), max_length=300, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.REQUESTED)
    filed_at = models.DateTimeField(_("handed on at"), null=True)
    official_number = models.CharField(_("number of the invoice"), max_length=40, blank=True)
    issued_on = models.DateField(_("issued on"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )
    refusal = models.TextField(_("reason for refusal"), blank=True)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, tax_minor__gte=0, tax_minor__lt=models.F("amount_minor")),
                name="invoice_contains_its_tax",
            ),
            models.CheckConstraint(
                condition=~Q(state="ISSUED") | (~Q(official_number="") & Q(issued_on__isnull=False)),
                name="issued_invoice_has_its_number_and_day",
            ),
            models.CheckConstraint(condition=Q(corrects__isnull=True) | ~Q(reason=""), name="red_letter_has_a_reason"),
            models.UniqueConstraint(
                fields=["source_id", "payee", "payer"],
                condition=Q(state="REQUESTED", corrects__isnull=True),
                name="invoice_is_asked_for_once_at_a_time",
            ),
            models.UniqueConstraint(
                fields=["organization", "official_number"],
                condition=~Q(official_number=""),
                name="invoice_number_is_used_once",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="invoice_by_seller"),
            models.Index(fields=["buyer", "-id"], name="invoice_by_buyer"),
            models.Index(fields=["venue", "state", "-id"], name="invoice_by_venue_and_state"),
            models.Index(fields=["source_id"], name="invoice_by_payment"),
        ]

    def __str__(self) -> str:
        return self.official_number or self.number

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, Currency(self.currency))

    @property
    def tax(self) -> Money:
        return Money(self.tax_minor, Currency(self.currency))

    @property
    def net(self) -> Money:
        return Money(self.amount_minor - self.tax_minor, Currency(self.currency))
