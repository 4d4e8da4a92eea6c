"""Earnings leave for their owner's bank: requested by the owner, approved and then paid by the venue's staff.

The money leaves PAYABLE when the payout is requested and waits in the owner's PAYOUT account, so that the same earnings
cannot be requested twice; payment moves it on to BANK, refusal back to PAYABLE.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_different_person, require_disinterested
from accounts.models import Venue
from kernel import audit
from kernel.actors import Actor
from kernel.money import Currency, Money
from kernel.problems import Problem, field_problem
from kernel.states import advance
from settlements.chart import AccountKey, open_accounts
from settlements.deposits import responsible_person
from settlements.ledger import Leg, TransferDraft, post
from settlements.models import Account, Payout, Transfer


@transaction.atomic
def request_payout(*, venue: Venue, amount: Money, actor: Actor, bank_account: str = "") -> Payout:
    """Ask for `amount` of the earnings that the actor's organization has at the venue.

    `bank_account` names where to; blank means the account in the organization's file at the venue. Raises Problem
    `forbidden`, `invalid` (nothing asked for) or `insufficient_funds`.
    """
    require(actor, Permission.PAYOUT_REQUEST)
    if actor.organization_id is None:
        raise Problem("forbidden", _("Only an organization has earnings."))
    if amount.minor <= 0:
        raise field_problem("/amount", "not_positive", _("A payout is more than nothing."))
    payout = Payout.objects.create(
        venue=venue,
        organization_id=actor.organization_id,
        amount_minor=amount.minor,
        currency=amount.currency,
        bank_account=bank_account,
        requested_by_id=responsible_person(actor),
    )
    _move(payout, Transfer.Kind.PAYOUT, source=Account.Kind.PAYABLE, target=Account.Kind.PAYOUT, actor=actor)
    audit.record("payout.requested", subject=payout, actor=actor, details=payout.amount.as_json())
    return payout


@transaction.atomic
def approve_payout(*, payout_id: UUID, actor: Actor) -> Payout:
    """Approve a requested payout.

    Raises Problem `not_found`, `forbidden`, `same_person` (who requested it may not approve it),
    `conflict_of_interest` (nor may one of the organization itself) or `illegal_state`.
    """
    payout = _visible(payout_id, actor)
    require(actor, Permission.PAYOUT_APPROVE, venue_id=payout.venue_id)
    require_different_person(actor, made_by=payout.requested_by_id)
    require_disinterested(actor, payout.organization_id)
    advance(
        payout,
        to=Payout.State.APPROVED,
        actor=actor,
        approved_by_id=responsible_person(actor),
        approved_at=timezone.now(),
    )
    return payout


@transaction.atomic
def confirm_paid(*, payout_id: UUID, bank_reference: str, actor: Actor) -> Payout:
    """Write down that the bank has paid an approved payout, and under which reference.

    Raises Problem `not_found`, `forbidden`, `illegal_state` or `bank_reference_taken`.
    """
    payout = _visible(payout_id, actor)
    require(actor, Permission.PAYOUT_CONFIRM, venue_id=payout.venue_id)
    if Payout.objects.filter(venue=payout.venue_id, bank_reference=bank_reference).exclude(id=payout.id).exists():
        raise Problem("bank_reference_taken", bank_reference=bank_reference)
    advance(
        payout,
        to=Payout.State.PAID,
        actor=actor,
        details={"bank_reference": bank_reference},
        bank_reference=bank_reference,
        paid_at=timezone.now(),
    )
    _move(payout, Transfer.Kind.PAYOUT_PAID, source=Account.Kind.PAYOUT, target=Account.Kind.BANK, actor=actor)
    return payout


@transaction.atomic
def refuse_payout(*, payout_id: UUID, reason: str, actor: Actor) -> Payout:
    """Refuse a payout that is not paid, saying why; the money is earned and unrequested again.

    Raises Problem `not_found`, `forbidden` or `illegal_state`.
    """
    payout = _visible(payout_id, actor)
    require(actor, Permission.PAYOUT_APPROVE, venue_id=payout.venue_id)
    advance(payout, to=Payout.State.REFUSED, actor=actor, reason=reason, refusal=reason)
    _move(payout, Transfer.Kind.PAYOUT_REFUSED, source=Account.Kind.PAYOUT, target=Account.Kind.PAYABLE, actor=actor)
    return payout


def _visible(payout_id: UUID, actor: Actor) -> Payout:
    return find(Payout.objects.visible_to(actor), id=payout_id)


def _move(payout: Payout, kind: Transfer.Kind, *, source: Account.Kind, target: Account.Kind, actor: Actor) -> None:
    currency = Currency(payout.currency)
    from_account, to_account = open_accounts(
        *(
            AccountKey(side, payout.venue_id, currency, None if side in Account.VENUE_KINDS else payout.organization_id)
            for side in (source, target)
        )
    )
    draft = TransferDraft(
        kind=kind,
        reference=f"{kind.lower()}:{payout.id}",
        venue_id=payout.venue_id,
        legs=(Leg(from_account, -payout.amount_minor), Leg(to_account, payout.amount_minor)),
        memo=payout.bank_reference,
    )
    post([draft], actor=actor)
