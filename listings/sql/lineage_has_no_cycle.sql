-- No dataset is made, through however many steps, from itself. One change of lineage at a time: of two that together
-- would close a circle, the second waits for the first and then sees it.
CREATE FUNCTION listings_refuse_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('listings_datasetparent'));
    IF EXISTS (
        WITH RECURSIVE above(id) AS (
            SELECT NEW.parent_id
            UNION
            SELECT edge.parent_id FROM listings_datasetparent edge JOIN above ON edge.dataset_id = above.id
        )
        SELECT FROM above WHERE id = NEW.dataset_id
    ) THEN
        RAISE EXCEPTION 'a dataset is not its own ancestor'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'lineage_has_no_cycle';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER lineage_has_no_cycle BEFORE INSERT OR UPDATE OF dataset_id, parent_id ON listings_datasetparent
    FOR EACH ROW EXECUTE FUNCTION listings_refuse_cycle();
