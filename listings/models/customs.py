"""Data customs: the declaration of one transfer, the permit that its release gives, and what both sides received."""

from collections.abc import Mapping
from typing import ClassVar, Self
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from kernel.states import Stateful
from listings.models.route_cases import RouteCase


class CustomsDeclarationQuerySet(models.QuerySet["CustomsDeclaration"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(owned_or_operated(actor, organizations=("organization", "recipient"), venue="venue"))


class CustomsDeclaration(Identified, Stateful):
    """One delivery's manifest at a port; without its release nothing is delivered."""

    class State(models.TextChoices):
        DECLARED = "DECLARED", _("declared")
        DOC_CHECK = "DOC_CHECK", _("papers checked")
        CONTENT_SAMPLING = "CONTENT_SAMPLING", _("rows sampled")
        RELEASED = "RELEASED", _("released")
        HELD = "HELD", _("held")
        RETURNED = "RETURNED", _("returned to the exporter")
        QUARANTINED = "QUARANTINED", _("quarantined")
        CLOSED = "CLOSED", _("closed, received as sent")
        DISPUTED = "DISPUTED", _("received otherwise than sent")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {
        State.DECLARED: frozenset({State.DOC_CHECK, State.RETURNED}),
        State.DOC_CHECK: frozenset(
            {State.RELEASED, State.CONTENT_SAMPLING, State.HELD, State.RETURNED, State.QUARANTINED}
        ),
        State.CONTENT_SAMPLING: frozenset({State.RELEASED, State.HELD, State.RETURNED, State.QUARANTINED}),
        State.HELD: frozenset({State.DOC_CHECK, State.RETURNED, State.QUARANTINED}),
        State.RELEASED: frozenset({State.HELD, State.CLOSED, State.DISPUTED}),
    }

    number = models.CharField(_("number"), max_length=24, unique=True)
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("exporter")
    )
    recipient = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("recipient")
    )
    case = models.ForeignKey(RouteCase, models.PROTECT, related_name="declarations", verbose_name=_("route case"))
    delivery_id = models.UUIDField(_("delivery"))
    port = models.CharField(_("port"), max_length=10, choices=RouteCase.Port.choices)
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.DECLARED)
    manifest = models.JSONField(_("manifest"))
    payload_sha256 = models.CharField(_("SHA-256 of what is sent"), max_length=64)
    payload_bytes = models.BigIntegerField(_("bytes"))
    findings = models.JSONField(_("findings of the machine checks"), default=list)
    low_risk = models.BooleanField(_("low risk by rule"), default=False)
    sampled_rows = models.JSONField(_("rows to be sampled"), default=list)
    release_proposed_by = models.UUIDField(_("release proposed by"), null=True)
    released_by = models.UUIDField(_("released by"), null=True)
    finding = models.TextField(_("what was found"), blank=True)

    objects: ClassVar[CustomsDeclarationQuerySet] = CustomsDeclarationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("customs declaration")
        verbose_name_plural = _("customs declarations")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["delivery_id"],
                condition=~Q(state__in=["RETURNED", "QUARANTINED"]),
                name="one_standing_declaration_by_delivery",
            ),
            models.CheckConstraint(
                condition=Q(released_by__isnull=True) | ~Q(released_by=F("release_proposed_by")),
                name="release_is_by_two_people",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="declaration_by_exporter"),
            models.Index(fields=["venue", "state", "-id"], name="declaration_by_venue_and_state"),
        ]

    def __str__(self) -> str:
        return self.number


class TransferPermitQuerySet(models.QuerySet["TransferPermit"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(declaration__in=CustomsDeclaration.objects.visible_to(actor).values("pk"))


class TransferPermit(Identified):
    """The leave to send one payload once: to this recipient, up to so many bytes, within this window."""

    declaration = models.ForeignKey(
        CustomsDeclaration, models.PROTECT, related_name="permits", verbose_name=_("declaration")
    )
    case = models.ForeignKey(RouteCase, models.PROTECT, related_name="permits", verbose_name=_("route case"))
    recipient = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("recipient")
    )
    delivery_id = models.UUIDField(_("delivery"))
    payload_sha256 = models.CharField(_("SHA-256 of what is sent"), max_length=64)
    byte_ceiling = models.BigIntegerField(_("bytes allowed"))
    bytes_used = models.BigIntegerField(_("bytes granted"), default=0)
    valid_from = models.DateTimeField(_("valid from"))
    valid_until = models.DateTimeField(_("valid until"))
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True)

    objects: ClassVar[TransferPermitQuerySet] = TransferPermitQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("transfer permit")
        verbose_name_plural = _("transfer permits")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(bytes_used__gte=0) & Q(bytes_used__lte=F("byte_ceiling")),
                name="permit_is_not_used_beyond_its_ceiling",
            ),
            models.UniqueConstraint(
                fields=["delivery_id"], condition=Q(withdrawn_at__isnull=True), name="one_standing_permit_by_delivery"
            ),
        ]
        indexes = [models.Index(fields=["delivery_id", "-id"], name="permit_by_delivery")]

    def __str__(self) -> str:
        return str(self.declaration_id)

    @property
    def organization_id(self) -> UUID:
        return self.case.organization_id

    @property
    def in_force(self) -> bool:
        """Whether bytes may go by it at this moment; needs `case` loaded, since an ended case ends its permits."""
        in_window = self.valid_from <= timezone.now() < self.valid_until
        return self.withdrawn_at is None and in_window and self.case.cleared


class ArrivalReport(Identified):
    """What a recipient's client says it received of a permit's payload; never changed."""

    permit = models.ForeignKey(TransferPermit, models.PROTECT, related_name="arrivals", verbose_name=_("permit"))
    files = models.JSONField(_("files received"))
    matches = models.BooleanField(_("received as sent"))
    reported_by = models.UUIDField(_("reported by"), null=True)

    class Meta:
        verbose_name = _("arrival report")
        verbose_name_plural = _("arrival reports")
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.permit_id)
