-- Entries lie in one partition for each month, by the clock of Guangzhou, Shenzhen, Hong Kong and Macao: a month whose
-- periods are closed never changes, so it can be moved, backed up or taken off as one table.

-- Make the partition of the month of an instant unless it is there; tell whether it was made. It is filled through
-- settlements_entry alone: what names a partition in a statement of its own would pass by the triggers of the whole.
-- `shares`: how many parts by venue each month has; without it, as many as the months that are there.
CREATE FUNCTION settlements_make_entry_partition(instant timestamptz, shares bigint DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    month_name text := 'settlements_entry_' || to_char(instant AT TIME ZONE 'Asia/Shanghai', 'YYYY_MM');
    begins_at timestamptz := date_trunc('month', instant, 'Asia/Shanghai');
    ends_at timestamptz := date_trunc('month', begins_at + interval '32 days', 'Asia/Shanghai');
    part text;
BEGIN
    IF to_regclass(month_name) IS NOT NULL THEN
        RETURN false;
    END IF;
    -- Who waits here finds it made by who came first. Neither postings nor readers wait for this lock.
    LOCK TABLE settlements_entry IN SHARE UPDATE EXCLUSIVE MODE;
    IF to_regclass(month_name) IS NOT NULL THEN
        RETURN false;
    END IF;

    shares := coalesce(shares, (SELECT count(*) FILTER (WHERE level = 2) / greatest(count(*) FILTER (WHERE level = 1), 1)
                                  FROM pg_partition_tree('settlements_entry')));
    EXECUTE format('CREATE TABLE %I (LIKE settlements_entry INCLUDING CONSTRAINTS) %s',
                   month_name, CASE WHEN shares > 1 THEN 'PARTITION BY HASH (venue_id)' ELSE '' END);
    FOR share IN 0 .. shares - 1 LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS %s, REMAINDER %s)',
                       month_name || '_' || share, month_name, shares, share);
    END LOOP;
    EXECUTE format('ALTER TABLE settlements_entry ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                   month_name, begins_at, ends_at);
    FOR part IN SELECT relid::regclass::text FROM pg_partition_tree(month_name) LOOP
        EXECUTE format('CREATE TRIGGER partition_is_written_through_the_whole BEFORE INSERT OR UPDATE OR DELETE ON %s'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change()', part);
        EXECUTE format('CREATE TRIGGER partition_is_never_truncated BEFORE TRUNCATE ON %s'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate()', part);
    END LOOP;
    RETURN true;
END
$$;

-- The job makes the months ahead (settlements/entry_partitions.py). Should one be missing all the same, the first
-- transfer of that month makes it before its entries come, whoever writes them and whatever the clock says.
CREATE FUNCTION settlements_have_the_month() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM settlements_make_entry_partition(created_at) FROM (SELECT DISTINCT created_at FROM fresh) AS posted;
    RETURN NULL;
END
$$;

CREATE TRIGGER transfer_has_the_partition_of_its_month
    AFTER INSERT ON settlements_transfer REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION settlements_have_the_month();

-- Lay the entries out anew: by month, and each month in `shares` parts by venue, 0 for none (docs/decisions/ledger.md).
-- Copies every entry while nobody posts. A unique key of a partitioned table holds what divides it; an entry has the
-- time and the venue of its transfer, so its place there is taken once all the same.
CREATE FUNCTION settlements_divide_entries(shares bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    divided_by text := CASE WHEN shares > 1 THEN 'created_at, venue_id' ELSE 'created_at' END;
    old regclass;
BEGIN
    CREATE SCHEMA settlements_before;  -- where the old tables keep their names, and those of their indexes
    FOR old IN SELECT 'settlements_entry'::regclass UNION SELECT relid FROM pg_partition_tree('settlements_entry') LOOP
        EXECUTE format('ALTER TABLE %s SET SCHEMA settlements_before', old);
    END LOOP;

    CREATE TABLE settlements_entry (LIKE settlements_before.settlements_entry INCLUDING CONSTRAINTS)
        PARTITION BY RANGE (created_at);
    EXECUTE format('ALTER TABLE settlements_entry ADD PRIMARY KEY (id, %1$s),'
                   ' ADD CONSTRAINT entry_has_its_place_in_the_transfer UNIQUE (transfer_id, position, %1$s)', divided_by);
    CREATE INDEX entry_along_time ON settlements_entry (account_id, created_at, id) INCLUDE (amount_minor);
    PERFORM settlements_make_entry_partition(month, shares)
       FROM (SELECT DISTINCT date_trunc('month', created_at, 'Asia/Shanghai') AS month
               FROM settlements_before.settlements_entry
             UNION
             SELECT date_trunc('month', now(), 'Asia/Shanghai')) AS needed;
    INSERT INTO settlements_entry SELECT * FROM settlements_before.settlements_entry;
    DROP TABLE settlements_before.settlements_entry;
    DROP SCHEMA settlements_before;

    CREATE TRIGGER entries_move_balances
        AFTER INSERT ON settlements_entry REFERENCING NEW TABLE AS fresh
        FOR EACH STATEMENT EXECUTE FUNCTION settlements_take_entries();
    CREATE TRIGGER entry_is_append_only BEFORE UPDATE OR DELETE ON settlements_entry
        FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
    CREATE TRIGGER entry_is_never_truncated BEFORE TRUNCATE ON settlements_entry
        FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();
END
$$;

SELECT settlements_divide_entries(0);
