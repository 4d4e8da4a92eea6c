"""What a dataset was made from: its parents, own ones or licensed by an agreement."""

from typing import Self

from django.apps import apps
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.visibility import owned_or_operated, sees_everything
from kernel.actors import Actor
from kernel.models import Identified
from listings.models.datasets import Dataset
from listings.models.products import Terms


class DatasetParentQuerySet(models.QuerySet["DatasetParent"]):
    def visible_to(self, actor: Actor) -> Self:
        """What the organization's datasets are made from and what is made of them; staff see that of their venues."""
        seen = owned_or_operated(actor, organizations=("organization", "parent_organization"), venue=None)
        if not actor.venue_ids or sees_everything(actor):
            return self.filter(seen)
        listings = apps.get_model("listings", "Listing")._default_manager
        at_venue = listings.filter(venue_id__in=sorted(actor.venue_ids)).values("product__dataset")
        return self.filter(seen | Q(dataset__in=at_venue))

    def licences(self) -> Self:
        """Parents that belong to somebody else."""
        return self.filter(basis=DatasetParent.Basis.AGREEMENT)


class DatasetParent(Identified):
    """One dataset made from another. No dataset is its own ancestor (trigger in listings/sql)."""

    class Basis(models.TextChoices):
        OWN = "OWN", _("own dataset")
        AGREEMENT = "AGREEMENT", _("licensed by agreement")

    dataset = models.ForeignKey(
        Dataset, models.PROTECT, related_name="parents", db_index=False, verbose_name=_("dataset")
    )
    parent = models.ForeignKey(Dataset, models.PROTECT, related_name="children", verbose_name=_("parent dataset"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("organization")
    )
    parent_organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("parent's organization")
    )
    basis = models.CharField(_("basis"), max_length=10, choices=Basis.choices)
    note = models.CharField(_("how it was made"), max_length=1000, blank=True)
    # The agreement is the marketplace's; what it froze of the licence is kept here.
    agreement_id = models.UUIDField(_("agreement"), null=True, blank=True, db_index=True)
    agreement_number = models.CharField(_("agreement number"), max_length=24, blank=True)
    terms = models.ForeignKey(
        Terms, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("terms of the licence")
    )
    licensed_until = models.DateTimeField(_("licensed until"), null=True, blank=True)
    licence_ended_at = models.DateTimeField(_("licence ended at"), null=True, blank=True)

    objects = DatasetParentQuerySet.as_manager()

    class Meta:
        verbose_name = _("parent dataset")
        verbose_name_plural = _("parent datasets")
        constraints = [
            models.UniqueConstraint(fields=["dataset", "parent"], name="parent_is_unique_by_dataset"),
            models.CheckConstraint(condition=~Q(dataset=F("parent")), name="dataset_is_not_its_own_parent"),
            models.CheckConstraint(
                condition=Q(basis="OWN", agreement_id__isnull=True, terms__isnull=True)
                | Q(basis="AGREEMENT", agreement_id__isnull=False, terms__isnull=False),
                name="licensed_parent_has_an_agreement_and_its_terms",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dataset} ← {self.parent}"
