"""Offer a version that is ready in the database that the environment names; print its listing and plan as JSON."""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from listings.models import DatasetVersion  # noqa: E402 - after django.setup
from tests.faults.world import PRICE  # noqa: E402
from tests.marketplace.trading import listed_version  # noqa: E402

if __name__ == "__main__":
    version = DatasetVersion.objects.select_related("organization").get(pk=sys.argv[1])
    listing = listed_version(version, price=PRICE)
    sys.stdout.write(json.dumps({"listing_id": str(listing.id), "plan_id": str(listing.plans.get().id)}))
