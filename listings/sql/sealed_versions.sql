-- What a contract quotes by its digests cannot change: once a version is sealed its files and parts are fixed, while it
-- is profiled only the findings are written, and a READY or REFUSED version changes no more. Its data key may be wrapped
-- anew, which leaves the key itself as it is.

CREATE FUNCTION listings_refuse_sealed(what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the version is sealed: its % cannot be changed', what
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'sealed_version_is_immutable';
END $$;

-- What follows from a version (its release) is written with the other findings; what its provider tells of it (notes,
-- reason) may be said better later, since it changes nothing that a contract quotes.

CREATE FUNCTION listings_guard_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ended boolean := OLD.state IN ('READY', 'REFUSED');
    findings text[] := ARRAY['state', 'profile', 'refusal', 'rows', 'bytes', 'sha256', 'sm3',
                             'preceding_id', 'level', 'release', 'schema_changes'];
    free text[] := ARRAY['wrapped_key', 'key_id', 'notes', 'reason'];
BEGIN
    IF OLD.state = 'OPEN' THEN
        RETURN COALESCE(NEW, OLD);
    END IF;
    IF TG_OP = 'DELETE'
       OR (ended AND to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free)
       OR to_jsonb(NEW) - free - findings IS DISTINCT FROM to_jsonb(OLD) - free - findings THEN
        PERFORM listings_refuse_sealed('row');
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION listings_guard_file() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    findings text[] := ARRAY['state', 'profile', 'sha256', 'sm3'];
    version_state text;
BEGIN
    SELECT state INTO version_state FROM listings_datasetversion WHERE id = COALESCE(OLD.version_id, NEW.version_id);
    IF version_state = 'OPEN' AND (TG_OP <> 'UPDATE' OR NEW.version_id = OLD.version_id) THEN
        RETURN COALESCE(NEW, OLD);
    END IF;
    IF TG_OP <> 'UPDATE'
       OR version_state <> 'PROFILING'
       OR to_jsonb(NEW) - findings IS DISTINCT FROM to_jsonb(OLD) - findings THEN
        PERFORM listings_refuse_sealed('files');
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION listings_guard_part() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    receiving boolean;
BEGIN
    SELECT file.state = 'RECEIVING' AND version.state = 'OPEN' INTO receiving
      FROM listings_datafile file JOIN listings_datasetversion version ON version.id = file.version_id
     WHERE file.id = COALESCE(OLD.file_id, NEW.file_id);
    IF NOT receiving OR (TG_OP = 'UPDATE' AND NEW.file_id <> OLD.file_id) THEN
        PERFORM listings_refuse_sealed('parts');
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;

CREATE TRIGGER sealed_version_is_immutable BEFORE UPDATE OR DELETE ON listings_datasetversion
    FOR EACH ROW EXECUTE FUNCTION listings_guard_version();

CREATE TRIGGER files_of_a_sealed_version_are_immutable BEFORE INSERT OR UPDATE OR DELETE ON listings_datafile
    FOR EACH ROW EXECUTE FUNCTION listings_guard_file();

CREATE TRIGGER parts_of_a_complete_file_are_immutable BEFORE INSERT OR UPDATE OR DELETE ON listings_filepart
    FOR EACH ROW EXECUTE FUNCTION listings_guard_part();
