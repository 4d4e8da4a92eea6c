"""Payout batches and the files that go to the bank and come from it. The bytes of a file are kept and never change."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES, Currency, Money
from kernel.states import Stateful
from settlements.models.audience import MoneyQuerySet
from settlements.models.bank_accounts import CustodyAccount


class BankFileQuerySet(MoneyQuerySet["BankFile"]):
    staff_permission = Permission.LEDGER_READ
    parties = ()


class BankFile(Identified):
    """The bytes of a file to or from the bank, with their digests. Append-only; the same file is taken once."""

    class Kind(models.TextChoices):
        PAYMENTS = "PAYMENTS", _("payments to the bank")
        STATUS = "STATUS", _("status of payments")
        STATEMENT = "STATEMENT", _("account statement")

    kind = models.CharField(_("kind"), max_length=9, choices=Kind.choices)
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    name = models.CharField(_("name"), max_length=200)
    media_type = models.CharField(_("media type"), max_length=60)
    content = models.BinaryField(_("content"))
    size = models.PositiveIntegerField(_("size in bytes"))
    sha256 = models.CharField("SHA-256", max_length=64)
    sm3 = models.CharField("SM3", max_length=64)

    objects = BankFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("bank file")
        verbose_name_plural = _("bank files")
        constraints = [
            models.UniqueConstraint(fields=["venue", "kind", "sha256"], name="bank_file_is_taken_once"),
        ]
        indexes = [models.Index(fields=["venue", "-id"], name="bank_file_by_venue")]

    def __str__(self) -> str:
        return self.name


class PayoutBatchQuerySet(MoneyQuerySet["PayoutBatch"]):
    staff_permission = Permission.LEDGER_READ
    parties = ()


class PayoutBatch(Identified, Stateful):
    """Approved payouts of one venue and currency in one file: gathered by one person, checked by another."""

    class State(models.TextChoices):
        GATHERED = "GATHERED", _("gathered")
        CHECKED = "CHECKED", _("checked")
        PRODUCED = "PRODUCED", _("file produced")
        ANSWERED = "ANSWERED", _("answered by the bank")
        DISCARDED = "DISCARDED", _("discarded")

    MOVES: ClassVar[Mapping[str, AbstractSet[str]]] = {
        State.GATHERED: frozenset({State.CHECKED, State.DISCARDED}),
        State.CHECKED: frozenset({State.PRODUCED}),
        State.PRODUCED: frozenset({State.ANSWERED}),
    }
    NOT_YET_SENT = frozenset({State.GATHERED, State.CHECKED})

    number = models.CharField(_("number"), max_length=24)
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    custody_account = models.ForeignKey(
        CustodyAccount, models.PROTECT, related_name="+", verbose_name=_("custody account")
    )
    payments = models.PositiveIntegerField(_("number of payments"))
    total_minor = models.BigIntegerField(_("total in minor units"))
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.GATHERED)
    gathered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("gathered by")
    )
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("checked by")
    )
    checked_at = models.DateTimeField(_("checked at"), null=True)
    file = models.OneToOneField(
        BankFile, models.PROTECT, null=True, related_name="batch", verbose_name=_("file to the bank")
    )
    discard_reason = models.TextField(_("why it was discarded"), blank=True)

    objects = PayoutBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("payout batch")
        verbose_name_plural = _("payout batches")
        constraints = [
            models.UniqueConstraint(fields=["number"], name="payout_batch_number_is_unique"),
            models.CheckConstraint(condition=Q(payments__gt=0, total_minor__gt=0), name="payout_batch_pays_something"),
            models.CheckConstraint(
                condition=Q(state__in=["GATHERED", "DISCARDED"])
                | (Q(checked_by__isnull=False, checked_at__isnull=False) & ~Q(checked_by=F("gathered_by"))),
                name="payout_batch_is_checked_by_another_person",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["PRODUCED", "ANSWERED"], file__isnull=False)
                | Q(state__in=["GATHERED", "CHECKED", "DISCARDED"], file__isnull=True),
                name="payout_batch_has_its_file_once_produced",
            ),
        ]
        indexes = [models.Index(fields=["venue", "-id"], name="payout_batch_by_venue")]

    def __str__(self) -> str:
        return self.number

    @property
    def total(self) -> Money:
        return Money(self.total_minor, Currency(self.currency))
