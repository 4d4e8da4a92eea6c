-- The paper of a report keeps its bytes and digests; only its data key may be wrapped anew (listings/rotation.py).
CREATE TRIGGER report_paper_is_frozen BEFORE UPDATE ON listings_reportpaper
    FOR EACH ROW EXECUTE FUNCTION listings_guard_document();
CREATE TRIGGER report_paper_is_never_deleted BEFORE DELETE ON listings_reportpaper
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
