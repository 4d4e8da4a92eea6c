-- What a function of the database needs to write the evidence and the jobs of many rows at once.

-- Return the n-th identifier after `first`, a UUIDv7: of the same moment, counted in its last bits (RFC 9562 §6.2).
-- Random bits for each of them can cost more than the row that it names.
CREATE FUNCTION kernel_nth_id(first uuid, n bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$
    SELECT encode(substring(uuid_send(first) FOR 12) || int4send(n::int), 'hex')::uuid
$$;

-- Write an audit event of the same action for each of several subjects. `act` is what they share, as in
-- kernel_record_events; its own `events` are left alone.
CREATE FUNCTION kernel_record_alike(
    act jsonb, action text, subject_type text, subjects uuid[], organizations uuid[], venues uuid[], details jsonb[]
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    first uuid := uuidv7();
BEGIN
    INSERT INTO kernel_auditevent
           (id, occurred_at, actor_kind, actor_id, person_id, reason, trace_id,
            action, subject_type, subject_id, organization_id, venue_id, details)
    SELECT kernel_nth_id(first, n), shared.occurred_at, shared.actor_kind, shared.actor_id, shared.person_id,
           shared.reason, shared.trace_id, kernel_record_alike.action, kernel_record_alike.subject_type,
           event.subject_id::text, event.organization_id, event.venue_id, event.details
      FROM jsonb_to_record(act) AS shared
           (occurred_at timestamptz, actor_kind text, actor_id uuid, person_id uuid, reason text, trace_id text),
           unnest(subjects, organizations, venues, kernel_record_alike.details)
           WITH ORDINALITY AS event (subject_id, organization_id, venue_id, details, n);
END
$$;

-- Write a job of one kind, due at once, for each of several subjects: `enqueue_many` of kernel/jobs.py. The caller wakes
-- a worker.
CREATE FUNCTION kernel_enqueue(
    act jsonb, kind text, keys text[], subjects uuid[], organizations uuid[], venues uuid[]
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    first uuid := uuidv7();
    at timestamptz := act ->> 'occurred_at';
BEGIN
    INSERT INTO kernel_job (id, created_at, kind, key, subject_id, payload, state, due_at, attempts, progress,
                            last_error, organization_id, venue_id, trace_id)
    SELECT kernel_nth_id(first, n), at, kernel_enqueue.kind, job.key, job.subject_id, '{}', 'WAITING', at, 0, 0,
           '', job.organization_id, job.venue_id, act ->> 'trace_id'
      FROM unnest(keys, subjects, organizations, venues)
           WITH ORDINALITY AS job (key, subject_id, organization_id, venue_id, n)
        ON CONFLICT ON CONSTRAINT job_is_unique_by_kind_and_key DO NOTHING;
END
$$;
