"""What is offered where: listings, their reviews and the clocks that run meanwhile."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Left
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.product_types import ProductType
from accounts.sectors import Sector
from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.languages import LanguageMapField
from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES
from kernel.states import Stateful
from listings.models.audience import Visibility, known_to, refusal_of, seeker_of
from listings.models.products import NAME_LENGTH, SUMMARY_LENGTH, Plan, Product, Terms
from listings.models.vocabulary import DeliveryMode, Frequency, RegionScope, ReviewStage

# The terms that a listing is filed under, as `facet:value`; an industry under its section (I) and its division (I65).
FILED_UNDER = (
    ("product_type", F("product_type")),
    ("industry", Left("industry", 1)),
    ("industry", F("industry")),
    ("jurisdiction", F("provider_jurisdiction")),
    ("frequency", F("frequency")),
    ("region_scope", F("region_scope")),
)


class ListingQuerySet(models.QuerySet["Listing"]):
    def visible_to(self, actor: Actor) -> Self:
        """The organization's own listings; staff see those at their venues."""
        return self.filter(owned_or_operated(actor, venue="venue"))

    def in_catalogue(self) -> Self:
        """Listings that anyone may find and read."""
        return self.filter(state=Listing.State.LISTED, visibility=Visibility.PUBLIC)

    def sought_by(self, actor: Actor) -> Self:
        """Listings whose existence the actor may know, with `refusal`: why it may not have them, or "".

        Costs one query more for whoever acts for an organization.
        """
        seeker = seeker_of(actor)
        return self.filter(known_to(actor, seeker), state=Listing.State.LISTED).annotate(
            refusal=refusal_of(actor, seeker)
        )

    def live(self) -> Self:
        """Listings that are under review or offered: what they show must not change meanwhile."""
        return self.filter(state__in=Listing.LIVE)


class Listing(Identified, Stateful):
    """A product offered at a venue: one version, one set of terms, some plans, and the row that the catalogue shows."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("draft")
        SUBMITTED = "SUBMITTED", _("submitted")
        IN_REVIEW = "IN_REVIEW", _("completeness review")
        COMPLIANCE = "COMPLIANCE", _("compliance review")
        COMMITTEE = "COMMITTEE", _("committee review")
        CORRECTION = "CORRECTION", _("to be corrected")
        LISTED = "LISTED", _("listed")
        SUSPENDED = "SUSPENDED", _("suspended")
        DELISTED = "DELISTED", _("delisted")
        REJECTED = "REJECTED", _("rejected")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {
        State.DRAFT: frozenset({State.SUBMITTED}),
        # Several stages of a review share a state: the one on whose desk the listing lies is in `stage`.
        State.SUBMITTED: frozenset({State.IN_REVIEW, State.COMPLIANCE, State.COMMITTEE}),
        State.IN_REVIEW: frozenset({State.COMPLIANCE, State.COMMITTEE, State.CORRECTION, State.REJECTED}),
        State.COMPLIANCE: frozenset(
            {State.COMPLIANCE, State.COMMITTEE, State.LISTED, State.CORRECTION, State.REJECTED}
        ),
        State.COMMITTEE: frozenset({State.COMPLIANCE, State.REJECTED}),
        State.CORRECTION: frozenset({State.SUBMITTED}),
        State.LISTED: frozenset({State.SUSPENDED, State.DELISTED}),
        State.SUSPENDED: frozenset({State.LISTED, State.DELISTED}),
    }
    UNDER_REVIEW = (State.IN_REVIEW, State.COMPLIANCE, State.COMMITTEE)
    LIVE = (State.SUBMITTED, *UNDER_REVIEW, State.LISTED, State.SUSPENDED)
    EDITABLE = (State.DRAFT, State.CORRECTION)
    ENDED = (State.DELISTED, State.REJECTED)

    product = models.ForeignKey(Product, models.PROTECT, related_name="listings", verbose_name=_("product"))
    # No index of their own: others below begin with these columns; one on two venues would only mislead the planner.
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="listings", verbose_name=_("provider"), db_index=False
    )
    venue = models.ForeignKey(
        "accounts.Venue", models.PROTECT, related_name="listings", verbose_name=_("venue"), db_index=False
    )
    version = models.ForeignKey(
        "listings.DatasetVersion", models.PROTECT, related_name="listings", verbose_name=_("version")
    )
    terms = models.ForeignKey(Terms, models.PROTECT, related_name="listings", verbose_name=_("terms"))
    plans = models.ManyToManyField(Plan, related_name="listings", verbose_name=_("plans"))
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.DRAFT)
    number = models.CharField(_("number"), max_length=32, unique=True, null=True, blank=True, editable=False)
    submitted_by = models.ForeignKey(
        "accounts.Person", models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("submitted by")
    )
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    reviewed_by = models.ForeignKey(
        "accounts.Person", models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("reviewed by")
    )
    approved_by = models.ForeignKey(
        "accounts.Person", models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("approved by")
    )
    listed_at = models.DateTimeField(_("listed at"), null=True, blank=True)
    stage = models.CharField(_("stage"), max_length=16, choices=ReviewStage.choices, blank=True, editable=False)
    assignee = models.ForeignKey(
        "accounts.Person", models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("on the desk of")
    )

    # For whom it is (listings/models/audience.py). Each may be empty; places are codes as in accounts/places.py.
    visibility = models.CharField(_("visibility"), max_length=14, choices=Visibility.choices, default=Visibility.PUBLIC)
    allowed_organizations = ArrayField(
        models.UUIDField(), verbose_name=_("only for organizations"), default=list, blank=True
    )
    denied_organizations = ArrayField(
        models.UUIDField(), verbose_name=_("not for organizations"), default=list, blank=True
    )
    allowed_places = ArrayField(
        models.CharField(max_length=6), verbose_name=_("only for places"), default=list, blank=True
    )
    denied_places = ArrayField(
        models.CharField(max_length=6), verbose_name=_("not for places"), default=list, blank=True
    )
    allowed_sectors = ArrayField(
        models.CharField(max_length=1, choices=Sector.choices),
        verbose_name=_("only for sectors"),
        default=list,
        blank=True,
    )
    denied_sectors = ArrayField(
        models.CharField(max_length=1, choices=Sector.choices),
        verbose_name=_("not for sectors"),
        default=list,
        blank=True,
    )
    revision = models.PositiveIntegerField(_("revision"), default=1, editable=False)

    # The catalogue's row, written when the listing is approved (listings/catalogue.py): a search reads one table.
    name = LanguageMapField(_("name"), text_length=NAME_LENGTH, blank=True, editable=False)
    summary = LanguageMapField(_("summary"), text_length=SUMMARY_LENGTH, blank=True, editable=False)
    product_type = models.CharField(
        _("product type"), max_length=12, choices=ProductType.choices, blank=True, editable=False
    )
    industry = models.CharField(_("industry (GB/T 4754)"), max_length=3, blank=True, editable=False)
    region_scope = models.CharField(
        _("region scope"), max_length=16, choices=RegionScope.choices, blank=True, editable=False
    )
    frequency = models.CharField(
        _("update frequency"), max_length=10, choices=Frequency.choices, blank=True, editable=False
    )
    provider_jurisdiction = models.CharField(_("provider's jurisdiction"), max_length=2, blank=True, editable=False)
    formats = ArrayField(
        models.CharField(max_length=10), verbose_name=_("formats"), default=list, blank=True, editable=False
    )
    rows = models.BigIntegerField(_("rows"), null=True, editable=False)
    bytes = models.BigIntegerField(_("bytes"), null=True, editable=False)
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES, blank=True, editable=False)
    price_from_minor = models.BigIntegerField(_("price from, in minor units"), null=True, editable=False)
    data_until = models.DateField(_("data until"), null=True, editable=False)
    fresh_until = models.DateField(_("newer data due on"), null=True, editable=False)
    late_since = models.DateTimeField(_("late since"), null=True, editable=False)
    deliveries = ArrayField(
        models.CharField(max_length=20, choices=DeliveryMode.choices),
        verbose_name=_("ways of delivery"),
        default=list,
        blank=True,
        editable=False,
    )
    destinations = ArrayField(
        models.CharField(max_length=2), verbose_name=_("may go to"), default=list, blank=True, editable=False
    )
    rights_until = models.DateField(_("right to operate until"), null=True, editable=False)
    dossier_sha256 = models.CharField(_("SHA-256 of the dossier"), max_length=64, blank=True, editable=False)
    dossier_sm3 = models.CharField(_("SM3 of the dossier"), max_length=64, blank=True, editable=False)
    quality_grade = models.CharField(_("quality grade"), max_length=1, blank=True, editable=False)
    quality_score = models.FloatField(_("quality score"), null=True, editable=False)
    search = SearchVectorField(null=True, editable=False)
    # What narrows a search most, one term for each, so that words and filters meet in one scan of one index.
    filed_under = models.GeneratedField(
        expression=models.Func(
            *(Concat(Value(f"{facet}:"), column) for facet, column in FILED_UNDER),
            template="ARRAY[%(expressions)s]",
        ),
        output_field=ArrayField(models.TextField()),
        db_persist=True,
        verbose_name=_("filed under"),
    )

    objects = ListingQuerySet.as_manager()

    class Meta:
        verbose_name = _("listing")
        verbose_name_plural = _("listings")
        constraints = [
            models.UniqueConstraint(
                fields=["product", "venue"],
                condition=~Q(state__in=["DELISTED", "REJECTED"]),
                name="one_live_listing_by_product_and_venue",
            ),
            models.CheckConstraint(
                condition=Q(state="DRAFT") | Q(number__isnull=False, submitted_by__isnull=False),
                name="submitted_listing_has_a_number_and_a_person",
            ),
            models.CheckConstraint(
                condition=~Q(state="LISTED")
                | (Q(approved_by__isnull=False) & ~Q(approved_by=F("submitted_by")) & ~Q(approved_by=F("reviewed_by"))),
                name="listing_is_approved_by_a_third_person",
            ),
            models.CheckConstraint(
                condition=~Q(state="LISTED") | Q(listed_at__isnull=False, price_from_minor__gte=0),
                name="listed_listing_has_a_date_and_a_price",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="listing_by_organization"),
            models.Index(fields=["venue", "state", "-id"], name="listing_by_venue_and_state"),
            # The queue of one kind of officer; a listing has a stage only while it is on its way through the review.
            models.Index(fields=["venue", "stage", "-id"], condition=~Q(stage=""), name="listing_by_review_stage"),
            models.Index(fields=["-listed_at", "-id"], condition=Q(state="LISTED"), name="catalogue_by_date"),
            models.Index(
                fields=["currency", "price_from_minor", "id"], condition=Q(state="LISTED"), name="catalogue_by_price"
            ),
            # The freshness monitor looks for those that are late and not yet marked, and for the marked ones.
            models.Index(
                fields=["fresh_until"],
                condition=Q(state="LISTED", late_since__isnull=True),
                name="listing_fresh_by_due_day",
            ),
            models.Index(fields=["id"], condition=Q(state="LISTED", late_since__isnull=False), name="listing_late"),
            # The watch over lapses looks for rights that have ended.
            models.Index(
                fields=["rights_until"],
                condition=Q(state="LISTED", rights_until__isnull=False),
                name="listing_by_end_of_rights",
            ),
            GinIndex(
                fields=["search", "filed_under", "formats", "deliveries", "destinations"],
                condition=Q(state="LISTED"),
                name="catalogue_search",
            ),
        ]

    def __str__(self) -> str:
        return self.number or str(self.pk)

    @property
    def is_for_everybody(self) -> bool:
        """Whether no rule keeps any buyer from it."""
        return self.visibility == Visibility.PUBLIC and not any(
            (
                self.allowed_organizations,
                self.denied_organizations,
                self.allowed_places,
                self.denied_places,
                self.allowed_sectors,
                self.denied_sectors,
            )
        )


class ReviewQuerySet(models.QuerySet["Review"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(owned_or_operated(actor, venue="venue"))


class Review(Identified):
    """One reviewer's decision at one stage, with the checklist it rests on; never changed afterwards."""

    class Decision(models.TextChoices):
        PASS = "PASS", _("passed")
        CORRECT = "CORRECT", _("correction requested")
        REJECT = "REJECT", _("rejected")
        REFER = "REFER", _("referred to the committee")

    listing = models.ForeignKey(Listing, models.PROTECT, related_name="reviews", verbose_name=_("listing"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("provider")
    )
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    submission = models.ForeignKey(
        "listings.Submission",
        models.PROTECT,
        related_name="reviews",
        null=True,  # what was decided before submissions were kept
        verbose_name=_("submission"),
    )
    stage = models.CharField(_("stage"), max_length=16, choices=ReviewStage.choices)
    reviewer = models.ForeignKey("accounts.Person", models.PROTECT, related_name="+", verbose_name=_("reviewer"))
    decision = models.CharField(_("decision"), max_length=8, choices=Decision.choices)
    edition = models.CharField(_("checklist edition"), max_length=40)
    checklist = models.JSONField(_("checklist"), default=dict)
    corrections = models.JSONField(_("corrections asked for"), default=list)
    reason = models.TextField(_("reason"), blank=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        constraints = [
            models.CheckConstraint(
                condition=~Q(decision="CORRECT") | ~Q(corrections=[]), name="correction_says_what_to_correct"
            ),
            models.CheckConstraint(
                condition=~Q(decision__in=["REJECT", "REFER"]) | ~Q(reason=""),
                name="rejection_has_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["listing", "id"], name="review_by_listing")]

    def __str__(self) -> str:
        return f"{self.get_stage_display()}: {self.get_decision_display()}"


class ReviewClockQuerySet(models.QuerySet["ReviewClock"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(owned_or_operated(actor, venue="venue"))

    def running(self) -> Self:
        return self.filter(stopped_at__isnull=True, paused_at__isnull=True)

    def overdue(self, at: datetime | None = None) -> Self:
        """Clocks that run and are past their due time."""
        return self.running().filter(due_at__lt=at or timezone.now())


class ReviewClock(Identified):
    """A time limit of the venue in working days: started, paused while the provider corrects, stopped."""

    class Kind(models.TextChoices):
        ACCEPTANCE = "ACCEPTANCE", _("take up the review")
        STAGE = "STAGE", _("decide the stage")
        DECISION = "DECISION", _("decide")

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="clocks", verbose_name=_("listing"))
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, related_name="+", verbose_name=_("provider")
    )
    venue = models.ForeignKey("accounts.Venue", models.PROTECT, related_name="+", verbose_name=_("venue"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    stage = models.CharField(_("stage"), max_length=16, choices=ReviewStage.choices, blank=True)
    working_days = models.PositiveSmallIntegerField(_("working days"))
    started_at = models.DateTimeField(_("started at"))
    due_at = models.DateTimeField(_("due at"))
    paused_at = models.DateTimeField(_("paused at"), null=True, blank=True)
    days_left = models.PositiveSmallIntegerField(_("working days left when paused"), null=True, blank=True)
    stopped_at = models.DateTimeField(_("stopped at"), null=True, blank=True)

    objects = ReviewClockQuerySet.as_manager()

    class Meta:
        verbose_name = _("review clock")
        verbose_name_plural = _("review clocks")
        constraints = [
            models.UniqueConstraint(
                fields=["listing", "kind"],
                condition=Q(stopped_at__isnull=True),
                name="one_clock_of_a_kind_runs_by_listing",
            ),
            models.CheckConstraint(
                condition=Q(paused_at__isnull=True) | Q(days_left__isnull=False), name="paused_clock_knows_days_left"
            ),
            models.CheckConstraint(
                condition=Q(kind="STAGE") & ~Q(stage="") | ~Q(kind="STAGE") & Q(stage=""),
                name="clock_of_a_stage_names_it",
            ),
        ]
        indexes = [
            models.Index(
                fields=["venue", "due_at"],
                condition=Q(stopped_at__isnull=True, paused_at__isnull=True),
                name="clock_running_by_due_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {timezone.localtime(self.due_at):%Y-%m-%d}"

    @property
    def is_overdue(self) -> bool:
        """Tell whether the limit has passed: now for a running clock, at its end for a stopped one."""
        if self.paused_at is not None and self.stopped_at is None:
            return self.paused_at > self.due_at
        return (self.stopped_at or timezone.now()) > self.due_at
