"""The money of one order: what is held, by which schedule it is divided, and how it was divided."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import ClassVar, Self
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.product_types import ProductType
from kernel.actors import Actor
from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES, Currency, Money
from kernel.states import Stateful
from settlements.models.audience import MoneyQuerySet
from settlements.models.taxes import Tax, TaxRate


class Payee(models.TextChoices):
    PROVIDER = "PROVIDER", _("provider")
    VENUE = "VENUE", _("venue")
    BROKER = "BROKER", _("broker")
    TAX = "TAX", _("tax")


class FeePayer(models.TextChoices):
    """Who bears a part of what an order costs."""

    PROVIDER = "PROVIDER", _("provider, out of the price")
    BUYER = "BUYER", _("buyer, on top of the price")


# What tells the lines of one division apart: who gets it, who pays it, and of a tax which one and of whose income.
LineKey = tuple[Payee, FeePayer, str, str]


class DealOrigin(models.TextChoices):
    """How the price of a deal came about."""

    LIST_PRICE = "LIST_PRICE", _("list price")
    NEGOTIATED = "NEGOTIATED", pgettext_lazy("origin of a deal", "negotiated")
    AUCTION = "AUCTION", _("auction")
    DEMAND = "DEMAND", pgettext_lazy("origin of a deal", "demand")
    REPORT = "REPORT", _("report ordered of a service agency")


class FeeScheduleQuerySet(models.QuerySet["FeeSchedule"]):
    def visible_to(self, actor: Actor) -> Self:
        """Return all schedules: they are public."""
        return self.all()


class FeeSchedule(Identified):
    """The rate of one payee at one venue, in force from a day until the next row of the same scope begins.

    The scope is venue, payee, payer, currency, product type and origin; blank means any. A row with a last day stands
    in place of the open one for those days alone.
    """

    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    payee = models.CharField(_("payee"), max_length=8, choices=Payee.choices)
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    payer = models.CharField(_("who pays it"), max_length=8, choices=FeePayer.choices, default=FeePayer.PROVIDER)
    product_type = models.CharField(
        _("product type"),
        max_length=12,
        choices=ProductType.choices,
        blank=True,
        help_text=_("Blank: any product type for which there is no row of its own."),
    )
    origin = models.CharField(
        _("origin of the deal"),
        max_length=10,
        choices=DealOrigin.choices,
        blank=True,
        help_text=_("Blank: any origin for which there is no row of its own."),
    )
    valid_from = models.DateField(_("in force from"))
    valid_until = models.DateField(_("in force until"), null=True, blank=True)
    rate_ppm = models.PositiveIntegerField(_("rate in parts per million"))
    minimum_minor = models.BigIntegerField(_("minimum in minor units"), default=0)
    cap_minor = models.BigIntegerField(_("cap in minor units"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=300)
    verified = models.BooleanField(_("checked against the source"), default=False)

    objects = FeeScheduleQuerySet.as_manager()

    class Meta:
        verbose_name = _("fee schedule")
        verbose_name_plural = _("fee schedules")
        constraints = [
            models.UniqueConstraint(
                fields=["venue", "payee", "payer", "currency", "product_type", "origin", "valid_from"],
                name="one_fee_schedule_begins_on_a_day",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="fee_schedule_ends_after_it_begins",
            ),
            models.CheckConstraint(condition=~Q(payee="PROVIDER"), name="provider_takes_the_remainder"),
            models.CheckConstraint(condition=Q(rate_ppm__lte=1_000_000), name="fee_is_at_most_the_whole"),
            models.CheckConstraint(
                condition=Q(minimum_minor__gte=0) & (Q(cap_minor__isnull=True) | Q(cap_minor__gte=F("minimum_minor"))),
                name="fee_minimum_is_below_its_cap",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_payee_display()} {self.rate_ppm / 10_000:g} % {self.currency} {self.valid_from}"

    @property
    def minimum(self) -> Money:
        return Money(self.minimum_minor, Currency(self.currency))

    @property
    def cap(self) -> Money | None:
        return None if self.cap_minor is None else Money(self.cap_minor, Currency(self.currency))


class FeeWaiverQuerySet(MoneyQuerySet["FeeWaiver"]):
    pass


class FeeWaiver(Identified):
    """The venue's decision to take less of its own fee, or nothing: for some days, one payer or one type of product.

    Only its last day is ever changed, to end it early (settlements/sql/fees.sql).
    """

    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    organization = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("organization"),
        help_text=_("Who would pay the fee; none: whoever does."),
    )
    product_type = models.CharField(
        _("product type"), max_length=12, choices=ProductType.choices, blank=True, help_text=_("Blank: any.")
    )
    waived_ppm = models.PositiveIntegerField(_("waived share in parts per million"))
    valid_from = models.DateField(_("in force from"))
    valid_until = models.DateField(_("in force until"))
    reason = models.CharField(_("reason"), max_length=300)
    granted_by = models.ForeignKey("accounts.Person", models.PROTECT, related_name="+", verbose_name=_("granted by"))

    objects = FeeWaiverQuerySet.as_manager()

    class Meta:
        verbose_name = _("fee waiver")
        verbose_name_plural = _("fee waivers")
        constraints = [
            models.CheckConstraint(
                condition=Q(organization__isnull=False) | ~Q(product_type=""), name="fee_waiver_says_for_whom_or_what"
            ),
            models.CheckConstraint(
                condition=Q(waived_ppm__gte=1, waived_ppm__lte=1_000_000), name="fee_waiver_is_a_share_of_the_fee"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="fee_waiver_has_a_reason"),
        ]
        # Every quote asks for those of a venue that have not ended.
        indexes = [models.Index(fields=["venue", "valid_until"], name="fee_waiver_in_force")]

    def __str__(self) -> str:
        return f"{self.organization or self.get_product_type_display()} {self.waived_ppm / 10_000:g} %"


class EscrowHoldQuerySet(MoneyQuerySet["EscrowHold"]):
    parties = ("payer",)


class EscrowHold(Identified, Stateful):
    """The price of one order, taken from the payer's available funds until the order ends.

    It may end in parts: what a dispute has frozen waits for its outcome, what is settled or refunded is gone.
    """

    class State(models.TextChoices):
        HELD = "HELD", _("held")
        RELEASED = "RELEASED", _("released")
        REFUNDED = "REFUNDED", _("refunded")

    MOVES: ClassVar[Mapping[str, AbstractSet[str]]] = {State.HELD: frozenset({State.RELEASED, State.REFUNDED})}

    order_id = models.UUIDField(_("order"), unique=True)
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    payer = models.ForeignKey("accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("payer"))
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    frozen_minor = models.BigIntegerField(_("frozen by a dispute in minor units"), default=0)
    settled_minor = models.BigIntegerField(_("settled in minor units"), default=0)
    refunded_minor = models.BigIntegerField(_("refunded in minor units"), default=0)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.HELD)

    objects = EscrowHoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("escrow hold")
        verbose_name_plural = _("escrow holds")
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="escrow_hold_is_positive"),
            # DOMAIN I10: what is released never exceeds what is held and not frozen.
            models.CheckConstraint(
                condition=Q(
                    frozen_minor__gte=0,
                    settled_minor__gte=0,
                    refunded_minor__gte=0,
                    amount_minor__gte=F("frozen_minor") + F("settled_minor") + F("refunded_minor"),
                ),
                name="escrow_hold_ends_in_parts_of_itself",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.get_state_display()}"

    @property
    def organization_id(self) -> UUID:
        return self.payer_id

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, Currency(self.currency))

    @property
    def left_minor(self) -> int:
        """What is neither settled nor refunded, frozen or not, in minor units."""
        return self.amount_minor - self.settled_minor - self.refunded_minor

    @property
    def open(self) -> Money:
        """What may be settled or refunded now."""
        return Money(self.left_minor - self.frozen_minor, Currency(self.currency))


class SettlementQuerySet(MoneyQuerySet["Settlement"]):
    parties = ("provider", "broker", "hold__payer")


class Settlement(Identified):
    """How the price of one order was divided, and never changed (append-only by trigger).

    It is one part, but for an order of which a dispute had frozen something when the rest was divided.
    """

    order_id = models.UUIDField(_("order"))
    part = models.PositiveSmallIntegerField(_("part"), default=1)
    venue = models.ForeignKey(
        "accounts.Venue", models.PROTECT, db_index=False, related_name="+", verbose_name=_("venue")
    )
    hold = models.ForeignKey(
        EscrowHold, models.PROTECT, null=True, related_name="settlements", verbose_name=_("escrow hold")
    )
    provider = models.ForeignKey("accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("provider"))
    broker = models.ForeignKey(
        "accounts.Organization", models.PROTECT, null=True, related_name="+", verbose_name=_("broker")
    )
    gross_minor = models.BigIntegerField(_("gross in minor units"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)

    objects = SettlementQuerySet.as_manager()

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        constraints = [
            models.UniqueConstraint(fields=["order_id", "part"], name="part_of_an_order_is_settled_once"),
            models.CheckConstraint(
                condition=Q(gross_minor=0, hold__isnull=True) | Q(gross_minor__gt=0, hold__isnull=False),
                name="settlement_is_paid_from_escrow",
            ),
        ]
        indexes = [models.Index(fields=["venue", "-id"], name="settlement_by_venue")]

    def __str__(self) -> str:
        return str(self.gross)

    @property
    def organization_id(self) -> UUID:
        return self.provider_id

    @property
    def gross(self) -> Money:
        return Money(self.gross_minor, Currency(self.currency))


class SettlementLine(Identified):
    """One payee's part of a settlement; the parts sum to the gross."""

    settlement = models.ForeignKey(
        Settlement, models.PROTECT, db_index=False, related_name="lines", verbose_name=_("settlement")
    )
    venue = models.ForeignKey(
        "accounts.Venue", models.PROTECT, db_index=False, related_name="+", verbose_name=_("venue")
    )
    payee = models.CharField(_("payee"), max_length=8, choices=Payee.choices)
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, null=True, related_name="+", verbose_name=_("organization")
    )
    payer = models.CharField(_("who pays it"), max_length=8, choices=FeePayer.choices, default=FeePayer.PROVIDER)
    rate_ppm = models.PositiveIntegerField(_("rate in parts per million"))
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    schedule = models.ForeignKey(
        FeeSchedule, models.PROTECT, null=True, db_index=False, related_name="+", verbose_name=_("fee schedule")
    )
    waiver = models.ForeignKey(
        FeeWaiver, models.PROTECT, null=True, db_index=False, related_name="+", verbose_name=_("fee waiver")
    )
    # A line of the tax account: which tax, of whose income, at which rate.
    tax = models.CharField(_("tax"), max_length=15, choices=Tax.choices, blank=True)
    taxed = models.CharField(_("whose income is taxed"), max_length=8, choices=Payee.choices, blank=True)
    tax_rate = models.ForeignKey(
        TaxRate, models.PROTECT, null=True, db_index=False, related_name="+", verbose_name=_("tax rate")
    )

    class Meta:
        verbose_name = _("settlement line")
        verbose_name_plural = _("settlement lines")
        constraints = [
            models.UniqueConstraint(
                fields=["settlement", "payee", "payer", "tax", "taxed"],
                name="payee_has_one_line_per_payer_and_tax_in_a_settlement",
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="settlement_line_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.get_payee_display()} {self.amount}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, Currency(self.currency))

    @property
    def key(self) -> LineKey:
        """What tells it from the other lines of its order, in whichever part of it."""
        return Payee(self.payee), FeePayer(self.payer), self.tax, self.taxed
