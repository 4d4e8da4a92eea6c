"""The bank's status files: what became of each payment of a batch. A file is taken whole or not at all."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import Permission, require
from accounts.models import Venue
from kernel import audit
from kernel.actors import Actor
from kernel.problems import Problem
from settlements.bank_files.answers import Answer, Outcome, answers_in
from settlements.bank_files.reading import LARGEST_FILE, refusal
from settlements.bank_keeping import keep_file
from settlements.models import BankFile, Payout, PayoutBatch
from settlements.payouts import confirm_paid, reject_payout


@transaction.atomic
def take_answers(*, venue: Venue, name: str, content: bytes, encoding: str = "", actor: Actor) -> list[Payout]:
    """Book what the bank says of the payments that it was sent; return the payouts that it has decided.

    What is still under way changes nothing, and what was booked so before stays. Raises Problem `forbidden`,
    `too_large`, `bank_file_unreadable` (with the line: an unknown payment, one that is told otherwise than before),
    `bank_file_known`, or what booking raises; then nothing is booked.
    """
    require(actor, Permission.PAYOUT_CONFIRM, venue_id=venue.id)
    if len(content) > LARGEST_FILE:
        raise Problem("too_large", _("A bank's file has at most %d bytes.") % LARGEST_FILE)
    answers = [each for told in answers_in(content, encoding) for each in _per_payment(told, venue)]
    file = keep_file(BankFile.Kind.STATUS, venue=venue, name=name, content=content)
    decided = []
    for answer, payout in answers:
        if answer.outcome is not Outcome.UNDER_WAY:
            decided.append(_book(answer, payout, actor))
    audit.record("bankfile.taken", subject=file, actor=actor, details={"sha256": file.sha256, "payments": len(decided)})
    return decided


def _per_payment(answer: Answer, venue: Venue) -> list[tuple[Answer, Payout]]:
    sent = Payout.objects.filter(venue=venue, batch__isnull=False).select_related("batch").order_by("id")
    if answer.batch_number:
        sent = sent.filter(batch__number=answer.batch_number)
        if not PayoutBatch.objects.filter(venue=venue, number=answer.batch_number).exists():
            raise refusal(answer.place, "OrgnlMsgId", "unknown", _("There is no batch %s.") % answer.batch_number)
    if not answer.reference:
        return [(answer, payout) for payout in sent]
    try:
        return [(answer, sent.get(id=UUID(hex=answer.reference)))]
    except (ValueError, Payout.DoesNotExist) as error:
        detail = _("No payment %s was sent to the bank.") % answer.reference
        raise refusal(answer.place, "reference", "unknown", detail) from error


def _book(answer: Answer, payout: Payout, actor: Actor) -> Payout:
    payout.refresh_from_db(fields=["state"])  # a file may answer twice for one payment
    if payout.state == answer.outcome:
        return payout
    if payout.state != Payout.State.BATCHED:
        detail = _("The payment %(reference)s is %(state)s already.")
        told = {"reference": answer.reference, "state": payout.get_state_display()}
        raise refusal(answer.place, "outcome", "contradicts", detail % told)
    if answer.outcome is Outcome.PAID:
        # A bank that names no booking of its own has our reference in its statement.
        return confirm_paid(payout_id=payout.id, bank_reference=answer.bank_reference or payout.id.hex, actor=actor)
    return reject_payout(payout_id=payout.id, bank_reason=answer.reason or _("The bank gave no reason."), actor=actor)
