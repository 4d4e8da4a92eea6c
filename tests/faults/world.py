"""Make the traders of the fault tests in the database that the environment names, and print their tokens as JSON."""

import json
import os
import sys
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from accounts.models import Capacity, Role  # noqa: E402 - after django.setup
from tests.marketplace.computing import SHAOGUAN, compute_listing  # noqa: E402
from tests.marketplace.interfaces import bought, listed_interface  # noqa: E402
from tests.marketplace.rooming import opened_room, room_listing  # noqa: E402
from tests.marketplace.trading import listed_dataset, make_buyer  # noqa: E402
from tests.world import make_client, make_member, make_token, person_of, staff  # noqa: E402

PRICE = "10.00"
BUYERS = 8


def make(rows: int) -> dict[str, object]:
    """Offer a table of so many rows for 10.00 CNY, an interface, a clean room and compute, to all who trade them."""
    provider = make_member("gzdex", Capacity.PROVIDER)
    table = "code,name\n" + "".join(f"{number},沙面街道\n" for number in range(rows))
    listing = listed_dataset(provider, price=PRICE, content=table.encode())
    buyer = make_buyer(funds="100000.00")
    interface = bought(listed_interface(provider, "http://127.0.0.1:9"), buyer)
    room = opened_room(room_listing(provider), buyer)
    compute = bought(compute_listing(provider, SHAOGUAN), buyer)
    traders = {
        "provider": person_of(provider),
        "buyer": person_of(buyer),
        "tight": person_of(make_buyer(funds="70.00")),  # enough for seven orders
        "officer": staff("gzdex", Role.SETTLEMENT_OFFICER),
    } | {f"buyer{number}": person_of(make_buyer(funds="100000.00")) for number in range(BUYERS)}
    tokens = {name: make_token(make_client(person), lifetime=timedelta(hours=2)) for name, person in traders.items()}
    return {
        "listing_id": str(listing.id),
        "plan_id": str(listing.plans.get().id),
        "interface_id": str(interface.order.listing.product_id),
        "entitlement": str(interface.entitlement_id),
        "room": str(room.pk),
        "right_to_compute": str(compute.entitlement_id),
        "pool": str(compute.order.listing.product.pools.get().pk),
        "tokens": tokens,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make(int(sys.argv[1]))))
