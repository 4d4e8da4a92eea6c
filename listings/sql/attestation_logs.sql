-- A node's log and the batches it gave and took are evidence between two sides: they only grow.
CREATE TRIGGER attestation_entry_is_append_only BEFORE UPDATE OR DELETE ON listings_attestationentry
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER attestation_batch_is_append_only BEFORE UPDATE OR DELETE ON listings_attestationbatch
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
