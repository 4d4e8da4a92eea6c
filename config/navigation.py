"""The console's sidebar, in the order of the staff's work; an item is shown only to who may open its page."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from config.queues import QUEUES, Queue, waiting
from kernel.console import actor_in_console

Item = dict[str, Any]
# Pages below the queues of each group: title, icon, model. Who may view the model sees them.
PAGES: Mapping[str, tuple[tuple[Promise, str, str], ...]] = {
    "review": (),
    "trades": (
        (_("Orders"), "shopping_cart", "marketplace.order"),
        (_("Auctions"), "gavel", "marketplace.auction"),
        (_("Negotiations"), "forum", "marketplace.negotiation"),
        (_("Quotes"), "request_quote", "marketplace.quote"),
        (_("Agreements"), "handshake", "marketplace.agreement"),
        (_("Deliveries"), "local_shipping", "marketplace.delivery"),
        (_("Entitlements"), "key", "marketplace.entitlement"),
        (_("Subscriptions"), "autorenew", "marketplace.subscription"),
        (_("Plan changes"), "swap_vert", "marketplace.planchange"),
        (_("New versions"), "new_releases", "marketplace.newversion"),
        (_("Pushes"), "cloud_upload", "marketplace.push"),
        (_("Push targets"), "cloud", "marketplace.pushtarget"),
        (_("Table grants"), "table_view", "marketplace.tablegrant"),
        (_("Upstreams"), "dns", "marketplace.upstream"),
        (_("Calls of interfaces"), "webhook", "marketplace.gatewaycall"),
        (_("Usage records"), "speed", "marketplace.usagerecord"),
        (_("Marked copies"), "fingerprint", "marketplace.markedfile"),
        (_("Disputes"), "balance", "marketplace.dispute"),
        (_("Demands"), "contact_support", "marketplace.demand"),
        (_("Proposals"), "lightbulb", "marketplace.proposal"),
        (_("AI scenarios"), "smart_toy", "marketplace.scenario"),
    ),
    "money": (
        (_("Trial balance"), "balance", "settlements.account"),
        (_("Deposits"), "payments", "settlements.deposit"),
        (_("Payouts"), "send_money", "settlements.payout"),
        (_("Payout batches"), "stacks", "settlements.payoutbatch"),
        (_("Parts of payouts abroad"), "call_split", "settlements.payoutpart"),
        (_("Tax filings"), "assignment_turned_in", "settlements.taxfiling"),
        (_("Cross-border payments"), "public", "settlements.crossborderpayment"),
        (_("Payee accounts"), "contacts", "settlements.payeeaccount"),
        (_("Custody accounts"), "account_balance_wallet", "settlements.custodyaccount"),
        (_("Bank statements"), "receipt", "settlements.bankstatement"),
        (_("Bank bookings"), "list_alt", "settlements.bankbooking"),
        (_("Breaks"), "difference", "settlements.bankbreak"),
        (_("Bank matches"), "join_inner", "settlements.bankmatch"),
        (_("Closed bank days"), "event_available", "settlements.bankday"),
        (_("Bank files"), "folder_zip", "settlements.bankfile"),
        (_("Escrow holds"), "lock", "settlements.escrowhold"),
        (_("Settlements"), "call_split", "settlements.settlement"),
        (_("Charges"), "receipt", "marketplace.charge"),
        (_("Unit packs"), "inventory_2", "marketplace.unitpack"),
        (_("Revenue periods"), "pie_chart", "marketplace.revenueperiod"),
        (_("Credit notes"), "undo", "marketplace.creditnote"),
        (_("Voucher programmes"), "redeem", "settlements.voucherprogramme"),
        (_("Vouchers"), "local_activity", "settlements.vouchergrant"),
        (_("Uses of vouchers"), "shopping_bag", "settlements.voucheruse"),
        (_("Clawbacks"), "undo", "settlements.voucherclawback"),
        (_("Transfers"), "swap_horiz", "settlements.transfer"),
        (_("Entries"), "receipt_long", "settlements.entry"),
        (_("Accounting periods"), "event_available", "settlements.accountingperiod"),
        (_("Balances at the close"), "inventory", "settlements.periodbalance"),
        (_("Corrections"), "undo", "settlements.correction"),
        (_("Fee schedules"), "percent", "settlements.feeschedule"),
        (_("Exchange rates"), "currency_exchange", "settlements.exchangerate"),
        (_("Exchange quotes"), "request_quote", "settlements.exchangequote"),
        (_("Fee waivers"), "money_off", "settlements.feewaiver"),
        (_("Revaluations"), "trending_up", "settlements.revaluation"),
        (_("Invoices"), "request_page", "settlements.invoice"),
        (_("Tax rates"), "account_balance", "settlements.taxrate"),
        (_("Tax withheld"), "savings", "settlements.withholding"),
    ),
    "evidence": (
        (_("Audit events"), "history", "kernel.auditevent"),
        (_("Certificates"), "verified", "kernel.certificate"),
        (_("Tree heads"), "account_tree", "kernel.treehead"),
        (_("Log keys"), "vpn_key", "kernel.logkey"),
        (_("Attestations"), "approval", "listings.attestation"),
        (_("Verification requests"), "fact_check", "listings.verificationrequest"),
        (_("Identity programmes"), "badge", "listings.identityprogramme"),
        (_("Consents to identity checks"), "how_to_reg", "listings.identityconsent"),
        (_("Trust nodes"), "hub", "listings.trustnode"),
        (_("Attestation batches"), "swap_horiz", "listings.attestationbatch"),
        (_("Jobs"), "work_history", "kernel.job"),
    ),
    "catalogue": (
        (_("Listings"), "storefront", "listings.listing"),
        (_("Listing invitations"), "forward_to_inbox", "listings.listinginvitation"),
        (_("Submissions"), "outbox", "listings.submission"),
        (_("Agency reports"), "description", "listings.agencyreport"),
        (_("Committee ballots"), "how_to_vote", "listings.ballot"),
        (_("Reviews"), "rate_review", "listings.review"),
        (_("Listing revisions"), "difference", "listings.listingrevision"),
        (_("Review clocks"), "timer", "listings.reviewclock"),
        (_("Property registrations"), "workspace_premium", "listings.propertyregistration"),
        (_("Objections"), "gavel", "listings.registrationobjection"),
        (_("Annotations"), "push_pin", "listings.registrationannotation"),
        (_("Products"), "inventory_2", "listings.product"),
        (_("Imported certificates"), "workspace_premium", "listings.importedcertificate"),
        (_("Plans"), "sell", "listings.plan"),
        (_("Price ceilings"), "vertical_align_top", "listings.priceceiling"),
        (_("Terms"), "policy", "listings.terms"),
        (_("Datasets"), "database", "listings.dataset"),
        (_("Dataset versions"), "layers", "listings.datasetversion"),
        (_("Data files"), "draft", "listings.datafile"),
        (_("Harvest sources"), "travel_explore", "listings.harvestsource"),
        (_("Bulk registrations"), "playlist_add", "listings.harvestrun"),
        (_("Records of bulk registrations"), "rule", "listings.harvestrecord"),
        (_("Bulk-registered products"), "link", "listings.harvestedproduct"),
    ),
    "border": (
        (_("Route cases"), "alt_route", "listings.routecase"),
        (_("Route decisions"), "rule", "listings.routedecision"),
        (_("Statutory clocks"), "timer", "listings.statutoryclock"),
        (_("Customs declarations"), "inventory", "listings.customsdeclaration"),
        (_("Transfer permits"), "confirmation_number", "listings.transferpermit"),
        (_("Export register"), "bar_chart", "listings.exportentry"),
        (_("Exporters' standings"), "verified_user", "listings.exporterprofile"),
        (_("Cross-border dossiers"), "travel", "listings.borderdossier"),
        (_("Splitting alerts"), "call_split", "listings.splittingalert"),
        (_("Rule sets"), "balance", "listings.routeruleset"),
    ),
    "statistics": (
        (_("Editions"), "monitoring", "marketplace.statisticedition"),
        (_("Production returns"), "request_quote", "marketplace.productionreturn"),
    ),
    "members": (
        (_("Organizations"), "apartment", "accounts.organization"),
        (_("Memberships"), "badge", "accounts.membership"),
        (_("People"), "group", "accounts.person"),
        (_("Roles"), "assignment_ind", "accounts.affiliation"),
        (_("Declared interests"), "diversity_3", "accounts.interest"),
        (_("Ties between organizations"), "share", "accounts.organizationtie"),
        (_("Invitations"), "mail", "accounts.invitation"),
        (_("API clients"), "api", "accounts.apiclient"),
        (_("Venues"), "location_city", "accounts.venue"),
    ),
}
TITLES: Mapping[str, Promise] = {
    "review": _("Review queue"),
    "trades": _("Trades"),
    "money": _("Money"),
    "evidence": _("Evidence"),
    "catalogue": _("Catalogue"),
    "border": _("Border"),
    "statistics": _("Statistics"),
    "members": _("Members"),
}
GROUP_OF_QUEUE: Mapping[str, str] = {
    "completeness": "review",
    "rights": "review",
    "security": "review",
    "quality": "review",
    "committee": "review",
    "compliance": "review",
    "revisions": "review",
    "memberships": "review",
    "demands": "review",
    "overdue": "review",
    "route_cases": "border",
    "border_filings": "border",
    "customs": "border",
    "border_clocks": "border",
    "splitting": "border",
    "rule_sets": "border",
    "price_ceilings": "trades",
    "above_ceilings": "trades",
    "disputes": "trades",
    "held_results": "trades",
    "deposits": "money",
    "payouts": "money",
    "payments": "money",
    "payee_accounts": "money",
    "payout_batches": "money",
    "tax_filings": "money",
    "closings": "money",
    "corrections": "money",
    "bank_breaks": "money",
    "overdue_charges": "money",
    "late_revenue": "money",
    "credit_notes": "money",
    "voucher_programmes": "money",
    "vouchers": "money",
    "related_vouchers": "money",
    "voucher_clawbacks": "money",
    "failed_jobs": "evidence",
}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups of the sidebar with how much work waits; one query, whatever there is."""
    counts = waiting(request)
    overview = {"items": [_item(_now("Overview"), "dashboard", _address("admin:index"), request)]}
    groups = [
        {"title": str(title), "separator": True, "collapsible": False, "items": _items(name, counts, request)}
        for name, title in TITLES.items()
    ]
    return [overview, *(group for group in groups if group["items"])]


def _items(group: str, counts: Mapping[str, int], request: HttpRequest) -> list[Item]:
    queues = [queue for queue in QUEUES if queue.name in counts and GROUP_OF_QUEUE[queue.name] == group]
    pages = [page for page in PAGES[group] if may_view(request, page[2])]
    reports = [_item(_now("Reports"), "bar_chart", _address("money-reports"), request)] if group == "money" else []
    return [
        *(_queue_item(queue, counts[queue.name], request) for queue in queues),
        *(reports if actor_in_console(request).may(Permission.LEDGER_READ) else ()),
        *(_item(str(title), icon, _list_of(model), request) for title, icon, model in pages),
    ]


def may_view(request: HttpRequest, model: str) -> bool:
    """Tell whether the person signed in may open the list of a model."""
    return bool(admin.site.get_model_admin(apps.get_model(model)).has_view_permission(request))


def _list_of(model: str) -> str:
    return _address(f"admin:{model.replace('.', '_')}_changelist")


@cache
def _address(view: str) -> str:
    # A sidebar has some hundred of them, and the same on every page.
    return reverse(view)


def _queue_item(queue: Queue, count: int, request: HttpRequest) -> Item:
    variant = "danger" if queue.is_alarm else "primary"
    item = _item(str(queue.title), queue.icon, queue.address, request)
    return item | ({"badge": count, "badge_variant": variant} if count else {})


def _item(title: str, icon: str, link: str, request: HttpRequest) -> Item:
    """Return an item, lit on exactly its own page: a queue on its filtered list, a list on all its other pages."""
    path, _mark, query = link.partition("?")
    if query:
        active = request.path == path and _query(request) == query
    elif path == _address("admin:index"):
        active = request.path == path
    else:
        active = request.path.startswith(path) and not (request.path == path and _is_queue(request))
    return {"title": title, "icon": icon, "link": link, "active": active}


def _query(request: HttpRequest) -> str:
    return request.GET.urlencode(safe=",")


def _is_queue(request: HttpRequest) -> bool:
    return any(_query(request) == queue.address.partition("?")[2] for queue in QUEUES)
