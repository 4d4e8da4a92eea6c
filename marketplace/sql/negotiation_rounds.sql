-- What was offered stays as it was offered.
CREATE TRIGGER negotiation_round_is_append_only BEFORE UPDATE OR DELETE ON marketplace_negotiationround
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER negotiation_round_is_never_truncated BEFORE TRUNCATE ON marketplace_negotiationround
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();
