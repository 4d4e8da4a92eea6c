-- Post a batch of transfers as one statement. A batch is judged as a whole: either all of its transfers are written or none.
--
-- ids … memos: one element per transfer. leg_transfers … leg_amounts: one element per leg; leg_transfers counts
-- from 1 into ids, and the legs of a transfer stand together.
-- Returns no row when everything was written now. Otherwise one row per transfer whose reference was posted before
-- (under `transfer_id`; it is left alone), or a single row naming the account that is `short` (nothing is written).
CREATE FUNCTION settlements_post(
    posted_at timestamptz, ids uuid[], kinds text[], refs text[], venues uuid[], memos text[],
    leg_transfers int[], leg_accounts uuid[], leg_amounts bigint[]
) RETURNS TABLE (posted_reference text, transfer_id uuid, short uuid)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    posted_before text[];
    made uuid[];
    short_account uuid;
BEGIN
    -- In account-id order, so that two batches never wait for each other in a circle.
    PERFORM FROM settlements_balance
      WHERE account_id = ANY (leg_accounts) AND guarded
      ORDER BY account_id FOR NO KEY UPDATE;

    SELECT array_agg(reference) INTO posted_before FROM settlements_transfer WHERE reference = ANY (refs);

    SELECT balance.account_id INTO short_account
      FROM (SELECT account_id, sum(amount) AS minor
              FROM unnest(leg_transfers, leg_accounts, leg_amounts) AS leg (n, account_id, amount)
             WHERE posted_before IS NULL OR refs[n] <> ALL (posted_before)
             GROUP BY account_id) AS change
      JOIN settlements_balance balance USING (account_id)
     WHERE balance.guarded AND balance.minor + change.minor < 0
     LIMIT 1;
    IF FOUND THEN
        RETURN QUERY SELECT NULL::text, NULL::uuid, short_account;
        RETURN;
    END IF;

    WITH inserted AS (
        INSERT INTO settlements_transfer (id, created_at, kind, reference, venue_id, memo, legs)
        SELECT draft.id, posted_at, draft.kind, draft.reference, draft.venue_id, draft.memo, leg.legs
          FROM unnest(ids, kinds, refs, venues, memos)
               WITH ORDINALITY AS draft (id, kind, reference, venue_id, memo, n)
          JOIN (SELECT n, count(*) AS legs FROM unnest(leg_transfers) AS leg (n) GROUP BY n) AS leg ON leg.n = draft.n
         ORDER BY draft.reference
        ON CONFLICT (reference) DO NOTHING
        RETURNING id
    )
    SELECT array_agg(id) INTO made FROM inserted;

    INSERT INTO settlements_entry
           (id, created_at, transfer_id, position, account_id, venue_id, currency, amount_minor, balance_minor)
    SELECT uuidv7(), posted_at, leg.transfer_id, leg.position, leg.account_id, leg.venue_id, leg.currency, leg.amount,
           CASE WHEN leg.guarded THEN leg.minor + leg.moved END
      FROM (SELECT ids[leg.n] AS transfer_id, leg.account_id, leg.amount, leg.ordinal,
                   row_number() OVER (PARTITION BY leg.n ORDER BY leg.ordinal) - 1 AS position,
                   account.venue_id, account.currency, balance.guarded, balance.minor,
                   sum(leg.amount) OVER (PARTITION BY leg.account_id ORDER BY leg.ordinal) AS moved
              FROM unnest(leg_transfers, leg_accounts, leg_amounts)
                   WITH ORDINALITY AS leg (n, account_id, amount, ordinal)
              LEFT JOIN settlements_account account ON account.id = leg.account_id
              LEFT JOIN settlements_balance balance ON balance.account_id = leg.account_id
             WHERE ids[leg.n] = ANY (made)
             ORDER BY leg.ordinal) AS leg;

    IF cardinality(made) IS DISTINCT FROM cardinality(ids) THEN
        RETURN QUERY
        SELECT transfer.reference::text, transfer.id, NULL::uuid
          FROM settlements_transfer transfer
         WHERE transfer.reference = ANY (refs) AND transfer.id <> ALL (coalesce(made, '{}'));
    END IF;
END
$$;

-- Add what was posted to the hot accounts since their last snapshot to it; returns how many entries were summed.
-- Postings go on meanwhile: they append to the tail and touch neither these rows nor the snapshot.
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
