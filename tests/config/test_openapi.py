"""The OpenAPI document: what every operation has in common."""

from typing import Any

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in {"get", "post", "put", "patch", "delete"}
    ]


def test_every_operation_may_answer_with_a_problem(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        content = operation["responses"]["default"]["content"]
        assert list(content) == ["application/problem+json"], name
    assert document["components"]["schemas"]["Problem"]["required"][:4] == ["type", "title", "status", "code"]


def test_operations_that_touch_money_or_law_require_an_idempotency_key(document: dict[str, Any]) -> None:
    def key_of(path: str) -> dict[str, Any]:
        parameters = document["paths"][path]["post"]["parameters"]
        return next(each for each in parameters if each["name"] == "Idempotency-Key")

    assert key_of("/api/v1/memberships/{membership_id}/approve")["required"]
    assert "required" not in key_of("/api/v1/products")


def test_members_sign_in_with_the_client_credentials_grant(document: dict[str, Any]) -> None:
    flow = document["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]

    assert flow["tokenUrl"] == "/oauth/token"
    assert {"provide", "buy"} <= set(flow["scopes"])


@pytest.mark.django_db
def test_the_documents_page_takes_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/api/v1/docs/").content.decode()

    assert "/static/drf_spectacular_sidecar/" in page
    assert "https://" not in page.replace("https://json-schema.org", "")
