"""What the bodies of several acts name: an organization by its id."""

from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Organization
from kernel.actors import Actor
from kernel.problems import field_problem


def organization_named(organization_id: UUID, actor: Actor) -> Organization:
    """Return an organization that the actor may see; raises Problem `invalid` at /organization_id otherwise."""
    organization = Organization.objects.visible_to(actor).filter(id=organization_id).first()
    if organization is None:
        raise field_problem(
            "/organization_id", "unknown_organization", _("There is no such organization among your venues' members.")
        )
    return organization
