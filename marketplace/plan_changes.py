"""Changing the plan of a running subscription: to a dearer one at once, to any other when the term ends.

A change is quoted line by line and confirmed until the end of that day. At once the new plan is paid by days until the
end of its term, less what is left of the running term by days; otherwise its first term follows the running one.
"""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.digests import Digests, canonical_json
from kernel.money import Money
from kernel.numbering import short_number
from kernel.problems import Problem, field_problem
from kernel.states import advance
from listings.crossborder.parties import crosses_border
from listings.cycles import Term, calendar_term, is_greater, prorated, rolling_term
from listings.listing import Offer, offer_for
from listings.models import Plan
from listings.rights_matrix import outlasts
from marketplace.charges import UNPAID, charge_number, make_charge, pay_charge
from marketplace.models import Agreement, Charge, Dispute, Entitlement, Order, PlanChange, Subscription
from marketplace.subscriptions import agreed_price, living_rights, locked_subscription
from settlements.fees import FeeLine
from settlements.models import FeePayer, SettlementLine
from settlements.vouchers.uses import has_use

NUMBERED = "J"
SETTLED = (Order.State.SETTLED, Order.State.CERTIFIED)
AHEAD = timedelta(days=1)  # a renewed term is charged so long before it begins


@transaction.atomic
def quote_change(*, subscription_id: UUID, plan_id: UUID, actor: Actor) -> PlanChange:
    """Say what changing a subscription to another plan of its listing costs, line by line; nothing changes yet.

    Raises Problem `not_found`, `forbidden`, `illegal_state` of what does not run, `crosses_border`, `charge_not_paid`,
    `change_scheduled`, `terms_changed`, `listing_not_available`, `right_to_operate_ends`, for a change at once
    `order_not_settled`, `dispute_open` or `paid_by_voucher`, or `invalid` at `/plan_id`.
    """
    subscription = locked_subscription(subscription_id, actor)
    require(actor, Permission.ORDER_PLACE, organization_id=subscription.organization_id)
    now = timezone.now()
    offer = _offer(subscription, plan_id, now)
    at_once, at, term = _when(subscription, offer.plan, now)
    _refuse_ahead_of_time(subscription, offer, term, at_once=at_once)

    number = short_number(subscription.venue.number_prefix, NUMBERED, timezone.localdate(now).year)
    lines = [_new_line(offer.plan, term, at), *([_unused_line(subscription, at)] if at_once else [])]
    gross = Money(sum(line["amount_minor"] for line in lines), offer.plan.price.currency)
    body: dict[str, Any] = {
        "number": number,
        "agreement": {"number": subscription.agreement.number, "sha256": subscription.agreement.sha256},
        "at_once": at_once,
        "takes_effect_at": at.isoformat(),
        "from": _plan(subscription.plan_id, subscription.price, subscription.cycle, subscription.included),
        "to": _plan(offer.plan.pk, offer.plan.price, offer.plan.cycle, offer.plan.new_versions),
        "basis": _basis(subscription, offer),
        "lines": lines,
        "gross": gross.as_json(),
    }
    digests = Digests(canonical_json(body))
    midnight = datetime.combine(now.astimezone(term.zone).date() + timedelta(days=1), time(), tzinfo=term.zone)
    change = PlanChange.objects.create(
        subscription=subscription,
        organization_id=subscription.organization_id,
        provider_id=subscription.provider_id,
        venue=subscription.venue,
        number=number,
        at_once=at_once,
        plan=offer.plan,
        price_minor=offer.plan.price_minor,
        cycle=offer.plan.cycle,
        included=offer.plan.new_versions,
        term_starts_at=term.start,
        term_ends_at=term.end,
        gross_minor=gross.minor,
        currency=gross.currency,
        body=body,
        sha256=digests.sha256,
        sm3=digests.sm3,
        expires_at=min(midnight, subscription.term.end),
    )
    details = {"plan": str(offer.plan.pk), "at_once": at_once, "gross": gross.as_json(), "sha256": change.sha256}
    audit.record("planchange.quoted", subject=change, actor=actor, details=details)
    return change


@transaction.atomic
def confirm_change(*, change_id: UUID, actor: Actor) -> PlanChange:
    """Make a quoted change: at once for what is due, from available funds, or when the running term ends.

    What is scheduled renews. Raises Problem `not_found`, `forbidden`, `illegal_state`, `quote_expired`,
    `quote_outdated` where what it rests on has changed, `insufficient_funds`, and all that `quote_change` raises.
    """
    change, subscription = _locked(change_id, actor)
    require(actor, Permission.ORDER_PLACE, organization_id=change.organization_id)
    now = timezone.now()
    if change.state != PlanChange.State.QUOTED:
        raise Problem("illegal_state", state=change.state)
    if change.expires_at <= now:
        raise Problem("quote_expired", expired_at=change.expires_at.isoformat())
    offer = _offer(subscription, change.plan_id, now)
    if _basis(subscription, offer) != change.body["basis"]:
        raise Problem("quote_outdated")
    term = Term(change.term_starts_at, change.term_ends_at, subscription.venue.zone, change.cycle)
    _refuse_ahead_of_time(subscription, offer, term, at_once=change.at_once)

    if change.at_once:
        charge = charge_change(change, subscription, actor)
        pay_charge(charge_id=charge.pk, actor=actor)
        adopt(change, subscription)
        subscription.save(update_fields=ADOPTED)
        lengthen(subscription, change.term_ends_at)
        _advance(change, PlanChange.State.DONE, actor, charge=charge)
    else:
        subscription.renews, subscription.ending_reason = True, ""
        subscription.save(update_fields=["renews", "ending_reason"])
        _advance(change, PlanChange.State.SCHEDULED, actor)
    return change


@transaction.atomic
def withdraw_change(*, change_id: UUID, reason: str, actor: Actor) -> PlanChange:
    """Take a scheduled change back: the subscription goes on by its present plan.

    Raises Problem `not_found`, `forbidden` or `illegal_state`.
    """
    change, _subscription = _locked(change_id, actor)
    require(actor, Permission.ORDER_PLACE, organization_id=change.organization_id)
    _advance(change, PlanChange.State.WITHDRAWN, actor, reason=reason)
    return change


def lapse_changes() -> int:
    """End scheduled changes of subscriptions that have ended before their term did; return how many."""
    waiting = PlanChange.objects.filter(state=PlanChange.State.SCHEDULED)
    ended = waiting.exclude(subscription__in=Subscription.objects.running()).order_by("id").values_list("id", flat=True)
    return sum(_lapse(change_id) for change_id in list(ended[:500]))


# --- for the renewals, which hold the subscription's locks -----------------------------------------------------------

ADOPTED = ("plan", "price_minor", "cycle", "included", "term_starts_at")


def scheduled_change(subscription: Subscription) -> PlanChange | None:
    """Return the change that the end of the running term brings, with its row locked."""
    scheduled = PlanChange.objects.filter(subscription=subscription, state=PlanChange.State.SCHEDULED)
    return scheduled.select_for_update(of=("self",)).first()


def adopt(change: PlanChange, subscription: Subscription) -> None:
    """Let the subscription run by the new plan from now on; the caller saves `ADOPTED`."""
    subscription.plan_id, subscription.price_minor = change.plan_id, change.price_minor
    subscription.cycle, subscription.included = change.cycle, change.included
    subscription.term_starts_at = change.term_starts_at


def lengthen(subscription: Subscription, end: datetime) -> None:
    """Let the agreement and all its rights last until the end of a term."""
    subscription.agreement.expires_at = end
    subscription.agreement.save(update_fields=["expires_at"])
    living_rights(subscription.agreement).update(expires_at=end)


def charge_change(change: PlanChange, subscription: Subscription, actor: Actor) -> Charge:
    """Make the charge of a change: for the lines that were quoted."""
    right, number = living_rights(subscription.agreement).latest("id"), charge_number(subscription.venue)
    return make_charge(
        right=right,
        order=subscription.agreement.order,
        kind=Charge.Kind.PLAN_CHANGE,
        number=number,
        period=change.number,
        gross=change.gross,
        body=_statement(number, right, subscription.agreement, change),
        actor=actor,
    )


def finish_change(change: PlanChange, charge: Charge) -> None:
    """Write down that a scheduled change has been made."""
    _advance(change, PlanChange.State.DONE, SYSTEM, charge=charge)


def end_scheduled_change(subscription: Subscription, to: PlanChange.State, *, reason: str, actor: Actor) -> None:
    """End a change that was scheduled, if there is one, because no further term follows."""
    change = scheduled_change(subscription)
    if change is not None:
        _advance(change, to, actor, reason=reason)


def price_at(agreement: Agreement, moment: datetime) -> Money:
    """Return what a whole term of an agreement's subscription cost at a moment."""
    made = PlanChange.objects.filter(
        subscription__agreement=agreement, state=PlanChange.State.DONE, decided_at__lte=moment
    )
    change = made.order_by("-decided_at").first()
    return change.price if change else agreed_price(agreement.body)


def is_reproduced(charge: Charge) -> bool:
    """Compute the lines and the statement of a change's charge again, and compare the bytes."""
    change = PlanChange.objects.select_related("subscription__agreement").get(charge=charge)
    lines = [{**line, "amount_minor": _amount(line)} for line in change.lines]
    agreement = change.subscription.agreement
    again = canonical_json({**_statement(charge.number, charge.entitlement, agreement, change), "lines": lines})
    same = again == canonical_json(charge.body) and Digests(again).sha256 == charge.sha256
    return same and Digests(canonical_json(change.body)).sha256 == change.sha256


# --- what is refused -------------------------------------------------------------------------------------------------


def _offer(subscription: Subscription, plan_id: UUID, now: datetime) -> Offer:
    """Return the plan as it is offered now, if this subscription may change to it at all."""
    agreement = subscription.agreement
    order = agreement.order
    if agreement.state != Agreement.State.ACTIVE or subscription.term.end <= now:
        raise Problem("illegal_state", state=agreement.state)
    if crosses_border(order.provider, order.buyer):
        raise Problem("crosses_border")
    if Charge.objects.filter(entitlement__agreement=agreement, state__in=UNPAID).exists():
        raise Problem("charge_not_paid")
    if PlanChange.objects.filter(subscription=subscription, state=PlanChange.State.SCHEDULED).exists():
        raise Problem("change_scheduled")
    if plan_id == subscription.plan_id:
        raise field_problem("/plan_id", "same_plan", _("The subscription runs by this plan already."))
    offer = offer_for(order.listing_id, plan_id)
    if offer.plan.kind != Plan.Kind.SUBSCRIPTION:
        raise field_problem("/plan_id", "not_subscribed", _("The plan is no subscription."))
    if offer.plan.currency != subscription.currency:
        raise field_problem("/plan_id", "currency", _("The plan is in another currency."))
    if str(offer.terms.pk) != agreement.body["terms"]["id"]:
        raise Problem("terms_changed")
    return offer


def _refuse_ahead_of_time(subscription: Subscription, offer: Offer, term: Term, *, at_once: bool) -> None:
    """Refuse a term beyond the provider's right, and at once what is not paid for good or not by the buyer alone."""
    if outlasts(offer.listing.rights_until, term.days, on=term.start.astimezone(term.zone).date()):
        raise Problem("right_to_operate_ends", until=offer.listing.rights_until)
    if not at_once:
        return
    order = subscription.agreement.order
    if order.state not in SETTLED:
        raise Problem("order_not_settled", state=order.state)
    if order.disputes.filter(state__in=Dispute.OPEN).exists():
        raise Problem("dispute_open")
    by_voucher = "voucher" in subscription.agreement.body and _is_first_term(subscription)
    if by_voucher or any(map(has_use, _charged(subscription).values_list("id", flat=True))):
        # What a programme paid is not the buyer's to spend on something else (docs/vouchers.md).
        raise Problem("paid_by_voucher")


# --- days and prices -------------------------------------------------------------------------------------------------


def _when(subscription: Subscription, plan: Plan, now: datetime) -> tuple[bool, datetime, Term]:
    """Return whether a change is made at once, from which moment, and the whole of the new plan's first term.

    It is at once where the new term is the greater one: then nothing is paid out, whatever is left of the old one.
    """
    running = subscription.term
    at = max(now, running.start)  # a term that was paid ahead has not begun
    term = _term(subscription, plan, at)
    if is_greater(term, plan.price_minor, running, subscription.price_minor, at):
        return True, at, term
    return False, running.end, following_term(subscription, plan.cycle)


def _term(subscription: Subscription, plan: Plan, at: datetime) -> Term:
    if plan.cycle:
        return calendar_term(plan.cycle, at, subscription.venue.zone)
    if not subscription.cycle:
        return subscription.term  # all plans of a listing have the days of its terms
    return rolling_term(at, _term_days(subscription), subscription.venue.zone)


def following_term(subscription: Subscription, cycle: str) -> Term:
    """Return the whole of the term in which a subscription goes on after the running one."""
    end, zone = subscription.term.end, subscription.venue.zone
    return calendar_term(cycle, end, zone) if cycle else rolling_term(end, _term_days(subscription), zone)


def _term_days(subscription: Subscription) -> int:
    return subscription.agreement.order.listing.terms.term_days or 0


def _new_line(plan: Plan, term: Term, at: datetime) -> dict[str, Any]:
    line = _line("NEW_PLAN", plan.pk, plan.price_minor, term, at)
    return {**line, "amount_minor": _amount(line)}


def _unused_line(subscription: Subscription, at: datetime) -> dict[str, Any]:
    line = _line("UNUSED", subscription.plan_id, subscription.price_minor, subscription.term, at)
    line["returned_minor"] = _returned(subscription)
    return {**line, "amount_minor": _amount(line)}


def _line(what: str, plan_id: UUID, price_minor: int, term: Term, at: datetime) -> dict[str, Any]:
    first, last = (each.astimezone(term.zone).date() for each in (at, term.end))
    return {
        "line": what,
        "plan": str(plan_id),
        "price_minor": price_minor,
        "from": first.isoformat(),
        "until": last.isoformat(),
        "days": term.days_left(at),
        "of_days": term.days,
    }


def _amount(line: dict[str, Any]) -> int:
    """Return what a line comes to: its days' share of its price, half up; what is unused, less what went back of it."""
    share = prorated(line["price_minor"], line["days"], line["of_days"])
    return share if line["line"] == "NEW_PLAN" else min(0, line["returned_minor"] - share)


def _returned(subscription: Subscription) -> int:
    """Return what credit notes and awards have given back of the running term already: it is not credited again."""
    credited: int = _charged(subscription).aggregate(credited=Sum("credited_minor", default=0))["credited"]
    return credited + (_returned_of_order(subscription.agreement.order) if _is_first_term(subscription) else 0)


def _charged(subscription: Subscription) -> QuerySet[Charge]:
    """Return what the running term was charged with."""
    return Charge.objects.filter(
        entitlement__agreement=subscription.agreement_id,
        kind__in=[Charge.Kind.SUBSCRIPTION, Charge.Kind.PLAN_CHANGE],
        created_at__gte=subscription.term_starts_at - AHEAD,
    )


def _returned_of_order(order: Order) -> int:
    if order.state not in SETTLED:
        return 0
    price = SettlementLine.objects.filter(settlement__order_id=order.pk, payer=FeePayer.PROVIDER)
    settled: int = price.aggregate(settled=Sum("amount_minor", default=0))["settled"]
    back = (FeeLine.from_json(line) for lines in order.disputes.values_list("division", flat=True) for line in lines)
    return order.gross_minor - settled + sum(line.amount_minor for line in back if line.payer is FeePayer.PROVIDER)


def _is_first_term(subscription: Subscription) -> bool:
    return datetime.fromisoformat(subscription.agreement.body["agreed_at"]) >= subscription.term_starts_at


# --- rows and documents ----------------------------------------------------------------------------------------------


def _locked(change_id: UUID, actor: Actor) -> tuple[PlanChange, Subscription]:
    seen = find(PlanChange.objects.visible_to(actor), pk=change_id)
    subscription = locked_subscription(seen.subscription_id, actor)
    return PlanChange.objects.select_for_update(of=("self",)).get(pk=seen.pk), subscription


def _advance(
    change: PlanChange, to: PlanChange.State, actor: Actor, *, reason: str = "", charge: Charge | None = None
) -> None:
    details = {"charge": charge.number} if charge else {}
    changes = {"charge_id": charge.pk} if charge else {}
    advance(change, to=to, actor=actor, reason=reason, details=details, decided_at=timezone.now(), **changes)


@transaction.atomic
def _lapse(change_id: UUID) -> bool:
    change, subscription = _locked(change_id, SYSTEM)
    if change.state != PlanChange.State.SCHEDULED or Subscription.objects.running().filter(pk=subscription.pk).exists():
        return False
    _advance(change, PlanChange.State.LAPSED, SYSTEM, reason=_("The subscription has ended."))
    return True


def _basis(subscription: Subscription, offer: Offer) -> dict[str, Any]:
    """Return what the figures of a change rest on besides the day."""
    return {
        "listing_revision": offer.listing.revision,
        "plan": str(subscription.plan_id),
        "term": [subscription.term.start.isoformat(), subscription.term.end.isoformat()],
        "returned_minor": _returned(subscription),
    }


def _plan(plan_id: UUID, price: Money, cycle: str, included: str) -> dict[str, Any]:
    return {"plan": str(plan_id), "price": price.as_json(), "cycle": cycle, "new_versions": included}


def _statement(number: str, right: Entitlement, agreement: Agreement, change: PlanChange) -> dict[str, Any]:
    return {
        "number": number,
        "kind": Charge.Kind.PLAN_CHANGE.value,
        "entitlement": str(right.pk),
        "agreement": agreement.number,
        "venue": agreement.body["venue"],
        "period": change.number,
        "change": {"number": change.number, "sha256": change.sha256},
        "lines": change.lines,
    }
