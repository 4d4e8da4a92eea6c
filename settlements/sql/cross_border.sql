-- What proves a trade, what a payout pays for and what it carried stays (kernel/sql/append_only.sql).
CREATE TRIGGER trade_proof_is_append_only BEFORE UPDATE OR DELETE ON settlements_tradeproof
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER trade_proof_is_never_truncated BEFORE TRUNCATE ON settlements_tradeproof
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER contract_earning_is_append_only BEFORE UPDATE OR DELETE ON settlements_contractearning
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER contract_earning_is_never_truncated BEFORE TRUNCATE ON settlements_contractearning
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER payout_part_is_append_only BEFORE UPDATE OR DELETE ON settlements_payoutpart
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER payout_part_is_never_truncated BEFORE TRUNCATE ON settlements_payoutpart
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER cross_border_payment_is_append_only BEFORE UPDATE OR DELETE ON settlements_crossborderpayment
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER cross_border_payment_is_never_truncated BEFORE TRUNCATE ON settlements_crossborderpayment
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER decided_tax_filing_stays BEFORE UPDATE ON settlements_taxfiling
    FOR EACH ROW WHEN (OLD.state <> 'ENTERED') EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER tax_filing_is_never_removed BEFORE DELETE ON settlements_taxfiling
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER tax_filing_is_never_truncated BEFORE TRUNCATE ON settlements_taxfiling
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();
