"""Probes: alive says nothing of others; ready asks the database, Redis and the migrations."""

import pytest
from django.db import connection
from django.test import Client

from config import health

pytestmark = pytest.mark.django_db

NOWHERE_DATABASE = "postgresql://postgres@%2Fnowhere/dawan"
NOWHERE_REDIS = "unix:///nowhere/redis.sock?db=0"


@pytest.fixture(autouse=True)
def _a_process_that_has_just_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_seen_migrated", [])


def test_a_process_is_alive_while_its_database_and_redis_are_away(client: Client, settings) -> None:
    settings.DATABASE_URL, settings.REDIS_URL = NOWHERE_DATABASE, NOWHERE_REDIS

    assert client.get("/healthz").json() == {"status": "ok"}


def test_a_migrated_process_with_its_servers_is_ready(client: Client) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["checks"] == {"database": "ok", "redis": "ok", "migrations": "ok"}


def test_without_redis_a_process_is_not_ready_and_says_so_in_a_problem(client: Client, settings) -> None:
    settings.REDIS_URL = NOWHERE_REDIS

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "unavailable"
    assert problem["checks"]["redis"] == "ConnectionError"
    assert problem["checks"]["database"] == "ok"


def test_without_the_database_a_process_is_not_ready_and_answers_at_once(client: Client, settings) -> None:
    settings.DATABASE_URL = NOWHERE_DATABASE

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": "OperationalError", "redis": "ok", "migrations": "unknown"}


def test_a_process_before_its_migrations_is_not_ready(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"] == "1 waiting"


def test_probes_take_no_post(client: Client) -> None:
    assert client.post("/readyz").status_code == 405
