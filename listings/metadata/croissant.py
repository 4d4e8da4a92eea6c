"""A listing as MLCommons Croissant, which loaders of training data read.

https://docs.mlcommons.org/croissant/docs/croissant-spec.html (1.0) and croissant-spec-1.1.html
"""

from collections.abc import Mapping
from typing import Any

from kernel.languages import in_language, language_tag
from listings.metadata import addresses
from listings.metadata.fields import Field, fields_of, typed_as
from listings.metadata.nodes import PREFIXES
from listings.metadata.odrl import policy_properties
from listings.metadata.schema_org import license_work, provider
from listings.metadata.vocabulary import TABLES, media_type
from listings.models import DataFile, Listing

Document = dict[str, Any]
VERSIONS = ("1.0", "1.1")
# The specification's own context (1.0, appendix 1); a document must not need the network to be read.
CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
# What 1.1 adds: language maps, arrays, and the vocabulary of the policy.
CONTEXT_1_1: Mapping[str, Any] = {
    **CONTEXT,
    "arrayShape": "cr:arrayShape",
    "dawan": PREFIXES["dawan"],
    "description": {"@container": "@language"},
    "isArray": "cr:isArray",
    "name": {"@container": "@language"},
    "odrl": PREFIXES["odrl"],
    "xsd": PREFIXES["xsd"],
}

TYPES: Mapping[str, str] = {
    "integer": "sc:Integer",
    "decimal": "sc:Float",
    "boolean": "sc:Boolean",
    "date": "sc:Date",
    "timestamp": "sc:DateTime",
    "time": "sc:Time",
}
# As the reference loader names them, which knows neither IANA's name for Parquet nor application/jsonl.
ENCODINGS: Mapping[str, str] = {
    DataFile.Format.JSONL: "application/jsonlines",
    DataFile.Format.PARQUET: "application/x-parquet",
}


def croissant_document(listing: Listing, *, version: str = "1.0") -> Document:
    """Return the description in the language of the request; a record set for every file, a field for every column.

    1.1 adds the terms of use as an ODRL policy.
    """
    files = list(enumerate(listing.version.files.all(), 1))
    found: Document = {
        "@context": dict(CONTEXT if version == "1.0" else CONTEXT_1_1) | {"@language": language_tag()},
        "@type": "sc:Dataset",
        "@id": addresses.dataset_iri(listing.pk),
        "conformsTo": f"http://mlcommons.org/croissant/{version}",
        "name": in_language(listing.name),
        "description": in_language(listing.summary),
        "url": addresses.listing_page(listing.pk),
        "version": f"{listing.version.number}.0.0",
        "license": license_work(listing),
        "creator": provider(listing),
        "publisher": provider(listing),
        "datePublished": listing.listed_at.date().isoformat() if listing.listed_at else "",
        "inLanguage": listing.product.language,
        "citeAs": f"{provider(listing)['name']}: {in_language(listing.name)}. {listing.number or ''}".strip(),
        "distribution": [_file_object(number, file, listing) for number, file in files],
        "recordSet": [records for number, file in files if (records := _record_set(number, file))],
    }
    if version != "1.0":
        found["odrl:hasPolicy"] = {
            "@type": "odrl:Offer",
            "@id": addresses.urn(listing.terms_id),
            **policy_properties(listing.terms.policy),
        }
    return {key: held for key, held in found.items() if held not in ("", [])}


def _file_object(number: int, file: DataFile, listing: Listing) -> Document:
    return {
        "@type": "cr:FileObject",
        "@id": f"file-{number}",
        "name": file.name,
        "encodingFormat": ENCODINGS.get(file.format) or media_type(file.format),
        # Where the bytes are ordered; a delivery names its own address for them.
        "contentUrl": addresses.listing_page(listing.pk),
        "contentSize": f"{file.size} B",
        "sha256": file.sha256,
    }


def _record_set(number: int, file: DataFile) -> Document | None:
    """Return the records of a file, or None where the format has no way to say where its values are."""
    fields = [_field(number, field) for field in fields_of(file) if field.name == field.column]
    if file.format not in TABLES or not fields or not (file.profile or {}).get("dialect", {}).get("header", True):
        return None
    return {
        "@type": "cr:RecordSet",
        "@id": f"records-{number}",
        "name": f"records-{number}",
        "description": file.name,
        "field": fields,
    }


def _field(number: int, field: Field) -> Document:
    """Return a field. Columns are found by their names, so a blank or repeated one cannot be told (see checks.py)."""
    return {
        "@type": "cr:Field",
        "@id": f"records-{number}/{field.number}",
        "name": field.name,
        "dataType": typed_as(field, TYPES, "sc:Text"),
        "source": {"fileObject": {"@id": f"file-{number}"}, "extract": {"column": field.column}},
    }
