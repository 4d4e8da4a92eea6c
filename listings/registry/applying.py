"""What an applicant does: apply, hand in what was missing, withdraw, give a registration up.

Source: 数据产权登记工作指引（试行）, 国数综政策〔2026〕35号; the time limits stand in listings/data/registry.
"""

from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_reason
from accounts.venues import venue_named
from kernel.actors import Actor
from kernel.audit import record
from kernel.digests import Digests, canonical_json
from kernel.problems import Problem, field_problem
from kernel.states import advance
from listings.models import Product, PropertyRegistration, RegistrationClock
from listings.registry.certifying import revoke_certificate_of
from listings.registry.clocks import resume_clock, start_clock
from listings.registry.entries import SILENCE_JOB, dossier_of, end_application, enqueue_for, locked_entry
from listings.registry.rules import RegistryRules, rules_on

State = PropertyRegistration.State
Clock = RegistrationClock.Kind


@transaction.atomic
def apply_for_registration(*, product_id: UUID, venue: str, kind: str, actor: Actor) -> PropertyRegistration:
    """Apply to a registration body for a product's property rights; `venue` is its code.

    The dossier is frozen as it stands. Raises `not_found`, `forbidden`, or `invalid` with the field: a venue that is no
    registration body or the applicant's own, a product that is not registered with the exchange, a change or renewal
    of nothing, a renewal outside its window. `registration_under_way` while another application is open.
    """
    product = find(Product.objects.visible_to(actor).select_for_update(of=("self",), no_key=True), pk=product_id)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=product.organization_id)
    if actor.person_id is None:
        raise Problem("forbidden")
    there = venue_named(venue)
    today = timezone.localdate()
    rules = rules_on(today)
    if there.code not in rules.bodies:
        raise field_problem("/venue", "not_a_registration_body", _("This venue is no registration body."))
    # Article 5 of the guide: a registration body may not register its own data.
    if there.operator_id == product.organization_id:
        raise field_problem("/venue", "own_data", _("A registration body may not register its own data."))
    if product.state != Product.State.REGISTERED:
        raise field_problem("/product_id", "not_registered", _("Register the product with the exchange first."))
    open_ones = PropertyRegistration.objects.filter(product=product, state__in=PropertyRegistration.OPEN)
    if open_ones.exists():
        raise Problem("registration_under_way")
    in_force = PropertyRegistration.objects.filter(product=product, state=State.CERTIFIED).first()
    _check_kind(kind, in_force, rules, today)

    dossier = dossier_of(product)
    digests = Digests(canonical_json(dossier))
    registration = PropertyRegistration.objects.create(
        organization_id=product.organization_id,
        venue=there,
        product=product,
        kind=kind,
        follows=in_force,
        rights=sorted(product.rights),
        rules=rules.edition,
        dossier=dossier,
        sha256=digests.sha256,
        sm3=digests.sm3,
        applied_by_id=actor.person_id,
    )
    record(
        "propertyregistration.applied",
        subject=registration,
        actor=actor,
        details={"kind": kind, "sha256": digests.sha256, "sm3": digests.sm3},
    )
    clock = start_clock(registration, Clock.ACCEPTANCE)
    enqueue_for(SILENCE_JOB, registration, due_at=clock.due_at)
    return registration


@transaction.atomic
def supplement(*, registration_id: UUID, actor: Actor) -> PropertyRegistration:
    """Hand in what was missing: the dossier is taken anew and the review goes on.

    Raises `not_found`, `forbidden` or `illegal_state` unless a supplement was asked for.
    """
    registration = locked_entry(registration_id, actor)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=registration.organization_id)
    dossier = dossier_of(registration.product)
    digests = Digests(canonical_json(dossier))
    advance(
        registration,
        to=State.UNDER_REVIEW,
        actor=actor,
        details={"sha256": digests.sha256, "sm3": digests.sm3},
        dossier=dossier,
        rights=sorted(registration.product.rights),
        sha256=digests.sha256,
        sm3=digests.sm3,
        supplements=[],
    )
    resume_clock(registration, Clock.DECISION)
    return registration


@transaction.atomic
def withdraw_application(*, registration_id: UUID, reason: str, actor: Actor) -> PropertyRegistration:
    """Withdraw an application that is not yet notarised, saying why."""
    registration = locked_entry(registration_id, actor)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=registration.organization_id)
    end_application(registration, State.TERMINATED, actor=actor, reason=require_reason(reason))
    return registration


@transaction.atomic
def cancel_registration(*, registration_id: UUID, reason: str, actor: Actor) -> PropertyRegistration:
    """Give a registration in force up (注销): its certificate is revoked with the reason."""
    registration = locked_entry(registration_id, actor)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=registration.organization_id)
    said = require_reason(reason)
    advance(registration, to=State.CANCELLED, actor=actor, reason=said)
    revoke_certificate_of(registration, reason=said)
    return registration


def renewal_opens(valid_until: date, months: int) -> date:
    """Return the first day of the window in which a registration may be renewed."""
    month = valid_until.month - months
    year, month = (valid_until.year, month) if month > 0 else (valid_until.year - 1, month + 12)
    return date(year, month, min(valid_until.day, 28))


def _check_kind(kind: str, in_force: PropertyRegistration | None, rules: RegistryRules, today: date) -> None:
    first = kind == PropertyRegistration.Kind.FIRST
    if first and in_force is not None:
        raise field_problem(
            "/kind", "registered_already", _("The product is registered: apply for a change or renewal.")
        )
    if not first and in_force is None:
        raise field_problem("/kind", "not_registered", _("There is no registration in force that could be followed."))
    if kind == PropertyRegistration.Kind.RENEWAL and in_force and in_force.valid_until:
        opens = renewal_opens(in_force.valid_until, rules.renewal_opens_months)
        if not opens <= today < in_force.valid_until:
            raise field_problem(
                "/kind", "outside_renewal_window", _("Renew it from %(day)s on, before it ends.") % {"day": opens}
            )
