"""Profiling an OpenAPI 3.0 or 3.1 description (JSON or YAML): a row for every operation, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import unquote

from django.utils.translation import gettext_noop as _
from drf_spectacular.validation import validate_schema
from jsonschema import ValidationError

from listings.profiling.columns import shown
from listings.profiling.decoding import TextStream
from listings.profiling.json_records import Members, RecordTable, read_value, reason_of
from listings.profiling.observing import Observer
from listings.profiling.profile import TableProfile, some
from listings.profiling.refusals import refuse, warning
from listings.profiling.yaml_text import read_yaml

LARGEST_DOCUMENT = 16 * 1024**2
VERSIONS = ("3.0", "3.1")
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
MOST_HOPS = 20
LONGEST_TEXT = 2_000


def profile_openapi(
    chunks: Iterator[bytes], *, declared_encoding: str = "", observers: Sequence[Observer] = ()
) -> TableProfile:
    """Profile an OpenAPI description from its bytes, and let the observers see its operations; raises Refusal.

    A row has "path", "method", "operation_id", "summary", "parameters" (name and place of each), "request" and
    "answers" (media types), "statuses", "auth" (the schemes, alternatives divided by "|"; "" for none) and
    "deprecated". `details` has "openapi", "title", "version", "servers", "paths", "operations", "parameters", "schemas"
    and "webhooks" (how many of each), "schema_names", "auth" (type of each scheme) and "external" (references to other
    documents, none of which is fetched).
    """
    stream = TextStream(chunks, declared=declared_encoding, wanted="OpenAPI")
    description = _Description(_read(_whole(stream)))
    profile = RecordTable(observers).profile("OPENAPI", [list(description.operations())], text=stream)
    if not profile.rows:
        raise refuse("no_operations")
    profile.warnings.extend(description.warnings())
    profile.details.update(description.details())
    return profile


def _whole(stream: TextStream) -> str:
    parts, size = [], 0
    for chunk in stream:
        parts.append(chunk)
        size += len(chunk)
        if size > LARGEST_DOCUMENT:
            raise refuse("document_too_large", limit=LARGEST_DOCUMENT)
    if not size:
        raise refuse("empty_file")
    return b"".join(parts).decode()


def _read(text: str) -> Members:
    """Return the checked document; YAML is a superset of JSON, but JSON is read by the stricter reader."""
    document = _read_json(text) if text.lstrip().startswith("{") else read_yaml(text)
    if not isinstance(document, dict) or not ("openapi" in document or "swagger" in document):
        raise refuse("not_openapi")
    version = str(document.get("openapi") or document.get("swagger"))
    if not version.startswith(VERSIONS) or not isinstance(document.get("openapi"), str):
        raise refuse("openapi_version", version=version[:20])
    try:
        validate_schema(document)
    except ValidationError as error:
        raise refuse("malformed_openapi", place=error.json_path[:200], reason=error.message[:200]) from None
    except RecursionError:
        raise refuse("malformed_openapi", place="$", reason=_("it is nested too deeply")) from None
    return document


def _read_json(text: str) -> Any:
    start = len(text) - len(text.lstrip())
    try:
        document, end = read_value(text, start)
    except ValueError as error:
        at = getattr(error, "pos", start)
        reason = error.msg if hasattr(error, "msg") else reason_of(error)
        raise refuse("malformed_document", line=text.count("\n", 0, at) + 1, reason=reason) from None
    if text[end:].strip():
        raise refuse("malformed_document", line=text.count("\n", 0, end) + 1, reason=_("there is more after its end"))
    return document


class _Description:
    """What an OpenAPI document says, references within it resolved."""

    def __init__(self, document: Members) -> None:
        self._document = document
        self._components: Members = document.get("components") or {}
        self._external: list[str] = []
        self._parameters = 0
        self._without_auth = 0
        for reference in _references(document):
            if not reference.startswith("#"):
                self._external.append(reference)
            elif not self._exists(reference):
                raise refuse("broken_reference", reference=reference[:200])

    def operations(self) -> Iterator[Members]:
        for path, entry in (self._document.get("paths") or {}).items():
            item = self._resolved(entry)
            for method in METHODS:
                if isinstance(item.get(method), dict):
                    yield self._operation(path, method, item, item[method])

    def _operation(self, path: str, method: str, item: Members, operation: Members) -> Members:
        parameters = [self._resolved(each) for each in (*item.get("parameters", ()), *operation.get("parameters", ()))]
        named = {f"{each['name']} ({each['in']})": None for each in parameters if "name" in each and "in" in each}
        answers = {status: self._resolved(each) for status, each in (operation.get("responses") or {}).items()}
        auth = operation.get("security", self._document.get("security")) or [{}]
        self._parameters += len(named)
        self._without_auth += {} in auth
        return {
            "path": path,
            "method": method.upper(),
            "operation_id": operation.get("operationId"),
            "summary": (operation.get("summary") or operation.get("description") or "")[:LONGEST_TEXT] or None,
            "parameters": ", ".join(named)[:LONGEST_TEXT] or None,
            "request": ", ".join(_media_types(self._resolved(operation.get("requestBody")))) or None,
            "answers": ", ".join(dict.fromkeys(kind for each in answers.values() for kind in _media_types(each)))
            or None,
            "statuses": ", ".join(map(str, answers)) or None,
            "auth": " | ".join(" + ".join(each) for each in auth if each) or None,
            "deprecated": bool(operation.get("deprecated")),
        }

    def details(self) -> Members:
        document, schemas = self._document, self._components.get("schemas") or {}
        methods = [m for item in (document.get("paths") or {}).values() for m in METHODS if m in self._resolved(item)]
        schemes = self._components.get("securitySchemes") or {}
        return {
            "openapi": document["openapi"],
            "title": shown(document["info"]["title"]),
            "version": shown(str(document["info"]["version"])),
            "servers": [shown(server["url"]) for server in document.get("servers") or []][:20],
            "paths": len(document.get("paths") or {}),
            "operations": len(methods),
            "parameters": self._parameters,
            "schemas": len(schemas),
            "schema_names": some(list(schemas)),
            "webhooks": len(document.get("webhooks") or {}),
            "auth": {name: self._resolved(scheme).get("type", "") for name, scheme in list(schemes.items())[:20]},
            "external": some(list(dict.fromkeys(self._external))),
        }

    def warnings(self) -> Iterator[Members]:
        if self._external:
            yield warning("external_references", names=some(list(dict.fromkeys(self._external))))
        if self._without_auth:
            yield warning("operations_without_auth", operations=self._without_auth)
        plain = [server["url"] for server in self._document.get("servers") or [] if server["url"].startswith("http:")]
        if plain:
            yield warning("servers_without_tls", names=some(plain))

    def _exists(self, reference: str) -> bool:
        try:
            self._at(reference)
        except (KeyError, IndexError, ValueError, TypeError):
            return False
        return True

    def _at(self, reference: str) -> Any:
        """Return what a reference within the document points at (RFC 6901)."""
        found: Any = self._document
        for part in unquote(reference[1:]).split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            found = found[int(key)] if isinstance(found, list) else found[key]
        return found

    def _resolved(self, entry: Any) -> Members:
        """Return an object, or what its reference points at; external ones are empty."""
        for _hop in range(MOST_HOPS):
            if not isinstance(entry, dict):
                return {}
            reference = entry.get("$ref")
            if not isinstance(reference, str):
                return entry
            if not reference.startswith("#"):
                return {}
            entry = self._at(reference)
        raise refuse("broken_reference", reference=str(reference)[:200])


def _references(document: Members) -> Iterator[str]:
    """Yield every reference; below "example" and the like stand data, not references."""
    level: list[Any] = [document]
    while level:
        value = level.pop()
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                yield value["$ref"]
            level.extend(
                inner for name, inner in value.items() if name not in ("example", "examples", "default", "enum")
            )
        elif isinstance(value, list):
            level.extend(value)


def _media_types(entry: Members) -> list[str]:
    content = entry.get("content")
    return list(content) if isinstance(content, dict) else []
