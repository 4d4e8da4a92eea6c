-- A paper stays what it was when it was read; only its data key may be wrapped anew.
CREATE FUNCTION listings_guard_document() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rewrapping text[] := ARRAY['wrapped_key', 'key_id'];
BEGIN
    IF to_jsonb(NEW) - rewrapping IS DISTINCT FROM to_jsonb(OLD) - rewrapping THEN
        RAISE EXCEPTION 'a document is not changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER document_is_frozen BEFORE UPDATE ON listings_document
    FOR EACH ROW EXECUTE FUNCTION listings_guard_document();
