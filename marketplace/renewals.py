"""Subscriptions go on: another term at the agreed price and terms, asked for by a job a day before the last one ends.

The buyer says that a subscription renews, and may take it back until then, and that back until the term is over. The
new term is charged at its beginning; an unpaid one is dunned as any charge is, and no further term follows it, so that
the right ends with the term. Terms of the calendar follow it; rolling ones have as many days as the terms say.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, require
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.digests import Digests, canonical_json
from kernel.jobs import enqueue
from kernel.money import Money
from kernel.problems import Problem, field_problem
from listings.crossborder.parties import crosses_border
from listings.cycles import Term
from listings.listing import offer_for
from listings.rights_matrix import outlasts
from marketplace.charges import UNPAID, ask_to_collect, charge_number, make_charge
from marketplace.models import Agreement, Charge, Order, PlanChange, Subscription
from marketplace.plan_changes import (
    ADOPTED,
    adopt,
    charge_change,
    end_scheduled_change,
    finish_change,
    following_term,
    lengthen,
    price_at,
    scheduled_change,
)
from marketplace.subscriptions import living_rights, locked_subscription

RENEW_JOB = "subscription.renew"
AHEAD = timedelta(days=1)


@transaction.atomic
def set_renewal(*, subscription_id: UUID, renews: bool, reason: str = "", actor: Actor) -> Subscription:
    """Say whether a subscription goes on when its term ends, and if not, maybe why.

    What ends takes a change of its plan back that was scheduled.

    Raises Problem `not_found`, `forbidden`, `invalid` at `/reason` of what goes on or, once it has ended,
    `illegal_state`.
    """
    subscription = locked_subscription(subscription_id, actor)
    require(actor, Permission.ORDER_PLACE, organization_id=subscription.organization_id)
    if renews and not Subscription.objects.running().filter(pk=subscription.pk).exists():
        raise Problem("illegal_state", state=subscription.agreement.state)
    if renews and reason:
        raise field_problem("/reason", "not_ended", _("Only what ends has a reason for it."))
    subscription.renews, subscription.ending_reason = renews, reason
    subscription.save(update_fields=["renews", "ending_reason"])
    details = {"renews": renews}
    audit.record("subscription.renewal_set", subject=subscription, actor=actor, reason=reason, details=details)
    if not renews:
        end_scheduled_change(subscription, PlanChange.State.WITHDRAWN, reason=reason, actor=actor)
    elif subscription.term.end <= timezone.now() + AHEAD:
        # The job of this term may have run while nobody wanted another one.
        _ask(subscription, key=f"{subscription.pk} {timezone.now().isoformat()}")
    return subscription


def ask_for_renewals() -> int:
    """Leave a job for each subscription whose next term begins within a day: one per term, however often called."""
    due = Subscription.objects.running().filter(renews=True, agreement__expires_at__lte=timezone.now() + AHEAD)
    subscriptions = list(due.select_related("agreement"))
    for subscription in subscriptions:
        _ask(subscription, key=f"{subscription.pk} {subscription.agreement.expires_at:%Y-%m-%dT%H:%M}")
    return len(subscriptions)


@transaction.atomic
def renew(*, subscription_id: UUID) -> Charge | None:
    """Let the next term follow and make its charge, due when it begins; or stop renewing, with the reason as an event.

    Does nothing when it was renewed before, has ended, or no longer renews: a job may run it again.
    """
    subscription = locked_subscription(subscription_id, SYSTEM)
    agreement, now = subscription.agreement, timezone.now()
    start = agreement.expires_at
    if not subscription.renews or start is None or not now < start <= now + AHEAD:
        return None
    order = agreement.order
    change = scheduled_change(subscription)
    cycle = change.cycle if change else subscription.cycle
    following = following_term(subscription, cycle)
    if change:
        adopt(change, subscription)
    if (hindrance := _hindrance(subscription, order, following)) is not None:
        subscription.renews, subscription.ending_reason = False, hindrance
        subscription.save(update_fields=["renews", "ending_reason"])
        audit.record("subscription.not_renewed", subject=subscription, actor=SYSTEM, reason=hindrance)
        end_scheduled_change(subscription, PlanChange.State.LAPSED, reason=hindrance, actor=SYSTEM)
        return None

    charge = charge_change(change, subscription, SYSTEM) if change else _charge(subscription, order, following)
    if change:
        finish_change(change, charge)
    subscription.term_starts_at = following.start
    subscription.save(update_fields=ADOPTED)
    lengthen(subscription, following.end)
    details = {"charge": charge.number, "from": start.isoformat(), "until": following.end.isoformat()}
    audit.record("subscription.renewed", subject=subscription, actor=SYSTEM, details=details)
    ask_to_collect(charge, due_at=start)
    return charge


def is_reproduced(charge: Charge) -> bool:
    """Compute the statement of a term again from the agreement, and compare the bytes."""
    agreement = Agreement.objects.get(entitlements=charge.entitlement_id)
    price = price_at(agreement, charge.created_at)
    again = canonical_json(_statement(charge.number, charge.entitlement_id, agreement.body, charge.period, price))
    return again == canonical_json(charge.body) and Digests(again).sha256 == charge.sha256


def _ask(subscription: Subscription, *, key: str) -> None:
    enqueue(
        RENEW_JOB,
        key=key,
        subject_id=subscription.pk,
        organization_id=subscription.organization_id,
        venue_id=subscription.venue_id,
    )


def _hindrance(subscription: Subscription, order: Order, following: Term) -> str | None:
    """Return why no further term follows, as a code; None where nothing stands against it."""
    agreement = subscription.agreement
    if agreement.state != Agreement.State.ACTIVE:
        return "agreement_not_active"
    if Charge.objects.filter(entitlement__agreement=agreement, state__in=UNPAID).exists():
        return "charge_not_paid"
    # A case is cleared for one transfer: what crosses a border goes on by a new order (DOMAIN §3).
    if crosses_border(order.provider, order.buyer):
        return "border"
    try:
        offer = offer_for(order.listing_id, subscription.plan_id)
    except Problem as problem:
        return problem.code
    if outlasts(order.listing.rights_until, following.days, on=following.start.astimezone(following.zone).date()):
        return "right_to_operate_ends"
    # Another price or other terms are another contract, which the buyer must agree to.
    agreed = (subscription.price, subscription.cycle, agreement.body["terms"]["id"])
    return None if agreed == (offer.plan.price, offer.plan.cycle, str(offer.terms.pk)) else "offer_changed"


def _charge(subscription: Subscription, order: Order, term: Term) -> Charge:
    first, last = timezone.localdate(term.start, term.zone), timezone.localdate(term.end, term.zone)
    period = f"{first.isoformat()}/{last.isoformat()}"
    right, number = living_rights(subscription.agreement).latest("id"), charge_number(subscription.venue)
    return make_charge(
        right=right,
        order=order,
        kind=Charge.Kind.SUBSCRIPTION,
        number=number,
        period=period,
        gross=subscription.price,
        body=_statement(number, right.pk, subscription.agreement.body, period, subscription.price),
        actor=SYSTEM,
    )


def _statement(number: str, right_id: UUID, agreement: dict[str, Any], period: str, price: Money) -> dict[str, Any]:
    return {
        "number": number,
        "kind": Charge.Kind.SUBSCRIPTION.value,
        "entitlement": str(right_id),
        "agreement": agreement["number"],
        "venue": agreement["venue"],
        "period": period,
        "price": price.as_json(),
        "lines": [],
    }
