"""Two ways of posting a trade's settlement, compared by bench/ledger.py: our function, and its plain statements."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from django.db import transaction

from accounts.models import Organization, Venue
from kernel.actors import SYSTEM
from kernel.identifiers import uuid7
from kernel.money import Currency
from settlements.chart import AccountKey, open_accounts
from settlements.ledger import Leg, TransferDraft, post
from settlements.models import Account, Transfer

PRICE, FEE = 10_000, 250
PLENTY = 10**12


class Ours:
    """Posts through settlements.ledger, as the capability functions do."""

    def __init__(self) -> None:
        self.venue_id, self.bank, self.payer, self.provider, self.fees = open_world()
        with transaction.atomic():
            legs = (Leg(self.bank, -PLENTY), Leg(self.payer, PLENTY))
            post([TransferDraft(Transfer.Kind.DEPOSIT, "plenty", self.venue_id, legs)], actor=SYSTEM)

    def single(self) -> None:
        with transaction.atomic():
            post([self._draft()], actor=SYSTEM)

    def batch(self, size: int) -> None:
        with transaction.atomic():
            post([self._draft() for _ in range(size)], actor=SYSTEM)

    def _draft(self) -> TransferDraft:
        legs = (Leg(self.payer, -PRICE), Leg(self.provider, PRICE - FEE), Leg(self.fees, FEE))
        return TransferDraft(Transfer.Kind.SETTLEMENT, f"settlement:{uuid7()}", self.venue_id, legs)


class Raw:
    """Writes the same rows with plain statements into copies of the tables with indexes and checks, no triggers."""

    TABLES = (
        "settlements_transfer",
        "settlements_entry",
        "settlements_balance",
        "settlements_unsummedentry",
        "kernel_auditevent",
        "kernel_unsealedevent",
    )

    def __init__(self, url: str) -> None:
        self.venue_id, self.bank, self.payer, self.provider, self.fees = open_world()
        self.connection = psycopg.connect(url)
        self.connection.execute("CREATE SCHEMA raw")
        for table in self.TABLES:
            self.connection.execute(f"CREATE TABLE raw.{table} (LIKE public.{table} INCLUDING ALL)")
        self.connection.execute("INSERT INTO raw.settlements_balance SELECT * FROM public.settlements_balance")
        self.connection.execute("UPDATE raw.settlements_balance SET minor = %s WHERE guarded", [PLENTY])
        self.connection.execute("SET search_path = raw")
        self.connection.commit()

    def close(self) -> None:
        self.connection.close()

    def single(self) -> None:
        self.batch(1)

    def batch(self, size: int) -> None:
        with self.connection.transaction(), self.connection.cursor() as cursor:
            balances = dict(cursor.execute(LOCK, [[self.payer, self.provider]]).fetchall())
            rows = [self._rows(balances) for _ in range(size)]
            for statement, values in zip(INSERTS, zip(*rows, strict=True), strict=True):
                several = [one for part in values for one in part]
                cursor.executemany(statement, several) if len(several) > 1 else cursor.execute(statement, several[0])
            for account, minor in balances.items():
                cursor.execute("UPDATE settlements_balance SET minor = %s WHERE account_id = %s", [minor, account])

    def _rows(self, balances: dict[UUID, int]) -> tuple[list[Any], ...]:
        now = datetime.now(UTC)
        transfer, event = uuid7(), uuid7()
        reference = f"settlement:{uuid7()}"
        balances[self.payer] -= PRICE
        balances[self.provider] += PRICE - FEE
        legs = [(self.payer, -PRICE), (self.provider, PRICE - FEE), (self.fees, FEE)]
        entries = [
            (uuid7(), now, transfer, n, account, self.venue_id, "CNY", amount, balances.get(account))
            for n, (account, amount) in enumerate(legs)
        ]
        details = json.dumps({"kind": "SETTLEMENT", "reference": reference, "legs": [[str(a), m] for a, m in legs]})
        return (
            [(transfer, now, "SETTLEMENT", reference, self.venue_id, 3, "")],
            entries,
            [(self.fees, entries[2][0], FEE)],
            [(event, now, "transfer.posted", "transfer", str(transfer), "system", self.venue_id, "", details, "")],
            [(event,)],
        )


LOCK = """
SELECT account_id, minor FROM settlements_balance
 WHERE account_id = ANY (%s) AND guarded ORDER BY account_id FOR NO KEY UPDATE
"""
INSERTS = (
    """
    INSERT INTO settlements_transfer (id, created_at, kind, reference, venue_id, legs, memo)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
    """,
    """
    INSERT INTO settlements_entry
           (id, created_at, transfer_id, position, account_id, venue_id, currency, amount_minor, balance_minor)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
    """,
    "INSERT INTO settlements_unsummedentry (account_id, entry_id, amount_minor) VALUES (%s, %s, %s)",
    """
    INSERT INTO kernel_auditevent
           (id, occurred_at, action, subject_type, subject_id, actor_kind, venue_id, reason, details, trace_id)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    """,
    "INSERT INTO kernel_unsealedevent (event_id) VALUES (%s)",
)


def open_world() -> tuple[UUID, UUID, UUID, UUID, UUID]:
    """Return a venue and its bank, a payer's escrow, a provider's earnings and the venue's fees."""
    venue = Venue.objects.get(code="gzdex")
    organization, _created = Organization.objects.get_or_create(
        jurisdiction="CN",
        identifier_kind="USCC",
        identifier="91440300708461136T",
        defaults={"name": {"en": "A member"}, "legal_name": "A member", "division_code": "440300"},
    )
    owners = {
        Account.Kind.BANK: None,
        Account.Kind.ESCROW: organization.id,
        Account.Kind.PAYABLE: organization.id,
        Account.Kind.FEES: None,
    }
    with transaction.atomic():
        ids = open_accounts(*(AccountKey(kind, venue.id, Currency.CNY, owner) for kind, owner in owners.items()))
    bank, payer, provider, fees = ids
    return venue.id, bank, payer, provider, fees
