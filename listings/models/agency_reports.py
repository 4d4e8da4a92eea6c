"""Reports that service agencies write on a listing: legal opinions, and reports on quality, security and value."""

from collections.abc import Mapping
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES, Currency, Money
from kernel.states import Stateful
from listings.models.listings import Listing
from listings.models.papers import StoredPaper
from listings.models.products import jurisdiction


class AgencyReportQuerySet(models.QuerySet["AgencyReport"]):
    def visible_to(self, actor: Actor) -> Self:
        """The agency's and the provider's own; staff see those of their venues."""
        return self.filter(owned_or_operated(actor, organizations=("organization", "provider"), venue="venue"))

    def standing(self) -> Self:
        """Accepted reports whose validity has not ended."""
        in_time = Q(valid_until__isnull=True) | Q(valid_until__gte=timezone.localdate())
        return self.filter(in_time, state=AgencyReport.State.ACCEPTED)

    def awaited(self) -> Self:
        """Reports that were asked for and are not settled yet."""
        return self.filter(state__in=AgencyReport.AWAITED)


class AgencyReport(Identified, Stateful):
    """One task of a service agency: asked for by an officer in a review, or ordered by the provider at its expense."""

    class Kind(models.TextChoices):
        LEGAL_OPINION = "LEGAL_OPINION", _("legal opinion")
        QUALITY_REPORT = "QUALITY_REPORT", _("quality report")
        SECURITY_REPORT = "SECURITY_REPORT", _("security report")
        VALUE_REPORT = "VALUE_REPORT", _("value report")

    class State(models.TextChoices):
        COMMISSIONED = "COMMISSIONED", _("commissioned")
        DECLINED = "DECLINED", pgettext_lazy("report", "declined")
        UNDERTAKEN = "UNDERTAKEN", _("undertaken")
        DELIVERED = "DELIVERED", pgettext_lazy("report", "delivered")
        RECEIVED = "RECEIVED", _("received by the provider")
        DISPUTED = "DISPUTED", _("disputed by the provider")
        RETURNED = "RETURNED", pgettext_lazy("report", "returned")
        ACCEPTED = "ACCEPTED", pgettext_lazy("report", "accepted")
        CANCELLED = "CANCELLED", pgettext_lazy("report", "cancelled")
        EXPIRED = "EXPIRED", pgettext_lazy("report", "expired")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {
        State.COMMISSIONED: frozenset({State.UNDERTAKEN, State.DECLINED, State.CANCELLED, State.EXPIRED}),
        State.UNDERTAKEN: frozenset({State.DELIVERED, State.CANCELLED}),
        State.DELIVERED: frozenset({State.ACCEPTED, State.RETURNED, State.RECEIVED, State.DISPUTED}),
        State.RECEIVED: frozenset({State.ACCEPTED, State.RETURNED}),
        State.DISPUTED: frozenset({State.DELIVERED, State.RECEIVED, State.CANCELLED}),
        State.RETURNED: frozenset({State.DELIVERED, State.CANCELLED}),
    }
    AWAITED = (State.COMMISSIONED, State.UNDERTAKEN, State.DELIVERED, State.RETURNED)
    WRITTEN = (State.DELIVERED, State.RECEIVED, State.DISPUTED, State.ACCEPTED)

    class Conclusion(models.TextChoices):
        FAVOURABLE = "FAVOURABLE", _("favourable")
        WITH_RESERVATIONS = "WITH_RESERVATIONS", _("with reservations")
        ADVERSE = "ADVERSE", _("adverse")

    # Of what a provider ordered.
    number = models.CharField(_("number"), max_length=24, unique=True, null=True, blank=True, editable=False)
    listing = models.ForeignKey(Listing, models.PROTECT, related_name="reports", verbose_name=_("listing"))
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    provider = models.ForeignKey("accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("provider"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("service agency")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    stage = models.CharField(_("stage"), max_length=20, blank=True)  # none where the provider ordered it
    ordered_by_provider = models.BooleanField(_("ordered by the provider"), default=False)
    fee_minor = models.BigIntegerField(_("agreed fee in minor units"), null=True)
    fee_currency = models.CharField(_("currency of the fee"), max_length=3, choices=CURRENCY_CHOICES, blank=True)
    fee_terms = models.TextField(_("agreed terms of the fee"), max_length=1000, blank=True)
    # What is held of the provider for the fee, a fee of the venue on top included, and when it went to the agency.
    fee_held_minor = models.BigIntegerField(_("held for the fee in minor units"), null=True)
    fee_paid_at = models.DateTimeField(_("fee paid at"), null=True)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.COMMISSIONED)
    question = models.TextField(_("what is asked"))
    due_at = models.DateTimeField(_("due at"))
    receive_by = models.DateTimeField(_("received in silence at"), null=True)
    commissioned_by = models.UUIDField(_("commissioned by"))
    written_by = models.UUIDField(_("written by"), null=True)
    accepted_by = models.UUIDField(_("accepted by"), null=True)
    conclusion = models.CharField(_("conclusion"), max_length=20, choices=Conclusion.choices, blank=True)
    findings = models.TextField(_("findings"), blank=True)
    # Of a legal opinion on a crossing of the border (DOMAIN §3.5): where, by which route, by which rules, as of when.
    jurisdictions = ArrayField(
        models.CharField(max_length=2, validators=[jurisdiction]), verbose_name=_("jurisdictions"), default=list
    )
    route = models.CharField(_("route"), max_length=30, blank=True)
    rule_set = models.CharField(_("rule set"), max_length=80, blank=True)
    opinion_on = models.DateField(_("as of"), null=True)
    valid_until = models.DateField(_("valid until"), null=True)
    note = models.TextField(_("note"), blank=True)

    objects: ClassVar[AgencyReportQuerySet] = AgencyReportQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("agency report")
        verbose_name_plural = _("agency reports")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(organization=F("provider")), name="report_is_by_another_organization"),
            models.CheckConstraint(
                condition=Q(ordered_by_provider=True, stage="")
                | (Q(ordered_by_provider=False, fee_minor__isnull=True, fee_terms="") & ~Q(stage="")),
                name="report_is_for_a_stage_or_for_its_provider",
            ),
            models.CheckConstraint(
                condition=Q(fee_minor__isnull=True, fee_currency="") | (Q(fee_minor__gte=0) & ~Q(fee_currency="")),
                name="report_fee_has_a_currency",
            ),
            models.CheckConstraint(
                condition=Q(fee_held_minor__isnull=True, fee_paid_at__isnull=True)
                | Q(fee_held_minor__gte=F("fee_minor"), fee_minor__gt=0),
                name="report_fee_is_held_whole_and_paid_once_held",
            ),
            models.UniqueConstraint(
                fields=["listing", "kind", "organization"],
                condition=Q(state__in=["COMMISSIONED", "UNDERTAKEN", "DELIVERED", "RETURNED"]),
                name="one_awaited_report_by_listing_kind_and_agency",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="report_by_agency"),
            models.Index(fields=["provider", "-id"], name="report_by_provider"),
            models.Index(fields=["venue", "state", "-id"], name="report_by_venue_and_state"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.listing}"

    @property
    def fee(self) -> Money | None:
        """What provider and agency agreed on, where it is a sum."""
        return None if self.fee_minor is None else Money(self.fee_minor, Currency(self.fee_currency))

    @property
    def fee_held(self) -> Money | None:
        """What was taken from the provider's available funds when it ordered; nothing for a fee of nothing."""
        return None if self.fee_held_minor is None else Money(self.fee_held_minor, Currency(self.fee_currency))


class ReportPaperQuerySet(models.QuerySet["ReportPaper"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(report__in=AgencyReport.objects.visible_to(actor).values("pk"))


class ReportPaper(StoredPaper):
    """The report itself as the agency signed it; the last one counts."""

    report = models.ForeignKey(AgencyReport, models.PROTECT, related_name="papers", verbose_name=_("agency report"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("service agency")
    )

    objects: ClassVar[ReportPaperQuerySet] = ReportPaperQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("paper of an agency report")
        verbose_name_plural = _("papers of agency reports")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name
