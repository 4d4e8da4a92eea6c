"""Whether a trade crosses a border, in which direction, and the standing of its exporter."""

from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_different_person
from accounts.models import Membership, Organization, OrganizationTie
from accounts.places import MAINLAND
from kernel import audit
from kernel.actors import Actor
from kernel.problems import Problem
from listings.crossborder.facts import Exporter, Recipient
from listings.models import ExporterProfile


def crosses_border(sender: Organization, receiver: Organization) -> bool:
    """Tell whether what goes from one organization to the other leaves a jurisdiction."""
    return sender.jurisdiction != receiver.jurisdiction


def direction_of(sender: Organization, receiver: Organization) -> str:
    """Return the direction as the engine names it, seen from the mainland."""
    if sender.jurisdiction == MAINLAND:
        return "outbound"
    return "inbound" if receiver.jurisdiction == MAINLAND else "transit"


def exporter_facts(organization: Organization) -> Exporter:
    """Return what is known of an exporter; a standing that no officer has confirmed counts for nothing.

    Whether a mainland exporter operates critical infrastructure is then unknown, which a person must judge.
    """
    abroad = organization.jurisdiction != MAINLAND
    profile = ExporterProfile.objects.filter(organization=organization, confirmed_by__isnull=False).first()
    return Exporter(
        jurisdiction=organization.jurisdiction,
        region=organization.division_code or None,
        ciio=False if abroad else (profile.ciio if profile else None),
        small=bool(profile and profile.small),
        ftz=(profile.ftz if profile else "") or False,
    )


def recipient_facts(organization: Organization) -> Recipient:
    """Return what is known of a recipient."""
    return Recipient(organization.jurisdiction, organization.division_code or None)


@transaction.atomic
def declare_standing(*, ciio: bool | None, small: bool, ftz: str, actor: Actor) -> ExporterProfile:
    """Declare the standing of one's organization as an exporter; it counts once an officer has confirmed it.

    `ciio` None says that nobody knows; `ftz` is the code of a free-trade zone, "" for none. Raises Problem `forbidden`.
    """
    require(actor, Permission.ORGANIZATION_MANAGE)
    if actor.organization_id is None or actor.person_id is None:
        raise Problem("forbidden")
    said = {"ciio": ciio, "small": small, "ftz": ftz}
    fresh = {**said, "declared_by": actor.person_id, "confirmed_by": None, "confirmed_at": None}
    profile, _made = ExporterProfile.objects.update_or_create(organization_id=actor.organization_id, defaults=fresh)
    audit.record("exporterprofile.declared", subject=profile, actor=actor, details=said)
    return profile


@transaction.atomic
def confirm_standing(*, profile_id: UUID, reason: str, actor: Actor) -> ExporterProfile:
    """Confirm a declared standing, by an officer of a venue whose member the exporter is; the reason says on what.

    Raises Problem `not_found`, `forbidden`, `same_person` or `illegal_state` where it is confirmed.
    """
    profile = find(ExporterProfile.objects.visible_to(actor).select_for_update(of=("self",)), pk=profile_id)
    require(actor, Permission.BORDER_REVIEW)
    member_of = Membership.objects.active().filter(organization=profile.organization_id)
    if not actor.is_system and not member_of.filter(venue__in=sorted(actor.venue_ids)).exists():
        raise Problem("forbidden", _("The exporter is no member of your venue."))
    require_different_person(actor, made_by=profile.declared_by)
    if profile.confirmed_by is not None:
        raise Problem("illegal_state", _("This standing is confirmed already."))

    profile.confirmed_by, profile.confirmed_at = actor.person_id, timezone.now()
    profile.save(update_fields=["confirmed_by", "confirmed_at"])
    details = {"ciio": profile.ciio, "small": profile.small, "ftz": profile.ftz}
    audit.record("exporterprofile.confirmed", subject=profile, actor=actor, reason=reason, details=details)
    return profile


def exporter_group(organization_id: UUID) -> list[UUID]:
    """Return an exporter and all its declared affiliates, and theirs, in one order.

    Persons are counted for all of them together: splitting a transfer among affiliates is forbidden (SCC23 art. 4,
    CERT25).
    """
    group, fringe = {organization_id}, {organization_id}
    while fringe:
        touching = Q(organization__in=fringe) | Q(other__in=fringe)
        ties = OrganizationTie.objects.filter(touching, ended_on__isnull=True).values_list("organization", "other")
        fringe = {tied for tie in ties for tied in tie} - group
        group |= fringe
    return sorted(group)
