"""What a provider earned: by month, product and currency, from how its orders were settled and its charges paid."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel.languages import in_language
from kernel.money import format_amount
from marketplace.models import Charge
from marketplace.reports.table import Line, Report

# Orders as they were settled, charges as they were paid, and what credit notes took back of them, in their own months.
SQL = """
WITH earned AS (
    SELECT settlement.venue_id, settlement.created_at AS at, settlement.order_id AS trade_id, settlement.currency,
           'ORDER' AS source, settlement.order_id AS document_id, settlement.gross_minor - coalesce((
               SELECT sum(fee.amount_minor) FROM settlements_settlementline fee
                WHERE fee.settlement_id = settlement.id AND fee.payer = 'BUYER'), 0) AS gross, coalesce((
               SELECT sum(line.amount_minor) FROM settlements_settlementline line
                WHERE line.settlement_id = settlement.id AND line.payee = 'PROVIDER'), 0) AS own
      FROM settlements_settlement settlement
     WHERE settlement.provider_id = %(organization)s
    UNION ALL
    SELECT charge.venue_id, charge.decided_at, agreed.order_id, charge.currency, charge.kind, charge.id,
           divided.gross, divided.own
      FROM marketplace_charge charge
      JOIN marketplace_entitlement entitlement ON entitlement.id = charge.entitlement_id
      JOIN marketplace_agreement agreed ON agreed.id = entitlement.agreement_id
     CROSS JOIN LATERAL (
         SELECT sum(amount_minor) FILTER (WHERE payer IS DISTINCT FROM 'BUYER') AS gross,
                sum(amount_minor) FILTER (WHERE payee = 'PROVIDER') AS own
           FROM jsonb_to_recordset(charge.division) AS line (payee text, payer text, amount_minor bigint)) divided
     WHERE charge.provider_id = %(organization)s AND charge.state = 'PAID'
    UNION ALL
    SELECT note.venue_id, note.decided_at, agreed.order_id, note.currency, charge.kind, charge.id,
           -divided.gross, -divided.own
      FROM marketplace_creditnote note
      JOIN marketplace_charge charge ON charge.id = note.charge_id
      JOIN marketplace_entitlement entitlement ON entitlement.id = charge.entitlement_id
      JOIN marketplace_agreement agreed ON agreed.id = entitlement.agreement_id
     CROSS JOIN LATERAL (
         SELECT sum(amount_minor) FILTER (WHERE payer IS DISTINCT FROM 'BUYER') AS gross,
                sum(amount_minor) FILTER (WHERE payee = 'PROVIDER') AS own
           FROM jsonb_to_recordset(note.division) AS line (payee text, payer text, amount_minor bigint)) divided
     WHERE note.provider_id = %(organization)s AND note.state = 'APPROVED'
)
SELECT venue.code, to_char(earned.at AT TIME ZONE venue.timezone, 'YYYY-MM') AS month, product.name, earned.source,
       earned.currency, count(DISTINCT earned.document_id), coalesce(sum(earned.gross), 0)::bigint,
       coalesce(sum(earned.own), 0)::bigint, account.id, product.id
  FROM earned
  JOIN accounts_venue venue ON venue.id = earned.venue_id
  JOIN marketplace_order trade ON trade.id = earned.trade_id
  JOIN listings_listing listing ON listing.id = trade.listing_id
  JOIN listings_product product ON product.id = listing.product_id
  LEFT JOIN settlements_account account ON account.venue_id = earned.venue_id AND account.kind = 'PAYABLE'
   AND account.currency = earned.currency AND account.organization_id = %(organization)s
 WHERE (%(venues)s::text[] IS NULL OR venue.code = ANY (%(venues)s::text[]))
   AND earned.at >= (%(first_day)s::date)::timestamp AT TIME ZONE venue.timezone
   AND earned.at < (%(after_day)s::date)::timestamp AT TIME ZONE venue.timezone
 GROUP BY venue.code, month, product.id, earned.source, earned.currency, account.id
 ORDER BY month DESC, 8 DESC, product.id, earned.source
"""
SOURCES: Mapping[str, Promise] = {"ORDER": _("orders"), **{kind.value: kind.label for kind in Charge.Kind}}


def _line(row: Sequence[Any]) -> Line:
    venue, month, name, source, currency, number, gross, earned, account_id, product_id = row
    product, said = in_language(json.loads(name)), str(SOURCES[source])
    cells = (venue, month, product, said, currency, number, format_amount(gross), format_amount(earned))
    of_product = {"listing__product__id__exact": str(product_id)}
    return Line(cells, "marketplace_order", of_product, account_id)


EARNINGS = Report(
    title=_("Earnings"),
    about=_("What was settled and charged for your products, less what was credited, and what of it is yours."),
    columns=(
        ("venue", _("Venue")),
        ("month", _("Month")),
        ("product", _("Product")),
        ("source", _("For")),
        ("currency", _("Currency")),
        ("orders", _("Orders and charges")),
        ("gross", _("Gross")),
        ("amount", _("Amount")),
    ),
    sql=SQL,
    line_of=_line,
    measure="amount",
    names=("month", "product", "source", "currency"),
)
