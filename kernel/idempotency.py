"""Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): the answer is stored in the effect's own transaction.

A refused request has no effect and stores nothing, so a corrected retry may use the same key.
"""

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from kernel.actors import Actor
from kernel.digests import canonical_json
from kernel.problems import Problem

SALT = "kernel.idempotency"
ViewMethod = Callable[..., Response]


class StoredAnswer(NamedTuple):
    """An answer as it is kept; `body` is JSON text."""

    fingerprint: str
    status: int
    body: str


def idempotent(*, required: bool = True, withhold: tuple[str, ...] = ()) -> Callable[[ViewMethod], ViewMethod]:
    """Make a view method replay its stored answer when the same request comes again with the same key.

    Opens the transaction that holds both the effect and the stored answer. `withhold` names members of the answer that
    are shown once and never stored (secrets). Raises Problem `idempotency_key_missing` (400), `idempotency_key_reused`
    (422) or `idempotency_key_in_use` (409).
    """

    def decorate(method: ViewMethod) -> ViewMethod:
        @wraps(method)
        def wrapped(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
            key = _key(request)
            if key is None:
                if required:
                    raise Problem("idempotency_key_missing")
                with transaction.atomic():
                    return method(view, request, *args, **kwargs)
            with transaction.atomic():
                return _once(key, withhold, lambda: method(view, request, *args, **kwargs), request)

        wrapped.idempotency_required = required  # type: ignore[attr-defined]  # read by config/openapi.py
        return wrapped

    return decorate


def _once(key: str, withhold: tuple[str, ...], act: Callable[[], Response], request: Request) -> Response:
    owner = _owner(request)
    route = f"{request.method} {request.path}"
    _lock(owner, key)
    # Keyed, because a body may hold a password, and a plain hash of it would invite guessing.
    fingerprint = salted_hmac(
        SALT, route.encode() + b"\n" + canonical_json(request.data), algorithm="sha256"
    ).hexdigest()
    stored = _stored(owner, key)
    if stored is not None:
        return _replay(stored, fingerprint)
    response = act()
    body = response.data
    kept = {k: v for k, v in body.items() if k not in withhold} if withhold and isinstance(body, dict) else body
    _store(owner, key, StoredAnswer(fingerprint, response.status_code, json.dumps(kept, cls=JSONEncoder)), route)
    return response


def _stored(owner: UUID, key: str) -> StoredAnswer | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT fingerprint, status, body FROM kernel_idempotencyrecord WHERE owner_id = %s AND key = %s",
            [owner, key],
        )
        found = cursor.fetchone()
    return StoredAnswer(*found) if found else None


def _store(owner: UUID, key: str, answer: StoredAnswer, route: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO kernel_idempotencyrecord (owner_id, key, fingerprint, status, body, route, created_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s)""",
            [owner, key, answer.fingerprint, answer.status, answer.body, route, timezone.now()],
        )


def _replay(stored: StoredAnswer, fingerprint: str) -> Response:
    if stored.fingerprint != fingerprint:
        raise Problem("idempotency_key_reused")
    return Response(json.loads(stored.body), status=stored.status, headers={"Idempotent-Replayed": "true"})


def _key(request: Request) -> str | None:
    value = request.headers.get("Idempotency-Key", "").strip()
    if not value:
        return None
    # The draft makes it a structured-field string ("…"); most clients send it bare.
    key = value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
    if not key or len(key) > 255 or not key.isprintable():
        raise Problem("idempotency_key_missing", _("The Idempotency-Key must have 1 to 255 printable characters."))
    return key


def _owner(request: Request) -> UUID:
    actor: Actor | None = getattr(request, "actor", None)
    owner = actor and (actor.organization_id or actor.person_id or actor.id)
    return owner or UUID(int=0)


def _lock(owner: UUID, key: str) -> None:
    number = int.from_bytes(hashlib.sha256(owner.bytes + key.encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise Problem("idempotency_key_in_use", headers={"Retry-After": "1"})
