"""Many trades that wait for their settlement, copied from a real one inside the database."""

from django.db import connection, transaction

from kernel.actors import SYSTEM
from kernel.money import Currency, Money
from marketplace.models import Order
from settlements.chart import AccountKey, open_accounts
from settlements.ledger import Leg, TransferDraft, post
from settlements.models import Account, Transfer
from tests.marketplace.trading import accepted, listed_dataset, make_buyer, placed
from tests.world import make_member

# `record` with other values under some names is another record of the same table.
COPY = """
INSERT INTO {table}
SELECT made.* FROM {source} CROSS JOIN LATERAL jsonb_populate_record(pattern, {changes}) AS made
"""
PARTIES = """
CREATE TEMPORARY TABLE party AS
SELECT n, uuidv7() AS id, side FROM generate_series(0, %(parties)s - 1) AS n, unnest(ARRAY['buyer', 'provider']) AS side
"""
TRADES = """
CREATE TEMPORARY TABLE trade AS
SELECT n.n, uuidv7() AS order_id, uuidv7() AS hold_id, buyer.id AS buyer_id, provider.id AS provider_id
  FROM generate_series(1, %(count)s) AS n
  JOIN party AS buyer ON buyer.side = 'buyer' AND buyer.n = mod(n.n, %(parties)s)
  JOIN party AS provider ON provider.side = 'provider' AND provider.n = mod(n.n / 7, %(parties)s)
"""


def accepted_trades(count: int, *, parties: int = 50) -> Order:
    """Make `count` accepted orders between so many buyers and as many providers, each with its price held.

    Returns the real one that they were copied from, which is accepted too and waits like them.
    """
    order = placed(listed_dataset(make_member()), make_buyer())
    accepted(order)
    with transaction.atomic(), connection.cursor() as cursor:
        values = {"count": count, "parties": parties, "order": order.pk}
        cursor.execute(PARTIES, values)
        cursor.execute(TRADES, values)
        for table, source, changes in (
            (
                "accounts_organization",
                "party JOIN accounts_organization AS pattern ON pattern.id = (SELECT buyer_id FROM marketplace_order"
                " WHERE id = %(order)s)",
                "jsonb_build_object('id', party.id, 'identifier', 'COPY-' || side || party.n)",
            ),
            (
                "marketplace_order",
                "trade JOIN marketplace_order AS pattern ON pattern.id = %(order)s",
                "jsonb_build_object('id', order_id, 'number', 'COPY-O-' || trade.n, 'buyer_id', trade.buyer_id,"
                " 'provider_id', trade.provider_id)",
            ),
            (
                "marketplace_agreement",
                "trade JOIN marketplace_agreement AS pattern ON pattern.order_id = %(order)s",
                "jsonb_build_object('id', uuidv7(), 'order_id', trade.order_id, 'number', 'COPY-A-' || trade.n)",
            ),
            (
                "settlements_escrowhold",
                "trade JOIN settlements_escrowhold AS pattern ON pattern.order_id = %(order)s",
                "jsonb_build_object('id', hold_id, 'order_id', trade.order_id, 'payer_id', trade.buyer_id)",
            ),
        ):
            cursor.execute(COPY.format(table=table, source=source, changes=changes), values)
        cursor.execute("SELECT buyer_id, count(*) FROM trade GROUP BY buyer_id")
        held = dict(cursor.fetchall())
        cursor.execute("DROP TABLE party, trade")
        _hold(order, held)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return order


def _hold(order: Order, held: dict[object, int]) -> None:
    """Bring all that the copies hold into escrow, with one transfer for each buyer."""
    venue_id, currency = order.venue_id, Currency(order.currency)
    bank, *escrows = open_accounts(
        AccountKey(Account.Kind.BANK, venue_id, currency),
        *(AccountKey(Account.Kind.ESCROW, venue_id, currency, buyer) for buyer in held),  # type: ignore[arg-type]
    )
    amounts = [Money(order.gross_minor * count, currency).minor for count in held.values()]
    post(
        [
            TransferDraft(Transfer.Kind.HOLD, f"copies:{escrow}", venue_id, (Leg(bank, -amount), Leg(escrow, amount)))
            for escrow, amount in zip(escrows, amounts, strict=True)
        ],
        actor=SYSTEM,
    )
