-- By quarter and product type: how many listings stood in the catalogue at its end, and how many trades were settled
-- in it, by how many buyers and sellers. The type '' is all of them.
WITH quarter AS (
    SELECT ordinal, lower(span) AS start, upper(span) AS end
      FROM unnest(%(spans)s::tstzrange[]) WITH ORDINALITY AS each (span, ordinal)),
listed AS (
    SELECT quarter.ordinal, coalesce(listing.product_type, '') AS product_type, count(*) AS listings
      FROM quarter
      JOIN listings_listing listing
        ON listing.venue_id = %(venue)s AND listing.listed_at < quarter.end
       AND NOT EXISTS (SELECT FROM kernel_auditevent event
                        WHERE event.subject_type = 'listing' AND event.subject_id = listing.id::text
                          AND event.action = 'listing.delisted' AND event.occurred_at < quarter.end)
     GROUP BY quarter.ordinal, GROUPING SETS ((listing.product_type), ())),
traded AS (
    SELECT quarter.ordinal, coalesce(listing.product_type, '') AS product_type, count(*) AS trades,
           count(DISTINCT trade_order.buyer_id) AS buyers, count(DISTINCT trade_order.provider_id) AS sellers
      FROM quarter
      JOIN settlements_settlement settlement
        ON settlement.venue_id = %(venue)s
       AND settlement.created_at >= quarter.start AND settlement.created_at < quarter.end
      JOIN marketplace_order trade_order ON trade_order.id = settlement.order_id
      JOIN listings_listing listing ON listing.id = trade_order.listing_id
     GROUP BY quarter.ordinal, GROUPING SETS ((listing.product_type), ()))
SELECT ordinal, product_type, coalesce(listings, 0), coalesce(trades, 0), coalesce(buyers, 0), coalesce(sellers, 0)
  FROM listed FULL JOIN traded USING (ordinal, product_type)
 ORDER BY ordinal, product_type
