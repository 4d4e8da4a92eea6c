"""Earnings leave for their owner's bank: requested by the owner, approved and then paid by the venue's staff.

The money leaves PAYABLE when the payout is requested and waits in the owner's PAYOUT account, so that the same earnings
cannot be requested twice; payment moves it on to BANK, refusal by the venue or the bank back to PAYABLE.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_different_person, require_disinterested, require_reason
from accounts.models import Venue
from kernel import audit
from kernel.actors import Actor
from kernel.money import Currency, Money
from kernel.problems import Problem, field_problem
from kernel.states import advance
from settlements.bank_accounts import account_to_pay
from settlements.chart import AccountKey, open_accounts
from settlements.cross_border import divide_over_contracts, require_papers, send_with_papers
from settlements.deposits import responsible_person
from settlements.ledger import Leg, TransferDraft, post
from settlements.models import Account, Payout, PayoutBatch, Transfer
from settlements.payout_batches import close_if_answered


@transaction.atomic
def request_payout(
    *, venue: Venue, amount: Money, actor: Actor, bank_account: str = "", retry_of: Payout | None = None
) -> Payout:
    """Ask for `amount` of the earnings that the actor's organization has at the venue.

    `bank_account` is the number of the organization's verified account; blank means the one that is verified when the
    payout is approved. Raises Problem `forbidden`, `invalid` (nothing asked for), `payee_account_unverified` or
    `insufficient_funds`.
    """
    require(actor, Permission.PAYOUT_REQUEST)
    if actor.organization_id is None:
        raise Problem("forbidden", _("Only an organization has earnings."))
    if amount.minor <= 0:
        raise field_problem("/amount", "not_positive", _("A payout is more than nothing."))
    if bank_account:
        account_to_pay(
            venue_id=venue.id, organization_id=actor.organization_id, currency=amount.currency, number=bank_account
        )
    payout = Payout.objects.create(
        venue=venue,
        organization_id=actor.organization_id,
        amount_minor=amount.minor,
        currency=amount.currency,
        bank_account=bank_account,
        requested_by_id=responsible_person(actor),
        retry_of=retry_of,
    )
    _move(payout, Transfer.Kind.PAYOUT, source=Account.Kind.PAYABLE, target=Account.Kind.PAYOUT, actor=actor)
    divide_over_contracts(payout)
    audit.record("payout.requested", subject=payout, actor=actor, details=payout.amount.as_json())
    return payout


@transaction.atomic
def approve_payout(*, payout_id: UUID, actor: Actor) -> Payout:
    """Approve a requested payout, to the organization's verified account.

    Raises Problem `not_found`, `forbidden`, `same_person` (who requested it may not approve it),
    `conflict_of_interest` (nor may one of the organization itself), `payee_account_unverified`,
    `cross_border_papers_missing` (abroad, cross_border.py says which) or `illegal_state`.
    """
    payout = _visible(payout_id, actor)
    require(actor, Permission.PAYOUT_APPROVE, venue_id=payout.venue_id)
    require_different_person(actor, made_by=payout.requested_by_id)
    require_disinterested(actor, payout.organization_id)
    account = account_to_pay(
        venue_id=payout.venue_id,
        organization_id=payout.organization_id,
        currency=Currency(payout.currency),
        number=payout.bank_account,
    )
    require_papers(payout)
    advance(
        payout,
        to=Payout.State.APPROVED,
        actor=actor,
        details={"account": account.number},
        payee_account_id=account.id,
        bank_account=account.number,
        approved_by_id=responsible_person(actor),
        approved_at=timezone.now(),
    )
    return payout


@transaction.atomic
def confirm_paid(*, payout_id: UUID, bank_reference: str, actor: Actor) -> Payout:
    """Write down that the bank has paid a payout that was approved or sent to it, and under which reference.

    Raises Problem `not_found`, `forbidden`, `illegal_state`, `bank_reference_taken` or `cross_border_papers_missing`.
    """
    payout = _at_the_bank(payout_id, actor)
    if Payout.objects.filter(venue=payout.venue_id, bank_reference=bank_reference).exclude(id=payout.id).exists():
        raise Problem("bank_reference_taken", bank_reference=bank_reference)
    if payout.batch is None:
        send_with_papers(payout, actor=actor)
    advance(
        payout,
        to=Payout.State.PAID,
        actor=actor,
        details={"bank_reference": bank_reference},
        bank_reference=bank_reference,
        paid_at=timezone.now(),
    )
    _move(payout, Transfer.Kind.PAYOUT_PAID, source=Account.Kind.PAYOUT, target=Account.Kind.BANK, actor=actor)
    if payout.batch is not None:
        close_if_answered(payout.batch, actor)
    return payout


@transaction.atomic
def reject_payout(*, payout_id: UUID, bank_reason: str, actor: Actor) -> Payout:
    """Write down that the bank has not paid a payout that was sent to it, and why; the money is earned again.

    Raises Problem `not_found`, `forbidden`, `invalid` (no reason) or `illegal_state`.
    """
    payout = _at_the_bank(payout_id, actor)
    why = require_reason(bank_reason)
    advance(payout, to=Payout.State.REJECTED, actor=actor, reason=why, bank_reason=why[:300])
    _move(payout, Transfer.Kind.PAYOUT_REJECTED, source=Account.Kind.PAYOUT, target=Account.Kind.PAYABLE, actor=actor)
    if payout.batch is not None:
        close_if_answered(payout.batch, actor)
    return payout


@transaction.atomic
def return_payout(*, payout_id: UUID, bank_reference: str, bank_reason: str, actor: Actor) -> Payout:
    """Take back a payment that came back from the payee's bank; the money is earned again.

    Raises Problem `not_found`, `forbidden` or `illegal_state`.
    """
    payout = _visible(payout_id, actor)
    require(actor, Permission.PAYOUT_CONFIRM, venue_id=payout.venue_id)
    advance(
        payout,
        to=Payout.State.RETURNED,
        actor=actor,
        reason=bank_reason,
        details={"bank_reference": bank_reference},
        bank_reason=bank_reason[:300],
    )
    _move(
        payout,
        Transfer.Kind.PAYOUT_RETURNED,
        source=Account.Kind.BANK,
        target=Account.Kind.PAYABLE,
        actor=actor,
        memo=bank_reference,
    )
    return payout


@transaction.atomic
def retry_payout(*, payout_id: UUID, actor: Actor, bank_account: str = "") -> Payout:
    """Ask again for a payout that the bank rejected or returned: a new one of the same amount, approved anew.

    Raises Problem `not_found`, `forbidden`, `illegal_state`, `payout_retried` when that was done before, or what
    requesting raises.
    """
    failed = _visible(payout_id, actor)
    require(actor, Permission.PAYOUT_REQUEST, organization_id=failed.organization_id)
    # The failed row's lock makes two who retry it at once see each other.
    failed = Payout.objects.select_for_update(of=("self",)).select_related("venue").get(id=failed.id)
    if failed.state not in (Payout.State.REJECTED, Payout.State.RETURNED):
        raise Problem("illegal_state", _("Only a payout that the bank rejected or returned is tried again."))
    if Payout.objects.filter(retry_of=failed).exists():
        raise Problem("payout_retried")
    return request_payout(
        venue=failed.venue, amount=failed.amount, actor=actor, bank_account=bank_account, retry_of=failed
    )


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


def _at_the_bank(payout_id: UUID, actor: Actor) -> Payout:
    """Lock the payout, before its batch; if it is in one, the batch must have a file that the bank can know."""
    payout = find(Payout.objects.visible_to(actor).select_for_update(of=("self",)), id=payout_id)
    require(actor, Permission.PAYOUT_CONFIRM, venue_id=payout.venue_id)
    if payout.batch is not None and payout.batch.state in PayoutBatch.NOT_YET_SENT:
        raise Problem("illegal_state", _("The batch of this payout has no file yet."), state=payout.batch.state)
    return payout


def _move(
    payout: Payout,
    kind: Transfer.Kind,
    *,
    source: Account.Kind,
    target: Account.Kind,
    actor: Actor,
    memo: str = "",
) -> None:
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
        memo=memo or payout.bank_reference,
    )
    post([draft], actor=actor)
