"""The gateway: a buyer's call of an interface, checked, written down, passed on, counted, and streamed back.

Nothing is held whole: the request goes on as it comes in and the answer as it arrives. The call is written down before
it is served, with its audit event; if that fails, nothing is served.
"""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from urllib.parse import urlsplit
from uuid import UUID

import httpcore
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from accounts.access import Permission, require
from accounts.authentication import actor_of_token
from kernel import audit
from kernel.actors import Actor
from kernel.fetching import FetchFailed
from kernel.guarded_http import guarded_pool, patience
from kernel.problems import Problem
from kernel.tracing import current_trace_id
from listings.metering import Metering, Unit
from listings.models import TransferPermit
from marketplace.delivery.access import permit_for, require_in_force
from marketplace.delivery.hop import REDIRECTS, Header, headers_in, headers_out, target_of
from marketplace.delivery.metering import Counter, metering_of
from marketplace.delivery.quota import Admission, admit, note_failure, note_success, settle
from marketplace.delivery.upstreams import WAY, secret_of
from marketplace.models import Delivery, Entitlement, GatewayCall, Upstream, UsageRecord

CONNECTIONS = 100  # of one process
CHUNK_BYTES = 64 * 1024
MOST_SENT_BYTES = 100 * 1024 * 1024
LOOK_EVERY_BYTES = 1024 * 1024  # a suspension is seen after so much of a running answer,
LOOK_EVERY_SECONDS = 1.0  # or after so long
LONGEST_SECONDS = 900.0
LONGEST_NONCE = 64
BEHIND_A_RIGHT = ("entitlement__agreement", "order__provider", "order__buyer", "order__listing__product__upstream")
# Every call asks for these, and building a query costs by its columns.
COLUMNS = (
    "organization",
    "receipt",
    "entitlement__organization",
    "entitlement__provider",
    "entitlement__venue",
    "entitlement__version",
    "entitlement__state",
    "entitlement__expires_at",
    "entitlement__agreement__body",
    "order__provider__jurisdiction",
    "order__buyer__jurisdiction",
    "order__listing__product__upstream__base_url",
    "order__listing__product__upstream__methods",
    "order__listing__product__upstream__timeout_seconds",
    "order__listing__product__upstream__most_answer_bytes",
    "order__listing__product__upstream__secret_header",
    "order__listing__product__upstream__sealed_secret",
    "order__listing__product__upstream__wrapped_key",
    "order__listing__product__upstream__key_id",
)
UNAVAILABLE = frozenset({502, 503, 504})
Outcome = GatewayCall.Outcome


@dataclass(frozen=True)
class Opening:
    """What a right opens: the delivery that made it, how it is counted, and where its calls go."""

    entitlement: Entitlement
    delivery: Delivery
    metering: Metering
    upstream: Upstream


@csrf_exempt
def gateway(request: HttpRequest, entitlement_id: UUID, path: str) -> HttpResponseBase:
    """Pass a buyer's call on to the upstream and its answer back.

    Refusals of the exchange are problem documents; what the upstream says carries `Dawan-Answered-By: upstream`.
    """
    actor = caller_of(request)
    opening = opening_for(entitlement_id, actor)
    length = _length_of(request, opening.upstream)
    address = target_of(opening.upstream.base_url, path, request.META.get("QUERY_STRING", ""))
    admission = admit(entitlement_id, opening.upstream.pk, opening.metering)
    try:
        call = _begun(opening, request, path, length, actor)
    except BaseException:
        settle(admission, 0)
        raise
    answer = Answer(opening, admission, call, actor)
    try:
        answer.ask(request, address, length)
        return answer.response(request)
    except BaseException:
        answer.end(Outcome.UNANSWERED)
        raise


def caller_of(request: HttpRequest) -> Actor:
    """Return who calls, by the token of an API client; raises Problem `unauthenticated`, `invalid_token`, …"""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise Problem("unauthenticated", headers={"WWW-Authenticate": 'Bearer realm="dawan"'})
    actor = actor_of_token(token.strip())
    request.actor = actor  # type: ignore[attr-defined]
    return actor


def opening_for(entitlement_id: UUID, actor: Actor) -> Opening:
    """Return what the right opens at this moment.

    Raises Problem `not_found` for another's, `forbidden` without the scope to read data, `entitlement_not_active`, or
    `no_upstream`.
    """
    deliveries = (
        Delivery.objects.filter(entitlement__in=Entitlement.objects.visible_to(actor), entitlement=entitlement_id)
        .select_related(*BEHIND_A_RIGHT)
        .only(*COLUMNS)
        .order_by("-id")
    )
    delivery = deliveries.first()
    if delivery is None:
        raise Problem("not_found")
    entitlement = delivery.entitlement
    require(actor, Permission.DELIVERY_READ, organization_id=entitlement.organization_id)
    require_in_force(entitlement)
    upstream = getattr(delivery.order.listing.product, "upstream", None)
    if upstream is None or WAY not in entitlement.agreement.body["product"]["deliveries"]:
        raise Problem("no_upstream")
    return Opening(entitlement, delivery, metering_of(entitlement), upstream)


def _length_of(request: HttpRequest, upstream: Upstream) -> int:
    """Return how many bytes the call brings; raises Problem for what is not passed on."""
    if request.method not in upstream.methods:
        raise Problem("method_not_allowed", headers={"Allow": ", ".join(upstream.methods)})
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        raise Problem("length_required")
    said = request.META.get("CONTENT_LENGTH") or "0"
    length = int(said) if said.isascii() and said.isdigit() else 0
    if length > MOST_SENT_BYTES:
        raise Problem("too_large")
    return length


@transaction.atomic
def _begun(opening: Opening, request: HttpRequest, path: str, length: int, actor: Actor) -> GatewayCall:
    """Write the call down; raises Problem `invalid` or `nonce_reused` for its nonce, or what `use_permit` raises."""
    entitlement = opening.entitlement
    permit = permit_for(opening.delivery, bytes_wanted=0, actor=actor)
    call = GatewayCall(
        entitlement=entitlement,
        organization_id=entitlement.organization_id,
        provider_id=entitlement.provider_id,
        venue_id=entitlement.venue_id,
        permit=permit,
        client_id=actor.id,
        person_id=actor.person_id,
        method=request.method or "",
        path=f"/{path}"[:500],
        bytes_in=length,
        trace_id=current_trace_id(),
    )
    call.nonce = request.headers.get("Dawan-Nonce", "") or call.pk.hex
    if len(call.nonce) > LONGEST_NONCE:
        raise Problem("invalid", _("A nonce has at most %d characters.") % LONGEST_NONCE)
    call.save(force_insert=True)
    details = {"entitlement": str(entitlement.pk), "method": call.method, "path": call.path}
    audit.record("gatewaycall.made", subject=call, actor=actor, details=details)
    return call


@cache
def _pool() -> httpcore.ConnectionPool:
    return guarded_pool(CONNECTIONS)


class Answer:
    """An upstream's answer on its way to the buyer; whoever closes it early, or lets it end, settles the call once."""

    def __init__(self, opening: Opening, admission: Admission, call: GatewayCall, actor: Actor) -> None:
        self.opening, self.admission, self.call, self.actor = opening, admission, call, actor
        self.permit: TransferPermit | None = call.permit
        self.began = self.looked = time.monotonic()
        self.sent = self.since_look = self.permitted = 0
        self.digest = hashlib.sha256()
        self.counter: Counter | None = None
        self.upstream_answer: httpcore.Response | None = None
        self.chunks: Iterator[bytes] = iter(())
        self.ended = False

    def ask(self, request: HttpRequest, address: tuple[str, bytes], length: int) -> None:
        """Send the call on and wait for the head of the answer.

        Raises Problem `upstream_too_slow`, `upstream_unreachable`, `upstream_broke_off`, `upstream_redirects`,
        `upstream_too_large`, or what `use_permit` raises.
        """
        upstream = self.opening.upstream
        base, target = address
        headers = headers_in(self.call, request.headers, urlsplit(base).netloc, secret_of(upstream))
        if length:
            headers.append((b"Content-Length", str(length).encode()))
        asked = httpcore.Request(
            request.method or "",
            _url(base, target),
            headers=headers,
            content=_body(request, length),
            extensions={"timeout": patience(upstream.timeout_seconds)},
        )
        try:
            self.upstream_answer = answer = _pool().handle_request(asked)
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, FetchFailed) as error:
            raise self._unanswered(error) from error
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
        if said.isdigit() and int(said) > self.opening.upstream.most_answer_bytes:
            raise Problem("upstream_too_large")
        self.counter = Counter(self.opening.metering.unit, answer.status, lowered)
        if self.permit is not None and said.isdigit():
            self._take(int(said))
        if self.opening.metering.unit == Unit.CALL:
            self._count()

    def _unanswered(self, error: Exception) -> Problem:
        if isinstance(error, httpcore.LocalProtocolError):
            return Problem("invalid")  # headers that no server takes
        note_failure(self.admission)
        if isinstance(error, httpcore.TimeoutException):
            return Problem("upstream_too_slow")
        if isinstance(error, httpcore.RemoteProtocolError | httpcore.ReadError | httpcore.WriteError):
            return Problem("upstream_broke_off")
        return Problem("upstream_unreachable")

    def response(self, request: HttpRequest) -> HttpResponseBase:
        """Return what Django sends: the head, and the body as it comes."""
        answer = self.upstream_answer
        assert answer is not None  # noqa: S101 - asked before
        headers = headers_out(self.call, _pairs(answer))
        if request.method == "HEAD" or answer.status in (204, 304):
            self.end(Outcome.ANSWERED)
            return HttpResponse(status=answer.status, headers=headers)
        self.chunks = answer.iter_stream()
        return StreamingHttpResponse(self, status=answer.status, headers=headers)

    def __iter__(self) -> "Answer":
        return self

    def __next__(self) -> bytes:
        """Return the next chunk, as long as the right is in force and the answer within its bounds.

        Raises ConnectionAbortedError otherwise: the connection then breaks short of Content-Length, where there is one.
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
        if self.sent + len(chunk) > self.opening.upstream.most_answer_bytes:
            raise ConnectionAbortedError("the answer is larger than the provider allows")
        if self.since_look >= LOOK_EVERY_BYTES or now - self.looked >= LOOK_EVERY_SECONDS:
            self._look_again()
            self.looked, self.since_look = now, 0
        if self.permit is not None and self.sent + len(chunk) > self.permitted:
            self._take(max(LOOK_EVERY_BYTES, len(chunk)))
        self.sent += len(chunk)
        self.since_look += len(chunk)
        self.digest.update(chunk)
        if self.counter is not None:
            self.counter.add(chunk)

    def _look_again(self) -> None:
        """Ask in mid-stream whether the right, the permit and the month's quota still hold."""
        entitlement = Entitlement.objects.only("state", "expires_at").get(pk=self.call.entitlement_id)
        most = self.opening.metering.most_units
        try:
            require_in_force(entitlement)
        except Problem as problem:
            raise ConnectionAbortedError("the entitlement ended in mid-stream") from problem
        if most is not None and self.counter is not None and self.counter.units > most:
            raise ConnectionAbortedError("the month's quota is used up")

    def _take(self, count: int) -> None:
        with transaction.atomic():
            permit_for(self.opening.delivery, bytes_wanted=count, actor=self.actor)
        self.permitted += count

    def _count(self) -> None:
        """Write the usage record, once; an answer without units, such as a refusal, leaves none."""
        units = self.counter.units if self.counter is not None else 0
        settle(self.admission, units)
        self.call.units = units
        if units:
            UsageRecord.objects.create(
                entitlement_id=self.call.entitlement_id,
                organization_id=self.call.organization_id,
                provider_id=self.call.provider_id,
                venue_id=self.call.venue_id,
                kind=UsageRecord.Kind.API_CALL,
                nonce=self.call.nonce,
                subject_id=self.call.pk,
                units=units,
            )

    def end(self, outcome: str) -> None:
        """Let go of the upstream and write down how the call ended; the second time does nothing."""
        if self.ended:
            return
        self.ended = True
        if self.upstream_answer is not None:
            self.upstream_answer.close()
        call = self.call
        with transaction.atomic():
            if self.counter is None:
                settle(self.admission, 0)
            elif self.opening.metering.unit != Unit.CALL:
                self._count()
            call.outcome, call.ended_at, call.bytes_out = outcome, timezone.now(), self.sent
            call.status = self.upstream_answer.status if self.upstream_answer is not None else None
            call.sha256 = self.digest.hexdigest() if self.sent else ""
            call.save(update_fields=["outcome", "ended_at", "bytes_out", "status", "sha256", "units"])
            details = {"status": call.status, "bytes": call.bytes_out, "units": call.units, "sha256": call.sha256}
            audit.record("gatewaycall.ended", subject=call, actor=self.actor, details={"outcome": outcome, **details})

    def close(self) -> None:
        """Django calls this when the client has gone, or has everything."""
        self.end(Outcome.CUT_OFF)


def close_abandoned_calls(limit: int = 500) -> int:
    """End calls that were under way in a process that died, and return how many; their answers never ended either."""
    before = timezone.now() - timedelta(seconds=2 * LONGEST_SECONDS)
    lost = GatewayCall.objects.filter(outcome=Outcome.OPEN, created_at__lt=before).order_by("created_at")
    ids = list(lost.values_list("pk", flat=True)[:limit])
    return GatewayCall.objects.filter(pk__in=ids, outcome=Outcome.OPEN).update(
        outcome=Outcome.CUT_OFF, ended_at=timezone.now()
    )


def _pairs(answer: httpcore.Response) -> list[Header]:
    return list(answer.headers)


def _url(base: str, target: bytes) -> httpcore.URL:
    parts = urlsplit(base)
    return httpcore.URL(scheme=parts.scheme, host=parts.hostname or "", port=parts.port, target=target)


def _body(request: HttpRequest, length: int) -> Iterator[bytes]:
    left = length
    while left and (chunk := request.read(min(CHUNK_BYTES, left))):
        left -= len(chunk)
        yield chunk
