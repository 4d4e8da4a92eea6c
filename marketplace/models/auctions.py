"""Auctions of a plan to buyers, and of a demand to sellers: the auction, the bids, and the deposits behind them."""

from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, Venue
from accounts.visibility import owned_or_operated
from kernel.actors import Actor
from kernel.models import Identified
from kernel.money import CURRENCY_CHOICES, LARGEST_MINOR, Currency, Money
from kernel.states import Stateful
from listings.models import Listing, Plan
from marketplace.models.demands import Demand
from marketplace.models.quotes import Quote


class AuctionQuerySet(models.QuerySet["Auction"]):
    def visible_to(self, actor: Actor) -> "AuctionQuerySet":
        """Who holds it, the staff of its venue, who has bid or is invited, and who may know what is sold or sought."""
        own = owned_or_operated(actor, organizations=("provider", "demand__buyer"), venue="venue")
        has_bid = AuctionDeposit.objects.filter(auction=OuterRef("pk"), organization=actor.organization_id)
        invited = AuctionInvitation.objects.filter(auction=OuterRef("pk"), organization=actor.organization_id)
        known = Q(listing__in=Listing.objects.sought_by(actor).order_by().values("pk"))
        sought = Q(by_invitation=False, demand__in=Demand.objects.on_board(actor).order_by().values("pk"))
        return self.filter(own | Q(Exists(has_bid)) | Q(Exists(invited)) | known | sought)

    def running(self) -> "AuctionQuerySet":
        return self.filter(state=Auction.State.ANNOUNCED)


class Auction(Identified, Stateful):
    """One plan goes to the highest bidder, or one demand to the lowest: openly (English), or by sealed bids.

    A forward auction is held by the `provider` of a listing, a reverse one by the buyer of a `demand`; what else
    differs is a table (marketplace/directions.py). Whether it takes bids is judged by the database's clock: from
    `starts_at` until before `ends_at`, which late bids of an English auction move. `lead` is the best open bid so far.
    """

    class Direction(models.TextChoices):
        FORWARD = "FORWARD", _("to the highest bidder")
        REVERSE = "REVERSE", _("to the lowest bidder")

    class Kind(models.TextChoices):
        ENGLISH = "ENGLISH", _("English auction")
        SEALED = "SEALED", _("sealed bids, first price")

    class State(models.TextChoices):
        ANNOUNCED = "ANNOUNCED", pgettext_lazy("auction", "announced")
        AWARDED = "AWARDED", pgettext_lazy("auction", "awarded")
        ORDERED = "ORDERED", pgettext_lazy("auction", "ordered")
        FORFEITED = "FORFEITED", pgettext_lazy("auction", "deposit forfeited")
        FAILED = "FAILED", pgettext_lazy("auction", "failed")
        CANCELLED = "CANCELLED", pgettext_lazy("auction", "cancelled")

    class Phase(models.TextChoices):
        SCHEDULED = "SCHEDULED", pgettext_lazy("auction", "scheduled")
        OPEN = "OPEN", pgettext_lazy("auction", "open")
        CLOSED = "CLOSED", pgettext_lazy("auction", "closed")

    MOVES = {
        State.ANNOUNCED: {State.AWARDED, State.FAILED, State.CANCELLED},
        State.AWARDED: {State.ORDERED, State.FORFEITED, State.FAILED},
    }

    number = models.CharField(_("number"), max_length=24, unique=True)
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    direction = models.CharField(_("direction"), max_length=7, choices=Direction.choices, default=Direction.FORWARD)
    # Of a forward auction, who sells and what. No index of its own: one below begins with this column.
    provider = models.ForeignKey(
        Organization, models.PROTECT, null=True, verbose_name=_("provider"), related_name="+", db_index=False
    )
    listing = models.ForeignKey(Listing, models.PROTECT, null=True, verbose_name=_("listing"), related_name="+")
    listing_revision = models.PositiveIntegerField(_("revision of the listing"), default=1)
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, verbose_name=_("plan"), related_name="+", db_index=False)
    # Of a reverse auction, what is sought.
    demand = models.ForeignKey(Demand, models.PROTECT, null=True, verbose_name=_("demand"), related_name="auctions")
    by_invitation = models.BooleanField(_("by invitation"), default=False)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.ANNOUNCED)
    starts_at = models.DateTimeField(_("begins"))
    announced_end = models.DateTimeField(_("announced end"))
    ends_at = models.DateTimeField(_("ends"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    start_minor = models.BigIntegerField(_("first bid in minor units"))
    step_minor = models.BigIntegerField(_("least step in minor units"))
    reserve_minor = models.BigIntegerField(_("reserve price in minor units"), null=True)
    # What a buyer would pay at most, where bids are sealed: unknown to the exchange too until the close.
    reserve_sealed = models.BinaryField(_("sealed reserve price"), null=True)
    deposit_minor = models.BigIntegerField(_("deposit in minor units"))
    extension_minutes = models.PositiveSmallIntegerField(_("minutes that a late bid leaves"), default=5)
    bids_count = models.PositiveIntegerField(_("bids"), default=0)
    lead_minor = models.BigIntegerField(_("best bid in minor units"), null=True)
    # The key of sealed bids, under the deployment's; nobody reads them before the auction closes.
    key_id = models.CharField(_("key-encryption key"), max_length=64, editable=False)
    wrapped_key = models.BinaryField(_("wrapped key"))
    closed_at = models.DateTimeField(_("closed at"), null=True)
    outcome = models.CharField(_("why it failed"), max_length=200, blank=True)
    quote = models.OneToOneField(Quote, models.PROTECT, null=True, verbose_name=_("quote"), related_name="auction")
    announced_by = models.UUIDField(_("announced by"), null=True)

    objects: ClassVar[AuctionQuerySet] = AuctionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("auction")
        verbose_name_plural = _("auctions")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan"], condition=Q(state__in=["ANNOUNCED", "AWARDED"]), name="one_auction_of_a_plan_at_a_time"
            ),
            models.UniqueConstraint(
                fields=["demand"],
                condition=Q(state__in=["ANNOUNCED", "AWARDED"]),
                name="one_auction_of_a_demand_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(
                    direction="FORWARD",
                    demand__isnull=True,
                    by_invitation=False,
                    provider__isnull=False,
                    listing__isnull=False,
                    plan__isnull=False,
                )
                | Q(
                    direction="REVERSE",
                    demand__isnull=False,
                    provider__isnull=True,
                    listing__isnull=True,
                    plan__isnull=True,
                ),
                name="auction_sells_a_plan_or_seeks_by_a_demand",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("announced_end"), announced_end__lte=F("ends_at")),
                name="auction_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(start_minor__range=(1, LARGEST_MINOR), step_minor__range=(1, LARGEST_MINOR))
                & Q(deposit_minor__range=(1, LARGEST_MINOR)),
                name="auction_amounts_are_positive",
            ),
            models.CheckConstraint(
                condition=Q(reserve_minor__isnull=True)
                | Q(direction="FORWARD", reserve_minor__gte=F("start_minor"))
                | Q(direction="REVERSE", reserve_minor__lte=F("start_minor")),
                name="reserve_is_not_worse_than_the_start",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["AWARDED", "ORDERED", "FORFEITED"]) | Q(quote__isnull=False),
                name="an_awarded_auction_has_a_quote",
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "-id"], name="auction_by_provider"),
            models.Index(fields=["venue", "state", "-id"], name="auction_by_venue_and_state"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def organization_id(self) -> UUID:
        """The organization that holds the auction: it sells, or it buys."""
        holder = self.demand.buyer_id if self.demand else self.provider_id
        if holder is None:
            raise ValueError("an auction is held by who sells, or by who seeks")
        return holder

    @property
    def has_reserve(self) -> bool:
        return self.reserve_minor is not None or self.reserve_sealed is not None

    @property
    def hides_bids(self) -> bool:
        """Whether its bids are still sealed."""
        return self.kind == self.Kind.SEALED and self.closed_at is None

    @property
    def extension(self) -> timedelta:
        return timedelta(minutes=self.extension_minutes)

    def money(self, minor: int) -> Money:
        """Return an amount in the auction's currency."""
        return Money(minor, Currency(self.currency))

    def phase_at(self, moment: datetime) -> "Auction.Phase":
        """Tell whether it takes bids at a moment of the database's clock."""
        if self.state != self.State.ANNOUNCED or moment >= self.ends_at:
            return self.Phase.CLOSED
        return self.Phase.SCHEDULED if moment < self.starts_at else self.Phase.OPEN


class AuctionInvitation(Identified):
    """A seller that a buyer has asked to bid; where there are any, nobody else may."""

    auction = models.ForeignKey(
        Auction, models.CASCADE, verbose_name=_("auction"), related_name="invitations", db_index=False
    )
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("invited seller"), related_name="+")

    class Meta:
        verbose_name = _("invitation to an auction")
        verbose_name_plural = _("invitations to auctions")
        constraints = [
            models.UniqueConstraint(fields=["auction", "organization"], name="one_invitation_by_auction_and_seller")
        ]

    def __str__(self) -> str:
        return str(self.organization)


class BidQuerySet(models.QuerySet["Bid"]):
    def visible_to(self, actor: Actor) -> "BidQuerySet":
        """The bids of auctions that one may see, but of a sealed auction only one's own until it closes."""
        seen = self.filter(auction__in=Auction.objects.visible_to(actor).order_by().values("pk"))
        unsealed = Q(auction__kind=Auction.Kind.ENGLISH) | Q(auction__closed_at__isnull=False)
        return seen.filter(unsealed | Q(organization=actor.organization_id))


class Bid(Identified):
    """What somebody bid, numbered as bids came in; never changed, but for the opening of a sealed one."""

    auction = models.ForeignKey(Auction, models.PROTECT, verbose_name=_("auction"), related_name="bids", db_index=False)
    number = models.PositiveIntegerField(_("number"))
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("bidder"), related_name="+")
    paddle = models.PositiveIntegerField(_("bidder's number"))
    amount_minor = models.BigIntegerField(_("bid in minor units"), null=True)
    sealed = models.BinaryField(_("sealed bid"), null=True)
    placed_at = models.DateTimeField(_("placed at"))
    made_by = models.UUIDField(_("made by"), null=True)

    objects: ClassVar[BidQuerySet] = BidQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("bid")
        verbose_name_plural = _("bids")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["auction", "number"], name="bids_are_numbered"),
            models.CheckConstraint(
                condition=Q(amount_minor__isnull=False) | Q(sealed__isnull=False), name="a_bid_is_open_or_sealed"
            ),
        ]

    def __str__(self) -> str:
        return str(self.number)


class AuctionDeposit(Identified, Stateful):
    """What a bidder has put up, held as an order's price is (settlements/escrow.py, under this row's id)."""

    class State(models.TextChoices):
        HELD = "HELD", pgettext_lazy("auction deposit", "held")
        RETURNED = "RETURNED", pgettext_lazy("auction deposit", "returned")
        CREDITED = "CREDITED", pgettext_lazy("auction deposit", "credited to the price")
        FORFEITED = "FORFEITED", pgettext_lazy("auction deposit", "forfeited")

    MOVES = {State.HELD: {State.RETURNED, State.CREDITED, State.FORFEITED}}

    auction = models.ForeignKey(
        Auction, models.PROTECT, verbose_name=_("auction"), related_name="deposits", db_index=False
    )
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("bidder"), related_name="+")
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    paddle = models.PositiveIntegerField(_("bidder's number"))
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.HELD)

    class Meta:
        verbose_name = _("deposit for an auction")
        verbose_name_plural = _("deposits for auctions")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["auction", "organization"], name="one_deposit_by_auction_and_bidder"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="auction_deposit_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.get_state_display()}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, Currency(self.currency))
