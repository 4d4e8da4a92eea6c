"""The agreement that an order makes, and the entitlement to read what was bought."""

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, Venue
from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from kernel.states import Stateful
from listings.models import DatasetVersion
from marketplace.models.orders import Order


class AgreementQuerySet(models.QuerySet["Agreement"]):
    def visible_to(self, actor: Actor) -> "AgreementQuerySet":
        """Keep what the parties to the trade and the venue's staff may see."""
        return self.filter(order__in=Order.objects.visible_to(actor))


class Agreement(Identified, Stateful):
    """The contract, frozen with the order: `body` and its digests never change (trigger in marketplace/sql)."""

    class State(models.TextChoices):
        ACTIVE = "ACTIVE", _("active")
        SUSPENDED = "SUSPENDED", _("suspended")
        EXPIRED = "EXPIRED", _("expired")
        TERMINATED = "TERMINATED", _("terminated")
        SUPERSEDED = "SUPERSEDED", _("superseded")

    MOVES = {
        State.ACTIVE: {State.SUSPENDED, State.EXPIRED, State.TERMINATED, State.SUPERSEDED},
        State.SUSPENDED: {State.ACTIVE, State.EXPIRED, State.TERMINATED},
    }

    order = models.OneToOneField(Order, models.PROTECT, verbose_name=_("order"), related_name="agreement")
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    number = models.CharField(_("number"), max_length=24, unique=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.ACTIVE)
    body = models.JSONField(_("body"))
    sha256 = models.CharField("SHA-256", max_length=64)
    sm3 = models.CharField("SM3", max_length=64)
    expires_at = models.DateTimeField(_("expires at"), null=True)

    objects: ClassVar[AgreementQuerySet] = AgreementQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.number

    @property
    def organization_id(self) -> UUID:
        return self.order.buyer_id


class EntitlementQuerySet(models.QuerySet["Entitlement"]):
    def visible_to(self, actor: Actor) -> "EntitlementQuerySet":
        """Keep what the buyer, the provider and the venue's staff may see."""
        parties = ("organization", "provider")
        return self.filter(owned_or_operated(actor, organizations=parties, venue="venue"))


class Entitlement(Identified, Stateful):
    """The right of one organization to read one dataset version, checked on every access."""

    class State(models.TextChoices):
        PENDING = "PENDING", _("pending delivery")
        ACTIVE = "ACTIVE", _("active")
        SUSPENDED = "SUSPENDED", _("suspended")
        EXPIRED = "EXPIRED", _("expired")
        REVOKED = "REVOKED", _("revoked")

    MOVES = {
        State.PENDING: {State.ACTIVE, State.REVOKED},
        State.ACTIVE: {State.SUSPENDED, State.EXPIRED, State.REVOKED},
        State.SUSPENDED: {State.ACTIVE, State.EXPIRED, State.REVOKED},
    }

    agreement = models.ForeignKey(Agreement, models.PROTECT, verbose_name=_("agreement"), related_name="entitlements")
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("buyer"), related_name="+")
    provider = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("provider"), related_name="+")
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    version = models.ForeignKey(DatasetVersion, models.PROTECT, verbose_name=_("version"), related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PENDING)
    expires_at = models.DateTimeField(_("expires at"), null=True)

    objects: ClassVar[EntitlementQuerySet] = EntitlementQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("entitlement")
        verbose_name_plural = _("entitlements")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "version"], name="one_right_by_agreement_and_version"),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="entitlement_by_organization"),
            models.Index(
                fields=["expires_at"], condition=Q(state__in=["ACTIVE", "SUSPENDED"]), name="entitlement_by_expiry"
            ),
        ]

    def __str__(self) -> str:
        return str(self.agreement)
