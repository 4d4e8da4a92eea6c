"""The console's view of listings: rows are read, and moved only by the acts of the capability functions."""

from listings.admin import corpora, datasets, listings, registry, revisions

__all__ = ["corpora", "datasets", "listings", "registry", "revisions"]
from listings.admin import harvests

__all__ = ["datasets", "harvests", "listings", "registry", "revisions"]
