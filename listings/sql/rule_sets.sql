-- What decides stays as it was when it was switched on: its digest is in the decisions (DESIGN 4.9).
CREATE FUNCTION listings_guard_rule_set() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'SWITCHED_ON' AND to_jsonb(NEW) IS DISTINCT FROM to_jsonb(OLD) THEN
        RAISE EXCEPTION 'a rule set that is switched on is not changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;

CREATE TRIGGER rule_set_in_use_is_frozen BEFORE UPDATE OR DELETE ON listings_routeruleset
    FOR EACH ROW EXECUTE FUNCTION listings_guard_rule_set();
