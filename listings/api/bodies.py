"""Raw request bodies: read from the server's stream in chunks, never whole, and checked against what was announced."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator

from django.utils.translation import gettext as _
from rest_framework.request import Request

from kernel.problems import Problem, field_problem
from listings import dataset_problems  # noqa: F401 - registers the codes raised here

READ_BYTES = 1024 * 1024
_CONTENT_DIGEST = re.compile(r"(?:^|,)\s*sha-256\s*=\s*:([^:]*):")


def body_chunks(request: Request, *, limit: int) -> Iterator[bytes]:
    """Return an iterator over the body in chunks of READ_BYTES (the last one less).

    A body without Content-Length must come with its digest: servers hand over a chunked body that broke off as if it
    had ended. Raises Problem `length_required` or `too_large` at once, `too_large` or `incomplete_body` while
    iterating, and `unsupported_media_type` for a compressed body: parts are stored as they are sent.
    """
    if request.headers.get("Content-Encoding", "identity").lower() not in ("", "identity"):
        raise Problem("unsupported_media_type", _("Send the bytes as they are, without Content-Encoding."))
    environ = request.META
    read: Callable[[int], bytes] = environ["wsgi.input"].read
    length = _content_length(environ.get("CONTENT_LENGTH"))
    if length is None:
        chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
        if not (chunked or environ.get("wsgi.input_terminated")) or not content_digest(request):
            raise Problem("length_required")
        return _until_end(read, limit)
    if length > limit:
        raise Problem("too_large", _("A part has at most %d bytes.") % limit)
    return _announced(read, length)


def content_digest(request: Request) -> str:
    """Return the SHA-256 of the Content-Digest header (RFC 9530) in hexadecimal, or "" where there is none."""
    header = request.headers.get("Content-Digest", "")
    found = _CONTENT_DIGEST.search(header)
    if found is None:
        return ""  # RFC 9530 §2: unknown algorithms may be ignored
    try:
        digest = base64.b64decode(found[1], validate=True)
    except binascii.Error:
        digest = b""
    if len(digest) != 32:
        raise field_problem("/Content-Digest", "invalid", _("Write it as sha-256=:base64:, after RFC 9530."))
    return digest.hex()


def _content_length(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdigit() else None


def _announced(read: Callable[[int], bytes], length: int) -> Iterator[bytes]:
    left = length
    while left:
        chunk = _fill(read, min(READ_BYTES, left))
        if not chunk:
            raise Problem("incomplete_body", expected=length, actual=length - left)
        left -= len(chunk)
        yield chunk


def _until_end(read: Callable[[int], bytes], limit: int) -> Iterator[bytes]:
    size = 0
    while chunk := _fill(read, READ_BYTES):
        size += len(chunk)
        if size > limit:
            raise Problem("too_large", _("A part has at most %d bytes.") % limit)
        yield chunk


def _fill(read: Callable[[int], bytes], size: int) -> bytes:
    """Read `size` bytes, or fewer where the stream ends; servers hand out less at a time."""
    try:
        chunk = read(size)
        while len(chunk) < size and (more := read(size - len(chunk))):
            chunk += more
    except OSError as error:  # the client went away
        raise Problem("incomplete_body") from error
    return chunk
