-- A rate that was once in force stays as it was, and so does what was withheld by it.
CREATE TRIGGER tax_rate_is_append_only BEFORE UPDATE OR DELETE ON settlements_taxrate
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER tax_rate_is_never_truncated BEFORE TRUNCATE ON settlements_taxrate
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER withholding_is_append_only BEFORE UPDATE OR DELETE ON settlements_withholding
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER withholding_is_never_truncated BEFORE TRUNCATE ON settlements_withholding
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();
