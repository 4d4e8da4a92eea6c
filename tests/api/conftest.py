"""What these tests know of the API comes from its own OpenAPI document."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from drf_spectacular.generators import SchemaGenerator
from pytest_django import DjangoDbBlocker

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


@pytest.fixture(scope="package")
def world_of_all(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Traded]:
    """One world for all tests here: it takes many seconds to make, and each test's changes are rolled back to it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield traded()
        transaction.set_rollback(True)


@pytest.fixture
def world(world_of_all: Traded, db: None) -> Traded:
    return world_of_all
