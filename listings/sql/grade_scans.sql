-- What a scan found stays: the next one is a new row.
CREATE TRIGGER grade_scan_is_append_only BEFORE UPDATE OR DELETE ON listings_gradescan
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER grade_scan_is_never_truncated BEFORE TRUNCATE ON listings_gradescan
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();
