"""Bookings and entries that are the same money find each other by rules, which are data; each match keeps its rule."""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import TypedDict
from uuid import UUID

from django.db import connection

from accounts.models import Venue
from kernel.actors import Actor
from kernel.money import Currency
from kernel.states import advance
from settlements.models import BankBreak, BankMatch, MatchedBooking, MatchedEntry

RULES = Path(__file__).parent / "data" / "matching_rules.json"
# What a rule of the data file may ask to be the same, of a booking and an entry that are not matched yet.
CONDITIONS = {
    "amount": "booking.amount_minor = -entry.amount_minor",
    "reference": "booking.bank_reference = transfer.memo",
    "end_to_end": """transfer.kind = 'PAYOUT_PAID'
                 AND booking.end_to_end = replace(split_part(transfer.reference, ':', 2), '-', '')""",
    "payer": "booking.party_name = owner.legal_name",
}
PAIRS = """
SELECT booking_id, entry_id
  FROM (SELECT booking.id AS booking_id, entry.id AS entry_id,
               count(*) OVER (PARTITION BY booking.id) AS entries, count(*) OVER (PARTITION BY entry.id) AS bookings
          FROM settlements_bankbooking booking
          JOIN settlements_entry entry ON entry.account_id = %(bank)s AND entry.id >= %(since)s
          JOIN settlements_transfer transfer ON transfer.id = entry.transfer_id
          LEFT JOIN LATERAL (
               SELECT organization.legal_name
                 FROM settlements_entry other
                 JOIN settlements_account account ON account.id = other.account_id
                 JOIN accounts_organization organization ON organization.id = account.organization_id
                WHERE other.transfer_id = entry.transfer_id
                LIMIT 1) AS owner ON true
         WHERE booking.venue_id = %(venue)s AND booking.currency = %(currency)s
           AND NOT EXISTS (SELECT FROM settlements_matchedbooking done WHERE done.booking_id = booking.id)
           AND NOT EXISTS (SELECT FROM settlements_matchedentry done WHERE done.entry_id = entry.id)
           AND abs(booking.booked_on - (entry.created_at AT TIME ZONE %(zone)s)::date) <= %(days)s
           AND {conditions}) AS pair
 WHERE entries = 1 AND bookings = 1
 ORDER BY booking_id
"""


class Rule(TypedDict):
    """A rule of the data file: what must be the same, and how many days may lie between."""

    code: str
    same: list[str]
    days: int


def match_by_rules(*, venue: Venue, currency: Currency, bank: UUID, since: date, actor: Actor) -> int:
    """Match what is unmatched by the rules, in their order; return how many matches were made.

    `bank` is the ledger's account, `since` the first day that is not closed. The caller has locked the account.
    """
    version, rules = matching_rules()
    made = 0
    for rule in rules:
        pairs = _pairs(rule, venue, currency, bank, since)
        for booking_id, entry_id in pairs:
            match_together(venue.id, currency, rule["code"], version, [booking_id], [entry_id], actor)
        made += len(pairs)
    return made


def match_together(
    venue_id: UUID,
    currency: str,
    rule: str,
    version: str,
    booking_ids: Iterable[UUID],
    entry_ids: Iterable[UUID],
    actor: Actor,
) -> BankMatch:
    """Write down that these bookings and entries are the same money; their breaks are explained by it."""
    match = BankMatch.objects.create(venue_id=venue_id, currency=currency, rule=rule, rules_version=version)
    bookings, entries = list(booking_ids), list(entry_ids)
    MatchedBooking.objects.bulk_create(MatchedBooking(booking_id=each, match=match) for each in bookings)
    MatchedEntry.objects.bulk_create(MatchedEntry(entry_id=each, match=match) for each in entries)
    found = BankBreak.objects.filter(booking__in=bookings) | BankBreak.objects.filter(entry__in=entries)
    for each in found.unexplained().order_by("id"):
        advance(each, to=BankBreak.State.EXPLAINED, actor=actor, details={"rule": rule}, match_id=match.id)
    return match


@cache
def matching_rules() -> tuple[str, Sequence[Rule]]:
    """Return the version and the rules of settlements/data/matching_rules.json."""
    document = json.loads(RULES.read_text(encoding="utf-8"))
    return document["version"], document["rules"]


def first_key_of(day: date, venue: Venue) -> UUID:
    """Return a key below all that a row of that day or later can have: keys are ordered by time (RFC 9562 §5.7).

    The database makes the keys of entries by its own clock, so an hour is left between; `created_at` tells the day.
    """
    start = start_of(day, venue) - timedelta(hours=1)
    return UUID(int=int(start.timestamp() * 1000) << 80)


def start_of(day: date, venue: Venue) -> datetime:
    """Return the moment at which the day begins at the venue."""
    return datetime.combine(day, time.min, tzinfo=venue.zone)


def _pairs(rule: Rule, venue: Venue, currency: Currency, bank: UUID, since: date) -> list[tuple[UUID, UUID]]:
    statement = PAIRS.format(conditions=" AND ".join(f"({CONDITIONS[each]})" for each in rule["same"]))
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {
                "bank": bank,
                "since": first_key_of(since, venue),
                "venue": venue.id,
                "currency": str(currency),
                "zone": venue.timezone,
                "days": rule["days"],
            },
        )
        return [(booking_id, entry_id) for booking_id, entry_id in cursor.fetchall()]
