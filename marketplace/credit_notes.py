"""Credit notes: red entries that put a charge right. One person proposes, another approves; nothing is edited."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_different_person, require_disinterested
from kernel import audit
from kernel.actors import Actor
from kernel.money import Money
from kernel.numbering import short_number
from kernel.problems import Problem, field_problem
from kernel.states import advance
from marketplace.charges import give_right_back, left_of_charge, locked_charge, owners_of
from marketplace.invoicing import correct_charge
from marketplace.models import Charge, CreditNote
from settlements.charging import give_back
from settlements.cross_border import note_earnings
from settlements.deposits import responsible_person
from settlements.fees import FeeLine, credit_back, total_of

NUMBERED = "N"


@transaction.atomic
def propose_credit(*, charge_id: UUID, amount: Money, reason: str, actor: Actor) -> CreditNote:
    """Propose to give back a part of a charge, or not to collect it, saying why; nothing moves yet.

    Raises Problem `not_found`, `forbidden`, or `invalid` at `/amount` beyond what is left of the charge.
    """
    charge = locked_charge(charge_id, actor)
    require(actor, Permission.CHARGE_CREDIT, venue_id=charge.venue_id)
    return write_credit(charge, amount, reason=reason, person_id=responsible_person(actor), actor=actor)


def write_credit(charge: Charge, amount: Money, *, reason: str, person_id: UUID, actor: Actor) -> CreditNote:
    """Write down a proposed credit note of a locked charge, in the name of a person; raises Problem `invalid`."""
    _check_amount(charge, amount)
    note = CreditNote.objects.create(
        charge=charge,
        organization_id=charge.organization_id,
        provider_id=charge.provider_id,
        venue=charge.venue,
        number=short_number(charge.venue.number_prefix, NUMBERED, timezone.localdate().year),
        amount_minor=amount.minor,
        currency=amount.currency,
        reason=reason,
        proposed_by_id=person_id,
    )
    details = {"charge": charge.number, "amount": amount.as_json()}
    audit.record("creditnote.proposed", subject=note, actor=actor, reason=reason, details=details)
    return note


@transaction.atomic
def approve_credit(*, note_id: UUID, actor: Actor) -> CreditNote:
    """Book a proposed credit note: those who were paid give their parts back, or less is collected.

    Raises Problem `not_found`, `forbidden`, `same_person`, `conflict_of_interest`, `illegal_state`,
    `insufficient_funds` where a payee has had its part paid out, or `invalid` where less is left of the charge by now.
    """
    note, charge = _locked(note_id, actor)
    require(actor, Permission.CHARGE_CREDIT, venue_id=note.venue_id)
    require_different_person(actor, made_by=note.proposed_by_id)
    require_disinterested(actor, note.organization_id)
    if note.state != CreditNote.State.PROPOSED:
        raise Problem("illegal_state", state=note.state)
    book_credit(note, charge, person_id=responsible_person(actor), actor=actor)
    return note


def book_credit(note: CreditNote, charge: Charge, *, person_id: UUID, actor: Actor) -> None:
    """Book a credit note of a locked charge, approved by another person than who proposed it, as `approve_credit`."""
    _check_amount(charge, note.amount)
    parts = _give_back(note, charge, actor) if charge.state == Charge.State.PAID else []
    now = timezone.now()
    advance(
        note,
        to=CreditNote.State.APPROVED,
        actor=actor,
        reason=note.reason,
        details={"charge": charge.number, "amount": note.amount.as_json()},
        division=[part.as_json() for part in parts],
        decided_by_id=person_id,
        decided_at=now,
    )
    charge.credited_minor += note.amount_minor
    charge.save(update_fields=["credited_minor"])
    correct_charge(charge, note.reason)
    if charge.state != Charge.State.PAID and charge.credited_minor == charge.gross_minor:
        advance(charge, to=Charge.State.CANCELLED, actor=actor, reason=note.reason, decided_at=now)
        give_right_back(charge)


@transaction.atomic
def refuse_credit(*, note_id: UUID, reason: str, actor: Actor) -> CreditNote:
    """Refuse a proposed credit note, saying why. Raises Problem `not_found`, `forbidden` or `illegal_state`."""
    note, _charge = _locked(note_id, actor)
    require(actor, Permission.CHARGE_CREDIT, venue_id=note.venue_id)
    advance(
        note,
        to=CreditNote.State.REFUSED,
        actor=actor,
        reason=reason,
        decided_by_id=responsible_person(actor),
        decided_at=timezone.now(),
        refusal=reason,
    )
    return note


def _locked(note_id: UUID, actor: Actor) -> tuple[CreditNote, Charge]:
    note = find(CreditNote.objects.visible_to(actor), pk=note_id)
    charge = locked_charge(note.charge_id, actor)
    return CreditNote.objects.select_for_update(of=("self",)).get(pk=note.pk), charge


def _check_amount(charge: Charge, amount: Money) -> None:
    if amount.currency != charge.currency:
        raise field_problem("/amount", "currency", _("A charge is credited in its own currency."))
    if not 0 < amount.minor <= charge.gross_minor - charge.credited_minor:
        raise field_problem("/amount", "out_of_range", _("More than nothing, and no more than is left of the charge."))


def _give_back(note: CreditNote, charge: Charge, actor: Actor) -> list[FeeLine]:
    left = left_of_charge(charge)
    parts = credit_back(left, note.amount_minor)
    give_back(
        credit_id=note.pk,
        charge_id=charge.pk,
        venue_id=charge.venue_id,
        payer_id=charge.organization_id,
        currency=charge.gross.currency,
        parts=parts,
        left_minor=total_of(left),
        owners=owners_of(charge),
        memo=note.number,
        actor=actor,
    )
    note_earnings(
        order_id=charge.entitlement.agreement.order_id,
        venue_id=charge.venue_id,
        currency=charge.gross.currency,
        lines=parts,
        owners=owners_of(charge),
        reference=f"credit-note:{note.pk}",
        given_back=True,
    )
    return parts
