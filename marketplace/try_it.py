"""Trying an interface in the browser: the provider's OpenAPI description, with the gateway as its only server.

The page itself says nothing of the interface; its script asks for the description with the token that is typed in.
"""

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from kernel.problems import Problem
from listings.models import DataFile
from listings.profiling.yaml_text import read_yaml
from listings.storage import iter_range
from marketplace.delivery.rights import right_of

OPERATIONS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@require_safe
def page(request: HttpRequest, entitlement_id: UUID) -> HttpResponse:
    """Show the page for trying what an entitlement opens, the same to everybody."""
    return render(request, "marketplace/try_it.html", {"entitlement_id": entitlement_id})


@require_safe
def description(request: HttpRequest, entitlement_id: UUID) -> JsonResponse:
    """Give the buyer the interface's description; raises what `Right.require` raises, or `not_found` without one."""
    opening = right_of(request.headers.get("Authorization", ""), entitlement_id).opening
    file = DataFile.objects.filter(version=opening.entitlement.version_id, format=DataFile.Format.OPENAPI).first()
    if file is None:
        raise Problem("not_found")
    described = _read(b"".join(iter_range(file, 0, file.size or 0)))
    address = request.build_absolute_uri(reverse("gateway", args=[entitlement_id, ""]))
    return JsonResponse(_through_gateway(described, address.rstrip("/")))


def _read(body: bytes) -> dict[str, Any]:
    text = body.decode("utf-8-sig")  # profiling has found it to be a description
    found = json.loads(text) if text.lstrip().startswith("{") else read_yaml(text)
    return dict(found)


def _through_gateway(described: dict[str, Any], address: str) -> dict[str, Any]:
    """Return the description with the gateway for its servers and the exchange's token for its security."""
    schemes = {"exchange": {"type": "http", "scheme": "bearer"}}
    components = {**described.get("components", {}), "securitySchemes": schemes}
    paths = {path: _without_own(item) for path, item in described.get("paths", {}).items()}
    ours = {"servers": [{"url": address}], "security": [{"exchange": []}], "components": components, "paths": paths}
    return {**described, **ours}


def _without_own(item: Any) -> Any:
    """Return a path or an operation without servers and security of its own."""
    if not isinstance(item, dict):
        return item
    kept = {name: value for name, value in item.items() if name not in ("servers", "security")}
    return {name: _without_own(value) if name in OPERATIONS else value for name, value in kept.items()}
