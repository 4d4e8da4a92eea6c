"""The public list of AI scenarios: what could be done with which data and how much computing."""

from typing import ClassVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, Venue
from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.languages import LanguageMapField, in_language
from kernel.models import Identified
from kernel.states import Stateful
from listings.models import Product, ProductType
from marketplace.models.demands import DESCRIPTION_LENGTH, TITLE_LENGTH, Demand


class ScenarioQuerySet(models.QuerySet["Scenario"]):
    def visible_to(self, actor: Actor) -> "ScenarioQuerySet":
        """The list as its venue's staff edit it."""
        return self.filter(owned_or_operated(actor, organizations=(), venue="venue"))

    def published_to(self, actor: Actor) -> "ScenarioQuerySet":
        """What everybody reads, and for the venue's staff also what is not published yet."""
        return self.filter(~Q(state=Scenario.State.DRAFT) | owned_or_operated(actor, organizations=(), venue="venue"))


class Scenario(Identified, Stateful):
    """An entry of the list: a problem, the data and the computing it takes, linked with products and demands."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("draft")
        PUBLISHED = "PUBLISHED", pgettext_lazy("scenario", "published")
        CLOSED = "CLOSED", pgettext_lazy("scenario", "closed")

    MOVES = {
        State.DRAFT: {State.PUBLISHED},
        State.PUBLISHED: {State.CLOSED},
        State.CLOSED: {State.PUBLISHED},
    }

    number = models.CharField(_("number"), max_length=24, unique=True, editable=False)
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    owner = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, verbose_name=_("owner of the scenario"), related_name="+"
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    title = LanguageMapField(_("title"), text_length=TITLE_LENGTH)
    problem = LanguageMapField(_("problem to be solved"), text_length=DESCRIPTION_LENGTH)
    data_needed = LanguageMapField(_("data needed"), text_length=DESCRIPTION_LENGTH)
    compute_needed = LanguageMapField(_("computing needed"), text_length=DESCRIPTION_LENGTH, blank=True)
    industry = models.CharField(_("industry (GB/T 4754)"), max_length=3)
    product_type = models.CharField(_("product type"), max_length=12, choices=ProductType.choices, blank=True)
    wanted_fields = ArrayField(
        models.CharField(max_length=80), verbose_name=_("wanted fields"), default=list, blank=True
    )
    published_at = models.DateTimeField(_("published at"), null=True, editable=False)
    products = models.ManyToManyField(Product, related_name="scenarios", blank=True, verbose_name=_("products"))
    demands = models.ManyToManyField(Demand, related_name="scenarios", blank=True, verbose_name=_("demands"))

    objects: ClassVar[ScenarioQuerySet] = ScenarioQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("scenario")
        verbose_name_plural = _("scenarios")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="DRAFT") | Q(published_at__isnull=False), name="published_scenario_has_a_date"
            )
        ]
        indexes = [models.Index(fields=["venue", "state", "-id"], name="scenario_by_venue_and_state")]

    def __str__(self) -> str:
        return f"{self.number} {in_language(self.title)}"

    @property
    def organization_id(self) -> UUID | None:
        return self.owner_id
