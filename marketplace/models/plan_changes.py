"""Changes of the plan of a running subscription: quoted line by line, confirmed by the buyer, made once."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, Venue
from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES, Currency, Money
from kernel.states import Stateful
from listings.cycles import Cycle
from listings.models import Plan
from marketplace.models.charges import Charge
from marketplace.models.subscriptions import Subscription


class PlanChangeQuerySet(models.QuerySet["PlanChange"]):
    def visible_to(self, actor: Actor) -> "PlanChangeQuerySet":
        """Keep the buyer's and the venue's; the provider learns of a change when it is confirmed."""
        asked = owned_or_operated(actor, organizations=("organization",), venue="venue")
        sold = owned_or_operated(actor, organizations=("provider",), venue=None)
        return self.filter(asked | (sold & ~Q(state=PlanChange.State.QUOTED)))


class PlanChange(Identified, Stateful):
    """What changing to another plan costs, and what became of it. Its statement never changes (marketplace/sql)."""

    class State(models.TextChoices):
        QUOTED = "QUOTED", pgettext_lazy("plan change", "quoted")
        SCHEDULED = "SCHEDULED", pgettext_lazy("plan change", "at the end of the term")
        DONE = "DONE", pgettext_lazy("plan change", "made")
        WITHDRAWN = "WITHDRAWN", pgettext_lazy("plan change", "withdrawn")
        LAPSED = "LAPSED", pgettext_lazy("plan change", "lapsed")

    MOVES = {
        State.QUOTED: {State.DONE, State.SCHEDULED},
        State.SCHEDULED: {State.DONE, State.WITHDRAWN, State.LAPSED},
    }

    subscription = models.ForeignKey(
        Subscription, models.PROTECT, verbose_name=_("subscription"), related_name="plan_changes"
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, db_index=False, verbose_name=_("buyer"), related_name="+"
    )
    provider = models.ForeignKey(
        Organization, models.PROTECT, db_index=False, verbose_name=_("provider"), related_name="+"
    )
    venue = models.ForeignKey(Venue, models.PROTECT, db_index=False, verbose_name=_("venue"), related_name="+")
    number = models.CharField(_("number"), max_length=24, unique=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUOTED)
    at_once = models.BooleanField(_("at once"))
    plan = models.ForeignKey(Plan, models.PROTECT, verbose_name=_("new plan"), related_name="+")
    price_minor = models.BigIntegerField(_("price of a term in minor units"))
    cycle = models.CharField(_("terms by the calendar"), max_length=8, choices=Cycle.choices, blank=True)
    included = models.CharField(_("new versions"), max_length=5, choices=Plan.NewVersions.choices)
    term_starts_at = models.DateTimeField(_("term begins at"))
    term_ends_at = models.DateTimeField(_("term ends at"))
    gross_minor = models.BigIntegerField(_("due in minor units"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    body = models.JSONField(pgettext_lazy("charge", "statement"))
    sha256 = models.CharField("SHA-256", max_length=64)
    sm3 = models.CharField("SM3", max_length=64)
    expires_at = models.DateTimeField(_("confirm before"))
    charge = models.OneToOneField(
        Charge, models.PROTECT, null=True, verbose_name=_("charge"), related_name="plan_change"
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)

    objects: ClassVar[PlanChangeQuerySet] = PlanChangeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("plan change")
        verbose_name_plural = _("plan changes")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscription"], condition=Q(state="SCHEDULED"), name="one_scheduled_change_by_subscription"
            ),
            models.CheckConstraint(condition=Q(gross_minor__gte=0), name="a_plan_change_pays_nothing_out"),
            models.CheckConstraint(
                condition=~Q(state="DONE") | Q(charge__isnull=False), name="a_made_change_is_charged"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="plan_change_by_buyer"),
            models.Index(fields=["provider", "-id"], name="plan_change_by_provider"),
            models.Index(fields=["venue", "-id"], name="plan_change_by_venue"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def gross(self) -> Money:
        """What is due for the first term of the new plan, less what is left of the old one."""
        return Money(self.gross_minor, Currency(self.currency))

    @property
    def price(self) -> Money:
        """What a whole term of the new plan costs."""
        return Money(self.price_minor, Currency(self.currency))

    @property
    def lines(self) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = self.body["lines"]
        return lines
