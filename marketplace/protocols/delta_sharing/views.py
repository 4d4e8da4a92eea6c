"""The protocol's calls. Errors have the protocol's own form, {"errorCode", "message"}."""

import logging
import math
from collections.abc import Callable, Iterator
from functools import wraps
from typing import cast

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from rest_framework.request import Request

from kernel.problems import Problem, problem_of
from kernel.throttling import ClientThrottle
from marketplace.models import SharedFile
from marketplace.protocols.delta_sharing.answers import PROTOCOL, Line, end_line, file_line, in_lines, metadata_line
from marketplace.protocols.delta_sharing.asking import (
    body_of,
    moment_asked,
    page_of,
    version_asked,
    wants_end_of_stream,
)
from marketplace.protocols.delta_sharing.changes import changes_between
from marketplace.protocols.delta_sharing.granting import grant_query
from marketplace.protocols.delta_sharing.hints import limited, pruned
from marketplace.protocols.delta_sharing.reading import Reader, reader_of
from marketplace.protocols.delta_sharing.shares import (
    SCHEMA,
    Table,
    Version,
    require_schema,
    share_of,
    shares_of,
    table_of,
    tables_of,
)

log = logging.getLogger(__name__)
NDJSON = "application/x-ndjson; charset=utf-8"
VERSION_HEADER = "Delta-Table-Version"
HINTS_HEADER = "Dawan-Hints-Followed"
SERVER_ERROR = 500
Answer = Callable[..., HttpResponseBase]


def in_protocol_form(view: Answer) -> Answer:
    """Turn whatever a view raises into an error of the protocol; an unexpected failure tells nothing of our inside."""

    @csrf_exempt
    @wraps(view)
    def answered(request: HttpRequest, *args: object, **names: object) -> HttpResponseBase:
        try:
            return view(request, *args, **names)
        except Exception as error:
            problem, headers = problem_of(error)
            if problem.status >= SERVER_ERROR:
                log.exception("a call of the sharing protocol failed")
            body = {"errorCode": problem.code.upper(), "message": str(problem.detail)}
            return JsonResponse(body, status=problem.status, headers=dict(headers or {}))

    return answered


def call(*methods: str) -> Callable[[Answer], Answer]:
    """Let a view answer these methods to a reader, its first argument, as often as API clients may ask."""

    def decorate(view: Answer) -> Answer:
        @in_protocol_form
        @wraps(view)
        def answered(request: HttpRequest, *args: object, **names: object) -> HttpResponseBase:
            if request.method not in methods:
                raise Problem("method_not_allowed", headers={"Allow": ", ".join(methods)})
            reader = reader_of(request)
            request.actor = reader.actor  # type: ignore[attr-defined]  # for the throttle and the logs
            throttle = ClientThrottle()
            if not throttle.allow_request(cast(Request, request), None):
                raise Problem("throttled", headers={"Retry-After": str(math.ceil(throttle.wait()))})
            return view(reader, request, *args, **names)

        return answered

    return decorate


@call("GET")
def shares(reader: Reader, request: HttpRequest) -> HttpResponse:
    """List the shares of which the reader may read something."""
    return _page(request, [(name, {"name": name, "id": str(row.pk)}) for name, row in shares_of(reader).items()])


@call("GET")
def share(reader: Reader, _request: HttpRequest, share: str) -> HttpResponse:
    product = share_of(reader, share)
    return JsonResponse({"share": {"name": share.lower(), "id": str(product.pk)}})


@call("GET")
def schemas(reader: Reader, request: HttpRequest, share: str) -> HttpResponse:
    share_of(reader, share)
    return _page(request, [(SCHEMA, {"name": SCHEMA, "share": share.lower()})])


@call("GET")
def tables(reader: Reader, request: HttpRequest, share: str, schema: str = SCHEMA) -> HttpResponse:
    """List the tables of a schema, or of all of a share's schemas, of which there is one."""
    product = share_of(reader, share)
    require_schema(schema)
    return _page(request, [(table.name, _table_json(table)) for table in tables_of(reader, [product])])


@call("GET", "HEAD")
def version(reader: Reader, request: HttpRequest, share: str, schema: str, table: str) -> HttpResponse:
    """Say in a header which version is the newest, or the first since a moment."""
    found = table_of(reader, share, schema, table)
    since = moment_asked(request.GET.get("startingTimestamp"), "startingTimestamp")
    return HttpResponse(headers=_versioned(found.newest if since is None else found.from_moment(since)))


@call("GET")
def metadata(reader: Reader, request: HttpRequest, share: str, schema: str, table: str) -> HttpResponse:
    """Describe a table as it is, or as of a version or moment."""
    found = table_of(reader, share, schema, table)
    asked = found.at(
        number=version_asked(request.GET.get("version"), "version"),
        moment=moment_asked(request.GET.get("timestamp"), "timestamp"),
    )
    lines: list[Line] = [PROTOCOL, metadata_line(found, asked)]
    return HttpResponse(in_lines(iter(lines)), content_type=NDJSON, headers=_versioned(asked))


@call("POST")
def query(reader: Reader, request: HttpRequest, share: str, schema: str, table: str) -> HttpResponse:
    """Hand out the files of one version, without those that a hint rules out; whoever reads them is counted once."""
    body = body_of(request)
    found = table_of(reader, share, schema, table)
    if body.get("startingVersion") is not None:
        raise Problem("invalid", _("Ask for changes at the address that ends in /changes."))
    asked = found.at(
        number=version_asked(body.get("version"), "version"), moment=moment_asked(body.get("timestamp"), "timestamp")
    )
    files = list(asked.table.files.filter(kind=SharedFile.Kind.ROWS))
    followed = []
    if body.get("jsonPredicateHints") is not None:
        types = {column["name"]: column["type"] for column in asked.table.columns}
        files, was_followed = pruned(files, body["jsonPredicateHints"], types)
        followed += ["jsonPredicateHints"] if was_followed else []
    # A limit counts rows before any predicate, so with one it would cut off rows that the client looks for.
    elif body.get("limitHint") is not None and not body.get("predicateHints"):
        files, was_followed = limited(files, body["limitHint"])
        followed += ["limitHint"] if was_followed else []
    issued = grant_query(reader, asked, files, hints=followed)

    def lines() -> Iterator[Line]:
        yield PROTOCOL
        yield metadata_line(found, asked)
        for file in files:
            yield file_line("file", file, asked, issued)
        if wants_end_of_stream(request):
            yield end_line(issued)

    headers = _versioned(asked) | {HINTS_HEADER: ", ".join(followed) or "none"}
    return HttpResponse(in_lines(lines()), content_type=NDJSON, headers=headers | _capabilities(request))


@call("GET")
def changes(reader: Reader, request: HttpRequest, share: str, schema: str, table: str) -> HttpResponse:
    """Hand out the rows that came and went from one version to another."""
    found = table_of(reader, share, schema, table)
    asked = changes_between(
        found,
        starting=version_asked(request.GET.get("startingVersion"), "startingVersion"),
        ending=version_asked(request.GET.get("endingVersion"), "endingVersion"),
        since=moment_asked(request.GET.get("startingTimestamp"), "startingTimestamp"),
        until=moment_asked(request.GET.get("endingTimestamp"), "endingTimestamp"),
    )
    with transaction.atomic():
        granted = [(each, grant_query(reader, each.version, each.files)) for each in asked]

    def lines() -> Iterator[Line]:
        yield PROTOCOL
        yield metadata_line(found, asked[-1].version)
        for each, issued in granted:
            for kind, file in each.actions:
                yield file_line(kind, file, each.version, issued)
        if wants_end_of_stream(request):
            yield end_line(granted[-1][1])

    headers = _versioned(asked[0].version) | _capabilities(request)
    return HttpResponse(in_lines(lines()), content_type=NDJSON, headers=headers)


@in_protocol_form
def unknown(_request: HttpRequest, **_rest: str) -> HttpResponse:
    raise Problem("not_found")


def _page(request: HttpRequest, rows: list[tuple[str, dict[str, str]]]) -> HttpResponse:
    items, token = page_of(request, rows)
    return JsonResponse({"items": items, **({"nextPageToken": token} if token else {})})


def _table_json(table: Table) -> dict[str, str]:
    return {
        "name": table.name,
        "schema": SCHEMA,
        "share": table.share,
        "shareId": str(table.product.pk),
        "id": str(table.versions[0].table.id),
    }


def _versioned(version: Version) -> dict[str, str]:
    return {VERSION_HEADER: str(version.number)}


def _capabilities(request: HttpRequest) -> dict[str, str]:
    if not wants_end_of_stream(request):
        return {}
    return {"delta-sharing-capabilities": "responseformat=parquet;includeendstreamaction=true"}
