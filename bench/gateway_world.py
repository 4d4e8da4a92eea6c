"""Offer an interface in the database that the environment names, buy it, and print the right and a token as JSON.

python -m bench.gateway_world http://127.0.0.1:9000
"""

import json
import os
import sys
from datetime import timedelta
from decimal import Decimal

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from accounts.models import Capacity  # noqa: E402 - after django.setup
from listings.metering import Metering, Unit  # noqa: E402
from tests.marketplace.interfaces import bought, listed_interface  # noqa: E402
from tests.marketplace.trading import make_buyer  # noqa: E402
from tests.world import make_client, make_member, make_token, person_of  # noqa: E402

if __name__ == "__main__":
    # Limits that are never reached, so that every call asks for them.
    metering = Metering(Unit.CALL, unit_price=Decimal("0.015"), most_units=10**9, calls_per_second=10**6)
    listing = listed_interface(make_member("gzdex", Capacity.PROVIDER), sys.argv[1], metering)
    delivery = bought(listing, make_buyer())
    token = make_token(make_client(person_of(delivery.organization)), lifetime=timedelta(hours=2))
    sys.stdout.write(json.dumps({"entitlement": str(delivery.entitlement_id), "token": token}))
