"""A sitemap for search engines (https://www.sitemaps.org/protocol.html) and an Atom feed of what was listed last."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from uuid import UUID
from xml.etree.ElementTree import Element, SubElement, tostring

from django.db.models import F, Window
from django.db.models.functions import Mod, RowNumber
from django.urls import reverse

from kernel.languages import in_language
from listings.metadata import addresses
from listings.metadata.dcat import CATALOGUE, modified_at
from listings.metadata.documents import xml_text
from listings.models import Listing

ADDRESSES_PER_SITEMAP = 10_000  # the protocol allows 50,000
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
ATOM = "http://www.w3.org/2005/Atom"


def sitemap_index() -> str:
    """Return the index of the sitemaps; each is named by its first listing, so that a new listing changes the last."""
    root = Element("sitemapindex", xmlns=SITEMAP)
    for first in _firsts():
        SubElement(SubElement(root, "sitemap"), "loc").text = addresses.absolute(reverse("sitemap", args=[first]))
    return _document(root)


def sitemap(first: UUID) -> str:
    """Return the sitemap of the listings from `first` on; one query."""
    root = Element("urlset", xmlns=SITEMAP)
    listings = Listing.objects.in_catalogue().filter(pk__gte=first).order_by("pk")
    for key, listed_at in listings.values_list("pk", "listed_at")[:ADDRESSES_PER_SITEMAP]:
        address = SubElement(root, "url")
        SubElement(address, "loc").text = addresses.listing_page(key)
        SubElement(address, "lastmod").text = listed_at.date().isoformat() if listed_at else None
    return _document(root)


def newest_feed(listings: Iterable[Listing], *, this: str, first: str, following: str) -> str:
    """Return a page of the feed in the language of the request (RFC 4287, RFC 5005)."""
    rows = list(listings)
    root = Element("feed", xmlns=ATOM)
    SubElement(root, "id").text = first.split("?", 1)[0]
    SubElement(root, "title").text = in_language(CATALOGUE)
    updated = max((at for row in rows if (at := modified_at(row))), default=datetime(1970, 1, 1, tzinfo=UTC))
    SubElement(root, "updated").text = updated.isoformat()
    for relation, address in {"self": this, "first": first, "next": following}.items():
        if address:
            SubElement(root, "link", rel=relation, href=address)
    root.extend(_entries(rows))
    return _document(root)


def _entries(listings: Iterable[Listing]) -> Iterator[Element]:
    for listing in listings:
        entry = Element("entry")
        SubElement(entry, "id").text = addresses.urn(listing.pk)
        SubElement(entry, "title").text = xml_text(in_language(listing.name))
        SubElement(entry, "summary").text = xml_text(in_language(listing.summary))
        SubElement(entry, "link", rel="alternate", href=addresses.listing_page(listing.pk))
        SubElement(SubElement(entry, "author"), "name").text = xml_text(in_language(listing.organization.name))
        SubElement(entry, "category", term=listing.industry)
        if listing.listed_at and (changed := modified_at(listing)):
            SubElement(entry, "published").text = listing.listed_at.isoformat()
            SubElement(entry, "updated").text = changed.isoformat()
        yield entry


def _firsts() -> Iterable[UUID]:
    """Return the first key of every sitemap, counted by the database: the keys themselves are too many to be read."""
    place = Window(RowNumber(), order_by=F("pk").asc())
    listed = Listing.objects.in_catalogue().alias(place_in_sitemap=Mod(place, ADDRESSES_PER_SITEMAP))
    return listed.filter(place_in_sitemap=1).order_by("pk").values_list("pk", flat=True)


def _document(root: Element) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode")
