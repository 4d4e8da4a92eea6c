"""What a token opens under an entitlement, remembered as long as nothing that it rests on has changed.

A right rests on a dozen rows: token, client, person and role, memberships, entitlement, agreement and delivery, both
parties, and the upstream. Building it from them costs more than all the rest of a call. So it is kept, with a stamp of
those rows (where PostgreSQL keeps each row's version, and which transaction wrote it): a change of any of them is
another stamp, and everything is asked anew. A stamp is taken for true for FRESH_SECONDS, so that whatever ends a right
reaches every call, and every running answer, within one second of its commit.
"""

import hashlib
import time
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from threading import Lock
from uuid import UUID

from django.db import connection

from accounts.access import Permission, require
from accounts.authentication import actor_of_token
from kernel.actors import Actor
from kernel.problems import Problem
from listings.crossborder.parties import crosses_border
from listings.metering import Metering
from marketplace.delivery.access import require_in_force
from marketplace.delivery.metering import metering_of
from marketplace.delivery.upstreams import WAY, secret_of
from marketplace.models import Delivery, Entitlement, Upstream

FRESH_SECONDS = 0.4
MOST_KEPT = 10_000  # rights, in one process
BEHIND_A_RIGHT = ("entitlement__agreement", "order__provider", "order__buyer", "order__listing__product__upstream")
# Building a query costs by its columns.
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
# A row's version is where it lies and who wrote it: either alone may be the same again. `format` keeps the place of
# what is missing.
STAMP = """
SELECT format('%%s|%%s|%%s|%%s|%%s|%%s|%%s|%%s|%%s|%%s|%%s',
              token.ctid || token.xmin::text, client.ctid || client.xmin::text, person.ctid || person.xmin::text,
              affiliation.ctid || affiliation.xmin::text, entitlement.ctid || entitlement.xmin::text,
              agreement.ctid || agreement.xmin::text, upstream.ctid || upstream.xmin::text,
              buyer.ctid || buyer.xmin::text, provider.ctid || provider.xmin::text,
              (SELECT string_agg(membership.ctid || membership.xmin::text, ',' ORDER BY membership.id)
                 FROM accounts_membership membership
                WHERE membership.organization_id = entitlement.organization_id
                  AND membership.venue_id = entitlement.venue_id),
              (SELECT delivery.id FROM marketplace_delivery delivery
                WHERE delivery.entitlement_id = entitlement.id AND delivery.kind <> 'RESULT')),
       COALESCE(LEAST(token.expires, client.expires_at, entitlement.expires_at), now())
  FROM marketplace_entitlement entitlement
  JOIN marketplace_agreement agreement ON agreement.id = entitlement.agreement_id
  JOIN marketplace_order trade ON trade.id = agreement.order_id
  JOIN listings_listing listing ON listing.id = trade.listing_id
  JOIN accounts_organization buyer ON buyer.id = entitlement.organization_id
  JOIN accounts_organization provider ON provider.id = entitlement.provider_id
  LEFT JOIN marketplace_upstream upstream ON upstream.product_id = listing.product_id
  LEFT JOIN oauth2_provider_accesstoken token ON token.token_checksum = %s
  LEFT JOIN accounts_apiclient client ON client.id = token.application_id
  LEFT JOIN accounts_person person ON person.id = client.person_id
  LEFT JOIN accounts_affiliation affiliation
         ON affiliation.person_id = client.person_id AND affiliation.organization_id = client.organization_id
 WHERE entitlement.id = %s
"""
Stamp = tuple[str, datetime] | None


@dataclass(frozen=True)
class Opening:
    """What a right opens: the delivery that made it, how it is counted, and where its calls go."""

    entitlement: Entitlement
    delivery: Delivery
    metering: Metering
    upstream: Upstream

    @cached_property
    def secret(self) -> tuple[str, str] | None:
        """Header and value of the provider's secret."""
        return secret_of(self.upstream)

    @cached_property
    def crosses_border(self) -> bool:
        """Whether the answers leave, so that their bytes need a permit."""
        return crosses_border(self.delivery.order.provider, self.delivery.order.buyer)


class Right:
    """The right of one token under one entitlement; raises Problem as soon as it is seen to have ended."""

    def __init__(self, token: str, checksum: str, entitlement_id: UUID) -> None:
        self._token, self._checksum, self._entitlement_id = token, checksum, entitlement_id
        self._stamp: Stamp = None
        self._checked = 0.0
        self._lock = Lock()
        self.actor: Actor
        self.opening: Opening

    def require(self, seen_within: float = FRESH_SECONDS) -> None:
        """Raise Problem unless the right holds, by what was seen so many seconds ago at most.

        The codes are those of `actor_of_token` and `opening_for`.
        """
        if self._is_fresh(seen_within):
            return
        with self._lock:  # of the threads that find it stale, one asks
            if self._is_fresh(seen_within):
                return
            began = time.monotonic()
            stamp = _stamp(self._checksum, self._entitlement_id)
            if stamp is None or stamp != self._stamp or stamp[1].timestamp() <= time.time():
                self._stamp = None
                self.actor = actor_of_token(self._token)
                self.opening = opening_for(self._entitlement_id, self.actor)
                self._stamp = stamp
            self._checked = began

    def _is_fresh(self, seen_within: float) -> bool:
        stamp = self._stamp
        if stamp is None or stamp[1].timestamp() <= time.time():
            return False
        return time.monotonic() - self._checked < seen_within


_kept: dict[tuple[str, UUID], Right] = {}


def right_of(authorization: str, entitlement_id: UUID) -> Right:
    """Return what a bearer token, as its header says it, opens under the entitlement.

    Raises Problem `unauthenticated` without one, or what `Right.require` raises.
    """
    token = _token_in(authorization)
    checksum = hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
    right = _kept.get((checksum, entitlement_id))
    if right is not None:
        right.require()
        return right
    right = Right(token, checksum, entitlement_id)
    right.require()
    while len(_kept) >= MOST_KEPT:
        _kept.pop(next(iter(_kept)), None)
    _kept[checksum, entitlement_id] = right
    return right


def opening_for(entitlement_id: UUID, actor: Actor) -> Opening:
    """Return what the right opens at this moment.

    Raises Problem `not_found` for another's, `forbidden` without the scope to read data, what `require_in_force`
    raises, or `no_upstream`.
    """
    deliveries = (
        Delivery.objects.filter(entitlement__in=Entitlement.objects.visible_to(actor), entitlement=entitlement_id)
        .select_related(*BEHIND_A_RIGHT)
        .only(*COLUMNS)
        .exclude(kind=Delivery.Kind.RESULT)
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


def _stamp(checksum: str, entitlement_id: UUID) -> Stamp:
    """Return the versions of all rows behind the right, and the moment by which the first of them ends."""
    with connection.cursor() as cursor:
        cursor.execute(STAMP, [checksum, entitlement_id])
        found: Stamp = cursor.fetchone()
    return found


def _token_in(authorization: str) -> str:
    scheme, _space, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise Problem("unauthenticated", headers={"WWW-Authenticate": 'Bearer realm="dawan"'})
    return token.strip()
