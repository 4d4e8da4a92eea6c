"""Post money. Every movement of money in the house goes through `post`.

The rules are the database's own (settlements/sql): a batch is one statement, each reference is posted once, a transfer
sums to zero per currency, a guarded balance never falls below zero, and hot accounts wait for nobody.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.utils import timezone

from kernel import audit
from kernel.actors import Actor
from kernel.identifiers import uuid7
from kernel.problems import Problem
from settlements.models import Transfer

POST = """
SELECT posted_reference, posted_id, short
  FROM settlements_post(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
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
    if len({draft.reference for draft in drafts}) < len(drafts):
        raise ValueError("a batch may name each reference once")
    if any(len(draft.legs) < 2 for draft in drafts):
        raise ValueError("a transfer has at least two legs")
    fresh, known = _write(drafts, actor)
    if known:
        fresh, _none = _write([draft for draft in drafts if draft.reference not in known], actor)
    return _in_order(drafts, fresh, known)


def _write(drafts: Sequence[TransferDraft], actor: Actor) -> tuple[dict[str, Transfer], dict[str, UUID]]:
    """Write all drafts and return their transfers; or write nothing and return those whose reference is known."""
    if not drafts:
        return {}, {}
    now = timezone.now()
    transfers = {
        draft.reference: Transfer(
            id=uuid7(),
            created_at=now,
            kind=draft.kind,
            reference=draft.reference,
            venue_id=draft.venue_id,
            legs=len(draft.legs),
            memo=draft.memo,
        )
        for draft in drafts
    }
    columns = [*_columns_of_transfers(drafts, transfers), *_columns_of_legs(drafts, transfers)]
    with connection.cursor() as cursor:
        cursor.execute(POST, [_evidence(drafts, transfers, actor), now, *columns])
        answer = cursor.fetchall()
    known = {reference: transfer_id for reference, transfer_id, _short in answer if reference is not None}
    if answer and not known:
        raise Problem("insufficient_funds", account=str(answer[0][2]))
    return ({}, known) if known else (transfers, {})


def _columns_of_transfers(drafts: Sequence[TransferDraft], transfers: Mapping[str, Transfer]) -> list[str]:
    return [
        _array(str(transfers[draft.reference].id) for draft in drafts),
        _array(draft.kind.value for draft in drafts),
        _array(_quoted(draft.reference) for draft in drafts),
        _array(str(draft.venue_id) for draft in drafts),
        _array(_quoted(draft.memo) for draft in drafts),
        _array(str(len(draft.legs)) for draft in drafts),
    ]


def _columns_of_legs(drafts: Sequence[TransferDraft], transfers: Mapping[str, Transfer]) -> list[str]:
    rows = []
    moved: dict[UUID, int] = defaultdict(int)
    for draft in drafts:
        transfer_id = str(transfers[draft.reference].id)
        for position, leg in enumerate(draft.legs):
            moved[leg.account_id] += leg.amount_minor
            rows.append((transfer_id, position, leg.account_id, leg.amount_minor, moved[leg.account_id]))
    return [_array(map(str, column)) for column in zip(*rows, strict=True)]


def _array(elements: Iterable[str]) -> str:
    # PostgreSQL's own notation: the driver takes several times as long to adapt lists of identifiers one by one.
    return "{" + ",".join(elements) + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _in_order(
    drafts: Sequence[TransferDraft], fresh: Mapping[str, Transfer], known: Mapping[str, UUID]
) -> list[Transfer]:
    if not known:
        return list(fresh.values())
    standing = Transfer.objects.prefetch_related("entries").in_bulk(list(known.values()))
    return [fresh.get(draft.reference) or _the_same(draft, standing[known[draft.reference]]) for draft in drafts]


def _the_same(draft: TransferDraft, transfer: Transfer) -> Transfer:
    entries = sorted(transfer.entries.all(), key=lambda entry: entry.position)
    legs = tuple(Leg(entry.account_id, entry.amount_minor) for entry in entries)
    if (draft.kind, draft.venue_id, draft.legs) != (transfer.kind, transfer.venue_id, legs):
        raise Problem("reference_reused", reference=draft.reference)
    return transfer


def _evidence(drafts: Sequence[TransferDraft], transfers: Mapping[str, Transfer], actor: Actor) -> str:
    occurrences = (
        audit.Occurrence(
            "transfer.posted",
            subject=transfers[draft.reference],
            details={
                "kind": draft.kind.value,
                "reference": draft.reference,
                "legs": [[str(leg.account_id), leg.amount_minor] for leg in draft.legs],
            },
        )
        for draft in drafts
    )
    return audit.act_as_json(occurrences, actor=actor)
