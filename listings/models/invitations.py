"""Invitations of organizations to listings that are not for everybody."""

from collections.abc import Mapping
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from kernel.states import Stateful
from listings.models.listings import Listing


class ListingInvitationQuerySet(models.QuerySet["ListingInvitation"]):
    def visible_to(self, actor: Actor) -> Self:
        """The invitations that the actor's organization gave or got; staff see those at their venues."""
        return self.filter(owned_or_operated(actor, organizations=("organization", "invitee"), venue="venue"))


class ListingInvitation(Identified, Stateful):
    """A provider's word that an organization may read and order one listing, until a moment or until revoked."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("open")
        REVOKED = "REVOKED", _("revoked")
        EXPIRED = "EXPIRED", _("expired")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {State.OPEN: frozenset({State.REVOKED, State.EXPIRED})}

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="invitations", verbose_name=_("listing"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("provider")
    )
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    # No index of its own: the ones below begin with this column.
    invitee = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", db_index=False, verbose_name=_("invited")
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    message = models.CharField(_("message"), max_length=1000, blank=True)
    expires_at = models.DateTimeField(_("expires at"))

    objects = ListingInvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("listing invitation")
        verbose_name_plural = _("listing invitations")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["invitee", "listing"], condition=Q(state="OPEN"), name="listing_invitation_is_unique_while_open"
            ),
            models.CheckConstraint(condition=~Q(invitee=F("organization")), name="listing_invitation_has_two_parties"),
        ]
        indexes = [
            models.Index(fields=["invitee", "-id"], name="listing_invitation_by_invitee"),
            models.Index(fields=["expires_at"], condition=Q(state="OPEN"), name="listing_invitation_by_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.listing} → {self.invitee}"
