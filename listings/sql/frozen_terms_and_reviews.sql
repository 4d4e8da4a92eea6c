-- What a contract or a decision refers to stays as it was written: terms are never changed (a new version is a new row),
-- and a review is neither changed nor removed. Terms of a draft product go away with it.

CREATE TRIGGER terms_are_frozen BEFORE UPDATE ON listings_terms
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();

CREATE TRIGGER review_is_append_only BEFORE UPDATE OR DELETE ON listings_review
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
