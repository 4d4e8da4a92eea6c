-- What was quoted stays: only the order that uses a quote is written down, once, and no quote is deleted.
CREATE FUNCTION quote_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a quote is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.order_id IS NOT NULL OR to_jsonb(NEW) - 'order_id' <> to_jsonb(OLD) - 'order_id' THEN
        RAISE EXCEPTION 'a quote is frozen when it is made' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER quote_is_frozen BEFORE UPDATE OR DELETE ON marketplace_quote
    FOR EACH ROW EXECUTE FUNCTION quote_is_frozen();
