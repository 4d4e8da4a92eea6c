-- What an authority has set is not rewritten: of a confirmed ceiling only the last day may come earlier, and none is
-- deleted once it was confirmed.
CREATE FUNCTION listings_guard_price_ceiling() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'CONFIRMED' AND (TG_OP = 'DELETE'
        OR to_jsonb(NEW) - 'valid_until' IS DISTINCT FROM to_jsonb(OLD) - 'valid_until'
        OR coalesce(NEW.valid_until, 'infinity') > coalesce(OLD.valid_until, 'infinity')) THEN
        RAISE EXCEPTION 'a confirmed price ceiling is not changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;

CREATE TRIGGER price_ceiling_is_not_rewritten BEFORE UPDATE OR DELETE ON listings_priceceiling
    FOR EACH ROW EXECUTE FUNCTION listings_guard_price_ceiling();
