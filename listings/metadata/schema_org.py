"""A listing as schema.org/Dataset, which search engines for datasets read: https://schema.org/Dataset"""

from typing import Any

from kernel.languages import in_language
from kernel.money import Currency, Money
from listings.metadata import addresses, vocabulary
from listings.metadata.dcat import CATALOGUE, TERMS, keywords, modified_at
from listings.metadata.fields import fields_of
from listings.models import DataFile, Listing, Plan, Product, RegionScope

Document = dict[str, Any]


def schema_org_document(listing: Listing) -> Document:
    """Return the description in the language of the request; the other languages' names are alternate ones.

    Readers of schema.org take a plain text for a name and know nothing of language maps.
    """
    name = in_language(listing.name)
    found: Document = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": addresses.dataset_iri(listing.pk),
        "name": name,
        "alternateName": [text for text in dict.fromkeys(listing.name.values()) if text != name],
        "description": in_language(listing.summary),
        "url": addresses.listing_page(listing.pk),
        "identifier": [each for each in (listing.number, listing.product.number) if each],
        "keywords": [in_language(words) for words in keywords(listing)],
        "version": str(listing.version.number),
        "inLanguage": listing.product.language,
        "license": license_work(listing),
        "creator": provider(listing),
        "publisher": provider(listing),
        "includedInDataCatalog": {
            "@type": "DataCatalog",
            "@id": addresses.catalogue_iri(),
            "name": in_language(CATALOGUE),
        },
        "datePublished": listing.listed_at.isoformat() if listing.listed_at else "",
        "dateModified": changed.isoformat() if (changed := modified_at(listing)) else "",
        "temporalCoverage": _period(listing.product),
        "spatialCoverage": _place(listing),
        "isAccessibleForFree": listing.price_from_minor == 0,
        "offers": [_offer(plan, listing) for plan in listing.plans.all()],
        "distribution": [_download(file, listing) for file in listing.version.files.all()],
        "variableMeasured": [
            {"@type": "PropertyValue", "name": field.name}
            for file in listing.version.files.all()
            for field in fields_of(file)
        ],
    }
    return {key: held for key, held in found.items() if held not in ("", [], None)}


def license_work(listing: Listing) -> Document:
    """Return the terms of use as a work, with their text."""
    return {
        "@type": "CreativeWork",
        "@id": addresses.urn(listing.terms_id),
        "name": f"{in_language(TERMS)} v{listing.terms.version}",
        "text": in_language(listing.terms.text),
        "url": addresses.listing_page(listing.pk),
    }


def provider(listing: Listing) -> Document:
    organization = listing.organization
    return {"@type": "Organization", "@id": addresses.urn(organization.pk), "name": in_language(organization.name)}


def _offer(plan: Plan, listing: Listing) -> Document:
    return {
        "@type": "Offer",
        "price": Money(plan.price_minor, Currency(plan.currency)).as_json()["amount"],
        "priceCurrency": plan.currency,
        "availability": "https://schema.org/InStock",
        "url": addresses.listing_page(listing.pk),
        "offeredBy": {"@id": addresses.urn(listing.organization_id)},
    }


def _download(file: DataFile, listing: Listing) -> Document:
    found = {
        "@type": "DataDownload",
        "@id": addresses.file_iri(listing.pk, file.pk),
        "name": file.name,
        "encodingFormat": vocabulary.media_type(file.format),
        "contentUrl": addresses.listing_page(listing.pk),
        "contentSize": f"{file.size} B" if file.size is not None else "",
        "sha256": file.sha256,
    }
    return {key: held for key, held in found.items() if held}


def _period(product: Product) -> str:
    """Return an ISO 8601 interval; `..` is an open end."""
    if product.time_from is None and product.time_to is None:
        return ""
    start, end = (limit.isoformat() if limit else ".." for limit in (product.time_from, product.time_to))
    return f"{start}/{end}"


def _place(listing: Listing) -> Document | None:
    if not listing.region_scope:
        return None
    return {"@type": "Place", "name": in_language(vocabulary.labels(RegionScope(listing.region_scope)))}
