-- A usage record is a line of a bill to come.
CREATE TRIGGER usage_record_is_append_only BEFORE UPDATE OR DELETE ON marketplace_usagerecord
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
