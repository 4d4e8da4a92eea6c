"""The sitemap, at the root of the site: a sitemap speaks for the addresses below its own only."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from listings.metadata.feeds import sitemap, sitemap_index

XML = "application/xml; charset=utf-8"


@require_safe
def index(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(sitemap_index(), content_type=XML)


@require_safe
def part(_request: HttpRequest, first: UUID) -> HttpResponse:
    return HttpResponse(sitemap(first), content_type=XML)
