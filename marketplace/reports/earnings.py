"""What a provider earned: by month, product and currency, from how its orders were settled."""

import json
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from kernel.languages import in_language
from kernel.money import format_amount
from marketplace.reports.table import Line, Report

SQL = """
SELECT venue.code, to_char(settlement.created_at AT TIME ZONE venue.timezone, 'YYYY-MM') AS month, product.name,
       settlement.currency, count(DISTINCT settlement.order_id), sum(settlement.gross_minor - coalesce((
           SELECT sum(fee.amount_minor) FROM settlements_settlementline fee
            WHERE fee.settlement_id = settlement.id AND fee.payer = 'BUYER'), 0))::bigint,
       coalesce(sum(line.amount_minor), 0)::bigint, account.id, product.id
  FROM settlements_settlement settlement
  JOIN accounts_venue venue ON venue.id = settlement.venue_id
  JOIN marketplace_order trade ON trade.id = settlement.order_id
  JOIN listings_listing listing ON listing.id = trade.listing_id
  JOIN listings_product product ON product.id = listing.product_id
  LEFT JOIN settlements_settlementline line ON line.settlement_id = settlement.id AND line.payee = 'PROVIDER'
  LEFT JOIN settlements_account account ON account.venue_id = settlement.venue_id AND account.kind = 'PAYABLE'
   AND account.currency = settlement.currency AND account.organization_id = settlement.provider_id
 WHERE settlement.provider_id = %(organization)s AND (%(venue)s::text IS NULL OR venue.code = %(venue)s)
   AND settlement.created_at >= (%(first_day)s::date)::timestamp AT TIME ZONE venue.timezone
   AND settlement.created_at < (%(after_day)s::date)::timestamp AT TIME ZONE venue.timezone
 GROUP BY venue.code, month, product.id, settlement.currency, account.id
 ORDER BY month DESC, 7 DESC, product.id
"""


def _line(row: Sequence[Any]) -> Line:
    venue, month, name, currency, orders, gross, earned, account_id, product_id = row
    cells = (venue, month, in_language(json.loads(name)), currency, orders, format_amount(gross), format_amount(earned))
    return Line(cells, "marketplace_order", {"listing__product__id__exact": str(product_id)}, account_id)


EARNINGS = Report(
    title=_("Earnings"),
    about=_("What was settled for your products, and what of it is yours."),
    columns=(
        ("venue", _("Venue")),
        ("month", _("Month")),
        ("product", _("Product")),
        ("currency", _("Currency")),
        ("orders", _("Orders")),
        ("gross", _("Gross")),
        ("amount", _("Amount")),
    ),
    sql=SQL,
    line_of=_line,
    measure="amount",
    names=("month", "product", "currency"),
)
