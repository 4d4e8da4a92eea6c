"""What full books cost: a page of a statement over ten million entries, and posting beside them.

    python -m bench.books [--entries 10000000] [--rounds 9]

Two databases of one server hold the books of two years, a partition for each month: one has a tenth of the entries.
They are filled by SQL, balances included, and then added up. A page is read by hand, as one indexed query; by the query
of the capability; and through the HTTP view. Postings go to the two databases in turns. The figures are medians.
"""

import argparse
import os
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from itertools import cycle
from pathlib import Path
from time import perf_counter
from uuid import UUID

from bench.ledger import measure, rate, scratch_servers, set_up_django

MEMBERS = 1_000
PLENTY = 10**12
SINGLES, BATCHES, BATCH = 150, 8, 100
WARM = 6  # postings that make the plans of a new connection
PAGES = 20
PAGE_AIM, GROWTH_AIM = 2.0, 1.2
SMALL, LARGE = "dawan", "grown"
BY_HAND = """
SELECT entry.*, transfer.*
  FROM settlements_entry entry
  JOIN settlements_transfer transfer ON transfer.id = entry.transfer_id
 WHERE entry.account_id = %s AND entry.created_at < %s
 ORDER BY entry.created_at DESC, entry.id DESC LIMIT 51
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    # One connection, which goes from one database to the other; and nobody is told to come back later.
    os.environ.update(DATABASE_POOL_SIZE="0", THROTTLE_CLIENT="1000000/min", LOG_LEVEL="WARNING")
    with scratch_servers(("postgres", "redis")) as state:
        (state / "static").mkdir()
        set_up_django(state)
        from django.utils import timezone

        books = Books()
        books.fill(arguments.entries)
        today = timezone.localdate()
        for day in (today, today - timedelta(days=365)):
            print_page("the venue's fees", books.fees, day, rounds=arguments.rounds)
            print_page("a member's escrow", books.pairs[0][0], day, rounds=arguments.rounds)
        print_growth(f"single, {SINGLES} a round", partial(books.post, 1), SINGLES, arguments.rounds)
        print_growth(f"batch of {BATCH}", partial(books.post, BATCH), BATCHES, arguments.rounds)


class Books:
    """The venue's fees and the accounts of a thousand members, who trade in turns."""

    def __init__(self) -> None:
        from django.db import transaction

        from kernel.money import Currency
        from settlements.chart import AccountKey, open_accounts
        from settlements.models import Account
        from tests.world import make_organization, venue

        self.venue = venue("gzdex")
        owners = [make_organization().id for _ in range(MEMBERS)]
        kinds = [(Account.Kind.BANK, None), (Account.Kind.FEES, None)]
        kinds += [(kind, owner) for kind in (Account.Kind.ESCROW, Account.Kind.PAYABLE) for owner in owners]
        with transaction.atomic():
            keys = (AccountKey(kind, self.venue.id, Currency.CNY, owner) for kind, owner in kinds)
            self.bank, self.fees, *ids = open_accounts(*keys)
        self.pairs = list(zip(ids[:MEMBERS], ids[MEMBERS:], strict=True))
        self.turns = cycle(self.pairs)

    def fill(self, entries: int) -> None:
        """Fill both databases; raises RuntimeError if their books are not true then."""
        from django.db import connection

        from settlements.books import drifts, trial_balance

        use("postgres")
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {LARGE} TEMPLATE {SMALL}")
        for database, count in ((SMALL, entries // 10), (LARGE, entries)):
            use(database)
            started = perf_counter()
            self._fill(transfers=count // 3)
            if drifts() or any(trial_balance().values()):
                raise RuntimeError("the books that were filled are not true")
            print(f"{count:,} entries filled in {perf_counter() - started:.0f} s", flush=True)

    def post(self, size: int) -> None:
        """Post a batch of settlements between those whose turn it is."""
        from django.db import transaction

        from kernel.actors import SYSTEM
        from kernel.identifiers import uuid7
        from settlements.ledger import Leg, TransferDraft, post
        from settlements.models import Transfer

        drafts = []
        for _ in range(size):
            payer, provider = next(self.turns)
            legs = (Leg(payer, -10_000), Leg(provider, 9_750), Leg(self.fees, 250))
            drafts.append(TransferDraft(Transfer.Kind.SETTLEMENT, f"settlement:{uuid7()}", self.venue.id, legs))
        with transaction.atomic():
            post(drafts, actor=SYSTEM)

    def _fill(self, *, transfers: int) -> None:
        import psycopg
        from django.db import connection

        connection.ensure_connection()
        text = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
        values = {"transfers": transfers, "plenty": PLENTY, "bank": self.bank, "fees": self.fees}
        psycopg.ClientCursor(connection.connection).execute(text, values)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE) settlements_entry, settlements_transfer, settlements_balance")
            cursor.execute("CHECKPOINT")


def use(database: str) -> None:
    """Let everything in this process work on that database."""
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = database


def print_page(name: str, account_id: UUID, last_day: date, *, rounds: int) -> None:
    """Read the newest page of an account's statement to a day in three ways."""
    from django.db import connection

    from accounts.models import Role
    from settlements.models import Account, Entry
    from settlements.statements import entries_of, span_of
    from tests.world import api, make_client, staff

    account = Account.objects.select_related("venue").get(id=account_id)
    span = span_of(account, None, last_day)
    client = api(make_client(staff("gzdex", Role.SETTLEMENT_OFFICER)))
    path = f"/api/v1/balances/{account_id}/entries?last_day={last_day}"

    def by_hand() -> None:
        with connection.cursor() as cursor:
            cursor.execute(BY_HAND, [account_id, span.ends_at])
            assert len(cursor.fetchall()) == 51

    def by_query() -> None:
        assert len(entries_of(account, span).order_by("-created_at", "-id")[:51]) == 51

    def by_view() -> None:
        assert len(client.get(path, SERVER_NAME="localhost").json()["items"]) == 50

    ways = {way.__name__: partial(rate, way, PAGES) for way in (by_hand, by_query, by_view)}
    hand, query, view = (1000 / each for each in measure(ways, rounds=rounds).values())
    count = Entry.objects.filter(account=account).count()
    print(
        f"page of {name} ({count:,} entries) to {last_day}: {hand:.1f} ms by hand; {query / hand:.2f} of that by our "
        f"query (aim <= {PAGE_AIM}), {view / hand:.1f} through the HTTP view ({view:.0f} ms)",
        flush=True,
    )


def print_growth(name: str, post: Callable[[], object], times: int, rounds: int) -> None:
    """Post into the two databases in turns."""

    def into(database: str) -> float:
        use(database)
        rate(post, WARM)
        return rate(post, times)

    rates = measure({each: partial(into, each) for each in (SMALL, LARGE)}, rounds=rounds)
    small, large = (1000 / each for each in rates.values())
    print(f"posting, {name}: {small:.1f} ms, and {large:.1f} ms in ten times the entries: {large / small:.2f}", end=" ")
    print(f"(aim <= {GROWTH_AIM})", flush=True)


if __name__ == "__main__":
    main()
