-- What follows from a version (its release) is written with the other findings; what its provider tells of it (notes,
-- reason) may be said better later, since it changes nothing that a contract quotes.

CREATE OR REPLACE FUNCTION listings_guard_version() RETURNS trigger LANGUAGE plpgsql AS $$
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
