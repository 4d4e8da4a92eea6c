"""Answering a read: one byte range of one file, decrypted while it streams (RFC 9110 §14)."""

import base64
import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from kernel.problems import Problem
from listings.storage import StoredFile, read_range, stored_file
from marketplace.delivery.access import grant_of, may_go_on, record_read, record_served
from marketplace.delivery.watermark.copies import stored_copy
from marketplace.models import AccessGrant, MarkedFile

LOOK_EVERY_SECONDS = 0.5  # between two looks at the entitlement in one stream: a revocation reaches it within a second
_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
MEDIA_TYPES = {
    "CSV": "text/csv",
    "EXCEL": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "GEOJSON": "application/geo+json",
    "JSON": "application/json",
    "JSONL": "application/jsonl",
    "PARQUET": "application/vnd.apache.parquet",
    "TEXT": "text/plain",
}


@require_safe
def download(request: HttpRequest, token: str) -> HttpResponse | StreamingHttpResponse:
    """Serve a granted file, whole or one range; the address itself is the permission, no other is asked for."""
    grant = grant_of(token)
    file = grant.file
    stored, sha256 = served_by(grant)
    size = stored.size
    etag = f'"{sha256}"'
    wanted = wanted_range(request, etag, size)
    start, stop = wanted or (0, size)
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "Content-Length": str(stop - start),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}",
        "Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:",  # RFC 9530 §3
        "Cache-Control": "private, no-store",
    }
    if wanted:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    media_type = MEDIA_TYPES.get(file.format, "application/octet-stream")
    status = 206 if wanted else 200
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers, content_type=media_type)
    record_read(grant, start=start, stop=stop)
    body = streamed(
        stored, start, stop, may_go_on=partial(may_go_on, grant), record_served=partial(record_served, grant)
    )
    return StreamingHttpResponse(body, status=status, headers=headers, content_type=media_type)


def served_by(grant: AccessGrant) -> tuple[StoredFile, str]:
    """Return the bytes that a grant is for, the buyer's marked copy where there is one, and their SHA-256."""
    entries = {entry["id"]: entry for entry in grant.delivery.receipt["files"]}
    if not entries[str(grant.file_id)].get("sold_sha256"):
        return stored_file(grant.file), grant.file.sha256
    copy = MarkedFile.objects.select_related("file__version").get(delivery=grant.delivery_id, file=grant.file_id)
    return stored_copy(copy), copy.sha256


def streamed(
    stored: StoredFile, start: int, stop: int, *, may_go_on: Callable[[], bool], record_served: Callable[[int], None]
) -> Iterator[bytes]:
    """Yield a range as long as the right to read lasts, and write down at the end how many bytes went out."""
    served, looked = 0, time.monotonic()
    try:
        for chunk in read_range(stored, start, stop):
            if time.monotonic() - looked >= LOOK_EVERY_SECONDS:
                if not may_go_on():
                    # The connection breaks short of Content-Length, so the client knows that bytes are missing.
                    raise ConnectionAbortedError("the right to read ended in mid-stream")
                looked = time.monotonic()
            yield chunk
            served += len(chunk)
    finally:
        record_served(served)


def wanted_range(request: HttpRequest, etag: str, size: int) -> tuple[int, int] | None:
    """Return the asked range as (start, stop), None for the whole file; several ranges are answered whole."""
    header = request.headers.get("Range", "")
    condition = request.headers.get("If-Range", etag)
    match = _RANGE.fullmatch(header.strip())
    if not match or condition != etag or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first == "":
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1 if last else size)
    if start >= stop or start >= size:
        raise Problem("range_not_satisfiable", headers={"Content-Range": f"bytes */{size}"})
    return start, stop
