-- What is reserved and redeemed is counted from the uses, whoever writes them; the check constraints of the programme
-- and the grant then refuse whatever would pass the budget or the grant (DOMAIN I18).
CREATE FUNCTION settlements_count_voucher_use() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    reserved bigint := NEW.amount_minor - NEW.released_minor - NEW.redeemed_minor;
    redeemed bigint := NEW.redeemed_minor - NEW.returned_minor - NEW.clawed_back_minor;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        reserved := reserved - (OLD.amount_minor - OLD.released_minor - OLD.redeemed_minor);
        redeemed := redeemed - (OLD.redeemed_minor - OLD.returned_minor - OLD.clawed_back_minor);
    END IF;
    IF reserved <> 0 OR redeemed <> 0 THEN
        -- What comes back to a programme that is closed goes on to its funder.
        UPDATE settlements_voucherprogramme
           SET reserved_minor = reserved_minor + reserved, redeemed_minor = redeemed_minor + redeemed,
               returned_minor = returned_minor - CASE WHEN state = 'CLOSED' THEN reserved + redeemed ELSE 0 END
         WHERE id = NEW.programme_id;
        UPDATE settlements_vouchergrant
           SET reserved_minor = reserved_minor + reserved, redeemed_minor = redeemed_minor + redeemed
         WHERE id = NEW.grant_id AND programme_id = NEW.programme_id AND organization_id = NEW.organization_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a use is of a voucher of its programme and buyer'
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'voucher_use_fits_its_voucher';
        END IF;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER voucher_use_is_counted AFTER INSERT OR UPDATE ON settlements_voucheruse
    FOR EACH ROW EXECUTE FUNCTION settlements_count_voucher_use();

-- Counts move with uses alone: inside that trigger the depth is above zero.
CREATE TRIGGER voucher_programme_is_counted_by_its_uses BEFORE UPDATE ON settlements_voucherprogramme
    FOR EACH ROW WHEN (pg_trigger_depth() = 0
        AND (OLD.reserved_minor, OLD.redeemed_minor) IS DISTINCT FROM (NEW.reserved_minor, NEW.redeemed_minor))
    EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER voucher_is_counted_by_its_uses BEFORE UPDATE ON settlements_vouchergrant
    FOR EACH ROW WHEN (pg_trigger_depth() = 0
        AND (OLD.reserved_minor, OLD.redeemed_minor) IS DISTINCT FROM (NEW.reserved_minor, NEW.redeemed_minor))
    EXECUTE FUNCTION kernel_refuse_change();

-- By these terms people apply and money is held: another rule is another programme.
CREATE TRIGGER voucher_programme_keeps_its_terms BEFORE UPDATE ON settlements_voucherprogramme
    FOR EACH ROW WHEN (
        (OLD.id, OLD.number, OLD.venue_id, OLD.funder_id, OLD.name, OLD.source, OLD.currency, OLD.budget_minor,
         OLD.rate_ppm, OLD.startup_rate_ppm, OLD.applicant_cap_minor, OLD.order_cap_minor, OLD.product_types,
         OLD.places, OLD.payment, OLD.granted_by_rule, OLD.opens_on, OLD.closes_on, OLD.grant_days, OLD.drafted_by_id)
        IS DISTINCT FROM
        (NEW.id, NEW.number, NEW.venue_id, NEW.funder_id, NEW.name, NEW.source, NEW.currency, NEW.budget_minor,
         NEW.rate_ppm, NEW.startup_rate_ppm, NEW.applicant_cap_minor, NEW.order_cap_minor, NEW.product_types,
         NEW.places, NEW.payment, NEW.granted_by_rule, NEW.opens_on, NEW.closes_on, NEW.grant_days, NEW.drafted_by_id))
    EXECUTE FUNCTION kernel_refuse_change();

-- What was issued stays as it was issued.
CREATE TRIGGER issued_voucher_keeps_its_terms BEFORE UPDATE ON settlements_vouchergrant
    FOR EACH ROW WHEN (OLD.state NOT IN ('APPLIED', 'APPROVED')
        AND (OLD.programme_id, OLD.venue_id, OLD.organization_id, OLD.currency, OLD.amount_minor, OLD.rate_ppm,
             OLD.expires_on, OLD.issued_by_id, OLD.issued_at)
        IS DISTINCT FROM
            (NEW.programme_id, NEW.venue_id, NEW.organization_id, NEW.currency, NEW.amount_minor, NEW.rate_ppm,
             NEW.expires_on, NEW.issued_by_id, NEW.issued_at))
    EXECUTE FUNCTION kernel_refuse_change();

-- A use says once for which order it is and how much; its parts only grow.
CREATE TRIGGER voucher_use_only_goes_on BEFORE UPDATE ON settlements_voucheruse
    FOR EACH ROW WHEN (
        (OLD.id, OLD.programme_id, OLD.grant_id, OLD.venue_id, OLD.organization_id, OLD.order_id, OLD.price_minor,
         OLD.amount_minor, OLD.currency)
        IS DISTINCT FROM
        (NEW.id, NEW.programme_id, NEW.grant_id, NEW.venue_id, NEW.organization_id, NEW.order_id, NEW.price_minor,
         NEW.amount_minor, NEW.currency)
        OR NEW.released_minor < OLD.released_minor OR NEW.redeemed_minor < OLD.redeemed_minor
        OR NEW.returned_minor < OLD.returned_minor OR NEW.clawed_back_minor < OLD.clawed_back_minor)
    EXECUTE FUNCTION kernel_refuse_change();

CREATE TRIGGER voucher_programme_is_never_removed BEFORE DELETE ON settlements_voucherprogramme
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER voucher_programme_is_never_truncated BEFORE TRUNCATE ON settlements_voucherprogramme
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();
CREATE TRIGGER voucher_is_never_removed BEFORE DELETE ON settlements_vouchergrant
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER voucher_is_never_truncated BEFORE TRUNCATE ON settlements_vouchergrant
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();
CREATE TRIGGER voucher_use_is_never_removed BEFORE DELETE ON settlements_voucheruse
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER voucher_use_is_never_truncated BEFORE TRUNCATE ON settlements_voucheruse
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();
CREATE TRIGGER clawback_is_never_removed BEFORE DELETE ON settlements_voucherclawback
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER clawback_is_never_truncated BEFORE TRUNCATE ON settlements_voucherclawback
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();
