"""Interfaces in tests: an API product with its description in the catalogue, a real upstream, and a buyer's calls."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from typing import Any
from uuid import UUID, uuid4

from django.test import Client

from accounts.models import Organization
from kernel.jobs import run_due_jobs
from kernel.money import Currency, Money
from listings import uploading
from listings.crossborder.border_dossier import declare_border_dossier
from listings.grade_confirmation import confirm_grade
from listings.listing import create_listing
from listings.metering import Metering, Unit
from listings.models import DatasetVersion, Listing, Plan
from listings.plans import create_plan
from listings.registration import create_product, register_product
from marketplace.delivery.upstreams import set_upstream
from marketplace.models import Delivery, Entitlement, GatewayCall, Upstream, UsageRecord
from tests.listings.offers import dossier, make_terms, put_up
from tests.marketplace.trading import delivered, placed
from tests.serving import running
from tests.world import actor, make_client, make_token, person_of

SECRET = "provider-secret-9f2c"
DESCRIPTION = {
    "openapi": "3.0.3",
    "info": {"title": "街道查询", "version": "1"},
    "servers": [{"url": "https://provider.example.cn/v1"}],
    "security": [{"key": []}],
    "paths": {
        "/streets/{code}": {
            "get": {
                "operationId": "street",
                "summary": "查询街道",
                "parameters": [{"name": "code", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {"200": {"description": "街道"}},
            }
        }
    },
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
}
PER_CALL = Metering(Unit.CALL, unit_price=Decimal("0.015"))


@contextmanager
def upstream_server(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """Answer every method with a function, on a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            answer(self)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815 - the library's names

        def log_message(self, *_arguments: Any) -> None:
            pass

    with running(Handler) as address:
        yield address


def listed_interface(
    provider: Organization,
    base_url: str = "",
    metering: Metering | None = PER_CALL,
    *,
    exportable: bool = False,
    **upstream: Any,
) -> Listing:
    """Return a listing of an API product in the catalogue, with its upstream where there is an address."""
    who = actor(person_of(provider))
    dataset = uploading.register_dataset(title={"en": "Interface to sub-districts"}, actor=who)
    version = uploading.open_version(dataset_id=dataset.id, actor=who)
    file = uploading.add_file(version_id=version.id, name="openapi.json", format="OPENAPI", actor=who)
    uploading.receive_part(file_id=file.id, number=1, body=[json.dumps(DESCRIPTION).encode()], actor=who)
    uploading.complete_file(file_id=file.id, actor=who)
    uploading.seal_version(version_id=version.id, actor=who)
    run_due_jobs(kinds=("dataset.profile",))
    version.refresh_from_db()
    assert version.state == DatasetVersion.State.READY, version.refusal
    product = create_product(dataset_id=dataset.pk, dossier=dossier(product_type="API", deliveries=["API"]), actor=who)
    register_product(product_id=product.pk, actor=who)
    product.refresh_from_db()
    if exportable:
        confirm_grade(version_id=version.pk, grade="GENERAL", personal_data="NONE", actor=who)
        border = {"reach": "ANYWHERE", "scenario": "OTHER", "n_general": 0, "n_sensitive": 0}
        declare_border_dossier(product_id=product.pk, fields=border, actor=who)
    if base_url:
        opened(product.pk, base_url, who, **upstream)
    kind = Plan.Kind.METERED if metering else Plan.Kind.FREE
    plan = create_plan(product_id=product.pk, kind=kind, price=Money(0, Currency.CNY), metering=metering, actor=who)
    listing = create_listing(
        product_id=product.pk,
        venue_code="gzdex",
        version_id=version.pk,
        terms_id=make_terms(product).pk,
        plan_ids=[plan.pk],
        actor=who,
    )
    return put_up(listing)


def opened(product_id: UUID, base_url: str, who: Any, **fields: Any) -> Upstream:
    defaults = {"methods": ["GET", "HEAD", "POST"], "secret_header": "X-Key", "secret": SECRET, "timeout_seconds": 1}
    return set_upstream(product_id=product_id, base_url=base_url, actor=who, **(defaults | fields))


def bought(listing: Listing, buyer: Organization) -> Delivery:
    """Buy the listing's only plan and let the worker open it."""
    return delivered(placed(listing, buyer))


class Caller:
    """A buyer's program that calls under an entitlement."""

    def __init__(self, delivery: Delivery, scopes: list[str] | None = None) -> None:
        self.entitlement_id = delivery.entitlement_id
        self.token = make_token(make_client(person_of(delivery.organization), scopes))
        self.http = Client()

    def call(self, path: str = "", method: str = "GET", headers: Mapping[str, str] | None = None, **extra: Any) -> Any:
        """Return the answer, read to its end unless it breaks off."""
        sent = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        return self.http.generic(method, f"/gateway/{self.entitlement_id}/{path}", headers=sent, **extra)


def within_a_second(call: Callable[[], Any], code: str) -> Any:
    """Call until the exchange refuses with the code, and return the refusal; fails if a second does not bring it."""
    deadline = time.monotonic() + 1
    while True:
        answer = call()
        if "Dawan-Answered-By" not in answer and answer.json()["code"] == code:
            return answer
        body_of(answer)
        assert time.monotonic() < deadline, f"not refused with {code} within a second"
        time.sleep(0.02)


def called(delivery: Delivery) -> GatewayCall:
    """Write down a call under a delivery's right, as one that has ended stands there."""
    entitlement = delivery.entitlement
    return GatewayCall.objects.create(
        entitlement=entitlement,
        organization_id=entitlement.organization_id,
        provider_id=entitlement.provider_id,
        venue_id=entitlement.venue_id,
        nonce=uuid4().hex,
        method="GET",
        path="/",
        outcome=GatewayCall.Outcome.ANSWERED,
        status=200,
    )


def count_usage(entitlement: Entitlement, units: int = 1, kind: str = "API_CALL") -> UsageRecord:
    """Write down what was used under a right, at this moment."""
    return UsageRecord.objects.create(
        entitlement=entitlement,
        organization_id=entitlement.organization_id,
        provider_id=entitlement.provider_id,
        venue_id=entitlement.venue_id,
        kind=kind,
        nonce=uuid4().hex,
        subject_id=uuid4(),
        units=units,
    )


def body_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content
