-- Settle those of the orders that are accepted, and have their certificates made, if all of them are plain. Plain is an
-- order whose whole price is held, no part frozen, given back, paid by a voucher or withheld as tax. Otherwise settles none
-- and returns the accepted ones: marketplace/closing.py looks at each, and posts them together all the same, so that the
-- locks of vouchers and balances are taken in one order. `act`: kernel_record_events.
CREATE FUNCTION marketplace_settle_plain_orders(act jsonb, order_ids uuid[]) RETURNS SETOF uuid
LANGUAGE plpgsql
-- One plan for any number of orders, and for tables that have grown.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
DECLARE
    first_settlement uuid := uuidv7();
    accepted_ids uuid[];
    drafts settlements_draft[];
BEGIN
    -- In the order of their keys, so that no two runs wait for each other in a circle; what they are is read after that.
    SELECT array_agg(id) INTO accepted_ids
      FROM (SELECT id FROM marketplace_order
             WHERE id = ANY (order_ids) AND state = 'ACCEPTED' ORDER BY id FOR UPDATE) AS locked;

    SELECT array_agg(ROW(kernel_nth_id(first_settlement, n), accepted.id, 1, accepted.venue_id, hold.id, hold.payer_id,
                         accepted.provider_id, accepted.broker_id, accepted.gross_minor + accepted.buyer_fees_minor,
                         accepted.currency, division.lines, NULL, 0)::settlements_draft)
      INTO drafts
      FROM unnest(accepted_ids) WITH ORDINALITY AS locked (id, n)
      JOIN marketplace_order accepted ON accepted.id = locked.id
      JOIN marketplace_agreement agreement ON agreement.order_id = accepted.id
      LEFT JOIN settlements_escrowhold hold ON hold.order_id = accepted.id
     CROSS JOIN LATERAL (SELECT jsonb_path_query_array(agreement.body, '$.division[*] ? (@.amount_minor != 0)') AS lines
                         OFFSET 0) AS division
     WHERE accepted.gross_minor + accepted.buyer_fees_minor = coalesce(hold.amount_minor, 0)
       AND (hold.id IS NULL OR hold.state = 'HELD' AND hold.frozen_minor + hold.settled_minor + hold.refunded_minor = 0)
       AND NOT jsonb_path_exists(division.lines, '$[*] ? (@.tax != "")')
       AND NOT EXISTS (SELECT FROM settlements_voucheruse used WHERE used.order_id = accepted.id);

    IF cardinality(drafts) < cardinality(accepted_ids) OR drafts IS NULL THEN
        RETURN QUERY SELECT unnest(accepted_ids);
        RETURN;
    END IF;
    UPDATE marketplace_order SET state = 'SETTLED' WHERE id = ANY (accepted_ids);
    PERFORM kernel_record_alike(act, 'order.settled', 'order', array_agg(id), array_agg(buyer_id), array_agg(venue_id),
                array_agg('{"from": "ACCEPTED", "to": "SETTLED"}'::jsonb)),
            kernel_enqueue(act, 'order.certify', array_agg(id::text), array_agg(id), array_agg(buyer_id),
                array_agg(venue_id))
       FROM marketplace_order WHERE id = ANY (accepted_ids);
    PERFORM settlements_settle(act, drafts);
END
$$;
