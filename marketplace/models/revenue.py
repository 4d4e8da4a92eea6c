"""What a buyer earns with the data and a share of which is due: periods, the reports, the answers, the bills."""

from datetime import date, datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, Person, Venue
from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES, Currency, Money
from kernel.states import Stateful
from marketplace.models.agreements import Agreement
from marketplace.models.charges import Charge


class RevenuePeriodQuerySet(models.QuerySet["RevenuePeriod"]):
    def visible_to(self, actor: Actor) -> "RevenuePeriodQuerySet":
        """Keep what the buyer, the provider and the venue's staff may see."""
        return self.filter(owned_or_operated(actor, organizations=("organization", "provider"), venue="venue"))


class RevenuePeriod(Identified, Stateful):
    """One month, quarter or year of an agreement that shares revenue, or the part of it that the agreement covers."""

    class State(models.TextChoices):
        OPEN = "OPEN", pgettext_lazy("revenue period", "running")
        DUE = "DUE", pgettext_lazy("revenue period", "report due")
        LATE = "LATE", pgettext_lazy("revenue period", "report late")
        REPORTED = "REPORTED", pgettext_lazy("revenue period", "reported")
        OBJECTED = "OBJECTED", pgettext_lazy("revenue period", "objected to")
        ACCEPTED = "ACCEPTED", pgettext_lazy("revenue period", "accepted")
        ASSESSED = "ASSESSED", pgettext_lazy("revenue period", "charged without agreement")
        VOID = "VOID", pgettext_lazy("revenue period", "void")

    MOVES = {
        State.OPEN: {State.DUE, State.VOID},
        State.DUE: {State.REPORTED, State.LATE, State.VOID},
        State.REPORTED: {State.REPORTED, State.ACCEPTED, State.OBJECTED, State.VOID},
        State.OBJECTED: {State.REPORTED, State.ACCEPTED, State.LATE, State.VOID},
        State.LATE: {State.REPORTED, State.ACCEPTED, State.ASSESSED, State.VOID},
        # Put right by a report: the difference is charged, or given back.
        State.ASSESSED: {State.REPORTED, State.ACCEPTED},
        State.ACCEPTED: {State.REPORTED},
    }
    UNBILLED = (State.OPEN, State.DUE, State.LATE, State.REPORTED, State.OBJECTED)

    agreement = models.ForeignKey(
        Agreement, models.PROTECT, db_index=False, verbose_name=_("agreement"), related_name="revenue_periods"
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, db_index=False, verbose_name=_("buyer"), related_name="+"
    )
    provider = models.ForeignKey(
        Organization, models.PROTECT, db_index=False, verbose_name=_("provider"), related_name="+"
    )
    venue = models.ForeignKey(Venue, models.PROTECT, db_index=False, verbose_name=_("venue"), related_name="+")
    period = models.CharField(_("period"), max_length=7)
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))
    of_days = models.PositiveSmallIntegerField(_("days of the whole period"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    # When the state moves on by itself: the period ends, the report is late, silence accepts it.
    clock_at = models.DateTimeField(_("moves on at"), null=True)

    objects: ClassVar[RevenuePeriodQuerySet] = RevenuePeriodQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("revenue period")
        verbose_name_plural = _("revenue periods")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "period"], name="one_revenue_period_by_agreement"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="revenue_period_runs_forward"),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="revenue_period_by_buyer"),
            models.Index(fields=["provider", "-id"], name="revenue_period_by_provider"),
            models.Index(fields=["venue", "state", "-id"], name="revenue_period_by_venue"),
        ]

    def __str__(self) -> str:
        return f"{self.agreement} {self.period}"

    @property
    def last_day(self) -> date:
        """The last day that it covers, by the venue's clock; one that has begun counts as a whole one."""
        return _day(self.ends_at - timedelta(microseconds=1), self.venue)

    @property
    def days(self) -> int:
        """How many days of the whole period the agreement covers."""
        return (self.last_day - _day(self.starts_at, self.venue)).days + 1

    @property
    def newest(self) -> "RevenueStatement | None":
        """The statement that no other one has corrected."""
        return self.statements.order_by("-number").first()


def _day(moment: datetime, venue: Venue) -> date:
    return moment.astimezone(venue.zone).date()


class RevenueStatement(Identified):
    """What the buyer says that it has earned; never changed (append-only by trigger), corrected by another one."""

    period = models.ForeignKey(
        RevenuePeriod, models.PROTECT, db_index=False, verbose_name=_("revenue period"), related_name="statements"
    )
    number = models.PositiveSmallIntegerField(_("number"))
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, verbose_name=_("corrects"), related_name="corrected_by"
    )
    revenue_minor = models.BigIntegerField(_("revenue in minor units"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    # Files are named by their digests, as in disputes: each side keeps and shows its own.
    evidence = models.JSONField(_("evidence"), default=list)
    reason = models.TextField(_("reason of the correction"), max_length=2000, blank=True)
    reported_by = models.ForeignKey(
        Person, models.PROTECT, related_name="+", verbose_name=pgettext_lazy("revenue statement", "reported by")
    )

    class Meta:
        verbose_name = _("revenue statement")
        verbose_name_plural = _("revenue statements")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["period", "number"], name="revenue_statement_has_its_number"),
            models.CheckConstraint(condition=Q(revenue_minor__gte=0), name="revenue_is_not_negative"),
            models.CheckConstraint(
                condition=Q(number=1, corrects__isnull=True, reason="")
                | Q(number__gt=1, corrects__isnull=False, reason__gt=""),
                name="corrections_of_revenue_have_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period.period} #{self.number}"

    @property
    def revenue(self) -> Money:
        return Money(self.revenue_minor, Currency(self.currency))


class RevenueAnswer(Identified):
    """What the provider, or its silence, says to a statement; never changed (append-only by trigger)."""

    class Verdict(models.TextChoices):
        ACCEPTED = "ACCEPTED", pgettext_lazy("revenue statement", "accepted")
        OBJECTED = "OBJECTED", pgettext_lazy("revenue statement", "objected to")
        SILENCE = "SILENCE", pgettext_lazy("revenue statement", "accepted in silence")

    statement = models.ForeignKey(
        RevenueStatement, models.PROTECT, verbose_name=_("revenue statement"), related_name="answers"
    )
    verdict = models.CharField(pgettext_lazy("revenue statement", "answer"), max_length=8, choices=Verdict.choices)
    reason = models.TextField(_("reason"), max_length=2000, blank=True)
    answered_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", verbose_name=_("answered by"))

    class Meta:
        verbose_name = _("answer to a revenue statement")
        verbose_name_plural = _("answers to revenue statements")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(verdict="OBJECTED") | Q(reason__gt=""), name="objections_to_revenue_have_a_reason"
            )
        ]

    def __str__(self) -> str:
        return f"{self.statement} {self.get_verdict_display()}"


class RevenueBill(Identified):
    """What a period came to by a statement, or without one; the difference to the one before was charged or credited.

    It never changes (append-only by trigger).
    """

    period = models.ForeignKey(
        RevenuePeriod, models.PROTECT, db_index=False, verbose_name=_("revenue period"), related_name="bills"
    )
    number = models.PositiveSmallIntegerField(_("number"))
    statement = models.ForeignKey(
        RevenueStatement, models.PROTECT, null=True, verbose_name=_("revenue statement"), related_name="bills"
    )
    due_minor = models.BigIntegerField(_("due in minor units"))
    charge = models.OneToOneField(
        Charge, models.PROTECT, null=True, verbose_name=_("charge"), related_name="revenue_bill"
    )
    credits = models.JSONField(_("credit notes"), default=list)  # their numbers

    class Meta:
        verbose_name = _("bill of shared revenue")
        verbose_name_plural = _("bills of shared revenue")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["period", "number"], name="revenue_bill_has_its_number"),
            models.CheckConstraint(condition=Q(due_minor__gte=0), name="revenue_bill_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.period.period} {self.due}"

    @property
    def due(self) -> Money:
        return Money(self.due_minor, Currency(self.period.currency))

    @property
    def credit_notes(self) -> list[str]:
        numbers: list[str] = self.credits
        return numbers
