"""The gateway: a buyer's call of an interface, checked, passed on, counted, written down, and streamed back.

Nothing is held whole but short answers: the request goes on as it comes in and the answer as it arrives. Before the
first byte of an answer goes out the call is committed with its audit event and, where calls are counted, its usage
record; if that fails, nothing is served. A call that may change something at the upstream, that carries a nonce, or
that crosses a border is written down before it is passed on; one that is safe (RFC 9110 §9.2.1) and ends within one
chunk is written once, with how it ended.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from urllib.parse import urlsplit
from uuid import UUID

import httpcore
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kernel.actors import Actor
from kernel.connections import give_back_connection
from kernel.fetching import FetchFailed
from kernel.guarded_http import guarded_pool, patience
from kernel.problems import Problem
from listings.metering import Unit
from marketplace.delivery.access import permit_for
from marketplace.delivery.call_book import Call
from marketplace.delivery.hop import REDIRECTS, headers_in, headers_out, target_of
from marketplace.delivery.metering import Counter
from marketplace.delivery.quota import Admission, admit, note_failure, note_success, settle
from marketplace.delivery.rights import Right, right_of
from marketplace.models import GatewayCall, Upstream

CONNECTIONS = 100  # of one process
CHUNK_BYTES = 64 * 1024  # answers up to here are written down and sent as a whole
MOST_SENT_BYTES = 100 * 1024 * 1024
LOOK_EVERY_BYTES = 1024 * 1024  # a suspension is seen after so much of a running answer,
LOOK_EVERY_SECONDS = 0.5  # or after so long
LONGEST_SECONDS = 900.0
LONGEST_NONCE = 64
SAFE_METHODS = frozenset({"GET", "HEAD"})
WITHOUT_BODY = frozenset({204, 304})
UNAVAILABLE = frozenset({502, 503, 504})
Outcome = GatewayCall.Outcome


@dataclass(slots=True, eq=False)
class Asked:
    """What a buyer's program asks; `headers` are in lower case, and `read` gives at most so many bytes of the body.

    `actor` is set as soon as it is known who asks.
    """

    entitlement_id: UUID
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    read: Callable[[int], bytes]
    actor: Actor | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the program gets: a short body as a whole, a longer one as it comes."""

    status: int
    headers: dict[str, str]
    body: "bytes | Answer"


def pass_on(asked: Asked) -> Reply:
    """Pass a buyer's call on to the upstream and its answer back, which carries `Dawan-Answered-By: upstream`.

    Raises Problem for every refusal of the exchange's own.
    """
    right = right_of(asked.headers.get("authorization", ""), asked.entitlement_id)
    asked.actor = right.actor
    upstream = right.opening.upstream
    length = _length_of(asked, upstream)
    address = target_of(upstream.base_url, asked.path, asked.query)
    call = _call(right, asked, length)
    admission = admit(asked.entitlement_id, upstream.pk, right.opening.metering)
    try:
        _write_first(right, call)
    except BaseException:
        settle(admission, 0)
        raise
    give_back_connection()  # the upstream may take its time
    answer = Answer(right, admission, call)
    try:
        answer.ask(asked, address, length)
        return answer.reply()
    except BaseException:
        answer.end(Outcome.UNANSWERED)
        raise


def _length_of(asked: Asked, upstream: Upstream) -> int:
    """Return how many bytes the call brings; raises Problem for what is not passed on."""
    if asked.method not in upstream.methods:
        raise Problem("method_not_allowed", headers={"Allow": ", ".join(upstream.methods)})
    if "chunked" in asked.headers.get("transfer-encoding", "").lower():
        raise Problem("length_required")
    said = asked.headers.get("content-length", "")
    length = int(said) if said.isascii() and said.isdigit() else 0
    if length > MOST_SENT_BYTES:
        raise Problem("too_large")
    return length


def _call(right: Right, asked: Asked, length: int) -> Call:
    nonce = asked.headers.get("dawan-nonce", "")
    if len(nonce) > LONGEST_NONCE:
        raise Problem("invalid", _("A nonce has at most %d characters.") % LONGEST_NONCE)
    return Call(
        entitlement=right.opening.entitlement,
        actor=right.actor,
        method=asked.method,
        path=f"/{asked.path}"[:500],
        bytes_in=length,
        nonce=nonce,
    )


def _write_first(right: Right, call: Call) -> None:
    """Write down what must not be passed on unwritten; raises Problem `nonce_reused`, or what `use_permit` raises."""
    if right.opening.crosses_border:
        with transaction.atomic():
            permit = permit_for(right.opening.delivery, bytes_wanted=0, actor=call.actor)
            call.permit_id = permit.pk if permit is not None else None
            call.write(alone=True)
    elif call.nonce or call.method not in SAFE_METHODS:
        call.write()


@cache
def _pool() -> httpcore.ConnectionPool:
    return guarded_pool(CONNECTIONS)


class Answer:
    """An upstream's answer on its way to the buyer; whoever closes it early, or lets it end, settles the call once."""

    def __init__(self, right: Right, admission: Admission, call: Call) -> None:
        self.right, self.admission, self.call = right, admission, call
        self.opening = right.opening
        self.began = self.looked = time.monotonic()
        self.since_look = self.permitted = 0
        self.digest = hashlib.sha256()
        self.counter: Counter | None = None
        self.length: int | None = None
        self.headers: dict[str, str] = {}
        self.upstream_answer: httpcore.Response | None = None
        self.chunks: Iterator[bytes] = iter(())
        self.counted = self.ended = False

    def ask(self, asked: Asked, address: tuple[str, bytes], length: int) -> None:
        """Send the call on and wait for the head of the answer.

        Raises Problem `upstream_too_slow`, `upstream_unreachable`, `upstream_broke_off`, `upstream_redirects`,
        `upstream_too_large`, or what `use_permit` raises.
        """
        upstream = self.opening.upstream
        base, target = address
        headers = headers_in(self.call, asked.headers, urlsplit(base).netloc, self.opening.secret)
        if length:
            headers.append((b"Content-Length", str(length).encode()))
        request = httpcore.Request(
            asked.method,
            _url(base, target),
            headers=headers,
            content=_body(asked, length),
            extensions={"timeout": patience(upstream.timeout_seconds)},
        )
        try:
            self.upstream_answer = answer = _pool().handle_request(request)
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, FetchFailed) as error:
            raise self._unanswered(error) from error
        self.call.status = answer.status
        if answer.status in UNAVAILABLE:
            note_failure(self.admission)
        else:
            note_success(self.admission)
        if answer.status in REDIRECTS:
            raise Problem("upstream_redirects")
        self._accept(answer)

    def _accept(self, answer: httpcore.Response) -> None:
        """Count the answer and take its bytes from the permit, before the first of them goes out."""
        lowered = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
        said = lowered.get("content-length", "")
        if self.call.method == "HEAD" or answer.status in WITHOUT_BODY:
            self.length = 0
        elif said.isdigit():
            self.length = int(said)
            if self.length > self.opening.upstream.most_answer_bytes:
                raise Problem("upstream_too_large")
        self.counter = Counter(self.opening.metering.unit, answer.status, lowered)
        if self.call.permit_id is not None and self.length:
            self._take(self.length)

    def _unanswered(self, error: Exception) -> Problem:
        if isinstance(error, httpcore.LocalProtocolError):
            return Problem("invalid")  # headers that no server takes
        note_failure(self.admission)
        if isinstance(error, httpcore.TimeoutException):
            return Problem("upstream_too_slow")
        if isinstance(error, httpcore.RemoteProtocolError | httpcore.ReadError | httpcore.WriteError):
            return Problem("upstream_broke_off")
        return Problem("upstream_unreachable")

    def reply(self) -> Reply:
        """Return a short answer as a whole, or the head of a longer one and its body as it comes.

        Raises Problem `upstream_broke_off` or `upstream_too_slow` for a short answer that does not arrive, or what
        `Right.require` raises when the right has ended while the upstream was thinking.
        """
        answer = self.upstream_answer
        assert answer is not None  # noqa: S101 - asked before
        headers = headers_out(self.call, answer.headers)
        if self.length is not None and self.length <= CHUNK_BYTES:
            body = self._whole(answer)
            self.right.require()
            self.end(Outcome.ANSWERED)
            return Reply(answer.status, headers, body)
        self.right.require()
        self._begin()
        self.chunks = answer.iter_stream()
        return Reply(answer.status, headers, self)

    def _whole(self, answer: httpcore.Response) -> bytes:
        try:
            body = b"".join(answer.iter_stream())
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise self._unanswered(error) from error
        self._pass(body)
        return body

    def _begin(self) -> None:
        """Commit that the answer begins, and its usage where calls are counted."""
        if self.opening.metering.unit == Unit.CALL:
            self._count()
        if self.counted or not self.call.is_written:
            self.call.write(bills=self.counted)

    def __iter__(self) -> "Answer":
        return self

    def __next__(self) -> bytes:
        """Return the next chunk, as long as the right is in force and the answer within its bounds.

        Raises ConnectionAbortedError otherwise: the connection then breaks.
        """
        try:
            chunk = next(self.chunks)
            self._watch(chunk)
        except StopIteration:
            self.end(Outcome.ANSWERED)
            raise
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            self.end(Outcome.CUT_OFF)
            note_failure(self.admission)
            raise ConnectionAbortedError("the upstream broke the answer off") from error
        except BaseException:
            self.end(Outcome.CUT_OFF)
            raise
        return chunk

    def _watch(self, chunk: bytes) -> None:
        now = time.monotonic()
        if now - self.began > LONGEST_SECONDS:
            raise ConnectionAbortedError("the answer took too long")
        if self.call.bytes_out + len(chunk) > self.opening.upstream.most_answer_bytes:
            raise ConnectionAbortedError("the answer is larger than the provider allows")
        if self.since_look >= LOOK_EVERY_BYTES or now - self.looked >= LOOK_EVERY_SECONDS:
            self._look_again()
            self.looked, self.since_look = now, 0
        if self.call.permit_id is not None and self.call.bytes_out + len(chunk) > self.permitted:
            self._take(max(LOOK_EVERY_BYTES, len(chunk)))
        self.since_look += len(chunk)
        self._pass(chunk)

    def _pass(self, chunk: bytes) -> None:
        self.call.bytes_out += len(chunk)
        self.digest.update(chunk)
        if self.counter is not None:
            self.counter.add(chunk)

    def _look_again(self) -> None:
        """Ask in mid-stream whether the right, the permit and the month's quota still hold."""
        most = self.opening.metering.most_units
        try:
            self.right.require(seen_within=0)
        except Problem as problem:
            raise ConnectionAbortedError("the right ended in mid-stream") from problem
        if most is not None and self.counter is not None and self.counter.units > most:
            raise ConnectionAbortedError("the month's quota is used up")
        give_back_connection()

    def _take(self, count: int) -> None:
        with transaction.atomic():
            permit_for(self.opening.delivery, bytes_wanted=count, actor=self.call.actor)
        self.permitted += count

    def _count(self) -> None:
        """Take the units of the answer into the call; one without any, such as a refusal, leaves no usage record."""
        self.call.units = self.counter.units if self.counter is not None else 0
        self.counted = self.call.units > 0

    def end(self, outcome: str) -> None:
        """Let go of the upstream and write down how the call ended; the second time does nothing."""
        if self.ended:
            return
        self.ended = True
        if self.upstream_answer is not None:
            self.upstream_answer.close()
        billed = self.counted
        if outcome != Outcome.UNANSWERED and not billed:
            self._count()
        call = self.call
        call.outcome = outcome
        call.sha256 = self.digest.hexdigest() if call.bytes_out else ""
        try:
            call.write(bills=self.counted and not billed)
        finally:
            settle(self.admission, call.units)

    def close(self) -> None:
        """Whoever sends the answer calls this when the client has gone, or has everything."""
        self.end(Outcome.CUT_OFF)


def close_abandoned_calls(limit: int = 500) -> int:
    """End calls that were under way in a process that died, and return how many; their answers never ended either."""
    before = timezone.now() - timedelta(seconds=2 * LONGEST_SECONDS)
    lost = GatewayCall.objects.filter(outcome=Outcome.OPEN, created_at__lt=before).order_by("created_at")
    ids = list(lost.values_list("pk", flat=True)[:limit])
    return GatewayCall.objects.filter(pk__in=ids, outcome=Outcome.OPEN).update(
        outcome=Outcome.CUT_OFF, ended_at=timezone.now()
    )


def _url(base: str, target: bytes) -> httpcore.URL:
    parts = urlsplit(base)
    return httpcore.URL(scheme=parts.scheme, host=parts.hostname or "", port=parts.port, target=target)


def _body(asked: Asked, length: int) -> Iterator[bytes]:
    left = length
    while left and (chunk := asked.read(min(CHUNK_BYTES, left))):
        left -= len(chunk)
        yield chunk
