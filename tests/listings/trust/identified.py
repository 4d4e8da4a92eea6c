"""An identity source, a client with an entitlement, and invented persons."""

from uuid import UUID

from accounts.models import Capacity, Organization
from listings.crossborder.trust.programmes import key_for_source, keyed_hash, load_records, open_programme
from listings.models import IdentityProgramme, Listing
from marketplace.delivery.verification import register_consent
from marketplace.models import Entitlement
from tests.marketplace.trading import delivered, listed_dataset, make_buyer, placed
from tests.world import actor, make_member, person_of

# Invented; the ID number's division code does not exist.
PERSON = {"id": "000000199001011234", "name": "陈小明", "phone": "+8613800000000"}
PURPOSE = "核验贷款申请人身份"


def programme_of(listing: Listing) -> tuple[IdentityProgramme, bytes]:
    """Open a programme that is sold by the listing, with one person in it; return it and its key."""
    source = actor(person_of(listing.organization))
    programme = open_programme(product_id=listing.product_id, actor=source)
    key = key_for_source(programme_id=programme.pk, actor=source)
    row = ",".join(hashed(key, **PERSON).values())
    csv = f"id,name,phone\n{row}\n".encode()
    load_records(programme_id=programme.pk, chunks=[csv], media_type="text/csv", actor=source)
    return programme, key


def hashed(key: bytes, **values: str) -> dict[str, str]:
    return {kind: keyed_hash(key, kind, value) for kind, value in values.items()}


def entitled(client: Organization | None = None) -> tuple[Entitlement, IdentityProgramme, bytes]:
    """Let a client buy an open programme."""
    listing = listed_dataset(make_member("gzdex", Capacity.PROVIDER), price="10.00")
    programme, key = programme_of(listing)
    delivery = delivered(placed(listing, client or make_buyer()))
    return delivery.entitlement, programme, key


def consented(entitlement: Entitlement, key: bytes, number: str = PERSON["id"], days: int = 7) -> tuple[UUID, str]:
    """Register the person's consent; return its id and token."""
    consent, token = register_consent(
        entitlement_id=entitlement.pk,
        purpose=PURPOSE,
        subject=keyed_hash(key, "id", number),
        evidence_sha256="ab" * 32,
        days=days,
        actor=actor(person_of(entitlement.organization)),
    )
    return consent.pk, token
