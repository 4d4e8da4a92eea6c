-- A vote is cast once, and a closed ballot with its minutes stays as it was signed.
CREATE TRIGGER vote_is_append_only BEFORE UPDATE OR DELETE ON listings_vote
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER closed_ballot_is_frozen BEFORE UPDATE OR DELETE ON listings_ballot
    FOR EACH ROW WHEN (OLD.state <> 'OPEN') EXECUTE FUNCTION kernel_refuse_change();
