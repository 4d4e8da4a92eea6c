-- A stage that was passed stays passed as it was: the approval rests on it.
CREATE TRIGGER revision_review_is_append_only BEFORE UPDATE OR DELETE ON listings_revisionreview
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
