"""Accounts at banks: the venue's own at its custodian, and those to which members want to be paid. Two people each."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES
from kernel.states import Stateful
from settlements.models.audience import MoneyQuerySet


class BankDetails(models.Model):
    """Where an account is and whose it is, as a bank wants it named. Never changed: another account is another row."""

    holder_name = models.CharField(_("account holder"), max_length=140)
    number = models.CharField(_("account number"), max_length=34)
    bank_name = models.CharField(_("bank"), max_length=140)
    bank_code = models.CharField(
        _("bank code"), max_length=12, help_text=_("CNAPS number (12 digits), Hong Kong bank code (3 digits) or BIC.")
    )
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)

    class Meta:
        abstract = True


class CustodyAccountQuerySet(MoneyQuerySet["CustodyAccount"]):
    staff_permission = Permission.LEDGER_READ
    parties = ()


class CustodyAccount(Identified, Stateful, BankDetails):
    """The venue's account at its custodian bank, which the ledger's BANK account of that currency stands for."""

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", _("proposed")
        IN_USE = "IN_USE", _("in use")
        REFUSED = "REFUSED", _("refused")
        REPLACED = "REPLACED", _("replaced")

    MOVES: ClassVar[Mapping[str, AbstractSet[str]]] = {
        State.PROPOSED: frozenset({State.IN_USE, State.REFUSED}),
        State.IN_USE: frozenset({State.REPLACED}),
    }

    class Layout(models.TextChoices):
        PAIN_001 = "PAIN_001", _("ISO 20022 message pain.001.001.09")
        BANK_CSV = "BANK_CSV", _("bank CSV, GB18030")

    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    layout = models.CharField(_("layout of payment files"), max_length=8, choices=Layout.choices)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.PROPOSED)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)
    refusal = models.TextField(_("reason for refusal"), blank=True)

    objects = CustodyAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("custody account")
        verbose_name_plural = _("custody accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["venue", "currency"],
                condition=Q(state="IN_USE"),
                name="venue_has_one_custody_account_per_currency",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["IN_USE", "REPLACED"])
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("proposed_by"))),
                name="custody_account_is_taken_into_use_by_another_person",
            ),
        ]
        indexes = [models.Index(fields=["venue", "-id"], name="custody_account_by_venue")]

    def __str__(self) -> str:
        return f"{self.bank_name} {self.number} {self.currency}"


class PayeeAccountQuerySet(MoneyQuerySet["PayeeAccount"]):
    pass


class PayeeAccount(Identified, Stateful, BankDetails):
    """A member's own bank account: registered by the member, verified by an officer of the venue that pays into it."""

    class State(models.TextChoices):
        REGISTERED = "REGISTERED", _("registered")
        VERIFIED = "VERIFIED", _("verified")
        REFUSED = "REFUSED", _("refused")
        REPLACED = "REPLACED", _("replaced")
        WITHDRAWN = "WITHDRAWN", _("withdrawn")

    MOVES: ClassVar[Mapping[str, AbstractSet[str]]] = {
        State.REGISTERED: frozenset({State.VERIFIED, State.REFUSED, State.WITHDRAWN}),
        State.VERIFIED: frozenset({State.REPLACED, State.WITHDRAWN}),
    }

    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("organization")
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.REGISTERED)
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("registered by")
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)
    finding = models.TextField(_("how it was verified, or why not"), blank=True)

    objects = PayeeAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("payee account")
        verbose_name_plural = _("payee accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["venue", "organization", "currency"],
                condition=Q(state="VERIFIED"),
                name="member_has_one_verified_account_per_currency",
            ),
            models.CheckConstraint(
                condition=~Q(state="VERIFIED")
                | (Q(decided_by__isnull=False) & ~Q(finding="") & ~Q(decided_by=F("registered_by"))),
                name="payee_account_is_verified_by_another_person",
            ),
        ]
        indexes = [
            models.Index(fields=["venue", "-id"], name="payee_account_by_venue"),
            models.Index(fields=["organization", "-id"], name="payee_account_by_organization"),
        ]

    def __str__(self) -> str:
        return f"{self.holder_name} {self.number} {self.currency}"
