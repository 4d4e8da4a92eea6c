"""The work that waits for staff: each queue with its rows, its page in the console and who serves it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import CharField, Count, QuerySet, Value
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from accounts.permissions import Permission
from kernel.actors import Actor
from kernel.console import actor_in_console
from kernel.models import Job
from listings.models import (
    CustomsDeclaration,
    Listing,
    ListingRevision,
    PriceCeiling,
    ReviewClock,
    RouteCase,
    RouteRuleSet,
    SplittingAlert,
    StatutoryClock,
)
from listings.price_ceilings import listed_above_ceilings
from marketplace.models import Charge, CreditNote, Demand, Dispute, RevenuePeriod, RoomQuery
from settlements.models import (
    AccountingPeriod,
    BankBreak,
    Correction,
    Deposit,
    PayeeAccount,
    Payout,
    PayoutBatch,
    TaxFiling,
    VoucherClawback,
    VoucherGrant,
    VoucherProgramme,
    VoucherUse,
)


@dataclass(frozen=True)
class Queue:
    """Rows of one model in the states in which staff must act.

    It is shown to who holds one of `permissions`. `only` narrows the rows further, `filters` are the same in the words
    of the list page.
    """

    name: str
    title: Promise
    icon: str
    model: Any
    permissions: frozenset[Permission]
    filters: tuple[tuple[str, str], ...]
    only: Callable[[Any], Any] | None = None
    is_alarm: bool = False

    def is_for(self, actor: Actor) -> bool:
        return any(actor.may(permission) for permission in self.permissions)

    def rows(self, actor: Actor) -> QuerySet[Any]:
        """Return the waiting rows that the actor may see."""
        visible: QuerySet[Any] = self.model.objects.visible_to(actor)
        return self.only(visible) if self.only else visible.filter(**_lookups(self.filters))

    @property
    def address(self) -> str:
        meta = self.model._meta
        query = urlencode(self.filters, safe=",")
        return f"{reverse(f'admin:{meta.app_label}_{meta.model_name}_changelist')}?{query}"


def _lookups(filters: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    return {name: value.split(",") if name.endswith("__in") else value for name, value in filters}


P = Permission
_ON_A_DESK = ("state__in", "SUBMITTED,IN_REVIEW,COMPLIANCE,COMMITTEE")  # a listing in correction waits for its provider
_REVIEWING = frozenset(
    {
        P.LISTING_REVIEW,
        P.LISTING_REVIEW_RIGHTS,
        P.LISTING_REVIEW_SECURITY,
        P.LISTING_REVIEW_QUALITY,
        P.LISTING_ASSIGN,
        P.LISTING_APPROVE,
    }
)
QUEUES: tuple[Queue, ...] = (
    *(
        Queue(name, title, icon, Listing, frozenset({permission}), (("stage__in", stages), _ON_A_DESK))
        for name, title, icon, permission, stages in (
            ("completeness", _("Completeness check"), "fact_check", P.LISTING_REVIEW, "COMPLETENESS"),
            ("rights", _("Rights check"), "policy", P.LISTING_REVIEW_RIGHTS, "SOURCE_RIGHTS,LEGAL_OPINION"),
            ("security", _("Security check"), "security", P.LISTING_REVIEW_SECURITY, "GRADE"),
            ("quality", _("Quality and price check"), "rule", P.LISTING_REVIEW_QUALITY, "QUALITY,PRICE"),
            ("committee", _("Committee"), "groups", P.LISTING_VOTE, "COMMITTEE"),
            ("compliance", _("Publication"), "gavel", P.LISTING_APPROVE, "COMPLIANCE,PUBLICATION"),
        )
    ),
    Queue(
        "revisions",
        _("Revisions of listings"),
        "difference",
        ListingRevision,
        frozenset({P.LISTING_APPROVE}),
        (("state__exact", "SUBMITTED"),),
    ),
    Queue(
        "memberships",
        _("Membership applications"),
        "how_to_reg",
        Membership,
        frozenset({P.MEMBERSHIP_REVIEW, P.MEMBERSHIP_APPROVE}),
        (("state__in", "SUBMITTED,IN_REVIEW,APPROVED"),),
    ),
    Queue(
        "demands",
        _("Demands to review"),
        "search_check",
        Demand,
        frozenset({P.DEMAND_REVIEW}),
        (("state__exact", "IN_REVIEW"),),
    ),
    Queue(
        "disputes",
        _("Disputes to lead"),
        "balance",
        Dispute,
        frozenset({P.DISPUTE_MEDIATE}),
        (("state__in", "FILED,MEDIATION,ARBITRATION,LITIGATION"),),
    ),
    Queue(
        "overdue",
        _("Overdue reviews"),
        "alarm",
        ReviewClock,
        _REVIEWING,
        (("clock", "overdue"),),
        only=lambda clocks: clocks.overdue(),
        is_alarm=True,
    ),
    Queue(
        "route_cases",
        _("Route cases to judge"),
        "alt_route",
        RouteCase,
        frozenset({P.BORDER_REVIEW}),
        (("state__in", "CLASSIFIED,INTERNAL_REVIEW,RETURNED"),),
    ),
    Queue(
        "border_filings",
        _("Filings to enter"),
        "upload_file",
        RouteCase,
        frozenset({P.BORDER_FILE}),
        (("state__in", "SIGNED,SUBMITTED,FILING_SUPPLEMENT"),),
    ),
    Queue(
        "customs",
        _("Declarations to check"),
        "inventory",
        CustomsDeclaration,
        frozenset({P.CUSTOMS_CHECK}),
        (("state__in", "CONTENT_SAMPLING,HELD,DISPUTED"),),
    ),
    Queue(
        "border_clocks",
        _("Time limits passed"),
        "alarm",
        StatutoryClock,
        frozenset({P.BORDER_REVIEW, P.BORDER_FILE}),
        (("stopped_at__isempty", "1"), ("overdue_at__isempty", "0")),
        only=lambda clocks: clocks.running().filter(overdue_at__isnull=False),
        is_alarm=True,
    ),
    Queue(
        "splitting",
        _("Splitting alerts"),
        "call_split",
        SplittingAlert,
        frozenset({P.BORDER_REVIEW}),
        (("state__exact", "OPEN"),),
        is_alarm=True,
    ),
    Queue(
        "rule_sets",
        _("Rule sets to switch on"),
        "balance",
        RouteRuleSet,
        frozenset({P.BORDER_RULES}),
        (("state__exact", "PROPOSED"),),
    ),
    Queue(
        "price_ceilings",
        _("Price ceilings to confirm"),
        "vertical_align_top",
        PriceCeiling,
        frozenset({P.FEES_MANAGE}),
        (("state__exact", "ENTERED"),),
    ),
    Queue(
        "above_ceilings",
        _("Listings above a price ceiling"),
        "price_change",
        Listing,
        frozenset({P.FEES_MANAGE, P.LISTING_SUSPEND}),
        (("price", "above_ceiling"),),
        listed_above_ceilings,
        is_alarm=True,
    ),
    Queue(
        "deposits",
        _("Deposits to credit"),
        "savings",
        Deposit,
        frozenset({P.DEPOSIT_CREDIT}),
        (("state__exact", "ENTERED"),),
    ),
    Queue(
        "payouts",
        _("Payouts to approve"),
        "outbound",
        Payout,
        frozenset({P.PAYOUT_APPROVE}),
        (("state__exact", "REQUESTED"),),
    ),
    Queue(
        "payments",
        _("Payouts to confirm"),
        "account_balance",
        Payout,
        frozenset({P.PAYOUT_CONFIRM}),
        (("state__exact", "APPROVED"),),
    ),
    Queue(
        "payee_accounts",
        _("Payee accounts to verify"),
        "contacts",
        PayeeAccount,
        frozenset({P.PAYEE_VERIFY}),
        (("state__exact", "REGISTERED"),),
    ),
    Queue(
        "payout_batches",
        _("Payout batches to check"),
        "stacks",
        PayoutBatch,
        frozenset({P.PAYOUT_BATCH}),
        (("state__exact", "GATHERED"),),
    ),
    Queue(
        "tax_filings",
        _("Tax filings to confirm"),
        "assignment_turned_in",
        TaxFiling,
        frozenset({P.PAYOUT_APPROVE}),
        (("state__exact", "ENTERED"),),
    ),
    Queue(
        "closings",
        _("Periods to close"),
        "event_available",
        AccountingPeriod,
        frozenset({P.LEDGER_CLOSE}),
        (("state__exact", "CLOSING"),),
    ),
    Queue(
        "corrections",
        _("Corrections to post"),
        "undo",
        Correction,
        frozenset({P.LEDGER_CORRECT}),
        (("state__exact", "PROPOSED"),),
    ),
    Queue(
        "bank_breaks",
        _("Breaks to explain"),
        "difference",
        BankBreak,
        frozenset({P.BANK_RECONCILE}),
        (("state__in", "OPEN,PROPOSED"),),
        is_alarm=True,
    ),
    Queue(
        "held_results",
        _("Held results of clean rooms"),
        "lock_clock",
        RoomQuery,
        frozenset({P.ENTITLEMENT_SUSPEND}),
        (("state__exact", "HELD"),),
    ),
    Queue(
        "overdue_charges",
        _("Overdue charges"),
        "money_off",
        Charge,
        frozenset({P.CHARGE_CREDIT}),
        (("state__exact", "OVERDUE"),),
        is_alarm=True,
    ),
    Queue(
        "late_revenue",
        _("Late reports of revenue"),
        "pending_actions",
        RevenuePeriod,
        frozenset({P.CHARGE_CREDIT}),
        (("state__exact", "LATE"),),
        is_alarm=True,
    ),
    Queue(
        "credit_notes",
        _("Credit notes to approve"),
        "undo",
        CreditNote,
        frozenset({P.CHARGE_CREDIT}),
        (("state__exact", "PROPOSED"),),
    ),
    Queue(
        "voucher_programmes",
        _("Voucher programmes to open"),
        "redeem",
        VoucherProgramme,
        frozenset({P.VOUCHER_MANAGE}),
        (("state__exact", "DRAFTED"),),
    ),
    Queue(
        "vouchers",
        _("Vouchers to decide"),
        "local_activity",
        VoucherGrant,
        frozenset({P.VOUCHER_GRANT}),
        (("state__in", "APPLIED,APPROVED"),),
    ),
    Queue(
        "related_vouchers",
        _("Vouchers of related parties"),
        "group",
        VoucherUse,
        frozenset({P.VOUCHER_MANAGE}),
        (("state__exact", "SETTLED"), ("relation__isempty", "0")),
        only=lambda uses: uses.filter(state="SETTLED").exclude(relation=""),
        is_alarm=True,
    ),
    Queue(
        "voucher_clawbacks",
        _("Clawbacks to approve"),
        "undo",
        VoucherClawback,
        frozenset({P.VOUCHER_MANAGE}),
        (("state__exact", "PROPOSED"),),
    ),
    Queue(
        "failed_jobs",
        _("Failed jobs"),
        "error",
        Job,
        frozenset({P.JOB_RETRY}),
        (("state__exact", "FAILED"),),
        is_alarm=True,
    ),
)


def waiting(request: HttpRequest) -> dict[str, int]:
    """Return how many rows wait in each queue that is for the person signed in: one query per request."""
    known: dict[str, int] | None = request.__dict__.get("_waiting")
    if known is None:
        known = request.__dict__["_waiting"] = count_waiting(actor_in_console(request))
    return known


def count_waiting(actor: Actor) -> dict[str, int]:
    """Return how many rows wait in each queue that is for the actor, with one query."""
    mine = [queue for queue in QUEUES if queue.is_for(actor)]
    if not mine:
        return {}
    first, *others = [_count(queue, actor) for queue in mine]
    counted = dict(first.union(*others, all=True)) if others else dict(first)
    return {queue.name: counted.get(queue.name, 0) for queue in mine}


def _count(queue: Queue, actor: Actor) -> QuerySet[Any, Any]:
    named = queue.rows(actor).order_by().annotate(queue=Value(queue.name, output_field=CharField()))
    counted: QuerySet[Any, Any] = named.values("queue").annotate(count=Count("pk")).values_list("queue", "count")
    return counted
