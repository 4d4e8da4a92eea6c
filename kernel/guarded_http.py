"""A pool of HTTP connections to addresses that others gave us, under the guard of kernel/fetching.py.

Every connection resolves the name anew, checks all its addresses, and goes to a checked address itself, while Host and
SNI keep the name. Nothing follows redirects, keeps cookies or reads proxies from the environment.
"""

from collections.abc import Iterable

import httpcore
from httpcore import SOCKET_OPTION

from kernel.fetching import CONNECT_SECONDS, FetchFailed, resolved


class GuardedBackend(httpcore.SyncBackend):
    """Open connections only to addresses that the guard lets pass."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first checked address that answers; raises FetchFailed where the guard refuses."""
        failure: Exception | None = None
        for address in resolved(host, port):
            try:
                return super().connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or FetchFailed("name_unknown", transient=True, host=host)


def guarded_pool(connections: int) -> httpcore.ConnectionPool:
    """Return a pool that keeps so many connections for a minute; its time-outs are given with each request."""
    return httpcore.ConnectionPool(max_connections=connections, keepalive_expiry=60, network_backend=GuardedBackend())


def patience(seconds: float) -> dict[str, float]:
    """Return the time-outs of one request: to connect, and for each wait while sending and receiving."""
    return {"connect": min(seconds, CONNECT_SECONDS), "read": seconds, "write": seconds, "pool": seconds}
