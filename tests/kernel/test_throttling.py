"""A client that asks too often is told when to come back; a counter store that is away stops nobody."""

import pytest
import redis
from rest_framework.test import APIClient

from kernel import throttling
from kernel.redis_client import redis_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def three_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling.ClientThrottle, "THROTTLE_RATES", {"client": "3/min", "anonymous": "3/min"})
    monkeypatch.setattr(throttling.time, "time", lambda: 1_800_000_015.0)  # 15 seconds into its minute
    redis_client().delete("throttle:127.0.0.1:30000000")


def test_the_fourth_request_of_a_minute_is_refused_with_the_seconds_left(three_a_minute: None) -> None:
    answers = [APIClient().get("/api/v1/venues") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].json()["code"] == "throttled"
    assert answers[3]["Retry-After"] == "46"
    assert answers[3]["Content-Type"] == "application/problem+json"


def test_the_token_endpoint_is_counted_by_address(three_a_minute: None) -> None:
    asked = {"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"}
    answers = [APIClient().post("/oauth/token", asked) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert (answers[3].json()["code"], answers[3]["Retry-After"]) == ("throttled", "45")


def test_requests_pass_while_the_counter_store_is_away(three_a_minute: None, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = redis.Redis.from_url("unix:///nowhere/redis.sock")
    monkeypatch.setattr(throttling, "redis_client", lambda: nowhere)
    assert [APIClient().get("/api/v1/venues").status_code for _ in range(5)] == [200] * 5
