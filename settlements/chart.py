"""The chart of accounts: which accounts there are, opened when money first reaches them."""

from collections.abc import Iterable, Sequence
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
    rows = Account.objects.filter(_any_of(keys)).values_list("kind", "venue_id", "currency", "organization_id", "id")
    return {
        AccountKey(Account.Kind(kind), venue_id, Currency(currency), organization_id): account_id
        for kind, venue_id, currency, organization_id, account_id in rows
    }


def _any_of(keys: Iterable[AccountKey]) -> Q:
    condition = Q()
    for key in keys:
        owner = Q(organization__isnull=True) if key.organization_id is None else Q(organization=key.organization_id)
        condition |= Q(venue=key.venue_id, kind=key.kind, currency=key.currency) & owner
    return condition
