"""The double-entry ledger. Its invariants live in the database (settlements/sql): this module draws the tables.

Sign: a positive amount is what the venue owes the account's owner. The bank account runs negative, because the money
that the venue holds at its bank is owed to it. All accounts of a venue in one currency sum to zero at every commit.
"""

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from kernel.identifiers import uuid7
from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES, Currency, Money
from settlements.models.audience import MoneyQuerySet


class AccountQuerySet(MoneyQuerySet["Account"]):
    staff_permission = Permission.LEDGER_READ

    def with_balance(self) -> "AccountQuerySet":
        """Annotate `balance_minor`: the kept balance plus the entries not yet summed into it."""
        unsummed = UnsummedEntry.objects.filter(account_id=OuterRef("pk")).order_by().values("account_id")
        tail = unsummed.annotate(total=Sum("amount_minor")).values("total")
        kept = F("balance__minor")
        return self.annotate(balance_minor=kept + Coalesce(Subquery(tail), 0, output_field=models.BigIntegerField()))


class Account(Identified):
    """One owner's money, of one kind, in one currency, at one venue. Never changed once opened."""

    class Kind(models.TextChoices):
        BANK = "BANK", _("bank")
        CLIENT = "CLIENT", _("available funds")
        ESCROW = "ESCROW", _("held in escrow")
        PAYABLE = "PAYABLE", _("earned")
        PAYOUT = "PAYOUT", _("on its way out")
        FEES = "FEES", _("venue fees")
        TAX = "TAX", _("tax withheld")
        SUSPENSE = "SUSPENSE", _("suspense")
        VOUCHER = "VOUCHER", _("voucher programmes")
        FX_POSITION = "FX_POSITION", _("currency position")
        FX_RESULT = "FX_RESULT", _("gains and losses of exchange")

    VENUE_KINDS = frozenset({Kind.BANK, Kind.FEES, Kind.TAX, Kind.SUSPENSE, Kind.FX_POSITION, Kind.FX_RESULT})

    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, null=True, related_name="+", verbose_name=_("organization")
    )
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["venue", "kind", "currency", "organization"],
                nulls_distinct=False,
                name="account_is_unique_by_owner_kind_and_currency",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=["BANK", "FEES", "TAX", "SUSPENSE", "FX_POSITION", "FX_RESULT"], organization__isnull=True
                )
                | Q(kind__in=["CLIENT", "ESCROW", "PAYABLE", "PAYOUT", "VOUCHER"], organization__isnull=False),
                name="account_has_the_owner_its_kind_needs",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.currency}"

    @property
    def holds(self) -> Money:
        """The balance of a row that came from `with_balance()`."""
        return Money(self.__dict__["balance_minor"], Currency(self.currency))


class Balance(models.Model):
    """What an account holds; made and moved by triggers alone (settlements/sql/ledger_triggers.sql).

    A guarded account (an organization's) has its whole balance here, under a row lock, never below zero. A hot account
    (the venue's) has a snapshot here and the rest in `UnsummedEntry`, so that postings never wait for one another.
    """

    account = models.OneToOneField(Account, models.PROTECT, primary_key=True, verbose_name=_("account"))
    venue = models.ForeignKey(
        "accounts.Venue", models.PROTECT, db_index=False, related_name="+", verbose_name=_("venue")
    )
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    guarded = models.BooleanField(_("guarded"))
    minor = models.BigIntegerField(_("minor units"), default=0)
    # When a guarded balance last moved; no posting on the account is dated before it.
    moved_at = models.DateTimeField(_("last moved at"), null=True)

    class Meta:
        verbose_name = _("balance")
        verbose_name_plural = _("balances")
        constraints = [
            models.CheckConstraint(
                condition=Q(guarded=False) | Q(minor__gte=0), name="guarded_balance_is_never_negative"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.minor}"


class TransferQuerySet(MoneyQuerySet["Transfer"]):
    staff_permission = Permission.LEDGER_READ
    parties = ()


class Transfer(models.Model):
    """One movement of money: entries that sum to zero per currency. Posted once per reference, never changed.

    Foreign keys of the ledger are not database constraints: checking one would lock the row of a venue or a hot account
    for every posting. The trigger on entries checks the same, and neither side can be deleted.
    """

    class Kind(models.TextChoices):
        DEPOSIT = "DEPOSIT", _("deposit credited")
        HOLD = "HOLD", _("held in escrow")
        REFUND = "REFUND", _("refunded from escrow")
        SETTLEMENT = "SETTLEMENT", _("settled")
        AWARD = "AWARD", _("given back after settlement")
        PAYOUT = "PAYOUT", _("payout requested")
        PAYOUT_PAID = "PAYOUT_PAID", _("payout paid")
        PAYOUT_REFUSED = "PAYOUT_REFUSED", _("payout refused")
        PAYOUT_REJECTED = "PAYOUT_REJECTED", _("payout rejected by the bank")
        PAYOUT_RETURNED = "PAYOUT_RETURNED", _("payout returned by the bank")
        FORFEIT = "FORFEIT", _("deposit forfeited")
        CORRECTION = "CORRECTION", _("correction")
        BANK_CORRECTION = "BANK_CORRECTION", _("break of the bank account explained")
        CHARGE = "CHARGE", _("charge collected")
        CREDIT_NOTE = "CREDIT_NOTE", _("credit note")
        VOUCHER_FUNDED = "VOUCHER_FUNDED", _("voucher programme funded")
        VOUCHER_RETURNED = "VOUCHER_RETURNED", _("left of a voucher programme, returned")
        VOUCHER_RESERVED = "VOUCHER_RESERVED", _("voucher reserved")
        VOUCHER_RELEASED = "VOUCHER_RELEASED", _("voucher released")
        VOUCHER_PAID = "VOUCHER_PAID", _("voucher paid to the buyer")
        VOUCHER_CLAWBACK = "VOUCHER_CLAWBACK", _("voucher clawed back")
        EXCHANGE = "EXCHANGE", _("changed into another currency")
        EXCHANGE_BACK = "EXCHANGE_BACK", _("changed back")
        REVALUATION = "REVALUATION", _("currency position revalued")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(_("posted at"))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    reference = models.CharField(_("reference"), max_length=80)
    venue = models.ForeignKey(
        "accounts.Venue",
        models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("venue"),
    )
    legs = models.PositiveSmallIntegerField(_("number of entries"))
    memo = models.CharField(_("memo"), max_length=200, blank=True)

    objects = TransferQuerySet.as_manager()

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        constraints = [
            models.UniqueConstraint(fields=["reference"], name="transfer_is_posted_once_per_reference"),
            models.CheckConstraint(condition=Q(legs__gte=2), name="transfer_has_two_sides"),
        ]
        indexes = [models.Index(fields=["venue", "-id"], name="transfer_by_venue")]

    def __str__(self) -> str:
        return " ".join(filter(None, (str(self.get_kind_display()), self.memo)))


class EntryQuerySet(MoneyQuerySet["Entry"]):
    staff_permission = Permission.LEDGER_READ
    parties = ("account__organization",)


class Entry(models.Model):
    """One side of a transfer on one account. Append-only; `balance_minor` is the guarded balance right after it.

    The table is divided by month (settlements/sql/entry_partitions.sql), so its keys hold the time as well.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(_("posted at"))
    transfer = models.ForeignKey(
        Transfer,
        models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="entries",
        verbose_name=_("transfer"),
    )
    position = models.PositiveSmallIntegerField(_("position"))
    account = models.ForeignKey(
        Account,
        models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="entries",
        verbose_name=_("account"),
    )
    venue = models.ForeignKey(
        "accounts.Venue",
        models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("venue"),
    )
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    balance_minor = models.BigIntegerField(_("balance after it"), null=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        constraints = [
            models.UniqueConstraint(
                fields=["transfer", "position", "created_at"], name="entry_has_its_place_in_the_transfer"
            ),
            models.CheckConstraint(condition=~Q(amount_minor=0), name="entry_moves_something"),
        ]
        indexes = [
            # A statement, a balance at an instant and the sum since a close all read one account along time; the amount
            # goes with it, so that summing a hot account reads the index alone.
            models.Index(fields=["account", "created_at", "id"], include=["amount_minor"], name="entry_along_time")
        ]

    def __str__(self) -> str:
        return str(self.amount)

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, Currency(self.currency))

    @property
    def balance_after(self) -> Money | None:
        return None if self.balance_minor is None else Money(self.balance_minor, Currency(self.currency))


class UnsummedEntry(models.Model):
    """The tail of a hot account: what was posted since its snapshot. The snapshot job deletes what it has summed."""

    pk = models.CompositePrimaryKey("account_id", "entry_id")
    account = models.ForeignKey(Account, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    entry = models.ForeignKey(Entry, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    amount_minor = models.BigIntegerField(_("amount in minor units"))

    class Meta:
        verbose_name = _("entry not yet summed")
        verbose_name_plural = _("entries not yet summed")

    def __str__(self) -> str:
        return f"{self.account_id}: {self.amount_minor}"
