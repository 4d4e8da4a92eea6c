"""Addresses of orders, deliveries, entitlements and statistics, below /api/v1/."""

from django.urls import path

from marketplace.api import (
    clean_rooms,
    deliveries,
    demands,
    entitlements,
    gateway,
    orders,
    product_pages,
    proposals,
    recipients,
    scenarios,
    statistics,
    subscriptions,
    verification,
)
from marketplace.delivery.download import download

urlpatterns = [
    path("orders", orders.OrderList.as_view(), name="orders"),
    path("orders/<uuid:order_id>", orders.OrderDetail.as_view(), name="order"),
    path("orders/<uuid:order_id>/cancel", orders.OrderCancel.as_view(), name="order-cancel"),
    path("orders/<uuid:order_id>/fund", orders.OrderFund.as_view(), name="order-fund"),
    path("orders/<uuid:order_id>/evidence-pack", orders.OrderEvidencePack.as_view(), name="order-evidence-pack"),
    path("orders/<uuid:order_id>/agreement", orders.OrderAgreement.as_view(), name="order-agreement"),
    path("deliveries", deliveries.DeliveryList.as_view(), name="deliveries"),
    path("deliveries/<uuid:delivery_id>", deliveries.DeliveryDetail.as_view(), name="delivery"),
    path("deliveries/<uuid:delivery_id>/accept", deliveries.DeliveryAccept.as_view(), name="delivery-accept"),
    path("deliveries/<uuid:delivery_id>/reject", deliveries.DeliveryReject.as_view(), name="delivery-reject"),
    path("deliveries/<uuid:delivery_id>/arrival", deliveries.DeliveryArrival.as_view(), name="delivery-arrival"),
    path("deliveries/<uuid:delivery_id>/grants", deliveries.DeliveryGrants.as_view(), name="delivery-grants"),
    path(
        "deliveries/<uuid:delivery_id>/table-grants",
        recipients.DeliveryTableGrants.as_view(),
        name="delivery-table-grants",
    ),
    path("recipients", recipients.RecipientList.as_view(), name="recipients"),
    path("recipients/<uuid:recipient_id>", recipients.RecipientDetail.as_view(), name="recipient"),
    path(
        "recipients/<uuid:recipient_id>/activations",
        recipients.RecipientActivations.as_view(),
        name="recipient-activations",
    ),
    path("recipients/<uuid:recipient_id>/revoke", recipients.RecipientRevoke.as_view(), name="recipient-revoke"),
    path(
        "api-clients/<uuid:client_id>/sharing-profile",
        recipients.ClientSharingProfile.as_view(),
        name="client-sharing-profile",
    ),
    path("entitlements", entitlements.EntitlementList.as_view(), name="entitlements"),
    path(
        "datasets/<uuid:dataset_id>/licensed-parents",
        entitlements.DatasetLicensedParents.as_view(),
        name="dataset-licensed-parents",
    ),
    path("entitlements/<uuid:entitlement_id>", entitlements.EntitlementDetail.as_view(), name="entitlement"),
    path(
        "entitlements/<uuid:entitlement_id>/suspend",
        entitlements.EntitlementSuspend.as_view(),
        name="entitlement-suspend",
    ),
    path(
        "entitlements/<uuid:entitlement_id>/resume", entitlements.EntitlementResume.as_view(), name="entitlement-resume"
    ),
    path(
        "entitlements/<uuid:entitlement_id>/revoke", entitlements.EntitlementRevoke.as_view(), name="entitlement-revoke"
    ),
    path(
        "entitlements/<uuid:entitlement_id>/identity-key",
        verification.EntitlementIdentityKey.as_view(),
        name="entitlement-identity-key",
    ),
    path(
        "entitlements/<uuid:entitlement_id>/identity-consents",
        verification.EntitlementIdentityConsents.as_view(),
        name="entitlement-identity-consents",
    ),
    path(
        "entitlements/<uuid:entitlement_id>/identity-queries",
        verification.EntitlementIdentityQueries.as_view(),
        name="entitlement-identity-queries",
    ),
    path("entitlements/<uuid:entitlement_id>/usage", verification.EntitlementUsage.as_view(), name="entitlement-usage"),
    path("entitlements/<uuid:entitlement_id>/calls", gateway.EntitlementCalls.as_view(), name="entitlement-calls"),
    path(
        "entitlements/<uuid:entitlement_id>/usage-summary",
        gateway.EntitlementUsageSummary.as_view(),
        name="entitlement-usage-summary",
    ),
    path("products/<uuid:product_id>/upstream", gateway.ProductUpstream.as_view(), name="product-upstream"),
    path("subscriptions", subscriptions.SubscriptionList.as_view(), name="subscriptions"),
    path("subscriptions/<uuid:subscription_id>", subscriptions.SubscriptionDetail.as_view(), name="subscription"),
    path(
        "subscriptions/<uuid:subscription_id>/policy",
        subscriptions.SubscriptionPolicy.as_view(),
        name="subscription-policy",
    ),
    path("new-versions", subscriptions.NewVersionList.as_view(), name="new-versions"),
    path("new-versions/<uuid:new_version_id>", subscriptions.NewVersionDetail.as_view(), name="new-version"),
    path("clean-rooms", clean_rooms.RoomList.as_view(), name="clean-rooms"),
    path("clean-rooms/<uuid:room_id>", clean_rooms.RoomDetail.as_view(), name="clean-room"),
    path("clean-rooms/<uuid:room_id>/queries", clean_rooms.RoomQueries.as_view(), name="clean-room-queries"),
    path("room-queries/<uuid:query_id>", clean_rooms.QueryDetail.as_view(), name="room-query"),
    path("room-queries/<uuid:query_id>/approve", clean_rooms.QueryApprove.as_view(), name="room-query-approve"),
    path("room-queries/<uuid:query_id>/refuse", clean_rooms.QueryRefuse.as_view(), name="room-query-refuse"),
    path("room-queries/<uuid:query_id>/result", clean_rooms.QueryResult.as_view(), name="room-query-result"),
    path("statistics/editions", statistics.EditionList.as_view(), name="statistics-editions"),
    path("statistics/editions/<uuid:edition_id>", statistics.EditionDetail.as_view(), name="statistics-edition"),
    path(
        "statistics/editions/<uuid:edition_id>/publish", statistics.EditionPublish.as_view(), name="statistics-publish"
    ),
    path(
        "statistics/editions/<uuid:edition_id>/discard", statistics.EditionDiscard.as_view(), name="statistics-discard"
    ),
    path("statistics/editions/<uuid:edition_id>/cells", statistics.EditionCells.as_view(), name="statistics-cells"),
    path("statistics/editions/<uuid:edition_id>/cells.csv", statistics.EditionCsv.as_view(), name="statistics-csv"),
    path(
        "statistics/editions/<uuid:edition_id>/cells.xlsx", statistics.EditionWorkbook.as_view(), name="statistics-xlsx"
    ),
    path("statistics/index", statistics.Index.as_view(), name="statistics-index"),
    path("statistics/index/<slug:code>/chart.svg", statistics.IndexChart.as_view(), name="statistics-chart"),
    path("statistics/returns", statistics.ReturnList.as_view(), name="statistics-returns"),
    path("demands", demands.DemandList.as_view(), name="demands"),
    path("demands/<uuid:demand_id>", demands.DemandDetail.as_view(), name="demand"),
    path("demands/<uuid:demand_id>/submit", demands.DemandSubmit.as_view(), name="demand-submit"),
    path("demands/<uuid:demand_id>/publish", demands.DemandPublish.as_view(), name="demand-publish"),
    path("demands/<uuid:demand_id>/reject", demands.DemandReject.as_view(), name="demand-reject"),
    path("demands/<uuid:demand_id>/withdraw", demands.DemandWithdraw.as_view(), name="demand-withdraw"),
    path("demands/<uuid:demand_id>/order", demands.DemandOrder.as_view(), name="demand-order"),
    path("demands/<uuid:demand_id>/matches", product_pages.DemandMatches.as_view(), name="demand-matches"),
    path("catalogue/<uuid:listing_id>/matches", product_pages.ListingMatches.as_view(), name="listing-matches"),
    path("catalogue/<uuid:listing_id>/page", product_pages.ProductPageDetail.as_view(), name="product-page"),
    path("scenarios", scenarios.ScenarioList.as_view(), name="scenarios"),
    path("scenarios/<uuid:scenario_id>", scenarios.ScenarioDetail.as_view(), name="scenario"),
    path("scenarios/<uuid:scenario_id>/publish", scenarios.ScenarioPublish.as_view(), name="scenario-publish"),
    path("scenarios/<uuid:scenario_id>/close", scenarios.ScenarioClose.as_view(), name="scenario-close"),
    path("scenarios/<uuid:scenario_id>/matches", scenarios.ScenarioMatches.as_view(), name="scenario-matches"),
    path(
        "scenarios/<uuid:scenario_id>/products/<uuid:product_id>",
        scenarios.ScenarioProduct.as_view(),
        name="scenario-product",
    ),
    path(
        "scenarios/<uuid:scenario_id>/demands/<uuid:demand_id>",
        scenarios.ScenarioDemand.as_view(),
        name="scenario-demand",
    ),
    path("demand-board", demands.DemandBoard.as_view(), name="demand-board"),
    path("demand-board/<uuid:demand_id>", demands.DemandBoardDetail.as_view(), name="demand-board-detail"),
    path("demand-board/<uuid:demand_id>/proposals", proposals.Propose.as_view(), name="demand-propose"),
    path("proposals", proposals.ProposalList.as_view(), name="proposals"),
    path("proposals/<uuid:proposal_id>", proposals.ProposalDetail.as_view(), name="proposal"),
    path("proposals/<uuid:proposal_id>/withdraw", proposals.ProposalWithdraw.as_view(), name="proposal-withdraw"),
    path("proposals/<uuid:proposal_id>/shortlist", proposals.ProposalShortlist.as_view(), name="proposal-shortlist"),
    path("proposals/<uuid:proposal_id>/decline", proposals.ProposalDecline.as_view(), name="proposal-decline"),
    path("proposals/<uuid:proposal_id>/award", proposals.ProposalAward.as_view(), name="proposal-award"),
    path("proposals/<uuid:proposal_id>/offer-listing", proposals.ProposalOfferListing.as_view(), name="proposal-offer"),
    path("downloads/<str:token>", download, name="download"),
]
