"""Auctions over HTTP: announcing one, looking on, bidding."""

from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.actors import Actor
from kernel.api import ReasonSerializer, StrictSerializer, actor_of, body_of, represent
from kernel.idempotency import idempotent
from kernel.money import MoneyField
from marketplace import auctions, bidding, reverse_auctions
from marketplace.api.negotiations import AgreedQuoteSerializer
from marketplace.api.serializers import PartySerializer
from marketplace.auctions import MOST_EXTENSION_MINUTES, Conditions
from marketplace.models import Auction, AuctionDeposit, Bid, Demand
from marketplace.sealed_amounts import unsealed

RELATED = ("venue", "provider", "listing", "demand__buyer", "quote")


class ConditionsSerializer(StrictSerializer):
    kind = serializers.ChoiceField(Auction.Kind.choices)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    start_price = MoneyField(help_text=_("What must be bid at least, or at most in a reverse auction."))
    step = MoneyField(help_text=_("By how much a bid must better the best one; of an English auction alone."))
    deposit = MoneyField(help_text=_("Held from each bidder with its first bid."))
    reserve_price = MoneyField(
        required=False,
        help_text=_("Below it nothing is sold, above it nothing bought; its holder and the exchange know it."),
    )
    extension_minutes = serializers.IntegerField(
        min_value=0,
        max_value=MOST_EXTENSION_MINUTES,
        default=5,
        help_text=_("A bid in the last so many minutes leaves so many to answer it."),
    )


class NewAuctionSerializer(ConditionsSerializer):
    listing_id = serializers.UUIDField()
    plan_id = serializers.UUIDField(help_text=_("A plan by auction."))


class NewReverseAuctionSerializer(ConditionsSerializer):
    invited = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=reverse_auctions.MOST_INVITED,
        default=list,
        help_text=_("Providers who alone may bid; none: whoever may propose."),
    )


class NewBidSerializer(StrictSerializer):
    amount = MoneyField()


class AuctionDepositSerializer(serializers.ModelSerializer[AuctionDeposit]):
    amount = MoneyField()

    class Meta:
        model = AuctionDeposit
        fields = ("paddle", "amount", "state")
        read_only_fields = fields


class AuctionSerializer(serializers.ModelSerializer[Auction]):
    """An auction as the caller may know it: the reserve, the quote and sealed bids are not for everybody."""

    venue = serializers.CharField(source="venue.code")
    phase = serializers.SerializerMethodField(help_text=_("Whether it takes bids, by the database's clock."))
    provider = PartySerializer(allow_null=True, help_text=_("Who sells; none in a reverse auction."))
    listing = serializers.CharField(source="listing.number", allow_null=True, default=None)
    demand = serializers.CharField(source="demand.number", allow_null=True, default=None)
    buyer = serializers.SerializerMethodField(help_text=_("Who seeks, where the demand names it."))
    start_price = serializers.SerializerMethodField()
    step = serializers.SerializerMethodField()
    deposit = serializers.SerializerMethodField()
    has_reserve = serializers.BooleanField()
    reserve_price = serializers.SerializerMethodField()
    best_bid = serializers.SerializerMethodField(help_text=_("The highest, or the lowest in a reverse auction."))
    bids = serializers.SerializerMethodField(help_text=_("How many; of sealed ones once it is closed."))
    own_deposit = serializers.SerializerMethodField()
    quote = serializers.SerializerMethodField()

    class Meta:
        model = Auction
        fields = (
            "id",
            "number",
            "venue",
            "direction",
            "kind",
            "state",
            "phase",
            "provider",
            "listing",
            "listing_id",
            "listing_revision",
            "plan_id",
            "demand",
            "demand_id",
            "buyer",
            "by_invitation",
            "starts_at",
            "announced_end",
            "ends_at",
            "extension_minutes",
            "start_price",
            "step",
            "deposit",
            "has_reserve",
            "reserve_price",
            "best_bid",
            "bids",
            "own_deposit",
            "closed_at",
            "outcome",
            "quote",
            "created_at",
        )
        read_only_fields = fields

    @property
    def _actor(self) -> Actor:
        actor: Actor = self.context["actor"]
        return actor

    def _holds(self, auction: Auction) -> bool:
        return self._actor.organization_id == auction.organization_id or auction.venue_id in self._actor.venue_ids

    @extend_schema_field(PartySerializer(allow_null=True))
    def get_buyer(self, auction: Auction) -> Any:
        demand = auction.demand
        known = demand is not None and (demand.names_buyer or self._holds(auction) or self._has_won(auction))
        return represent(PartySerializer, demand.buyer) if demand and known else None

    def _has_won(self, auction: Auction) -> bool:
        won = auction.quote
        return won is not None and self._actor.organization_id in (won.buyer_id, won.provider_id)

    @extend_schema_field(serializers.ChoiceField(Auction.Phase.choices))
    def get_phase(self, auction: Auction) -> str:
        return auction.phase_at(self.context["now"])

    @extend_schema_field(MoneyField())
    def get_start_price(self, auction: Auction) -> dict[str, str]:
        return auction.money(auction.start_minor).as_json()

    @extend_schema_field(MoneyField())
    def get_step(self, auction: Auction) -> dict[str, str]:
        return auction.money(auction.step_minor).as_json()

    @extend_schema_field(MoneyField())
    def get_deposit(self, auction: Auction) -> dict[str, str]:
        return auction.money(auction.deposit_minor).as_json()

    @extend_schema_field(MoneyField(allow_null=True))
    def get_reserve_price(self, auction: Auction) -> dict[str, str] | None:
        minor = auction.reserve_minor
        if minor is None and auction.reserve_sealed and self._actor.organization_id == auction.organization_id:
            minor = unsealed(auction, bytes(auction.reserve_sealed), owner=auction.organization_id)
        known = self._holds(auction) or auction.closed_at is not None
        return auction.money(minor).as_json() if minor is not None and known else None

    @extend_schema_field(MoneyField(allow_null=True))
    def get_best_bid(self, auction: Auction) -> dict[str, str] | None:
        return None if auction.lead_minor is None else auction.money(auction.lead_minor).as_json()

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_bids(self, auction: Auction) -> int | None:
        return None if auction.hides_bids else auction.bids_count

    @extend_schema_field(AuctionDepositSerializer(allow_null=True))
    def get_own_deposit(self, auction: Auction) -> Any:
        own: list[AuctionDeposit] = vars(auction)["own_deposits"]  # prefetched by _visible
        return represent(AuctionDepositSerializer, own[0]) if own else None

    @extend_schema_field(AgreedQuoteSerializer(allow_null=True))
    def get_quote(self, auction: Auction) -> Any:
        if auction.quote is None:
            return None
        mine = self._has_won(auction) or self._holds(auction)
        return represent(AgreedQuoteSerializer, auction.quote) if mine else None


class BidSerializer(serializers.ModelSerializer[Bid]):
    """A bid; who made it is told by a number only, of which `own` says whether it is the caller's."""

    amount = serializers.SerializerMethodField(help_text=_("Of somebody else's sealed bid once it is closed."))
    own = serializers.SerializerMethodField()

    class Meta:
        model = Bid
        fields = ("id", "number", "paddle", "own", "amount", "placed_at")
        read_only_fields = fields

    @extend_schema_field(MoneyField())
    def get_amount(self, bid: Bid) -> dict[str, str]:
        auction: Auction = self.context["auction"]
        return auction.money(bidding.opened(auction, bid)).as_json()

    def get_own(self, bid: Bid) -> bool:
        actor: Actor = self.context["actor"]
        return bid.organization_id == actor.organization_id


class AuctionFilter(django_filters.FilterSet):
    venue = django_filters.CharFilter("venue__code")
    state = django_filters.ChoiceFilter(choices=Auction.State.choices)
    kind = django_filters.ChoiceFilter(choices=Auction.Kind.choices)
    direction = django_filters.ChoiceFilter(choices=Auction.Direction.choices)
    demand = django_filters.UUIDFilter("demand_id")
    listing = django_filters.UUIDFilter("listing_id")
    provider = django_filters.UUIDFilter("provider_id")


class AuctionList(generics.GenericAPIView[Auction]):
    """The auctions of listings and demands that the caller may know of, newest first; announcing one of a listing."""

    serializer_class = AuctionSerializer
    filterset_class = AuctionFilter
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Auction]:
        return _visible(self.request)

    @extend_schema(operation_id="auctions_list", responses=AuctionSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        shown = AuctionSerializer(page, many=True, context=_context(request))
        return self.get_paginated_response(shown.data)

    @extend_schema(operation_id="auctions_announce", request=NewAuctionSerializer, responses={201: AuctionSerializer})
    @idempotent()
    def post(self, request: Request) -> Response:
        body = body_of(NewAuctionSerializer, request)
        made = auctions.announce_auction(
            listing_id=body.pop("listing_id"),
            plan_id=body.pop("plan_id"),
            conditions=_conditions(body),
            actor=actor_of(request),
        )
        return Response(_json(made.pk, request), status=201)


class DemandAuction(APIView):
    """Announce a reverse auction of an open demand, by its buyer: providers bid one another down."""

    @extend_schema(
        operation_id="demands_auction", request=NewReverseAuctionSerializer, responses={201: AuctionSerializer}
    )
    @idempotent(withhold=("reserve_price",))  # a sealed ceiling is stored nowhere in clear
    def post(self, request: Request, demand_id: UUID) -> Response:
        get_object_or_404(Demand.objects.visible_to(actor_of(request)), pk=demand_id)
        body = body_of(NewReverseAuctionSerializer, request)
        made = reverse_auctions.announce_reverse_auction(
            demand_id=demand_id,
            invited=body.pop("invited"),
            conditions=_conditions(body),
            actor=actor_of(request),
        )
        return Response(_json(made.pk, request), status=201)


class AuctionDetail(APIView):
    @extend_schema(operation_id="auctions_read", responses=AuctionSerializer)
    def get(self, request: Request, auction_id: UUID) -> Response:
        return Response(_json(auction_id, request))


class AuctionCancel(APIView):
    """Call an auction off: who holds it before it begins, the venue's staff until it is over."""

    @extend_schema(operation_id="auctions_cancel", request=ReasonSerializer, responses=AuctionSerializer)
    @idempotent()
    def post(self, request: Request, auction_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        auctions.cancel_auction(auction_id=auction_id, reason=reason, actor=actor_of(request))
        return Response(_json(auction_id, request))


class AuctionWithdrawWin(APIView):
    """Take back what one has won in a reverse auction before it is ordered; the deposit goes to the buyer."""

    @extend_schema(operation_id="auctions_withdraw_win", request=ReasonSerializer, responses=AuctionSerializer)
    @idempotent()
    def post(self, request: Request, auction_id: UUID) -> Response:
        reason = body_of(ReasonSerializer, request)["reason"]
        reverse_auctions.withdraw_win(auction_id=auction_id, reason=reason, actor=actor_of(request))
        return Response(_json(auction_id, request))


class AuctionBids(generics.GenericAPIView[Bid]):
    """The bids of an auction, newest first, of sealed ones the caller's own until it is closed; bidding."""

    serializer_class = BidSerializer
    ordering = ("-id",)

    def get_queryset(self) -> models.QuerySet[Bid]:
        if getattr(self, "swagger_fake_view", False):
            return Bid.objects.none()
        return Bid.objects.visible_to(actor_of(self.request)).filter(auction=self.kwargs["auction_id"])

    @extend_schema(operation_id="auctions_bids", responses=BidSerializer(many=True))
    def get(self, request: Request, auction_id: UUID) -> Response:
        auction = get_object_or_404(Auction.objects.visible_to(actor_of(request)), pk=auction_id)
        page = self.paginate_queryset(self.get_queryset())
        shown = BidSerializer(page, many=True, context=_context(request) | {"auction": auction})
        return self.get_paginated_response(shown.data)

    @extend_schema(operation_id="auctions_bid", request=NewBidSerializer, responses={201: BidSerializer})
    @idempotent(withhold=("amount",))  # a sealed bid is stored nowhere in clear
    def post(self, request: Request, auction_id: UUID) -> Response:
        amount = body_of(NewBidSerializer, request)["amount"]
        bid = bidding.place_bid(auction_id=auction_id, amount=amount, actor=actor_of(request))
        shown = BidSerializer(bid, context=_context(request) | {"auction": bid.auction})
        return Response(shown.data, status=201)


def _conditions(body: dict[str, Any]) -> Conditions:
    return Conditions(start=body.pop("start_price"), reserve=body.pop("reserve_price", None), **body)


def _visible(request: Request) -> models.QuerySet[Auction]:
    actor = actor_of(request)
    own = AuctionDeposit.objects.filter(organization=actor.organization_id)
    rows = Auction.objects.visible_to(actor).select_related(*RELATED).defer("listing__search", "demand__description")
    return rows.prefetch_related(models.Prefetch("deposits", own, to_attr="own_deposits"))


def _context(request: Request) -> dict[str, Any]:
    return {"actor": actor_of(request), "now": auctions.database_now()}


def _json(auction_id: UUID, request: Request) -> Any:
    auction = get_object_or_404(_visible(request), pk=auction_id)
    return AuctionSerializer(auction, context=_context(request)).data
