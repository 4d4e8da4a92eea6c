"""The bank's answers and statements: whole or refused with the line, matched by rules, explained by two people."""

import re
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import Capacity, Membership, Organization, Person
from kernel.money import Currency
from kernel.problems import Problem
from settlements.bank_answers import take_answers
from settlements.bank_days import close_bank_day
from settlements.bank_files.reading import LARGEST_FILE
from settlements.bank_files.statements import statements_in
from settlements.breaks import approve_explanation, propose_explanation, refuse_explanation, unexplained_breaks
from settlements.deposits import credit_deposit, enter_deposit
from settlements.models import (
    BankBooking,
    BankBreak,
    BankDay,
    BankFile,
    BankMatch,
    BankStatement,
    Deposit,
    MatchedEntry,
    Payout,
)
from settlements.payouts import retry_payout
from settlements.periods import close_period, open_first_period, propose_closing
from settlements.reconciliation import import_statement, reconcile
from tests.refusals import refused
from tests.settlements.bank_statements import Booked, camt_053, csv_text, pain_002, told_by_the_bank
from tests.settlements.banking import approved, custody, officers, sent
from tests.settlements.purse import Kind, assert_books_balance, holds, yuan
from tests.settlements.test_console import console
from tests.world import actor, api, make_member, person_of, venue

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 26)


@pytest.fixture
def own(guangzhou: Any) -> Any:
    return custody()


@pytest.fixture
def on_that_day() -> Any:
    """What is posted now is posted on DAY."""
    with time_machine.travel("2026-11-26T04:00:00Z", tick=True) as clock:
        yield clock


def taken(content: bytes, encoding: str = "", by: int = 0) -> BankStatement:
    [statement] = import_statement(
        venue=venue(), name="statement", content=content, encoding=encoding, actor=officers()[by]
    )
    return statement


def answered(content: bytes, encoding: str = "") -> list[Payout]:
    return take_answers(venue=venue(), name="answer", content=content, encoding=encoding, actor=officers()[0])


def deposited(buyer: Organization, minor: int, reference: str) -> Deposit:
    maker, checker = officers()
    amount = yuan(minor / 100)
    deposit = enter_deposit(
        venue=venue(), organization=buyer, amount=amount, bank_reference=reference, received_on=DAY, actor=maker
    )
    return credit_deposit(deposit_id=deposit.id, actor=checker)


# --- the bank's answers ----------------------------------------------------------------------------------------------


def test_the_bank_pays_one_rejects_one_and_keeps_one_under_way(own: Any) -> None:
    payees = [make_member() for _each in range(3)]
    paid, rejected, waiting = (approved(each) for each in payees)
    batch = sent(paid, rejected, waiting)
    file = pain_002(
        batch.number,
        (paid.id.hex, "ACSC", "B-1", ""),
        (rejected.id.hex, "RJCT", "", "AC04"),
        (waiting.id.hex, "PDNG", "", ""),
    )
    assert {each.id: each.state for each in answered(file)} == {paid.id: "PAID", rejected.id: "REJECTED"}
    paid.refresh_from_db()
    rejected.refresh_from_db()
    assert (paid.bank_reference, rejected.bank_reason) == ("B-1", "AC04")
    assert [holds(Kind.PAYABLE, each) for each in payees] == [0, 10_000, 0]
    assert [holds(Kind.PAYOUT, each) for each in payees] == [0, 0, 10_000]
    with refused("bank_file_known"):
        answered(file)

    later = f"客户流水号,交易状态,银行流水号,失败原因\r\n{waiting.id.hex},成功,B-3,\r\n{paid.id.hex},成功,B-1,\r\n"
    answered(later.encode("gb18030"))
    batch.refresh_from_db()
    assert batch.state == "ANSWERED"
    retried = retry_payout(payout_id=rejected.id, actor=actor(person_of(payees[1])))
    assert (retried.state, holds(Kind.PAYABLE, payees[1])) == ("REQUESTED", 0)
    assert_books_balance()


def test_a_whole_batch_is_rejected(own: Any) -> None:
    payouts = [approved(make_member()) for _each in range(2)]
    batch = sent(*payouts)
    assert [each.state for each in answered(pain_002(batch.number, group="RJCT"))] == ["REJECTED", "REJECTED"]
    batch.refresh_from_db()
    assert batch.state == "ANSWERED"


def test_an_answer_that_does_not_fit_books_nothing(own: Any) -> None:
    first, second = approved(make_member()), approved(make_member())
    batch = sent(first, second)
    fine = (first.id.hex, "ACSC", "B-1", "")
    whole = pain_002(batch.number, fine, (second.id.hex, "RJCT", "", "AC04"))
    for content, code in (
        (pain_002("GZ-W-2026-999999", fine), "unknown"),
        (pain_002(batch.number, fine, ("0" * 32, "ACSC", "B-2", "")), "unknown"),
        (pain_002(batch.number, fine, (first.id.hex, "RJCT", "", "AC04")), "contradicts"),
        (pain_002(batch.number), "no_answer"),
        (whole[: len(whole) // 2], "not_whole"),
        ("客户流水号,交易状态,银行流水号,失败原因\nx,好,,\n".encode(), "unknown"),
        (b"a,b\n1,2\n", "no_table"),
    ):
        with pytest.raises(Problem) as caught, transaction.atomic():
            answered(content)
        assert (caught.value.code, caught.value.errors[0].code) == ("bank_file_unreadable", code), content
        assert Payout.objects.filter(state="BATCHED").count() == 2
        assert not BankFile.objects.filter(kind="STATUS").exists()


# --- reading statements ----------------------------------------------------------------------------------------------

TWO = (Booked(10_000, "R-1", party="龘璟有限公司", text="入金"), Booked(-2_550, "R-2", end_to_end="x"))


def test_a_statement_reads_alike_in_every_form() -> None:
    forms = (
        (camt_053(DAY, *TWO, opening=500), ""),
        (csv_text(DAY, *TWO, opening=500).encode("gb18030"), ""),
        (csv_text(DAY, *TWO, opening=500).encode("gb18030"), "gbk"),
        (csv_text(DAY, *TWO, opening=500).encode("utf-8-sig"), "utf-8"),
        (camt_053(DAY, *TWO, opening=500).decode().replace("UTF-8", "GB18030").encode("gb18030"), ""),
    )
    for content, encoding in forms:
        [statement] = statements_in(content, encoding)
        assert (statement.currency, statement.opens_on, statement.opening_minor, statement.closing_minor) == (
            *("CNY", DAY, 500),
            7_950,
        )
        told = [(line.amount_minor, line.bank_reference) for line in statement.lines]
        assert told == [(10_000, "R-1"), (-2_550, "R-2")]
        assert statement.lines[0].party_name == "龘璟有限公司"


def _camt(old: str, new: str) -> bytes:
    text = camt_053(DAY, *TWO).decode()
    assert old in text
    return text.replace(old, new).encode()


def _csv(old: str, new: str) -> bytes:
    text = csv_text(DAY, *TWO)
    assert old in text
    return text.replace(old, new).encode()


BOMB = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>\n<Document'
XXE = '<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n<Document'


@pytest.mark.parametrize(
    ("content", "encoding", "pointer", "code"),
    [
        (b"", "", "/lines/1/file", "empty"),
        (b"\x00\xff", "", "/lines/1/file", "wrong_encoding"),
        (csv_text(DAY, *TWO).encode("gbk", "replace"), "utf-8", "/lines/1/file", "wrong_encoding"),
        (camt_053(DAY, *TWO).decode().encode("gb18030"), "", "/lines/14/file", "wrong_encoding"),
        (camt_053(DAY, *TWO)[:900], "", "/lines/15/file", "not_whole"),
        (csv_text(DAY, *TWO).encode()[: -len("总笔数：,2\r\n".encode()) - 60], "", "/lines/5/count", "required"),
        (csv_text(DAY, *TWO).encode()[:200], "", "/lines/4/file", "no_table"),
        (_camt("<Document", BOMB), "", "/lines/1/file", "has_dtd"),
        (_camt("<Document", XXE), "", "/lines/1/file", "has_dtd"),
        (_camt("camt.053.001", "camt.052.001"), "", "/lines/1/file", "another_message"),
        (_camt(">100.00<", ">100.001<"), "", "/lines/10/Amt", "too_many_decimals"),
        (_camt(">100.00<", ">99999999999999.00<"), "", "/lines/10/Amt", "too_large"),
        (_camt(">100.00<", ">1e5<"), "", "/lines/10/Amt", "not_an_amount"),
        (_camt('<Ntry><Amt Ccy="CNY">100.00', '<Ntry><Amt Ccy="USD">100.00'), "", "/lines/10/Amt", "other_currency"),
        (_camt(">100.00<", ">100.01<"), "", "/lines/8/closing", "does_not_add_up"),
        (_csv(",100.00,100.00", ",100.001,100.00"), "", "/lines/5/credit", "too_many_decimals"),
        (_csv(",100.00,100.00", ",-100.00,100.00"), "", "/lines/5/credit", "not_an_amount"),
        (_csv(",74.50,", ",74.51,"), "", "/lines/6/balance", "does_not_add_up"),
        (_csv("总笔数：,2", "总笔数：,3"), "", "/lines/7/count", "not_whole"),
        (_csv("20261126,R-2", "20261127,R-2"), "", "/lines/6/booked_on", "other_day"),
        (_csv("20261126,R-2", "soon,R-2"), "", "/lines/6/booked_on", "not_a_day"),
        (_csv(",R-2,", ",,"), "", "/lines/6/bank_reference", "required"),
        (_csv("人民币", "美元"), "", "/lines/1/currency", "other_currency"),
        (_csv("3602000109200123456", "999"), "", "/lines/1/account", "unknown_account"),
        (csv_text(DAY, *TWO).encode(), "latin-1", "/lines/1/file", "unknown_encoding"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_line_and_field(
    own: Any, content: bytes, encoding: str, pointer: str, code: str
) -> None:
    with pytest.raises(Problem) as caught, transaction.atomic():
        taken(content, encoding)
    [error] = caught.value.errors
    assert (caught.value.code, error.pointer, error.code) == ("bank_file_unreadable", pointer, code)
    assert not BankStatement.objects.exists()
    assert not BankFile.objects.exists()


def test_a_statement_is_taken_once_and_none_is_left_out(own: Any) -> None:
    first = camt_053(DAY, Booked(100, "R-1"), number="S-1")
    taken(first)
    with refused("bank_file_known"):
        taken(first)
    with refused("bank_statement_known"):  # other bytes of the same statement
        taken(first + b"\n")
    with refused("bank_statement_known"):  # another statement of the same day
        taken(camt_053(DAY, Booked(100, "R-9"), number="S-9"))
    with refused("bank_file_unreadable") as caught:  # the one in between is missing
        taken(camt_053(DAY + timedelta(days=1), Booked(1, "R-2"), opening=150))
    assert caught.value.errors[0].code == "gap"
    taken(camt_053(DAY + timedelta(days=1), Booked(1, "R-2"), opening=100))
    with refused("too_large"):
        taken(b"<" * (LARGEST_FILE + 1))
    assert BankStatement.objects.count() == 2
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        BankBooking.objects.update(amount_minor=5)


# --- matching and explaining -----------------------------------------------------------------------------------------


def test_bookings_and_entries_match_by_rules_and_the_rest_are_breaks(
    own: Any, buyer: Organization, on_that_day: Any
) -> None:
    paid = approved(make_member(), yuan(30))
    batch = sent(paid)
    answered(pain_002(batch.number, (paid.id.hex, "ACSC", "", "")))
    deposited(buyer, 10_000, "R-1")
    deposited(buyer, 20_000, "as the clerk read it")
    deposited(buyer, 555, "unknown to the bank")
    on_that_day.shift(timedelta(days=1))
    statement = taken(
        camt_053(
            DAY,
            Booked(10_000, "R-1"),
            Booked(20_000, "R-2", party=buyer.legal_name),
            Booked(-3_000, "R-3", end_to_end=paid.id.hex),
            Booked(-100, "R-4", text="手续费"),
        )
    )
    rules = {each.bank_reference: each.matched.match.rule for each in statement.lines.filter(matched__isnull=False)}
    assert rules == {"R-1": "reference", "R-2": "amount_day_payer", "R-3": "end_to_end"}
    found = {each.amount_minor: each for each in unexplained_breaks(venue(), Currency.CNY, DAY)}
    assert found.keys() - _given_by_the_purse(found) == {-100, 555}
    assert found[-100].age_days == 1
    assert not unexplained_breaks(venue(), Currency.CNY, DAY - timedelta(days=1)).exists()
    assert reconcile(venue=venue(), currency=Currency.CNY, actor=officers()[0]) == 0


def _given_by_the_purse(found: dict[int, BankBreak]) -> set[int]:
    """What the tests brought from the bank to a provider's earnings, which no bank booked."""
    return {minor for minor, each in found.items() if each.entry and each.entry.transfer.reference.startswith("test:")}


def test_two_candidates_are_left_to_people(own: Any, buyer: Organization, on_that_day: Any) -> None:
    deposited(buyer, 700, "A")
    deposited(buyer, 700, "B")
    on_that_day.shift(timedelta(days=1))
    taken(camt_053(DAY, Booked(1_400, "one booking for two", party=buyer.legal_name)))
    booking, first, second = BankBreak.objects.order_by("entry_id", "id")[2], *BankBreak.objects.exclude(entry=None)
    maker, checker = officers()
    with refused("invalid"):
        propose_explanation(break_id=booking.id, way="MATCH", partners=[first.id], reason="half", actor=maker)
    with refused("invalid"):
        propose_explanation(break_id=booking.id, way="MATCH", partners=[booking.id], reason="itself", actor=maker)
    with refused("invalid"):
        propose_explanation(break_id=booking.id, way="MATCH", partners=[first.id], reason=" ", actor=maker)
    asks = reverse("admin:settlements_bankbreak_propose_match", args=[booking.pk])
    officer = console(Person.objects.get(id=maker.person_id))
    offered = re.findall(r'name="partners" value="([^"]+)"', officer.get(asks).content.decode())
    assert {str(first.pk), str(second.pk)} <= set(offered)
    assert str(booking.pk) not in offered
    officer.post(asks, {"partners": [str(first.pk), str(second.pk)], "why": "paid in one"})
    with refused("same_person"):
        approve_explanation(break_id=booking.id, actor=maker)
    refuse_explanation(break_id=booking.id, reason="look again", actor=checker)
    with refused("illegal_state"):
        approve_explanation(break_id=booking.id, actor=checker)
    propose_explanation(
        break_id=booking.id, way="MATCH", partners=[first.id, second.id], reason="paid in one", actor=maker
    )
    approve_explanation(break_id=booking.id, actor=checker)
    assert not unexplained_breaks(venue(), Currency.CNY, DAY).exists()
    assert (BankMatch.objects.get().rule, MatchedEntry.objects.count()) == ("by_hand", 2)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        MatchedEntry.objects.all().delete()


def test_what_only_one_side_knows_is_posted_and_then_the_day_closes(
    own: Any, buyer: Organization, on_that_day: Any
) -> None:
    deposited(buyer, 555, "unknown to the bank")
    on_that_day.shift(timedelta(days=1))
    maker, checker = officers()
    with refused("bank_statement_missing"):
        close_bank_day(venue=venue(), currency=Currency.CNY, day=DAY, actor=maker)
    taken(camt_053(DAY, Booked(900, "R-1", text="?"), opening=40))
    with refused("unexplained_breaks"):
        close_bank_day(venue=venue(), currency=Currency.CNY, day=DAY, actor=maker)
    period = open_first_period(venue=venue(), length="DAY", first_day=DAY, actor=maker)
    propose_closing(period_id=period.id, actor=maker)
    with refused("unexplained_breaks"):
        close_period(period_id=period.id, actor=checker)
    with refused("invalid"):
        close_bank_day(venue=venue(), currency=Currency.CNY, day=DAY + timedelta(days=1), actor=maker)

    unknown, unfounded = BankBreak.objects.order_by("-amount_minor")
    with refused("invalid"):
        propose_explanation(break_id=unknown.id, way="POST", target="ESCROW", reason="?", actor=maker)
    with refused("invalid"):
        propose_explanation(break_id=unknown.id, way="POST", target="CLIENT", reason="whose?", actor=maker)
    propose_explanation(break_id=unknown.id, way="POST", target="SUSPENSE", reason="nobody knows", actor=maker)
    approve_explanation(break_id=unknown.id, actor=checker)
    propose_explanation(
        break_id=unfounded.id, way="POST", target="CLIENT", organization=buyer, reason="never came", actor=maker
    )
    approve_explanation(break_id=unfounded.id, actor=checker)
    assert (holds(Kind.SUSPENSE), holds(Kind.CLIENT, buyer)) == (900, 0)

    assert close_period(period_id=period.id, actor=checker).state == "CLOSED"
    closed = close_bank_day(venue=venue(), currency=Currency.CNY, day=DAY, actor=maker)
    assert (closed.bank_minor, closed.books_minor) == (940, 555)  # corrected on the day after
    with refused("bank_day_closed"):
        close_bank_day(venue=venue(), currency=Currency.CNY, day=DAY, actor=maker)
    with refused("bank_day_closed"):
        taken(camt_053(DAY - timedelta(days=1), opening=40))
    assert_books_balance()


def test_a_payment_that_comes_back_is_earned_again_after_two_people(own: Any, on_that_day: Any) -> None:
    provider = make_member()
    payout = approved(provider, yuan(30))
    batch = sent(payout)
    answered(pain_002(batch.number, (payout.id.hex, "ACSC", "OUT-1", "")))
    on_that_day.shift(timedelta(days=1))
    back = Booked(3_000, "BACK-1", end_to_end=payout.id.hex, text="户名不符", is_return=True)
    taken(csv_text(DAY, Booked(-3_000, "OUT-1"), back, opening=10_000).encode("gb18030"))
    [arrived] = BankBreak.objects.exclude(booking=None)
    assert (arrived.state, arrived.way, arrived.payout_id) == ("PROPOSED", "RETURN", payout.id)
    maker, checker = officers()
    with refused("same_person"):
        approve_explanation(break_id=arrived.id, actor=maker)
    approve_explanation(break_id=arrived.id, actor=checker)
    payout.refresh_from_db()
    assert (payout.state, payout.bank_reason, holds(Kind.PAYABLE, provider)) == ("RETURNED", "户名不符", 3_000)
    assert BankBooking.objects.filter(matched__isnull=True).count() == 0
    assert retry_payout(payout_id=payout.id, actor=actor(person_of(provider))).state == "REQUESTED"
    assert_books_balance()


def test_money_with_a_membership_number_waits_as_a_deposit(own: Any, buyer: Organization, on_that_day: Any) -> None:
    number = Membership.objects.get(organization=buyer, capacity=Capacity.BUYER).number
    on_that_day.shift(timedelta(days=1))
    content = camt_053(DAY, Booked(12_000, "IN-1", text=f"入金 {number}"), Booked(1, "IN-2", text="GZ-M-2026-999999"))
    taken(content)
    deposit = Deposit.objects.get()
    assert (deposit.state, deposit.organization, deposit.bank_reference) == ("ENTERED", buyer, "IN-1")
    maker, checker = officers()
    with refused("same_person"):
        credit_deposit(deposit_id=deposit.id, actor=maker)
    credit_deposit(deposit_id=deposit.id, actor=checker)
    reconcile(venue=venue(), currency=Currency.CNY, actor=maker)
    assert BankBooking.objects.get(bank_reference="IN-1").matched.match.rule == "reference"
    assert BankBreak.objects.get(booking__bank_reference="IN-1").state == "EXPLAINED"
    assert holds(Kind.CLIENT, buyer) == 12_000


def test_over_http_in_the_console_and_by_command(
    own: Any,
    buyer: Organization,
    officer: Person,
    clerk: Person,
    shenzhen_officer: Person,
    tmp_path: Any,
    on_that_day: Any,
) -> None:
    on_that_day.shift(timedelta(days=2))
    other = Person.objects.get(id=officers()[1].person_id)
    first = camt_053(DAY, Booked(900, "R-1"))
    desk, mate = api(officer), api(other)
    path = "/api/v1/bank-statements?venue=gzdex&name=one.xml"
    raw = {"content_type": "application/xml"}
    assert api(clerk).post(path, first, **raw).status_code == 403
    assert api(shenzhen_officer).post(path, first, **raw).status_code == 403
    cut = desk.post(path, first[:500], **raw)
    assert (cut.status_code, cut.json()["errors"][0]["code"]) == (400, "not_whole")
    made = desk.post(path, first, **raw)
    assert made.status_code == 201, made.json()
    [statement] = made.json()["statements"]
    assert desk.post(path, first, **raw).json()["code"] == "bank_file_known"
    assert desk.get("/api/v1/bank-statements").json()["items"][0]["id"] == statement["id"]
    [booking] = desk.get("/api/v1/bank-bookings", {"statement": statement["id"]}).json()["items"]
    assert (booking["bank_reference"], booking["rule"], booking["amount"]["amount"]) == ("R-1", None, "9.00")
    assert api(shenzhen_officer).get("/api/v1/bank-bookings").json()["items"] == []

    [found] = desk.get("/api/v1/bank-breaks", {"state": "OPEN"}).json()["items"]
    assert (found["age_days"], found["bank_reference"]) == (2, "R-1")
    row = f"/api/v1/bank-breaks/{found['id']}"
    assert api(shenzhen_officer).get(row).status_code == 404
    wrong = desk.post(f"{row}/propose", {"way": "RETURN", "reason": "x", "payout_id": found["id"]})
    assert wrong.json()["errors"][0]["pointer"] == "/payout_id"
    posting = {"way": "POST", "target": "PAYABLE", "organization_id": str(buyer.id), "reason": "sold by hand"}
    assert desk.post(f"{row}/propose", posting).json()["state"] == "PROPOSED"
    assert desk.post(f"{row}/approve").json()["code"] == "same_person"
    assert mate.post(f"{row}/refuse", {"reason": "no"}).json()["state"] == "OPEN"

    page = console(officer)
    listed = page.get("/console/settlements/bankbreak/").content.decode()
    assert "the bank alone" in listed
    here = f"/console/settlements/bankbreak/{found['id']}"
    page.post(f"{here}/propose-post/", {"target": "SUSPENSE", "identifier": "", "why": "nobody knows"})
    assert console(other).post(f"{here}/approve/", follow=True).status_code == 200
    assert BankBreak.objects.get().state == "EXPLAINED"
    close = {"venue": "gzdex", "currency": "CNY", "day": str(DAY)}
    assert desk.post("/api/v1/bank-days", close).json()["bank"]["amount"] == "9.00"
    assert desk.get("/api/v1/bank-days").json()["items"][0]["day"] == str(DAY)

    file = tmp_path / "two.csv"
    file.write_bytes(csv_text(DAY + timedelta(days=1), Booked(1, "R-2"), opening=900).encode("gb18030"))
    with file.open("rb") as opened:
        form = {"venue": str(venue().id), "file": opened, "encoding": "utf-8"}
        shown = page.post("/console/settlements/bankstatement/import-file/", form).content.decode()
    assert "not UTF-8" in shown
    told = StringIO()
    call_command("import_bank_statement", str(file), venue="gzdex", email=officer.email, stdout=told)
    assert "0 of 1 bookings matched" in told.getvalue()
    with pytest.raises(CommandError, match="taken before"):
        call_command("import_bank_statement", str(file), venue="gzdex", email=officer.email)
    for model in ("bankstatement", "bankbooking", "bankbreak", "bankmatch", "bankday", "bankfile"):
        assert page.get(f"/console/settlements/{model}/").status_code == 200
    for shown_row in (
        BankStatement.objects.first(),
        BankBreak.objects.first(),
        BankMatch.objects.first(),
        BankDay.objects.first(),
    ):
        assert shown_row is not None
        assert page.get(f"/console/settlements/{shown_row._meta.model_name}/{shown_row.pk}/change/").status_code == 200


def test_one_day_is_closed_while_the_next_is_open(own: Any) -> None:
    assert told_by_the_bank().state == "OPEN"
    assert BankDay.objects.get().day < BankBreak.objects.get(state="OPEN").day
    assert told_by_the_bank().id == BankBreak.objects.get(state="OPEN").id
