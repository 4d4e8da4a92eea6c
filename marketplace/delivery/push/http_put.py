"""Pushing by HTTPS PUT (RFC 9110 §9.3.4): one request for each file, its digest ahead (RFC 9530).

A PUT is idempotent, so one that broke off is repeated whole. The receiver sees Content-Length and Repr-Digest first,
and should keep nothing that came short of them.
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import httpcore

from kernel.guarded_http import guarded_pool, patience
from marketplace.delivery.push.sending import (
    PATIENCE_SECONDS,
    Memory,
    NotNow,
    Outgoing,
    Receipt,
    Refused,
    Secret,
    Settings,
    refuse_status,
    whole_answer,
)

_DIGEST = re.compile(rb"(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]+):")


@dataclass
class HttpPut:
    """An address below which files are put."""

    settings: Settings
    secret: Secret = field(repr=False)

    def send(self, file: Outgoing, _memory: Memory) -> Receipt:
        """Put a file. The answer's Repr-Digest is compared where it gives one; otherwise its status is all there is."""
        digest = base64.b64encode(bytes.fromhex(file.sha256)).decode()
        headers = {"Content-Length": str(file.size), "Repr-Digest": f"sha-256=:{digest}:"}
        status, echoed = self._ask("PUT", file.name, headers, file.chunks())
        if echoed is not None and echoed != digest:
            raise Refused(f"{self._host}: the answer's digest is another one than that of what was sent")
        return {"status": status, "checked": "status" if echoed is None else "repr-digest"}

    def probe(self, name: str, body: bytes) -> None:
        """Put a small file; it is deleted where the receiver allows that, and left where it does not."""
        self._ask("PUT", name, {"Content-Length": str(len(body))}, iter([body]))
        try:
            self._ask("DELETE", name, {}, iter(()))
        except Refused:
            return

    @property
    def _host(self) -> str:
        return str(urlsplit(self.settings["url"]).hostname)

    def _ask(self, method: str, name: str, headers: dict[str, str], body: Iterator[bytes]) -> tuple[int, str | None]:
        parts = urlsplit(self.settings["url"])
        path = f"{parts.path.rstrip('/')}/{quote(name)}".encode("ascii")
        url = httpcore.URL(scheme=parts.scheme, host=parts.hostname or "", port=parts.port, target=path)
        secret = {self.settings["secret_header"]: self.secret["secret"]} if "secret_header" in self.settings else {}
        given = {"Host": parts.netloc, "Content-Type": "application/octet-stream", **headers, **secret}
        sent: dict[str, Any] = {
            "headers": list(given.items()),
            "content": body,
            "extensions": {"timeout": patience(PATIENCE_SECONDS)},
        }
        try:
            with guarded_pool(1) as pool, pool.stream(method, url, **sent) as answer:
                refuse_status(self._host, answer.status)
                return answer.status, _digest_in(answer)
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise NotNow(f"{self._host}: {type(error).__name__}") from error


def _digest_in(answer: httpcore.Response) -> str | None:
    """Return the SHA-256 that the answer's headers tell of what it now has, in base64."""
    whole_answer(answer)
    told = [value for name, value in answer.headers if name.lower() == b"repr-digest"]
    match = _DIGEST.search(told[0]) if told else None
    return match.group(1).decode() if match else None
