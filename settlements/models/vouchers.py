"""Voucher programmes: a public body's money that pays a part of what buyers pay, and where each cent of it stands.

What is reserved and redeemed of a programme and of a grant is counted by triggers alone, from the uses
(settlements/sql/vouchers.sql); the constraints here keep the counts within the budget and the grant (DOMAIN I18).
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import ClassVar, Self
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.languages import LanguageMapField, in_language
from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES, Currency, Money
from kernel.states import Stateful
from settlements.models.audience import MoneyQuerySet


class VoucherProgrammeQuerySet(models.QuerySet["VoucherProgramme"]):
    def public(self) -> Self:
        """Return the programmes that anybody may read of: all that were ever opened."""
        return self.filter(state__in=VoucherProgramme.PUBLIC_STATES)

    def visible_to(self, actor: Actor) -> Self:
        """Return what is public and, for the funder and the venue's staff, drafts too."""
        ours = owned_or_operated(actor, organizations=("funder",), venue="venue")
        return self.filter(ours | Q(state__in=VoucherProgramme.PUBLIC_STATES))


class VoucherProgramme(Identified, Stateful):
    """What a funder pays towards which purchases, by which rule. Its terms never change once it is drafted."""

    class State(models.TextChoices):
        DRAFTED = "DRAFTED", pgettext_lazy("programme", "drafted")
        OPEN = "OPEN", pgettext_lazy("programme", "open")
        SUSPENDED = "SUSPENDED", pgettext_lazy("programme", "suspended")
        CLOSED = "CLOSED", pgettext_lazy("programme", "closed")
        WITHDRAWN = "WITHDRAWN", pgettext_lazy("programme", "withdrawn")

    class Payment(models.TextChoices):
        AT_SETTLEMENT = "AT_SETTLEMENT", _("part of the price, when the order is settled")
        AFTERWARDS = "AFTERWARDS", _("back to the buyer, once the trade is certified")

    MOVES: ClassVar[Mapping[str, AbstractSet[str]]] = {
        State.DRAFTED: frozenset({State.OPEN, State.WITHDRAWN}),
        State.OPEN: frozenset({State.SUSPENDED, State.CLOSED}),
        State.SUSPENDED: frozenset({State.OPEN, State.CLOSED}),
    }
    PUBLIC_STATES = frozenset({State.OPEN, State.SUSPENDED, State.CLOSED})

    number = models.CharField(_("number"), max_length=24, unique=True)
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    funder = models.ForeignKey("accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("funder"))
    name = LanguageMapField(_("name"), text_length=120)
    source = models.CharField(_("source of the rule"), max_length=300)
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    budget_minor = models.BigIntegerField(_("budget in minor units"))
    rate_ppm = models.PositiveIntegerField(_("rate in parts per million"))
    startup_rate_ppm = models.PositiveIntegerField(_("rate for start-ups in parts per million"), null=True, blank=True)
    applicant_cap_minor = models.BigIntegerField(_("most for one applicant in minor units"))
    order_cap_minor = models.BigIntegerField(_("most for one order in minor units"))
    product_types = ArrayField(models.CharField(max_length=12), verbose_name=_("types of products"))
    places = ArrayField(
        models.CharField(max_length=6),
        verbose_name=_("places of applicants"),
        default=list,
        blank=True,
        help_text=_("Jurisdictions, division codes or GBA; empty: everywhere."),
    )
    payment = models.CharField(pgettext_lazy("voucher programme", "paid"), max_length=13, choices=Payment.choices)
    granted_by_rule = models.BooleanField(_("granted to every applicant who meets the rule"), default=False)
    opens_on = models.DateField(_("applications from"))
    closes_on = models.DateField(_("applications until"))
    grant_days = models.PositiveSmallIntegerField(_("days for which a voucher is good"))
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.DRAFTED)
    reserved_minor = models.BigIntegerField(_("reserved in minor units"), default=0)
    redeemed_minor = models.BigIntegerField(_("redeemed in minor units"), default=0)
    returned_minor = models.BigIntegerField(_("returned to the funder in minor units"), default=0)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("drafted by")
    )
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("opened by")
    )
    opened_at = models.DateTimeField(_("opened at"), null=True)
    closed_at = models.DateTimeField(_("closed at"), null=True)

    objects = VoucherProgrammeQuerySet.as_manager()

    class Meta:
        verbose_name = _("voucher programme")
        verbose_name_plural = _("voucher programmes")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    reserved_minor__gte=0,
                    redeemed_minor__gte=0,
                    returned_minor__gte=0,
                    budget_minor__gte=F("reserved_minor") + F("redeemed_minor") + F("returned_minor"),
                ),
                name="voucher_programme_stays_within_its_budget",
            ),
            # A programme subsidises: something is always left to the buyer.
            models.CheckConstraint(
                condition=Q(rate_ppm__gt=0, rate_ppm__lt=1_000_000)
                & (Q(startup_rate_ppm__isnull=True) | Q(startup_rate_ppm__gt=0, startup_rate_ppm__lt=1_000_000)),
                name="voucher_programme_pays_a_part",
            ),
            models.CheckConstraint(
                condition=Q(
                    order_cap_minor__gt=0,
                    applicant_cap_minor__gte=F("order_cap_minor"),
                    budget_minor__gte=F("applicant_cap_minor"),
                ),
                name="voucher_programme_has_caps_in_order",
            ),
            models.CheckConstraint(
                condition=Q(closes_on__gte=F("opens_on"), grant_days__gt=0), name="voucher_programme_has_days"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["DRAFTED", "WITHDRAWN"])
                | (Q(opened_by__isnull=False) & ~Q(opened_by=F("drafted_by"))),
                name="voucher_programme_is_opened_by_another_person",
            ),
        ]
        indexes = [models.Index(fields=["venue", "-id"], name="voucher_programme_by_venue")]

    def __str__(self) -> str:
        return f"{self.number} {in_language(self.name)}"

    @property
    def organization_id(self) -> UUID:
        return self.funder_id

    @property
    def left_minor(self) -> int:
        """What nobody has reserved, redeemed or been given back, in minor units."""
        return self.budget_minor - self.reserved_minor - self.redeemed_minor - self.returned_minor

    def money(self, minor: int) -> Money:
        """Return minor units as money of the programme's currency."""
        return Money(minor, Currency(self.currency))


class VoucherGrantQuerySet(MoneyQuerySet["VoucherGrant"]):
    parties = ("organization", "programme__funder")


class VoucherGrant(Identified, Stateful):
    """One buyer's voucher: applied for with reasons, decided by two officers or by the rule, good until a day."""

    class State(models.TextChoices):
        APPLIED = "APPLIED", pgettext_lazy("voucher", "applied for")
        APPROVED = "APPROVED", pgettext_lazy("voucher", "approved")
        ISSUED = "ISSUED", pgettext_lazy("voucher", "issued")
        REFUSED = "REFUSED", pgettext_lazy("voucher", "refused")
        WITHDRAWN = "WITHDRAWN", pgettext_lazy("voucher", "withdrawn")
        EXPIRED = "EXPIRED", pgettext_lazy("voucher", "expired")
        CLAWED_BACK = "CLAWED_BACK", pgettext_lazy("voucher", "clawed back")

    MOVES: ClassVar[Mapping[str, AbstractSet[str]]] = {
        State.APPLIED: frozenset({State.APPROVED, State.ISSUED, State.REFUSED, State.WITHDRAWN}),
        State.APPROVED: frozenset({State.ISSUED, State.REFUSED, State.WITHDRAWN}),
        State.ISSUED: frozenset({State.EXPIRED, State.CLAWED_BACK}),
        State.EXPIRED: frozenset({State.CLAWED_BACK}),
    }
    UNDECIDED = frozenset({State.APPLIED, State.APPROVED})

    number = models.CharField(_("number"), max_length=24, unique=True)
    programme = models.ForeignKey(
        VoucherProgramme, models.PROTECT, related_name="grants", verbose_name=_("voucher programme")
    )
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("applicant")
    )
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    wanted_minor = models.BigIntegerField(_("applied for in minor units"))
    reasons = models.TextField(_("reasons of the applicant"))
    is_startup = models.BooleanField(_("a start-up"), default=False)
    amount_minor = models.BigIntegerField(_("granted in minor units"), default=0)
    rate_ppm = models.PositiveIntegerField(_("rate in parts per million"))
    expires_on = models.DateField(_("good until"), null=True)
    state = models.CharField(_("state"), max_length=11, choices=State.choices, default=State.APPLIED)
    reserved_minor = models.BigIntegerField(_("reserved in minor units"), default=0)
    redeemed_minor = models.BigIntegerField(_("redeemed in minor units"), default=0)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("applied for by")
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("approved by")
    )
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("issued by")
    )
    issued_at = models.DateTimeField(_("issued at"), null=True)
    decision = models.TextField(_("reason of the decision"), blank=True)

    objects = VoucherGrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("voucher")
        verbose_name_plural = _("vouchers")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    reserved_minor__gte=0,
                    redeemed_minor__gte=0,
                    amount_minor__gte=F("reserved_minor") + F("redeemed_minor"),
                ),
                name="voucher_pays_no_more_than_was_granted",
            ),
            models.CheckConstraint(condition=Q(wanted_minor__gt=0), name="voucher_application_is_positive"),
            models.CheckConstraint(
                condition=Q(issued_by__isnull=True) | (Q(approved_by__isnull=False) & ~Q(issued_by=F("approved_by"))),
                name="voucher_is_issued_by_another_person",
            ),
            models.CheckConstraint(
                condition=~Q(state="ISSUED") | Q(amount_minor__gt=0, expires_on__isnull=False),
                name="issued_voucher_has_an_amount_and_a_day",
            ),
            models.UniqueConstraint(
                fields=["programme", "organization"],
                condition=Q(state__in=["APPLIED", "APPROVED"]),
                name="one_undecided_application_by_programme",
            ),
        ]
        indexes = [
            models.Index(fields=["venue", "-id"], name="voucher_by_venue"),
            models.Index(fields=["organization", "-id"], name="voucher_by_organization"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def left_minor(self) -> int:
        """What the voucher may still pay, in minor units; nothing unless it is issued."""
        is_good = self.state == self.State.ISSUED
        return self.amount_minor - self.reserved_minor - self.redeemed_minor if is_good else 0

    def money(self, minor: int) -> Money:
        """Return minor units as money of the voucher's currency."""
        return Money(minor, Currency(self.currency))


class VoucherUseQuerySet(MoneyQuerySet["VoucherUse"]):
    parties = ("organization", "programme__funder")


class VoucherUse(Identified, Stateful):
    """What a voucher pays of one order. Its amounts only grow, and each cent of it goes one way."""

    class State(models.TextChoices):
        RESERVED = "RESERVED", pgettext_lazy("voucher", "reserved")
        REDEEMED = "REDEEMED", pgettext_lazy("voucher", "redeemed")
        SETTLED = "SETTLED", pgettext_lazy("voucher", "redeemed and certified")
        RELEASED = "RELEASED", pgettext_lazy("voucher", "released")
        CLAWED_BACK = "CLAWED_BACK", pgettext_lazy("voucher", "clawed back")

    MOVES: ClassVar[Mapping[str, AbstractSet[str]]] = {
        State.RESERVED: frozenset({State.REDEEMED, State.RELEASED}),
        State.REDEEMED: frozenset({State.SETTLED, State.CLAWED_BACK}),
        State.SETTLED: frozenset({State.CLAWED_BACK}),
    }

    programme = models.ForeignKey(
        VoucherProgramme, models.PROTECT, related_name="uses", verbose_name=_("voucher programme")
    )
    grant = models.ForeignKey(VoucherGrant, models.PROTECT, related_name="uses", verbose_name=_("voucher"))
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    organization = models.ForeignKey("accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("buyer"))
    order_id = models.UUIDField(_("order"), unique=True)
    price_minor = models.BigIntegerField(_("price in minor units"))
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    state = models.CharField(_("state"), max_length=11, choices=State.choices, default=State.RESERVED)
    released_minor = models.BigIntegerField(_("released in minor units"), default=0)
    redeemed_minor = models.BigIntegerField(_("redeemed in minor units"), default=0)
    returned_minor = models.BigIntegerField(_("gone back after settlement in minor units"), default=0)
    clawed_back_minor = models.BigIntegerField(_("clawed back in minor units"), default=0)
    certificate = models.CharField(_("certificate of the trade"), max_length=24, blank=True)
    relation = models.CharField(_("relation of the parties found afterwards"), max_length=20, blank=True)

    objects = VoucherUseQuerySet.as_manager()

    class Meta:
        verbose_name = _("use of a voucher")
        verbose_name_plural = _("uses of vouchers")
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, price_minor__gt=F("amount_minor")),
                name="voucher_pays_a_part_of_the_price",
            ),
            models.CheckConstraint(
                condition=Q(
                    released_minor__gte=0,
                    returned_minor__gte=0,
                    clawed_back_minor__gte=0,
                    amount_minor__gte=F("released_minor") + F("redeemed_minor"),
                    redeemed_minor__gte=F("returned_minor") + F("clawed_back_minor"),
                ),
                name="voucher_use_ends_in_parts_of_itself",
            ),
            # DOMAIN I18: what a programme paid is borne out by the certificate of the trade.
            models.CheckConstraint(
                condition=~Q(state="SETTLED") | ~Q(certificate=""), name="settled_voucher_use_names_its_certificate"
            ),
        ]
        indexes = [
            models.Index(fields=["venue", "-id"], name="voucher_use_by_venue"),
            models.Index(fields=["organization", "-id"], name="voucher_use_by_organization"),
        ]

    def __str__(self) -> str:
        return f"{self.money(self.amount_minor)} {self.get_state_display()}"

    @property
    def reserved_minor(self) -> int:
        """What is still held for the order, in minor units."""
        return self.amount_minor - self.released_minor - self.redeemed_minor

    @property
    def kept_minor(self) -> int:
        """What was redeemed and neither went back nor was clawed back, in minor units."""
        return self.redeemed_minor - self.returned_minor - self.clawed_back_minor

    def money(self, minor: int) -> Money:
        """Return minor units as money of the use's currency."""
        return Money(minor, Currency(self.currency))


class VoucherClawbackQuerySet(MoneyQuerySet["VoucherClawback"]):
    parties = ("organization", "use__programme__funder")


class VoucherClawback(Identified, Stateful):
    """What a buyer owes back of a redeemed voucher, and why: proposed by one person, approved by another."""

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", pgettext_lazy("clawback", "proposed")
        OWED = "OWED", pgettext_lazy("clawback", "owed")
        PAID = "PAID", pgettext_lazy("clawback", "paid")
        REFUSED = "REFUSED", pgettext_lazy("clawback", "refused")

    MOVES: ClassVar[Mapping[str, AbstractSet[str]]] = {
        State.PROPOSED: frozenset({State.OWED, State.REFUSED}),
        State.OWED: frozenset({State.PAID}),
    }

    use = models.ForeignKey(VoucherUse, models.PROTECT, related_name="clawbacks", verbose_name=_("use of a voucher"))
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    organization = models.ForeignKey("accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("buyer"))
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    collected_minor = models.BigIntegerField(_("collected in minor units"), default=0)
    reason = models.TextField(_("reason"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.PROPOSED)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)
    refusal = models.TextField(_("reason for refusal"), blank=True)

    objects = VoucherClawbackQuerySet.as_manager()

    class Meta:
        verbose_name = _("clawback of a voucher")
        verbose_name_plural = _("clawbacks of vouchers")
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, collected_minor__gte=0, amount_minor__gte=F("collected_minor")),
                name="clawback_takes_no_more_than_is_owed",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["PROPOSED", "REFUSED"])
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("proposed_by"))),
                name="clawback_is_approved_by_another_person",
            ),
            models.UniqueConstraint(
                fields=["use"], condition=Q(state__in=["PROPOSED", "OWED"]), name="one_open_clawback_by_use"
            ),
        ]
        indexes = [
            models.Index(fields=["venue", "-id"], name="clawback_by_venue"),
            # A deposit of the organization pays what it owes; what is paid never slows that look.
            models.Index(fields=["organization", "venue"], condition=Q(state="OWED"), name="clawback_owed"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.get_state_display()}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, Currency(self.currency))
