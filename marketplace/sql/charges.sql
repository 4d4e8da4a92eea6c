-- A charge is a bill: what it says never changes, only whether it is paid and what was credited; it is never deleted.
CREATE FUNCTION charge_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a charge is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.id, NEW.entitlement_id, NEW.organization_id, NEW.provider_id, NEW.broker_id, NEW.venue_id, NEW.number,
        NEW.kind, NEW.period, NEW.units, NEW.gross_minor, NEW.currency, NEW.body, NEW.sha256, NEW.sm3)
        IS DISTINCT FROM
       (OLD.id, OLD.entitlement_id, OLD.organization_id, OLD.provider_id, OLD.broker_id, OLD.venue_id, OLD.number,
        OLD.kind, OLD.period, OLD.units, OLD.gross_minor, OLD.currency, OLD.body, OLD.sha256, OLD.sm3) THEN
        RAISE EXCEPTION 'a charge is frozen when it is made' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER charge_is_frozen BEFORE UPDATE OR DELETE ON marketplace_charge
    FOR EACH ROW EXECUTE FUNCTION charge_is_frozen();

-- A usage record is a line of a bill: it changes once, when a charge takes it up.
DROP TRIGGER usage_record_is_append_only ON marketplace_usagerecord;

CREATE FUNCTION usage_record_is_billed_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.charge_id IS NOT NULL OR NEW.charge_id IS NULL
       OR (NEW.id, NEW.created_at, NEW.entitlement_id, NEW.organization_id, NEW.provider_id, NEW.venue_id, NEW.kind,
           NEW.nonce, NEW.subject_id, NEW.units)
          IS DISTINCT FROM
          (OLD.id, OLD.created_at, OLD.entitlement_id, OLD.organization_id, OLD.provider_id, OLD.venue_id, OLD.kind,
           OLD.nonce, OLD.subject_id, OLD.units) THEN
        RAISE EXCEPTION 'a usage record is billed once and never changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER usage_record_is_billed_once BEFORE UPDATE OR DELETE ON marketplace_usagerecord
    FOR EACH ROW EXECUTE FUNCTION usage_record_is_billed_once();
