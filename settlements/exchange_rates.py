"""Rates of exchange: entered by staff or taken from a file, within bounds that are data; a stale one changes nothing.

A rate is a whole number of digits and a scale. What is changed at it is rounded half up, once; an inverse is divided
and never rounded by itself.
"""

import csv
import io
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts.access import Permission, require
from accounts.models import Venue
from kernel import audit
from kernel.actors import Actor
from kernel.money import LARGEST_MINOR
from kernel.problems import Problem, field_problem
from settlements.deposits import responsible_person
from settlements.models import ExchangeRate
from settlements.models.exchange import MOST_PLACES

FILE = Path(__file__).parent / "data" / "exchange_rules.json"
HEADINGS = ("base", "counter", "rate", "observed_at", "source")
MOST_LINES = 10_000
MILLION = 1_000_000
_RATE = re.compile(rf"(\d{{1,6}})(?:\.(\d{{1,{MOST_PLACES}}}))?", re.ASCII)


@dataclass(frozen=True)
class Rules:
    """What the venue takes for a rate, how long it is good, and how long a quote is."""

    version: str
    stale_after: timedelta
    quote_lasts: timedelta
    oldest_entry: timedelta
    largest_change_ppm: int
    pairs: dict[str, tuple[tuple[int, int], tuple[int, int]]]


@cache
def exchange_rules() -> Rules:
    """Return the rules of settlements/data/exchange_rules.json."""
    said = json.loads(FILE.read_text(encoding="utf-8"))
    return Rules(
        version=said["version"],
        stale_after=timedelta(hours=said["stale_after_hours"]),
        quote_lasts=timedelta(seconds=said["quote_seconds"]),
        oldest_entry=timedelta(days=said["oldest_entry_days"]),
        largest_change_ppm=said["largest_change_ppm"],
        pairs={pair: (parse_rate(low), parse_rate(high)) for pair, (low, high) in said["pairs"].items()},
    )


def parse_rate(text: str) -> tuple[int, int]:
    """Return digits and scale of a decimal: "0.9120" → (9120, 4); raises ValueError for anything else."""
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    whole, places = match.group(1), match.group(2) or ""
    return int(whole + places), len(places)


@transaction.atomic
def enter_rate(
    *, venue: Venue, base: str, counter: str, rate: str, observed_at: datetime, source: str, actor: Actor
) -> ExchangeRate:
    """Enter what one unit of `base` cost in `counter` at a moment, as the source published it.

    Raises Problem `forbidden`, `invalid` (a pair that is not kept this way round, a rate outside its bounds or too far
    from the one before, a moment to come or long past) or `exchange_rate_known` for a moment that has a rate.
    """
    require(actor, Permission.EXCHANGE_RATES, venue_id=venue.id)
    return _enter(venue, base, counter, rate, observed_at, source, actor)


@transaction.atomic
def import_rates(*, venue: Venue, content: bytes, actor: Actor) -> list[ExchangeRate]:
    """Enter all rates of a CSV file in UTF-8 with the columns base, counter, rate, observed_at, source; all or none.

    Raises what entering a rate raises, the pointer naming the line: `/lines/3/rate`.
    """
    require(actor, Permission.EXCHANGE_RATES, venue_id=venue.id)
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise field_problem("/file", "unreadable", _("The file is no CSV in UTF-8.")) from error
    if not 0 < len(rows) <= MOST_LINES or tuple(rows[0]) != HEADINGS:
        detail = _("The file has the columns %(columns)s and from 1 to %(most)d lines.")
        raise field_problem("/file", "columns", detail % {"columns": ", ".join(HEADINGS), "most": MOST_LINES})
    entered = []
    for number, row in enumerate(rows, start=2):
        try:
            entered.append(_enter_line(venue, row, actor))
        except Problem as problem:
            if problem.errors:
                wrong = problem.errors[0]
                raise field_problem(f"/lines/{number}{wrong.pointer}", wrong.code, wrong.detail) from problem
            raise field_problem(f"/lines/{number}", problem.code, problem.detail) from problem
    return entered


def rate_between(*, venue: Venue, one: str, other: str, at: datetime, oldest: timedelta | None = None) -> ExchangeRate:
    """Return the last rate between two currencies that was observed until `at`, whichever way round it is kept.

    Raises Problem `exchange_rate_missing`, or `exchange_rate_stale` when it is older than `oldest` (the rules' age).
    """
    kept = ExchangeRate.objects.filter(venue=venue, observed_at__lte=at)
    pair = kept.filter(base=one, counter=other) or kept.filter(base=other, counter=one)
    rate = pair.order_by("-observed_at").first()
    if rate is None:
        raise Problem("exchange_rate_missing", pair=f"{one}/{other}")
    if at - rate.observed_at > (oldest or exchange_rules().stale_after):
        raise Problem("exchange_rate_stale", pair=rate.pair, observed_at=rate.observed_at.isoformat())
    return rate


def changed(minor: int, *, currency: str, rate: ExchangeRate) -> int:
    """Return what an amount is in the rate's other currency, in minor units, rounded half up (away from zero), once."""
    above, below = (rate.digits, 10**rate.scale) if currency == rate.base else (10**rate.scale, rate.digits)
    value = half_up(abs(minor) * above, below)
    return -value if minor < 0 else value


def half_up(above: int, below: int) -> int:
    """Return the quotient of two numbers that are not negative, rounded half up."""
    return (2 * above + below) // (2 * below)


def database_now() -> datetime:
    """Return the database's clock at this moment: one clock for all web servers, also after waiting for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def _enter_line(venue: Venue, row: dict[str, str], actor: Actor) -> ExchangeRate:
    if None in row or None in row.values():
        raise field_problem("", "columns", _("The line has too many or too few columns."))
    try:
        observed_at = parse_datetime(row["observed_at"])
    except ValueError:
        observed_at = None
    if observed_at is None or timezone.is_naive(observed_at):
        detail = _("Give a moment with its offset: 2026-11-03T09:15:00+08:00.")
        raise field_problem("/observed_at", "not_a_moment", detail)
    if not 0 < len(row["source"].strip()) <= 300:
        raise field_problem("/source", "length", _("Say in up to 300 characters where the rate was published."))
    return _enter(venue, row["base"], row["counter"], row["rate"], observed_at, row["source"].strip(), actor)


def _enter(
    venue: Venue, base: str, counter: str, rate: str, observed_at: datetime, source: str, actor: Actor
) -> ExchangeRate:
    now = database_now()
    if observed_at > now:
        raise field_problem("/observed_at", "in_future", _("Nobody has observed it yet."))
    if observed_at < now - exchange_rules().oldest_entry:
        raise field_problem("/observed_at", "too_old", _("A rate is entered within a month."))
    digits, scale = _checked_rate(venue, base, counter, rate, observed_at)
    made = ExchangeRate(
        venue=venue,
        base=base,
        counter=counter,
        digits=digits,
        scale=scale,
        observed_at=observed_at,
        source=source,
        entered_by_id=responsible_person(actor),
    )
    ExchangeRate.objects.bulk_create([made], ignore_conflicts=True)
    if not ExchangeRate.objects.filter(id=made.id).exists():
        raise Problem("exchange_rate_known", pair=made.pair, observed_at=observed_at.isoformat())
    details = {"pair": made.pair, "rate": made.rate, "observed_at": observed_at.isoformat(), "source": source}
    audit.record("exchangerate.entered", subject=made, actor=actor, details=details)
    return made


def _checked_rate(venue: Venue, base: str, counter: str, rate: str, observed_at: datetime) -> tuple[int, int]:
    rules, pair = exchange_rules(), f"{base}/{counter}"
    if pair not in rules.pairs:
        raise field_problem(
            "/base", "unknown_pair", _("Rates are kept for these pairs: %s.") % ", ".join(sorted(rules.pairs))
        )
    try:
        digits, scale = parse_rate(rate)
    except ValueError as error:
        detail = _("Give the rate as a decimal string of at most %d places.") % MOST_PLACES
        raise field_problem("/rate", "not_a_rate", detail) from error
    low, high = rules.pairs[pair]
    if _less((digits, scale), low) or _less(high, (digits, scale)):
        raise field_problem("/rate", "out_of_range", _("No such rate of %s has been seen.") % pair)
    before = ExchangeRate.objects.filter(venue=venue, base=base, counter=counter, observed_at__lte=observed_at)
    last = before.order_by("-observed_at").first()
    if last is not None:
        ours, theirs = digits * 10**last.scale, last.digits * 10**scale
        if abs(ours - theirs) * MILLION > theirs * rules.largest_change_ppm:
            raise field_problem("/rate", "too_far", _("The rate before was %s: look for a slip.") % last.rate)
    return digits, scale


def _less(one: tuple[int, int], other: tuple[int, int]) -> bool:
    # `int ** int` may be a fraction for the type checker.
    return bool(one[0] * 10 ** other[1] < other[0] * 10 ** one[1])


def fits(minor: int) -> bool:
    """Tell whether an amount is one that the books take."""
    return 0 < minor <= LARGEST_MINOR
