-- What was said in a dispute stays as it was said.
CREATE TRIGGER dispute_statement_is_append_only BEFORE UPDATE OR DELETE ON marketplace_disputestatement
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER dispute_statement_is_never_truncated BEFORE TRUNCATE ON marketplace_disputestatement
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();
