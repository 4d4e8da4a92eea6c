-- What was decided, handed in, filed and received about a crossing of the border stays as it was.
CREATE TRIGGER route_decision_is_append_only BEFORE UPDATE OR DELETE ON listings_routedecision
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER route_decision_is_never_truncated BEFORE TRUNCATE ON listings_routedecision
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER case_filing_is_append_only BEFORE UPDATE OR DELETE ON listings_casefiling
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER case_filing_is_never_truncated BEFORE TRUNCATE ON listings_casefiling
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER arrival_report_is_append_only BEFORE UPDATE OR DELETE ON listings_arrivalreport
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER arrival_report_is_never_truncated BEFORE TRUNCATE ON listings_arrivalreport
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

-- A paper keeps its bytes and digests; only its data key may be wrapped anew (listings/rotation.py).
CREATE TRIGGER case_paper_is_frozen BEFORE UPDATE ON listings_casepaper
    FOR EACH ROW EXECUTE FUNCTION listings_guard_document();
CREATE TRIGGER case_paper_is_never_deleted BEFORE DELETE ON listings_casepaper
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();

-- The register: an entry is held, gone or given back; whom it concerns and how many never changes.
CREATE FUNCTION listings_guard_export_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'state' IS DISTINCT FROM to_jsonb(OLD) - 'state' THEN
        RAISE EXCEPTION 'an entry of the export register is not rewritten' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER export_entry_is_not_rewritten BEFORE UPDATE ON listings_exportentry
    FOR EACH ROW EXECUTE FUNCTION listings_guard_export_entry();
CREATE TRIGGER export_entry_is_never_deleted BEFORE DELETE ON listings_exportentry
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();

-- A permit is used up and withdrawn; what it allows never grows.
CREATE FUNCTION listings_guard_permit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moving text[] := ARRAY['bytes_used', 'withdrawn_at'];
BEGIN
    IF to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving
       OR NEW.bytes_used < OLD.bytes_used
       OR (OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at) THEN
        RAISE EXCEPTION 'a permit is not rewritten' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER permit_is_not_rewritten BEFORE UPDATE ON listings_transferpermit
    FOR EACH ROW EXECUTE FUNCTION listings_guard_permit();
CREATE TRIGGER permit_is_never_deleted BEFORE DELETE ON listings_transferpermit
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
