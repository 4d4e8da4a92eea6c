-- Providers, datasets, products and listings for bench/catalogue.py; bench_texts holds the names to give out.
-- Sent with parameters, so a percent sign is written twice.

INSERT INTO accounts_organization (id, created_at, name, legal_name, jurisdiction, identifier_kind, identifier, division_code)
SELECT gen_random_uuid(), now(), jsonb_build_object('zh-Hans', '供方' || n, 'en', 'Provider ' || n), '供方' || n || '有限公司',
       CASE WHEN n %% 10 = 0 THEN 'HK' ELSE 'CN' END, CASE WHEN n %% 10 = 0 THEN 'HKBR' ELSE 'USCC' END, 'B' || n,
       CASE WHEN n %% 10 = 0 THEN '' ELSE '440115' END
  FROM generate_series(1, %(providers)s) n;

INSERT INTO accounts_person (id, created_at, email, name, language, password, is_active, is_superuser)
SELECT gen_random_uuid(), now(), 'bench' || n || '@example.com', 'Bench ' || n, 'en', '!', true, false FROM generate_series(1, 3) n;

INSERT INTO listings_dataset (id, created_at, organization_id, title, description)
SELECT gen_random_uuid(), now(), id, name, '{}' FROM accounts_organization WHERE identifier LIKE 'B%%';

INSERT INTO listings_datasetversion (id, created_at, dataset_id, organization_id, number, state, notes, wrapped_key, key_id,
                                     profile, rows, bytes, sha256, sm3, sealed_at)
SELECT gen_random_uuid(), now(), id, organization_id, 1, 'READY', '{}', '', 'bench', '{}', 1000, 65536, repeat('a', 64),
       repeat('b', 64), now()
  FROM listings_dataset;

CREATE TABLE bench_names AS
SELECT n, p.*, d.id AS dataset_id, d.organization_id, v.id AS version_id, o.jurisdiction, gen_random_uuid() AS product_id
  FROM generate_series(1, %(products)s) n
  JOIN bench_texts p ON p.number = n %% %(texts)s
  JOIN (SELECT *, row_number() OVER () - 1 AS r FROM listings_dataset) d ON d.r = (n * 7919::bigint) %% %(providers)s
  JOIN listings_datasetversion v ON v.dataset_id = d.id
  JOIN accounts_organization o ON o.id = d.organization_id;

INSERT INTO listings_product (id, created_at, organization_id, dataset_id, state, number, name, summary, scenario, product_type,
       industry, language, source_kind, processing, rights, evidence, personal_data, rule_set, region_scope, frequency,
       buyer_kinds, buyer_regions, buyer_qualifications, buyer_environment, resale_allowed, export_allowed,
       sample_rows_public, registered_at)
SELECT product_id, now(), organization_id, dataset_id, 'REGISTERED', 'B-P-' || n, name, summary, summary, 'DATASET', industry,
       'zh-Hans', 'COLLECTED', 'PROCESSED', '{HOLD,USE,OPERATE}', '{}', 'NONE', '', 'CITY', frequency, '{}', '{}', '', '',
       false, false, false, now()
  FROM bench_names;

INSERT INTO listings_terms (id, created_at, product_id, organization_id, version, purposes, territories, resale_allowed,
                            derivatives_allowed, export_allowed, attribution_required, deletion_required, text, policy)
SELECT gen_random_uuid(), now(), product_id, organization_id, 1, '{RESEARCH}', '{}', false, true, false, false, false,
       '{"en": "bench"}', '{}'
  FROM bench_names;

INSERT INTO listings_listing (id, created_at, product_id, organization_id, venue_id, version_id, terms_id, state, number,
       submitted_by_id, submitted_at, reviewed_by_id, approved_by_id, listed_at, name, summary, product_type, industry,
       region_scope, frequency, provider_jurisdiction, formats, rows, bytes, currency, price_from_minor, search,
       deliveries, destinations, quality_grade, quality_score, visibility)
SELECT gen_random_uuid(), now(), b.product_id, b.organization_id, venue.id, b.version_id, t.id, 'LISTED',
       venue.number_prefix || '-L-B-' || b.n, people[1], now(), people[2], people[3],
       now() - make_interval(secs => (b.n * 2654435761::bigint) %% 31536000), b.name, b.summary,
       CASE WHEN b.n %% 12 = 0 THEN 'CORPUS' ELSE 'DATASET' END, b.industry, 'CITY', b.frequency, b.jurisdiction,
       CASE WHEN b.n %% 3 = 0 THEN '{PARQUET}' ELSE '{CSV}' END::varchar[], 1000, 65536, 'CNY',
       CASE WHEN b.n %% 5 = 0 THEN 0 ELSE (b.n * 48271::bigint) %% 5000000 + 1 END, b.search,
       '{FILE}', CASE WHEN b.n %% 4 = 0 THEN '{*}' ELSE '{CN}' END::varchar[], substr('ABCD', (b.n %% 4 + 1)::int, 1),
       95 - 15 * (b.n %% 4), 'PUBLIC'
  FROM bench_names b
  JOIN listings_terms t ON t.product_id = b.product_id
 CROSS JOIN accounts_venue venue
 CROSS JOIN (SELECT array_agg(id) AS people FROM accounts_person WHERE email LIKE 'bench%%') p;

INSERT INTO listings_listingembedding (listing_id, slot, vector)
SELECT l.id, 0, m.vector
  FROM listings_listing l
  JOIN bench_names b ON b.product_id = l.product_id
  JOIN bench_meanings m ON m.number = b.number
 WHERE b.n %% %(every)s = 0;

INSERT INTO listings_suggestion (listing_id, key)
SELECT l.id, unnest(m.keys)
  FROM listings_listing l
  JOIN bench_names b ON b.product_id = l.product_id
  JOIN bench_meanings m ON m.number = b.number
 WHERE b.n %% %(every)s = 0;
