-- Every new event queues itself for sealing, in its own transaction: the sealer reads the queue and never scans the
-- log, and an event that commits after a younger one is still in the queue when the sealer next looks.

CREATE FUNCTION kernel_queue_new_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO kernel_unsealedevent (event_id) SELECT id FROM added ORDER BY id;
    RETURN NULL;
END
$$;

CREATE TRIGGER new_event_waits_for_its_seal AFTER INSERT ON kernel_auditevent
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION kernel_queue_new_events();
