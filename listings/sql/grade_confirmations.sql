-- What a person has confirmed stays: a better judgement is a new row.
CREATE TRIGGER grade_confirmation_is_append_only BEFORE UPDATE OR DELETE ON listings_gradeconfirmation
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER grade_confirmation_is_never_truncated BEFORE TRUNCATE ON listings_gradeconfirmation
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();
