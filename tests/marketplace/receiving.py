"""A buyer's own server in tests: keeps what is put there, and fails as a test wants."""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from accounts.models import Organization
from marketplace.delivery.push.targets import register_target, try_target
from marketplace.models import PushTarget
from tests.serving import running
from tests.world import actor, person_of

SECRET = "buyer-secret-51ab"


@dataclass
class Receiver:
    """What has come, by path; `statuses` answer the next requests instead of 201."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    secrets: set[str | None] = field(default_factory=set)
    requests: list[tuple[str, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    digest_of: bytes | None = None


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Take files by PUT on a port of this machine, telling their digests."""
    it = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            it.requests.append(("PUT", self.path))
            it.secrets.add(self.headers.get("X-Key"))
            status = it.statuses.pop(0) if it.statuses else 201
            if status == 201:
                it.files[self.path] = body
            digest = hashlib.sha256(body if it.digest_of is None else it.digest_of).digest()
            self.send_response(status)
            self.send_header("Repr-Digest", f"sha-256=:{base64.b64encode(digest).decode()}:")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_DELETE(self) -> None:
            it.requests.append(("DELETE", self.path))
            it.files.pop(self.path, None)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            pass

    with running(Handler) as address:
        it.address = address
        yield it


def http_target(buyer: Organization, address: str, name: str = "warehouse") -> PushTarget:
    """Register a buyer's address and test it."""
    who = actor(person_of(buyer))
    target = register_target(
        name=name,
        kind="HTTPS",
        place=buyer.jurisdiction,
        where={"url": f"{address}/in", "secret_header": "X-Key"},
        credentials={"secret": SECRET},
        actor=who,
    )
    return try_target(target_id=target.pk, actor=who)
