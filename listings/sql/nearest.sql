-- The listings that are nearest in meaning, among all that have a vector in a slot; the nearest come first, nearly in order.
CREATE FUNCTION listings_nearest(meaning halfvec, of_slot int, reach int)
    RETURNS TABLE (listing_id uuid, distance double precision)
LANGUAGE plpgsql STABLE
-- Go on along the graph until as many are found as are asked for.
SET hnsw.iterative_scan = 'relaxed_order'
-- Each slot has an index of its own, which only a plan for that slot may use.
SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    RETURN QUERY
    SELECT embedding.listing_id, embedding.vector <=> meaning
      FROM listings_listingembedding embedding
     WHERE embedding.slot = of_slot
     ORDER BY embedding.vector <=> meaning
     LIMIT reach;
END
$$;
