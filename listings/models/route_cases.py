"""The case of one transfer across the border: its decisions, and the way of its papers until it is cleared."""

from collections.abc import Mapping
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from kernel.states import Stateful
from listings.crossborder.facts import day_of
from listings.models.datasets import DatasetVersion
from listings.models.listings import Listing
from listings.models.products import Product


class RouteCaseQuerySet(models.QuerySet["RouteCase"]):
    def visible_to(self, actor: Actor) -> Self:
        """The exporter's and the recipient's own; staff see those of their venues."""
        return self.filter(owned_or_operated(actor, organizations=("organization", "recipient"), venue="venue"))


class RouteCase(Identified, Stateful):
    """One order's way across the border: decided, papered, reviewed, filed, and valid until it ends (DOMAIN §8.2)."""

    class State(models.TextChoices):
        NEW = "NEW", _("to be classified")
        CLASSIFIED = "CLASSIFIED", _("classified, to be judged by a person")
        DECIDED = "DECIDED", _("decided, route to be chosen")
        DOCS_PENDING = "DOCS_PENDING", _("papers pending")
        INTERNAL_REVIEW = "INTERNAL_REVIEW", _("papers under review")
        EXEMPT_CONFIRMED = "EXEMPT_CONFIRMED", _("confirmed, no filing needed")
        SIGNED = "SIGNED", _("contract in effect, to be filed")
        FILED = "FILED", _("filed")
        FILING_SUPPLEMENT = "FILING_SUPPLEMENT", _("filing to be supplemented")
        FILING_ACCEPTED = "FILING_ACCEPTED", _("filing accepted")
        SUBMITTED = "SUBMITTED", _("submitted to the authority")
        AUTH_COMPLETENESS = "AUTH_COMPLETENESS", _("completeness checked by the authority")
        RETURNED = "RETURNED", _("returned by the authority")
        ACCEPTED = "ACCEPTED", pgettext_lazy("authority", "accepted")
        AUTH_REVIEW = "AUTH_REVIEW", _("assessed by the authority")
        APPROVED = "APPROVED", pgettext_lazy("authority", "approved")
        REFUSED = "REFUSED", pgettext_lazy("authority", "refused")
        RE_REVIEW = "RE_REVIEW", _("reviewed again by the authority")
        REFUSED_FINAL = "REFUSED_FINAL", _("refused for good")
        EXPIRING = "EXPIRING", _("expiring, extension open")
        EXTENDED = "EXTENDED", _("extended")
        EXPIRED = "EXPIRED", _("expired")
        REASSESS_REQUIRED = "REASSESS_REQUIRED", _("to be assessed anew")
        REVOKED = "REVOKED", _("revoked")
        WITHDRAWN = "WITHDRAWN", _("withdrawn")

    _ENDS = frozenset({State.REASSESS_REQUIRED, State.WITHDRAWN})
    _LAPSES = _ENDS | {State.EXPIRING, State.EXPIRED, State.REVOKED}
    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {
        State.NEW: frozenset({State.CLASSIFIED, State.DECIDED, State.WITHDRAWN}),
        State.CLASSIFIED: frozenset({State.NEW, State.DECIDED, State.WITHDRAWN}),
        State.DECIDED: _ENDS | {State.NEW, State.CLASSIFIED, State.DOCS_PENDING},
        State.DOCS_PENDING: _ENDS | {State.INTERNAL_REVIEW},
        State.INTERNAL_REVIEW: _ENDS | {State.DOCS_PENDING, State.EXEMPT_CONFIRMED, State.SIGNED, State.SUBMITTED},
        State.EXEMPT_CONFIRMED: _LAPSES,
        State.SIGNED: _ENDS | {State.FILED, State.REVOKED},
        State.FILED: _LAPSES | {State.FILING_ACCEPTED, State.FILING_SUPPLEMENT},
        State.FILING_SUPPLEMENT: _ENDS | {State.FILED, State.REVOKED},
        State.FILING_ACCEPTED: _LAPSES,
        State.SUBMITTED: _ENDS | {State.AUTH_COMPLETENESS},
        State.AUTH_COMPLETENESS: _ENDS | {State.RETURNED, State.ACCEPTED},
        State.RETURNED: _ENDS | {State.DOCS_PENDING},
        State.ACCEPTED: _ENDS | {State.AUTH_REVIEW},
        State.AUTH_REVIEW: _ENDS | {State.APPROVED, State.REFUSED},
        State.APPROVED: _LAPSES,
        State.REFUSED: _ENDS | {State.RE_REVIEW, State.REFUSED_FINAL},
        State.RE_REVIEW: _ENDS | {State.APPROVED, State.REFUSED_FINAL},
        State.EXPIRING: _ENDS | {State.EXTENDED, State.EXPIRED, State.REVOKED},
        State.EXTENDED: _LAPSES,
        State.REASSESS_REQUIRED: frozenset({State.NEW, State.CLASSIFIED, State.DECIDED, State.WITHDRAWN}),
    }
    # In these, and until `valid_until`, data may go by the case's route. The law lets a standard contract's data go
    # from its effect (SCC23 art. 6); the exchange waits until the filing has been handed in, within its ten days.
    CLEARED: ClassVar[frozenset[str]] = frozenset(
        {
            State.EXEMPT_CONFIRMED,
            State.FILED,
            State.FILING_ACCEPTED,
            State.APPROVED,
            State.EXPIRING,
            State.EXTENDED,
        }
    )

    class Port(models.TextChoices):
        NANSHA = "NANSHA", _("Nansha")
        QIANHAI = "QIANHAI", _("Qianhai")
        HENGQIN = "HENGQIN", _("Hengqin")
        HETAO = "HETAO", _("Hetao")

    number = models.CharField(_("number"), max_length=24, unique=True)
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("exporter")
    )
    recipient = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("recipient")
    )
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    listing = models.ForeignKey(Listing, models.PROTECT, related_name="+", verbose_name=_("listing"))
    version = models.ForeignKey(DatasetVersion, models.PROTECT, related_name="+", verbose_name=_("version"))
    order_id = models.UUIDField(_("order"), unique=True)
    purpose = models.TextField(_("declared purpose of use"))
    onward_transfer_outside_gba = models.BooleanField(_("passed on outside the Greater Bay Area"), default=False)
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.NEW)
    year = models.PositiveSmallIntegerField(_("year"))
    route = models.CharField(_("route"), max_length=30, blank=True)
    n_general = models.BigIntegerField(_("persons"), null=True)
    n_sensitive = models.BigIntegerField(_("persons with sensitive information"), null=True)
    port = models.CharField(_("port"), max_length=10, choices=Port.choices, blank=True)
    recipient_network = models.CharField(_("recipient's network"), max_length=64, blank=True)
    contract_effective_on = models.DateField(_("contract in effect on"), null=True)
    valid_until = models.DateField(_("valid until"), null=True)
    submitted_by = models.UUIDField(_("submitted by"), null=True)
    reviewed_by = models.UUIDField(_("reviewed by"), null=True)
    finding = models.TextField(_("what was found"), blank=True)

    objects: ClassVar[RouteCaseQuerySet] = RouteCaseQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("route case")
        verbose_name_plural = _("route cases")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["organization", "-id"], name="route_case_by_exporter"),
            models.Index(fields=["recipient", "-id"], name="route_case_by_recipient"),
            models.Index(fields=["venue", "state", "-id"], name="route_case_by_venue_and_state"),
            models.Index(
                fields=["valid_until"], condition=Q(valid_until__isnull=False), name="route_case_by_end_of_validity"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def cleared(self) -> bool:
        """Whether data may go by this case today, as far as its papers are concerned."""
        in_time = self.valid_until is None or day_of(timezone.now()) <= self.valid_until
        return self.state in self.CLEARED and in_time


class RouteDecisionQuerySet(models.QuerySet["RouteDecision"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(case__in=RouteCase.objects.visible_to(actor).values("pk"))


class RouteDecision(Identified):
    """What the engine answered to a case's facts on a day; never changed (trigger in listings/sql)."""

    case = models.ForeignKey(RouteCase, models.PROTECT, related_name="decisions", verbose_name=_("route case"))
    as_of = models.DateField(_("as of"))
    rule_set = models.CharField(_("rule set"), max_length=80)
    rule_set_digest = models.CharField(_("digest of the rule set"), max_length=80)
    route = models.CharField(_("route"), max_length=30)
    body = models.JSONField(_("decision"))
    sha256 = models.CharField("SHA-256", max_length=64)
    sm3 = models.CharField("SM3", max_length=64)
    # A person's ruling where the engine leaves it to one.
    ruled_by = models.UUIDField(_("ruled by"), null=True)
    reason = models.TextField(_("reason"), blank=True)

    objects: ClassVar[RouteDecisionQuerySet] = RouteDecisionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("route decision")
        verbose_name_plural = _("route decisions")
        ordering = ["-id"]
        indexes = [models.Index(fields=["case", "-id"], name="route_decision_by_case")]

    def __str__(self) -> str:
        return f"{self.route} ({self.rule_set})"
