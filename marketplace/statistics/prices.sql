-- The mean price paid for each product in each quarter; a product has a price by currency, and free ones have none.
SELECT quarter.ordinal, listing.product_type, listing.product_id, settlement.currency,
       sum(settlement.gross_minor)::bigint, count(*)
  FROM (SELECT ordinal, lower(span) AS start, upper(span) AS end
          FROM unnest(%(spans)s::tstzrange[]) WITH ORDINALITY AS each (span, ordinal)) quarter
  JOIN settlements_settlement settlement
    ON settlement.venue_id = %(venue)s AND settlement.gross_minor > 0
   AND settlement.created_at >= quarter.start AND settlement.created_at < quarter.end
  JOIN marketplace_order trade_order ON trade_order.id = settlement.order_id
  JOIN listings_listing listing ON listing.id = trade_order.listing_id
 GROUP BY quarter.ordinal, listing.product_type, listing.product_id, settlement.currency
 ORDER BY 1, 2, 3, 4
