-- What a day's revaluation found stays (kernel_refuse_change and kernel_refuse_truncate: kernel/sql/append_only.sql).
CREATE TRIGGER revaluation_is_append_only BEFORE UPDATE OR DELETE ON settlements_revaluation
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER revaluation_is_never_truncated BEFORE TRUNCATE ON settlements_revaluation
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER revaluation_line_is_append_only BEFORE UPDATE OR DELETE ON settlements_revaluationline
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER revaluation_line_is_never_truncated BEFORE TRUNCATE ON settlements_revaluationline
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();
