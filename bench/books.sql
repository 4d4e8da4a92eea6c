-- Fill the ledger with settlements of three legs over two years, as posting them one by one would have left it: every
-- transfer whole, every balance true. Triggers are off in this session alone, for nobody has the hours to wait.
SET session_replication_role = replica;
SET synchronous_commit = off;

SELECT settlements_make_entry_partition(date_trunc('month', now()) + interval '14 days' - make_interval(months => ago))
  FROM generate_series(-1, 25) AS ago;

CREATE TEMPORARY TABLE pair AS
SELECT row_number() OVER (ORDER BY payer.organization_id) - 1 AS n, payer.venue_id, payer.id AS payer, provider.id AS provider
  FROM settlements_account payer
  JOIN settlements_account provider ON provider.organization_id = payer.organization_id AND provider.kind = 'PAYABLE'
 WHERE payer.kind = 'ESCROW';
ANALYZE pair;

-- Each payer is given plenty before all that follows.
INSERT INTO settlements_transfer (id, created_at, kind, reference, venue_id, memo, legs)
SELECT uuidv7(- interval '25 months'), now() - interval '25 months', 'DEPOSIT', 'deposit:' || payer, venue_id, '', 2 FROM pair;
INSERT INTO settlements_entry
       (id, created_at, transfer_id, position, account_id, venue_id, currency, amount_minor, balance_minor)
SELECT uuidv7(- interval '25 months'), transfer.created_at, transfer.id, leg.position, leg.account, pair.venue_id, 'CNY',
       leg.amount, leg.balance
  FROM pair JOIN settlements_transfer transfer ON transfer.reference = 'deposit:' || payer
 CROSS JOIN LATERAL (VALUES (0, %(bank)s::uuid, - %(plenty)s::bigint, NULL),
                            (1, pair.payer, %(plenty)s, %(plenty)s)) AS leg (position, account, amount, balance);

-- The pairs take turns, so the turn tells what a payer and a provider hold.
CREATE TEMPORARY TABLE made AS
SELECT uuidv7(at - clock_timestamp()) AS id, at, n / pairs AS turn, mod(n, pairs) AS pair
  FROM (SELECT n, now() - interval '2 years' * (1 - n::float8 / %(transfers)s) AS at, (SELECT count(*) FROM pair) AS pairs
          FROM generate_series(0::bigint, %(transfers)s - 1) AS n) AS timed;
ANALYZE made;
INSERT INTO settlements_transfer (id, created_at, kind, reference, venue_id, memo, legs)
SELECT made.id, made.at, 'SETTLEMENT', 'settlement:' || made.id, pair.venue_id, '', 3
  FROM made JOIN pair ON pair.n = made.pair;
INSERT INTO settlements_entry
       (id, created_at, transfer_id, position, account_id, venue_id, currency, amount_minor, balance_minor)
SELECT uuidv7(made.at - clock_timestamp()), made.at, made.id, leg.position, leg.account, pair.venue_id, 'CNY',
       leg.amount, leg.balance
  FROM made JOIN pair ON pair.n = made.pair
 CROSS JOIN LATERAL (VALUES (0, pair.payer, -10000::bigint, %(plenty)s - 10000 * (made.turn + 1)),
                            (1, pair.provider, 9750, 9750 * (made.turn + 1)),
                            (2, %(fees)s::uuid, 250, NULL)) AS leg (position, account, amount, balance);

UPDATE settlements_balance balance SET minor = moved.minor, moved_at = moved.last_at
  FROM (SELECT account_id, sum(amount_minor)::bigint AS minor, max(created_at) AS last_at
          FROM settlements_entry GROUP BY account_id) AS moved
 WHERE balance.account_id = moved.account_id;

DROP TABLE made, pair;
RESET session_replication_role;
RESET synchronous_commit;
