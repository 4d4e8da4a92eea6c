-- What is written in the books stays (kernel_refuse_change and kernel_refuse_truncate: kernel/sql/append_only.sql).

CREATE TRIGGER account_is_append_only BEFORE UPDATE OR DELETE ON settlements_account
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER account_is_never_truncated BEFORE TRUNCATE ON settlements_account
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER transfer_is_append_only BEFORE UPDATE OR DELETE ON settlements_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER transfer_is_never_truncated BEFORE TRUNCATE ON settlements_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER entry_is_append_only BEFORE UPDATE OR DELETE ON settlements_entry
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER entry_is_never_truncated BEFORE TRUNCATE ON settlements_entry
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER settlement_is_append_only BEFORE UPDATE OR DELETE ON settlements_settlement
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER settlement_is_never_truncated BEFORE TRUNCATE ON settlements_settlement
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER settlement_line_is_append_only BEFORE UPDATE OR DELETE ON settlements_settlementline
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER settlement_line_is_never_truncated BEFORE TRUNCATE ON settlements_settlementline
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

-- A schedule that was once in force stays as it was; a change is a new row with a later day.
CREATE TRIGGER fee_schedule_is_append_only BEFORE UPDATE OR DELETE ON settlements_feeschedule
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER fee_schedule_is_never_truncated BEFORE TRUNCATE ON settlements_feeschedule
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

-- A balance is made with its account and, when guarded, moves only with the entries that move it: both happen inside
-- triggers (settlements/sql/ledger_triggers.sql), where the depth is above zero.
CREATE TRIGGER balance_is_made_with_its_account BEFORE INSERT ON settlements_balance
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER balance_moves_only_with_entries BEFORE UPDATE ON settlements_balance
    FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND (OLD.guarded OR NEW.guarded))
    EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER balance_is_never_removed BEFORE DELETE ON settlements_balance
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER balance_is_never_truncated BEFORE TRUNCATE ON settlements_balance
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();
