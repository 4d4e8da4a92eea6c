"""Claw a redeemed voucher back: one person proposes with a reason, another approves, and the buyer owes it.

It is collected from the buyer's available funds at once, or as soon as a deposit brings enough.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_different_person, require_disinterested, require_reason
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.money import Currency, Money
from kernel.problems import Problem, field_problem
from kernel.states import advance
from settlements.chart import AccountKey, open_accounts
from settlements.deposits import responsible_person
from settlements.ledger import Leg, TransferDraft, post
from settlements.models import Account, Transfer, VoucherClawback, VoucherGrant, VoucherUse
from settlements.vouchers.uses import budget_account, locked_use

State = VoucherClawback.State


@transaction.atomic
def propose_clawback(*, use_id: UUID, amount: Money, reason: str, actor: Actor) -> VoucherClawback:
    """Propose that a buyer gives back what a voucher paid, saying why; nothing moves yet.

    Raises Problem `not_found`, `forbidden`, `clawback_open`, or `invalid` for more than was redeemed and kept.
    """
    use = _use(use_id, actor)
    if amount.currency != use.currency:
        raise field_problem("/amount/currency", "other_currency", _("The voucher is in %s.") % use.currency)
    if not 0 < amount.minor <= use.kept_minor:
        raise field_problem(
            "/amount/amount", "out_of_range", _("More than nothing, and no more than was redeemed and kept.")
        )
    if use.clawbacks.filter(state__in=[State.PROPOSED, State.OWED]).exists():
        raise Problem("clawback_open")
    clawback = VoucherClawback.objects.create(
        use=use,
        venue_id=use.venue_id,
        organization_id=use.organization_id,
        amount_minor=amount.minor,
        currency=use.currency,
        reason=require_reason(reason),
        proposed_by_id=responsible_person(actor),
    )
    details = {"order": str(use.order_id), **amount.as_json()}
    audit.record("voucherclawback.proposed", subject=clawback, actor=actor, reason=reason, details=details)
    return clawback


@transaction.atomic
def approve_clawback(*, clawback_id: UUID, actor: Actor) -> VoucherClawback:
    """Approve what another person proposed: the voucher ends, and the buyer owes the amount from now on.

    Raises Problem `not_found`, `forbidden`, `same_person`, `conflict_of_interest` or `illegal_state`.
    """
    clawback, use = _locked(clawback_id, actor)
    require_different_person(actor, made_by=clawback.proposed_by_id)
    require_disinterested(actor, clawback.organization_id)
    advance(
        clawback,
        to=State.OWED,
        actor=actor,
        reason=clawback.reason,
        details=clawback.amount.as_json(),
        decided_by_id=responsible_person(actor),
        decided_at=timezone.now(),
    )
    if use.grant.state in (VoucherGrant.State.ISSUED, VoucherGrant.State.EXPIRED):
        advance(use.grant, to=VoucherGrant.State.CLAWED_BACK, actor=actor, reason=clawback.reason)
    _collect(clawback, use, actor)
    return clawback


@transaction.atomic
def refuse_clawback(*, clawback_id: UUID, reason: str, actor: Actor) -> VoucherClawback:
    """Refuse a proposal, saying why. Raises Problem `not_found`, `forbidden`, `invalid` or `illegal_state`."""
    clawback, _use = _locked(clawback_id, actor)
    why = require_reason(reason)
    advance(
        clawback,
        to=State.REFUSED,
        actor=actor,
        reason=why,
        decided_by_id=responsible_person(actor),
        decided_at=timezone.now(),
        refusal=why,
    )
    return clawback


def collect_owed(*, organization_id: UUID, venue_id: UUID) -> None:
    """Collect what a buyer owes of vouchers, as far as the available funds reach; the oldest first."""
    owed = VoucherClawback.objects.filter(organization=organization_id, venue=venue_id, state=State.OWED)
    for clawback_id in owed.order_by("id").values_list("id", flat=True):
        with transaction.atomic():
            clawback, use = _locked(clawback_id, SYSTEM)
            if clawback.state == State.OWED:
                _collect(clawback, use, SYSTEM)


def _use(use_id: UUID, actor: Actor) -> VoucherUse:
    found = find(VoucherUse.objects.visible_to(actor), pk=use_id)
    require(actor, Permission.VOUCHER_MANAGE, venue_id=found.venue_id)
    use = locked_use(found.order_id)
    assert use is not None  # noqa: S101 - a use is never removed
    return use


def _locked(clawback_id: UUID, actor: Actor) -> tuple[VoucherClawback, VoucherUse]:
    found = find(VoucherClawback.objects.visible_to(actor), pk=clawback_id)
    use = _use(found.use_id, actor)
    return VoucherClawback.objects.select_for_update(of=("self",)).get(pk=found.pk), use


def _collect(clawback: VoucherClawback, use: VoucherUse, actor: Actor) -> None:
    """Take what is owed, less what refunds have brought back meanwhile, where the buyer has it; else it stays owed."""
    amount = min(clawback.amount_minor, use.kept_minor)
    if amount and not _paid(clawback, use, amount, actor):
        return
    use.clawed_back_minor += amount
    use.save(update_fields=["clawed_back_minor"])
    if not use.kept_minor:
        advance(use, to=VoucherUse.State.CLAWED_BACK, actor=actor, reason=clawback.reason)
    collected = {"collected": use.money(amount).as_json()}
    advance(clawback, to=State.PAID, actor=actor, details=collected, collected_minor=amount)


def _paid(clawback: VoucherClawback, use: VoucherUse, amount: int, actor: Actor) -> bool:
    buyer = AccountKey(Account.Kind.CLIENT, use.venue_id, Currency(use.currency), use.organization_id)
    client, budget = open_accounts(buyer, budget_account(use.programme))
    draft = TransferDraft(
        kind=Transfer.Kind.VOUCHER_CLAWBACK,
        reference=f"voucher_clawback:{clawback.id}",
        venue_id=use.venue_id,
        legs=(Leg(client, -amount), Leg(budget, amount)),
        memo=f"{use.programme.number} {use.grant.number}",
    )
    try:
        post([draft], actor=actor)
    except Problem as problem:
        if problem.code != "insufficient_funds":
            raise
        return False
    return True
