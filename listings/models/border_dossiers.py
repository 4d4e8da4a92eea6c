"""What a provider says of a product's way across the border: where it may go, why it goes, and whom it concerns."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel.actors import Actor
from kernel.models import Identified
from listings.models.products import Product, _own_or_offered, jurisdiction


class BorderDossierQuerySet(models.QuerySet["BorderDossier"]):
    def visible_to(self, actor: Actor) -> Self:
        """The organization's own; staff see those of products offered at their venues."""
        return self.filter(_own_or_offered(actor, product="product_id"))


class BorderDossier(Identified):
    """The cross-border part of a product's dossier; a product without one is for its own jurisdiction only."""

    class Reach(models.TextChoices):
        DOMESTIC = "DOMESTIC", _("within the jurisdiction only")
        GBA = "GBA", _("within the Greater Bay Area")
        NAMED = "NAMED", _("to named places")
        ANYWHERE = "ANYWHERE", _("anywhere that the law allows")

    class Scenario(models.TextChoices):
        """Why the data cross; the words of the route engine in capitals."""

        TRADE = (
            "TRADE_TRANSPORT_ACADEMIC_MANUFACT_MARKETING",
            _("trade, transport, academic work, manufacture or marketing"),
        )
        CONTRACT = "CONTRACT_NECESSITY", _("necessary for a contract with the person")
        HR = "HR", _("human resources under lawful rules and a collective contract")
        EMERGENCY = "EMERGENCY", _("emergency for life, health or property")
        STATUTORY_DUTY = "STATUTORY_DUTY", _("performance of a statutory duty")
        REEXPORT = "OVERSEAS_ORIGIN_REEXPORT", _("collected abroad, processed here and sent out again")
        OTHER = "OTHER", _("other")

    class ImportantBasis(models.TextChoices):
        NOTIFIED = "NOTIFIED", _("notified as important by an authority")
        PUBLISHED_CATALOGUE = "PUBLISHED_CATALOGUE", _("in a published catalogue of important data")
        FTZ_LIST = "FTZ_LIST", _("on the negative list of a free-trade zone")
        SELF_SUSPECTED = "SELF_SUSPECTED", _("suspected to be important by its holder")

    product = models.OneToOneField(Product, models.CASCADE, related_name="border", verbose_name=_("product"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("provider")
    )
    reach = models.CharField(_("may go"), max_length=10, choices=Reach.choices)
    places = ArrayField(
        models.CharField(max_length=2, validators=[jurisdiction]), verbose_name=_("named places"), default=list
    )
    scenario = models.CharField(_("scenario of the transfer"), max_length=48, choices=Scenario.choices)
    important_basis = models.CharField(
        _("why it may be important data"), max_length=20, choices=ImportantBasis.choices, blank=True
    )
    sector = models.CharField(_("sector whose rules apply"), max_length=64, blank=True)
    mixes_domestic_pi = models.BooleanField(_("mixed with domestic personal information"), default=False)
    research_cooperation = models.BooleanField(_("offered as research cooperation"), default=False)
    hgr = models.BooleanField(_("holds human genetic resource information"), default=False)
    restrictions = ArrayField(
        models.CharField(max_length=20), verbose_name=_("restrictions by authorities or courts"), default=list
    )
    # Never below what the scan found: what counts is the greater of both.
    n_general = models.BigIntegerField(_("persons declared, nothing sensitive told"), null=True)
    n_sensitive = models.BigIntegerField(_("persons declared, something sensitive told"), null=True)
    declared_by = models.UUIDField(_("declared by"))

    objects: ClassVar[BorderDossierQuerySet] = BorderDossierQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("cross-border dossier")
        verbose_name_plural = _("cross-border dossiers")
        constraints = [
            models.CheckConstraint(
                condition=Q(n_general__isnull=True) | Q(n_general__gte=0), name="declared_persons_are_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(n_sensitive__isnull=True) | Q(n_sensitive__gte=0),
                name="declared_sensitive_persons_are_not_negative",
            ),
            models.CheckConstraint(
                condition=(Q(reach="NAMED") & ~Q(places=[])) | (~Q(reach="NAMED") & Q(places=[])),
                name="places_are_named_where_reach_says_so",
            ),
        ]

    def __str__(self) -> str:
        return self.get_reach_display()

    def told(self) -> Mapping[str, Any]:
        """Return what was declared, as it is recorded."""
        return {
            "reach": self.reach,
            "places": self.places,
            "scenario": self.scenario,
            "important_basis": self.important_basis,
            "sector": self.sector,
            "mixes_domestic_pi": self.mixes_domestic_pi,
            "research_cooperation": self.research_cooperation,
            "hgr": self.hgr,
            "restrictions": self.restrictions,
            "n_general": self.n_general,
            "n_sensitive": self.n_sensitive,
        }
