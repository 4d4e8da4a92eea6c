-- What was answered is what is billed, and what a person may ask to see: it only grows.
CREATE TRIGGER identity_query_is_append_only BEFORE UPDATE OR DELETE ON listings_identityquery
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
