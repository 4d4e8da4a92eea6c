"""Read the books: balances, the trial balance, and whether what is kept agrees with what was entered."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from kernel.digests import Json
from kernel.money import Currency, Money
from settlements.models import Account, Transfer

STANDINGS = """
SELECT venue.code, account.currency, account.kind, sum(part.minor)
  FROM (SELECT account_id, minor FROM settlements_balance
        UNION ALL
        SELECT account_id, amount_minor FROM settlements_unsummedentry) AS part (account_id, minor)
  JOIN settlements_account account ON account.id = part.account_id
  JOIN accounts_venue venue ON venue.id = account.venue_id
 WHERE %(venues)s::uuid[] IS NULL OR account.venue_id = ANY (%(venues)s::uuid[])
 GROUP BY venue.code, account.currency, account.kind
 ORDER BY venue.code, account.currency, account.kind
"""
DRIFT = """
SELECT account.id, kept.minor + coalesce(tail.minor, 0) AS kept, coalesce(entered.minor, 0) AS entered
  FROM settlements_account account
  JOIN settlements_balance kept ON kept.account_id = account.id
  LEFT JOIN (SELECT account_id, sum(amount_minor) AS minor FROM settlements_unsummedentry GROUP BY account_id) tail
    ON tail.account_id = account.id
  LEFT JOIN (SELECT account_id, sum(amount_minor) AS minor FROM settlements_entry GROUP BY account_id) entered
    ON entered.account_id = account.id
 WHERE kept.minor + coalesce(tail.minor, 0) <> coalesce(entered.minor, 0)
 ORDER BY account.id
"""

# A guarded account's last entry until then states it; a hot one's is the last frozen balance and what came after.
BALANCE_AT = """
SELECT CASE WHEN kept.guarded THEN coalesce(stated.balance_minor, 0)
            ELSE coalesce(frozen.minor, 0) + coalesce(tail.minor, 0) END
  FROM settlements_balance kept
  LEFT JOIN LATERAL (
      SELECT entry.balance_minor FROM settlements_entry entry
       WHERE kept.guarded AND entry.account_id = kept.account_id AND entry.created_at <= %(instant)s
       ORDER BY entry.created_at DESC, entry.id DESC LIMIT 1
  ) AS stated ON true
  LEFT JOIN LATERAL (
      SELECT held.minor, held.ends_at FROM settlements_periodbalance held
       WHERE NOT kept.guarded AND held.account_id = kept.account_id AND held.ends_at <= %(instant)s
       ORDER BY held.ends_at DESC LIMIT 1
  ) AS frozen ON true
  LEFT JOIN LATERAL (
      SELECT sum(entry.amount_minor)::bigint AS minor FROM settlements_entry entry
       WHERE NOT kept.guarded AND entry.account_id = kept.account_id AND entry.created_at <= %(instant)s
         AND entry.created_at >= coalesce(frozen.ends_at, '-infinity')
  ) AS tail ON true
 WHERE kept.account_id = %(account)s
"""


@dataclass(frozen=True)
class Standing:
    """What one kind of account holds at one venue in one currency, in minor units."""

    venue: str
    currency: Currency
    kind: Account.Kind
    minor: int


@dataclass(frozen=True)
class Drift:
    """An account whose kept balance is not the sum of its entries: a broken invariant."""

    account_id: UUID
    kept_minor: int
    entered_minor: int


def balance(account_id: UUID) -> Money:
    """Return what the account holds now, with one query; raises Account.DoesNotExist."""
    return Account.objects.with_balance().get(id=account_id).holds


def balance_at(account: Account, instant: datetime) -> Money:
    """Return what the account held at an instant, what was posted at that very instant included, with one query.

    The cost does not grow with the age of the books: one entry for a guarded account, the entries since the last close
    before the instant for a hot one.
    """
    with connection.cursor() as cursor:
        cursor.execute(BALANCE_AT, {"account": account.id, "instant": instant})
        return Money(int(cursor.fetchone()[0]), Currency(account.currency))


def standings(venue_ids: Iterable[UUID] | None = None) -> list[Standing]:
    """Return the sums per venue, currency and kind of account, of some venues or of all, with one query."""
    wanted = None if venue_ids is None else sorted(venue_ids)
    with connection.cursor() as cursor:
        cursor.execute(STANDINGS, {"venues": wanted})
        rows = cursor.fetchall()
    return [Standing(code, Currency(currency), Account.Kind(kind), int(total)) for code, currency, kind, total in rows]


def trial_balance(venue_ids: Iterable[UUID] | None = None) -> dict[Currency, int]:
    """Return the sum of all accounts per currency, in minor units: zero each, or the books are broken."""
    return totals(standings(venue_ids))


def totals(rows: Iterable[Standing]) -> dict[Currency, int]:
    """Return the sum of the rows per currency, in minor units."""
    sums: dict[Currency, int] = defaultdict(int)
    for row in rows:
        sums[row.currency] += row.minor
    return dict(sums)


def ledger_totals() -> list[tuple[str, str, str, int]]:
    """Return (venue, currency, kind, minor units) rows for the metrics page, with one query."""
    return [(row.venue, str(row.currency), str(row.kind), row.minor) for row in standings()]


def drifts() -> list[Drift]:
    """Return the accounts whose balance is not the sum of their entries; reads every entry, so not for each request."""
    with connection.cursor() as cursor:
        cursor.execute(DRIFT)
        return [Drift(account_id, int(kept), int(entered)) for account_id, kept, entered in cursor.fetchall()]


def order_transfers(order_id: UUID) -> list[dict[str, Json]]:
    """Return what moved for an order, oldest first, each side by the kind of its account and whose it is."""
    references = [f"{kind}:{order_id}" for kind in ("hold", "refund", "settlement")]
    transfers = Transfer.objects.filter(reference__in=references).order_by("id")
    return [
        {
            "reference": transfer.reference,
            "kind": transfer.kind,
            "posted_at": transfer.created_at.isoformat(),
            "entries": [
                {
                    "account": entry.account.kind,
                    "organization": str(entry.account.organization_id or ""),
                    "amount_minor": entry.amount_minor,
                    "currency": entry.currency,
                }
                for entry in transfer.entries.select_related("account").order_by("position")
            ],
        }
        for transfer in transfers
    ]
