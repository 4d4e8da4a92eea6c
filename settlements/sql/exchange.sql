-- A rate that was entered, and what a quote promised, stays as it was (kernel_refuse_change: kernel/sql/append_only.sql).
CREATE TRIGGER exchange_rate_is_append_only BEFORE UPDATE OR DELETE ON settlements_exchangerate
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER exchange_rate_is_never_truncated BEFORE TRUNCATE ON settlements_exchangerate
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER exchange_quote_keeps_its_terms BEFORE UPDATE ON settlements_exchangequote
    FOR EACH ROW
    WHEN ((OLD.venue_id, OLD.organization_id, OLD.sell_minor, OLD.sell_currency, OLD.buy_minor, OLD.buy_currency,
           OLD.rate_id, OLD.quoted_at, OLD.expires_at)
          IS DISTINCT FROM
          (NEW.venue_id, NEW.organization_id, NEW.sell_minor, NEW.sell_currency, NEW.buy_minor, NEW.buy_currency,
           NEW.rate_id, NEW.quoted_at, NEW.expires_at)
          OR OLD.order_id IS NOT NULL AND OLD.order_id IS DISTINCT FROM NEW.order_id)
    EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER exchange_quote_is_never_removed BEFORE DELETE ON settlements_exchangequote
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER exchange_quote_is_never_truncated BEFORE TRUNCATE ON settlements_exchangequote
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();
