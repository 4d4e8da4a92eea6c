-- A waiver stays as it was granted: only its last day moves, and only to an earlier one.
CREATE FUNCTION settlements_only_shorten_waiver() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'valid_until' <> to_jsonb(OLD) - 'valid_until' OR NEW.valid_until > OLD.valid_until THEN
        RAISE EXCEPTION 'a fee waiver is only ended earlier'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'fee_waiver_is_only_ended_earlier';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER fee_waiver_is_only_ended_earlier BEFORE UPDATE ON settlements_feewaiver
    FOR EACH ROW EXECUTE FUNCTION settlements_only_shorten_waiver();
CREATE TRIGGER fee_waiver_is_never_removed BEFORE DELETE ON settlements_feewaiver
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER fee_waiver_is_never_truncated BEFORE TRUNCATE ON settlements_feewaiver
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();
