"""The console's view of listings: rows are read, and moved only by the acts of the capability functions."""

from listings.admin import certificates, committee, corpora, datasets, harvests, listings, registry, revisions

__all__ = ["certificates", "committee", "corpora", "datasets", "harvests", "listings", "registry", "revisions"]
