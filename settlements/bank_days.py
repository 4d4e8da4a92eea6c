"""Days of the venue's bank account close once nothing up to them is unexplained."""

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, require
from accounts.models import Venue
from kernel import audit
from kernel.actors import Actor
from kernel.money import Currency
from kernel.problems import Problem, field_problem
from settlements.breaks import unexplained_breaks
from settlements.chart import AccountKey, open_accounts
from settlements.deposits import responsible_person
from settlements.matching import first_key_of, start_of
from settlements.models import Account, BankDay, BankStatement, Entry
from settlements.reconciliation import reconcile


@transaction.atomic
def close_bank_day(*, venue: Venue, currency: Currency, day: date, actor: Actor) -> BankDay:
    """Close a day of the venue's bank account, and all days before it.

    Raises Problem `forbidden`, `invalid` for a day that is not over, `bank_day_closed`, `bank_statement_missing` while
    the bank has not told of it, or `unexplained_breaks` with their number.
    """
    require(actor, Permission.BANK_RECONCILE, venue_id=venue.id)
    if day >= timezone.now().astimezone(venue.zone).date():
        raise field_problem("/day", "not_over", _("The day is not over."))
    reconcile(venue=venue, currency=currency, actor=actor)
    last = BankDay.objects.filter(venue=venue, currency=currency).order_by("-day").first()
    if last is not None and last.day >= day:
        raise Problem("bank_day_closed", day=str(last.day))
    told = BankStatement.objects.filter(venue=venue, currency=currency)
    statement = told.filter(opens_on__lte=day).order_by("-opens_on").first()
    if statement is None or not told.filter(closes_on__gte=day).exists():
        raise Problem("bank_statement_missing", day=str(day))
    if count := unexplained_breaks(venue, currency, day).count():
        raise Problem("unexplained_breaks", count=count)

    booked = statement.lines.filter(booked_on__lte=day).aggregate(total=Sum("amount_minor"))["total"] or 0
    [bank] = open_accounts(AccountKey(Account.Kind.BANK, venue.id, currency))
    entries = Entry.objects.filter(account=bank, created_at__lt=start_of(day + timedelta(days=1), venue))
    if last is not None:
        begins = last.day + timedelta(days=1)
        entries = entries.filter(id__gte=first_key_of(begins, venue), created_at__gte=start_of(begins, venue))
    moved = entries.aggregate(total=Sum("amount_minor"))["total"] or 0
    closed = BankDay.objects.create(
        venue=venue,
        currency=currency,
        day=day,
        bank_minor=statement.opening_minor + booked,
        books_minor=(last.books_minor if last else 0) - moved,
        closed_by_id=responsible_person(actor),
    )
    facts = {"day": str(day), "bank": closed.bank.as_json(), "books": closed.books.as_json()}
    audit.record("bankday.closed", subject=closed, actor=actor, details=facts)
    return closed
