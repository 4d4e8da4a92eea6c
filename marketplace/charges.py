"""Collecting charges: paid from available funds, dunned while there are none, and the right to read with them.

The days and acts of dunning are dated data (marketplace/data/dunning), written down as rows when a charge is overdue.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require
from accounts.models import Venue
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.digests import Digests, canonical_json
from kernel.identifiers import uuid7
from kernel.jobs import enqueue
from kernel.money import Money
from kernel.numbering import short_number
from kernel.problems import Problem
from kernel.states import advance
from listings.editions import edition_on
from marketplace.charge_vouchers import certify_part, reserve_part
from marketplace.entitlements import resume_entitlement, suspend_entitlement
from marketplace.locks import lock_order
from marketplace.models import Charge, CreditNote, DunningStep, Entitlement, Order
from settlements import fees
from settlements.charging import take
from settlements.cross_border import note_earnings
from settlements.fees import FeeLine, left_of
from settlements.models import DealOrigin, Payee

COLLECT_JOB = "charge.collect"
NUMBERED = "U"
DUNNING = "dunning/dunning-*.json"
FOLDER = Path(__file__).parent / "data"
UNPAID = (Charge.State.DUE, Charge.State.OVERDUE)


def charge_number(venue: Venue) -> str:
    """Return the number of the next charge."""
    return short_number(venue.number_prefix, NUMBERED, timezone.localdate().year)


def make_charge(
    *,
    right: Entitlement,
    order: Order,
    kind: Charge.Kind,
    number: str,
    period: str,
    gross: Money,
    body: Mapping[str, Any],
    actor: Actor,
    units: int = 1,
    charge_id: UUID | None = None,
) -> Charge:
    """Make a bill of a right, which says what for and never changes; the caller has it collected or pays it.

    `charge_id` is named where records have been claimed for it already.
    """
    digests = Digests(canonical_json(body))
    charge = Charge.objects.create(
        id=charge_id or uuid7(),
        entitlement=right,
        organization_id=order.buyer_id,
        provider_id=order.provider_id,
        broker_id=order.broker_id,
        venue_id=order.venue_id,
        number=number,
        kind=kind,
        period=period,
        units=units,
        gross_minor=gross.minor,
        currency=gross.currency,
        body=body,
        sha256=digests.sha256,
        sm3=digests.sm3,
    )
    details = {"gross": charge.gross.as_json(), "sha256": charge.sha256}
    audit.record("charge.made", subject=charge, actor=actor, details=details)
    return charge


def ask_to_collect(charge: Charge, *, due_at: datetime | None = None) -> None:
    """Leave the job that collects a new charge, at once or when its term begins."""
    _enqueue(charge, key=str(charge.pk), due_at=due_at)


@transaction.atomic
def pay_charge(*, charge_id: UUID, actor: Actor) -> Charge:
    """Let the buyer pay an open charge now, from its available funds; gives back a right that was suspended for it.

    Raises Problem `not_found`, `forbidden`, `illegal_state` or `insufficient_funds`.
    """
    charge = locked_charge(charge_id, actor)
    require(actor, Permission.ORDER_PLACE, organization_id=charge.organization_id)
    if charge.state not in UNPAID:
        raise Problem("illegal_state", state=charge.state)
    _pay(charge, actor)
    return charge


def collect_or_dun(*, charge_id: UUID) -> None:
    """Collect a charge; without the funds take the next steps of its dunning. Does nothing once it is paid."""
    with transaction.atomic():
        charge = locked_charge(charge_id, SYSTEM)
        if charge.state not in UNPAID:
            return
        try:
            with transaction.atomic():
                _pay(charge, SYSTEM)
        except Problem as problem:
            if problem.code != "insufficient_funds":
                raise
            _dun(charge)


def collect_all(*, organization_id: UUID, venue_id: UUID) -> None:
    """Collect what a buyer owes at a venue, oldest first, as far as its funds reach: they have just grown."""
    owed = Charge.objects.filter(organization=organization_id, venue=venue_id, state=Charge.State.OVERDUE)
    for charge_id in list(owed.order_by("id").values_list("id", flat=True)):
        collect_or_dun(charge_id=charge_id)


def locked_charge(charge_id: UUID, actor: Actor) -> Charge:
    """Return the charge with its order and itself locked, in that order (marketplace/locks.py); raises `not_found`."""
    visible = Charge.objects.visible_to(actor).select_related("entitlement__agreement")
    seen = find(visible, pk=charge_id)
    lock_order(seen.entitlement.agreement.order_id, SYSTEM)
    related = ("entitlement__agreement", "venue__operator", "organization", "provider", "broker")
    return Charge.objects.select_related(*related).select_for_update(of=("self",)).get(pk=charge_id)


def owners_of(charge: Charge) -> dict[Payee, UUID | None]:
    """Return whose earnings the lines of a charge's division are."""
    return {Payee.PROVIDER: charge.provider_id, Payee.BROKER: charge.broker_id}


def left_of_charge(charge: Charge) -> list[FeeLine]:
    """Return what the payees still have of a paid charge: its division less what earlier credit notes took back."""
    booked = charge.credit_notes.filter(state=CreditNote.State.APPROVED).values_list("division", flat=True)
    taken = (FeeLine.from_json(part) for division in booked for part in division)
    return left_of(map(FeeLine.from_json, charge.division), taken)


def give_right_back(charge: Charge) -> None:
    """Resume the right to read that was suspended for this charge, unless another unpaid one holds it back."""
    others = Charge.objects.filter(entitlement=charge.entitlement_id, suspends=True, state__in=UNPAID)
    if not charge.suspends or others.exclude(pk=charge.pk).exists():
        return
    charge.entitlement.refresh_from_db(fields=["state"])
    if charge.entitlement.state == Entitlement.State.SUSPENDED:
        reason = _("Charge %s is settled.") % charge.number
        resume_entitlement(entitlement_id=charge.entitlement_id, reason=reason, actor=SYSTEM)


def _pay(charge: Charge, actor: Actor) -> None:
    """Collect what a locked charge comes to after credits, divided by the schedules of the day on which it was made."""
    owed = Money(charge.gross_minor - charge.credited_minor, charge.gross.currency)
    day = timezone.localdate(charge.created_at)
    lines = fees.quote(venue=charge.venue, gross=owed, on=day, deal=deal_of_charge(charge))
    total = Money(fees.total_of(lines), owed.currency)
    if owed.minor:
        reserve_part(charge, owed, actor=actor)
        take(
            charge_id=charge.pk,
            venue_id=charge.venue_id,
            payer_id=charge.organization_id,
            gross=total,
            lines=lines,
            owners=owners_of(charge),
            memo=charge.number,
            actor=actor,
        )
        note_earnings(
            order_id=charge.entitlement.agreement.order_id,
            venue_id=charge.venue_id,
            currency=total.currency,
            lines=lines,
            owners=owners_of(charge),
            reference=f"charge:{charge.pk}",
        )
        certify_part(charge)
    division = [line.as_json() for line in lines]
    advance(
        charge,
        to=Charge.State.PAID,
        actor=actor,
        details={"paid": total.as_json(), "division": division},
        division=division,
        decided_at=timezone.now(),
    )
    give_right_back(charge)


def deal_of_charge(charge: Charge) -> fees.Deal:
    """Return what the fees of a charge depend on: what its agreement was about, and how that came about."""
    body = charge.entitlement.agreement.body
    origin = DealOrigin(body["origin"])
    return fees.Deal(charge.provider, charge.organization, charge.broker, body["product"]["type"], origin)


def _dun(charge: Charge) -> None:
    """Take the steps that are due, and look again in a day unless staff have taken over."""
    now = timezone.now()
    rule = edition_on(DUNNING, timezone.localdate(charge.overdue_at or now), folder=FOLDER)
    if charge.state == Charge.State.DUE:
        advance(charge, to=Charge.State.OVERDUE, actor=SYSTEM, details={"rule": rule["edition"]}, overdue_at=now)
        DunningStep.objects.bulk_create(
            DunningStep(charge=charge, act=step["act"], due_at=now + timedelta(days=step["after_days"]))
            for step in rule["steps"]
        )
    for step in charge.dunning.filter(done_at__isnull=True, due_at__lte=now).order_by("due_at"):
        if step.act == DunningStep.Act.SUSPEND:
            _suspend(charge)
        audit.record(f"charge.{DUNNED[step.act]}", subject=charge, actor=SYSTEM, details=_owed(charge))
        step.done_at = now
        step.save(update_fields=["done_at"])
    if charge.dunning.filter(done_at__isnull=True).exists():
        assert charge.overdue_at is not None  # noqa: S101 - set above
        every = timedelta(hours=rule["retry_hours"])
        following = charge.overdue_at + ((now - charge.overdue_at) // every + 1) * every
        # The moment is part of the key: a job that runs again asks for the same one.
        _enqueue(charge, key=f"{charge.pk} {following:%Y-%m-%dT%H:%M}", due_at=following)


DUNNED: Mapping[str, str] = {
    DunningStep.Act.REMIND: "reminded",
    DunningStep.Act.SUSPEND: "suspended",
    DunningStep.Act.HAND_OVER: "handed_over",
}


def _suspend(charge: Charge) -> None:
    """Suspend the right to read for this charge; a right that is suspended for another reason is left to that."""
    charge.entitlement.refresh_from_db(fields=["state"])
    others = Charge.objects.filter(entitlement=charge.entitlement_id, suspends=True, state__in=UNPAID)
    if charge.entitlement.state == Entitlement.State.ACTIVE:
        reason = _("Charge %s is not paid.") % charge.number
        suspend_entitlement(entitlement_id=charge.entitlement_id, reason=reason, actor=SYSTEM)
    elif charge.entitlement.state != Entitlement.State.SUSPENDED or not others.exists():
        return
    charge.suspends = True
    charge.save(update_fields=["suspends"])


def _owed(charge: Charge) -> dict[str, object]:
    owed = Money(charge.gross_minor - charge.credited_minor, charge.gross.currency)
    return {"owed": owed.as_json(), "period": charge.period}


def _enqueue(charge: Charge, *, key: str, due_at: datetime | None = None) -> None:
    enqueue(
        COLLECT_JOB,
        key=key,
        subject_id=charge.pk,
        due_at=due_at,
        organization_id=charge.organization_id,
        venue_id=charge.venue_id,
    )
