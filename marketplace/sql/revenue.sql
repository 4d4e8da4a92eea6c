-- Statements of revenue, the answers to them and what was billed by them are evidence: a correction is another row.
CREATE TRIGGER revenue_statement_is_append_only BEFORE UPDATE OR DELETE ON marketplace_revenuestatement
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();

CREATE TRIGGER revenue_answer_is_append_only BEFORE UPDATE OR DELETE ON marketplace_revenueanswer
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();

CREATE TRIGGER revenue_bill_is_append_only BEFORE UPDATE OR DELETE ON marketplace_revenuebill
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();

-- A statement corrects the one before it of its own period, in the period's currency, and none of a void or running one.
CREATE FUNCTION revenue_statement_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM marketplace_revenueperiod period
      WHERE period.id = NEW.period_id AND period.currency = NEW.currency AND period.state NOT IN ('OPEN', 'VOID')
        AND (NEW.corrects_id IS NULL OR EXISTS (
             SELECT FROM marketplace_revenuestatement earlier
              WHERE earlier.id = NEW.corrects_id AND earlier.period_id = NEW.period_id
                AND earlier.number = NEW.number - 1));
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a statement of revenue is of a period that has ended and corrects the one before it'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'revenue_statement_fits';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER revenue_statement_fits BEFORE INSERT ON marketplace_revenuestatement
    FOR EACH ROW EXECUTE FUNCTION revenue_statement_fits();

-- A period is as it was begun; it may end sooner while it runs, and is never deleted.
CREATE FUNCTION revenue_period_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a revenue period is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.ends_at <> OLD.ends_at AND (OLD.state <> 'OPEN' OR NEW.ends_at > OLD.ends_at))
       OR to_jsonb(NEW) - '{ends_at,state,clock_at}'::text[] <> to_jsonb(OLD) - '{ends_at,state,clock_at}'::text[] THEN
        RAISE EXCEPTION 'a revenue period is as it was begun' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER revenue_period_is_frozen BEFORE UPDATE OR DELETE ON marketplace_revenueperiod
    FOR EACH ROW EXECUTE FUNCTION revenue_period_is_frozen();
