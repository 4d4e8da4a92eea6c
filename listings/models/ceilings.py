"""Government-guided prices: the most that products of authorised public data may cost, and by which paper."""

from collections.abc import Mapping
from datetime import date
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.product_types import ProductType
from kernel.actors import Actor
from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES, LARGEST_MINOR, format_amount
from kernel.states import Stateful
from listings.metering import PRICE_PLACES, Unit


class PriceCeilingQuerySet(models.QuerySet["PriceCeiling"]):
    def visible_to(self, _actor: Actor) -> Self:
        """Everybody: guided prices are published."""
        return self.all()

    def in_force(self, on: date) -> Self:
        """Keep those that bind on a day."""
        return self.overlapping(on, on).filter(state=PriceCeiling.State.CONFIRMED)

    def overlapping(self, first: date, last: date | None) -> Self:
        """Keep those that claim one of these days; None: without an end."""
        begun = self if last is None else self.filter(valid_from__lte=last)
        return begun.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=first))


class PriceCeiling(Identified, Stateful):
    """The most that an order, or a unit of use, may cost: for some days, by a document of an authority.

    Its scope is the venue, and where they are named the type of product and the industry. What was confirmed is never
    changed but for its last day (listings/sql/price_ceilings.sql).
    """

    class State(models.TextChoices):
        ENTERED = "ENTERED", pgettext_lazy("price ceiling", "entered")
        CONFIRMED = "CONFIRMED", pgettext_lazy("price ceiling", "confirmed")
        WITHDRAWN = "WITHDRAWN", pgettext_lazy("price ceiling", "withdrawn")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {
        State.ENTERED: frozenset({State.CONFIRMED, State.WITHDRAWN}),
    }

    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    product_type = models.CharField(
        _("product type"), max_length=12, choices=ProductType.choices, blank=True, help_text=_("Blank: any.")
    )
    industry = models.CharField(_("industry (GB/T 4754)"), max_length=3, blank=True, help_text=_("Blank: any."))
    unit = models.CharField(
        _("unit of metering"),
        max_length=8,
        choices=Unit.choices,
        blank=True,
        help_text=_("Blank: the ceiling is of what an order costs."),
    )
    most = models.DecimalField(_("ceiling"), max_digits=20, decimal_places=PRICE_PLACES)
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    valid_from = models.DateField(_("in force from"))
    valid_until = models.DateField(_("in force until"), null=True, blank=True)
    basis_title = models.CharField(_("title of the document"), max_length=200)
    basis_number = models.CharField(_("number of the document"), max_length=100)
    basis_issuer = models.CharField(_("issued by"), max_length=200)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.ENTERED)
    entered_by = models.ForeignKey("accounts.Person", models.PROTECT, related_name="+", verbose_name=_("entered by"))
    confirmed_by = models.ForeignKey(
        "accounts.Person", models.PROTECT, null=True, related_name="+", verbose_name=_("confirmed by")
    )

    objects: ClassVar[PriceCeilingQuerySet] = PriceCeilingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("price ceiling")
        verbose_name_plural = _("price ceilings")
        constraints = [
            models.CheckConstraint(
                condition=Q(most__gt=0, most__lte=LARGEST_MINOR // 100), name="price_ceiling_is_a_price"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="price_ceiling_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=(Q(state="CONFIRMED", confirmed_by__isnull=False) & ~Q(confirmed_by=F("entered_by")))
                | (~Q(state="CONFIRMED") & Q(confirmed_by__isnull=True)),
                name="price_ceiling_is_confirmed_by_another_person",
            ),
        ]
        # Every price of a product of public data asks for those of its venue.
        indexes = [models.Index(fields=["venue", "valid_from"], name="price_ceiling_by_venue")]

    def __str__(self) -> str:
        per = f"/{self.get_unit_display()}" if self.unit else ""
        return f"{self.shown_most} {self.currency}{per}"

    @property
    def shown_most(self) -> str:
        """The ceiling as people write it: two places for an order, as many as it has for a unit."""
        if not self.unit:
            return format_amount(int(self.most * 100))
        return format(self.most.normalize(), "f")

    @property
    def basis(self) -> dict[str, str]:
        """The document it rests on."""
        return {"title": self.basis_title, "number": self.basis_number, "issuer": self.basis_issuer}
