-- The ledger's arithmetic, done by the database for every entry, whoever writes it.

-- Balances change in place: room on the page lets an update stay there without touching an index.
ALTER TABLE settlements_balance SET (fillfactor = 50);

-- An account is opened with its balance. An organization's is guarded, the venue's own are hot.
CREATE FUNCTION settlements_open_balance() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO settlements_balance (account_id, venue_id, currency, guarded, minor)
    VALUES (NEW.id, NEW.venue_id, NEW.currency, NEW.organization_id IS NOT NULL, 0);
    RETURN NULL;
END
$$;

CREATE TRIGGER account_opens_its_balance
    AFTER INSERT ON settlements_account
    FOR EACH ROW EXECUTE FUNCTION settlements_open_balance();

-- New entries move the guarded balances, and lengthen the tails of the hot accounts, which locks nothing. Each must fit
-- its transfer and its account: checked here instead of by foreign keys, which would lock those rows for every posting.
CREATE FUNCTION settlements_take_entries() RETURNS trigger
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

CREATE TRIGGER entries_move_balances
    AFTER INSERT ON settlements_entry REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION settlements_take_entries();

-- Checked when the transaction commits: a transfer has all its entries, and they sum to zero in each currency.
-- Entries cannot be added later: every position below `legs` is taken by then, and none above is allowed.
-- An entry has its transfer's time, so that one month's partition is looked at, not all.
CREATE FUNCTION settlements_check_transfer() RETURNS trigger
LANGUAGE plpgsql
SET enable_seqscan = off  -- as in settlements_post, which has returned by then
SET plan_cache_mode = force_generic_plan  -- else it is planned for each transfer, since one month costs less than all
AS $$
BEGIN
    PERFORM
       FROM (SELECT count(*) AS entries, sum(amount_minor) AS total
               FROM settlements_entry WHERE transfer_id = NEW.id AND created_at = NEW.created_at
              GROUP BY currency) AS per_currency
     HAVING sum(entries) = NEW.legs AND bool_and(total = 0);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'transfer % does not sum to zero over its % entries', NEW.reference, NEW.legs
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_sums_to_zero_per_currency';
    END IF;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER transfer_sums_to_zero_per_currency
    AFTER INSERT ON settlements_transfer
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION settlements_check_transfer();
