"""Tables of the marketplace: orders, agreements, entitlements, deliveries, the grants to read, and the statistics."""

from marketplace.models.agreements import Agreement, Entitlement
from marketplace.models.auctions import Auction, AuctionDeposit, AuctionInvitation, Bid
from marketplace.models.charges import Charge, ChargeVoucher, CreditNote, DunningStep
from marketplace.models.clean_rooms import CleanRoom, Intersection, RoomQuery, RoomTable
from marketplace.models.compute import ComputeJob, ComputePool
from marketplace.models.deliveries import AccessGrant, Delivery, MarkedFile
from marketplace.models.demands import Demand, Proposal
from marketplace.models.disputes import Dispute, DisputeOffer, DisputeStatement
from marketplace.models.gateway import GatewayCall, Upstream
from marketplace.models.milestones import Milestone
from marketplace.models.negotiations import Negotiation, NegotiationRound
from marketplace.models.orders import Order
from marketplace.models.packs import PackDraw, UnitPack
from marketplace.models.plan_changes import PlanChange
from marketplace.models.push import Push, PushedFile, PushTarget
from marketplace.models.quotes import Quote
from marketplace.models.revenue import RevenueAnswer, RevenueBill, RevenuePeriod, RevenueStatement
from marketplace.models.scenarios import Scenario
from marketplace.models.sharing import (
    Recipient,
    RecipientToken,
    SharedFile,
    SharedTable,
    TableChange,
    TableGrant,
)
from marketplace.models.statistics import IndexPoint, ProductionReturn, StatisticCell, StatisticEdition
from marketplace.models.subscriptions import NewVersion, Subscription
from marketplace.models.usage import UsageRecord

__all__ = [
    "AccessGrant",
    "Agreement",
    "Auction",
    "AuctionDeposit",
    "AuctionInvitation",
    "Bid",
    "Charge",
    "ChargeVoucher",
    "CleanRoom",
    "ComputeJob",
    "ComputePool",
    "CreditNote",
    "Delivery",
    "Demand",
    "Dispute",
    "DisputeOffer",
    "DisputeStatement",
    "DunningStep",
    "Entitlement",
    "GatewayCall",
    "IndexPoint",
    "Intersection",
    "MarkedFile",
    "Milestone",
    "Negotiation",
    "NegotiationRound",
    "NewVersion",
    "Order",
    "PackDraw",
    "PlanChange",
    "ProductionReturn",
    "Proposal",
    "Push",
    "PushTarget",
    "PushedFile",
    "Quote",
    "Recipient",
    "RecipientToken",
    "RevenueAnswer",
    "RevenueBill",
    "RevenuePeriod",
    "RevenueStatement",
    "RoomQuery",
    "RoomTable",
    "Scenario",
    "SharedFile",
    "SharedTable",
    "StatisticCell",
    "StatisticEdition",
    "Subscription",
    "TableChange",
    "TableGrant",
    "UnitPack",
    "Upstream",
    "UsageRecord",
]
