"""The bank's statements are laid beside the books: what matches by rule is matched, what remains is a break.

`import_statement` takes a whole file or nothing; `reconcile` may run as often as one likes.
"""

import re
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.access import Permission, require
from accounts.models import Membership, Organization, Venue
from kernel import audit
from kernel.actors import Actor
from kernel.money import Currency
from kernel.problems import Problem
from settlements import breaks
from settlements.bank_files.reading import LARGEST_FILE, refusal
from settlements.bank_files.statements import Statement, statements_in
from settlements.bank_keeping import keep_file
from settlements.chart import AccountKey, open_accounts
from settlements.deposits import enter_deposit, responsible_person
from settlements.matching import first_key_of, match_by_rules, start_of
from settlements.models import (
    Account,
    BankBooking,
    BankBreak,
    BankDay,
    BankFile,
    BankStatement,
    CustodyAccount,
    Deposit,
    Entry,
    Payout,
)


@transaction.atomic
def import_statement(
    *, venue: Venue, name: str, content: bytes, encoding: str = "", actor: Actor
) -> list[BankStatement]:
    """Take a statement file of the venue's custody account, match what can be matched, and show the rest as breaks.

    `encoding` is what the sender declares of a CSV, blank to try UTF-8 and then GB18030. Raises Problem `forbidden`,
    `too_large`, `bank_file_unreadable` (with line and field), `bank_file_known`, `bank_statement_known` or
    `bank_day_closed`; then nothing is kept.
    """
    require(actor, Permission.BANK_RECONCILE, venue_id=venue.id)
    if len(content) > LARGEST_FILE:
        raise Problem("too_large", _("A bank's file has at most %d bytes.") % LARGEST_FILE)
    read = statements_in(content, encoding)
    file = keep_file(BankFile.Kind.STATEMENT, venue=venue, name=name, content=content)
    statements = [_take(statement, venue, file, responsible_person(actor)) for statement in read]
    for statement in statements:
        facts = {"file_sha256": file.sha256, "statement": statement.statement_id, "bookings": statement.bookings}
        audit.record("bankstatement.imported", subject=statement, actor=actor, details=facts)
    for currency in sorted({statement.currency for statement in statements}):
        reconcile(venue=venue, currency=Currency(currency), actor=actor)
    return statements


@transaction.atomic
def reconcile(*, venue: Venue, currency: Currency, actor: Actor) -> int:
    """Match bookings and entries by the rules, in their order, and return how many matches were made.

    What is left and falls in the days of a statement becomes a break; one that is matched now is explained.
    """
    require(actor, Permission.BANK_RECONCILE, venue_id=venue.id)
    # The row of the account is the lock: two who reconcile it come one after the other.
    list(CustodyAccount.objects.select_for_update().filter(venue=venue, currency=currency).order_by("id"))
    [bank] = open_accounts(AccountKey(Account.Kind.BANK, venue.id, currency))
    since = _first_open_day(venue, currency)
    if since is None:
        return 0
    made = match_by_rules(venue=venue, currency=currency, bank=bank, since=since, actor=actor)
    _find_breaks(venue, currency, bank, since)
    _propose_known(venue, currency, actor)
    return made


def _take(read: Statement, venue: Venue, file: BankFile, person_id: UUID) -> BankStatement:
    accounts = CustodyAccount.objects.select_for_update().filter(
        venue=venue, number=read.account, state__in=[CustodyAccount.State.IN_USE, CustodyAccount.State.REPLACED]
    )
    account = next((each for each in accounts.order_by("id") if each.currency == read.currency), None)
    if account is None:
        known = accounts.exists()
        field, code = ("currency", "other_currency") if known else ("account", "unknown_account")
        detail = _("The venue has no custody account %(account)s in %(currency)s.")
        raise refusal(1, field, code, detail % {"account": read.account, "currency": read.currency})
    before = BankStatement.objects.filter(custody_account=account)
    if (
        before.filter(statement_id=read.statement_id).exists()
        or before.filter(opens_on__lte=read.closes_on, closes_on__gte=read.opens_on).exists()
    ):
        raise Problem("bank_statement_known", statement_id=read.statement_id)
    if BankDay.objects.filter(venue=venue, currency=read.currency, day__gte=read.opens_on).exists():
        raise Problem("bank_day_closed")
    last = before.filter(closes_on__lt=read.opens_on).order_by("-closes_on").first()
    if last is not None and last.closing_minor != read.opening_minor:
        detail = _("The statement before ended with %(balance)s: one is missing between them.")
        raise refusal(1, "opening", "gap", detail % {"balance": last.closing})
    statement = BankStatement.objects.create(
        venue=venue,
        custody_account=account,
        currency=read.currency,
        file=file,
        statement_id=read.statement_id,
        opens_on=read.opens_on,
        closes_on=read.closes_on,
        opening_minor=read.opening_minor,
        closing_minor=read.closing_minor,
        bookings=len(read.lines),
        imported_by_id=person_id,
    )
    BankBooking.objects.bulk_create(
        BankBooking(
            statement=statement,
            venue=venue,
            currency=read.currency,
            position=position,
            booked_on=line.booked_on,
            amount_minor=line.amount_minor,
            bank_reference=line.bank_reference,
            end_to_end=line.end_to_end,
            party_name=line.party_name,
            party_account=line.party_account,
            text=line.text,
            is_return=line.is_return,
        )
        for position, line in enumerate(read.lines, start=1)
    )
    return statement


def _first_open_day(venue: Venue, currency: Currency) -> date | None:
    """Return the day after the last closed one, or the first day of which the bank told; None before any statement."""
    closed = BankDay.objects.filter(venue=venue, currency=currency).order_by("-day").values_list("day", flat=True)
    if (last := closed.first()) is not None:
        return last + timedelta(days=1)
    told = BankStatement.objects.filter(venue=venue, currency=currency).order_by("opens_on")
    return told.values_list("opens_on", flat=True).first()


def _find_breaks(venue: Venue, currency: Currency, bank: UUID, since: date) -> None:
    told = BankStatement.objects.filter(venue=venue, currency=currency).order_by("-closes_on")
    last = told.values_list("closes_on", flat=True).first()
    if last is None:
        return
    bookings = BankBooking.objects.filter(venue=venue, currency=currency, matched__isnull=True, missing__isnull=True)
    # Only of days of which the bank has told everything: an entry of today is no break yet.
    entries = Entry.objects.filter(
        account=bank,
        id__gte=first_key_of(since, venue),
        created_at__gte=start_of(since, venue),
        created_at__lt=start_of(last + timedelta(days=1), venue),
        matched__isnull=True,
        missing__isnull=True,
    )
    BankBreak.objects.bulk_create(
        [
            *(
                BankBreak(
                    venue=venue, currency=currency, booking=each, day=each.booked_on, amount_minor=each.amount_minor
                )
                for each in bookings.order_by("id")
            ),
            *(
                BankBreak(
                    venue=venue,
                    currency=currency,
                    entry=each,
                    day=each.created_at.astimezone(venue.zone).date(),
                    amount_minor=-each.amount_minor,
                )
                for each in entries.order_by("id")
            ),
        ]
    )


def _propose_known(venue: Venue, currency: Currency, actor: Actor) -> None:
    """For money that came in and says what it is, take the first of the two steps; another person takes the second."""
    arrived = BankBreak.objects.filter(
        venue=venue, currency=currency, state=BankBreak.State.OPEN, booking__amount_minor__gt=0
    )
    for each in arrived.select_related("booking").order_by("id"):
        booking = each.booking
        assert booking is not None  # noqa: S101 - the filter asks for it
        if booking.is_return:
            if (payout := _returned(booking)) is not None:
                breaks.propose_explanation(
                    break_id=each.id,
                    way=BankBreak.Way.RETURN,
                    payout=payout,
                    reason=_("The bank's statement names the payout."),
                    actor=actor,
                )
        elif (payer := _named_member(booking, venue)) is not None:
            _enter(booking, payer, venue, actor)


def _returned(booking: BankBooking) -> Payout | None:
    try:
        payout_id = UUID(hex=booking.end_to_end)
    except ValueError:
        return None
    return Payout.objects.filter(
        id=payout_id,
        venue=booking.venue_id,
        currency=booking.currency,
        amount_minor=booking.amount_minor,
        state=Payout.State.PAID,
    ).first()


def _named_member(booking: BankBooking, venue: Venue) -> Organization | None:
    """Return the member whose membership number the payer wrote into the booking's text: the deposit reference."""
    number = re.search(rf"{re.escape(venue.number_prefix)}-M-\d{{4}}-\d{{6}}", booking.text, re.ASCII)
    members: QuerySet[Membership] = Membership.objects.active().select_related("organization")
    member = members.filter(venue=venue, number=number[0]).first() if number else None
    return member.organization if member else None


def _enter(booking: BankBooking, payer: Organization, venue: Venue, actor: Actor) -> None:
    entered = Deposit.objects.filter(venue=venue, bank_reference=booking.bank_reference)
    if not entered.exclude(state=Deposit.State.REFUSED).exists():
        enter_deposit(
            venue=venue,
            organization=payer,
            amount=booking.amount,
            bank_reference=booking.bank_reference,
            received_on=booking.booked_on,
            actor=actor,
        )
