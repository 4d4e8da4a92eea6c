"""The milestones of an order: each is delivered, accepted and settled for its part of what is held."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, Venue
from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.languages import LanguageMapField, in_language
from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES, Currency, Money
from kernel.states import Stateful
from marketplace.models.orders import Order


class MilestoneQuerySet(models.QuerySet["Milestone"]):
    def visible_to(self, actor: Actor) -> "MilestoneQuerySet":
        """The parties to the order and the venue's staff."""
        parties = ("order__buyer", "order__provider", "order__broker")
        return self.filter(owned_or_operated(actor, organizations=parties, venue="venue"))

    def open(self) -> "MilestoneQuerySet":
        """Keep those that may still be earned."""
        return self.filter(state__in=Milestone.OPEN)


class Milestone(Identified, Stateful):
    """One step of an order, as its agreement froze it, and how far it has come."""

    class State(models.TextChoices):
        PLANNED = "PLANNED", pgettext_lazy("milestone", "planned")
        DELIVERED = "DELIVERED", pgettext_lazy("milestone", "delivered")
        REFUSED = "REFUSED", pgettext_lazy("milestone", "refused")
        ACCEPTED = "ACCEPTED", pgettext_lazy("milestone", "accepted")
        SETTLED = "SETTLED", pgettext_lazy("milestone", "settled")
        TERMINATED = "TERMINATED", pgettext_lazy("milestone", "given up")

    MOVES = {
        State.PLANNED: {State.DELIVERED, State.TERMINATED},
        State.DELIVERED: {State.ACCEPTED, State.REFUSED, State.TERMINATED},
        State.REFUSED: {State.DELIVERED, State.TERMINATED},
        State.ACCEPTED: {State.SETTLED, State.TERMINATED},
    }
    OPEN = (State.PLANNED, State.DELIVERED, State.REFUSED)

    order = models.ForeignKey(Order, models.PROTECT, db_index=False, verbose_name=_("order"), related_name="milestones")
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("buyer"), related_name="+")
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    number = models.PositiveSmallIntegerField(_("number"))
    title = LanguageMapField(_("title"), text_length=120)
    criterion = LanguageMapField(_("criterion of acceptance"), text_length=1000)
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    due_at = models.DateTimeField(_("due at"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PLANNED)
    note = models.TextField(_("what was delivered"), blank=True)
    evidence_sha256 = models.CharField(_("SHA-256 of the evidence"), max_length=64, blank=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True)
    accept_by = models.DateTimeField(_("accepted in silence at"), null=True)
    refusal = models.TextField(_("reason for refusal"), blank=True)

    objects: ClassVar[MilestoneQuerySet] = MilestoneQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering = ["order", "number"]
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="milestone_number_is_unique_by_order"),
            models.CheckConstraint(condition=models.Q(amount_minor__gte=0), name="milestone_amount_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {in_language(self.title)}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, Currency(self.currency))
