-- Figures and returns are written once; a correction is a later edition or a later return.

CREATE TRIGGER statistic_cell_is_append_only BEFORE UPDATE OR DELETE ON marketplace_statisticcell
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER statistic_cell_is_never_truncated BEFORE TRUNCATE ON marketplace_statisticcell
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER index_point_is_append_only BEFORE UPDATE OR DELETE ON marketplace_indexpoint
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER index_point_is_never_truncated BEFORE TRUNCATE ON marketplace_indexpoint
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

CREATE TRIGGER production_return_is_append_only BEFORE UPDATE OR DELETE ON marketplace_productionreturn
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER production_return_is_never_truncated BEFORE TRUNCATE ON marketplace_productionreturn
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();
