-- What was bid stays as it was bid, in the order in which it came; only a sealed bid is opened, once.
CREATE FUNCTION bid_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a bid is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.amount_minor IS NOT NULL OR to_jsonb(NEW) - 'amount_minor' <> to_jsonb(OLD) - 'amount_minor' THEN
        RAISE EXCEPTION 'a bid is frozen when it is made' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER bid_is_frozen BEFORE UPDATE OR DELETE ON marketplace_bid
    FOR EACH ROW EXECUTE FUNCTION bid_is_frozen();
CREATE TRIGGER bid_is_never_truncated BEFORE TRUNCATE ON marketplace_bid
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();
