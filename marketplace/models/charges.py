"""What is owed under a right beyond the order's price, for use or another term: bills, dunning, credit notes."""

from typing import Any, ClassVar

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
from marketplace.models.agreements import Entitlement
from settlements.models import VoucherGrant


class ChargeQuerySet(models.QuerySet["Charge"]):
    def visible_to(self, actor: Actor) -> "ChargeQuerySet":
        """Keep what the buyer, the provider and the venue's staff may see."""
        return self.filter(owned_or_operated(actor, organizations=("organization", "provider"), venue="venue"))


class Charge(Identified, Stateful):
    """One bill of one entitlement for one period. `body` says what for, and never changes (trigger in marketplace/sql).

    Mistakes are put right by credit notes, never by an edit.
    """

    class Kind(models.TextChoices):
        USAGE = "USAGE", _("use of a month")
        SUBSCRIPTION = "SUBSCRIPTION", _("term of a subscription")
        PLAN_CHANGE = "PLAN_CHANGE", _("change of a subscription's plan")
        PACK = "PACK", _("units bought ahead")
        REVENUE = "REVENUE", _("share of revenue")

    class State(models.TextChoices):
        DUE = "DUE", pgettext_lazy("charge", "due")
        OVERDUE = "OVERDUE", pgettext_lazy("charge", "overdue")
        PAID = "PAID", pgettext_lazy("charge", "paid")
        CANCELLED = "CANCELLED", pgettext_lazy("charge", "credited before it was paid")

    MOVES = {
        State.DUE: {State.PAID, State.OVERDUE, State.CANCELLED},
        State.OVERDUE: {State.PAID, State.CANCELLED},
    }

    entitlement = models.ForeignKey(
        Entitlement, models.PROTECT, db_index=False, verbose_name=_("entitlement"), related_name="charges"
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, db_index=False, verbose_name=_("buyer"), related_name="+"
    )
    provider = models.ForeignKey(
        Organization, models.PROTECT, db_index=False, verbose_name=_("provider"), related_name="+"
    )
    broker = models.ForeignKey(Organization, models.PROTECT, null=True, verbose_name=_("broker"), related_name="+")
    venue = models.ForeignKey(Venue, models.PROTECT, db_index=False, verbose_name=_("venue"), related_name="+")
    number = models.CharField(_("number"), max_length=24, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    period = models.CharField(_("period"), max_length=21)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DUE)
    units = models.BigIntegerField(_("units"))
    gross_minor = models.BigIntegerField(_("gross in minor units"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    body = models.JSONField(pgettext_lazy("charge", "statement"))
    sha256 = models.CharField("SHA-256", max_length=64)
    sm3 = models.CharField("SM3", max_length=64)
    credited_minor = models.BigIntegerField(_("credited in minor units"), default=0)
    division = models.JSONField(pgettext_lazy("money", "division"), default=list)  # FeeLine.as_json, when it is paid
    decided_at = models.DateTimeField(_("paid or cancelled at"), null=True)
    overdue_at = models.DateTimeField(_("overdue since"), null=True)
    # Whether the right to read is suspended because this is not paid: then paying it gives the right back.
    suspends = models.BooleanField(_("suspends the right to read"), default=False)

    objects: ClassVar[ChargeQuerySet] = ChargeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("charge")
        verbose_name_plural = _("charges")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["entitlement", "kind", "period"], name="one_charge_by_entitlement_and_period"
            ),
            models.CheckConstraint(
                condition=Q(credited_minor__gte=0, credited_minor__lte=F("gross_minor")),
                name="a_charge_is_credited_at_most_in_full",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="charge_by_buyer"),
            models.Index(fields=["provider", "-id"], name="charge_by_provider"),
            models.Index(fields=["venue", "state", "-id"], name="charge_by_venue_and_state"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def gross(self) -> Money:
        return Money(self.gross_minor, Currency(self.currency))

    @property
    def credited(self) -> Money:
        return Money(self.credited_minor, Currency(self.currency))

    @property
    def lines(self) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = self.body["lines"]
        return lines


class ChargeVoucherQuerySet(models.QuerySet["ChargeVoucher"]):
    def visible_to(self, actor: Actor) -> "ChargeVoucherQuerySet":
        """Keep those of the buyer's rights, and for staff those at their venues."""
        own = owned_or_operated(actor, organizations=("entitlement__organization",), venue="entitlement__venue")
        return self.filter(own)


class ChargeVoucher(Identified):
    """The voucher that pays a part of what is charged under a right, until the buyer names another one or drops it."""

    entitlement = models.OneToOneField(
        Entitlement, models.PROTECT, verbose_name=_("entitlement"), related_name="charge_voucher"
    )
    grant = models.ForeignKey(VoucherGrant, models.PROTECT, verbose_name=_("voucher"), related_name="+")
    named_by = models.UUIDField(_("named by"), null=True)

    objects: ClassVar[ChargeVoucherQuerySet] = ChargeVoucherQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("voucher of a right's charges")
        verbose_name_plural = _("vouchers of rights' charges")

    def __str__(self) -> str:
        return str(self.grant)


class DunningStep(Identified):
    """What is done about an overdue charge, and when: written when it becomes overdue, from a dated data file."""

    class Act(models.TextChoices):
        REMIND = "REMIND", _("remind the buyer")
        SUSPEND = "SUSPEND", _("suspend the right to read")
        HAND_OVER = "HAND_OVER", _("hand over to staff and stop collecting")

    charge = models.ForeignKey(Charge, models.PROTECT, related_name="dunning", verbose_name=_("charge"))
    act = models.CharField(_("act"), max_length=10, choices=Act.choices)
    due_at = models.DateTimeField(_("due at"))
    done_at = models.DateTimeField(_("done at"), null=True)

    class Meta:
        verbose_name = _("dunning step")
        verbose_name_plural = _("dunning steps")
        ordering = ["due_at"]
        constraints = [models.UniqueConstraint(fields=["charge", "due_at"], name="one_dunning_step_at_a_time")]

    def __str__(self) -> str:
        return f"{self.act} {self.due_at:%Y-%m-%d}"


class CreditNoteQuerySet(models.QuerySet["CreditNote"]):
    def visible_to(self, actor: Actor) -> "CreditNoteQuerySet":
        """Keep those of charges that the actor may see."""
        return self.filter(owned_or_operated(actor, organizations=("organization", "provider"), venue="venue"))


class CreditNote(Identified, Stateful):
    """A red entry: a part of a charge is given back, or not collected. One person proposes it, another approves."""

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", _("proposed")
        APPROVED = "APPROVED", pgettext_lazy("credit note", "approved")
        REFUSED = "REFUSED", pgettext_lazy("credit note", "refused")

    MOVES = {State.PROPOSED: {State.APPROVED, State.REFUSED}}

    charge = models.ForeignKey(Charge, models.PROTECT, related_name="credit_notes", verbose_name=_("charge"))
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("buyer"), related_name="+")
    provider = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("provider"), related_name="+")
    venue = models.ForeignKey(Venue, models.PROTECT, db_index=False, verbose_name=_("venue"), related_name="+")
    number = models.CharField(_("number"), max_length=24, unique=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PROPOSED)
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    reason = models.TextField(_("reason"))
    # What each payee gives back, when it had been paid.
    division = models.JSONField(pgettext_lazy("money", "division"), default=list)
    proposed_by = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("proposed by"))
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by"))
    decided_at = models.DateTimeField(_("decided at"), null=True)
    refusal = models.TextField(_("why it was refused"), blank=True)

    objects: ClassVar[CreditNoteQuerySet] = CreditNoteQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("credit note")
        verbose_name_plural = _("credit notes")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="credit_note_is_positive"),
            models.CheckConstraint(
                condition=~Q(state="APPROVED") | Q(decided_by__isnull=False) & ~Q(decided_by=F("proposed_by")),
                name="credit_note_is_approved_by_another_person",
            ),
        ]
        indexes = [models.Index(fields=["venue", "state", "-id"], name="credit_note_by_venue_and_state")]

    def __str__(self) -> str:
        return self.number

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, Currency(self.currency))
