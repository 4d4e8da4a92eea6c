"""The console's view of listings: rows are read, and moved only by the acts of the capability functions."""

from listings.admin import (
    border,
    certificates,
    committee,
    corpora,
    customs,
    datasets,
    harvests,
    identity,
    listings,
    price_ceilings,
    registry,
    revisions,
    rule_sets,
    trust,
)

__all__ = [
    "border",
    "certificates",
    "committee",
    "corpora",
    "customs",
    "datasets",
    "harvests",
    "identity",
    "listings",
    "price_ceilings",
    "registry",
    "revisions",
    "rule_sets",
    "trust",
]
