"""Breaks are explained by two people: one proposes how, another approves, and the books are moved if so."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_different_person, require_disinterested, require_reason
from accounts.models import Organization, Venue
from kernel.actors import Actor
from kernel.money import Currency
from kernel.problems import Problem, field_problem
from kernel.states import advance
from settlements import payouts
from settlements.chart import AccountKey, open_accounts
from settlements.deposits import responsible_person
from settlements.ledger import Leg, TransferDraft, post
from settlements.matching import match_together, matching_rules
from settlements.models import Account, BankBreak, Entry, Payout, Transfer

BY_HAND = "by_hand"
Way = BankBreak.Way


@transaction.atomic
def propose_explanation(
    *,
    break_id: UUID,
    way: str,
    reason: str,
    actor: Actor,
    partners: Sequence[UUID] = (),
    target: str = "",
    organization: Organization | None = None,
    payout: Payout | None = None,
) -> BankBreak:
    """Say how a break came about, for another person to approve.

    MATCH names other open breaks that are the same money (`partners`); POST the kind of account that takes the other
    side (`target`), and whose it is where an organization's; RETURN the payout that came back. Raises Problem
    `not_found`, `forbidden`, `invalid` or `illegal_state`.
    """
    found = _visible(break_id, actor)
    why = require_reason(reason)
    _check(found, Way(way), partners, target, organization, payout)
    advance(
        found,
        to=BankBreak.State.PROPOSED,
        actor=actor,
        reason=why,
        details={"way": str(way), "target": target},
        way=way,
        partners=[str(each) for each in partners],
        target=target,
        organization_id=organization.id if organization else None,
        payout_id=payout.id if payout else None,
        explanation=why,
        proposed_by_id=responsible_person(actor),
        decided_by_id=None,
    )
    return found


@transaction.atomic
def approve_explanation(*, break_id: UUID, actor: Actor) -> BankBreak:
    """Approve what another person proposed, and move the books if that is the way.

    Raises Problem `not_found`, `forbidden`, `same_person`, `conflict_of_interest`, `illegal_state`, `invalid` when it
    no longer fits, or what the posting raises.
    """
    found = _visible(break_id, actor)
    require_different_person(actor, made_by=found.proposed_by_id)
    # The break and its partners are locked in one order; whoever comes second finds them explained.
    ids = [found.id, *(UUID(each) for each in found.partners)]
    locked = {each.id: each for each in BankBreak.objects.select_for_update().filter(id__in=ids).order_by("id")}
    found = locked[found.id]
    if found.state != BankBreak.State.PROPOSED:
        raise Problem("illegal_state", _("Nothing is proposed for this break."), state=found.state)
    if found.organization_id is not None:
        require_disinterested(actor, found.organization_id)
    BankBreak.objects.filter(id=found.id).update(decided_by=responsible_person(actor))
    partners = [locked[each] for each in ids[1:]]
    _check(found, Way(found.way), ids[1:], found.target, found.organization, found.payout)
    if found.way == Way.MATCH:
        _match([found, *partners], [], actor)
    else:
        _match([found], _posted(found, actor), actor)
    found.refresh_from_db()
    return found


@transaction.atomic
def refuse_explanation(*, break_id: UUID, reason: str, actor: Actor) -> BankBreak:
    """Refuse what was proposed, saying why; the break is open again. Who proposed it may take it back so.

    Raises Problem `not_found`, `forbidden`, `invalid` or `illegal_state`.
    """
    found = _visible(break_id, actor)
    if found.state != BankBreak.State.PROPOSED:
        raise Problem("illegal_state", _("Nothing is proposed for this break."), state=found.state)
    advance(found, to=BankBreak.State.OPEN, actor=actor, reason=require_reason(reason))
    return found


def unexplained_breaks(venue: Venue, currency: Currency, day: date) -> QuerySet[BankBreak]:
    """Return the breaks of a venue's bank account up to a day that nobody has explained, the oldest first."""
    rows = BankBreak.objects.filter(venue=venue, currency=currency, day__lte=day).unexplained()
    return rows.order_by("day", "id")


def _visible(break_id: UUID, actor: Actor) -> BankBreak:
    found = find(BankBreak.objects.visible_to(actor), id=break_id)
    require(actor, Permission.BANK_RECONCILE, venue_id=found.venue_id)
    return found


def _check(
    found: BankBreak,
    way: Way,
    partners: Sequence[UUID],
    target: str,
    organization: Organization | None,
    payout: Payout | None,
) -> None:
    """Raise Problem `invalid` unless what is proposed can explain the break."""
    if way == Way.MATCH:
        others = list(BankBreak.objects.filter(id__in=partners, venue=found.venue_id, currency=found.currency))
        if not partners or found.id in partners or len(others) != len(set(partners)):
            raise field_problem("/partners", "unknown", _("Name other breaks of the same account."))
        if any(each.state != BankBreak.State.OPEN for each in others):
            raise field_problem("/partners", "not_open", _("The other breaks are open."))
        if sum(_on_the_banks_side(each) for each in (found, *others)):
            raise field_problem("/partners", "does_not_add_up", _("Bookings and entries do not sum to the same."))
    elif way == Way.POST:
        if target not in BankBreak.TARGETS:
            raise field_problem("/target", "invalid", _("The other side goes to suspense, fees, funds or earnings."))
        if (organization is None) != (target in Account.VENUE_KINDS):
            raise field_problem("/organization_id", "invalid", _("Funds and earnings are somebody's; the rest is not."))
    elif payout is None or found.booking is None or found.amount != payout.amount or payout.venue_id != found.venue_id:
        raise field_problem("/payout_id", "invalid", _("A payout that came back is one of this amount."))


def _on_the_banks_side(found: BankBreak) -> int:
    return found.amount_minor if found.booking_id is not None else -found.amount_minor


def _posted(found: BankBreak, actor: Actor) -> list[UUID]:
    """Post what the break needs and return the new entries of the bank account."""
    if found.way == Way.RETURN and found.payout is not None and found.booking is not None:
        payouts.return_payout(
            payout_id=found.payout.id,
            bank_reference=found.booking.bank_reference,
            bank_reason=found.booking.text,
            actor=actor,
        )
        reference = f"{Transfer.Kind.PAYOUT_RETURNED.lower()}:{found.payout.id}"
    else:
        reference = f"bank_correction:{found.id}"
        currency = Currency(found.currency)
        bank, other = open_accounts(
            AccountKey(Account.Kind.BANK, found.venue_id, currency),
            AccountKey(Account.Kind(found.target), found.venue_id, currency, found.organization_id),
        )
        # A booking is taken into the books; an entry that the bank does not know is taken out again.
        moved = _on_the_banks_side(found)
        draft = TransferDraft(
            kind=Transfer.Kind.BANK_CORRECTION,
            reference=reference,
            venue_id=found.venue_id,
            legs=(Leg(bank, -moved), Leg(other, moved)),
            memo=found.explanation[:200],
        )
        post([draft], actor=actor)
    entries = Entry.objects.filter(transfer__reference=reference, account__kind=Account.Kind.BANK)
    return list(entries.values_list("id", flat=True))


def _match(found: Sequence[BankBreak], entry_ids: Sequence[UUID], actor: Actor) -> None:
    first = found[0]
    version, _rules = matching_rules()
    match_together(
        first.venue_id,
        first.currency,
        BY_HAND,
        version,
        [each.booking_id for each in found if each.booking_id is not None],
        [*(each.entry_id for each in found if each.entry_id is not None), *entry_ids],
        actor,
    )
