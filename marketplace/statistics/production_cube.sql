-- Cost and capital formation of one venue and one quarter, from the latest return of each provider for each line.
WITH return_in_force AS (
    SELECT DISTINCT ON (filed.organization_id, filed.industry, filed.product_type, filed.source_kind, filed.currency)
           filed.*
      FROM marketplace_productionreturn filed
     WHERE filed.venue_id = %(venue)s
       AND filed.quarter = %(quarter)s
     ORDER BY filed.organization_id, filed.industry, filed.product_type, filed.source_kind, filed.currency, filed.id DESC),
production AS (
    SELECT filed.industry, filed.product_type, filed.source_kind, filed.currency,
           CASE WHEN seller.jurisdiction = 'CN' THEN left(seller.division_code, 2) || '0000'
                ELSE seller.jurisdiction END AS region,
           filed.organization_id,
           filed.acquisition_minor + filed.cleaning_minor + filed.labelling_minor + filed.storage_minor
               + filed.compliance_minor AS cost_minor,
           filed.capitalised_minor
      FROM return_in_force filed
      JOIN accounts_organization seller ON seller.id = filed.organization_id)
SELECT currency,
       coalesce(industry, ''), coalesce(product_type, ''), coalesce(source_kind, ''), coalesce(region, ''), '',
       array_agg(DISTINCT organization_id),
       sum(cost_minor)::bigint, sum(capitalised_minor)::bigint
  FROM production
 GROUP BY currency, CUBE (industry, product_type, source_kind, region)
 ORDER BY 1, 2, 3, 4, 5
