"""Closing the books: what is frozen, what the database refuses afterwards, balances at any instant, corrections."""

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from random import Random

import pytest
import time_machine
from django.core.management import call_command
from django.db import IntegrityError, InternalError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Organization, Person, Venue
from kernel.actors import SYSTEM
from kernel.models import AuditEvent
from settlements import books, corrections, periods
from settlements.ledger import Leg, post
from settlements.models import Account, AccountingPeriod, Correction, Entry, PeriodBalance, Transfer
from tests.refusals import refused
from tests.settlements.purse import Kind, account, assert_books_balance, draft, give, holds, posted, yuan
from tests.world import actor, api, person_of

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 3, 4, tzinfo=UTC)  # in Guangzhou


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def first_period(there: Venue, opener: Person, length: str = "DAY", day: date = date(2026, 11, 3)) -> AccountingPeriod:
    return periods.open_first_period(venue=there, length=length, first_day=day, actor=actor(opener))


def closed(period: AccountingPeriod, maker: Person, checker: Person) -> AccountingPeriod:
    periods.propose_closing(period_id=period.id, actor=actor(maker))
    return periods.close_period(period_id=period.id, actor=actor(checker))


def open_period() -> AccountingPeriod:
    return AccountingPeriod.objects.exclude(state="CLOSED").get()


def test_days_close_one_after_the_other_and_freeze_what_was_held(
    noon: time_machine.Traveller,
    guangzhou: Venue,
    buyer: Organization,
    provider: Organization,
    officer: Person,
    second_officer: Person,
) -> None:
    purse = give(buyer, yuan(100))
    earned, fees, bank = account(Kind.PAYABLE, provider), account(Kind.FEES), account(Kind.BANK)
    first = first_period(guangzhou, officer)
    noon.shift(timedelta(days=1))
    posted(draft((purse, -1000), (earned, 975), (fees, 25)))

    one = closed(first, officer, second_officer)

    assert dict(one.balances.values_list("account", "minor")) == {bank: -10_000, purse: 10_000}
    assert one.trial_balance == [
        {"currency": "CNY", "kind": "BANK", "minor": -10_000},
        {"currency": "CNY", "kind": "CLIENT", "minor": 10_000},
    ]
    assert (one.entries, one.proposed_by_id, one.closed_by_id) == (2, officer.id, second_officer.id)
    event = AuditEvent.objects.get(action="accountingperiod.closed")
    assert event.details["sha256"] == one.sha256 == periods.digest(one, one.trial_balance)

    noon.shift(timedelta(days=1))
    second = open_period()
    assert (second.first_day, second.last_day) == (date(2026, 11, 4), date(2026, 11, 4))
    two = closed(second, second_officer, officer)
    assert dict(two.balances.values_list("account", "minor")) == {purse: 9_000, earned: 975, fees: 25}
    assert sum(row["minor"] for row in two.trial_balance) == 0
    assert len(two.trial_balance) == 4  # the bank did not move, and is summed all the same
    call_command("check_books", stdout=StringIO())

    with transaction.atomic(), connection.cursor() as cursor:  # what triggers are for, somebody switched off
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE settlements_periodbalance SET minor = minor + 1 WHERE account_id = %s", [fees])
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert periods.untrue_periods() == [two]


def test_closing_is_two_peoples_and_only_of_what_is_over(
    noon: time_machine.Traveller, guangzhou: Venue, officer: Person, second_officer: Person, clerk: Person
) -> None:
    with refused("forbidden"):
        first_period(guangzhou, clerk)
    for wrong in (date(2026, 11, 4), date(2026, 10, 2)):
        with refused("invalid"):
            first_period(guangzhou, officer, "MONTH", wrong)
    month = first_period(guangzhou, officer, "MONTH", date(2026, 10, 1))
    assert (month.last_day, str(month)) == (date(2026, 10, 31), "2026-10")
    with refused("periods_begun"):
        first_period(guangzhou, second_officer, "MONTH", date(2026, 9, 1))

    with refused("illegal_state"):
        periods.close_period(period_id=month.id, actor=actor(officer))
    periods.propose_closing(period_id=month.id, actor=actor(officer))
    with refused("same_person"):
        periods.close_period(period_id=month.id, actor=actor(officer))
    kept = periods.keep_open(period_id=month.id, reason="a receipt is missing", actor=actor(second_officer))
    assert (kept.state, kept.proposed_by_id) == ("OPEN", None)
    closed(month, second_officer, officer)
    with refused("illegal_state"):
        periods.keep_open(period_id=month.id, reason="oh", actor=actor(officer))
    with refused("period_not_over"):
        periods.propose_closing(period_id=open_period().id, actor=actor(officer))
    with refused("periods_begun"):
        first_period(guangzhou, officer, "DAY", date(2026, 9, 1))


def test_the_database_refuses_what_falls_into_a_closed_day_and_what_would_reopen_it(
    noon: time_machine.Traveller,
    guangzhou: Venue,
    shenzhen: Venue,
    buyer: Organization,
    officer: Person,
    second_officer: Person,
) -> None:
    period = first_period(guangzhou, officer)
    bank, taxes = account(Kind.BANK), account(Kind.TAX)
    noon.shift(timedelta(hours=12, minutes=1))  # a minute of the next day at the venue
    periods.propose_closing(period_id=period.id, actor=actor(officer))

    def posted_on(moment: datetime) -> None:
        with time_machine.travel(moment, tick=False):
            posted(draft((bank, -1), (taxes, 1)))

    for moment in (NOON, NOON - timedelta(days=400), NOON + timedelta(hours=11, minutes=59, seconds=59)):
        with pytest.raises(IntegrityError, match="closed"), transaction.atomic():
            posted_on(moment)
    posted_on(NOON + timedelta(hours=12))  # midnight itself belongs to the next day
    with time_machine.travel(NOON, tick=False):
        give(buyer, yuan(1), code="szdex")  # the other venue's books are its own

    done = periods.close_period(period_id=period.id, actor=actor(second_officer))
    with pytest.raises(IntegrityError, match="closed"), transaction.atomic():
        posted_on(NOON)
    for statement in (
        "UPDATE settlements_accountingperiod SET state = 'OPEN' WHERE id = %s",
        "DELETE FROM settlements_accountingperiod WHERE id = %s",
        "UPDATE settlements_periodbalance SET minor = 0 WHERE period_id = %s",
        "DELETE FROM settlements_periodbalance WHERE period_id = %s",
    ):
        with pytest.raises((IntegrityError, InternalError), match="append-only"), transaction.atomic():
            connection.cursor().execute(statement, [done.id])


@pytest.mark.django_db(transaction=True)
def test_a_posting_under_way_is_waited_for_and_one_that_comes_later_is_refused(
    noon: time_machine.Traveller, guangzhou: Venue, officer: Person, second_officer: Person
) -> None:
    period = first_period(guangzhou, officer)
    bank, taxes = account(Kind.BANK), account(Kind.TAX)
    written, may_commit = threading.Event(), threading.Event()

    def post_slowly() -> None:
        try:
            with transaction.atomic():
                post([draft((bank, -7), (taxes, 7))], actor=SYSTEM)
                written.set()
                may_commit.wait(10)
        finally:
            connection.close()

    slow = threading.Thread(target=post_slowly)
    slow.start()
    assert written.wait(10)
    noon.shift(timedelta(days=1))
    periods.propose_closing(period_id=period.id, actor=actor(officer))
    with refused("postings_under_way"):
        periods.close_period(period_id=period.id, actor=actor(second_officer))
    posted(draft((bank, -1), (taxes, 1)))  # others go on meanwhile

    may_commit.set()
    slow.join()
    done = periods.close_period(period_id=period.id, actor=actor(second_officer))

    assert dict(done.balances.values_list("account", "minor")) == {bank: -7, taxes: 7}
    with time_machine.travel(NOON, tick=False), pytest.raises(IntegrityError, match="closed"):
        posted(draft((bank, -1), (taxes, 1)))
    assert_books_balance()


def test_a_balance_at_any_instant_is_the_sum_of_the_entries_until_then(
    noon: time_machine.Traveller, guangzhou: Venue, buyer: Organization, officer: Person, second_officer: Person
) -> None:
    purse, fees, bank = give(buyer, yuan(1000)), account(Kind.FEES), account(Kind.BANK)
    dice = Random(7)
    first_period(guangzhou, officer)
    instants = [NOON - timedelta(seconds=1), NOON]
    for _day in range(4):
        for _turn in range(6):
            # Clocks of several machines differ: a posting may believe that it is earlier than the one before it.
            noon.shift(timedelta(minutes=dice.choice([-2, 0, 1, 90])))
            amount = dice.randint(1, 50)
            posted(draft((purse, -amount), (fees, amount)))
            instants.append(timezone.now())
        noon.move_to(open_period().ends_at + timedelta(hours=1))
        instants += [open_period().ends_at - timedelta(microseconds=1), open_period().ends_at]
        closed(open_period(), officer, second_officer)

    for each in Account.objects.filter(id__in=[purse, fees, bank]):
        entries = list(Entry.objects.filter(account=each).order_by("created_at", "id"))
        for instant in instants:
            until = sum(entry.amount_minor for entry in entries if entry.created_at <= instant)
            assert books.balance_at(each, instant).minor == until, (each, instant)
        if each.id == purse:  # along time the running balance is the sum so far
            sums, so_far = [], 0
            for entry in entries:
                so_far += entry.amount_minor
                sums.append(so_far)
            assert [entry.balance_minor for entry in entries] == sums
    assert PeriodBalance.objects.filter(account=bank).count() == 1  # carried over while it does not move
    assert periods.untrue_periods() == []


def test_a_wrong_transfer_is_set_right_by_another_that_names_it(
    guangzhou: Venue, buyer: Organization, provider: Organization, officer: Person, second_officer: Person
) -> None:
    give(provider, yuan(10))  # credited to the wrong member
    [wrong] = Transfer.objects.all()
    owner, right = account(Kind.CLIENT, provider), account(Kind.CLIENT, buyer)
    moved = [Leg(owner, -1000), Leg(right, 1000)]
    proposed = corrections.propose_correction(
        transfer_id=wrong.id, legs=moved, reason="The receipt was of the buyer", actor=actor(officer)
    )
    assert holds(Kind.CLIENT, buyer) == 0
    with refused("same_person"):
        corrections.post_correction(correction_id=proposed.id, actor=actor(officer))

    done = corrections.post_correction(correction_id=proposed.id, actor=actor(second_officer))

    assert (holds(Kind.CLIENT, provider), holds(Kind.CLIENT, buyer)) == (0, 1000)
    assert done.posted is not None
    assert (done.posted.kind, done.posted.reference) == ("CORRECTION", f"correction:{done.id}")
    assert done.posted.memo == f"{wrong.reference}: The receipt was of the buyer"
    with refused("illegal_state"):
        corrections.refuse_correction(correction_id=done.id, reason="no", actor=actor(second_officer))
    with pytest.raises((IntegrityError, InternalError), match="append-only"), transaction.atomic():
        Correction.objects.filter(id=done.id).update(reason="another")

    red = corrections.propose_correction(transfer_id=done.posted.id, reason="It was right", actor=actor(officer))
    assert red.legs == [[str(owner), 1000], [str(right), -1000]]
    with refused("taken_back"):
        corrections.propose_correction(transfer_id=done.posted.id, reason="twice", actor=actor(second_officer))
    posted(draft((right, -1), (owner, 1)))
    with refused("insufficient_funds"):
        corrections.post_correction(correction_id=red.id, actor=actor(second_officer))
    corrections.refuse_correction(correction_id=red.id, reason="spent", actor=actor(second_officer))
    assert corrections.propose_correction(transfer_id=done.posted.id, reason="again", actor=actor(officer)).reverses
    assert_books_balance()


def test_a_correction_balances_on_accounts_of_its_venue(
    guangzhou: Venue, shenzhen: Venue, buyer: Organization, officer: Person, shenzhen_officer: Person, clerk: Person
) -> None:
    purse = give(buyer, yuan(1))
    there = give(buyer, yuan(1), code="szdex")
    escrow = account(Kind.ESCROW, buyer)
    wrong = Transfer.objects.get(venue=guangzhou)
    for legs, pointer in (
        ([Leg(purse, -1), Leg(escrow, 2)], "/legs"),
        ([Leg(purse, -1)], "/legs"),
        ([Leg(purse, -1), Leg(there, 1)], "/legs/1/account_id"),
        ([Leg(purse, 0), Leg(escrow, 0)], "/legs/0/amount"),
        ([Leg(purse, -(10**15)), Leg(escrow, 10**15)], "/legs/0/amount"),
    ):
        with refused("invalid") as caught:
            corrections.propose_correction(transfer_id=wrong.id, legs=legs, reason="x", actor=actor(officer))
        assert caught.value.errors[0].pointer == pointer
    with refused("invalid"):
        corrections.propose_correction(transfer_id=wrong.id, reason=" ", actor=actor(officer))
    for stranger in (shenzhen_officer, clerk):
        with refused("not_found"):
            corrections.propose_correction(transfer_id=wrong.id, reason="x", actor=actor(stranger))
    assert not Correction.objects.exists()


def test_books_are_closed_and_corrected_over_http(
    noon: time_machine.Traveller,
    guangzhou: Venue,
    buyer: Organization,
    officer: Person,
    second_officer: Person,
    shenzhen_officer: Person,
) -> None:
    maker, checker, owner = api(officer), api(second_officer), api(person_of(buyer))
    purse = give(buyer, yuan(100))
    wanted = {"venue": "gzdex", "length": "DAY", "first_day": "2026-11-03"}
    assert owner.post("/api/v1/accounting-periods", wanted).status_code == 403
    opened = maker.post("/api/v1/accounting-periods", wanted)
    assert opened.status_code == 201, opened.json()
    path = f"/api/v1/accounting-periods/{opened.json()['id']}"
    assert maker.post(f"{path}/propose-closing").json()["code"] == "period_not_over"
    noon.shift(timedelta(days=1))
    assert maker.post(f"{path}/propose-closing").json()["state"] == "CLOSING"
    assert maker.post(f"{path}/close").json()["code"] == "same_person"
    assert checker.post(f"{path}/keep-open", {"reason": "late receipt"}).json()["state"] == "OPEN"
    maker.post(f"{path}/propose-closing")

    closed_one = checker.post(f"{path}/close").json()

    assert closed_one["trial_balance"][0] == {"currency": "CNY", "kind": "BANK", "amount": "-100.00"}
    assert closed_one == maker.get(path).json()
    assert [row["state"] for row in maker.get("/api/v1/accounting-periods").json()["items"]] == ["OPEN", "CLOSED"]
    frozen = maker.get("/api/v1/period-balances", {"period": closed_one["id"], "kind": "CLIENT"}).json()["items"]
    assert [(row["account_id"], row["balance"]["amount"]) for row in frozen] == [(str(purse), "100.00")]
    assert owner.get("/api/v1/period-balances").json()["items"] == frozen  # one's own, and nobody else's
    for stranger in (owner, api(shenzhen_officer)):
        assert stranger.get(path).status_code == 404
        assert stranger.get("/api/v1/accounting-periods").json()["items"] == []

    at = {"at": "2026-11-03T11:59:59+08:00"}
    assert owner.get(f"/api/v1/balances/{purse}", at).json()["balance"]["amount"] == "0.00"
    assert owner.get(f"/api/v1/balances/{purse}").json()["balance"] == {"amount": "100.00", "currency": "CNY"}
    for moment, code in (("2999-01-01T00:00:00Z", "in_future"), ("yesterday", "invalid")):
        refusal = owner.get(f"/api/v1/balances/{purse}", {"at": moment}).json()
        assert [(each["pointer"], each["code"]) for each in refusal["errors"]] == [("/at", code)]

    wrong = Transfer.objects.get()
    escrow = account(Kind.ESCROW, buyer)
    legs = [{"account_id": str(purse), "amount": "-1.50"}, {"account_id": str(escrow), "amount": "1.50"}]
    body = {"transfer_id": str(wrong.id), "reason": "Held too little", "legs": legs}
    spoilt = body | {"legs": [legs[0], legs[1] | {"amount": "1.505"}]}
    assert maker.post("/api/v1/corrections", spoilt).json()["errors"][0]["pointer"] == "/legs/1/amount"
    proposed = maker.post("/api/v1/corrections", body)
    assert proposed.status_code == 201, proposed.json()
    assert proposed.json()["legs"] == legs
    there = f"/api/v1/corrections/{proposed.json()['id']}"
    assert checker.post(f"{there}/post").json()["state"] == "POSTED"
    assert holds(Kind.ESCROW, buyer) == 150
    red = maker.post("/api/v1/corrections", {"transfer_id": str(wrong.id), "reason": "Twice"}).json()
    refused_one = checker.post(f"/api/v1/corrections/{red['id']}/refuse", {"reason": "no"}).json()
    assert (refused_one["state"], refused_one["refusal"]) == ("REFUSED", "no")
    assert len(maker.get("/api/v1/corrections", {"transfer": str(wrong.id)}).json()["items"]) == 2


def test_books_are_closed_and_corrected_in_the_console(
    noon: time_machine.Traveller, guangzhou: Venue, buyer: Organization, officer: Person, second_officer: Person
) -> None:
    give(buyer, yuan(100))
    maker, checker = (Client(headers={"accept-language": "en"}), Client(headers={"accept-language": "en"}))
    for client, person in ((maker, officer), (checker, second_officer)):
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    periods_at, corrections_at = "/console/settlements/accountingperiod", "/console/settlements/correction"

    form = {"venue": str(guangzhou.pk), "length": "MONTH", "first_day": "2026-10-01"}
    assert "first period is open" in maker.post(f"{periods_at}/open/", form, follow=True).content.decode()
    assert "in periods" in maker.post(f"{periods_at}/open/", form, follow=True).content.decode()
    period = AccountingPeriod.objects.get()
    maker.post(f"{periods_at}/{period.pk}/propose-closing/")
    maker.post(f"{periods_at}/{period.pk}/close/")
    period.refresh_from_db()
    assert period.state == "CLOSING"  # not by the same person
    checker.post(f"{periods_at}/{period.pk}/keep-open/", {"reason": "wait"})
    maker.post(f"{periods_at}/{period.pk}/propose-closing/")
    checker.post(f"{periods_at}/{period.pk}/close/")
    period.refresh_from_db()
    assert period.state == "CLOSED"
    noon.move_to(datetime(2026, 12, 1, tzinfo=UTC))
    maker.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")  # a session ends before
    checker.force_login(second_officer, backend="django.contrib.auth.backends.ModelBackend")
    november = closed(open_period(), officer, second_officer)
    page = maker.get(f"{periods_at}/{november.pk}/change/").content.decode()
    assert "-100.00" in page
    link = f"/console/settlements/periodbalance/?period__id__exact={november.pk}"
    assert link in page
    assert len(maker.get(link).context["cl"].result_list) == 2

    transfer = Transfer.objects.get()
    maker.post(f"/console/settlements/transfer/{transfer.pk}/take-back/", {"reason": "Entered twice"})
    correction = Correction.objects.get()
    assert "Entered twice" in checker.get(f"{corrections_at}/{correction.pk}/change/").content.decode()
    checker.post(f"{corrections_at}/{correction.pk}/post/")
    assert holds(Kind.CLIENT, buyer) == 0
