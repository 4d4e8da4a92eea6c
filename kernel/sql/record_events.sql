-- Write the audit events of one act. `act` has what they share (who, when, why) and `events`, one object each:
-- kernel/audit.py makes it. Other functions call this to leave their evidence in the statement that acts.
CREATE FUNCTION kernel_record_events(act jsonb) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO kernel_auditevent
           (occurred_at, actor_kind, actor_id, person_id, reason, trace_id,
            id, action, subject_type, subject_id, organization_id, venue_id, details)
    SELECT (act ->> 'occurred_at')::timestamptz, act ->> 'actor_kind', (act ->> 'actor_id')::uuid,
           (act ->> 'person_id')::uuid, act ->> 'reason', act ->> 'trace_id', event.*
      FROM jsonb_to_recordset(act -> 'events') AS event
           (id uuid, action text, subject_type text, subject_id text, organization_id uuid, venue_id uuid, details jsonb)
$$;
