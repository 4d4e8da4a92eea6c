"""The listings that are told to machines, read in a fixed number of queries whatever the page."""

from collections.abc import Iterator

from django.db.models import Prefetch, QuerySet

from listings.models import DataFile, Listing

BATCH = 200


def described(listings: QuerySet[Listing] | None = None) -> QuerySet[Listing]:
    """Return listings with product, terms, files and provider, but without the profiles: two queries.

    Unless told otherwise, all that is public.
    """
    listings = Listing.objects.in_catalogue() if listings is None else listings
    files = DataFile.objects.defer("profile").order_by("name", "id")
    return (
        listings.select_related("organization", "venue", "product", "terms", "version")
        .prefetch_related(Prefetch("version__files", files))
        .defer("search", "version__profile", "version__wrapped_key", "version__refusal", "product__evidence")
    )


def profiled(listings: QuerySet[Listing] | None = None) -> QuerySet[Listing]:
    """Return listings with their plans and all that is known of their files: three queries."""
    listings = Listing.objects.in_catalogue() if listings is None else listings
    return (
        listings.select_related("organization", "venue", "product", "terms", "version")
        .prefetch_related("plans", Prefetch("version__files", DataFile.objects.order_by("name", "id")))
        .defer("search", "version__wrapped_key")
    )


def batches(listings: QuerySet[Listing]) -> Iterator[list[Listing]]:
    """Yield all rows in the order of their keys, BATCH at a time: memory, and queries per row, stay flat.

    Not a server-side cursor: that would hold a transaction, or a pooler's connection, as long as the client reads.
    """
    listings = listings.order_by("pk")
    batch = list(listings[:BATCH])
    while batch:
        yield batch
        batch = list(listings.filter(pk__gt=batch[-1].pk)[:BATCH]) if len(batch) == BATCH else []
