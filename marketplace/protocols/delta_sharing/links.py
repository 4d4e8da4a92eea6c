"""A file's address: read without a bearer token, whole or in ranges, as often as needed until the grant ends."""

from functools import partial
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from accounts.access import find
from kernel.problems import Problem
from marketplace.delivery.download import MEDIA_TYPES, streamed, wanted_range
from marketplace.delivery.tables import stored_table_file
from marketplace.models import SharedFile
from marketplace.protocols.delta_sharing.granting import grant_of, may_go_on, record_read, record_served
from marketplace.protocols.delta_sharing.views import in_protocol_form


@in_protocol_form
def shared_file(request: HttpRequest, file_id: UUID) -> HttpResponseBase:
    """Serve a file of a grant; what is read is written down before the first byte goes out."""
    if request.method not in ("GET", "HEAD"):
        raise Problem("method_not_allowed", headers={"Allow": "GET, HEAD"})
    grant = grant_of(request.GET.get("grant", ""))
    if file_id not in grant.file_ids:
        raise Problem("not_found")
    files = SharedFile.objects.select_related("table__version")
    file = find(files.defer("stats", "table__version__profile", "table__version__schema_changes"), pk=file_id)
    etag = f'"{file.sha256}"'
    wanted = wanted_range(request, etag, file.size)
    start, stop = wanted or (0, file.size)
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "Content-Length": str(stop - start),
        "Cache-Control": "private, no-store",
    }
    if wanted:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{file.size}"
    media_type, status = MEDIA_TYPES["PARQUET"], 206 if wanted else 200
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers, content_type=media_type)
    record_read(grant, file, start=start, stop=stop)
    body = streamed(
        stored_table_file(file),
        start,
        stop,
        may_go_on=partial(may_go_on, grant),
        record_served=partial(record_served, grant),
    )
    return StreamingHttpResponse(body, status=status, headers=headers, content_type=media_type)
