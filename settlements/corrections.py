"""Set a wrong transfer right by a new one that names it: proposed by one person, posted by another, never an edit."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_different_person, require_disinterested, require_reason
from kernel import audit
from kernel.actors import Actor
from kernel.money import LARGEST_MINOR
from kernel.problems import Problem, field_problem
from kernel.states import advance
from settlements.deposits import responsible_person
from settlements.ledger import Leg, TransferDraft, post
from settlements.models import Account, Correction, Transfer

State = Correction.State
LONGEST_MEMO = 200
MOST_LEGS = 50


@transaction.atomic
def propose_correction(
    *, transfer_id: UUID, reason: str, actor: Actor, legs: Sequence[Leg] | None = None
) -> Correction:
    """Propose the entries that set a transfer right; without `legs`, those that take the whole of it back.

    Nothing moves yet. Raises Problem `not_found`, `forbidden`, `invalid` (no reason, entries that do not sum to zero in
    each currency or are not on accounts of the transfer's venue) or `taken_back` when the whole of it is taken back
    already.
    """
    transfer = find(Transfer.objects.visible_to(actor), id=transfer_id)
    require(actor, Permission.LEDGER_CORRECT, venue_id=transfer.venue_id)
    entries = transfer.entries.order_by("position").values_list("account_id", "amount_minor")
    made = tuple(legs) if legs is not None else tuple(Leg(account, -minor) for account, minor in entries)
    _check(made, transfer)

    correction = Correction(
        venue_id=transfer.venue_id,
        transfer=transfer,
        reverses=legs is None,
        legs=[[str(leg.account_id), leg.amount_minor] for leg in made],
        reason=require_reason(reason),
        proposed_by_id=responsible_person(actor),
    )
    Correction.objects.bulk_create([correction], ignore_conflicts=True)
    if not Correction.objects.filter(id=correction.id).exists():
        raise Problem("taken_back")
    details = {"transfer": str(transfer.id), "reference": transfer.reference, "legs": correction.legs}
    audit.record("correction.proposed", subject=correction, actor=actor, reason=correction.reason, details=details)
    return correction


@transaction.atomic
def post_correction(*, correction_id: UUID, actor: Actor) -> Correction:
    """Post a correction that another person proposed, dated now.

    Raises Problem `not_found`, `forbidden`, `same_person`, `conflict_of_interest` (with an organization whose money
    it moves), `illegal_state` or `insufficient_funds` when an account no longer holds what is to be taken back.
    """
    correction = _visible(correction_id, actor, lock=True)
    require(actor, Permission.LEDGER_CORRECT, venue_id=correction.venue_id)
    require_different_person(actor, made_by=correction.proposed_by_id)
    legs = tuple(Leg(UUID(account), minor) for account, minor in correction.legs)
    owners = Account.objects.filter(id__in=[leg.account_id for leg in legs], organization__isnull=False)
    for organization_id in owners.values_list("organization_id", flat=True).distinct():
        require_disinterested(actor, organization_id)

    draft = TransferDraft(
        kind=Transfer.Kind.CORRECTION,
        reference=f"correction:{correction.id}",
        venue_id=correction.venue_id,
        legs=legs,
        memo=f"{correction.transfer.reference}: {correction.reason}"[:LONGEST_MEMO],
    )
    [posted] = post([draft], actor=actor)
    advance(
        correction,
        to=State.POSTED,
        actor=actor,
        reason=correction.reason,
        details={"transfer": str(correction.transfer_id), "posted": str(posted.id)},
        decided_by_id=responsible_person(actor),
        decided_at=timezone.now(),
        posted_id=posted.id,
    )
    return correction


@transaction.atomic
def refuse_correction(*, correction_id: UUID, reason: str, actor: Actor) -> Correction:
    """Refuse a proposed correction, saying why; who proposed it may withdraw it so. No money moves.

    Raises Problem `not_found`, `forbidden` or `illegal_state`.
    """
    correction = _visible(correction_id, actor)
    require(actor, Permission.LEDGER_CORRECT, venue_id=correction.venue_id)
    advance(
        correction,
        to=State.REFUSED,
        actor=actor,
        reason=reason,
        decided_by_id=responsible_person(actor),
        decided_at=timezone.now(),
        refusal=reason,
    )
    return correction


def _visible(correction_id: UUID, actor: Actor, *, lock: bool = False) -> Correction:
    rows = Correction.objects.visible_to(actor).select_related("transfer")
    return find(rows.select_for_update(of=("self",)) if lock else rows, id=correction_id)


def _check(legs: Sequence[Leg], transfer: Transfer) -> None:
    if not 2 <= len(legs) <= MOST_LEGS:
        raise field_problem("/legs", "length", _("A correction has from 2 to %d entries.") % MOST_LEGS)
    found = Account.objects.filter(venue=transfer.venue_id, id__in={leg.account_id for leg in legs})
    currencies = dict(found.values_list("id", "currency"))
    sums: dict[str, int] = defaultdict(int)
    for place, leg in enumerate(legs):
        if leg.account_id not in currencies:
            raise field_problem(f"/legs/{place}/account_id", "unknown_account", _("There is no such account there."))
        if not 0 < abs(leg.amount_minor) <= LARGEST_MINOR:
            raise field_problem(f"/legs/{place}/amount", "out_of_range", _("An entry moves something."))
        sums[currencies[leg.account_id]] += leg.amount_minor
    if any(sums.values()):
        raise field_problem("/legs", "unbalanced", _("The entries do not sum to zero in each currency."))
