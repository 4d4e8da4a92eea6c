"""What a payment to a payee abroad must carry: proof of the trade, the border's clearance, the tax-filing record."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kernel.actors import Actor
from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES, Currency, Money
from kernel.states import Stateful
from settlements.models.audience import MoneyQuerySet
from settlements.models.banking import Payout
from settlements.models.exchange import ExchangeRate


class TradeProof(Identified):
    """That a contract was made, performed and settled: digests of its agreement and certificate. Append-only."""

    order_id = models.UUIDField(_("order"), unique=True)
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    agreement_number = models.CharField(_("agreement"), max_length=24)
    agreement_sha256 = models.CharField(_("digest of the agreement (SHA-256)"), max_length=64)
    certificate_number = models.CharField(_("certificate"), max_length=40)
    certificate_sha256 = models.CharField(_("statement digest (SHA-256)"), max_length=64)
    crosses_border = models.BooleanField(_("its data cross a border"))
    clearance_number = models.CharField(_("clearance number"), max_length=24, blank=True)

    class Meta:
        verbose_name = _("proof of a trade")
        verbose_name_plural = _("proofs of trades")

    def __str__(self) -> str:
        return self.agreement_number


class ContractEarning(Identified):
    """What a payee abroad earned by a contract beside its settlement, or gave back of it. Append-only."""

    order_id = models.UUIDField(_("order"))
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("organization")
    )
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    reference = models.CharField(_("reference"), max_length=80)

    class Meta:
        verbose_name = _("earning of a contract")
        verbose_name_plural = _("earnings of contracts")
        constraints = [
            models.UniqueConstraint(fields=["reference", "organization"], name="earning_is_noted_once_per_transfer")
        ]

    def __str__(self) -> str:
        return self.reference


class OfPayoutQuerySet(models.QuerySet[Any]):
    def visible_to(self, actor: Actor) -> Self:
        """Return the rows of the payouts that the actor sees."""
        return self.filter(payout__in=Payout.objects.visible_to(actor).values("pk"))


class PayoutPart(Identified):
    """What of a payout abroad is paid for which contract; no order where no contract explains it. Append-only."""

    payout = models.ForeignKey(Payout, models.PROTECT, related_name="parts", verbose_name=_("payout"))
    order_id = models.UUIDField(_("order"), null=True, db_index=True)  # a contract's payments are added up
    amount_minor = models.BigIntegerField(_("amount in minor units"))

    objects = OfPayoutQuerySet.as_manager()

    class Meta:
        verbose_name = _("part of a payout")
        verbose_name_plural = _("parts of payouts")
        constraints = [
            models.UniqueConstraint(
                fields=["payout", "order_id"], nulls_distinct=False, name="contract_has_one_part_of_a_payout"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="part_of_a_payout_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.amount_minor}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, Currency(self.payout.currency))


class TaxFilingQuerySet(MoneyQuerySet["TaxFiling"]):
    pass


class TaxFiling(Identified, Stateful):
    """The record that a contract's payments abroad were filed for tax: entered by one person, confirmed by another."""

    class State(models.TextChoices):
        ENTERED = "ENTERED", _("entered")
        CONFIRMED = "CONFIRMED", _("confirmed")
        REFUSED = "REFUSED", _("refused")

    MOVES: ClassVar[Mapping[str, AbstractSet[str]]] = {State.ENTERED: frozenset({State.CONFIRMED, State.REFUSED})}

    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    organization = models.ForeignKey("accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("payee"))
    order_id = models.UUIDField(_("order"))
    number = models.CharField(_("number of the filing"), max_length=30)
    document_sha256 = models.CharField(_("digest of the document (SHA-256)"), max_length=64)
    filed_on = models.DateField(_("filed on"))
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.ENTERED)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("entered by")
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("confirmed or refused by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)
    refusal = models.TextField(_("reason for refusal"), blank=True)

    objects = TaxFilingQuerySet.as_manager()

    class Meta:
        verbose_name = _("tax filing")
        verbose_name_plural = _("tax filings")
        constraints = [
            models.UniqueConstraint(
                fields=["venue", "number"], condition=~Q(state="REFUSED"), name="tax_filing_is_entered_once"
            ),
            models.UniqueConstraint(
                fields=["order_id", "organization"],
                condition=~Q(state="REFUSED"),
                name="contract_has_one_tax_filing_per_payee",
            ),
            models.CheckConstraint(
                condition=~Q(state="CONFIRMED") | (Q(decided_by__isnull=False) & ~Q(decided_by=F("entered_by"))),
                name="tax_filing_is_confirmed_by_another_person",
            ),
        ]
        indexes = [
            models.Index(fields=["venue", "-id"], name="tax_filing_by_venue"),
            models.Index(fields=["organization", "-id"], name="tax_filing_by_organization"),
        ]

    def __str__(self) -> str:
        return self.number


class CrossBorderPayment(Identified):
    """What a payment carried as it left: its papers, and its worth in US dollars at a dated rate. Append-only."""

    payout = models.OneToOneField(Payout, models.PROTECT, related_name="cross_border", verbose_name=_("payout"))
    rules = models.CharField(_("rule set"), max_length=60)
    authority = models.CharField(_("reported to"), max_length=20, blank=True)
    rate = models.ForeignKey(ExchangeRate, models.PROTECT, null=True, related_name="+", verbose_name=_("exchange rate"))
    usd_minor = models.BigIntegerField(_("worth in US cents"), null=True)
    papers = models.JSONField(_("papers"))

    objects = OfPayoutQuerySet.as_manager()

    class Meta:
        verbose_name = _("cross-border payment")
        verbose_name_plural = _("cross-border payments")

    def __str__(self) -> str:
        return str(self.payout)
