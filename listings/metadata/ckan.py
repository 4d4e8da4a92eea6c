"""Listings in the shapes of CKAN's action API, version 3: https://docs.ckan.org/en/2.10/api/

A package is a listing, its organization the provider, its group the venue, its resources the files of its version.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from accounts.models import Organization, Venue
from kernel.languages import in_language
from kernel.money import Currency, Money
from listings.industries import industries
from listings.metadata import addresses, vocabulary
from listings.metadata.dcat import ABOUT_CATALOGUE, EXCHANGE, TERMS, keywords
from listings.models import DataFile, Listing, ProductType, Visibility

Shape = dict[str, Any]
SPOKEN_VERSION = "2.10.0"  # of the API that is spoken here, which clients ask for


def status() -> Shape:
    return {
        "site_title": in_language(EXCHANGE),
        "site_description": in_language(ABOUT_CATALOGUE),
        "site_url": addresses.absolute(""),
        "ckan_version": SPOKEN_VERSION,
        "error_emails_to": None,
        "locale_default": "en",
        "extensions": [],
    }


def package_name(listing: Listing) -> str:
    """Return CKAN's name of a listing: its number in lower case, which is unique and never changes."""
    return (listing.number or "").lower()


def package(listing: Listing) -> Shape:
    """Return a package with its resources, in the language of the request."""
    organization = listing.organization
    listed_at = _moment(listing.listed_at)
    resources = [resource(listing, file, place) for place, file in enumerate(listing.version.files.all())]
    tags = [tag(in_language(words)) for words in keywords(listing)]
    return {
        "id": str(listing.pk),
        "name": package_name(listing),
        "title": in_language(listing.name),
        "notes": in_language(listing.summary),
        "url": addresses.listing_page(listing.pk),
        "version": str(listing.version.number),
        "type": "dataset",
        "state": "active",
        "private": False,
        "isopen": False,
        "author": in_language(organization.name),
        "maintainer": in_language(organization.name),
        "license_id": str(listing.terms_id),
        "license_title": f"{in_language(TERMS)} v{listing.terms.version}",
        "license_url": addresses.listing_page(listing.pk),
        "owner_org": str(organization.pk),
        "organization": provider(organization),
        "groups": [_group(listing.venue)],
        "metadata_created": listed_at,
        "metadata_modified": listed_at,
        "tags": tags,
        "num_tags": len(tags),
        "resources": resources,
        "num_resources": len(resources),
        "extras": [{"key": key, "value": value} for key, value in _extras(listing).items() if value],
        "relationships_as_subject": [],
        "relationships_as_object": [],
    }


def resource_id(listing: Listing, file: DataFile) -> str:
    """Return the name of a file in one listing; the same version may be listed at two venues."""
    return f"{listing.pk}_{file.pk}"


def resource(listing: Listing, file: DataFile, place: int) -> Shape:
    return {
        "id": resource_id(listing, file),
        "package_id": str(listing.pk),
        "position": place,
        "name": file.name,
        "description": "",
        "format": file.format,
        "mimetype": vocabulary.media_type(file.format),
        "size": file.size,
        "hash": f"sha256:{file.sha256}" if file.sha256 else "",
        "url": addresses.listing_page(listing.pk),
        "url_type": None,
        "state": "active",
        "created": _moment(listing.version.sealed_at or listing.listed_at),
        "metadata_modified": _moment(listing.listed_at),
        "last_modified": _moment(listing.version.sealed_at or listing.listed_at),
        "datastore_active": False,
    }


def provider(organization: Organization, *, packages: int | None = None) -> Shape:
    """Return an organization of CKAN's; its name is its key, since ours have names in Chinese."""
    found = {
        "id": str(organization.pk),
        "name": str(organization.pk),
        "title": in_language(organization.name),
        "type": "organization",
        "description": "",
        "image_url": "",
        "created": _moment(organization.created_at),
        "is_organization": True,
        "approval_status": "approved",
        "state": "active",
    }
    return found if packages is None else _full(found, packages)


def group(venue: Venue, *, packages: int) -> Shape:
    found = {
        **_group(venue),
        "type": "group",
        "created": _moment(venue.created_at),
        "is_organization": False,
        "approval_status": "approved",
        "state": "active",
    }
    return _full(found, packages)


def tag(name: str) -> Shape:
    return {"id": name, "name": name, "display_name": name, "vocabulary_id": None, "state": "active"}


def providers() -> QuerySet[Organization]:
    """Return the organizations that have something listed, with `packages`: how much."""
    listed = Listing.objects.in_catalogue().filter(organization=OuterRef("pk"))
    return Organization.objects.filter(Exists(listed)).annotate(packages=_packages()).order_by("pk")


def venues() -> QuerySet[Venue]:
    return Venue.objects.annotate(packages=_packages()).order_by("code")


def tags() -> list[str]:
    """Return the tags of all that is listed, in the language of the request; one query."""
    listed = Listing.objects.in_catalogue().order_by().values_list("product_type", "industry").distinct()
    found: set[str] = set()
    for product_type, code in listed:
        found.add(in_language(vocabulary.labels(ProductType(product_type))))
        if industry := industries().get(code):
            found |= {in_language(industry.name), in_language(industry.section_name)}
    return sorted(found)


def as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _group(venue: Venue) -> Shape:
    title = in_language(venue.name)
    return {
        "id": str(venue.pk),
        "name": venue.code,
        "title": title,
        "display_name": title,
        "description": "",
        "image_display_url": "",
    }


def _full(found: Shape, packages: int) -> Shape:
    return {**found, "display_name": found["title"], "package_count": packages, "extras": [], "users": [], "tags": []}


def _packages() -> Count:
    public = Q(listings__state=Listing.State.LISTED, listings__visibility=Visibility.PUBLIC)
    return Count("listings", filter=public)


def _extras(listing: Listing) -> dict[str, str]:
    """Return what CKAN has no field for; values are texts, as CKAN wants them."""
    product = listing.product
    return {
        "identifier": listing.number or "",
        "registration_number": product.number or "",
        "venue": listing.venue.code,
        "product_type": listing.product_type,
        "industry": listing.industry,
        "region_scope": listing.region_scope,
        "frequency": listing.frequency,
        "language": product.language,
        "temporal_start": product.time_from.isoformat() if product.time_from else "",
        "temporal_end": product.time_to.isoformat() if product.time_to else "",
        "rows": str(listing.rows or ""),
        "price_from": Money(listing.price_from_minor or 0, Currency(listing.currency)).as_json()["amount"],
        "currency": listing.currency,
        "dcat": addresses.absolute(reverse("listing-dcat-jsonld", args=[listing.pk])),
    }


def _moment(value: datetime | None) -> str | None:
    """Return CKAN's way to write a moment: UTC, without saying so."""
    return value.strftime("%Y-%m-%dT%H:%M:%S.%f") if value else None
