"""Clean rooms in tests: a listing that is asked about but never handed out, and an open room."""

from typing import Any

from accounts.models import Organization
from listings.crossborder.border_dossier import declare_border_dossier
from listings.grade_confirmation import confirm_grade
from listings.listing import create_listing
from listings.models import DatasetVersion, Listing
from listings.registration import create_product, register_product
from marketplace.delivery.clean_room import queries
from marketplace.models import CleanRoom, RoomQuery
from tests.listings.offers import dossier, make_plan, make_terms, put_up
from tests.marketplace.trading import delivered, placed, stored_version
from tests.world import actor, person_of

# Visits of patients: 400 in 天河, 300 in 越秀, and one alone in 南沙, whom nobody may learn of.
COUNTS = {"天河": 400, "越秀": 300, "南沙": 1}
VISITS = "patient,district,visited_on,amount,note\n" + "".join(
    f"{district}{number},{district},2025-0{1 + number % 6}-15,{100 + number % 50},note-{number}\n"
    for district, count in COUNTS.items()
    for number in range(count)
)
RULES: dict[str, Any] = {
    "min_group": 10,
    "epsilon": "60",
    "columns": [
        {"name": "district", "grouped": True, "places": 0},
        {"name": "visited_on", "grouped": True, "places": 0},
        {"name": "amount", "grouped": False, "least": 0, "greatest": 200, "places": 0},
    ],
    "rows_per_person": 1,
    "max_rows": 100,
    "approval": "RULE",
    "templates_only": False,
}


def room_listing(provider: Organization, content: str = VISITS, **rules: Any) -> Listing:
    """Return a listing delivered by privacy computing alone; `rules` differ from RULES."""
    return room_listing_of(stored_version(provider, content.encode()), **rules)


def room_listing_of(version: DatasetVersion, *, abroad: bool = False, **rules: Any) -> Listing:
    """Offer a stored version by privacy computing alone, also across the border where `abroad`."""
    who = actor(person_of(version.organization))
    if abroad:
        confirm_grade(version_id=version.pk, grade="GENERAL", personal_data="NONE", actor=who)
    product = create_product(
        dataset_id=version.dataset_id, dossier=dossier(deliveries=["PRIVACY_COMPUTING"]), actor=who
    )
    register_product(product_id=product.pk, actor=who)
    product.refresh_from_db()
    if abroad:
        border = {"reach": "ANYWHERE", "scenario": "OTHER", "n_general": 701, "n_sensitive": 0}
        declare_border_dossier(product_id=product.pk, fields=border, actor=who)
    listing = create_listing(
        product_id=product.pk,
        venue_code="gzdex",
        version_id=version.pk,
        terms_id=make_terms(product, clean_room=RULES | rules).pk,
        plan_ids=[make_plan(product, "10.00").pk],
        actor=who,
    )
    return put_up(listing)


def opened_room(listing: Listing, buyer: Organization) -> CleanRoom:
    """Buy the listing and let the worker open its room."""
    delivery = delivered(placed(listing, buyer))
    return CleanRoom.objects.get(entitlement=delivery.entitlement_id)


def asked(room: CleanRoom, sql: str, epsilon: str = "6", **fields: Any) -> RoomQuery:
    who = actor(person_of(room.organization))
    return queries.ask(room_id=room.pk, sql=sql, epsilon=queries.Decimal(epsilon), actor=who, **fields)
