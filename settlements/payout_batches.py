"""Payouts leave in batches: gathered by one person, checked by another, produced once as a file for the bank."""

from itertools import islice
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.access import Permission, find, require, require_different_person, require_reason
from accounts.models import Venue
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.digests import Digests
from kernel.jobs import GiveUp, enqueue
from kernel.money import Currency, parse_amount
from kernel.numbering import short_number
from kernel.problems import Problem
from kernel.states import advance
from settlements.bank_accounts import clearing_system, custody_account_of
from settlements.bank_files.payments import Instruction, Party, Payment, ReportedContract, Reporting, bank_csv, pain_001
from settlements.cross_border import missing_papers, send_with_papers
from settlements.deposits import responsible_person
from settlements.models import BankFile, CrossBorderPayment, CustodyAccount, PayeeAccount, Payout, PayoutBatch

PRODUCE_JOB = "payout_batch.produce"
MOST_PAYMENTS = 1000  # in one file: what portals of mainland banks commonly take; the rest goes into the next batch
LAYOUTS = {CustodyAccount.Layout.PAIN_001: pain_001, CustodyAccount.Layout.BANK_CSV: bank_csv}


@transaction.atomic
def gather_batch(*, venue: Venue, currency: Currency, actor: Actor) -> PayoutBatch:
    """Gather the venue's approved payouts in a currency, the oldest first, into a batch to be checked.

    A payout whose account is no longer verified, or one abroad that waits for papers, stays behind. Raises Problem
    `forbidden`, `custody_account_missing` or `nothing_to_pay`.
    """
    require(actor, Permission.PAYOUT_BATCH, venue_id=venue.id)
    maker_id = responsible_person(actor)
    custody_account = custody_account_of(venue.id, currency)
    # Two who gather at once take different payouts.
    waiting = Payout.objects.select_for_update(of=("self",), skip_locked=True).filter(
        venue=venue,
        currency=currency,
        state=Payout.State.APPROVED,
        payee_account__state=PayeeAccount.State.VERIFIED,
    )
    related = ("organization", "venue")
    ready = (payout for payout in waiting.select_related(*related).order_by("id") if not missing_papers(payout))
    payouts = list(islice(ready, MOST_PAYMENTS))
    if not payouts:
        raise Problem("nothing_to_pay")

    batch = PayoutBatch.objects.create(
        number=short_number(venue.number_prefix, "W", timezone.now().astimezone(venue.zone).year),
        venue=venue,
        currency=currency,
        custody_account=custody_account,
        payments=len(payouts),
        total_minor=sum(payout.amount_minor for payout in payouts),
        gathered_by_id=maker_id,
    )
    for payout in payouts:
        advance(payout, to=Payout.State.BATCHED, actor=actor, details={"batch": batch.number}, batch_id=batch.id)
    audit.record("payoutbatch.gathered", subject=batch, actor=actor, details=_facts(batch))
    return batch


@transaction.atomic
def check_batch(*, batch_id: UUID, actor: Actor) -> PayoutBatch:
    """Release a gathered batch for the bank, by another person than who gathered it; a job then produces its file.

    Raises Problem `not_found`, `forbidden`, `same_person`, `illegal_state`, or `payee_account_unverified` when an
    account was withdrawn or replaced meanwhile, or `cross_border_papers_missing`: such a batch is discarded and
    gathered anew.
    """
    batch = _visible(batch_id, actor)
    require_different_person(actor, made_by=batch.gathered_by_id)
    if batch.payouts.exclude(payee_account__state=PayeeAccount.State.VERIFIED).exists():
        raise Problem("payee_account_unverified")
    for payout in batch.payouts.select_related("organization", "venue").order_by("id"):
        send_with_papers(payout, actor=actor)
    advance(
        batch,
        to=PayoutBatch.State.CHECKED,
        actor=actor,
        details=_facts(batch),
        checked_by_id=responsible_person(actor),
        checked_at=timezone.now(),
    )
    enqueue(PRODUCE_JOB, key=str(batch.id), subject_id=batch.id, venue_id=batch.venue_id)
    return batch


@transaction.atomic
def discard_batch(*, batch_id: UUID, reason: str, actor: Actor) -> PayoutBatch:
    """Dissolve a batch that nobody has checked, saying why; its payouts wait for another one.

    Raises Problem `not_found`, `forbidden` or `illegal_state`.
    """
    batch, why = _visible(batch_id, actor), require_reason(reason)
    payouts = list(batch.payouts.select_for_update(of=("self",)).order_by("id"))
    advance(batch, to=PayoutBatch.State.DISCARDED, actor=actor, reason=why, discard_reason=why)
    for payout in payouts:
        advance(payout, to=Payout.State.APPROVED, actor=actor, reason=why, batch_id=None)
    return batch


@transaction.atomic
def produce_file(batch_id: UUID) -> BankFile:
    """Write a checked batch's file, once: whoever comes later gets the same one. Raises GiveUp if it fits no layout."""
    # Without joins: after waiting for the lock a joined row would still be what it was before.
    batch = PayoutBatch.objects.select_for_update().get(id=batch_id)
    if batch.file is not None:
        return batch.file
    try:
        file = LAYOUTS[CustodyAccount.Layout(batch.custody_account.layout)](instruction_of(batch))
    except ValueError as error:  # a name that the bank's format does not take
        raise GiveUp(str(error)) from error
    digests = Digests(file.content)
    kept = BankFile.objects.create(
        kind=BankFile.Kind.PAYMENTS,
        venue=batch.venue,
        name=file.name,
        media_type=file.media_type,
        content=file.content,
        size=digests.size,
        sha256=digests.sha256,
        sm3=digests.sm3,
    )
    advance(
        batch,
        to=PayoutBatch.State.PRODUCED,
        actor=SYSTEM,
        details={"file": file.name, "sha256": digests.sha256, "sm3": digests.sm3},
        file_id=kept.id,
    )
    return kept


@transaction.atomic
def read_file(*, batch_id: UUID, actor: Actor) -> BankFile:
    """Hand out the batch's file for the bank, and record who took it.

    Raises Problem `not_found`, `forbidden` or `illegal_state` while it is not produced.
    """
    batch = _visible(batch_id, actor)
    if batch.file is None:
        raise Problem("illegal_state", _("The batch has no file yet."), state=batch.state)
    audit.record(
        "payoutbatch.downloaded", subject=batch, actor=actor, details={"file": batch.file.name, **_digests(batch.file)}
    )
    return batch.file


def close_if_answered(batch: PayoutBatch, actor: Actor) -> None:
    """Close a batch when the bank has answered for its last payment. The caller has locked one of its payouts."""
    PayoutBatch.objects.select_for_update(of=("self",)).get(id=batch.id)
    if not batch.payouts.filter(state=Payout.State.BATCHED).exists():
        advance(batch, to=PayoutBatch.State.ANSWERED, actor=actor)


def instruction_of(batch: PayoutBatch) -> Instruction:
    """Return what the bank is to pay: out of rows that never change, so the same whenever it is asked for."""
    payouts = batch.payouts.select_related("payee_account", "cross_border").order_by("id")
    assert batch.checked_at is not None  # noqa: S101 - payout_batch_is_checked_by_another_person
    # The bank reads the purpose: in its own language, whoever's worker writes the file.
    with override("zh-hans"):
        purpose = _("Data trade proceeds %(number)s") % {"number": batch.number}
    return Instruction(
        number=batch.number,
        made_at=batch.checked_at.astimezone(batch.venue.zone),
        payer=_party(batch.custody_account),
        currency=batch.currency,
        payments=[
            Payment(payout.id.hex, _party(payout.payee_account), payout.amount_minor, purpose, _reporting(payout))
            for payout in payouts
            if payout.payee_account is not None
        ],
    )


def _reporting(payout: Payout) -> Reporting | None:
    """Return what the bank reports of a payment abroad; at home nothing."""
    carried: CrossBorderPayment | None = getattr(payout, "cross_border", None)
    if carried is None:
        return None
    contracts = [
        ReportedContract(
            amount_minor=parse_amount(paper["amount"]["amount"]),
            agreement=paper["proof"]["agreement_number"],
            clearance=paper["proof"]["clearance_number"],
            tax_filing=paper["tax_filing"]["number"] if paper["tax_filing"] else "",
        )
        for paper in carried.papers
    ]
    return Reporting(carried.authority, payout.venue.jurisdiction, contracts)


def _party(account: CustodyAccount | PayeeAccount) -> Party:
    return Party(
        name=account.holder_name,
        number=account.number,
        bank_name=account.bank_name,
        bank_code=account.bank_code,
        clearing=clearing_system(account.bank_code),
    )


def _visible(batch_id: UUID, actor: Actor) -> PayoutBatch:
    batch = find(PayoutBatch.objects.visible_to(actor).select_related("file"), id=batch_id)
    require(actor, Permission.PAYOUT_BATCH, venue_id=batch.venue_id)
    return batch


def _facts(batch: PayoutBatch) -> dict[str, object]:
    return {**batch.total.as_json(), "number": batch.number, "payments": batch.payments}


def _digests(file: BankFile) -> dict[str, str]:
    return {"sha256": file.sha256, "sm3": file.sm3}
