"""A voucher programme: drafted by one officer, opened by another, who thereby moves the funder's money into it.

What is left when it closes goes back to the funder's funds; what comes back later follows it there.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_different_person, require_reason
from accounts.models import Organization, Venue
from accounts.places import is_place
from kernel import audit
from kernel.actors import Actor
from kernel.jobs import enqueue
from kernel.money import Currency, Money
from kernel.numbering import short_number
from kernel.problems import FieldError, Problem
from kernel.states import advance
from settlements.chart import AccountKey, open_accounts
from settlements.deposits import responsible_person
from settlements.ledger import Leg, TransferDraft, post
from settlements.models import Account, Transfer, VoucherProgramme
from settlements.vouchers.uses import MILLION, locked_programme

ENDED_JOB = "voucher_programme.ended"
NUMBERED = "VP"
LONGEST_DAYS = 3660
State = VoucherProgramme.State


@dataclass(frozen=True)
class Rule:
    """Whose purchases of what a programme pays a part of, and how much; caps in the budget's minor units."""

    rate_ppm: int
    startup_rate_ppm: int | None
    applicant_cap_minor: int
    order_cap_minor: int
    product_types: Sequence[str]
    places: Sequence[str]
    payment: str
    granted_by_rule: bool
    opens_on: date
    closes_on: date
    grant_days: int


@transaction.atomic
def draft_programme(
    *, venue: Venue, funder: Organization, name: dict[str, str], source: str, budget: Money, rule: Rule, actor: Actor
) -> VoucherProgramme:
    """Draft a programme by the rule of its `source`; nothing is paid before another officer opens it.

    Raises Problem `forbidden`, or `invalid` for a rule that cannot be.
    """
    require(actor, Permission.VOUCHER_MANAGE, venue_id=venue.id)
    _check(budget, rule)
    programme = VoucherProgramme.objects.create(
        venue=venue,
        number=short_number(venue.number_prefix, NUMBERED, timezone.now().astimezone(venue.zone).year),
        funder=funder,
        name=name,
        source=source,
        currency=budget.currency,
        budget_minor=budget.minor,
        drafted_by_id=responsible_person(actor),
        **asdict(rule),
    )
    details = {"funder": str(funder.id), "budget": budget.as_json(), "rate_ppm": rule.rate_ppm}
    audit.record("voucherprogramme.drafted", subject=programme, actor=actor, details=details)
    return programme


@transaction.atomic
def withdraw_programme(*, programme_id: UUID, reason: str, actor: Actor) -> VoucherProgramme:
    """Throw a draft away. Raises Problem `not_found`, `forbidden`, `invalid` or `illegal_state`."""
    programme = _managed(programme_id, actor)
    advance(programme, to=State.WITHDRAWN, actor=actor, reason=require_reason(reason))
    return programme


@transaction.atomic
def open_programme(*, programme_id: UUID, actor: Actor) -> VoucherProgramme:
    """Open a draft, by another person than who made it: the budget moves from the funder's funds into the programme.

    Raises Problem `not_found`, `forbidden`, `same_person`, `illegal_state` (also when its days are over), or
    `insufficient_funds` before the funder's money has arrived at the venue.
    """
    programme = _managed(programme_id, actor)
    require_different_person(actor, made_by=programme.drafted_by_id)
    if programme.state != State.DRAFTED:
        raise Problem("illegal_state", state=programme.state)
    if programme.closes_on < timezone.localdate():
        raise Problem("illegal_state", _("The days of this programme are over."), state=programme.state)
    advance(
        programme,
        to=State.OPEN,
        actor=actor,
        details={"budget": programme.money(programme.budget_minor).as_json()},
        opened_by_id=responsible_person(actor),
        opened_at=timezone.now(),
    )
    _move(programme, Transfer.Kind.VOUCHER_FUNDED, programme.budget_minor, actor)
    return programme


@transaction.atomic
def suspend_programme(*, programme_id: UUID, reason: str, actor: Actor) -> VoucherProgramme:
    """Let a programme promise and reserve nothing for a while; orders under way keep what is reserved for them.

    Raises Problem `not_found`, `forbidden`, `invalid` or `illegal_state`.
    """
    programme = _managed(programme_id, actor)
    advance(programme, to=State.SUSPENDED, actor=actor, reason=require_reason(reason))
    return programme


@transaction.atomic
def resume_programme(*, programme_id: UUID, actor: Actor) -> VoucherProgramme:
    """Open a suspended programme again. Raises Problem `not_found`, `forbidden` or `illegal_state`."""
    programme = _managed(programme_id, actor)
    if programme.state != State.SUSPENDED:
        raise Problem("illegal_state", state=programme.state)
    advance(programme, to=State.OPEN, actor=actor)
    return programme


@transaction.atomic
def close_programme(*, programme_id: UUID, reason: str, actor: Actor) -> VoucherProgramme:
    """Close a programme for good: what nobody has reserved or redeemed goes back to the funder's funds.

    Orders under way keep what is reserved for them; vouchers and applications end by a job. Raises Problem `not_found`,
    `forbidden`, `invalid` or `illegal_state`.
    """
    programme = _managed(programme_id, actor)
    left = programme.left_minor
    advance(
        programme,
        to=State.CLOSED,
        actor=actor,
        reason=require_reason(reason),
        details={"left": programme.money(left).as_json()},
        returned_minor=programme.returned_minor + left,
        closed_at=timezone.now(),
    )
    if left:
        _move(programme, Transfer.Kind.VOUCHER_RETURNED, -left, actor)
    enqueue(
        ENDED_JOB,
        key=str(programme.id),
        subject_id=programme.id,
        organization_id=programme.funder_id,
        venue_id=programme.venue_id,
    )
    return programme


def _managed(programme_id: UUID, actor: Actor) -> VoucherProgramme:
    found = find(VoucherProgramme.objects.visible_to(actor), pk=programme_id)
    require(actor, Permission.VOUCHER_MANAGE, venue_id=found.venue_id)
    return locked_programme(found.pk)


def _check(budget: Money, rule: Rule) -> None:
    rates = [rule.rate_ppm, *([] if rule.startup_rate_ppm is None else [rule.startup_rate_ppm])]
    errors = [
        FieldError(f"/{field}", code, detail)
        for field, fits, code, detail in (
            ("budget", budget.minor > 0, "not_positive", _("A budget is more than nothing.")),
            (
                "rate_ppm" if not 0 < rule.rate_ppm < MILLION else "startup_rate_ppm",
                all(0 < rate < MILLION for rate in rates),
                "out_of_range",
                _("A programme pays a part of the price: more than nothing, less than all."),
            ),
            (
                "order_cap",
                0 < rule.order_cap_minor <= rule.applicant_cap_minor <= budget.minor,
                "caps_out_of_order",
                _("One order gets no more than one applicant, and one applicant no more than the budget."),
            ),
            ("product_types", bool(rule.product_types), "required", _("Name the types of products.")),
            (
                "places",
                all(map(is_place, rule.places)),
                "unknown_place",
                _("Give places: jurisdictions, division codes, or GBA."),
            ),
            (
                "closes_on",
                rule.opens_on <= rule.closes_on and (rule.closes_on - rule.opens_on).days <= LONGEST_DAYS,
                "out_of_range",
                _("Applications are taken from one day to ten years."),
            ),
            ("grant_days", 0 < rule.grant_days <= LONGEST_DAYS, "out_of_range", _("A voucher is good for some days.")),
        )
        if not fits
    ]
    if errors:
        raise Problem("invalid", errors=errors)


def _move(programme: VoucherProgramme, kind: Transfer.Kind, amount: int, actor: Actor) -> None:
    currency = Currency(programme.currency)
    funds, budget = open_accounts(
        AccountKey(Account.Kind.CLIENT, programme.venue_id, currency, programme.funder_id),
        AccountKey(Account.Kind.VOUCHER, programme.venue_id, currency, programme.funder_id),
    )
    draft = TransferDraft(
        kind=kind,
        reference=f"{kind.lower()}:{programme.id}",
        venue_id=programme.venue_id,
        legs=(Leg(funds, -amount), Leg(budget, amount)),
        memo=programme.number,
    )
    post([draft], actor=actor)
