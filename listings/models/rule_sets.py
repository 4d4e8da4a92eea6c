"""The rule sets of the route engine as rows: proposed, switched on by a second person, never changed after."""

from collections.abc import Mapping
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.actors import Actor
from kernel.models import Identified
from kernel.states import Stateful


class RouteRuleSetQuerySet(models.QuerySet["RouteRuleSet"]):
    def visible_to(self, _actor: Actor) -> Self:
        """Everybody: the law of the exchange is public, what is proposed too."""
        return self.all()

    def switched_on(self) -> Self:
        """Keep those by which the exchange decides, each from its day on."""
        return self.filter(state=RouteRuleSet.State.SWITCHED_ON)


class RouteRuleSet(Identified, Stateful):
    """One dated law of the route engine, whole or an amendment to an earlier one (docs/crossborder.md)."""

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", pgettext_lazy("rule set", "proposed")
        SWITCHED_ON = "SWITCHED_ON", pgettext_lazy("rule set", "switched on")
        WITHDRAWN = "WITHDRAWN", pgettext_lazy("rule set", "withdrawn")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {
        State.PROPOSED: frozenset({State.SWITCHED_ON, State.WITHDRAWN}),
    }

    name = models.CharField(_("rule set"), max_length=60, unique=True)
    effective_from = models.DateField(_("in force from"))
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.PROPOSED)
    body = models.JSONField(_("rules as written"))
    digest = models.CharField(_("digest of the whole rules"), max_length=71)
    proposed_by = models.UUIDField(_("proposed by"), null=True)
    switched_on_by = models.UUIDField(_("switched on by"), null=True)
    switched_on_at = models.DateTimeField(_("switched on at"), null=True)
    finding = models.TextField(_("what was found"), blank=True)

    objects: ClassVar[RouteRuleSetQuerySet] = RouteRuleSetQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("rule set")
        verbose_name_plural = _("rule sets")
        ordering = ["-effective_from", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["effective_from"], condition=Q(state="SWITCHED_ON"), name="one_rule_set_from_each_day"
            ),
            models.CheckConstraint(
                condition=Q(proposed_by__isnull=True) | ~Q(switched_on_by=F("proposed_by")),
                name="rule_set_is_switched_on_by_another_person",
            ),
        ]

    def __str__(self) -> str:
        return self.name
