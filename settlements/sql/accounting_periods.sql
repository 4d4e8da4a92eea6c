-- A closed period takes no posting, and time does not run backwards on an account.
--
-- Who posts holds a shared advisory lock until the transaction ends: it costs no row and waits for no other posting. Who
-- closes takes the same lock alone, for an instant, and so knows that whatever was under way when the closing was
-- proposed is written or gone. Postings that begin later read that their day is being closed.

CREATE FUNCTION settlements_posting_lock() RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$ SELECT 7310867 $$;

CREATE FUNCTION settlements_refuse_closed_days() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(settlements_posting_lock());
    PERFORM FROM (SELECT venue_id, min(created_at) AS first_at FROM fresh GROUP BY venue_id) AS posted
      WHERE EXISTS (SELECT FROM settlements_accountingperiod period
                     WHERE period.venue_id = posted.venue_id AND period.ends_at > posted.first_at
                       AND period.state <> 'OPEN');
    IF FOUND THEN
        RAISE EXCEPTION 'the books of that day are closed'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'transfer_is_posted_in_an_open_period';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER transfer_is_posted_in_an_open_period
    AFTER INSERT ON settlements_transfer REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION settlements_refuse_closed_days();

-- Return true once no posting is under way that began before; false when one of them goes on for half a second. That is
-- shorter than the deadlock timeout: should a posting ever wait for one that waits behind us, it is we who give way.
-- The lock is let go again by undoing the block that took it.
CREATE FUNCTION settlements_postings_have_ended() RETURNS boolean
LANGUAGE plpgsql
SET lock_timeout = '500ms'
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(settlements_posting_lock());
    RAISE EXCEPTION USING ERRCODE = 'DW000';
EXCEPTION
    WHEN SQLSTATE 'DW000' THEN
        RETURN true;
    WHEN lock_not_available THEN
        RETURN false;
END
$$;

-- As in ledger_functions.sql; what is new: the shared lock goes before the balances, and a posting is never dated before
-- the one that last moved one of its guarded accounts, so that their running balances follow the order of time. A posting
-- that found an account short, and then finds that it no longer is, is tried again instead of failing.
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

-- As in ledger_triggers.sql; what is new: an entry has its transfer's time, which is not before the guarded account's last.
CREATE OR REPLACE FUNCTION settlements_take_entries() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    entries bigint;
    fit_their_transfer bigint;
    on_guarded bigint;
    on_hot bigint;
    stated_truly boolean;
BEGIN
    WITH change AS (
        SELECT account_id, venue_id, currency, count(*) AS entries, sum(amount_minor)::bigint AS minor,
               (array_agg(balance_minor ORDER BY id DESC))[1] AS stated,
               min(created_at) AS first_at, max(created_at) AS last_at
          FROM fresh WHERE balance_minor IS NOT NULL GROUP BY account_id, venue_id, currency
    ), moved AS (
        UPDATE settlements_balance balance SET minor = balance.minor + change.minor, moved_at = change.last_at
          FROM change
         WHERE balance.account_id = change.account_id AND balance.guarded
           AND balance.venue_id = change.venue_id AND balance.currency = change.currency
           AND (balance.moved_at IS NULL OR balance.moved_at <= change.first_at)
        RETURNING change.entries, balance.minor = change.stated AS stated_truly
    ), tail AS (
        INSERT INTO settlements_unsummedentry (account_id, entry_id, amount_minor)
        SELECT fresh.account_id, fresh.id, fresh.amount_minor
          FROM fresh
          JOIN settlements_balance balance USING (account_id, venue_id, currency)
         WHERE fresh.balance_minor IS NULL AND NOT balance.guarded
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM fresh),
           (SELECT count(*) FROM fresh
              JOIN settlements_transfer transfer ON transfer.id = fresh.transfer_id
             WHERE transfer.venue_id = fresh.venue_id AND transfer.created_at = fresh.created_at
               AND fresh.position < transfer.legs),
           (SELECT coalesce(sum(moved.entries), 0) FROM moved),
           (SELECT count(*) FROM tail),
           (SELECT bool_and(moved.stated_truly) FROM moved)
      INTO entries, fit_their_transfer, on_guarded, on_hot, stated_truly;

    IF fit_their_transfer < entries OR on_guarded + on_hot < entries THEN
        RAISE EXCEPTION 'entries do not fit their transfer or their account'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'entry_fits_its_transfer_and_account';
    ELSIF NOT stated_truly THEN
        RAISE EXCEPTION 'the last entry of an account does not state the balance after it'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'entry_states_the_balance_after_it';
    END IF;
    RETURN NULL;
END
$$;

-- What is closed stays closed, and what was frozen stays as it was.
CREATE TRIGGER closed_period_stays_closed BEFORE UPDATE ON settlements_accountingperiod
    FOR EACH ROW WHEN (OLD.state = 'CLOSED') EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER accounting_period_is_never_removed BEFORE DELETE ON settlements_accountingperiod
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER accounting_period_is_never_truncated BEFORE TRUNCATE ON settlements_accountingperiod
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER period_balance_is_append_only BEFORE UPDATE OR DELETE ON settlements_periodbalance
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER period_balance_is_never_truncated BEFORE TRUNCATE ON settlements_periodbalance
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER decided_correction_stays BEFORE UPDATE ON settlements_correction
    FOR EACH ROW WHEN (OLD.state <> 'PROPOSED') EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER correction_is_never_removed BEFORE DELETE ON settlements_correction
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER correction_is_never_truncated BEFORE TRUNCATE ON settlements_correction
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();
