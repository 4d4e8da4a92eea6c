"""A voucher: a buyer applies with reasons, one officer approves, another issues; or the programme's rule grants it.

Vouchers promise no more than the caps; the budget goes to whoever reserves first, as the programmes themselves say.
"""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import (
    Permission,
    find,
    require,
    require_different_person,
    require_disinterested,
    require_member,
    require_reason,
)
from accounts.models import Capacity, Organization
from accounts.places import places_around
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.jobs import enqueue
from kernel.money import Money
from kernel.numbering import short_number
from kernel.problems import Problem, field_problem
from kernel.states import advance
from settlements.deposits import responsible_person
from settlements.models import VoucherGrant, VoucherProgramme
from settlements.vouchers.uses import locked_programme

LAPSE_JOB = "voucher.lapse"
NUMBERED = "V"
State = VoucherGrant.State


@transaction.atomic
def apply_for_voucher(
    *, programme_id: UUID, wanted: Money, reasons: str, is_startup: bool, actor: Actor
) -> VoucherGrant:
    """Apply for a voucher of an open programme, for the actor's organization; the rule grants it where it may.

    A start-up's rate is granted by officers alone, who look at what is claimed. Raises Problem `not_found`,
    `forbidden`, `membership_required`, `illegal_state` while no applications are taken, `voucher_applied_for`,
    `buyer_not_in_programme` or `invalid` for more than the cap.
    """
    found = find(VoucherProgramme.objects.public(), pk=programme_id)
    require(actor, Permission.VOUCHER_APPLY)
    if actor.organization_id is None:
        raise Problem("forbidden")
    organization = require_member(actor.organization_id, found.venue_id, Capacity.BUYER).organization
    programme = locked_programme(found.pk)
    _check_open(programme)
    _check_applicant(programme, organization)
    _check_amount(programme, organization.id, wanted, "/wanted")
    if programme.grants.filter(organization=organization, state__in=VoucherGrant.UNDECIDED).exists():
        raise Problem("voucher_applied_for")

    grant = VoucherGrant.objects.create(
        number=short_number(programme.venue.number_prefix, NUMBERED, timezone.localdate().year),
        programme=programme,
        venue_id=programme.venue_id,
        organization=organization,
        currency=programme.currency,
        wanted_minor=wanted.minor,
        reasons=require_reason(reasons),
        is_startup=is_startup,
        rate_ppm=programme.rate_ppm,
        applied_by_id=responsible_person(actor),
    )
    audit.record("vouchergrant.applied", subject=grant, actor=actor, details=wanted.as_json())
    if programme.granted_by_rule and not is_startup:
        _issue(grant, SYSTEM, amount_minor=wanted.minor)
    return grant


@transaction.atomic
def approve_voucher(*, voucher_id: UUID, amount: Money, as_startup: bool, reason: str, actor: Actor) -> VoucherGrant:
    """Approve an application for `amount`, at the start-ups' rate where the officer has seen that it is one.

    Raises Problem `not_found`, `forbidden`, `conflict_of_interest`, `illegal_state`, or `invalid` for more than was
    applied for or than the cap.
    """
    grant, programme = _decided(voucher_id, actor)
    if amount.minor > grant.wanted_minor:
        raise field_problem("/amount", "more_than_wanted", _("Not more is granted than was applied for."))
    _check_amount(programme, grant.organization_id, amount, "/amount", besides=grant)
    if as_startup and programme.startup_rate_ppm is None:
        raise field_problem("/as_startup", "no_such_rate", _("The programme has no rate for start-ups."))
    rate = programme.startup_rate_ppm if as_startup else programme.rate_ppm
    advance(
        grant,
        to=State.APPROVED,
        actor=actor,
        reason=require_reason(reason),
        details={**amount.as_json(), "rate_ppm": rate},
        amount_minor=amount.minor,
        rate_ppm=rate,
        decision=reason.strip(),
        approved_by_id=responsible_person(actor),
    )
    return grant


@transaction.atomic
def issue_voucher(*, voucher_id: UUID, actor: Actor) -> VoucherGrant:
    """Issue what another officer approved; it is good from now on.

    Raises Problem `not_found`, `forbidden`, `same_person`, `conflict_of_interest` or `illegal_state`.
    """
    grant, programme = _decided(voucher_id, actor)
    if grant.state != State.APPROVED:
        raise Problem("illegal_state", state=grant.state)
    require_different_person(actor, made_by=grant.approved_by_id)
    if programme.state != VoucherProgramme.State.OPEN:
        raise Problem("illegal_state", _("The programme is not open."), state=programme.state)
    _issue(grant, actor, issued_by_id=responsible_person(actor))
    return grant


@transaction.atomic
def refuse_voucher(*, voucher_id: UUID, reason: str, actor: Actor) -> VoucherGrant:
    """Refuse an application, saying why. Raises Problem `not_found`, `forbidden`, `invalid` or `illegal_state`."""
    grant, _programme = _decided(voucher_id, actor)
    why = require_reason(reason)
    advance(grant, to=State.REFUSED, actor=actor, reason=why, decision=why)
    return grant


@transaction.atomic
def withdraw_application(*, voucher_id: UUID, reason: str, actor: Actor) -> VoucherGrant:
    """Take an undecided application back, by the applicant.

    Raises Problem `not_found`, `forbidden`, `invalid` or `illegal_state`.
    """
    grant = find(VoucherGrant.objects.visible_to(actor), pk=voucher_id)
    require(actor, Permission.VOUCHER_APPLY, organization_id=grant.organization_id)
    advance(grant, to=State.WITHDRAWN, actor=actor, reason=require_reason(reason))
    return grant


@transaction.atomic
def lapse(*, voucher_id: UUID) -> None:
    """Let a voucher expire whose last day is over; does nothing otherwise. What is reserved of it stays reserved."""
    grant = VoucherGrant.objects.select_related("venue").select_for_update(of=("self",)).get(pk=voucher_id)
    today = timezone.now().astimezone(grant.venue.zone).date()
    if grant.state == State.ISSUED and grant.expires_on is not None and grant.expires_on < today:
        advance(grant, to=State.EXPIRED, actor=SYSTEM)


@transaction.atomic
def end_all(*, programme_id: UUID) -> None:
    """End the vouchers and applications of a programme that is closed; does nothing the second time."""
    programme = locked_programme(programme_id)
    if programme.state != VoucherProgramme.State.CLOSED:
        return
    reason = _("The programme is closed.")
    for grant in programme.grants.filter(state__in=[*VoucherGrant.UNDECIDED, State.ISSUED]):
        if grant.state == State.ISSUED:
            advance(grant, to=State.EXPIRED, actor=SYSTEM, reason=reason)
        else:
            advance(grant, to=State.REFUSED, actor=SYSTEM, reason=reason, decision=reason)


def _decided(voucher_id: UUID, actor: Actor) -> tuple[VoucherGrant, VoucherProgramme]:
    found = find(VoucherGrant.objects.visible_to(actor), pk=voucher_id)
    require(actor, Permission.VOUCHER_GRANT, venue_id=found.venue_id)
    require_disinterested(actor, found.organization_id)
    programme = locked_programme(found.programme_id)
    grant = VoucherGrant.objects.select_for_update(of=("self",), no_key=True).get(pk=found.pk)
    return grant, programme


def _check_open(programme: VoucherProgramme) -> None:
    today = timezone.localdate()
    if programme.state != VoucherProgramme.State.OPEN or not programme.opens_on <= today <= programme.closes_on:
        raise Problem("illegal_state", _("The programme takes no applications now."), state=programme.state)


def _check_applicant(programme: VoucherProgramme, organization: Organization) -> None:
    around = places_around(organization.jurisdiction, organization.division_code)
    is_near = not programme.places or bool(set(programme.places).intersection(around))
    if not is_near or organization.id == programme.funder_id:
        raise Problem("buyer_not_in_programme", places=programme.places)


def _check_amount(
    programme: VoucherProgramme, organization_id: UUID, amount: Money, pointer: str, besides: VoucherGrant | None = None
) -> None:
    if amount.currency != programme.currency:
        raise field_problem(f"{pointer}/currency", "other_currency", _("The programme is in %s.") % programme.currency)
    left = programme.applicant_cap_minor - _promised(programme, organization_id, besides)
    if not 0 < amount.minor <= left:
        raise field_problem(
            f"{pointer}/amount",
            "out_of_range",
            _("More than nothing, and no more than %s for one applicant.") % programme.money(max(left, 0)),
        )


def _promised(programme: VoucherProgramme, organization_id: UUID, besides: VoucherGrant | None) -> int:
    """Return what an applicant was granted already: what may still be used, and what was used of what has ended."""
    grants = programme.grants.filter(organization=organization_id)
    if besides is not None:
        grants = grants.exclude(pk=besides.pk)
    good = Q(state__in=[State.APPROVED, State.ISSUED])
    sums = grants.aggregate(
        granted=Sum("amount_minor", filter=good, default=0),
        used=Sum(F("reserved_minor") + F("redeemed_minor"), filter=~good, default=0),
    )
    return int(sums["granted"] + sums["used"])


def _issue(grant: VoucherGrant, actor: Actor, **changes: Any) -> None:
    zone, programme = grant.venue.zone, grant.programme
    expires_on = timezone.now().astimezone(zone).date() + timedelta(days=programme.grant_days)
    advance(
        grant,
        to=State.ISSUED,
        actor=actor,
        details={"expires_on": expires_on},
        expires_on=expires_on,
        issued_at=timezone.now(),
        **changes,
    )
    enqueue(
        LAPSE_JOB,
        key=str(grant.id),
        subject_id=grant.id,
        due_at=datetime.combine(expires_on + timedelta(days=1), time.min, tzinfo=zone),
        organization_id=grant.organization_id,
        venue_id=grant.venue_id,
    )
