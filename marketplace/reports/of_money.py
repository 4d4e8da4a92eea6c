"""The reports themselves: who holds what, how long escrow has waited, what fees came in, what falls due, who sells."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.product_types import ProductType
from kernel.money import format_amount
from marketplace.reports.table import Line, Report
from settlements.models import Account, ExchangeRate

PARTY_BALANCES = """
SELECT venue.code, organization.legal_name, account.currency, account.kind, kept.minor, account.id
  FROM settlements_account account
  JOIN settlements_balance kept ON kept.account_id = account.id
  JOIN accounts_venue venue ON venue.id = account.venue_id
  JOIN accounts_organization organization ON organization.id = account.organization_id
 WHERE account.venue_id = ANY (%(venues)s::uuid[]) AND kept.minor <> 0
 ORDER BY venue.code, account.currency, kept.minor DESC, account.id
"""
# What is still held: the price without what was settled or refunded already.
ESCROW_AGEING = """
SELECT venue.code, hold.currency, age.since, age.until, count(*),
       sum(hold.amount_minor - hold.settled_minor - hold.refunded_minor)::bigint, sum(hold.frozen_minor)::bigint,
       %(now)s::timestamptz
  FROM settlements_escrowhold hold
  JOIN accounts_venue venue ON venue.id = hold.venue_id
  JOIN (VALUES (0, 7), (7, 30), (30, 90), (90, NULL)) AS age (since, until)
    ON hold.created_at <= %(now)s::timestamptz - make_interval(days => age.since)
   AND (age.until IS NULL OR hold.created_at > %(now)s::timestamptz - make_interval(days => age.until))
 WHERE hold.state = 'HELD' AND hold.venue_id = ANY (%(venues)s::uuid[])
 GROUP BY venue.code, hold.currency, age.since, age.until
 ORDER BY venue.code, hold.currency, age.since
"""
# From the entries of the fee accounts, so that it agrees with the ledger; the product is that of the settled order, or
# of the order whose use was charged or credited.
FEE_INCOME = """
SELECT venue.code, to_char(entry.created_at AT TIME ZONE venue.timezone, 'YYYY-MM') AS month,
       coalesce(listing.product_type, '') AS product_type, account.currency, count(*),
       sum(entry.amount_minor)::bigint, account.id
  FROM settlements_account account
  JOIN accounts_venue venue ON venue.id = account.venue_id
  JOIN settlements_entry entry ON entry.account_id = account.id
   AND entry.created_at >= (%(first_day)s::date)::timestamp AT TIME ZONE venue.timezone
   AND entry.created_at < (%(after_day)s::date)::timestamp AT TIME ZONE venue.timezone
  JOIN settlements_transfer transfer ON transfer.id = entry.transfer_id
  LEFT JOIN marketplace_creditnote note
    ON note.id = CASE WHEN transfer.kind = 'CREDIT_NOTE' THEN substr(transfer.reference, 13, 36)::uuid END
  LEFT JOIN marketplace_charge charge
    ON charge.id = CASE WHEN transfer.kind = 'CHARGE' THEN substr(transfer.reference, 8, 36)::uuid
                        ELSE note.charge_id END
  LEFT JOIN marketplace_entitlement used ON used.id = charge.entitlement_id
  LEFT JOIN marketplace_agreement agreed ON agreed.id = used.agreement_id
  LEFT JOIN marketplace_order trade
    ON trade.id = CASE WHEN transfer.reference ~ '^settlement:[0-9a-f-]{36}'
                       THEN substr(transfer.reference, 12, 36)::uuid ELSE agreed.order_id END
  LEFT JOIN listings_listing listing ON listing.id = trade.listing_id
 WHERE account.kind = 'FEES' AND account.venue_id = ANY (%(venues)s::uuid[])
 GROUP BY 1, 2, 3, 4, account.id
 ORDER BY 2 DESC, 1, 4, 6 DESC
"""
# Deliveries that silence will accept, orders accepted and to be divided, payouts approved and to be paid.
SETTLEMENT_CALENDAR = """
SELECT due.venue_code, due.day, due.what, due.currency, count(*), sum(due.minor)::bigint
  FROM (SELECT venue.code AS venue_code, (delivery.accept_by AT TIME ZONE venue.timezone)::date AS day,
               'ACCEPTANCE' AS what, trade.currency, trade.gross_minor AS minor
          FROM marketplace_delivery delivery
          JOIN marketplace_order trade ON trade.id = delivery.order_id
          JOIN accounts_venue venue ON venue.id = delivery.venue_id
         WHERE delivery.state = 'DELIVERED' AND delivery.venue_id = ANY (%(venues)s::uuid[])
        UNION ALL
        SELECT venue.code, (%(now)s::timestamptz AT TIME ZONE venue.timezone)::date, 'SETTLEMENT', trade.currency,
               trade.gross_minor
          FROM marketplace_order trade
          JOIN accounts_venue venue ON venue.id = trade.venue_id
         WHERE trade.state = 'ACCEPTED' AND trade.venue_id = ANY (%(venues)s::uuid[])
        UNION ALL
        SELECT venue.code, (%(now)s::timestamptz AT TIME ZONE venue.timezone)::date, 'PAYMENT', payout.currency,
               payout.amount_minor
          FROM settlements_payout payout
          JOIN accounts_venue venue ON venue.id = payout.venue_id
         WHERE payout.state = 'APPROVED' AND payout.venue_id = ANY (%(venues)s::uuid[])) AS due
 GROUP BY due.venue_code, due.day, due.what, due.currency
 ORDER BY due.day, due.venue_code, due.what, due.currency
"""
TOP_PROVIDERS = """
SELECT venue.code, organization.legal_name, settlement.currency, count(DISTINCT settlement.order_id),
       sum(settlement.gross_minor - coalesce((
           SELECT sum(fee.amount_minor) FROM settlements_settlementline fee
            WHERE fee.settlement_id = settlement.id AND fee.payer = 'BUYER'), 0))::bigint,
       sum(line.amount_minor)::bigint, organization.id
  FROM settlements_settlement settlement
  JOIN marketplace_order trade ON trade.id = settlement.order_id
  JOIN accounts_venue venue ON venue.id = settlement.venue_id
  JOIN accounts_organization organization ON organization.id = settlement.provider_id
  LEFT JOIN settlements_settlementline line ON line.settlement_id = settlement.id AND line.payee = 'PROVIDER'
 WHERE settlement.venue_id = ANY (%(venues)s::uuid[])
   AND settlement.created_at >= (%(first_day)s::date)::timestamp AT TIME ZONE venue.timezone
   AND settlement.created_at < (%(after_day)s::date)::timestamp AT TIME ZONE venue.timezone
 GROUP BY venue.code, organization.id, settlement.currency
 ORDER BY 6 DESC NULLS LAST, 1, organization.id
"""
# As the programmes stand now; what was clawed back is in what is left again.
VOUCHER_PROGRAMMES = """
SELECT venue.code, programme.number, programme.currency, programme.budget_minor,
       coalesce(granted.minor, 0)::bigint, programme.reserved_minor, programme.redeemed_minor,
       coalesce(used.clawed_back, 0)::bigint, programme.returned_minor, programme.id
  FROM settlements_voucherprogramme programme
  JOIN accounts_venue venue ON venue.id = programme.venue_id
  LEFT JOIN LATERAL (SELECT sum(amount_minor) AS minor FROM settlements_vouchergrant voucher
                      WHERE voucher.programme_id = programme.id AND voucher.issued_at IS NOT NULL) AS granted ON true
  LEFT JOIN LATERAL (SELECT sum(clawed_back_minor) AS clawed_back FROM settlements_voucheruse use
                      WHERE use.programme_id = programme.id) AS used ON true
 WHERE programme.venue_id = ANY (%(venues)s::uuid[]) AND programme.opened_at IS NOT NULL
 ORDER BY venue.code, programme.number DESC
"""
# Each day's positions as they were revalued, and under them what was booked as gained or lost.
CURRENCY_POSITIONS = """
SELECT venue.code, told.day, told.kind, told.currency, told.minor, told.pair, told.digits, told.scale, told.value,
       told.account_id
  FROM (SELECT revaluation.venue_id, revaluation.day, 'FX_POSITION' AS kind, line.currency,
               line.position_minor AS minor, rate.base || '/' || rate.counter AS pair, rate.digits, rate.scale,
               line.value_minor AS value, line.account_id
          FROM settlements_revaluation revaluation
          JOIN settlements_revaluationline line ON line.revaluation_id = revaluation.id
          LEFT JOIN settlements_exchangerate rate ON rate.id = line.rate_id
        UNION ALL
        SELECT revaluation.venue_id, revaluation.day, 'FX_RESULT', revaluation.currency, revaluation.result_minor,
               NULL, NULL, NULL, revaluation.result_minor, account.id
          FROM settlements_revaluation revaluation
          JOIN settlements_account account ON account.venue_id = revaluation.venue_id
           AND account.kind = 'FX_RESULT' AND account.currency = revaluation.currency) AS told
  JOIN accounts_venue venue ON venue.id = told.venue_id
 WHERE told.venue_id = ANY (%(venues)s::uuid[]) AND told.day >= %(first_day)s::date AND told.day < %(after_day)s::date
 ORDER BY told.day DESC, venue.code, told.kind, told.currency
"""
# What falls due, where it is listed, in which state and by which day.
DUE = {
    "ACCEPTANCE": (_("accepted in silence"), "marketplace_delivery", "DELIVERED", "accept_by"),
    "SETTLEMENT": (_("to be divided"), "marketplace_order", "ACCEPTED", None),
    "PAYMENT": (_("to be paid out"), "settlements_payout", "APPROVED", None),
}


def _midnight(day: date) -> str:
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone()).isoformat()


def _party_balance(row: Sequence[Any]) -> Line:
    venue, name, currency, kind, minor, account_id = row
    cells = (venue, name, currency, str(Account.Kind(kind).label), format_amount(minor))
    return Line(cells, "settlements_entry", {"account__id__exact": str(account_id)}, account_id)


def _escrow_age(row: Sequence[Any]) -> Line:
    venue, currency, since, until, holds, held, frozen, now = row
    days = _now("%(since)d to %(until)d days") if until else _now("over %(since)d days")
    filters = {"state__exact": "HELD", "currency__exact": currency}
    filters["created_at__lte"] = (now - timedelta(days=since)).isoformat()
    if until:
        filters["created_at__gt"] = (now - timedelta(days=until)).isoformat()
    cells = (venue, currency, days % {"since": since, "until": until}, holds, format_amount(held))
    return Line((*cells, format_amount(frozen)), "settlements_escrowhold", filters)


def _fee_income(row: Sequence[Any]) -> Line:
    venue, month, product_type, currency, entries, minor, account_id = row
    begins = date.fromisoformat(f"{month}-01")
    ends = (begins + timedelta(days=31)).replace(day=1)
    filters = {
        "account__id__exact": str(account_id),
        "created_at__gte": _midnight(begins),
        "created_at__lt": _midnight(ends),
    }
    sold = str(ProductType(product_type).label) if product_type else _now("other")
    cells = (venue, month, sold, currency, entries, format_amount(minor))
    return Line(cells, "settlements_entry", filters, account_id)


def _due(row: Sequence[Any]) -> Line:
    venue, day, what, currency, items, minor = row
    label, page, state, column = DUE[what]
    filters = {"state__exact": state}
    if column and day:
        filters |= {f"{column}__gte": _midnight(day), f"{column}__lt": _midnight(day + timedelta(days=1))}
    return Line((venue, str(day or ""), str(label), currency, items, format_amount(minor)), page, filters)


def _top_provider(row: Sequence[Any]) -> Line:
    venue, name, currency, orders, gross, earned, organization_id = row
    cells = (venue, name, currency, orders, format_amount(gross), format_amount(earned or 0))
    return Line(cells, "earnings", {"organization_id": str(organization_id)})


def _voucher_programme(row: Sequence[Any]) -> Line:
    venue, number, currency, budget, granted, reserved, redeemed, clawed_back, returned, programme_id = row
    left = budget - reserved - redeemed - returned
    amounts = (budget, granted, reserved, redeemed, clawed_back, returned, left)
    cells = (venue, number, currency, *map(format_amount, amounts))
    return Line(cells, "settlements_voucheruse", {"programme__id__exact": str(programme_id)})


def _position(row: Sequence[Any]) -> Line:
    venue, day, kind, currency, minor, pair, digits, scale, value, account_id = row
    rate = f"{pair} {ExchangeRate(digits=digits, scale=scale).rate}" if pair else ""
    cells = (venue, str(day), str(Account.Kind(kind).label), currency, format_amount(minor), rate, format_amount(value))
    filters = {"account__id__exact": str(account_id), "created_at__lt": _midnight(day + timedelta(days=1))}
    return Line(cells, "settlements_entry", filters, account_id)


_VENUE, _CURRENCY, _AMOUNT = ("venue", _("Venue")), ("currency", _("Currency")), ("amount", _("Amount"))
_ORGANIZATION, _COUNT = ("organization", _("Organization")), ("count", pgettext_lazy("how many", "Number"))
REPORTS: Mapping[str, Report] = {
    "party-balances": Report(
        title=_("Balances by party and currency"),
        about=_("What each organization has at the venue now, account by account."),
        columns=(_VENUE, _ORGANIZATION, _CURRENCY, ("kind", _("Kind")), _AMOUNT),
        sql=PARTY_BALANCES,
        line_of=_party_balance,
        measure="amount",
        names=("organization", "kind", "currency"),
    ),
    "escrow-ageing": Report(
        title=_("Escrow by age"),
        about=_("What is held for orders under way, by how long it has been held."),
        columns=(_VENUE, _CURRENCY, ("age", _("Age")), _COUNT, _AMOUNT, ("frozen", _("Frozen by disputes"))),
        sql=ESCROW_AGEING,
        line_of=_escrow_age,
        measure="amount",
        names=("venue", "age", "currency"),
    ),
    "fee-income": Report(
        title=_("Fee income"),
        about=_("What the venue earned, by month and type of product, from the entries of its fee accounts."),
        columns=(
            _VENUE,
            ("month", _("Month")),
            ("product_type", _("Product type")),
            _CURRENCY,
            _COUNT,
            _AMOUNT,
        ),
        sql=FEE_INCOME,
        line_of=_fee_income,
        measure="amount",
        names=("month", "product_type", "currency"),
    ),
    "settlement-calendar": Report(
        title=_("Settlement calendar"),
        about=_("Which money falls due on which day, by the venue's clock."),
        columns=(_VENUE, ("day", _("Day")), ("what", _("What")), _CURRENCY, _COUNT, _AMOUNT),
        sql=SETTLEMENT_CALENDAR,
        line_of=_due,
        measure="amount",
        names=("day", "what", "currency"),
    ),
    "top-providers": Report(
        title=_("Top providers"),
        about=_("Who earned most from settled orders."),
        columns=(_VENUE, _ORGANIZATION, _CURRENCY, ("orders", _("Orders")), ("gross", _("Gross")), _AMOUNT),
        sql=TOP_PROVIDERS,
        line_of=_top_provider,
        measure="amount",
        names=("organization", "currency"),
    ),
    "voucher-programmes": Report(
        title=_("Voucher programmes"),
        about=_("Of each budget: what was granted, is reserved, redeemed, was clawed back, and is left."),
        columns=(
            _VENUE,
            ("programme", _("Programme")),
            _CURRENCY,
            ("budget", _("Budget")),
            ("granted", _("Granted")),
            ("reserved", _("Reserved")),
            ("redeemed", _("Redeemed")),
            ("clawed_back", _("Clawed back")),
            ("returned", _("Returned")),
            ("left", _("Left")),
        ),
        sql=VOUCHER_PROGRAMMES,
        line_of=_voucher_programme,
        measure="redeemed",
        names=("programme", "currency"),
    ),
    "currency-positions": Report(
        title=_("Currency positions and results"),
        about=_("Each day's positions at its rates, in the venue's own currency, and what it gained or lost by them."),
        columns=(
            _VENUE,
            ("day", _("Day")),
            ("kind", _("Kind")),
            _CURRENCY,
            _AMOUNT,
            ("rate", _("Rate")),
            ("value", _("Value")),
        ),
        sql=CURRENCY_POSITIONS,
        line_of=_position,
        measure="value",
        names=("day", "kind", "currency"),
    ),
}
