"""Organizations: legal entities of a jurisdiction, known by the registration number their register gave them."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts import places
from accounts.identifiers import IdentifierKind
from accounts.sectors import Sector
from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.languages import LanguageMapField, in_language
from kernel.models import Identified


class OrganizationQuerySet(models.QuerySet["Organization"]):
    def visible_to(self, actor: Actor) -> Self:
        """Return the actor's own organization and, for staff, everyone who applied to or joined their venues."""
        from accounts.models.memberships import Membership  # noqa: PLC0415 - memberships point at organizations

        own = owned_or_operated(actor, organizations=("pk",), venue=None)
        if actor.venue_ids:
            members = Membership.objects.filter(venue__in=sorted(actor.venue_ids)).values("organization")
            return self.filter(own | Q(pk__in=members))
        return self.filter(own)


class Organization(Identified):
    """A legal entity. Its legal facts are fixed when it is registered; people act for it through affiliations."""

    name = LanguageMapField(_("name"), text_length=120)
    legal_name = models.CharField(_("legal name"), max_length=200)
    jurisdiction = models.CharField(_("jurisdiction"), max_length=2, help_text=_("ISO 3166 code: CN, HK, MO, …"))
    identifier_kind = models.CharField(_("kind of identifier"), max_length=8, choices=IdentifierKind.choices)
    identifier = models.CharField(_("identifier"), max_length=40)
    division_code = models.CharField(
        _("division code"), max_length=6, blank=True, help_text=_("GB/T 2260; empty outside the mainland")
    )
    sector = models.CharField(
        _("sector"),
        max_length=1,
        choices=Sector.choices,
        blank=True,
        help_text=_("Section of GB/T 4754; declared once."),
    )

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["jurisdiction", "identifier_kind", "identifier"], name="organization_identifier_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(jurisdiction__regex=r"^[A-Z]{2}$"), name="organization_jurisdiction_is_a_country_code"
            ),
            models.CheckConstraint(
                condition=Q(jurisdiction="CN", identifier_kind="USCC", division_code__regex=r"^[0-9]{6}$")
                | (~Q(jurisdiction="CN") & ~Q(identifier_kind="USCC") & Q(division_code="")),
                name="organization_of_the_mainland_has_uscc_and_division",
            ),
        ]

    def __str__(self) -> str:
        return in_language(self.name) or self.legal_name

    @property
    def in_gba(self) -> bool:
        """Whether it is registered in the Greater Bay Area: one of the nine mainland cities, Hong Kong or Macao."""
        return places.in_gba(self.jurisdiction, self.division_code)

    @property
    def in_gba_city(self) -> bool:
        """Whether it is registered in one of the nine mainland cities of the bay area."""
        return self.jurisdiction == places.MAINLAND and places.in_gba_city(self.division_code)

    @property
    def division_name(self) -> str:
        return places.divisions().get(self.division_code, "")
