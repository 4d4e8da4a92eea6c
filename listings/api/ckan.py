"""CKAN's action API, version 3, for reading: `/api/3/action/package_search?q=…`. Anonymous; errors have CKAN's shape.

Clients such as ckanapi send every action as a POST with a JSON body and expect the address without a version too.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import Organization, Venue
from kernel.problems import problem_of
from listings.api.metadata import AsAddressed
from listings.metadata import ckan
from listings.metadata.addresses import absolute
from listings.metadata.ckan_search import QueryRefused, search
from listings.metadata.documents import json_text
from listings.metadata.offered import described
from listings.models import Listing

log = logging.getLogger(__name__)

Parameters = Mapping[str, Any]
USUAL_ROWS, MOST_ROWS = 10, 1000  # CKAN's own: ckan.search.rows_max
MOST_SKIPPED = 10_000_000
NAMES_AT_A_TIME = 5000


class Refused(Exception):
    """An error in CKAN's words."""

    def __init__(self, kind: str, status: int, **details: object) -> None:
        self.status = status
        self.error = {"__type": kind, **details}
        super().__init__(kind)


def not_found() -> Refused:
    return Refused("Not Found Error", 404, message="Not found")


def invalid(name: str, message: str) -> Refused:
    return Refused("Validation Error", 409, **{name: [message]})


def text_of(parameters: Parameters, name: str, *, required: bool = False) -> str:
    value = parameters.get(name, "")
    if not isinstance(value, str) or "\0" in value:
        raise invalid(name, "Must be a text")
    if required and not value:
        raise invalid(name, "Missing value")
    return value


def number_of(parameters: Parameters, name: str, usual: int, most: int) -> int:
    """Return a whole number from 0; larger ones than `most` become `most`, as CKAN does with rows."""
    text = str(parameters.get(name, usual))
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise invalid(name, "Must be a natural number")
    return min(int(text), most)


def is_set(parameters: Parameters, name: str) -> bool:
    return str(parameters.get(name, "")).lower() in ("true", "1", "yes", "on")


def package_list(parameters: Parameters) -> Any:
    """Return the names of all packages, or of a window of them; all of them go out as they are read."""
    listed = Listing.objects.in_catalogue().filter(number__isnull=False).order_by("number")
    if "limit" not in parameters and "offset" not in parameters:
        return _all_names(listed)
    return [number.lower() for number in window(listed.values_list("number", flat=True), parameters)]


def _all_names(listed: QuerySet[Listing]) -> Iterator[str]:
    numbers = list(listed.values_list("number", flat=True)[:NAMES_AT_A_TIME])
    while numbers:
        yield from (str(number).lower() for number in numbers)
        last = numbers[-1]
        numbers = list(listed.filter(number__gt=last).values_list("number", flat=True)[:NAMES_AT_A_TIME])


def package_search(parameters: Parameters) -> Any:
    """Return a window of the packages that are wanted, and how many there are."""
    filters = parameters.get("fq_list", [])
    if not isinstance(filters, list) or not all(isinstance(each, str) and "\0" not in each for each in filters):
        raise invalid("fq_list", "Must be a list of texts")
    try:
        found = search(
            text=text_of(parameters, "q"),
            filters=" ".join([text_of(parameters, "fq"), *filters]),
            sort=text_of(parameters, "sort"),
        )
    except QueryRefused as error:
        raise Refused("Search Query Error", 400, message=f"Search Query is invalid: {error}") from error
    rows = number_of(parameters, "rows", USUAL_ROWS, MOST_ROWS)
    start = number_of(parameters, "start", 0, MOST_SKIPPED)
    return {
        "count": found.hits.count(),
        "sort": found.sort,
        "facets": {},
        "search_facets": {},
        "results": [ckan.package(listing) for listing in found.hits[start : start + rows]],
    }


def package_show(parameters: Parameters) -> Any:
    """Return one package by its id or name."""
    wanted = text_of(parameters, "id", required=True)
    key = ckan.as_uuid(wanted)
    listing = described().filter(**({"pk": key} if key else {"number": wanted.upper()})).first()
    if listing is None:
        raise not_found()
    return ckan.package(listing)


def resource_show(parameters: Parameters) -> Any:
    """Return one resource of a package."""
    listing_id, _, file_id = text_of(parameters, "id", required=True).partition("_")
    key, file_key = ckan.as_uuid(listing_id), ckan.as_uuid(file_id)
    listing = described().filter(pk=key).first() if key and file_key else None
    for place, file in enumerate(listing.version.files.all() if listing else ()):
        if listing and file.pk == file_key:
            return ckan.resource(listing, file, place)
    raise not_found()


def organization_list(parameters: Parameters) -> Any:
    """Return the providers that have something listed: their names, or all of them with all_fields."""
    found = window(ckan.providers(), parameters)
    if is_set(parameters, "all_fields"):
        return [ckan.provider(each, packages=each.packages) for each in found]
    return [str(each.pk) for each in found]


def organization_show(parameters: Parameters) -> Any:
    """Return one provider by its id."""
    key = ckan.as_uuid(text_of(parameters, "id", required=True))
    found = ckan.providers().filter(pk=key).first() if key else None
    if found is None:
        raise not_found()
    return ckan.provider(found, packages=_counted(found))


def group_list(parameters: Parameters) -> Any:
    """Return the venues: their codes, or all of them with all_fields."""
    found = window(ckan.venues(), parameters)
    if is_set(parameters, "all_fields"):
        return [ckan.group(each, packages=each.packages) for each in found]
    return [each.code for each in found]


def group_show(parameters: Parameters) -> Any:
    """Return one venue by its id or code."""
    wanted = text_of(parameters, "id", required=True)
    key = ckan.as_uuid(wanted)
    found = ckan.venues().filter(**({"pk": key} if key else {"code": wanted})).first()
    if found is None:
        raise not_found()
    return ckan.group(found, packages=_counted(found))


def tag_list(parameters: Parameters) -> Any:
    """Return the tags of what is listed; `query` is a part of them."""
    query = text_of(parameters, "query").lower()
    found = [name for name in ckan.tags() if query in name.lower()]
    return [ckan.tag(name) for name in found] if is_set(parameters, "all_fields") else found


def help_show(parameters: Parameters) -> Any:
    """Return what an action does; every answer's `help` points here."""
    action = ACTIONS.get(text_of(parameters, "name", required=True))
    if action is None:
        raise not_found()
    return action.__doc__


def status_show(_parameters: Parameters) -> Any:
    """Return the site's name and the version of the API that is spoken."""
    return ckan.status()


def site_read(_parameters: Parameters) -> Any:
    """Return that the site may be read."""
    return True


def window(rows: QuerySet[Any], parameters: Parameters) -> list[Any]:
    offset = number_of(parameters, "offset", 0, MOST_SKIPPED)
    limit = number_of(parameters, "limit", MOST_ROWS, MOST_ROWS)
    return list(rows[offset : offset + limit])


def _counted(row: Organization | Venue) -> int:
    return int(getattr(row, "packages", 0))


ACTIONS: Mapping[str, Callable[[Parameters], Any]] = {
    action.__name__: action
    for action in (
        group_list,
        group_show,
        help_show,
        organization_list,
        organization_show,
        package_list,
        package_search,
        package_show,
        resource_show,
        site_read,
        status_show,
        tag_list,
    )
}


@extend_schema(exclude=True)  # another protocol, with its own description
class CkanAction(APIView):
    """One action, by GET with parameters in the query or by POST with a JSON object."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    content_negotiation_class = AsAddressed

    def get(self, request: Request, name: str) -> HttpResponse | StreamingHttpResponse:
        return self._answer(name, request.query_params.dict())

    def post(self, request: Request, name: str) -> HttpResponse | StreamingHttpResponse:
        try:
            parameters = json.loads(request._request.body or b"{}")
        except (ValueError, RecursionError):
            return _json(400, "Bad request - JSON Error: Error decoding JSON data.")
        if not isinstance(parameters, dict):
            return _json(400, "Bad request - JSON Error: Request data JSON decoded is not a dictionary")
        return self._answer(name, parameters)

    def handle_exception(self, exc: Exception) -> Any:
        """Answer what DRF refuses (rate, method) and what goes wrong in CKAN's shape."""
        if isinstance(exc, Refused):
            return _failure(self.kwargs["name"], exc.error, exc.status)
        if isinstance(exc, RequestDataTooBig):
            return _json(400, "Bad request - Request too large")
        problem, headers = problem_of(exc)
        if problem.status >= 500:
            log.error("unexpected failure in a CKAN action", exc_info=exc)
        response = _failure(
            self.kwargs["name"], {"__type": str(problem.title), "message": str(problem.detail)}, problem.status
        )
        for header, value in headers.items():
            response[header] = value
        return response

    def _answer(self, name: str, parameters: Parameters) -> HttpResponse | StreamingHttpResponse:
        action = ACTIONS.get(name)
        if action is None:
            return _json(400, f"Bad request - Action name not known: {name}")
        result = action(parameters)
        if isinstance(result, Iterator):
            return StreamingHttpResponse(_streamed(name, result), content_type="application/json;charset=utf-8")
        return _json(200, {"help": _help(name), "success": True, "result": result})


def _streamed(name: str, result: Iterator[str]) -> Iterator[str]:
    yield f'{{"help":{json_text(_help(name))},"success":true,"result":['
    for number, each in enumerate(result):
        yield ("," if number else "") + json_text(each)
    yield "]}"


def _failure(name: str, error: Mapping[str, object], status: int) -> HttpResponse:
    return _json(status, {"help": _help(name), "success": False, "error": error})


def _json(status: int, body: Any) -> HttpResponse:
    return HttpResponse(json_text(body), status=status, content_type="application/json;charset=utf-8")


def _help(name: str) -> str:
    return f"{absolute(reverse('ckan-action', args=['help_show']))}?name={name}"
