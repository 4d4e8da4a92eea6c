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
