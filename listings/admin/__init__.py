"""The console's view of listings: rows are read, and moved only by the acts of the capability functions."""

from listings.admin import datasets, listings, revisions

__all__ = ["datasets", "listings", "revisions"]
