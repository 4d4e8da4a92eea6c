"""Addresses of crossing the border, below /api/v1/."""

from django.urls import URLPattern, path

from listings.api import border, customs, route_cases, routes, rule_sets

crossing: list[URLPattern] = [
    path("routes/decide", routes.RouteDecide.as_view(), name="route-decide"),
    path("catalogue/<uuid:listing_id>/routes", border.CatalogueRoutes.as_view(), name="catalogue-routes"),
    path("listings/<uuid:listing_id>/routes", border.ListingRoutes.as_view(), name="listing-routes"),
    path("products/<uuid:product_id>/border-dossier", border.ProductBorderDossier.as_view(), name="border-dossier"),
    path("dataset-versions/<uuid:version_id>/subjects", border.VersionSubjects.as_view(), name="version-subjects"),
    path("exporter-standings", border.StandingList.as_view(), name="exporter-standings"),
    path(
        "exporter-standings/<uuid:profile_id>/confirm",
        border.StandingConfirm.as_view(),
        name="exporter-standing-confirm",
    ),
    path("export-register", border.ExportRegister.as_view(), name="export-register"),
    path("organizations/<uuid:organization_id>/export-year", border.ExportYearDetail.as_view(), name="export-year"),
    path("rule-sets", rule_sets.RuleSetList.as_view(), name="rule-sets"),
    path("rule-sets/<uuid:rule_set_id>", rule_sets.RuleSetDetail.as_view(), name="rule-set"),
    path("rule-sets/<uuid:rule_set_id>/impact", rule_sets.RuleSetImpact.as_view(), name="rule-set-impact"),
    path("rule-sets/<uuid:rule_set_id>/switch-on", rule_sets.RuleSetSwitchOn.as_view(), name="rule-set-switch-on"),
    path("rule-sets/<uuid:rule_set_id>/withdraw", rule_sets.RuleSetWithdraw.as_view(), name="rule-set-withdraw"),
    path("splitting-alerts", border.SplittingAlertList.as_view(), name="splitting-alerts"),
    path(
        "splitting-alerts/<uuid:alert_id>/settle", border.SplittingAlertSettle.as_view(), name="splitting-alert-settle"
    ),
]

cases: list[URLPattern] = [
    path("route-cases", route_cases.RouteCaseList.as_view(), name="route-cases"),
    path("route-cases/<uuid:case_id>", route_cases.RouteCaseDetail.as_view(), name="route-case"),
    path("route-cases/<uuid:case_id>/decisions", route_cases.RouteCaseDecisions.as_view(), name="route-case-decisions"),
    path("route-cases/<uuid:case_id>/papers", route_cases.RouteCasePapers.as_view(), name="route-case-papers"),
    path("route-cases/<uuid:case_id>/decide", route_cases.RouteCaseDecide.as_view(), name="route-case-decide"),
    path("route-cases/<uuid:case_id>/choose", route_cases.RouteCaseChoose.as_view(), name="route-case-choose"),
    path("route-cases/<uuid:case_id>/submit", route_cases.RouteCaseSubmit.as_view(), name="route-case-submit"),
    path("route-cases/<uuid:case_id>/approve", route_cases.RouteCaseApprove.as_view(), name="route-case-approve"),
    path("route-cases/<uuid:case_id>/return", route_cases.RouteCaseReturn.as_view(), name="route-case-return"),
    path("route-cases/<uuid:case_id>/rule", route_cases.RouteCaseRule.as_view(), name="route-case-rule"),
    path("route-cases/<uuid:case_id>/reassess", route_cases.RouteCaseReassess.as_view(), name="route-case-reassess"),
    path("route-cases/<uuid:case_id>/revoke", route_cases.RouteCaseRevoke.as_view(), name="route-case-revoke"),
    path("route-cases/<uuid:case_id>/filings", route_cases.RouteCaseFilings.as_view(), name="route-case-filings"),
    path("route-cases/<uuid:case_id>/replies", route_cases.RouteCaseReplies.as_view(), name="route-case-replies"),
    path(
        "route-cases/<uuid:case_id>/drafts/<slug:paper_code>",
        route_cases.RouteCaseDrafts.as_view(),
        name="route-case-draft",
    ),
    path("case-papers/<uuid:paper_id>/content", route_cases.CasePaperContent.as_view(), name="case-paper-content"),
    path(
        "statutory-clocks/<uuid:clock_id>/pause",
        route_cases.StatutoryClockPause.as_view(),
        name="statutory-clock-pause",
    ),
    path(
        "statutory-clocks/<uuid:clock_id>/resume",
        route_cases.StatutoryClockResume.as_view(),
        name="statutory-clock-resume",
    ),
]

data_customs: list[URLPattern] = [
    path("customs-declarations", customs.DeclarationList.as_view(), name="customs-declarations"),
    path("customs-declarations/<uuid:declaration_id>", customs.DeclarationDetail.as_view(), name="customs-declaration"),
    path(
        "customs-declarations/<uuid:declaration_id>/sample",
        customs.DeclarationSample.as_view(),
        name="customs-declaration-sample",
    ),
    path(
        "customs-declarations/<uuid:declaration_id>/propose-release",
        customs.DeclarationProposeRelease.as_view(),
        name="customs-declaration-propose-release",
    ),
    path(
        "customs-declarations/<uuid:declaration_id>/release",
        customs.DeclarationRelease.as_view(),
        name="customs-declaration-release",
    ),
    path(
        "customs-declarations/<uuid:declaration_id>/hold",
        customs.DeclarationHold.as_view(),
        name="customs-declaration-hold",
    ),
    path(
        "customs-declarations/<uuid:declaration_id>/check",
        customs.DeclarationCheckAgain.as_view(),
        name="customs-declaration-check",
    ),
    path(
        "customs-declarations/<uuid:declaration_id>/return",
        customs.DeclarationReturn.as_view(),
        name="customs-declaration-return",
    ),
    path(
        "customs-declarations/<uuid:declaration_id>/quarantine",
        customs.DeclarationQuarantine.as_view(),
        name="customs-declaration-quarantine",
    ),
    path(
        "customs-declarations/<uuid:declaration_id>/declare-again",
        customs.DeclarationDeclareAgain.as_view(),
        name="customs-declaration-declare-again",
    ),
]

urlpatterns = [*crossing, *cases, *data_customs]
