-- What went to the bank, what it said, and what was found to be the same money, stays as it is.
CREATE TRIGGER bank_file_is_append_only BEFORE UPDATE OR DELETE ON settlements_bankfile
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER bank_file_is_never_truncated BEFORE TRUNCATE ON settlements_bankfile
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER bank_statement_is_append_only BEFORE UPDATE OR DELETE ON settlements_bankstatement
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER bank_statement_is_never_truncated BEFORE TRUNCATE ON settlements_bankstatement
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER bank_booking_is_append_only BEFORE UPDATE OR DELETE ON settlements_bankbooking
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER bank_booking_is_never_truncated BEFORE TRUNCATE ON settlements_bankbooking
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER bank_match_is_append_only BEFORE UPDATE OR DELETE ON settlements_bankmatch
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER bank_match_is_never_truncated BEFORE TRUNCATE ON settlements_bankmatch
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER matched_booking_is_append_only BEFORE UPDATE OR DELETE ON settlements_matchedbooking
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER matched_booking_is_never_truncated BEFORE TRUNCATE ON settlements_matchedbooking
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER matched_entry_is_append_only BEFORE UPDATE OR DELETE ON settlements_matchedentry
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER matched_entry_is_never_truncated BEFORE TRUNCATE ON settlements_matchedentry
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER bank_day_is_append_only BEFORE UPDATE OR DELETE ON settlements_bankday
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER bank_day_is_never_truncated BEFORE TRUNCATE ON settlements_bankday
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();
