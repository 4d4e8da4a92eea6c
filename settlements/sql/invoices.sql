-- An invoice is decided once, and what it says never changes; a red letter is another row.
CREATE FUNCTION settlements_only_decide_invoice() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    decided text[] := ARRAY['state', 'filed_at', 'official_number', 'issued_on', 'decided_by_id', 'refusal'];
BEGIN
    IF OLD.state <> 'REQUESTED' OR to_jsonb(NEW) - decided <> to_jsonb(OLD) - decided THEN
        RAISE EXCEPTION 'an invoice stays as it is'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'invoice_stays_as_it_is';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER invoice_stays_as_it_is BEFORE UPDATE ON settlements_invoice
    FOR EACH ROW EXECUTE FUNCTION settlements_only_decide_invoice();
CREATE TRIGGER invoice_is_never_removed BEFORE DELETE ON settlements_invoice
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER invoice_is_never_truncated BEFORE TRUNCATE ON settlements_invoice
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();
