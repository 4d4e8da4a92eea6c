"""Accounting periods, closed one after the other; what was held at each close; corrections of what is closed."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, time, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.permissions import Permission
from kernel.models import Identified
from kernel.money import Currency, Money
from kernel.states import Stateful
from settlements.models.audience import MoneyQuerySet
from settlements.models.ledger import Account, Transfer


class AccountingPeriodQuerySet(MoneyQuerySet["AccountingPeriod"]):
    staff_permission = Permission.LEDGER_READ
    parties = ()


class AccountingPeriod(Identified, Stateful):
    """A day or a month of a venue's books. A closed one takes no posting any more, and never opens again (trigger)."""

    class Length(models.TextChoices):
        DAY = "DAY", _("day")
        MONTH = "MONTH", _("month")

    class State(models.TextChoices):
        OPEN = "OPEN", pgettext_lazy("accounting period", "open")
        CLOSING = "CLOSING", _("closing proposed")
        CLOSED = "CLOSED", _("closed")

    MOVES: ClassVar[Mapping[str, AbstractSet[str]]] = {
        State.OPEN: frozenset({State.CLOSING}),
        State.CLOSING: frozenset({State.OPEN, State.CLOSED}),
    }

    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    length = models.CharField(_("length"), max_length=5, choices=Length.choices)
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    # The first instant after the last day, in the venue's zone: what the database compares postings with.
    ends_at = models.DateTimeField(_("ends at"))
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.OPEN)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("closing proposed by")
    )
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("closed by")
    )
    closed_at = models.DateTimeField(_("closed at"), null=True)
    entries = models.BigIntegerField(_("number of entries"), null=True)
    trial_balance = models.JSONField(_("trial balance"), null=True)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)

    objects = AccountingPeriodQuerySet.as_manager()

    class Meta:
        verbose_name = _("accounting period")
        verbose_name_plural = _("accounting periods")
        constraints = [
            # Also the index by which a posting looks whether its day is closed (sql/accounting_periods.sql).
            models.UniqueConstraint(fields=["venue", "ends_at"], name="accounting_period_ends_once"),
            models.UniqueConstraint(
                fields=["venue"], condition=~Q(state="CLOSED"), name="venue_has_one_period_that_is_not_closed"
            ),
            models.CheckConstraint(condition=Q(first_day__lte=F("last_day")), name="accounting_period_has_a_day"),
            models.CheckConstraint(
                condition=~Q(state="CLOSED")
                | (
                    Q(proposed_by__isnull=False, closed_by__isnull=False, closed_at__isnull=False)
                    & ~Q(closed_by=F("proposed_by"))
                    & ~Q(sha256="")
                ),
                name="accounting_period_is_closed_by_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_day:%Y-%m-%d}" if self.length == self.Length.DAY else f"{self.first_day:%Y-%m}"

    def lasts_until(self) -> datetime:
        """Return the first instant after the last day, by the venue's clock."""
        return datetime.combine(self.last_day + timedelta(days=1), time.min, tzinfo=self.venue.zone)


class PeriodBalanceQuerySet(MoneyQuerySet["PeriodBalance"]):
    staff_permission = Permission.LEDGER_READ
    parties = ("account__organization",)


class PeriodBalance(Identified):
    """What an account that moved in a period held at its close: frozen, and where later sums start from."""

    period = models.ForeignKey(
        AccountingPeriod, models.PROTECT, related_name="balances", verbose_name=_("accounting period")
    )
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    account = models.ForeignKey(
        Account, models.PROTECT, db_index=False, related_name="frozen", verbose_name=_("account")
    )
    ends_at = models.DateTimeField(_("held at"))
    entries = models.BigIntegerField(_("number of entries"))
    minor = models.BigIntegerField(_("minor units"))

    objects = PeriodBalanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("balance at the close")
        verbose_name_plural = _("balances at the close")
        constraints = [
            # Also the index by which the last balance before an instant is found (settlements/books.py).
            models.UniqueConstraint(fields=["account", "ends_at"], name="account_is_frozen_once_at_an_instant")
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.minor}"

    @property
    def balance(self) -> Money:
        return Money(self.minor, Currency(self.account.currency))


class CorrectionQuerySet(MoneyQuerySet["Correction"]):
    staff_permission = Permission.LEDGER_READ
    parties = ()


class Correction(Identified, Stateful):
    """A wrong transfer and the new one that sets it right: proposed by one person, posted by another."""

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", _("proposed")
        POSTED = "POSTED", _("posted")
        REFUSED = "REFUSED", _("refused")

    MOVES: ClassVar[Mapping[str, AbstractSet[str]]] = {State.PROPOSED: frozenset({State.POSTED, State.REFUSED})}

    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    transfer = models.ForeignKey(
        Transfer,
        models.PROTECT,
        db_constraint=False,
        related_name="corrections",
        verbose_name=_("transfer to be corrected"),
    )
    reverses = models.BooleanField(_("takes back the whole transfer"))
    # [account, minor units] per side, as the audit event of a transfer writes them.
    legs = models.JSONField(_("entries to be made"))
    reason = models.TextField(_("reason"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.PROPOSED)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)
    posted = models.OneToOneField(
        Transfer,
        models.PROTECT,
        null=True,
        db_constraint=False,
        related_name="corrected",
        verbose_name=_("correcting transfer"),
    )
    refusal = models.TextField(_("reason for refusal"), blank=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        constraints = [
            models.UniqueConstraint(
                fields=["transfer"],
                condition=Q(reverses=True) & ~Q(state="REFUSED"),
                name="transfer_is_taken_back_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="POSTED")
                | (Q(decided_by__isnull=False, posted__isnull=False) & ~Q(decided_by=F("proposed_by"))),
                name="correction_is_posted_by_another_person",
            ),
        ]
        indexes = [models.Index(fields=["venue", "-id"], name="correction_by_venue")]

    def __str__(self) -> str:
        return f"{self.transfer}: {self.get_state_display()}"
