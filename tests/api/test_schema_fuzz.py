"""Every operation of our own OpenAPI document, called with generated right and wrong requests (schemathesis).

Paths lead to rows that exist (tests/api/traded.py), so that bodies are looked at too. The examples are derived from the
tests: the same ones on every run.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core import signals
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.core.failures import Failure, FailureGroup

from config.wsgi import application
from tests.api.traded import Traded
from tests.world import make_client, make_token, person_of

pytestmark = pytest.mark.django_db

EXAMPLES = {GenerationMode.POSITIVE: 2, GenerationMode.NEGATIVE: 2}  # per operation
CHECKS = [
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Keep the test's connection, and with it the test's transaction, from one request to the next."""
    both = (signals.request_started, signals.request_finished)
    for signal in both:
        signal.disconnect(close_old_connections)
    yield
    for signal in both:
        signal.connect(close_old_connections)


@pytest.fixture
def operations(one_connection: None) -> list[Any]:
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", application)
    return [result.ok() for result in schema.get_all_operations()]


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_answer_is_one_that_the_document_promises(
    mode: GenerationMode, world: Traded, operations: list[Any]
) -> None:
    headers = {"Authorization": f"Bearer {make_token(make_client(person_of(world.member)))}"}
    broken = []
    for operation in operations:
        try:
            _call(operation, mode, world.ids, headers)
        except (Failure, FailureGroup) as failure:
            broken.append(f"{operation.label}\n{failure}")
    assert not broken, "\n\n".join(broken)


def _call(operation: Any, mode: GenerationMode, ids: dict[str, str], headers: dict[str, str]) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES[mode],
        derandomize=True,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def call(case: Any) -> None:
        known = {name: value for name, value in ids.items() if name in (case.path_parameters or {})}
        case.path_parameters = {**(case.path_parameters or {}), **known}
        case.call_and_validate(headers=headers, checks=CHECKS)

    try:
        call()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # an operation without parameters has no wrong request
