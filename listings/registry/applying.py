"""What applicants and holders do: apply, consent to a transfer, hand in what was missing, withdraw.

Source: 数据产权登记工作指引（试行）, 国数综政策〔2026〕35号; the time limits stand in listings/data/registry.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_reason
from accounts.models import Venue
from accounts.venues import venue_named
from kernel.actors import Actor
from kernel.audit import record
from kernel.digests import Digests, canonical_json
from kernel.problems import Problem, field_problem
from kernel.states import advance
from listings.models import Product, PropertyRegistration, RegistrationClock
from listings.models.registry import OPEN
from listings.registry.clocks import resume_clock, start_clock
from listings.registry.entries import (
    SILENCE_JOB,
    dossier_for,
    end_application,
    enqueue_for,
    locked_entry,
    refuse_annotated,
)
from listings.registry.rules import RegistryRules, rules_on

State = PropertyRegistration.State
Kind = PropertyRegistration.Kind
Clock = RegistrationClock.Kind


@transaction.atomic
def apply_for_registration(
    *,
    product_id: UUID,
    venue: str,
    kind: str,
    follows: str = "",
    rights: Sequence[str] = (),
    cause: str = "",
    actor: Actor,
) -> PropertyRegistration:
    """Apply to a registration body for a product's property rights; `venue` is its code.

    The dossier is frozen as it stands. A transfer (转让) is applied for by who takes the rights over: `follows` is the
    number of the holder's registration, `rights` are those taken over (all of them if empty), and the holder consents
    first. A cancellation (注销) takes its `cause`.

    Raises `not_found`, `forbidden`, or `invalid` with the field: a venue that is no registration body or the
    applicant's own, a product that is not registered with the exchange, an entry that follows nothing, a renewal
    outside its window. `registration_under_way` while another application is open, `registration_annotated` while an
    annotation keeps the registration from it.
    """
    product = find(Product.objects.visible_to(actor).select_for_update(of=("self",), no_key=True), pk=product_id)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=product.organization_id)
    if actor.person_id is None:
        raise Problem("forbidden")
    there = venue_named(venue)
    today = timezone.localdate()
    rules = rules_on(today)
    _check_body(there, product, rules)
    if product.state != Product.State.REGISTERED and kind != Kind.CANCEL:
        raise field_problem("/product_id", "not_registered", _("Register the product with the exchange first."))
    if PropertyRegistration.objects.filter(product=product, state__in=OPEN).exists():
        raise Problem("registration_under_way")
    in_force = PropertyRegistration.objects.filter(product=product, state=State.CERTIFIED).first()
    base = _taken_over(follows, in_force, product) if kind == Kind.TRANSFER else in_force
    _check_kind(kind, in_force, rules, today)
    taken = _rights_of(product, kind, base, rights)
    _check_what_the_kind_takes(kind, follows, rights, cause)
    if base is not None:
        if base.venue_id != there.pk:
            raise field_problem("/venue", "another_body", _("Another body keeps this registration."))
        refuse_annotated(base, kind)

    return write_application(
        product=product,
        venue=there,
        kind=kind,
        follows=base,
        rights=taken,
        cause=cause.strip(),
        rules=rules.edition,
        actor=actor,
        person_id=actor.person_id,
    )


def _check_body(venue: Venue, product: Product, rules: RegistryRules) -> None:
    if venue.code not in rules.bodies:
        raise field_problem("/venue", "not_a_registration_body", _("This venue is no registration body."))
    # Article 5 of the guide: a registration body may not register its own data.
    if venue.operator_id == product.organization_id:
        raise field_problem("/venue", "own_data", _("A registration body may not register its own data."))


def _check_what_the_kind_takes(kind: str, follows: str, rights: Sequence[str], cause: str) -> None:
    if kind != Kind.TRANSFER and (follows or rights):
        where = "/follows" if follows else "/rights"
        raise field_problem(where, "not_taken", _("Only a transfer names a registration and rights."))
    if kind == Kind.CANCEL and not cause.strip():
        raise field_problem("/cause", "required", _("Say why the registration is to be cancelled."))


def write_application(
    *,
    product: Product,
    venue: Venue,
    kind: str,
    follows: PropertyRegistration | None,
    rights: Sequence[str],
    cause: str,
    rules: str,
    actor: Actor,
    person_id: UUID,
    ground: str = "",
) -> PropertyRegistration:
    """Write an application with its frozen dossier, and start its clock unless the holder has to consent first."""
    dossier = dossier_for(product, kind, follows, rights)
    digests = Digests(canonical_json(dossier))
    asks = kind == Kind.TRANSFER
    registration = PropertyRegistration.objects.create(
        organization_id=product.organization_id,
        venue=venue,
        product=product,
        kind=kind,
        follows=follows,
        state=State.CONSENT if asks else State.APPLIED,
        rights=sorted(rights),
        cause=cause,
        rules=rules,
        dossier=dossier,
        sha256=digests.sha256,
        sm3=digests.sm3,
        ground=ground,
        applied_by_id=person_id,
    )
    record(
        "propertyregistration.applied",
        subject=registration,
        actor=actor,
        reason=cause,
        details={
            "kind": kind,
            "follows": follows.number if follows else None,
            "sha256": digests.sha256,
            "sm3": digests.sm3,
        },
    )
    if not asks:
        _await_acceptance(registration)
    return registration


@transaction.atomic
def consent_to_transfer(*, registration_id: UUID, actor: Actor) -> PropertyRegistration:
    """Let the application for a transfer go on, as the holder of the registration that it follows.

    Raises `not_found`, `forbidden`, `illegal_state`, `not_in_force`, `registration_under_way` while another entry that
    follows it is open, or `registration_annotated`.
    """
    registration = locked_entry(registration_id, actor)
    base = registration.follows
    if base is None or registration.kind != Kind.TRANSFER:
        raise Problem("illegal_state", state=registration.state)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=base.organization_id)
    if actor.person_id is None:
        raise Problem("forbidden")
    if base.state != State.CERTIFIED:
        raise Problem("not_in_force", state=base.state)
    if base.followed_by.filter(state__in=OPEN).exists():
        raise Problem("registration_under_way")
    refuse_annotated(base, registration.kind)

    advance(registration, to=State.APPLIED, actor=actor, consented_by_id=actor.person_id)
    _await_acceptance(registration)
    return registration


@transaction.atomic
def supplement(*, registration_id: UUID, actor: Actor) -> PropertyRegistration:
    """Hand in what was missing: the dossier is taken anew and the review goes on.

    Raises `not_found`, `forbidden` or `illegal_state` unless a supplement was asked for.
    """
    registration = locked_entry(registration_id, actor)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=registration.organization_id)
    own = registration.kind in (Kind.TRANSFER, Kind.CANCEL)
    rights = registration.rights if own else sorted(registration.product.rights)
    dossier = dossier_for(registration.product, registration.kind, registration.follows, rights)
    digests = Digests(canonical_json(dossier))
    advance(
        registration,
        to=State.UNDER_REVIEW,
        actor=actor,
        details={"sha256": digests.sha256, "sm3": digests.sm3},
        dossier=dossier,
        rights=rights,
        sha256=digests.sha256,
        sm3=digests.sm3,
        supplements=[],
    )
    resume_clock(registration, Clock.DECISION)
    return registration


@transaction.atomic
def withdraw_application(*, registration_id: UUID, reason: str, actor: Actor) -> PropertyRegistration:
    """Withdraw an application that is not yet notarised, saying why; a holder so declines a transfer.

    Raises `not_found`, `forbidden` (also for a cancellation that the body itself began), `illegal_state`, `invalid`.
    """
    registration = locked_entry(registration_id, actor)
    who = registration.organization_id
    if registration.state == State.CONSENT and registration.follows is not None and actor.organization_id != who:
        who = registration.follows.organization_id
    require(actor, Permission.PRODUCT_MANAGE, organization_id=who)
    if registration.kind == Kind.CANCEL and registration.ground:
        raise Problem("forbidden", _("The registration body began this."))
    end_application(registration, State.TERMINATED, actor=actor, reason=require_reason(reason))
    return registration


def renewal_opens(valid_until: date, months: int) -> date:
    """Return the first day of the window in which a registration may be renewed."""
    month = valid_until.month - months
    year, month = (valid_until.year, month) if month > 0 else (valid_until.year - 1, month + 12)
    return date(year, month, min(valid_until.day, 28))


def _await_acceptance(registration: PropertyRegistration) -> None:
    clock = start_clock(registration, Clock.ACCEPTANCE)
    enqueue_for(SILENCE_JOB, registration, due_at=clock.due_at)


def _taken_over(number: str, in_force: PropertyRegistration | None, product: Product) -> PropertyRegistration:
    """Return the registration that a transfer follows; raises `invalid`."""
    if in_force is not None:
        raise field_problem("/product_id", "registered_already", _("The product has a registration of its own."))
    base = PropertyRegistration.objects.filter(number=number, state=State.CERTIFIED).first() if number else None
    if base is None:
        raise field_problem("/follows", "unknown", _("No registration in force has this number."))
    if base.organization_id == product.organization_id:
        raise field_problem("/follows", "own_registration", _("The registration is the applicant's own."))
    return base


def _rights_of(product: Product, kind: str, base: PropertyRegistration | None, asked: Sequence[str]) -> Sequence[str]:
    """Return the rights of the entry: the product's, or what a transfer takes over and the product claims."""
    if base is None or kind not in (Kind.TRANSFER, Kind.CANCEL):
        return product.rights
    if kind == Kind.CANCEL:
        return base.rights
    taken = asked or base.rights
    for index, right in enumerate(taken):
        if right not in base.rights:
            raise field_problem(
                f"/rights/{index}", "right_not_registered", _("The holder has no such right registered.")
            )
        if right not in product.rights:
            raise field_problem(f"/rights/{index}", "right_not_claimed", _("The product does not claim this right."))
    return list(dict.fromkeys(taken))


def _check_kind(kind: str, in_force: PropertyRegistration | None, rules: RegistryRules, today: date) -> None:
    if kind == Kind.TRANSFER:
        return
    first = kind == Kind.FIRST
    if first and in_force is not None:
        raise field_problem(
            "/kind", "registered_already", _("The product is registered: apply for a change or renewal.")
        )
    if not first and in_force is None:
        raise field_problem("/kind", "not_registered", _("There is no registration in force that could be followed."))
    if kind == Kind.RENEWAL and in_force and in_force.valid_until:
        opens = renewal_opens(in_force.valid_until, rules.renewal_opens_months)
        if not opens <= today < in_force.valid_until:
            raise field_problem(
                "/kind", "outside_renewal_window", _("Renew it from %(day)s on, before it ends.") % {"day": opens}
            )
