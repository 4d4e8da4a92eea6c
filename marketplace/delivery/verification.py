"""Identity verification as a product: key, consents and answers under an entitlement, each answer counted once.

The entitlement is the right to ask, checked at every question; the answer and its usage record are one transaction.
"""

from uuid import UUID

from django.db import transaction

from accounts.access import Permission, find, require
from kernel.actors import Actor
from listings.crossborder.trust import identity
from listings.crossborder.trust.programmes import key_of
from listings.models import IdentityConsent, IdentityProgramme, IdentityQuery
from marketplace.delivery.access import delivery_of, permit_for, require_in_force
from marketplace.delivery.metering import refuse_beyond_quota
from marketplace.models import Entitlement, UsageRecord

ANSWER_BYTES = 1  # what a yes or a no takes of a permit's ceiling


@transaction.atomic
def identity_key(*, entitlement_id: UUID, actor: Actor) -> bytes:
    """Give the programme's key to who may ask it. Raises `not_found`, `forbidden`, `entitlement_not_active`."""
    _entitlement, programme = _entitled(entitlement_id, actor)
    return key_of(programme, actor=actor)


@transaction.atomic
def register_consent(
    *, entitlement_id: UUID, purpose: str, subject: str, evidence_sha256: str, days: int, actor: Actor
) -> tuple[IdentityConsent, str]:
    """Register a consent under the entitlement and return it with its token. Raises as `identity_key` does."""
    _entitlement, programme = _entitled(entitlement_id, actor)
    return identity.register_consent(
        programme=programme,
        purpose=purpose,
        subject=subject,
        evidence_sha256=evidence_sha256,
        days=days,
        actor=actor,
    )


@transaction.atomic
def ask_identity(
    *, entitlement_id: UUID, token: str, nonce: str, subject: str, name: str, phone: str, actor: Actor
) -> IdentityQuery:
    """Answer yes or no and count the answer, once, whatever it is.

    Across a border it needs the delivery's permit: no permit, no answer. Raises as `identity_key` does,
    `quota_exhausted` beyond the units of a metered plan, what `use_permit` raises, and what
    listings.crossborder.trust.identity.answer_query raises; then nothing was counted or used up.
    """
    entitlement, programme = _entitled(entitlement_id, actor)
    query, is_new = identity.answer_query(
        programme=programme, token=token, nonce=nonce, subject=subject, name=name, phone=phone, actor=actor
    )
    if is_new:
        refuse_beyond_quota(entitlement)
        permit_for(delivery_of(entitlement), bytes_wanted=ANSWER_BYTES, actor=actor)
        UsageRecord.objects.create(
            entitlement=entitlement,
            organization_id=entitlement.organization_id,
            provider_id=entitlement.provider_id,
            venue_id=entitlement.venue_id,
            kind=UsageRecord.Kind.IDENTITY_QUERY,
            nonce=nonce,
            subject_id=query.pk,
        )
    return query


def _entitled(entitlement_id: UUID, actor: Actor) -> tuple[Entitlement, IdentityProgramme]:
    """Lock the entitlement, so that a client's questions are counted one after another, and find what it opens."""
    entitlement = find(
        Entitlement.objects.visible_to(actor)
        .select_related("agreement__order__listing")
        .select_for_update(of=("self",)),
        pk=entitlement_id,
    )
    require(actor, Permission.DELIVERY_READ, organization_id=entitlement.organization_id)
    require_in_force(entitlement)
    sold = entitlement.agreement.order.listing.product_id
    return entitlement, find(IdentityProgramme.objects.select_related("product"), product=sold)
