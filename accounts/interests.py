"""Who is related to whom, and may therefore not decide: by a role, a declared interest, or a tie of organizations (I5).

A person declares their own interests, an administrator the ties of the organization. Nothing is deleted: what has
ended still counts for a while, and a role that ends leaves an interest behind.
"""

from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import find, require
from accounts.models import Affiliation, Interest, Organization, OrganizationTie, Person
from accounts.permissions import Permission
from kernel import audit
from kernel.actors import Actor
from kernel.problems import Problem, field_problem

COOLING_OFF = timedelta(days=3 * 365)  # a decision is kept clear of what ended within three years


@transaction.atomic
def declare_interest(
    *, organization_id: UUID, kind: str, ended_on: date | None = None, note: str = "", actor: Actor
) -> Interest:
    """Declare one's own relation to an organization, past or present.

    Raises Problem `forbidden` where no person answers, or `invalid` for an unknown organization or a day to come.
    """
    organization = _organization(organization_id)
    if actor.person_id is None:
        raise Problem("forbidden")
    if ended_on is not None and ended_on > timezone.localdate():
        raise field_problem("/ended_on", "in_the_future", _("What has not ended yet has no end."))

    interest = Interest.objects.create(
        person_id=actor.person_id, organization=organization, kind=kind, ended_on=ended_on, note=note
    )
    audit.record("interest.declared", subject=interest, actor=actor, details={"kind": kind})
    return interest


@transaction.atomic
def end_interest(*, interest_id: UUID, actor: Actor) -> Interest:
    """Say that an interest of one's own has ended today. Raises Problem `not_found` or `illegal_state`."""
    interest = find(Interest.objects.filter(person=actor.person_id).select_for_update(), pk=interest_id)
    if interest.ended_on is not None:
        raise Problem("illegal_state", _("It has ended already."))

    interest.ended_on = timezone.localdate()
    interest.save(update_fields=["ended_on"])
    audit.record("interest.ended", subject=interest, actor=actor)
    return interest


def keep_past_employment(person: Person, organization: Organization) -> Interest:
    """Keep, as a role ends, that the person had one: leaving an organization does not make one a stranger to it."""
    return Interest.objects.create(
        person=person, organization=organization, kind=Interest.Kind.EMPLOYMENT, ended_on=timezone.localdate()
    )


@transaction.atomic
def declare_tie(*, organization_id: UUID, other_id: UUID, kind: str, actor: Actor) -> OrganizationTie:
    """Declare an affiliate of the actor's organization.

    Raises Problem `forbidden`, or `invalid` at `/other_id`; the database refuses the same tie twice (`tie_exists`).
    """
    require(actor, Permission.ORGANIZATION_MANAGE, organization_id=organization_id)
    other = _organization(other_id, pointer="/other_id")
    if other.pk == organization_id:
        raise field_problem("/other_id", "same_organization", _("Name another organization."))

    tie = OrganizationTie.objects.create(organization_id=organization_id, other=other, kind=kind)
    audit.record("organizationtie.declared", subject=tie, actor=actor, details={"other": str(other.pk), "kind": kind})
    return tie


@transaction.atomic
def end_tie(*, tie_id: UUID, actor: Actor) -> OrganizationTie:
    """Say that a declared tie has ended today. Raises Problem `not_found`, `forbidden` or `illegal_state`."""
    tie = find(OrganizationTie.objects.visible_to(actor).select_for_update(of=("self",)), pk=tie_id)
    require(actor, Permission.ORGANIZATION_MANAGE, organization_id=tie.organization_id)
    if tie.ended_on is not None:
        raise Problem("illegal_state", _("It has ended already."))

    tie.ended_on = timezone.localdate()
    tie.save(update_fields=["ended_on"])
    audit.record("organizationtie.ended", subject=tie, actor=actor)
    return tie


# --- asking ----------------------------------------------------------------------------------------------------------


def related_organizations(organization_id: UUID) -> set[UUID]:
    """Return the organizations that a declaration of either side ties to this one, now or until lately."""
    ties = OrganizationTie.objects.filter(
        Q(organization=organization_id) | Q(other=organization_id),
        Q(ended_on__isnull=True) | Q(ended_on__gte=_since()),
    )
    return {id_ for pair in ties.values_list("organization", "other") for id_ in pair} - {organization_id}


def relation_between(one_id: UUID, other_id: UUID) -> str:
    """Return what relates two organizations, or "": the same one, a tie, an affiliate or a person they share."""
    if one_id == other_id:
        return "same_organization"
    around, around_other = related_organizations(one_id), related_organizations(other_id)
    if other_id in around:
        return "tie"
    if around & around_other:
        return "common_affiliate"
    people = Affiliation.objects.filter(organization=one_id).values("person")
    if Affiliation.objects.filter(organization=other_id, person__in=people).exists():
        return "common_person"
    return ""


def require_unrelated(actor: Actor, organization_id: UUID) -> None:
    """Raise Problem `conflict_of_interest`, saying why, if the person who answers is related to the organization.

    Related is who has a role in it or in an affiliate of it, who acts for an affiliate, and who has declared an
    interest in one of them that has not ended, or ended within the cooling-off.
    """
    around = {organization_id} | related_organizations(organization_id)
    if actor.organization_id in around - {organization_id}:
        raise Problem("conflict_of_interest", relation="employer_is_affiliate")
    role = Affiliation.objects.filter(person=actor.person_id, organization__in=around).first()
    if role is not None:
        what = "role" if role.organization_id == organization_id else "role_in_affiliate"
        raise Problem("conflict_of_interest", relation=what)
    current = Q(ended_on__isnull=True) | Q(ended_on__gte=_since())
    interest = Interest.objects.filter(current, person=actor.person_id, organization__in=around).first()
    if interest is not None:
        reason = _("You have declared a relation to the provider: %(kind)s.") % {"kind": interest.get_kind_display()}
        raise Problem("conflict_of_interest", reason, relation=interest.kind.lower())


def _organization(organization_id: UUID, *, pointer: str = "/organization_id") -> Organization:
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization is None:
        raise field_problem(pointer, "unknown", _("There is no such organization."))
    return organization


def _since() -> date:
    return timezone.localdate() - COOLING_OFF
