-- The contract is what the parties agreed to: only its state and its end may change, and it is never deleted.
CREATE FUNCTION agreement_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an agreement is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.order_id, NEW.venue_id, NEW.number, NEW.body, NEW.sha256, NEW.sm3)
        IS DISTINCT FROM (OLD.order_id, OLD.venue_id, OLD.number, OLD.body, OLD.sha256, OLD.sm3) THEN
        RAISE EXCEPTION 'an agreement is frozen when it is made' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER agreement_is_frozen BEFORE UPDATE OR DELETE ON marketplace_agreement
    FOR EACH ROW EXECUTE FUNCTION agreement_is_frozen();
