"""A buyer's money arrives at the venue's bank: one person enters the receipt, another credits or refuses it."""

from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_different_person, require_disinterested
from accounts.models import Organization, Venue
from kernel import audit
from kernel.actors import Actor
from kernel.jobs import enqueue
from kernel.money import Currency, Money
from kernel.problems import Problem, field_problem
from kernel.states import advance
from settlements.chart import AccountKey, open_accounts
from settlements.ledger import Leg, TransferDraft, post
from settlements.models import Account, Deposit, Transfer

FUNDS_JOB = "funds.arrived"  # the marketplace collects what the organization owes


@transaction.atomic
def enter_deposit(
    *,
    venue: Venue,
    organization: Organization,
    amount: Money,
    bank_reference: str,
    received_on: date,
    actor: Actor,
) -> Deposit:
    """Enter a receipt as the bank's statement shows it; nothing is credited yet.

    Raises Problem `forbidden`, `invalid` (nothing received, or received in the future) or `bank_reference_taken` when
    the venue has a receipt with this reference that was not refused.
    """
    require(actor, Permission.DEPOSIT_ENTER, venue_id=venue.id)
    person_id = responsible_person(actor)
    if amount.minor <= 0:
        raise field_problem("/amount", "not_positive", _("A deposit is more than nothing."))
    if received_on > timezone.now().astimezone(venue.zone).date():
        raise field_problem("/received_on", "in_future", _("The bank cannot have received it after today."))

    deposit = Deposit(
        venue=venue,
        organization=organization,
        amount_minor=amount.minor,
        currency=amount.currency,
        bank_reference=bank_reference,
        received_on=received_on,
        entered_by_id=person_id,
    )
    if not _insert(deposit):
        raise Problem("bank_reference_taken", bank_reference=bank_reference)
    audit.record("deposit.entered", subject=deposit, actor=actor, details=_facts(deposit))
    return deposit


@transaction.atomic
def credit_deposit(*, deposit_id: UUID, actor: Actor) -> Deposit:
    """Credit an entered receipt to the organization's available funds at the venue.

    Raises Problem `not_found`, `forbidden`, `same_person` (who entered it may not credit it),
    `conflict_of_interest` (nor may one of the organization itself) or `illegal_state`.
    """
    deposit = _visible(deposit_id, actor)
    require(actor, Permission.DEPOSIT_CREDIT, venue_id=deposit.venue_id)
    require_different_person(actor, made_by=deposit.entered_by_id)
    require_disinterested(actor, deposit.organization_id)

    advance(
        deposit,
        to=Deposit.State.CREDITED,
        actor=actor,
        details=_facts(deposit),
        decided_by_id=responsible_person(actor),
        decided_at=timezone.now(),
    )
    post([_credit(deposit)], actor=actor)
    enqueue(FUNDS_JOB, key=str(deposit.id), organization_id=deposit.organization_id, venue_id=deposit.venue_id)
    return deposit


@transaction.atomic
def refuse_deposit(*, deposit_id: UUID, reason: str, actor: Actor) -> Deposit:
    """Refuse an entered receipt, saying why; its bank reference may then be entered again.

    Raises Problem `not_found`, `forbidden` or `illegal_state`. Whoever entered it may withdraw it: no money moves.
    """
    deposit = _visible(deposit_id, actor)
    require(actor, Permission.DEPOSIT_CREDIT, venue_id=deposit.venue_id)
    advance(
        deposit,
        to=Deposit.State.REFUSED,
        actor=actor,
        reason=reason,
        decided_by_id=responsible_person(actor),
        decided_at=timezone.now(),
        refusal=reason,
    )
    return deposit


def responsible_person(actor: Actor) -> UUID:
    """Return the human being who answers for the act; the system alone may not move money over the edge."""
    if actor.person_id is None:
        raise Problem("forbidden", _("Only a person may do this."))
    return actor.person_id


def _visible(deposit_id: UUID, actor: Actor) -> Deposit:
    return find(Deposit.objects.visible_to(actor).select_related("venue"), id=deposit_id)


def _insert(deposit: Deposit) -> bool:
    """Insert unless the bank reference is taken; waits for a transaction that is entering the same one."""
    Deposit.objects.bulk_create([deposit], ignore_conflicts=True)
    return Deposit.objects.filter(id=deposit.id).exists()


def _credit(deposit: Deposit) -> TransferDraft:
    currency = Currency(deposit.currency)
    bank, client = open_accounts(
        AccountKey(Account.Kind.BANK, deposit.venue_id, currency),
        AccountKey(Account.Kind.CLIENT, deposit.venue_id, currency, deposit.organization_id),
    )
    return TransferDraft(
        kind=Transfer.Kind.DEPOSIT,
        reference=f"deposit:{deposit.id}",
        venue_id=deposit.venue_id,
        legs=(Leg(bank, -deposit.amount_minor), Leg(client, deposit.amount_minor)),
        memo=deposit.bank_reference,
    )


def _facts(deposit: Deposit) -> dict[str, str]:
    return {**deposit.amount.as_json(), "bank_reference": deposit.bank_reference}
