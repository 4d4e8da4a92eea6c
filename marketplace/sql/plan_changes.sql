-- What a change of plan was quoted at stays; only what became of it is written down, and none is deleted.
CREATE FUNCTION plan_change_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a plan change is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.charge_id IS NOT NULL
       OR to_jsonb(NEW) - '{state,charge_id,decided_at}'::text[]
          <> to_jsonb(OLD) - '{state,charge_id,decided_at}'::text[] THEN
        RAISE EXCEPTION 'a plan change is frozen when it is quoted' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER plan_change_is_frozen BEFORE UPDATE OR DELETE ON marketplace_planchange
    FOR EACH ROW EXECUTE FUNCTION plan_change_is_frozen();
