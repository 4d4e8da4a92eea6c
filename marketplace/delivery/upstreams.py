"""The upstream of an API product: where the gateway sends its calls, and with which secret of the provider's."""

import os
import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require
from kernel import audit
from kernel.actors import Actor
from kernel.fetching import FetchFailed, checked_address
from kernel.jobs import GiveUp
from kernel.models import Job
from kernel.problems import Problem, field_problem
from listings.encryption import NONCE_BYTES, WrappedKey, key_ring
from listings.models import DeliveryMode, IdentityProgramme, Product
from listings.registration import refuse_retired
from marketplace.delivery.hop import OURS_IN
from marketplace.models import Delivery, Upstream
from marketplace.models.gateway import METHODS

WAY = "API"  # the code in the product types' table
DEFAULT_ANSWER_BYTES = 1024**3
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")  # RFC 9110 §5.6.2
_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")  # RFC 9110 §5.5, without what is obsolete


@transaction.atomic
def set_upstream(
    *,
    product_id: UUID,
    base_url: str,
    methods: Sequence[str],
    timeout_seconds: int = 30,
    most_answer_bytes: int = DEFAULT_ANSWER_BYTES,
    secret_header: str = "",
    secret: str | None = None,
    actor: Actor,
) -> Upstream:
    """Say where the product's calls go; running agreements follow at their next call.

    `secret` is the value of `secret_header`; None keeps the one that is stored for it. Raises Problem `not_found`,
    `forbidden`, `illegal_state` for a retired product, `not_delivered_by_calls`, or `invalid` at the member.
    """
    product = _own_product(product_id, actor)
    refuse_retired(product)
    if DeliveryMode.API not in product.deliveries:
        raise Problem("not_delivered_by_calls")
    _check_address(base_url)
    if not methods or not set(methods) <= set(METHODS):
        raise field_problem("/methods", "invalid_choice", _("Name some of: %s.") % ", ".join(METHODS))
    upstream = Upstream.objects.select_for_update().filter(product=product).first() or Upstream(
        product=product, organization_id=product.organization_id
    )
    _seal_secret(upstream, secret_header, secret)

    upstream.base_url = base_url.rstrip("/")
    upstream.methods = sorted(set(methods))
    upstream.timeout_seconds = timeout_seconds
    upstream.most_answer_bytes = most_answer_bytes
    upstream.save()
    details = {"base_url": upstream.base_url, "methods": upstream.methods, "secret_renewed": secret is not None}
    audit.record("upstream.set", subject=upstream, actor=actor, details=details)
    return upstream


@transaction.atomic
def remove_upstream(*, product_id: UUID, actor: Actor) -> None:
    """Take the upstream away; calls under running agreements are refused from then on. Raises as `set_upstream`."""
    upstream = find(Upstream.objects.select_for_update(), product=_own_product(product_id, actor))
    audit.record("upstream.removed", subject=upstream, actor=actor)
    upstream.delete()


def secret_of(upstream: Upstream) -> tuple[str, str] | None:
    """Return header and value of the provider's secret, for the connection alone; None where there is none."""
    if upstream.sealed_secret is None:
        return None
    key = key_ring().unwrap(WrappedKey(upstream.key_id, bytes(upstream.wrapped_key)), owner=upstream.pk)
    sealed = bytes(upstream.sealed_secret)
    plain = AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], upstream.pk.bytes)
    return upstream.secret_header, plain.decode()


def prepare_calls(delivery: Delivery, _job: Job) -> dict[str, Any]:
    """Return what the receipt says of the gateway; raises GiveUp where the provider has not said where calls go.

    The questions of an identity programme go nowhere else: the exchange answers them (verification.py).
    """
    upstream = Upstream.objects.filter(product__listings=delivery.order.listing_id).first()
    if upstream is None:
        programmes = IdentityProgramme.objects.filter(state=IdentityProgramme.State.OPEN)
        if programmes.filter(product__listings=delivery.order.listing_id).exists():
            return {"identity": {"path": f"/api/v1/entitlements/{delivery.entitlement_id}/identity-queries"}}
        raise GiveUp(_("The provider has not said where calls of this interface go."))
    return {"gateway": {"path": f"/gateway/{delivery.entitlement_id}/", "methods": upstream.methods}}


def _own_product(product_id: UUID, actor: Actor) -> Product:
    product = find(Product.objects.visible_to(actor).select_for_update(of=("self",), no_key=True), pk=product_id)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=product.organization_id)
    return product


def _check_address(base_url: str) -> None:
    try:
        parts = checked_address(base_url)
    except FetchFailed as failure:
        raise field_problem("/base_url", failure.code, str(failure)) from failure
    if parts.query or parts.fragment:
        raise field_problem("/base_url", "address_invalid", _("A base address ends with its path."))


def _seal_secret(upstream: Upstream, header: str, secret: str | None) -> None:
    if header and (not _TOKEN.fullmatch(header) or header.lower() in OURS_IN - {"authorization"}):
        raise field_problem("/secret_header", "invalid", _("No header that can carry a secret."))
    if secret is None:
        if header != upstream.secret_header:
            raise field_problem("/secret", "required", _("Another header needs its secret."))
        if upstream.wrapped_key is None or not upstream.key_id:
            _key, wrapped = key_ring().new_data_key(owner=upstream.pk)
            upstream.wrapped_key, upstream.key_id = wrapped.wrapped, wrapped.key_id
        return
    if not header:
        raise field_problem("/secret_header", "required", _("Say in which header the secret goes."))
    if not _VALUE.fullmatch(secret):
        raise field_problem("/secret", "invalid", _("A header carries printable ASCII characters only."))
    key, wrapped = key_ring().new_data_key(owner=upstream.pk)
    nonce = os.urandom(NONCE_BYTES)
    upstream.secret_header = header
    upstream.sealed_secret = nonce + AESGCM(key).encrypt(nonce, secret.encode(), upstream.pk.bytes)
    upstream.wrapped_key, upstream.key_id = wrapped.wrapped, wrapped.key_id
