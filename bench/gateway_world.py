"""Offer an interface in the database that the environment names, buy it, and print the right and a token as JSON.

python -m bench.gateway_world http://127.0.0.1:9000
"""

import json
import os
import sys
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from accounts.models import Capacity  # noqa: E402 - after django.setup
from tests.marketplace.interfaces import bought, listed_interface  # noqa: E402
from tests.marketplace.trading import make_buyer  # noqa: E402
from tests.world import make_client, make_member, make_token, person_of  # noqa: E402

if __name__ == "__main__":
    listing = listed_interface(make_member("gzdex", Capacity.PROVIDER), sys.argv[1])
    delivery = bought(listing, make_buyer())
    token = make_token(make_client(person_of(delivery.organization)), lifetime=timedelta(hours=2))
    sys.stdout.write(json.dumps({"entitlement": str(delivery.entitlement_id), "token": token}))
