"""The console's view of listings: rows are read, and moved only by the acts of the capability functions."""

from listings.admin import datasets, listings, registry, revisions

__all__ = ["datasets", "listings", "registry", "revisions"]
