"""Subscriptions: new versions of what was bought flow to the buyer, as far as the frozen agreement says.

A version is current once it is offered: when its listing shows it, after whatever review that takes. From then on each
running subscription has a row for it (`NewVersion`). What may go out becomes a right and a delivery of its own, made
and checked by the same job as the first one; what may not is kept back with the reason, and asked about every minute.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.jobs import enqueue
from kernel.money import Currency, Money, parse_amount
from kernel.problems import field_problem
from listings.crossborder.parties import crosses_border
from listings.cycles import calendar_term
from listings.grade_confirmation import Grading, grading_of
from listings.models import Grade, Listing, PersonalData, Plan
from listings.terms import watermark_errors
from marketplace.delivery.access import require_files_agreed
from marketplace.delivery.push.targets import usable_target
from marketplace.delivery.starting import begin_delivery
from marketplace.delivery.version_changes import SUMMARISE_JOB
from marketplace.locks import lock_order
from marketplace.models import Agreement, Delivery, Entitlement, NewVersion, Order, Subscription

Hindrance = NewVersion.Hindrance
# What an order has come to once its first delivery is made.
FIRST_DELIVERED = (Order.State.DELIVERED, Order.State.ACCEPTED, Order.State.SETTLED, Order.State.CERTIFIED)
# How many numbers of a release, such as 2.1.0, stay the same in versions that are included.
SAME_NUMBERS = {Plan.NewVersions.MAJOR: 0, Plan.NewVersions.MINOR: 1, Plan.NewVersions.PATCH: 2}


def subscribe(order: Order, agreement: Agreement) -> None:
    """Begin the subscription of an order that is being funded, if the agreement is one."""
    agreed = agreement.body.get("subscription")
    if agreed is None:
        return
    start = datetime.fromisoformat(agreement.body["agreed_at"])
    # As it was agreed: the plan may be another by now, where the way across a border had to be cleared first.
    first = agreed.get("first_term")
    cycle = first["cycle"] if first else ""
    Subscription.objects.create(
        agreement=agreement,
        organization_id=order.buyer_id,
        provider_id=order.provider_id,
        venue_id=order.venue_id,
        product_id=agreement.body["product"]["id"],
        included=agreed["new_versions"],
        plan_id=order.plan_id,
        price_minor=agreed_price(agreement.body).minor,
        currency=order.currency,
        cycle=cycle,
        term_starts_at=calendar_term(cycle, start, order.venue.zone).start if cycle else start,
    )


def agreed_price(body: Mapping[str, Any]) -> Money:
    """Return what an agreement says that a whole term of its subscription costs."""
    price = body["subscription"].get("first_term", body)["price"]
    return Money(parse_amount(price["amount"]), Currency(price["currency"]))


def locked_subscription(subscription_id: UUID, actor: Actor) -> Subscription:
    """Return a subscription with its order, itself and its agreement locked, in that order; raises `not_found`."""
    visible = Subscription.objects.visible_to(actor).select_related("agreement")
    seen = find(visible, pk=subscription_id)
    lock_order(seen.agreement.order_id, SYSTEM)
    related = ("agreement__order__listing__terms", "agreement__order__buyer", "agreement__order__provider", "venue")
    return Subscription.objects.select_related(*related).select_for_update(of=("self", "agreement")).get(pk=seen.pk)


def living_rights(agreement: Agreement) -> models.QuerySet[Entitlement]:
    """Return the rights of an agreement that have not ended."""
    ended = (Entitlement.State.REVOKED, Entitlement.State.EXPIRED)
    return Entitlement.objects.filter(agreement=agreement).exclude(state__in=ended)


@transaction.atomic
def set_policy(*, subscription_id: UUID, policy: str, target_id: UUID | None = None, actor: Actor) -> Subscription:
    """Say what becomes of new versions: the buyer is told, or they are pushed to one of its targets.

    Raises Problem `not_found`, `forbidden`, `not_delivered_as_files`, or `invalid` at `/target_id`.
    """
    visible = Subscription.objects.visible_to(actor).select_related("agreement").select_for_update(of=("self",))
    subscription = find(visible, pk=subscription_id)
    require(actor, Permission.PUSH_MANAGE, organization_id=subscription.organization_id)

    target = None
    if policy == Subscription.Policy.PUSH:
        require_files_agreed(subscription.agreement.body)
        target = usable_target(target_id, subscription.organization_id)
    elif target_id is not None:
        raise field_problem("/target_id", "not_pushed", _("Only what is pushed has a target."))
    before = subscription.policy
    subscription.policy, subscription.target = policy, target
    subscription.save(update_fields=["policy", "target"])
    details = {"before": before, "after": policy, "target": target and str(target.pk)}
    audit.record("subscription.policy_set", subject=subscription, actor=actor, details=details)
    return subscription


def follow_versions(product_id: UUID | None = None) -> int:
    """Announce what is offered now to the subscriptions that have not heard of it; return how many.

    A job does it for one product when a listing changes its version, and a sweep for all.
    """
    unheard = _unheard(product_id)
    for subscription_id, version_id in unheard:
        _announce(subscription_id, version_id)
    return len(unheard)


def deliver_waiting(limit: int = 500) -> int:
    """Ask again about the versions that are kept back, the older ones first; return how many go out."""
    running = Subscription.objects.running()
    waiting = NewVersion.objects.filter(delivery__isnull=True, subscription__in=running).order_by("id")
    return sum(_deliver(new_id) for new_id in list(waiting.values_list("pk", flat=True)[:limit]))


def hindrance_of(new: NewVersion, order: Order) -> str:
    """Return what keeps a version back at this moment, "" if nothing does; the caller holds the order's lock."""
    return next((code for code, hinders in HINDRANCES.items() if hinders(new, order)), "")


def _unheard(product_id: UUID | None) -> list[tuple[UUID, UUID]]:
    """Return running subscriptions, each with the offered version that it has neither received nor heard of."""
    offered = Subscription.objects.running().filter(
        product__listings__state=Listing.State.LISTED, product__listings__venue=F("venue")
    )
    if product_id is not None:
        offered = offered.filter(product=product_id)
    told = offered.annotate(offered=F("product__listings__version"), at=F("product__listings__version__number"))
    as_new = Entitlement.objects.filter(agreement=OuterRef("agreement"), version__number__gte=OuterRef("at"))
    heard = NewVersion.objects.filter(subscription=OuterRef("pk"), version=OuterRef("offered"))
    return list(told.filter(~Exists(as_new), ~Exists(heard)).order_by("pk").values_list("pk", "offered"))


def _announce(subscription_id: UUID, version_id: UUID) -> None:
    with transaction.atomic():
        subscription = Subscription.objects.select_related("agreement").get(pk=subscription_id)
        lock_order(subscription.agreement.order_id, SYSTEM)
        if NewVersion.objects.filter(subscription=subscription, version=version_id).exists():
            return
        had = Entitlement.objects.filter(agreement=subscription.agreement_id).order_by("-version__number")
        new = NewVersion.objects.create(
            subscription=subscription,
            organization_id=subscription.organization_id,
            provider_id=subscription.provider_id,
            venue_id=subscription.venue_id,
            version_id=version_id,
            since_id=had.values_list("version", flat=True)[0],
        )
        audit.record("newversion.announced", subject=new, actor=SYSTEM, details={"version": str(version_id)})
    _deliver(new.pk)


@transaction.atomic
def _deliver(new_id: UUID) -> bool:
    """Begin the delivery of a new version, or write down why not; return whether the buyer gets it.

    One that has crossed the border by an order of its own is not sent again: that delivery becomes the subscription's.
    """
    order_id = NewVersion.objects.values_list("subscription__agreement__order", flat=True).get(pk=new_id)
    order = lock_order(order_id, SYSTEM, "agreement", "buyer", "provider")
    new = NewVersion.objects.select_related("version", "subscription").get(pk=new_id)
    if new.delivery_id is not None:
        return False
    hindrance = hindrance_of(new, order)
    crossed = _crossed(new, order) if hindrance == Hindrance.BORDER else None
    if hindrance and crossed is None:
        if hindrance != new.hindrance:
            new.hindrance = hindrance
            new.save(update_fields=["hindrance"])
            audit.record("newversion.kept_back", subject=new, actor=SYSTEM, reason=new.get_hindrance_display())
        return False
    last = order.deliveries.order_by("-number").values_list("number", flat=True)[0]
    new.delivery = crossed or begin_delivery(order, order.agreement, new.version, number=last + 1)
    new.hindrance = ""
    new.save(update_fields=["delivery", "hindrance"])
    enqueue(
        SUMMARISE_JOB,
        key=str(new.pk),
        subject_id=new.pk,
        organization_id=new.organization_id,
        venue_id=new.venue_id,
    )
    action = "newversion.crossed" if crossed else "newversion.going_out"
    audit.record(action, subject=new, actor=SYSTEM, details={"delivery": str(new.delivery_id)})
    return True


def _crossed(new: NewVersion, order: Order) -> Delivery | None:
    """Return the delivery by which a version crossed the border to the buyer: another order's, with its own case."""
    opened = Delivery.objects.filter(
        organization=new.organization_id,
        entitlement__version=new.version_id,
        kind=Delivery.Kind.ORDERED,
        state__in=(Delivery.State.DELIVERED, Delivery.State.ACCEPTED),
        new_version__isnull=True,
    )
    # Another sweep may be looking at it for another subscription of the same buyer.
    free = opened.exclude(order=order).order_by("id").select_for_update(of=("self",), skip_locked=True)
    return free.first()


# --- what keeps a version back --------------------------------------------------------------------------------------


def _has_ended(_new: NewVersion, order: Order) -> bool:
    agreement = order.agreement
    is_over = agreement.expires_at is not None and agreement.expires_at <= timezone.now()
    return is_over or agreement.state not in Agreement.MOVES


def _is_suspended(_new: NewVersion, order: Order) -> bool:
    return order.agreement.state != Agreement.State.ACTIVE


def _is_open(_new: NewVersion, order: Order) -> bool:
    return order.state not in FIRST_DELIVERED


def _is_not_included(new: NewVersion, order: Order) -> bool:
    same = SAME_NUMBERS[Plan.NewVersions(new.subscription.included)]
    agreed = [int(number) for number in order.agreement.body["subscription"]["from_release"].split(".")]
    return list(new.version.release or ())[:same] != agreed[:same]


def _is_graver(new: NewVersion, order: Order) -> bool:
    body = order.agreement.body["subscription"]
    agreed = Grading(Grade(body["grade"]), PersonalData(body["personal_data"]))
    return agreed.is_below(grading_of(new.version))


def _comes_another_way(_new: NewVersion, order: Order) -> bool:
    # A room's privacy budget and an interface's quota belong to the agreement; another right would bring them anew.
    return not {"FILE", "TABLE"}.issuperset(order.agreement.body["product"]["deliveries"])


def _cannot_be_marked(new: NewVersion, order: Order) -> bool:
    return any(watermark_errors(new.version, order.agreement.body["terms"].get("watermark_columns", [])))


def _needs_a_case(_new: NewVersion, order: Order) -> bool:
    # A case is decided for one version: its persons are counted, its digests declared (listings/crossborder).
    return crosses_border(order.provider, order.buyer)


HINDRANCES: Mapping[Hindrance, Callable[[NewVersion, Order], bool]] = {
    Hindrance.ENDED: _has_ended,
    Hindrance.SUSPENDED: _is_suspended,
    Hindrance.ORDER_OPEN: _is_open,
    Hindrance.NOT_INCLUDED: _is_not_included,
    Hindrance.GRADE: _is_graver,
    Hindrance.WAY: _comes_another_way,
    Hindrance.MARK: _cannot_be_marked,
    Hindrance.BORDER: _needs_a_case,
}
