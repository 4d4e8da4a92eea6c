"""Lineage across organizations: a dataset made from one that its organization licensed here."""

from uuid import UUID

from django.db import transaction

from accounts.access import find
from kernel.actors import Actor
from kernel.problems import Problem
from listings.lineage import Licence, add_licensed_parent
from listings.models import DatasetParent, Terms
from marketplace import problems  # noqa: F401 - registers the codes raised here
from marketplace.models import Entitlement


@transaction.atomic
def license_parent(*, dataset_id: UUID, entitlement_id: UUID, note: str = "", actor: Actor) -> DatasetParent:
    """Say that a dataset of the buyer was made from what an entitlement lets it read; the agreement's terms bind it.

    Raises Problem `not_found` for an entitlement of somebody else, `entitlement_not_active`, and those of
    `listings.lineage.add_licensed_parent`.
    """
    mine = Entitlement.objects.filter(organization=actor.organization_id).select_for_update(of=("self",))
    entitlement = find(mine.select_related("agreement", "version__dataset"), pk=entitlement_id)
    if entitlement.state != Entitlement.State.ACTIVE:
        raise Problem("entitlement_not_active", state=entitlement.state)

    agreement = entitlement.agreement
    licence = Licence(
        agreement_id=agreement.id,
        agreement_number=agreement.number,
        dataset=entitlement.version.dataset,
        terms=Terms.objects.get(pk=agreement.body["terms"]["id"]),
        until=entitlement.expires_at,
    )
    return add_licensed_parent(dataset_id=dataset_id, licence=licence, note=note, actor=actor)
