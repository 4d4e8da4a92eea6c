"""Approved payouts leave in a batch: two people, one file, the same bytes whoever writes them, books like the file."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from lxml import etree

from accounts.models import Organization, Person
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent, Job
from kernel.money import Currency
from settlements.bank_accounts import (
    register_payee_account,
    verify_payee_account,
    withdraw_payee_account,
)
from settlements.bank_files.payments import bank_csv, pain_001
from settlements.models import BankFile, PayeeAccount, PayoutBatch
from settlements.payout_batches import (
    PRODUCE_JOB,
    check_batch,
    discard_batch,
    gather_batch,
    instruction_of,
    produce_file,
    read_file,
)
from settlements.payouts import approve_payout, confirm_paid, reject_payout, request_payout, retry_payout
from tests.refusals import refused
from tests.settlements.banking import CUSTODY_NUMBER, approved, custody, details, officers, payee, sent
from tests.settlements.purse import Kind, assert_books_balance, give, holds, yuan
from tests.settlements.test_ledger_under_load import at_once
from tests.world import actor, api, make_member, person_of, venue

pytestmark = pytest.mark.django_db
NS = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}


@pytest.fixture
def providers(guangzhou: Any) -> list[Organization]:
    made = [make_member("gzdex", name=name) for name in ("南沙数据", "龘璟")]
    for each in made:
        payee(each)
    return made


def test_a_payout_goes_only_to_a_verified_account(provider: Organization, officer: Person, buyer: Organization) -> None:
    give(provider, yuan(100), Kind.PAYABLE)
    who = actor(person_of(provider))
    account = register_payee_account(venue=venue(), details=details(), actor=who)
    with refused("payee_account_unverified"):
        request_payout(venue=venue(), amount=yuan(1), bank_account=account.number, actor=who)
    payout = request_payout(venue=venue(), amount=yuan(1), actor=who)
    with refused("payee_account_unverified"):
        approve_payout(payout_id=payout.id, actor=actor(officer))

    assert account.holder_name == provider.legal_name
    with refused("forbidden"):
        verify_payee_account(account_id=account.id, finding="mine", actor=who)
    with refused("not_found"):
        verify_payee_account(account_id=account.id, finding="?", actor=actor(person_of(buyer)))
    with refused("invalid"):
        verify_payee_account(account_id=account.id, finding=" ", actor=actor(officer))
    verify_payee_account(account_id=account.id, finding="letter of the bank", actor=actor(officer))
    assert approve_payout(payout_id=payout.id, actor=actor(officer)).payee_account_id == account.id

    newer = payee(provider)
    account.refresh_from_db()
    assert (account.state, newer.state) == ("REPLACED", "VERIFIED")
    with pytest.raises(IntegrityError, match="verified_by_another_person"), transaction.atomic():
        PayeeAccount.objects.filter(id=newer.id).update(decided_by=newer.registered_by)


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"number": "12"}, "/number"),
        ({"number": "6222 0001"}, "/number"),
        ({"number": "６２２２０００１"}, "/number"),
        ({"bank_code": "10258100001"}, "/bank_code"),
        ({"bank_code": "NOTABIC!"}, "/bank_code"),
        ({"bank_name": " "}, "/bank_name"),
    ],
)
def test_details_that_no_bank_would_find_are_refused(
    provider: Organization, fields: dict[str, str], pointer: str
) -> None:
    with refused("invalid") as caught:
        register_payee_account(venue=venue(), details=details(**fields), actor=actor(person_of(provider)))
    assert [error.pointer for error in caught.value.errors] == [pointer]


def test_a_batch_is_gathered_checked_and_written_as_pain_001(providers: list[Organization]) -> None:
    maker, checker = officers()
    with refused("custody_account_missing"):
        gather_batch(venue=venue(), currency=Currency.CNY, actor=maker)
    custody()
    with refused("nothing_to_pay"):
        gather_batch(venue=venue(), currency=Currency.CNY, actor=maker)
    payouts = [approved(each, yuan(amount)) for each, amount in zip(providers, (100.01, 2), strict=True)]
    batch = gather_batch(venue=venue(), currency=Currency.CNY, actor=maker)
    with refused("same_person"):
        check_batch(batch_id=batch.id, actor=maker)
    with refused("illegal_state"):
        read_file(batch_id=batch.id, actor=maker)
    with refused("illegal_state"):
        confirm_paid(payout_id=payouts[0].id, bank_reference="EARLY", actor=maker)
    check_batch(batch_id=batch.id, actor=checker)
    assert run_due_jobs(kinds=(PRODUCE_JOB,)) == 1

    file = read_file(batch_id=batch.id, actor=maker)
    again = read_file(batch_id=batch.id, actor=checker)
    tree = etree.fromstring(bytes(file.content))
    assert bytes(again.content) == bytes(file.content) == pain_001(instruction_of(again.batch)).content
    assert tree.findtext(".//p:GrpHdr/p:MsgId", namespaces=NS) == batch.number
    assert tree.findtext(".//p:DbtrAcct//p:Othr/p:Id", namespaces=NS) == CUSTODY_NUMBER
    assert [each.text for each in tree.iterfind(".//p:InstdAmt", NS)] == ["100.01", "2.00"]
    assert tree.findtext(".//p:GrpHdr/p:CtrlSum", namespaces=NS) == "102.01"
    assert [each.text for each in tree.iterfind(".//p:EndToEndId", NS)] == [payout.id.hex for payout in payouts]
    assert [each.text for each in tree.iterfind(".//p:Cdtr/p:Nm", NS)] == [each.legal_name for each in providers]
    total = sum(Decimal(each.text) for each in tree.iterfind(".//p:InstdAmt", NS))
    assert total * 100 == sum(holds(Kind.PAYOUT, each) for each in providers)
    actions = AuditEvent.objects.filter(subject_type="payoutbatch").order_by("id").values_list("action", flat=True)
    assert list(actions) == [
        *("payoutbatch.gathered", "payoutbatch.checked", "payoutbatch.produced"),
        *("payoutbatch.downloaded", "payoutbatch.downloaded"),
    ]
    with pytest.raises(IntegrityError, match="checked_by_another_person"), transaction.atomic():
        PayoutBatch.objects.filter(id=batch.id).update(checked_by=batch.gathered_by)


def test_the_csv_for_mainland_banks_is_gb18030(providers: list[Organization]) -> None:
    custody(layout="BANK_CSV")
    payouts = [approved(each, yuan(5)) for each in providers]
    batch = sent(*payouts)
    assert batch.file is not None
    rows = list(csv.DictReader(io.StringIO(bytes(batch.file.content).decode("gb18030"))))
    assert [(row["收款户名"], row["金额"], row["客户流水号"]) for row in rows] == [
        (each.legal_name, "5.00", payout.id.hex) for each, payout in zip(providers, payouts, strict=True)
    ]
    assert rows[0]["用途"].endswith(batch.number)
    assert "龘" in rows[1]["收款户名"]
    assert bank_csv(instruction_of(batch)).content == bytes(batch.file.content)


def test_a_batch_that_is_not_checked_is_discarded_and_gathered_anew(providers: list[Organization]) -> None:
    custody()
    payouts = [approved(each) for each in providers]
    maker, checker = officers()
    batch = gather_batch(venue=venue(), currency=Currency.CNY, actor=maker)
    withdraw_payee_account(account_id=payouts[0].payee_account_id, actor=actor(person_of(providers[0])))
    with refused("payee_account_unverified"):
        check_batch(batch_id=batch.id, actor=checker)
    discard_batch(batch_id=batch.id, reason="an account was withdrawn", actor=maker)
    with refused("illegal_state"):
        check_batch(batch_id=batch.id, actor=checker)

    second = sent(payouts[1])
    assert [each.id for each in second.payouts.all()] == [payouts[1].id]
    with refused("illegal_state"):
        discard_batch(batch_id=second.id, reason="too late", actor=maker)


def test_what_the_bank_rejects_is_earned_again_and_tried_again(providers: list[Organization]) -> None:
    custody()
    first, second = (approved(each) for each in providers)
    batch = sent(first, second)
    officer, _other = officers()
    confirm_paid(payout_id=first.id, bank_reference="OUT-1", actor=officer)
    batch.refresh_from_db()
    assert batch.state == "PRODUCED"
    reject_payout(payout_id=second.id, bank_reason="AC04 closed account", actor=officer)
    batch.refresh_from_db()
    assert batch.state == "ANSWERED"
    assert (holds(Kind.PAYABLE, providers[1]), holds(Kind.PAYOUT, providers[1])) == (10_000, 0)

    who = actor(person_of(providers[1]))
    with refused("not_found"):
        retry_payout(payout_id=first.id, actor=who)
    with refused("illegal_state"):
        retry_payout(payout_id=first.id, actor=actor(person_of(providers[0])))
    again = retry_payout(payout_id=second.id, bank_account=payee(providers[1]).number, actor=who)
    assert (again.state, again.amount, again.retry_of_id) == ("REQUESTED", second.amount, second.id)
    with refused("payout_retried"):
        retry_payout(payout_id=second.id, actor=who)
    assert_books_balance()


def test_over_http_and_only_those_who_may(
    providers: list[Organization], officer: Person, clerk: Person, shenzhen_officer: Person
) -> None:
    own = details()
    body = {"venue": "gzdex", "currency": "CNY", "number": CUSTODY_NUMBER, "holder_name": "专户", "layout": "PAIN_001"}
    body |= {"bank_name": own.bank_name, "bank_code": own.bank_code}
    desk, other = api(officer), api(person_of_officer(1))
    proposed = desk.post("/api/v1/custody-accounts", body).json()
    assert desk.post(f"/api/v1/custody-accounts/{proposed['id']}/use").json()["code"] == "same_person"
    assert other.post(f"/api/v1/custody-accounts/{proposed['id']}/use").json()["state"] == "IN_USE"
    assert (
        desk.post("/api/v1/custody-accounts", body | {"bank_code": "x"}).json()["errors"][0]["pointer"] == "/bank_code"
    )
    assert (
        desk.post(f"/api/v1/custody-accounts/{proposed['id']}/refuse", {"reason": "x"}).json()["code"]
        == "illegal_state"
    )
    approved(providers[0])
    gather = {"venue": "gzdex", "currency": "CNY"}
    assert api(clerk).post("/api/v1/payout-batches", gather).status_code == 403
    assert api(person_of(providers[0])).post("/api/v1/payout-batches", gather).status_code == 403
    batch = desk.post("/api/v1/payout-batches", gather).json()
    path = f"/api/v1/payout-batches/{batch['id']}"
    assert api(shenzhen_officer).get(path).status_code == 404
    assert desk.post(f"{path}/check").json()["code"] == "same_person"
    assert other.post(f"{path}/check").json()["state"] == "CHECKED"
    run_due_jobs(kinds=(PRODUCE_JOB,))
    told = desk.get(path).json()
    file = desk.get(f"{path}/file")
    assert (file["Content-Type"], file["Content-Disposition"]) == (
        "application/xml",
        f'attachment; filename="{batch["number"]}.xml"',
    )
    assert (told["file"]["size"], told["state"], told["total"]["amount"]) == (len(file.content), "PRODUCED", "100.00")
    assert desk.get("/api/v1/payouts", {"batch": batch["id"]}).json()["items"][0]["batch_id"] == batch["id"]
    assert api(person_of(providers[0])).get("/api/v1/payout-batches").json()["items"] == []


def person_of_officer(index: int) -> Person:
    return Person.objects.get(id=officers()[index].person_id)


def test_in_the_console(providers: list[Organization], officer: Person) -> None:
    from tests.settlements.test_console import console

    custody()
    approved(providers[0])
    desk, other = console(officer), console(person_of_officer(1))
    made = desk.post("/console/settlements/payoutbatch/gather/", {"venue": str(venue().id), "currency": "CNY"})
    batch = PayoutBatch.objects.get()
    page = f"/console/settlements/payoutbatch/{batch.pk}"
    assert made["Location"] == f"{page}/change/"
    assert "may not approve it" in desk.post(f"{page}/release/", follow=True).content.decode()
    other.post(f"{page}/release/")
    assert "no file yet" in desk.get(f"{page}/download/", follow=True).content.decode()
    run_due_jobs(kinds=(PRODUCE_JOB,))
    assert desk.get(f"{page}/download/").content == bytes(BankFile.objects.get().content)
    again = desk.post("/console/settlements/payoutbatch/gather/", {"venue": str(venue().id), "currency": "CNY"})
    assert "No approved payout waits" in again.content.decode()


@pytest.mark.django_db(transaction=True)
class TestWithSeveralWorkers:
    def test_a_file_written_by_two_at_once_is_one_file(self, providers: list[Organization]) -> None:
        custody()
        payouts = [approved(each) for each in providers]
        maker, checker = officers()

        def gather() -> None:
            gather_batch(venue=venue(), currency=Currency.CNY, actor=maker)

        at_once([gather, gather])
        assert PayoutBatch.objects.get().payments == len(payouts)
        batch = check_batch(batch_id=PayoutBatch.objects.get().id, actor=checker)

        at_once([lambda: produce_file(batch.id)] * 3)
        assert BankFile.objects.count() == 1
        assert AuditEvent.objects.filter(action="payoutbatch.produced").count() == 1

        # A worker that was killed after its effect left the job running; whoever takes it over finds the file.
        assert Job.objects.filter(kind=PRODUCE_JOB, state=Job.State.WAITING).exists()
        before = bytes(BankFile.objects.get().content)
        assert run_due_jobs(kinds=(PRODUCE_JOB,)) == 1
        assert bytes(BankFile.objects.get().content) == before
        assert_books_balance()
