-- Post a batch of transfers as one statement, with their audit events: either all of it is written or nothing.
--
-- act: the audit events (kernel_record_events). ids … leg_counts: one element per transfer. leg_transfers … leg_moved:
-- one element per leg, in the order of the batch; leg_moved is what the batch has moved on the leg's account so far.
-- Returns no row when the batch is written. Otherwise the rows tell why nothing is: the transfers that were posted before
-- under the same references, or the accounts that would fall `short`.
--
-- The shared lock goes before the balances (accounting_periods.sql). A posting is never dated before the one that last
-- moved one of its guarded accounts, so that their running balances follow the order of time. One that found an account
-- short, and then finds that it no longer is, is tried again instead of failing.
CREATE FUNCTION settlements_post(
    act jsonb, posted_at timestamptz,
    ids uuid[], kinds text[], refs text[], venues uuid[], memos text[], leg_counts int[],
    leg_transfers uuid[], leg_positions int[], leg_accounts uuid[], leg_amounts bigint[], leg_moved bigint[]
) RETURNS TABLE (posted_reference text, posted_id uuid, short uuid)
LANGUAGE plpgsql
-- Planning for the actual length of the arrays each time would cost more than the work itself; and a plan that was made
-- while the tables were small must not scan them when they have grown. The triggers that this sets off inherit both.
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

-- Add what was posted to the hot accounts since their last snapshot to it; returns how many entries were summed.
-- Postings go on meanwhile: they append to the tail and touch neither its older rows nor the snapshot.
CREATE FUNCTION settlements_snapshot() RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    summed bigint;
BEGIN
    PERFORM FROM settlements_balance WHERE NOT guarded ORDER BY account_id FOR NO KEY UPDATE;
    WITH taken AS (
        DELETE FROM settlements_unsummedentry RETURNING account_id, amount_minor
    ), change AS (
        SELECT account_id, sum(amount_minor)::bigint AS minor, count(*) AS entries FROM taken GROUP BY account_id
    ), moved AS (
        UPDATE settlements_balance balance SET minor = balance.minor + change.minor
          FROM change WHERE balance.account_id = change.account_id
        RETURNING change.entries
    )
    SELECT coalesce(sum(entries), 0)::bigint INTO summed FROM moved;
    RETURN summed;
END
$$;
