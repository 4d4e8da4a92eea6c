"""Searches that somebody keeps, and what they have found since."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from listings.models.listings import Listing


class SavedSearchQuerySet(models.QuerySet["SavedSearch"]):
    def visible_to(self, actor: Actor) -> Self:
        """Those of the actor's organization; what a member looks for is not the venues' business either."""
        return self.filter(owned_or_operated(actor, venue=None))


class SavedSearch(Identified):
    """A question to the catalogue that is asked again by itself while alerts are on."""

    class Every(models.TextChoices):
        HOUR = "HOUR", _("hourly")
        DAY = "DAY", _("daily")
        WEEK = "WEEK", _("weekly")

    organization = models.ForeignKey(
        "accounts.Organization", models.CASCADE, related_name="+", db_index=False, verbose_name=_("organization")
    )
    person = models.ForeignKey("accounts.Person", models.CASCADE, related_name="+", verbose_name=_("person"))
    name = models.CharField(_("name"), max_length=80)
    # As the catalogue takes them, so that the same words lead to the same question.
    parameters = models.JSONField(_("parameters"))
    alerts = models.BooleanField(_("alerts"), default=True)
    every = models.CharField(_("every"), max_length=4, choices=Every.choices, default=Every.DAY)
    searched_at = models.DateTimeField(_("last searched"))
    seen_at = models.DateTimeField(_("last seen"))
    stopped_because = models.CharField(_("alerts stopped because"), max_length=200, blank=True)

    objects = SavedSearchQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved search")
        verbose_name_plural = _("saved searches")
        indexes = [models.Index(fields=["organization", "-id"], name="saved_search_by_organization")]

    def __str__(self) -> str:
        return self.name


class SavedSearchHit(Identified):
    """A listing that a saved search found; told once, however often it is found."""

    # No indexes of their own: those below begin with these columns, or nobody asks by listing.
    saved_search = models.ForeignKey(
        SavedSearch, models.CASCADE, related_name="hits", db_index=False, verbose_name=_("saved search")
    )
    listing = models.ForeignKey(Listing, models.CASCADE, related_name="+", verbose_name=_("listing"))

    class Meta:
        verbose_name = _("hit of a saved search")
        verbose_name_plural = _("hits of saved searches")
        constraints = [
            models.UniqueConstraint(fields=["saved_search", "listing"], name="saved_search_tells_of_a_listing_once")
        ]
        indexes = [models.Index(fields=["saved_search", "-id"], name="saved_search_hit_by_search")]

    def __str__(self) -> str:
        return f"{self.saved_search_id} {self.listing_id}"
