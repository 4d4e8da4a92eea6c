-- The next number of a series such as 'GZ-L-2026'. The sequence is made once; two that want to make it at the same time
-- are put in order by the lock, and the second one finds it made.
CREATE FUNCTION kernel_next_number(series text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    name text := 'number_' || lower(replace(series, '-', '_'));
BEGIN
    IF to_regclass(name) IS NULL THEN
        PERFORM pg_advisory_xact_lock(hashtext(name));
        EXECUTE format('CREATE SEQUENCE IF NOT EXISTS %I', name);
    END IF;
    RETURN nextval(name);
END $$;
