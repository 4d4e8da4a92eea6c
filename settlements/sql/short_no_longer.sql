-- As in accounting_periods.sql; what is new: a posting that found an account short, and then finds that it no longer is,
-- is tried again instead of failing.
CREATE OR REPLACE FUNCTION settlements_post(
    act jsonb, posted_at timestamptz,
    ids uuid[], kinds text[], refs text[], venues uuid[], memos text[], leg_counts int[],
    leg_transfers uuid[], leg_positions int[], leg_accounts uuid[], leg_amounts bigint[], leg_moved bigint[]
) RETURNS TABLE (posted_reference text, posted_id uuid, short uuid)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
    dated timestamptz;
    refused_by text;
BEGIN
    LOOP
    BEGIN
        PERFORM pg_advisory_xact_lock_shared(settlements_posting_lock());

        -- In account-id order, so that two batches never wait for each other in a circle.
        SELECT greatest(posted_at, max(locked.moved_at)) INTO dated
          FROM (SELECT moved_at FROM settlements_balance
                 WHERE account_id = ANY (leg_accounts) AND guarded ORDER BY account_id FOR NO KEY UPDATE) AS locked;

        INSERT INTO settlements_transfer (id, created_at, kind, reference, venue_id, memo, legs)
        SELECT draft.id, dated, draft.kind, draft.reference, draft.venue_id, draft.memo, draft.legs
          FROM unnest(ids, kinds, refs, venues, memos, leg_counts) AS draft (id, kind, reference, venue_id, memo, legs);

        INSERT INTO settlements_entry
               (id, created_at, transfer_id, position, account_id, venue_id, currency, amount_minor, balance_minor)
        SELECT uuidv7(), dated, leg.transfer_id, leg.position, leg.account_id, balance.venue_id, balance.currency,
               leg.amount, CASE WHEN balance.guarded THEN balance.minor + leg.moved END
          FROM unnest(leg_transfers, leg_positions, leg_accounts, leg_amounts, leg_moved)
               WITH ORDINALITY AS leg (transfer_id, position, account_id, amount, moved, n)
          JOIN settlements_balance balance ON balance.account_id = leg.account_id
         ORDER BY leg.n;

        PERFORM kernel_record_events(act);

        RETURN;
    EXCEPTION
        WHEN unique_violation THEN
            RETURN QUERY
            SELECT transfer.reference::text, transfer.id, NULL::uuid
              FROM settlements_transfer transfer WHERE transfer.reference = ANY (refs);
            IF NOT FOUND THEN
                RAISE;
            END IF;
            RETURN;
        WHEN check_violation THEN
            RETURN QUERY
            SELECT NULL::text, NULL::uuid, balance.account_id
              FROM (SELECT account_id, sum(amount) AS minor
                      FROM unnest(leg_accounts, leg_amounts) AS leg (account_id, amount) GROUP BY account_id) AS change
              JOIN settlements_balance balance USING (account_id)
             WHERE balance.guarded AND balance.minor + change.minor < 0;
            IF FOUND THEN
                RETURN;
            END IF;
            GET STACKED DIAGNOSTICS refused_by = CONSTRAINT_NAME;
            IF refused_by <> 'guarded_balance_is_never_negative' THEN
                RAISE;
            END IF;
            -- What was undone let its locks go, and what was short has been brought by another posting: once more.
    END;
    END LOOP;
END
$$;
