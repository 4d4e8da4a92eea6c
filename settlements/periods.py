"""Close a venue's books period by period: one person proposes, another closes, and what was held is frozen.

Periods follow one another without a gap: the first is opened by hand, each next one when the one before it closes. A
closed period takes no posting any more, which the database itself refuses, and never opens again: what turns out to be
wrong is set right by a correction in an open period (corrections.py).
"""

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_different_person
from accounts.models import Venue
from kernel import audit
from kernel.actors import Actor
from kernel.digests import Json, canonical_json
from kernel.money import Currency
from kernel.problems import Problem, field_problem
from kernel.states import advance
from settlements.breaks import unexplained_breaks
from settlements.deposits import responsible_person
from settlements.models import AccountingPeriod, PeriodBalance

Length, State = AccountingPeriod.Length, AccountingPeriod.State

# What moved since the period before, on top of what was held then; account by account along the index of time.
FREEZE = """
INSERT INTO settlements_periodbalance (id, created_at, period_id, venue_id, account_id, ends_at, entries, minor)
SELECT uuidv7(), now(), %(period)s, account.venue_id, account.id, %(ends_at)s, moved.entries,
       coalesce(before.minor, 0) + moved.minor
  FROM settlements_account account
  CROSS JOIN LATERAL (
      SELECT count(*) AS entries, sum(entry.amount_minor)::bigint AS minor
        FROM settlements_entry entry
       WHERE entry.account_id = account.id AND entry.created_at < %(ends_at)s
         AND entry.created_at >= coalesce(%(begins_at)s::timestamptz, '-infinity')
  ) AS moved
  LEFT JOIN LATERAL (
      SELECT frozen.minor FROM settlements_periodbalance frozen
       WHERE frozen.account_id = account.id ORDER BY frozen.ends_at DESC LIMIT 1
  ) AS before ON true
 WHERE account.venue_id = %(venue)s AND moved.entries > 0
"""
# Every account's last frozen balance, summed per currency and kind.
TRIAL_BALANCE = """
SELECT account.currency, account.kind, sum(held.minor)::bigint AS minor
  FROM settlements_account account
  CROSS JOIN LATERAL (
      SELECT frozen.minor FROM settlements_periodbalance frozen
       WHERE frozen.account_id = account.id AND frozen.ends_at <= %(ends_at)s ORDER BY frozen.ends_at DESC LIMIT 1
  ) AS held
 WHERE account.venue_id = %(venue)s
 GROUP BY account.currency, account.kind
 ORDER BY account.currency, account.kind
"""
# Frozen balances that the entries do not bear out: what moved between two closes, against how the balance changed.
UNTRUE = """
SELECT DISTINCT frozen.period_id
  FROM (SELECT period_id, account_id, ends_at, entries, minor,
               lag(minor, 1, 0::bigint) OVER along AS minor_before, lag(ends_at) OVER along AS begins_at
          FROM settlements_periodbalance WINDOW along AS (PARTITION BY account_id ORDER BY ends_at)) AS frozen
  CROSS JOIN LATERAL (
      SELECT count(*) AS entries, coalesce(sum(entry.amount_minor), 0) AS minor
        FROM settlements_entry entry
       WHERE entry.account_id = frozen.account_id AND entry.created_at < frozen.ends_at
         AND entry.created_at >= coalesce(frozen.begins_at, '-infinity')
  ) AS moved
 WHERE (moved.entries, frozen.minor_before + moved.minor) IS DISTINCT FROM (frozen.entries, frozen.minor::numeric)
"""


@transaction.atomic
def open_first_period(*, venue: Venue, length: str, first_day: date, actor: Actor) -> AccountingPeriod:
    """Begin to keep the venue's books in periods: days or months, of which `first_day` begins the first.

    What was posted before that day belongs to the first period too. Raises Problem `forbidden`, `invalid` (a month
    begins on its first day, and no later than today) or `periods_begun` when the venue has periods already.
    """
    require(actor, Permission.LEDGER_CLOSE, venue_id=venue.id)
    if first_day > timezone.now().astimezone(venue.zone).date():
        raise field_problem("/first_day", "in_future", _("The first period has begun by today."))
    if length == Length.MONTH and first_day.day != 1:
        raise field_problem("/first_day", "not_first", _("A month begins on its first day."))

    period = _period(venue, length, first_day)
    AccountingPeriod.objects.bulk_create([period], ignore_conflicts=True)
    if not AccountingPeriod.objects.filter(id=period.id).exists() or _before(period) is not None:
        raise Problem("periods_begun")
    audit.record("accountingperiod.opened", subject=period, actor=actor, details=_facts(period))
    return period


@transaction.atomic
def propose_closing(*, period_id: UUID, actor: Actor) -> AccountingPeriod:
    """Propose to close a period that is over; from now on the database refuses postings of its days.

    Raises Problem `not_found`, `forbidden`, `period_not_over` or `illegal_state`.
    """
    period = _visible(period_id, actor)
    require(actor, Permission.LEDGER_CLOSE, venue_id=period.venue_id)
    if timezone.now() < period.ends_at:
        raise Problem("period_not_over", ends_at=period.ends_at.isoformat())
    advance(period, to=State.CLOSING, actor=actor, proposed_by_id=responsible_person(actor))
    return period


@transaction.atomic
def keep_open(*, period_id: UUID, reason: str, actor: Actor) -> AccountingPeriod:
    """Decline the proposal, saying why: the period is open again. Who proposed it may withdraw it so.

    Raises Problem `not_found`, `forbidden` or `illegal_state`.
    """
    period = _visible(period_id, actor)
    require(actor, Permission.LEDGER_CLOSE, venue_id=period.venue_id)
    advance(period, to=State.OPEN, actor=actor, reason=reason, proposed_by_id=None)
    return period


@transaction.atomic
def close_period(*, period_id: UUID, actor: Actor) -> AccountingPeriod:
    """Close a period that another person proposed to close: freeze what was held, for good, and open the next one.

    Raises Problem `not_found`, `forbidden`, `same_person`, `illegal_state`, `unexplained_breaks` between books and
    bank, `postings_under_way` (when one that began before goes on: try again) or `books_unbalanced` when the frozen
    balances do not sum to zero in each currency.
    """
    period = _visible(period_id, actor, lock=True)
    require(actor, Permission.LEDGER_CLOSE, venue_id=period.venue_id)
    if period.proposed_by_id is not None:
        require_different_person(actor, made_by=period.proposed_by_id)
    if count := sum(unexplained_breaks(period.venue, each, period.last_day).count() for each in Currency):
        raise Problem("unexplained_breaks", count=count)
    frozen = _freeze(period) if period.state == State.CLOSING else {}
    advance(
        period,
        to=State.CLOSED,
        actor=actor,
        details={**_facts(period), "sha256": frozen.get("sha256", "")},
        closed_by_id=responsible_person(actor),
        closed_at=timezone.now(),
        **frozen,
    )
    following = _period(period.venue, period.length, period.last_day + timedelta(days=1))
    following.save(force_insert=True)
    audit.record("accountingperiod.opened", subject=following, actor=actor, details=_facts(following))
    return period


def digest(period: AccountingPeriod, trial: Json) -> str:
    """Return the SHA-256 of what a period froze: a head with the digest of the period before, then a line per account.

    Each line is canonical JSON (RFC 8785) and ends in a line feed: `[account, minor units, number of entries]`.
    """
    before = _before(period)
    head: Json = {**_facts(period), "before": before.sha256 if before else "", "trial_balance": trial}
    hashed = hashlib.sha256(canonical_json(head) + b"\n")
    for line in _lines(period):
        hashed.update(line)
    return hashed.hexdigest()


def untrue_periods() -> list[AccountingPeriod]:
    """Return the closed periods that the entries do not bear out; reads every entry, so not for each request."""
    with connection.cursor() as cursor:
        cursor.execute(UNTRUE)
        wrong = {period_id for (period_id,) in cursor.fetchall()}
    closed = AccountingPeriod.objects.filter(state=State.CLOSED).select_related("venue").order_by("venue", "ends_at")
    return [each for each in closed if each.id in wrong or digest(each, each.trial_balance) != each.sha256]


def _visible(period_id: UUID, actor: Actor, *, lock: bool = False) -> AccountingPeriod:
    rows = AccountingPeriod.objects.visible_to(actor).select_related("venue")
    return find(rows.select_for_update(of=("self",)) if lock else rows, id=period_id)


def _period(venue: Venue, length: str, first_day: date) -> AccountingPeriod:
    last_day = first_day
    if length == Length.MONTH:
        last_day = (first_day + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    period = AccountingPeriod(venue=venue, length=length, first_day=first_day, last_day=last_day)
    period.ends_at = period.lasts_until()
    return period


def _before(period: AccountingPeriod) -> AccountingPeriod | None:
    earlier = AccountingPeriod.objects.filter(venue=period.venue_id, ends_at__lt=period.ends_at)
    return earlier.order_by("-ends_at").first()


def _freeze(period: AccountingPeriod) -> dict[str, Any]:
    """Write down what every account that moved held, and return what the period says of it."""
    before = _before(period)
    with connection.cursor() as cursor:
        cursor.execute("SELECT settlements_postings_have_ended()")
        if not cursor.fetchone()[0]:
            raise Problem("postings_under_way")
        begins_at = before.ends_at if before else None
        span = {"period": period.id, "venue": period.venue_id, "begins_at": begins_at, "ends_at": period.ends_at}
        cursor.execute(FREEZE, span)
        cursor.execute(TRIAL_BALANCE, span)
        trial = [{"currency": currency, "kind": kind, "minor": minor} for currency, kind, minor in cursor.fetchall()]
    for currency in Currency:
        if sum(row["minor"] for row in trial if row["currency"] == currency) != 0:
            raise Problem("books_unbalanced")
    counted = period.balances.aggregate(entries=Coalesce(Sum("entries"), 0))
    return {"trial_balance": trial, "entries": int(counted["entries"]), "sha256": digest(period, trial)}


def _lines(period: AccountingPeriod) -> Iterator[bytes]:
    rows = PeriodBalance.objects.filter(period=period).order_by("account_id")
    for account_id, minor, entries in rows.values_list("account_id", "minor", "entries").iterator(chunk_size=2000):
        yield canonical_json([str(account_id), minor, entries]) + b"\n"


def _facts(period: AccountingPeriod) -> dict[str, Json]:
    return {
        "venue": period.venue.code,
        "first_day": period.first_day.isoformat(),
        "last_day": period.last_day.isoformat(),
    }
