"""What buyers look for, and what sellers and brokers propose to them."""

from typing import ClassVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Capacity, Membership, Organization, Venue
from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.languages import LanguageMapField, in_language
from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES, LARGEST_MINOR, Currency, Money
from kernel.states import Stateful
from listings.models import Listing, PersonalData, Plan, ProductType
from marketplace.models.orders import Order

TITLE_LENGTH = 80
DESCRIPTION_LENGTH = 2000
SELLING = (Capacity.PROVIDER, Capacity.BROKER)


class DemandQuerySet(models.QuerySet["Demand"]):
    def visible_to(self, actor: Actor) -> "DemandQuerySet":
        """The organization's own demands; staff see those at their venues."""
        return self.filter(owned_or_operated(actor, organizations=("buyer",), venue="venue"))

    def open(self) -> "DemandQuerySet":
        """Demands that take proposals now."""
        return self.filter(state__in=Demand.TAKES_PROPOSALS, deadline__gt=timezone.now())

    def on_board(self, actor: Actor) -> "DemandQuerySet":
        """Open demands that the actor may read: all, but those for members only where it may propose itself."""
        selling = Membership.objects.active().filter(
            organization=actor.organization_id, venue=OuterRef("venue"), capacity__in=SELLING
        )
        readable = ~Q(confidentiality=Demand.Confidentiality.MEMBERS_ONLY)
        if actor.organization_id is not None:
            readable |= Q(Exists(selling))
        return self.open().filter(readable | owned_or_operated(actor, organizations=("buyer",), venue="venue"))


class Demand(Identified, Stateful):
    """A buyer's wish, reviewed and published by the venue; proposals answer it, and one of them is awarded."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("draft")
        IN_REVIEW = "IN_REVIEW", pgettext_lazy("demand", "in review")
        OPEN = "OPEN", pgettext_lazy("demand", "open")
        MATCHING = "MATCHING", _("proposals shortlisted")
        AWARDED = "AWARDED", pgettext_lazy("demand", "awarded")
        FULFILLED = "FULFILLED", _("fulfilled")
        EXPIRED = "EXPIRED", pgettext_lazy("demand", "expired")
        WITHDRAWN = "WITHDRAWN", _("withdrawn")
        REJECTED = "REJECTED", pgettext_lazy("demand", "rejected")

    class Confidentiality(models.TextChoices):
        PUBLIC = "PUBLIC", _("published with the buyer's name")
        NAME_WITHHELD = "NAME_WITHHELD", _("published without the buyer's name")
        MEMBERS_ONLY = "MEMBERS_ONLY", _("for the venue's providers and brokers only, without the buyer's name")

    MOVES = {
        State.DRAFT: {State.IN_REVIEW},
        State.IN_REVIEW: {State.OPEN, State.REJECTED, State.WITHDRAWN},
        State.OPEN: {State.MATCHING, State.AWARDED, State.EXPIRED, State.WITHDRAWN},
        State.MATCHING: {State.AWARDED, State.EXPIRED, State.WITHDRAWN},
        State.AWARDED: {State.FULFILLED, State.OPEN, State.EXPIRED, State.WITHDRAWN},
    }
    TAKES_PROPOSALS = (State.OPEN, State.MATCHING)

    number = models.CharField(_("number"), max_length=24, unique=True, null=True, blank=True, editable=False)
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    # No index of its own: one below begins with this column.
    buyer = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("buyer"), related_name="+", db_index=False)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    title = LanguageMapField(_("title"), text_length=TITLE_LENGTH)
    description = LanguageMapField(_("description"), text_length=DESCRIPTION_LENGTH)
    purpose = models.CharField(_("purpose of use"), max_length=1000)
    industry = models.CharField(_("industry (GB/T 4754)"), max_length=3)
    product_type = models.CharField(_("product type"), max_length=12, choices=ProductType.choices, blank=True)
    wanted_fields = ArrayField(
        models.CharField(max_length=80), verbose_name=_("wanted fields"), default=list, blank=True
    )
    personal_data = models.CharField(
        _("personal information"), max_length=10, choices=PersonalData.choices, default=PersonalData.NONE
    )
    budget_minor = models.BigIntegerField(_("budget in minor units"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES, default=Currency.CNY)
    budget_public = models.BooleanField(_("the budget is published"), default=False)
    deadline = models.DateTimeField(_("proposals until"))
    destination = models.CharField(_("where the data go"), max_length=2, help_text=_("ISO 3166 code: CN, HK, MO, …"))
    delivery = models.CharField(_("wished delivery"), max_length=400, blank=True)
    confidentiality = models.CharField(
        _("confidentiality"), max_length=14, choices=Confidentiality.choices, default=Confidentiality.PUBLIC
    )
    posted_by = models.UUIDField(_("posted by"), null=True, editable=False)
    published_at = models.DateTimeField(_("published at"), null=True, editable=False)
    order = models.OneToOneField(
        Order, models.PROTECT, null=True, editable=False, verbose_name=_("order"), related_name="demand"
    )

    objects: ClassVar[DemandQuerySet] = DemandQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("demand")
        verbose_name_plural = _("demands")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="DRAFT") | Q(number__isnull=False), name="posted_demand_has_a_number"
            ),
            models.CheckConstraint(
                condition=Q(budget_minor__isnull=True) | Q(budget_minor__range=(1, LARGEST_MINOR)),
                name="demand_budget_is_a_price",
            ),
            models.CheckConstraint(
                condition=Q(order__isnull=True) | Q(state__in=["AWARDED", "FULFILLED"]),
                name="only_an_awarded_demand_has_an_order",
            ),
        ]
        indexes = [
            models.Index(fields=["buyer", "-id"], name="demand_by_buyer"),
            models.Index(fields=["venue", "state", "-id"], name="demand_by_venue_and_state"),
            models.Index(
                fields=["-published_at", "-id"], condition=Q(state__in=["OPEN", "MATCHING"]), name="demand_board"
            ),
            models.Index(
                fields=["deadline"], condition=Q(state__in=["OPEN", "MATCHING"]), name="demand_open_by_deadline"
            ),
        ]

    def __str__(self) -> str:
        return self.number or in_language(self.title)

    @property
    def organization_id(self) -> UUID:
        """The organization whose wish it is."""
        return self.buyer_id

    @property
    def budget(self) -> Money | None:
        return None if self.budget_minor is None else Money(self.budget_minor, Currency(self.currency))

    @property
    def names_buyer(self) -> bool:
        """Whether those who read the board may know who asks."""
        return self.confidentiality == self.Confidentiality.PUBLIC


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def visible_to(self, actor: Actor) -> "ProposalQuerySet":
        """What the actor's organization proposed or was proposed; one proposer never sees another one's."""
        parties = ("organization", "demand__buyer")
        return self.filter(owned_or_operated(actor, organizations=parties, venue="venue"))

    def living(self) -> "ProposalQuerySet":
        """Proposals that the buyer may still take."""
        return self.filter(state__in=Proposal.LIVING)


class Proposal(Identified, Stateful):
    """An answer to a demand: a plan of a listing, or a promise of a product that is still to be listed."""

    class Capacity(models.TextChoices):
        PROVIDER = Capacity.PROVIDER.value, Capacity.PROVIDER.label
        BROKER = Capacity.BROKER.value, Capacity.BROKER.label

    class State(models.TextChoices):
        SUBMITTED = "SUBMITTED", _("submitted")
        SHORTLISTED = "SHORTLISTED", _("shortlisted")
        AWARDED = "AWARDED", pgettext_lazy("proposal", "awarded")
        DECLINED = "DECLINED", _("declined")
        WITHDRAWN = "WITHDRAWN", _("withdrawn")
        EXPIRED = "EXPIRED", pgettext_lazy("proposal", "expired")

    MOVES = {
        State.SUBMITTED: {State.SHORTLISTED, State.AWARDED, State.DECLINED, State.WITHDRAWN, State.EXPIRED},
        State.SHORTLISTED: {State.AWARDED, State.DECLINED, State.WITHDRAWN, State.EXPIRED},
        State.AWARDED: {State.DECLINED},
    }
    LIVING = (State.SUBMITTED, State.SHORTLISTED)

    demand = models.ForeignKey(Demand, models.CASCADE, verbose_name=_("demand"), related_name="proposals")
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    # No index of its own: one below begins with this column.
    organization = models.ForeignKey(
        Organization, models.PROTECT, verbose_name=_("proposed by"), related_name="+", db_index=False
    )
    capacity = models.CharField(_("capacity"), max_length=16, choices=Capacity.choices)
    listing = models.ForeignKey(
        Listing, models.PROTECT, verbose_name=_("listing"), related_name="+", null=True, blank=True
    )
    plan = models.ForeignKey(Plan, models.PROTECT, verbose_name=_("plan"), related_name="+", null=True, blank=True)
    draft = LanguageMapField(_("what is to be made and listed"), text_length=DESCRIPTION_LENGTH, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.SUBMITTED)
    price_minor = models.BigIntegerField(_("price in minor units"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    delivery = models.CharField(_("delivery"), max_length=400, blank=True)
    delivery_days = models.PositiveSmallIntegerField(_("days until delivery"), null=True, blank=True)
    message = models.CharField(_("message"), max_length=2000, blank=True)
    valid_until = models.DateTimeField(_("valid until"))
    made_by = models.UUIDField(_("made by"), null=True, editable=False)

    objects: ClassVar[ProposalQuerySet] = ProposalQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["demand", "organization"],
                condition=Q(state__in=["SUBMITTED", "SHORTLISTED", "AWARDED"]),
                name="one_living_proposal_by_demand_and_organization",
            ),
            models.UniqueConstraint(
                fields=["demand"], condition=Q(state="AWARDED"), name="one_proposal_is_awarded_by_demand"
            ),
            models.CheckConstraint(
                condition=Q(listing__isnull=False, plan__isnull=False) | Q(listing__isnull=True, plan__isnull=True),
                name="proposal_names_a_listing_with_its_plan",
            ),
            models.CheckConstraint(
                condition=Q(listing__isnull=False) | ~Q(draft={}), name="proposal_names_a_listing_or_a_draft"
            ),
            models.CheckConstraint(
                condition=Q(price_minor__gte=0, price_minor__lte=LARGEST_MINOR), name="proposal_price_is_a_price"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="proposal_by_organization"),
            models.Index(
                fields=["valid_until"],
                condition=Q(state__in=["SUBMITTED", "SHORTLISTED"]),
                name="proposal_living_by_validity",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.demand} ← {self.organization}"

    @property
    def price(self) -> Money:
        return Money(self.price_minor, Currency(self.currency))
