"""The bank's statements beside the books: bookings, which entries they match, the breaks, and the days that are closed.

Statements, bookings and matches are evidence and only grow. A booking or an entry is matched at most once.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.permissions import Permission
from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES, Currency, Money
from kernel.states import Stateful
from settlements.models.audience import MoneyQuerySet
from settlements.models.bank_accounts import CustodyAccount
from settlements.models.batches import BankFile
from settlements.models.ledger import Account, Entry


class BankStatementQuerySet(MoneyQuerySet["BankStatement"]):
    staff_permission = Permission.LEDGER_READ
    parties = ()


class BankStatement(Identified):
    """What the custodian says happened on the venue's account between two balances."""

    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    custody_account = models.ForeignKey(
        CustodyAccount, models.PROTECT, related_name="+", verbose_name=_("custody account")
    )
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    file = models.ForeignKey(BankFile, models.PROTECT, related_name="+", verbose_name=_("bank file"))
    statement_id = models.CharField(_("statement number"), max_length=64)
    opens_on = models.DateField(_("first day"))
    closes_on = models.DateField(_("last day"))
    opening_minor = models.BigIntegerField(_("opening balance in minor units"))
    closing_minor = models.BigIntegerField(_("closing balance in minor units"))
    bookings = models.PositiveIntegerField(_("number of bookings"))
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("imported by")
    )

    objects = BankStatementQuerySet.as_manager()

    class Meta:
        verbose_name = _("bank statement")
        verbose_name_plural = _("bank statements")
        constraints = [
            models.UniqueConstraint(fields=["custody_account", "statement_id"], name="bank_statement_is_taken_once"),
            models.CheckConstraint(
                condition=Q(opens_on__lte=F("closes_on")), name="bank_statement_ends_after_it_begins"
            ),
        ]
        indexes = [models.Index(fields=["venue", "-id"], name="bank_statement_by_venue")]

    def __str__(self) -> str:
        return self.statement_id

    @property
    def opening(self) -> Money:
        return Money(self.opening_minor, Currency(self.currency))

    @property
    def closing(self) -> Money:
        return Money(self.closing_minor, Currency(self.currency))


class BankBookingQuerySet(MoneyQuerySet["BankBooking"]):
    staff_permission = Permission.LEDGER_READ
    parties = ()


class BankBooking(Identified):
    """One line of a statement; the amount is positive when money came in."""

    statement = models.ForeignKey(
        BankStatement, models.PROTECT, related_name="lines", verbose_name=pgettext_lazy("bank", "statement")
    )
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    position = models.PositiveIntegerField(_("position"))
    booked_on = models.DateField(_("booked on"))
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    bank_reference = models.CharField(_("bank reference"), max_length=64)
    end_to_end = models.CharField(_("our reference"), max_length=64, blank=True)
    party_name = models.CharField(_("counterparty"), max_length=200, blank=True)
    party_account = models.CharField(_("counterparty's account"), max_length=64, blank=True)
    text = models.CharField(_("text"), max_length=400, blank=True)
    is_return = models.BooleanField(_("comes back"), default=False)

    objects = BankBookingQuerySet.as_manager()

    class Meta:
        verbose_name = _("bank booking")
        verbose_name_plural = _("bank bookings")
        constraints = [
            models.UniqueConstraint(fields=["statement", "position"], name="bank_booking_has_its_place"),
            models.CheckConstraint(condition=~Q(amount_minor=0), name="bank_booking_moves_something"),
        ]
        indexes = [models.Index(fields=["venue", "currency", "booked_on"], name="bank_booking_by_day")]

    def __str__(self) -> str:
        return f"{self.bank_reference}: {self.amount}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, Currency(self.currency))


class BankMatchQuerySet(MoneyQuerySet["BankMatch"]):
    staff_permission = Permission.LEDGER_READ
    parties = ()


class BankMatch(Identified):
    """Bookings and entries that are the same money, and by which rule or whose decision."""

    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    rule = models.CharField(_("rule"), max_length=40)
    rules_version = models.CharField(_("version of the rules"), max_length=20)

    objects = BankMatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("bank match")
        verbose_name_plural = _("bank matches")
        indexes = [models.Index(fields=["venue", "-id"], name="bank_match_by_venue")]

    def __str__(self) -> str:
        return self.rule


class MatchedBooking(models.Model):
    """A booking's one match."""

    booking = models.OneToOneField(BankBooking, models.PROTECT, primary_key=True, related_name="matched")
    match = models.ForeignKey(BankMatch, models.PROTECT, related_name="bookings")

    class Meta:
        verbose_name = _("matched booking")
        verbose_name_plural = _("matched bookings")

    def __str__(self) -> str:
        return str(self.booking_id)


class MatchedEntry(models.Model):
    """An entry's one match; no foreign key, as nothing else points at entries (see settlements.models.ledger)."""

    entry = models.OneToOneField(Entry, models.PROTECT, primary_key=True, db_constraint=False, related_name="matched")
    match = models.ForeignKey(BankMatch, models.PROTECT, related_name="entries")

    class Meta:
        verbose_name = _("matched entry")
        verbose_name_plural = _("matched entries")

    def __str__(self) -> str:
        return str(self.entry_id)


class BankBreakQuerySet(MoneyQuerySet["BankBreak"]):
    staff_permission = Permission.LEDGER_READ
    parties = ()

    def unexplained(self) -> "BankBreakQuerySet":
        return self.exclude(state=BankBreak.State.EXPLAINED)


class BankBreak(Identified, Stateful):
    """A booking without an entry, or an entry without a booking, until it is matched or explained by two people."""

    class State(models.TextChoices):
        OPEN = "OPEN", pgettext_lazy("bank break", "open")
        PROPOSED = "PROPOSED", _("explanation proposed")
        EXPLAINED = "EXPLAINED", _("explained")

    MOVES: ClassVar[Mapping[str, AbstractSet[str]]] = {
        State.OPEN: frozenset({State.PROPOSED, State.EXPLAINED}),
        State.PROPOSED: frozenset({State.OPEN, State.EXPLAINED}),
    }

    class Way(models.TextChoices):
        MATCH = "MATCH", _("matches others")
        POST = "POST", _("is posted to an account")
        RETURN = "RETURN", _("is a payout that came back")

    # Where POST may put the other side; SUSPENSE until somebody knows better.
    TARGETS: ClassVar[tuple[Account.Kind, ...]] = (
        Account.Kind.SUSPENSE,
        Account.Kind.FEES,
        Account.Kind.CLIENT,
        Account.Kind.PAYABLE,
        Account.Kind.FX_POSITION,
    )

    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    booking = models.OneToOneField(
        BankBooking, models.PROTECT, null=True, related_name="missing", verbose_name=_("bank booking")
    )
    entry = models.OneToOneField(
        Entry, models.PROTECT, null=True, db_constraint=False, related_name="missing", verbose_name=_("entry")
    )
    day = models.DateField(_("day"))
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.OPEN)
    way = models.CharField(_("kind of explanation"), max_length=6, choices=Way.choices, blank=True)
    target = models.CharField(_("posted to"), max_length=16, choices=Account.Kind.choices, blank=True)
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, null=True, related_name="+", verbose_name=_("whose account")
    )
    payout = models.ForeignKey(
        "settlements.Payout", models.PROTECT, null=True, related_name="+", verbose_name=_("payout")
    )
    partners = models.JSONField(_("matches these breaks"), default=list)
    explanation = models.TextField(_("explanation"), blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("proposed by")
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )
    match = models.ForeignKey(BankMatch, models.PROTECT, null=True, related_name="+", verbose_name=_("match"))

    objects = BankBreakQuerySet.as_manager()

    class Meta:
        verbose_name = _("break")
        verbose_name_plural = _("breaks")
        constraints = [
            models.CheckConstraint(
                condition=Q(booking__isnull=False, entry__isnull=True) | Q(booking__isnull=True, entry__isnull=False),
                name="break_is_on_one_side",
            ),
            models.CheckConstraint(
                condition=~Q(state="EXPLAINED") | Q(match__isnull=False), name="explained_break_has_its_match"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("proposed_by")),
                name="break_is_explained_by_two_people",
            ),
        ]
        indexes = [
            models.Index(fields=["venue", "-id"], name="bank_break_by_venue"),
            # What the closing of a day asks for; explained ones never slow it.
            models.Index(
                fields=["venue", "currency", "day"], condition=~Q(state="EXPLAINED"), name="unexplained_break_by_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.amount}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, Currency(self.currency))

    @property
    def age_days(self) -> int:
        """Days since it happened, by the venue's clock."""
        return (timezone.now().astimezone(self.venue.zone).date() - self.day).days


class BankDayQuerySet(MoneyQuerySet["BankDay"]):
    staff_permission = Permission.LEDGER_READ
    parties = ()


class BankDay(Identified):
    """A day of the venue's bank account that is closed: every booking and every entry up to it is explained."""

    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    day = models.DateField(_("day"))
    bank_minor = models.BigIntegerField(_("bank balance in minor units"))
    books_minor = models.BigIntegerField(_("balance in the books in minor units"))
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("closed by")
    )

    objects = BankDayQuerySet.as_manager()

    class Meta:
        verbose_name = _("closed bank day")
        verbose_name_plural = _("closed bank days")
        constraints = [models.UniqueConstraint(fields=["venue", "currency", "day"], name="bank_day_is_closed_once")]
        indexes = [models.Index(fields=["venue", "-id"], name="bank_day_by_venue")]

    def __str__(self) -> str:
        return f"{self.day} {self.currency}"

    @property
    def bank(self) -> Money:
        return Money(self.bank_minor, Currency(self.currency))

    @property
    def books(self) -> Money:
        return Money(self.books_minor, Currency(self.currency))
