-- Settled trades of one venue and one quarter, summed over every combination of the five dimensions, by currency.
WITH trade AS (
    SELECT left(coalesce(nullif(listing.industry, ''), '-'), 1) AS industry,
           listing.product_type,
           product.source_kind,
           CASE WHEN seller.jurisdiction = 'CN' THEN left(seller.division_code, 2) || '0000'
                ELSE seller.jurisdiction END AS region,
           CASE WHEN seller.jurisdiction = buyer.jurisdiction THEN 'DOMESTIC'
                WHEN seller.jurisdiction = venue.jurisdiction THEN 'OUTBOUND'
                WHEN buyer.jurisdiction = venue.jurisdiction THEN 'INBOUND'
                ELSE 'TRANSIT' END AS flow,
           settlement.currency,
           settlement.gross_minor,
           trade_order.buyer_id,
           trade_order.provider_id AS seller_id,
           (SELECT coalesce(sum(version.bytes), 0)
              FROM marketplace_entitlement entitlement
              JOIN marketplace_agreement agreement ON agreement.id = entitlement.agreement_id
              JOIN listings_datasetversion version ON version.id = entitlement.version_id
             WHERE agreement.order_id = trade_order.id) AS bytes
      FROM settlements_settlement settlement
      JOIN marketplace_order trade_order ON trade_order.id = settlement.order_id
      JOIN listings_listing listing ON listing.id = trade_order.listing_id
      JOIN listings_product product ON product.id = listing.product_id
      JOIN accounts_organization seller ON seller.id = trade_order.provider_id
      JOIN accounts_organization buyer ON buyer.id = trade_order.buyer_id
      JOIN accounts_venue venue ON venue.id = settlement.venue_id
     WHERE settlement.venue_id = %(venue)s
       AND settlement.created_at >= %(start)s
       AND settlement.created_at < %(end)s)
SELECT currency,
       coalesce(industry, ''), coalesce(product_type, ''), coalesce(source_kind, ''), coalesce(region, ''),
       coalesce(flow, ''),
       array_agg(DISTINCT buyer_id), array_agg(DISTINCT seller_id),
       count(*), sum(gross_minor)::bigint, sum(bytes)::bigint
  FROM trade
 GROUP BY currency, CUBE (industry, product_type, source_kind, region, flow)
 ORDER BY 1, 2, 3, 4, 5, 6
