"""Post money. Every movement of money in the house goes through `post`.

The rules are the database's own (settlements/sql): a batch is one statement, each reference is posted once, a transfer
sums to zero per currency, a guarded balance never falls below zero, and hot accounts wait for nobody.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from kernel import audit
from kernel.actors import Actor
from kernel.identifiers import uuid7
from kernel.money import Currency
from kernel.problems import Problem
from settlements import snapshots
from settlements.models import Account, Transfer

POST = """
SELECT posted_reference, transfer_id, short
  FROM settlements_post(%s, %s::uuid[], %s::text[], %s::text[], %s::uuid[], %s::text[],
                        %s::int[], %s::uuid[], %s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of a transfer: a positive amount adds to what the venue owes the account's owner."""

    account_id: UUID
    amount_minor: int


@dataclass(frozen=True, slots=True)
class TransferDraft:
    """A transfer to be posted. `reference` names it for good: posting it again does nothing."""

    kind: Transfer.Kind
    reference: str
    venue_id: UUID
    legs: tuple[Leg, ...]
    memo: str = ""


class AccountKey(NamedTuple):
    """What identifies an account: there is one per kind, currency and owner at a venue."""

    kind: Account.Kind
    venue_id: UUID
    currency: Currency
    organization_id: UUID | None = None


def post(drafts: Sequence[TransferDraft], *, actor: Actor) -> list[Transfer]:
    """Post a batch of transfers as one statement, with one audit event each: all of them or none.

    Returns the transfers in the order of the drafts; one whose reference was posted before is returned as it stands,
    and not posted again. The batch is judged as a whole: what one transfer brings, another may spend.
    Must run in a transaction, which stays usable after a refusal. Raises Problem `insufficient_funds` when a guarded
    account would fall below zero, `reference_reused` when a known reference comes with another content. A transfer
    that does not sum to zero is refused by the database when the transaction commits.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("post() must run inside a transaction")
    if not drafts:
        return []
    if len({draft.reference for draft in drafts}) < len(drafts):
        raise ValueError("a batch may name each reference once")
    now = timezone.now()
    transfers = [_transfer_of(draft, now) for draft in drafts]
    posted_before = _write(drafts, transfers, now)
    if posted_before:
        transfers = _with_those_posted_before(drafts, transfers, posted_before)
    _record(drafts, transfers, posted_before, actor)
    return transfers


def open_account(key: AccountKey) -> UUID:
    """Return the account's id, opening it (with a zero balance) if this is the first time it is needed."""
    return open_accounts([key])[key]


def open_accounts(keys: Iterable[AccountKey]) -> dict[AccountKey, UUID]:
    """Return the ids of several accounts with one query; those that are missing are opened with two more."""
    wanted = list(dict.fromkeys(keys))
    found = _find(wanted)
    missing = [key for key in wanted if key not in found]
    if missing:
        # Another transaction may open the same account now: its row wins, and is seen once it commits.
        Account.objects.bulk_create([Account(**key._asdict()) for key in missing], ignore_conflicts=True)
        found |= _find(missing)
        if any(key.kind in Account.VENUE_KINDS for key in missing):
            snapshots.ask()
    return found


def _find(keys: Sequence[AccountKey]) -> dict[AccountKey, UUID]:
    rows = Account.objects.filter(_any_of(keys)).values_list("kind", "venue_id", "currency", "organization_id", "id")
    return {
        AccountKey(Account.Kind(kind), venue_id, Currency(currency), organization_id): account_id
        for kind, venue_id, currency, organization_id, account_id in rows
    }


def _any_of(keys: Sequence[AccountKey]) -> Q:
    condition = Q()
    for key in keys:
        owner = Q(organization__isnull=True) if key.organization_id is None else Q(organization=key.organization_id)
        condition |= Q(venue=key.venue_id, kind=key.kind, currency=key.currency) & owner
    return condition


def _transfer_of(draft: TransferDraft, now: datetime) -> Transfer:
    return Transfer(
        id=uuid7(),
        created_at=now,
        kind=draft.kind,
        reference=draft.reference,
        venue_id=draft.venue_id,
        legs=len(draft.legs),
        memo=draft.memo,
    )


def _write(drafts: Sequence[TransferDraft], transfers: Sequence[Transfer], now: datetime) -> dict[str, UUID]:
    """Run the posting function and return the transfers that it found posted before, by reference."""
    legs = [(n, leg) for n, draft in enumerate(drafts, start=1) for leg in draft.legs]
    with connection.cursor() as cursor:
        cursor.execute(
            POST,
            [
                now,
                [transfer.id for transfer in transfers],
                [draft.kind.value for draft in drafts],
                [draft.reference for draft in drafts],
                [draft.venue_id for draft in drafts],
                [draft.memo for draft in drafts],
                [n for n, _leg in legs],
                [leg.account_id for _n, leg in legs],
                [leg.amount_minor for _n, leg in legs],
            ],
        )
        answer = cursor.fetchall()
    for _reference, _transfer_id, short in answer:
        if short is not None:
            raise Problem("insufficient_funds", account=str(short))
    return {reference: transfer_id for reference, transfer_id, _short in answer}


def _with_those_posted_before(
    drafts: Sequence[TransferDraft], transfers: Sequence[Transfer], posted_before: Mapping[str, UUID]
) -> list[Transfer]:
    known = Transfer.objects.prefetch_related("entries").in_bulk(list(posted_before.values()))
    return [
        _the_same(draft, known[posted_before[draft.reference]]) if draft.reference in posted_before else transfer
        for draft, transfer in zip(drafts, transfers, strict=True)
    ]


def _the_same(draft: TransferDraft, transfer: Transfer) -> Transfer:
    entries = sorted(transfer.entries.all(), key=lambda entry: entry.position)
    legs = tuple(Leg(entry.account_id, entry.amount_minor) for entry in entries)
    if (draft.kind, draft.venue_id, draft.legs) != (transfer.kind, transfer.venue_id, legs):
        raise Problem("reference_reused", reference=draft.reference)
    return transfer


def _record(
    drafts: Sequence[TransferDraft], transfers: Sequence[Transfer], posted_before: Mapping[str, UUID], actor: Actor
) -> None:
    audit.record_many(
        (
            audit.Occurrence(
                "transfer.posted",
                subject=transfer,
                details={
                    "kind": draft.kind.value,
                    "reference": draft.reference,
                    "legs": [[str(leg.account_id), leg.amount_minor] for leg in draft.legs],
                },
            )
            for draft, transfer in zip(drafts, transfers, strict=True)
            if draft.reference not in posted_before
        ),
        actor=actor,
    )
