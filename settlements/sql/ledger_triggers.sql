-- The ledger's arithmetic, done by the database for every entry, whoever writes it.

-- Balances change in place: room on the page lets an update stay there without touching an index.
ALTER TABLE settlements_balance SET (fillfactor = 50);

-- An account is opened with its balance. An organization's is guarded, the venue's own are hot.
CREATE FUNCTION settlements_open_balance() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO settlements_balance (account_id, guarded, minor)
    VALUES (NEW.id, NEW.organization_id IS NOT NULL, 0);
    RETURN NULL;
END
$$;

CREATE TRIGGER account_opens_its_balance
    AFTER INSERT ON settlements_account
    FOR EACH ROW EXECUTE FUNCTION settlements_open_balance();

-- New entries must fit their transfer and account (in place of foreign keys, which would lock those rows);
-- then they move the guarded balances, and lengthen the tails of the hot accounts, which lock nothing.
CREATE FUNCTION settlements_take_entries() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    misfit uuid;
BEGIN
    SELECT fresh.id INTO misfit
      FROM fresh
      LEFT JOIN settlements_transfer transfer ON transfer.id = fresh.transfer_id
      LEFT JOIN settlements_account account ON account.id = fresh.account_id
     WHERE transfer.id IS NULL OR account.id IS NULL
        OR fresh.position >= transfer.legs
        OR fresh.venue_id <> transfer.venue_id OR fresh.venue_id <> account.venue_id
        OR fresh.currency <> account.currency
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entry % does not fit its transfer and account', misfit
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'entry_fits_its_transfer_and_account';
    END IF;

    WITH change AS (
        SELECT account_id, sum(amount_minor)::bigint AS minor,
               (array_agg(balance_minor ORDER BY id DESC))[1] AS stated
          FROM fresh GROUP BY account_id
    ), moved AS (
        UPDATE settlements_balance balance SET minor = balance.minor + change.minor
          FROM change
         WHERE balance.account_id = change.account_id AND balance.guarded
        RETURNING balance.account_id, balance.minor, change.stated
    )
    SELECT account_id INTO misfit FROM moved WHERE minor IS DISTINCT FROM stated LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the last entry of account % does not state the balance after it', misfit
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'entry_states_the_balance_after_it';
    END IF;

    INSERT INTO settlements_unsummedentry (account_id, entry_id, amount_minor)
    SELECT fresh.account_id, fresh.id, fresh.amount_minor
      FROM fresh
      JOIN settlements_balance balance ON balance.account_id = fresh.account_id
     WHERE NOT balance.guarded;
    RETURN NULL;
END
$$;

CREATE TRIGGER entries_move_balances
    AFTER INSERT ON settlements_entry REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION settlements_take_entries();

-- Checked when the transaction commits: a transfer has all its entries, and they sum to zero in each currency.
-- Entries cannot be added later: every position below `legs` is taken by then, and none above is allowed.
CREATE FUNCTION settlements_check_transfer() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM
       FROM (SELECT count(*) AS entries, sum(amount_minor) AS total
               FROM settlements_entry WHERE transfer_id = NEW.id GROUP BY currency) AS per_currency
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
