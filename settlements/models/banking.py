"""Money that crosses the edge: a bank receipt becomes a deposit, earnings leave as a payout. Two people each."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES, Currency, Money
from kernel.states import Stateful
from settlements.models.audience import MoneyQuerySet
from settlements.models.bank_accounts import PayeeAccount
from settlements.models.batches import PayoutBatch


class DepositQuerySet(MoneyQuerySet["Deposit"]):
    pass


class Deposit(Identified, Stateful):
    """Money that arrived at the venue's bank for an organization: entered by one person, credited by another."""

    class State(models.TextChoices):
        ENTERED = "ENTERED", _("entered")
        CREDITED = "CREDITED", _("credited")
        REFUSED = "REFUSED", _("refused")

    MOVES: ClassVar[Mapping[str, AbstractSet[str]]] = {State.ENTERED: frozenset({State.CREDITED, State.REFUSED})}

    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("organization")
    )
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    bank_reference = models.CharField(_("bank reference"), max_length=64)
    received_on = models.DateField(_("received on"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ENTERED)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("entered by")
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("credited or refused by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)
    refusal = models.TextField(_("reason for refusal"), blank=True)

    objects = DepositQuerySet.as_manager()

    class Meta:
        verbose_name = _("deposit")
        verbose_name_plural = _("deposits")
        constraints = [
            # A refused entry frees its bank reference, so that the receipt can be entered again without the mistake.
            models.UniqueConstraint(
                fields=["venue", "bank_reference"],
                condition=~Q(state="REFUSED"),
                name="bank_receipt_is_unique_per_venue",
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="deposit_is_positive"),
            models.CheckConstraint(
                condition=~Q(state="CREDITED") | (Q(decided_by__isnull=False) & ~Q(decided_by=models.F("entered_by"))),
                name="deposit_is_credited_by_another_person",
            ),
        ]
        indexes = [
            models.Index(fields=["venue", "-id"], name="deposit_by_venue"),
            models.Index(fields=["organization", "-id"], name="deposit_by_organization"),
        ]

    def __str__(self) -> str:
        return f"{self.bank_reference}: {self.amount}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, Currency(self.currency))


class PayoutQuerySet(MoneyQuerySet["Payout"]):
    pass


class Payout(Identified, Stateful):
    """Earnings on their way to the owner's bank: requested, approved by another person, paid with a bank reference."""

    class State(models.TextChoices):
        REQUESTED = "REQUESTED", _("requested")
        APPROVED = "APPROVED", _("approved")
        BATCHED = "BATCHED", _("in a batch")
        PAID = "PAID", _("paid")
        REFUSED = "REFUSED", _("refused")
        REJECTED = "REJECTED", _("rejected by the bank")
        RETURNED = "RETURNED", _("returned by the bank")

    MOVES: ClassVar[Mapping[str, AbstractSet[str]]] = {
        State.REQUESTED: frozenset({State.APPROVED, State.REFUSED}),
        State.APPROVED: frozenset({State.BATCHED, State.PAID, State.REFUSED}),
        State.BATCHED: frozenset({State.APPROVED, State.PAID, State.REJECTED}),
        State.PAID: frozenset({State.RETURNED}),
    }

    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("organization")
    )
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    bank_account = models.CharField(_("to bank account"), max_length=64, blank=True)
    payee_account = models.ForeignKey(
        PayeeAccount, models.PROTECT, null=True, related_name="+", verbose_name=_("verified account")
    )
    batch = models.ForeignKey(
        PayoutBatch, models.PROTECT, null=True, related_name="payouts", verbose_name=_("payout batch")
    )
    retry_of = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="retried_by", verbose_name=_("tries again")
    )
    bank_reference = models.CharField(_("bank reference"), max_length=64, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.REQUESTED)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("requested by")
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("approved by")
    )
    approved_at = models.DateTimeField(_("approved at"), null=True)
    paid_at = models.DateTimeField(_("paid at"), null=True)
    refusal = models.TextField(_("reason for refusal"), blank=True)
    bank_reason = models.CharField(_("the bank's reason"), max_length=300, blank=True)

    objects = PayoutQuerySet.as_manager()

    class Meta:
        verbose_name = _("payout")
        verbose_name_plural = _("payouts")
        constraints = [
            models.UniqueConstraint(
                fields=["venue", "bank_reference"],
                condition=~Q(bank_reference=""),
                name="bank_payment_is_unique_per_venue",
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payout_is_positive"),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=models.F("requested_by")),
                name="payout_is_approved_by_another_person",
            ),
            models.CheckConstraint(
                condition=~Q(state="PAID") | (Q(approved_by__isnull=False) & ~Q(bank_reference="")),
                name="paid_payout_was_approved_and_has_a_bank_reference",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["REQUESTED", "REFUSED"]) | Q(payee_account__isnull=False),
                name="approved_payout_names_its_account",
            ),
        ]
        indexes = [
            models.Index(fields=["venue", "-id"], name="payout_by_venue"),
            models.Index(fields=["organization", "-id"], name="payout_by_organization"),
            # What the next batch takes; a venue's finished payouts never slow it.
            models.Index(
                fields=["venue", "currency", "id"], condition=Q(state="APPROVED"), name="payout_waiting_for_a_batch"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.get_state_display()}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, Currency(self.currency))
