"""Signs that a transfer was divided to stay below a legal line, for an officer to look at."""

from collections.abc import Mapping
from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from kernel.states import Stateful
from listings.models.route_cases import RouteCase


class SplittingAlertQuerySet(models.QuerySet["SplittingAlert"]):
    def visible_to(self, actor: Actor) -> Self:
        """Staff see those of their venues; the parties do not, or they would learn how to divide better."""
        return self.filter(owned_or_operated(actor, organizations=(), venue="venue"))


class SplittingAlert(Identified, Stateful):
    """Transfers that are each below a line of the law and together above it, and what makes them look like one."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("to be looked at")
        DISMISSED = "DISMISSED", pgettext_lazy("alert", "dismissed")
        UPHELD = "UPHELD", pgettext_lazy("alert", "upheld")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {State.OPEN: frozenset({State.DISMISSED, State.UPHELD})}

    class Sign(models.TextChoices):
        AFFILIATED_EXPORTERS = "AFFILIATED_EXPORTERS", _("affiliated exporters")
        AFFILIATED_RECIPIENTS = "AFFILIATED_RECIPIENTS", _("affiliated recipients")
        THIN_SLICES = "THIN_SLICES", _("thin slices of time to one recipient")

    case = models.ForeignKey(RouteCase, models.PROTECT, related_name="splitting_alerts", verbose_name=_("route case"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("exporter")
    )
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    sign = models.CharField(_("sign"), max_length=24, choices=Sign.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    count = models.CharField(_("count"), max_length=12)
    line = models.BigIntegerField(_("line"))
    persons = models.BigIntegerField(_("persons together"))
    case_numbers = models.JSONField(_("route cases"), default=list)
    finding = models.TextField(_("what was found"), blank=True)

    objects: ClassVar[SplittingAlertQuerySet] = SplittingAlertQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("splitting alert")
        verbose_name_plural = _("splitting alerts")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["case", "sign", "count"], name="one_alert_by_case_sign_and_count")
        ]
        indexes = [models.Index(fields=["venue", "state", "-id"], name="splitting_alert_by_venue")]

    def __str__(self) -> str:
        return f"{self.case}: {self.get_sign_display()}"
