"""What a call's headers lose and gain on their way through the gateway, both ways (RFC 9110 §7.6.1)."""

import secrets
from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlsplit

from django.utils.translation import gettext_lazy as _

from kernel.problems import Problem
from marketplace.delivery.call_book import Call

HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
# Of the caller's: what concerns the exchange alone, or tells who stands before it.
OURS_IN = HOP_BY_HOP | {
    "authorization",
    "cookie",
    "content-length",
    "dawan-nonce",
    "dawan-organization",
    "expect",
    "forwarded",
    "host",
    "traceparent",
    "tracestate",
    "x-real-ip",
    "x-request-id",
}
# Of the upstream's: its answers come from our own address, where its cookies and policies must not hold.
OURS_OUT = HOP_BY_HOP | {
    "alt-svc",
    "clear-site-data",
    "content-security-policy",
    "set-cookie",
    "strict-transport-security",
    "traceparent",
    "tracestate",
    "x-request-id",
}
# A page of the provider's must not act as one of the exchange's.
SANDBOX = "default-src 'none'; sandbox"
REDIRECTS = frozenset({300, 301, 302, 303, 305, 307, 308})

SAFE = "/:@!$&'()*+,;=-._~"  # RFC 3986 §3.3
SAFE_IN_QUERY = SAFE + "?%"
PATH_LEAVES = _("The path has segments that would leave the interface.")

Header = tuple[bytes, bytes]


def target_of(base_url: str, path: str, query: str) -> tuple[str, bytes]:
    """Return the address below the base for a call's decoded path and raw query, and its path and query on the wire.

    Raises Problem `invalid` for a path that would leave the base.
    """
    if any(segment in (".", "..") for segment in path.replace("\\", "/").split("/")) or "\x00" in path:
        raise Problem("invalid", PATH_LEAVES)
    base = urlsplit(base_url)
    wire = f"{base.path}/{quote(path, safe=SAFE)}" if path else base.path or "/"
    target = wire + (f"?{quote(query, safe=SAFE_IN_QUERY)}" if query else "")
    return f"{base.scheme}://{base.netloc}", target.encode("ascii")


def headers_in(call: Call, sent: Mapping[str, str], host: str, secret: tuple[str, str] | None) -> list[Header]:
    """Return what goes to the upstream: the caller's headers without ours, the trace, and the provider's secret.

    The names of `sent` are in lower case.
    """
    dropped = OURS_IN | _named_by(sent.get("connection", "")) | ({secret[0].lower()} if secret else set())
    kept = [
        (name.encode("ascii"), value.encode("latin-1"))
        for name, value in sent.items()
        if name not in dropped and not name.startswith("x-forwarded-")
    ]
    added = {
        "Host": host,
        "traceparent": f"00-{call.trace_id or call.id.hex}-{secrets.token_hex(8)}-00",
        "Dawan-Call": str(call.id),
        "Dawan-Entitlement": str(call.entitlement.pk),
        **({secret[0]: secret[1]} if secret else {}),
    }
    return kept + [(name.encode(), value.encode("latin-1")) for name, value in added.items()]


def headers_out(call: Call, answered: Iterable[Header]) -> dict[str, str]:
    """Return what the caller gets of the upstream's headers, marked as the upstream's."""
    given = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answered]
    dropped = OURS_OUT | _named_by(", ".join(value for name, value in given if name.lower() == "connection"))
    kept: dict[str, str] = {}
    for name, value in given:
        if name.lower() not in dropped:
            kept[name] = f"{kept[name]}, {value}" if name in kept else value
    ours = {"Dawan-Answered-By": "upstream", "Dawan-Call": str(call.id), "Content-Security-Policy": SANDBOX}
    return {"Cache-Control": "private, no-store", **kept, **ours}


def _named_by(connection: str) -> set[str]:
    return {name.strip().lower() for name in connection.split(",") if name.strip()}
