"""What every reader of a source gives: a page of records and where the next one is; and why reading stops."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel.fetching import FAILURES, Answer, FetchFailed, fetch

LARGEST_PAGE = 16 * 1024 * 1024  # bytes
PAGE_SECONDS = 60.0
Cursor = dict[str, Any]

STOPS: Mapping[str, Promise] = {
    "not_json": _("The source answered at %(url)s with what is no JSON; it begins: %(head)s"),
    "not_ckan": _("The source does not answer at %(url)s as CKAN's action API does."),
    "not_rdf": _("The source answered at %(url)s with what cannot be read as DCAT: %(reason)s"),
    "remote_context": _("The page %(url)s needs a JSON-LD context from %(context)s, which is not fetched."),
    "document_type": _("The page %(url)s declares a document type or entities, which are not read."),
    "next_elsewhere": _("The next page, %(url)s, is at another site than the source."),
    "count_lies": _("The source says that it has %(declared)s records, but %(found)s were found."),
    "pages_repeat": _("Page %(page)s brought nothing but what earlier pages had brought."),
    "too_many_records": _("The source has more than %(limit)s records."),
    "too_many_pages": _("The source has more than %(limit)s pages."),
    "too_many_bytes": _("The source's pages have more than %(limit)s bytes."),
    "too_long": _("Reading the source took longer than %(limit)s minutes."),
}


class Stopped(Exception):
    """Reading cannot go on, and another try would not help: a code of `STOPS` with what its sentence needs."""

    def __init__(self, code: str, **params: object) -> None:
        self.code, self.params = code, params
        super().__init__(code)

    def __str__(self) -> str:
        return str((STOPS.get(self.code) or FAILURES[self.code]) % self.params)


@dataclass(frozen=True)
class Page:
    """Records as they may be staged; `following` leads to the next page and is {} on the last one.

    `declared` is how many records the source says it has in all, if it says so.
    """

    entries: list[Any]
    following: Cursor
    declared: int | None
    size: int


def filled(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what has a value."""
    return {name: value for name, value in values.items() if value not in (None, "", {}, [])}


Reader = Callable[[str, Cursor | None], Page]


def page_at(url: str, accept: str) -> Answer:
    """Fetch one page; raises Stopped, or FetchFailed where another try may help."""
    headers = {"Accept": accept, "User-Agent": f"dawan-exchange (+{settings.PUBLIC_URL})"}
    try:
        return fetch(url, headers=headers, largest=LARGEST_PAGE, seconds=PAGE_SECONDS)
    except FetchFailed as failure:
        if failure.transient:
            raise
        raise Stopped(failure.code, **failure.params) from failure
