-- What was declared of licences stays; a correction is a new row.
CREATE TRIGGER licence_chain_is_append_only BEFORE UPDATE OR DELETE ON listings_licencechain
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER licence_chain_is_never_truncated BEFORE TRUNCATE ON listings_licencechain
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();

-- Which rows a sample has is fixed when it is drawn, and what people found in them when it is judged.
CREATE FUNCTION listings_refuse_change_of_sampling() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'DRAWN'
        OR (NEW.version_id, NEW.organization_id, NEW.seed, NEW.size, NEW.population, NEW.rule_set, NEW.drawn_by)
            IS DISTINCT FROM
            (OLD.version_id, OLD.organization_id, OLD.seed, OLD.size, OLD.population, OLD.rule_set, OLD.drawn_by)
    THEN
        RAISE EXCEPTION 'a corpus sampling does not change but by being judged once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER corpus_sampling_is_judged_once BEFORE UPDATE OR DELETE ON listings_corpussampling
    FOR EACH ROW EXECUTE FUNCTION listings_refuse_change_of_sampling();
CREATE TRIGGER corpus_sampling_is_never_truncated BEFORE TRUNCATE ON listings_corpussampling
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();
