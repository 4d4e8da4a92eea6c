"""The console's first page: what waits, what is late, how trades stand, and whether the books balance.

A fixed number of queries whatever there is (tests/config/test_console.py), each of them for those who may see its rows.
"""

from collections import defaultdict
from typing import Any

from django.db.models import Count
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Venue
from accounts.permissions import Permission
from config.queues import QUEUES, waiting
from kernel.actors import Actor
from kernel.console import actor_in_console
from kernel.models import AuditEvent
from kernel.money import Currency, grouped
from listings.models import ReviewClock
from marketplace.models import Order
from settlements import books
from settlements.admin.books import entries_of
from settlements.models import Account

SHOWN = 8  # rows of each short list


def with_dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add what the first page shows to its context; the theme calls this (config/console.py)."""
    actor = actor_in_console(request)
    venues = list(Venue.objects.filter(pk__in=actor.venue_ids))
    counts = waiting(request)
    return context | {
        "title": _("Overview"),
        "venues": venues,
        "zone": timezone.get_current_timezone_name(),
        "queues": [(queue, counts[queue.name]) for queue in QUEUES if queue.name in counts],
        "clocks": next_clocks(actor) if "overdue" in counts else None,
        "trades": trades_by_state(actor, venues),
        "ledger": ledger_totals(actor, venues) if actor.may(Permission.LEDGER_READ) else None,
        "events": latest_events(actor) if actor.may(Permission.AUDIT_READ) else None,
    }


def next_clocks(actor: Actor) -> list[ReviewClock]:
    """Return the running clocks that are due first, the overdue ones leading, with one query."""
    clocks = ReviewClock.objects.visible_to(actor).running().select_related("listing", "venue", "organization")
    return list(clocks.order_by("due_at")[:SHOWN])


def trades_by_state(actor: Actor, venues: list[Venue]) -> dict[str, Any]:
    """Return a table of venues by states of an order, with the number of orders in each cell; one query."""
    rows = Order.objects.visible_to(actor).order_by().values_list("venue", "state").annotate(count=Count("pk"))
    counts = {(venue, state): count for venue, state, count in rows}
    return {
        "states": [state.label for state in Order.State],
        "rows": [
            (venue, [(state.value, counts.get((venue.pk, state.value), 0)) for state in Order.State])
            for venue in venues
        ],
    }


def ledger_totals(actor: Actor, venues: list[Venue]) -> dict[str, Any]:
    """Return what each kind of account holds per venue and currency, and the sums, which are zero; one query."""
    named = {venue.code: venue for venue in venues}
    held: dict[tuple[str, str], dict[Account.Kind, int]] = defaultdict(dict)
    for row in books.standings(actor.venue_ids):
        held[row.venue, row.currency][row.kind] = row.minor
    kinds = [kind for kind in Account.Kind if any(sums.get(kind) for sums in held.values())]
    return {
        "kinds": [kind.label for kind in kinds],
        "rows": [
            {
                "venue": str(named[venue]),
                "currency": currency,
                "amounts": [
                    (grouped(sums.get(kind, 0)), entries_of(named[venue], kind, Currency(currency))) for kind in kinds
                ],
                "total": grouped(sum(sums.values())),
                "is_balanced": sum(sums.values()) == 0,
            }
            for (venue, currency), sums in held.items()
        ],
    }


def latest_events(actor: Actor) -> list[AuditEvent]:
    """Return the newest audit events that the actor may see, with one query."""
    return list(AuditEvent.objects.visible_to(actor).order_by("-id")[:SHOWN])
