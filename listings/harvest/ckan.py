"""Reading a CKAN catalogue: package_search of the action API, version 3, page by page until one is empty.

https://docs.ckan.org/en/2.11/api/ - portals that only resemble CKAN are read as far as they answer in its shape.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from listings.harvest.codes import known_facts
from listings.harvest.pages import Cursor, Page, Stopped, filled, page_at
from listings.harvest.wording import plain_text, texts

ROWS = 100
ACTIONS = "/api/3/action"
# Extras and own fields under which portals say what the dossier asks, ours first.
FACTS: Mapping[str, tuple[str, ...]] = {
    "product_type": ("product_type",),
    "industry": ("industry",),
    "region_scope": ("region_scope",),
    "frequency": ("frequency", "update_frequency", "accrual_periodicity"),
    "language": ("language",),
    "time_from": ("temporal_start", "temporal_coverage_from"),
    "time_to": ("temporal_end", "temporal_coverage_to"),
}


def read_page(address: str, cursor: Cursor | None) -> Page:
    """Return the page of packages at the cursor. Raises Stopped or FetchFailed."""
    start = (cursor or {"start": 0})["start"]
    query = {"rows": ROWS, "start": start, "sort": "id asc"}  # any fixed order; the usual one changes while one reads
    url = f"{_actions(address)}/package_search?{urlencode(query)}"
    answer = page_at(url, "application/json")
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        head = plain_text(answer.body[:200].decode("utf-8", "replace"))[:80]
        raise Stopped("not_json", url=url, head=head) from error
    count, packages = _result(document, url)
    following = {"start": start + len(packages)} if packages else {}
    return Page([entry_of(each) for each in packages], following, count, len(answer.body))


def _actions(address: str) -> str:
    parts = urlsplit(address)
    path = parts.path.rstrip("/")
    return parts._replace(path=path if path.endswith(ACTIONS) else path + ACTIONS, query="").geturl()


def _result(document: Any, url: str) -> tuple[int, list[Any]]:
    result = document.get("result") if isinstance(document, dict) and document.get("success") is True else None
    if isinstance(result, dict):
        count, packages = result.get("count"), result.get("results")
        if isinstance(count, int) and not isinstance(count, bool) and count >= 0 and isinstance(packages, list):
            return count, packages
    raise Stopped("not_ckan", url=url)


def entry_of(package: Any) -> Any:
    """Return a package as a record; what has no form of a package is returned as it is, to be refused."""
    if not isinstance(package, dict):
        return package
    title = texts(package.get("title_translated"), 200) or texts(package.get("title"), 200)
    entry = {
        "source_id": package.get("id") or package.get("name"),
        "title": title or texts(package.get("name"), 200),
        "description": texts(package.get("notes_translated"), 4000) or texts(package.get("notes"), 4000),
        **known_facts(_facts(package)),
        "described": _described(package),
    }
    return filled(entry)


def _facts(package: Mapping[str, Any]) -> dict[str, str]:
    extras = package.get("extras")
    told = {each.get("key"): each.get("value") for each in _objects(extras)} | dict(package)
    found = {}
    for field, names in FACTS.items():
        said = next((told[name] for name in names if isinstance(told.get(name), str) and told[name]), None)
        if said:
            found[field] = said
    return found


def _described(package: Mapping[str, Any]) -> dict[str, Any]:
    licence = {
        "name": _text(package.get("license_id")),
        "title": _text(package.get("license_title")),
        "path": _text(package.get("license_url")),
    }
    publisher = package.get("organization")
    found = {
        "page": _text(package.get("url")),
        "publisher": _text(publisher.get("title")) if isinstance(publisher, dict) else "",
        "licences": [filled(licence)] if any(licence.values()) else [],
        "keywords": [_text(each.get("display_name") or each.get("name")) for each in _objects(package.get("tags"))],
        "modified": _text(package.get("metadata_modified")),
        "resources": [_resource(each) for each in _objects(package.get("resources"))],
    }
    return filled(found)


def _resource(resource: Mapping[str, Any]) -> dict[str, Any]:
    size = resource.get("size")
    return filled(
        {
            "name": _text(resource.get("name")),
            "path": _text(resource.get("url")),
            "format": _text(resource.get("format")),
            "media_type": _text(resource.get("mimetype")),
            "bytes": size if isinstance(size, int) else None,
            "hash": _text(resource.get("hash")),
        }
    )


def _objects(value: Any) -> Iterable[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return plain_text(value)[:1000] if isinstance(value, str) else ""
