-- Evidence is written once. These triggers refuse every UPDATE and DELETE of the event log and of what seals it,
-- whoever asks; `kernel_refuse_change` serves any other table that must only grow.

CREATE FUNCTION kernel_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$$;

-- TRUNCATE empties the tables between tests that need real commits; only there, where Django names the database test_….
CREATE FUNCTION kernel_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_database() NOT LIKE 'test\_%' THEN
        RAISE EXCEPTION '% is append-only: TRUNCATE refused', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER audit_event_is_append_only BEFORE UPDATE OR DELETE ON kernel_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER audit_event_is_never_truncated BEFORE TRUNCATE ON kernel_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER sealed_event_is_append_only BEFORE UPDATE OR DELETE ON kernel_sealedevent
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER sealed_event_is_never_truncated BEFORE TRUNCATE ON kernel_sealedevent
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER merkle_node_is_append_only BEFORE UPDATE OR DELETE ON kernel_merklenode
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER merkle_node_is_never_truncated BEFORE TRUNCATE ON kernel_merklenode
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER tree_head_is_append_only BEFORE UPDATE OR DELETE ON kernel_treehead
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER tree_head_is_never_truncated BEFORE TRUNCATE ON kernel_treehead
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER log_key_is_append_only BEFORE UPDATE OR DELETE ON kernel_logkey
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER log_key_is_never_truncated BEFORE TRUNCATE ON kernel_logkey
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

-- A certificate moves through its states, but what it says, and the file once issued, stay as they are.
CREATE FUNCTION kernel_refuse_rewritten_certificate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.number, NEW.kind, NEW.subject_type, NEW.subject_id, NEW.statement, NEW.statement_sha256,
        NEW.statement_sm3, NEW.event_id)
       IS DISTINCT FROM
       (OLD.number, OLD.kind, OLD.subject_type, OLD.subject_id, OLD.statement, OLD.statement_sha256,
        OLD.statement_sm3, OLD.event_id)
       OR (OLD.file <> '' AND NEW.file <> OLD.file) THEN
        RAISE EXCEPTION 'certificate % cannot be rewritten', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER certificate_is_never_rewritten BEFORE UPDATE ON kernel_certificate
    FOR EACH ROW EXECUTE FUNCTION kernel_refuse_rewritten_certificate();
CREATE TRIGGER certificate_is_never_deleted BEFORE DELETE ON kernel_certificate
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER certificate_is_never_truncated BEFORE TRUNCATE ON kernel_certificate
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();
