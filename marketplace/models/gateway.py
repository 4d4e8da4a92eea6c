"""Where an API product really lives, and every call that buyers made of it."""

from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, Venue
from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from listings.models import Product, TransferPermit
from marketplace.models.agreements import Entitlement

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


class UpstreamQuerySet(models.QuerySet["Upstream"]):
    def visible_to(self, actor: Actor) -> Self:
        """Keep those of the actor's own products; staff see those of products at their venues."""
        return self.filter(product__in=Product.objects.visible_to(actor))


class Upstream(Identified):
    """The provider's own interface behind an API product; its secret is kept sealed and never shown again."""

    product = models.OneToOneField(Product, models.CASCADE, related_name="upstream", verbose_name=_("product"))
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("provider"), related_name="+")
    base_url = models.CharField(_("base address"), max_length=500)
    methods = ArrayField(models.CharField(max_length=8), verbose_name=_("allowed methods"))
    timeout_seconds = models.PositiveIntegerField(_("patience in seconds"), default=30)
    most_answer_bytes = models.BigIntegerField(_("bytes of an answer, at most"))
    secret_header = models.CharField(_("header of the secret"), max_length=100, blank=True)
    # AES-256-GCM under a data key of its own, which is wrapped as those of files are (listings/encryption.py).
    sealed_secret = models.BinaryField(_("sealed secret"), null=True, editable=False)
    wrapped_key = models.BinaryField(_("wrapped key"), editable=False)
    key_id = models.CharField(_("key-encryption key"), max_length=64, editable=False)

    objects = UpstreamQuerySet.as_manager()

    class Meta:
        verbose_name = _("upstream")
        verbose_name_plural = _("upstreams")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(secret_header="", sealed_secret__isnull=True)
                | (~Q(secret_header="") & Q(sealed_secret__isnull=False)),
                name="a_secret_has_its_header",
            )
        ]

    def __str__(self) -> str:
        return self.base_url


class GatewayCallQuerySet(models.QuerySet["GatewayCall"]):
    def visible_to(self, actor: Actor) -> "GatewayCallQuerySet":
        """Keep what the buyer, the provider and the venue's staff may see."""
        return self.filter(owned_or_operated(actor, organizations=("organization", "provider"), venue="venue"))


class GatewayCall(Identified):
    """One call of an interface: who, what, when and how much went over; written before it is served."""

    class Outcome(models.TextChoices):
        OPEN = "OPEN", _("under way")
        ANSWERED = "ANSWERED", _("answered in full")
        CUT_OFF = "CUT_OFF", _("cut off")
        UNANSWERED = "UNANSWERED", _("not answered")

    # Its index is led by the one below.
    entitlement = models.ForeignKey(
        Entitlement, models.PROTECT, db_index=False, verbose_name=_("entitlement"), related_name="calls"
    )
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("buyer"), related_name="+")
    provider = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("provider"), related_name="+")
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    permit = models.ForeignKey(
        TransferPermit, models.PROTECT, verbose_name=_("transfer permit"), related_name="+", null=True
    )
    client_id = models.UUIDField(_("API client"), null=True)
    person_id = models.UUIDField(_("responsible person"), null=True)
    nonce = models.CharField(_("nonce"), max_length=64)
    method = models.CharField(_("method"), max_length=8)
    path = models.CharField(_("path"), max_length=500)  # without the query, which may hold personal information
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices, default=Outcome.OPEN)
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    bytes_in = models.BigIntegerField(_("bytes sent"), default=0)
    bytes_out = models.BigIntegerField(_("bytes received"), default=0)
    units = models.BigIntegerField(_("units"), default=0)
    sha256 = models.CharField(_("SHA-256 of the answer"), max_length=64, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    trace_id = models.CharField(_("trace id"), max_length=32, blank=True)

    objects: ClassVar[GatewayCallQuerySet] = GatewayCallQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("call of an interface")
        verbose_name_plural = _("calls of interfaces")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["entitlement", "nonce"], name="a_call_is_made_once_by_nonce"),
        ]
        indexes = [
            models.Index(fields=["entitlement", "-id"], name="call_by_entitlement"),
            # A sweep looks for calls whose process died.
            models.Index(fields=["created_at"], condition=Q(outcome="OPEN"), name="call_under_way"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"
