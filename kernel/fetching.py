"""Fetch from addresses that others gave us, without becoming their hand inside our network (SSRF).

The name is resolved here, every address of it is checked, and the connection goes to the checked address itself: a
name that answers otherwise the second time gains nothing. Redirects are followed by hand and checked anew.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from django.conf import settings
from django.utils.encoding import iri_to_uri
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MOST_REDIRECTS = 5
CONNECT_SECONDS = 10
CHUNK_BYTES = 64 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})
TRANSIENT_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
DEFAULT_PORTS = {"http": 80, "https": 443}
# They carry an IPv4 address inside, which a gateway of ours would go to: RFC 6052, RFC 3056, RFC 4380.
CARRYING_IPV4 = tuple(
    ipaddress.ip_network(each) for each in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)

FAILURES: Mapping[str, Promise] = {
    "address_invalid": _("“%(url)s” is no http or https address."),
    "address_with_credentials": _("The address carries a user name or password; they are not sent."),
    "address_not_allowed": _("%(host)s is not on the public internet (%(address)s)."),
    "name_unknown": _("The name %(host)s is not known."),
    "unreachable": _("%(host)s could not be reached: %(reason)s"),
    "too_slow": _("%(host)s had not answered in full after %(seconds)s seconds."),
    "broken_off": _("%(host)s broke the answer off."),
    "not_http": _("%(host)s does not answer as a web server does."),
    "http_status": _("%(host)s answered with status %(status)s."),
    "answer_too_large": _("The answer of %(host)s is larger than %(limit)s bytes."),
    "answer_encoded": _("The answer of %(host)s is compressed (%(encoding)s), which was not asked for."),
    "too_many_redirects": _("%(host)s redirects more than %(limit)s times."),
    "redirect_to_http": _("%(host)s redirects to an address without encryption."),
}


class FetchFailed(Exception):
    """Nothing was fetched: a code of `FAILURES` with what its sentence needs; `transient` says that later may help."""

    def __init__(self, code: str, *, transient: bool = False, **params: object) -> None:
        self.code, self.params, self.transient = code, params, transient
        super().__init__(code)

    def __str__(self) -> str:
        return str(FAILURES[self.code]) % self.params


@dataclass(frozen=True)
class Answer:
    """A whole answer with status 200; `url` is where it came from in the end, header names are in lower case."""

    url: str
    headers: Mapping[str, str]
    body: bytes


def fetch(url: str, *, headers: Mapping[str, str], largest: int, seconds: float) -> Answer:
    """Return what a GET of the address answers, following redirects.

    `largest` is in bytes and `seconds` for each hop as a whole. Raises FetchFailed.
    """
    for _hop in range(MOST_REDIRECTS + 1):
        parts = checked_address(url)
        answer = _get(parts, headers, largest, seconds)
        if isinstance(answer, Answer):
            return answer
        following = urljoin(parts.geturl(), answer)
        if parts.scheme == "https" and urlsplit(following).scheme != "https":
            raise FetchFailed("redirect_to_http", host=parts.hostname)
        url = following
    raise FetchFailed("too_many_redirects", host=urlsplit(url).hostname, limit=MOST_REDIRECTS)


def checked_address(url: str) -> SplitResult:
    """Return the parts of an address that may be asked at all, as far as can be told without resolving its name.

    Raises FetchFailed `address_invalid`, `address_with_credentials` or `address_not_allowed`.
    """
    try:
        parts = urlsplit(iri_to_uri(url.strip()))
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise FetchFailed("address_invalid", url=url[:200]) from error
    if parts.scheme not in DEFAULT_PORTS or not host or any(character <= " " for character in url.strip()):
        raise FetchFailed("address_invalid", url=url[:200])
    if parts.username is not None or parts.password is not None:
        raise FetchFailed("address_with_credentials")
    with suppress(ValueError):
        _refuse_unless_allowed(host, ipaddress.ip_address(host))
    return parts


def resolved(host: str, port: int) -> list[Address]:
    """Return the addresses of a name, all of which are allowed. Raises FetchFailed.

    One that is not allowed among others is no accident, and refuses them all.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchFailed("name_unknown", transient=True, host=host) from error
    addresses = list(dict.fromkeys(ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found))
    for address in addresses:
        _refuse_unless_allowed(host, address)
    return addresses


def _refuse_unless_allowed(host: str, address: Address) -> None:
    plain = getattr(address, "ipv4_mapped", None) or address
    if any(plain in network for network in settings.FETCH_ALLOWED_NETWORKS):
        return
    inside = any(plain in network for network in CARRYING_IPV4)
    if inside or not plain.is_global or plain.is_multicast or plain.is_reserved or plain.is_unspecified:
        raise FetchFailed("address_not_allowed", host=host, address=address)


def _get(parts: SplitResult, headers: Mapping[str, str], largest: int, seconds: float) -> Answer | str:
    """Return the answer, or where it redirects to."""
    host = str(parts.hostname)
    with _connected(parts, seconds) as (connection, expired):
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", path, headers={"Accept-Encoding": "identity", **headers})
            response = connection.getresponse()
            if response.status in REDIRECTS and (location := response.headers.get("Location")):
                return str(location)
            _refuse_answer(host, response, largest)
            body = _body(host, response, largest)
        except (OSError, http.client.HTTPException, ValueError) as error:
            if expired.is_set():
                raise FetchFailed("too_slow", transient=True, host=host, seconds=seconds) from error
            if isinstance(error, http.client.IncompleteRead | ConnectionResetError):
                raise FetchFailed("broken_off", transient=True, host=host) from error
            if isinstance(error, OSError):
                raise FetchFailed("unreachable", transient=True, host=host, reason=_reason(error)) from error
            raise FetchFailed("not_http", transient=True, host=host) from error
        if expired.is_set():
            raise FetchFailed("too_slow", transient=True, host=host, seconds=seconds)
        if response.length:
            raise FetchFailed("broken_off", transient=True, host=host)
    lowered = {name.lower(): value for name, value in response.headers.items()}
    return Answer(url=parts.geturl(), headers=lowered, body=body)


def _refuse_answer(host: str, response: http.client.HTTPResponse, largest: int) -> None:
    if response.status != 200:
        transient = response.status in TRANSIENT_STATUSES
        raise FetchFailed("http_status", transient=transient, host=host, status=response.status)
    encoding = response.headers.get("Content-Encoding", "identity").lower()
    if encoding not in ("", "identity"):
        raise FetchFailed("answer_encoded", host=host, encoding=encoding[:40])
    if response.length is not None and response.length > largest:
        raise FetchFailed("answer_too_large", host=host, limit=largest)


def _body(host: str, response: http.client.HTTPResponse, largest: int) -> bytes:
    pieces, size = [], 0
    while piece := response.read(CHUNK_BYTES):
        size += len(piece)
        if size > largest:
            raise FetchFailed("answer_too_large", host=host, limit=largest)
        pieces.append(piece)
    return b"".join(pieces)


@dataclass
class _Line:
    """The connection of one hop; `expired` is set when its time ran out and it was cut off."""

    sock: socket.socket
    expired: threading.Event

    def cut_off(self) -> None:
        self.expired.set()
        with suppress(OSError):
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)  # an encrypted one would first say goodbye


@contextmanager
def _connected(parts: SplitResult, seconds: float) -> Iterator[tuple[http.client.HTTPConnection, threading.Event]]:
    """Connect to a checked address of the name; what is not over after `seconds` is cut off, however it trickles."""
    host, default = str(parts.hostname), DEFAULT_PORTS[parts.scheme]
    port = parts.port or default
    connection = http.client.HTTPConnection(host, port)
    connection.default_port = default
    line = _Line(_dialled(host, port, resolved(host, port)), threading.Event())
    line.sock.settimeout(seconds)  # who is slow to begin has as long as who is slow to end
    timer = threading.Timer(seconds, line.cut_off)
    timer.start()
    try:
        if parts.scheme == "https":
            _encrypt(line, host, seconds)
        connection.sock = line.sock
        yield connection, line.expired
    finally:
        timer.cancel()
        connection.close()
        line.sock.close()


def _dialled(host: str, port: int, addresses: list[Address]) -> socket.socket:
    failure: OSError | None = None
    for address in addresses:
        try:
            return socket.create_connection((str(address), port), timeout=CONNECT_SECONDS)
        except OSError as error:
            failure = error
    reason = _reason(failure) if failure else ""
    raise FetchFailed("unreachable", transient=True, host=host, reason=reason) from failure


def _encrypt(line: _Line, host: str, seconds: float) -> None:
    context = ssl.create_default_context()
    try:
        line.sock = encrypted = context.wrap_socket(line.sock, server_hostname=host, do_handshake_on_connect=False)
        encrypted.do_handshake()
    except (OSError, ValueError) as error:
        if line.expired.is_set():
            raise FetchFailed("too_slow", transient=True, host=host, seconds=seconds) from error
        reason = _reason(error) if isinstance(error, OSError) else "TLS"
        raise FetchFailed("unreachable", transient=True, host=host, reason=reason) from error


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
