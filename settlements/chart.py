"""The chart of accounts: which accounts there are, opened when money first reaches them."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q

from kernel.money import Currency
from settlements import snapshots
from settlements.models import Account


class AccountKey(NamedTuple):
    """What identifies an account: there is one per kind, currency and owner at a venue."""

    kind: Account.Kind
    venue_id: UUID
    currency: Currency
    organization_id: UUID | None = None


def open_accounts(*keys: AccountKey) -> list[UUID]:
    """Return the accounts' ids in the order of the keys, with one query; those that are missing are opened first."""
    if not keys:
        return []
    found = _find(keys)
    missing = [key for key in dict.fromkeys(keys) if key not in found]
    if missing:
        # Another transaction may open the same account now: its row wins, and is seen once it commits.
        Account.objects.bulk_create([Account(**key._asdict()) for key in missing], ignore_conflicts=True)
        found |= _find(missing)
        if any(key.kind in Account.VENUE_KINDS for key in missing):
            snapshots.ask()
    return [found[key] for key in keys]


def _find(keys: Sequence[AccountKey]) -> dict[AccountKey, UUID]:
    """Return the ids of those that are open, with one query that stays short when it asks for thousands."""
    kinds, venues, currencies, owners = (set(column) for column in zip(*keys, strict=True))
    rows = Account.objects.filter(kind__in=kinds, venue__in=venues, currency__in=currencies).filter(
        Q(organization__in=owners - {None}) | Q(organization__isnull=True)
    )
    found = {
        AccountKey(Account.Kind(kind), venue_id, Currency(currency), organization_id): account_id
        for kind, venue_id, currency, organization_id, account_id in rows.values_list(
            "kind", "venue_id", "currency", "organization_id", "id"
        )
    }
    return {key: found[key] for key in set(keys) & found.keys()}
