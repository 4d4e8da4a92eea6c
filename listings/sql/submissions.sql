-- What was handed in stays as it was: the review and the provider's answers refer to it.
CREATE TRIGGER submission_is_append_only BEFORE UPDATE OR DELETE ON listings_submission
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
