"""Absolute addresses of what the catalogue names. They are also the names of things in RDF, so they never change."""

from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.urls import reverse


def absolute(path: str) -> str:
    """Return the address of a path of this exchange, below settings.PUBLIC_URL."""
    return settings.PUBLIC_URL.rstrip("/") + path


def listing_page(listing_id: UUID) -> str:
    """Return where a listing is described and ordered from."""
    return absolute(reverse("catalogue-detail", args=[listing_id]))


def dataset_iri(listing_id: UUID) -> str:
    """Return the name of the dataset that a listing offers, as opposed to the page about it."""
    return f"{listing_page(listing_id)}#dataset"


def file_iri(listing_id: UUID, file_id: UUID) -> str:
    return f"{listing_page(listing_id)}#file-{file_id}"


def catalogue_iri() -> str:
    return f"{absolute(reverse('catalogue'))}#catalogue"


def exchange_iri() -> str:
    return absolute("/#exchange")


def industry_iri(code: str = "") -> str:
    """Return the name of an industry, or of the whole scheme."""
    return f"{absolute(reverse('industries'))}#{code or 'scheme'}"


def urn(key: UUID) -> str:
    """Return the name of a row that has no public page, the one that its ODRL policy uses too."""
    return f"urn:uuid:{key}"


def with_query(path: str, **parameters: str) -> str:
    """Return the absolute address of a path with the parameters that are not empty."""
    given = {name: value for name, value in parameters.items() if value}
    return absolute(path) + (f"?{urlencode(given)}" if given else "")
