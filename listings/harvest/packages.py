"""Reading a Frictionless data package: https://specs.frictionlessdata.io/data-package/ (v1; v2's own terms as well).

One package is one record. What it describes is kept as it stands; nothing that it refers to is fetched.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from kernel.problems import FieldError
from listings.harvest.entries import Unusable, source_id_of
from listings.harvest.pages import filled
from listings.harvest.wording import plain_text, texts

MOST_FIELDS = 4096  # as many columns as a table may have
RESOURCE: Mapping[str, str] = {
    "name": "name",
    "title": "title",
    "path": "path",
    "format": "format",
    "mediatype": "media_type",
    "bytes": "bytes",
    "hash": "hash",
    "encoding": "encoding",
    "dialect": "dialect",
}
FIELD = ("name", "type", "format", "title", "description", "constraints")


def is_package(document: Any) -> bool:
    """Tell a data package, or the attempt at one, from a record of a manifest."""
    return isinstance(document, dict) and "resources" in document and "source_id" not in document


def entry_of(package: Mapping[str, Any]) -> dict[str, Any] | Unusable:
    """Return a package as a record, or why it is none."""
    source_id = source_id_of({"source_id": package.get("id") or package.get("name")})
    if errors := list(_errors(package, source_id)):
        return Unusable(source_id, errors)
    languages = package.get("languages")
    first = str(languages[0]) if isinstance(languages, list) and languages else ""
    return filled(
        {
            "source_id": source_id,
            "title": _texts(package.get("title"), 200, first) or texts(package.get("name"), 200),
            "description": _texts(package.get("description"), 4000, first),
            "described": _described(package),
        }
    )


def _texts(value: Any, limit: int, language: str) -> dict[str, str]:
    """Return a text of the package, which may be a map by language with "" for the package's first one."""
    if isinstance(value, dict) and "" in value:
        value = {language or "en": value[""], **{tag: text for tag, text in value.items() if tag}}
    return texts(value, limit, language=language)


def _errors(package: Mapping[str, Any], source_id: str) -> Iterator[FieldError]:
    if not source_id:
        yield FieldError("/name", "required", _("A data package needs a name or an id."))
    resources = package.get("resources")
    if not isinstance(resources, list) or not resources:
        yield FieldError("/resources", "required", _("A data package has at least one resource."))
        return
    for number, resource in enumerate(resources):
        yield from _resource_errors(resource, f"/resources/{number}")


def _resource_errors(resource: Any, pointer: str) -> Iterator[FieldError]:
    if not isinstance(resource, dict):
        yield FieldError(pointer, "not_an_object", _("A resource is an object."))
        return
    paths = resource.get("path")
    given = paths if isinstance(paths, list) else [paths]
    if "data" not in resource and not (given and all(isinstance(path, str) and path for path in given)):
        yield FieldError(f"{pointer}/path", "required", _("A resource has a path, or its data."))
    elif any(isinstance(path, str) and (path.startswith(("/", "\\")) or ".." in path.split("/")) for path in given):
        yield FieldError(
            f"{pointer}/path", "unsafe_path", _("A path is an address or lies in the package's own folder.")
        )
    schema = resource.get("schema")
    if isinstance(schema, dict) and not _has_fields(schema.get("fields")):
        yield FieldError(
            f"{pointer}/schema/fields", "invalid", _("A schema lists fields, each with a name of its own.")
        )


def _has_fields(fields: Any) -> bool:
    if not isinstance(fields, list) or len(fields) > MOST_FIELDS:
        return False
    names = [field.get("name") if isinstance(field, dict) else None for field in fields]
    return all(isinstance(name, str) for name in names) and len(set(names)) == len(names)


def _described(package: Mapping[str, Any]) -> dict[str, Any]:
    people = _objects(package.get("contributors"))
    publisher = next((each for each in people if each.get("role") == "publisher"), people[0] if people else {})
    return filled(
        {
            "page": _text(package.get("homepage")),
            "publisher": _text(publisher.get("title")),
            "licences": _only(package.get("licenses"), ("name", "title", "path")),
            "sources": _only(package.get("sources"), ("title", "path", "version")),  # no addresses of people
            "keywords": [each for each in package.get("keywords") or [] if isinstance(each, str)],
            "version": _text(package.get("version")),
            "modified": _text(package.get("created")),
            "resources": [_resource(each) for each in package["resources"]],
        }
    )


def _resource(resource: Mapping[str, Any]) -> dict[str, Any]:
    found = {ours: resource[theirs] for theirs, ours in RESOURCE.items() if theirs in resource}
    schema = resource.get("schema")
    if isinstance(schema, dict):
        found["fields"] = _only(schema.get("fields"), FIELD)
        found["primary_key"] = schema.get("primaryKey")
    return filled(found)


def _only(values: Any, members: tuple[str, ...]) -> list[dict[str, Any]]:
    return [filled({name: each.get(name) for name in members}) for each in _objects(values)]


def _objects(values: Any) -> list[dict[str, Any]]:
    return [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []


def _text(value: Any) -> str:
    return plain_text(value)[:1000] if isinstance(value, str) else ""
