-- What is used of a pack is counted from its draws, whoever writes them; the check constraint of the pack then refuses
-- whatever would pass its units. Draws are of the pack's own right, and of no pack that is closed.
CREATE FUNCTION unit_pack_is_drawn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE marketplace_unitpack pack SET used_units = used_units + NEW.units
     WHERE pack.id = NEW.pack_id AND pack.closed_at IS NULL
       AND pack.entitlement_id = (SELECT entitlement_id FROM marketplace_charge WHERE id = NEW.charge_id);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a draw is of an open pack of its own right'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'a_draw_fits_its_pack';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER unit_pack_is_drawn AFTER INSERT ON marketplace_packdraw
    FOR EACH ROW EXECUTE FUNCTION unit_pack_is_drawn();

CREATE TRIGGER pack_draw_is_append_only BEFORE UPDATE OR DELETE ON marketplace_packdraw
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();

-- A pack is as it was sold: it is drawn by draws alone (inside that trigger the depth is above zero), and closed once.
CREATE FUNCTION unit_pack_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a pack is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.closed_at IS NOT NULL
       OR (OLD.used_units <> NEW.used_units AND pg_trigger_depth() < 2)
       OR to_jsonb(NEW) - '{used_units,expired_units,closed_at}'::text[]
          <> to_jsonb(OLD) - '{used_units,expired_units,closed_at}'::text[] THEN
        RAISE EXCEPTION 'a pack is frozen when it is sold' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER unit_pack_is_frozen BEFORE UPDATE OR DELETE ON marketplace_unitpack
    FOR EACH ROW EXECUTE FUNCTION unit_pack_is_frozen();
