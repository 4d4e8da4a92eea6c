-- An order's price, or a part of it, as it is to be divided; a free order has no hold and no lines. `id` will be the
-- settlement's. `lines` are those of the agreement (FeeLine.as_json in settlements/fees.py). `voucher_minor` is what a
-- voucher programme pays of the gross, from its own account.
CREATE TYPE settlements_draft AS (
    id uuid, order_id uuid, part int, venue_id uuid, hold_id uuid, payer_id uuid, provider_id uuid, broker_id uuid,
    gross_minor bigint, currency text, lines jsonb, voucher_account_id uuid, voucher_minor bigint
);

-- Whose account takes a payee's line: the venue's own, or the organization's earnings.
CREATE FUNCTION settlements_account_kind(payee text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT CASE payee WHEN 'VENUE' THEN 'FEES' WHEN 'TAX' THEN 'TAX' ELSE 'PAYABLE' END $$;

-- Divide the drafts: write each settlement and its lines, end its hold and pay the shares out of escrow, with an audit
-- event each (`act`: kernel_record_events): all of it or nothing. Returns the ids of those that were settled; what was
-- settled before stands.
--
-- A hold makes its move from HELD to RELEASED here, not in kernel/states.py: its state goes with its amounts. Balances
-- are locked last: who settles for the same parties at the same time waits from there to the commit.
CREATE FUNCTION settlements_settle(act jsonb, drafts settlements_draft[]) RETURNS SETOF uuid
LANGUAGE plpgsql
-- As in settlements_post: one plan for any number of drafts, and for tables that have grown.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
DECLARE
    settled_at timestamptz := act ->> 'occurred_at';
    first_line uuid := uuidv7();
    made bigint;
    ended bigint;
    divided settlements_settlementline[];
BEGIN
    INSERT INTO settlements_settlement
           (id, created_at, order_id, part, venue_id, hold_id, provider_id, broker_id, gross_minor, currency)
    SELECT id, settled_at, order_id, part, venue_id, hold_id, provider_id, broker_id, gross_minor, currency
      FROM unnest(drafts)
        ON CONFLICT (order_id, part) DO NOTHING;
    GET DIAGNOSTICS made = ROW_COUNT;
    IF made < cardinality(drafts) THEN
        SELECT array_agg(draft) INTO drafts
          FROM unnest(drafts) AS draft JOIN settlements_settlement settlement ON settlement.id = draft.id;
        IF drafts IS NULL THEN
            RETURN;
        END IF;
    END IF;
    PERFORM kernel_record_alike(act, 'settlement.made', 'settlement', array_agg(id), array_agg(provider_id),
                array_agg(venue_id), array_agg(jsonb_build_object(
                    'order', order_id, 'lines', lines, 'gross', jsonb_build_object(
                        'amount', round(gross_minor / 100.0, 2)::text, 'currency', currency))))
       FROM unnest(drafts);

    WITH moved AS (
        UPDATE settlements_escrowhold hold
           SET settled_minor = hold.settled_minor + draft.gross_minor,
               state = CASE hold.frozen_minor WHEN 0 THEN 'RELEASED' ELSE hold.state END
          FROM unnest(drafts) AS draft
         WHERE hold.id = draft.hold_id AND hold.state = 'HELD'
           AND hold.order_id = draft.order_id AND hold.venue_id = draft.venue_id AND hold.currency = draft.currency
           AND hold.amount_minor - hold.settled_minor - hold.refunded_minor - hold.frozen_minor = draft.gross_minor
        RETURNING hold.id, hold.payer_id, hold.venue_id, hold.state, draft.id AS settlement_id
    ), recorded AS (
        SELECT kernel_record_alike(act, CASE state WHEN 'HELD' THEN 'escrowhold.settled_in_part'
                                                   ELSE 'escrowhold.released' END,
                   'escrowhold', array_agg(id), array_agg(payer_id), array_agg(venue_id), array_agg(
                       CASE state WHEN 'HELD' THEN '{}' ELSE '{"from": "HELD", "to": "RELEASED"}'::jsonb END
                       || jsonb_build_object('settlement', settlement_id)))
          FROM moved GROUP BY state)
    SELECT (SELECT count(*) FROM moved) + 0 * (SELECT count(*) FROM recorded) INTO ended;
    IF ended < (SELECT count(hold_id) FROM unnest(drafts)) THEN
        RAISE EXCEPTION 'a hold is not open for what is to be settled from it'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'hold_is_open_for_its_settlement';
    END IF;

    WITH line AS (
        INSERT INTO settlements_settlementline AS written
               (id, created_at, settlement_id, venue_id, payee, payer, organization_id, rate_ppm, amount_minor, currency,
                schedule_id, waiver_id, tax, taxed, tax_rate_id)
        SELECT kernel_nth_id(first_line, row_number() OVER ()), settled_at, draft.id, draft.venue_id, line.payee,
               coalesce(line.payer, 'PROVIDER'),
               CASE line.payee WHEN 'PROVIDER' THEN draft.provider_id WHEN 'BROKER' THEN draft.broker_id END,
               line.rate_ppm, line.amount_minor, draft.currency, line.schedule_id, line.waiver_id,
               coalesce(line.tax, ''), coalesce(line.taxed, ''), line.tax_rate_id
          FROM unnest(drafts) AS draft,
               jsonb_to_recordset(draft.lines) AS line
               (payee text, payer text, rate_ppm int, amount_minor bigint, schedule_id uuid, waiver_id uuid, tax text,
                taxed text, tax_rate_id uuid)
        RETURNING written)
    SELECT array_agg(written) INTO divided FROM line;
    IF divided IS NOT NULL THEN
        -- What the commit would check of these rows is checked now, before any balance is locked.
        SET CONSTRAINTS ALL IMMEDIATE;
        SET CONSTRAINTS ALL DEFERRED;
        PERFORM settlements_pay_shares(act, drafts, divided);
    END IF;
    RETURN QUERY SELECT id FROM unnest(drafts);
END
$$;

-- Post a transfer for each draft that has a hold: out of the payer's escrow, and of the voucher programme's, to those
-- who have a line of it.
CREATE FUNCTION settlements_pay_shares(
    act jsonb, drafts settlements_draft[], divided settlements_settlementline[]
) RETURNS void
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
DECLARE
    posted_at timestamptz := act ->> 'occurred_at';
    first_transfer uuid := uuidv7();
    opened uuid[];
    ids uuid[]; refs text[]; venues uuid[]; counts int[]; evidence jsonb[];
    leg_transfers uuid[]; leg_positions int[]; leg_accounts uuid[]; leg_amounts bigint[]; leg_moved bigint[];
BEGIN
    -- An account is opened when money first reaches it (settlements/chart.py); a hot one has to be summed from then on.
    WITH needed AS (
        SELECT DISTINCT settlements_account_kind(payee) AS kind, venue_id, organization_id, currency
          FROM unnest(divided)
    ), missing AS (
        INSERT INTO settlements_account (id, created_at, kind, venue_id, organization_id, currency)
        SELECT uuidv7(), posted_at, kind, venue_id, organization_id, currency
          FROM needed
         WHERE NOT EXISTS (SELECT FROM settlements_account account
                            WHERE account.venue_id = needed.venue_id AND account.kind = needed.kind
                              AND account.currency = needed.currency
                              AND (account.organization_id = needed.organization_id
                                   OR account.organization_id IS NULL AND needed.organization_id IS NULL))
         ORDER BY venue_id, kind, currency, organization_id
            ON CONFLICT DO NOTHING
        RETURNING id, organization_id)
    SELECT array_agg(id) FILTER (WHERE organization_id IS NULL) INTO opened FROM missing;
    IF opened IS NOT NULL THEN
        PERFORM kernel_enqueue(act, 'ledger.snapshot', opened::text[], NULL, NULL, NULL);
    END IF;

    WITH leg AS (
        SELECT draft.id AS settlement_id, 0 AS rank, NULL::uuid AS line_id, account.id AS account_id,
               coalesce(draft.voucher_minor, 0) - draft.gross_minor AS amount
          FROM unnest(drafts) AS draft
          JOIN settlements_account account
            ON account.venue_id = draft.venue_id AND account.kind = 'ESCROW' AND account.currency = draft.currency
           AND account.organization_id = draft.payer_id
         WHERE draft.hold_id IS NOT NULL
        UNION ALL
        SELECT id, 1, NULL, voucher_account_id, -voucher_minor FROM unnest(drafts)
        UNION ALL
        SELECT line.settlement_id, 2, line.id, account.id, line.amount_minor
          FROM unnest(divided) AS line
          JOIN settlements_account account
            ON account.venue_id = line.venue_id AND account.kind = settlements_account_kind(line.payee)
           AND account.currency = line.currency AND account.organization_id = line.organization_id
        UNION ALL
        SELECT line.settlement_id, 2, line.id, account.id, line.amount_minor
          FROM unnest(divided) AS line
          JOIN settlements_account account
            ON account.venue_id = line.venue_id AND account.kind = settlements_account_kind(line.payee)
           AND account.currency = line.currency AND account.organization_id IS NULL AND line.organization_id IS NULL
    ), placed AS MATERIALIZED (
        SELECT *, kernel_nth_id(first_transfer, dense_rank() OVER (ORDER BY settlement_id)) AS transfer_id,
               row_number() OVER (PARTITION BY settlement_id ORDER BY rank, line_id) - 1 AS position,
               sum(amount) OVER (PARTITION BY account_id ORDER BY settlement_id, rank, line_id) AS moved
          FROM leg WHERE amount <> 0
    ), transfer AS (
        SELECT transfer_id, count(*) AS legs,
               jsonb_agg(jsonb_build_array(account_id, amount) ORDER BY position) AS leg_list
          FROM placed GROUP BY transfer_id
    ), reference AS (
        SELECT kernel_nth_id(first_transfer, row_number() OVER (ORDER BY id)) AS transfer_id, venue_id,
               'settlement:' || order_id || CASE WHEN part > 1 THEN ':' || part ELSE '' END AS name
          FROM unnest(drafts) WHERE hold_id IS NOT NULL
    )
    SELECT * INTO ids, refs, venues, counts, evidence,
                  leg_transfers, leg_positions, leg_accounts, leg_amounts, leg_moved
      FROM (SELECT array_agg(transfer_id ORDER BY transfer_id), array_agg(name ORDER BY transfer_id),
                   array_agg(venue_id ORDER BY transfer_id) FROM reference) AS by_draft,
           (SELECT array_agg(legs ORDER BY transfer_id), array_agg(leg_list ORDER BY transfer_id) FROM transfer) AS by_transfer,
           (SELECT array_agg(transfer_id ORDER BY transfer_id, position),
                   array_agg(position ORDER BY transfer_id, position),
                   array_agg(account_id ORDER BY transfer_id, position),
                   array_agg(amount ORDER BY transfer_id, position),
                   array_agg(moved ORDER BY transfer_id, position) FROM placed) AS by_leg;

    PERFORM kernel_record_alike(act, 'transfer.posted', 'transfer', ids, NULL, venues, array_agg(
                jsonb_build_object('kind', 'SETTLEMENT', 'reference', posted.ref, 'legs', posted.leg_list) ORDER BY n))
       FROM unnest(refs, evidence) WITH ORDINALITY AS posted (ref, leg_list, n);
    PERFORM FROM settlements_post(
        act || '{"events": []}', posted_at, ids, array_fill('SETTLEMENT'::text, ARRAY[cardinality(ids)]), refs, venues,
        array_fill(''::text, ARRAY[cardinality(ids)]), counts,
        leg_transfers, leg_positions, leg_accounts, leg_amounts, leg_moved);
    IF FOUND THEN
        RAISE EXCEPTION 'the escrow of the orders does not hold their prices'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'escrow_holds_what_is_settled';
    END IF;
END
$$;
