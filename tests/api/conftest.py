"""What these tests know of the API comes from its own OpenAPI document."""

from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from tests.api.operations import Operation
from tests.api.traded import Traded, traded


@pytest.fixture(scope="session")
def operations() -> list[Operation]:
    """Every operation that the document names."""
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return [
        Operation(method, path, declared, document)
        for path, methods in document["paths"].items()
        for method, declared in methods.items()
    ]


@pytest.fixture
def world(db: None) -> Traded:
    return traded()
