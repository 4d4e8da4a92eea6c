"""Every client has its own allowance; whoever uses it up hears when to come back."""

import pytest

from accounts.models import Capacity
from kernel.throttling import ClientThrottle
from tests.api.operations import is_problem
from tests.world import api, make_client, make_member, person_of

pytestmark = pytest.mark.django_db
ME = "/api/v1/me"


@pytest.fixture(autouse=True)
def few_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow two requests in a day, a window that hardly ends in the middle of a test; DRF reads the rates once."""
    monkeypatch.setattr(ClientThrottle, "THROTTLE_RATES", {"client": "2/day", "anonymous": "2/day"})


def test_a_client_that_asks_too_often_is_told_when_to_come_back() -> None:
    client = api(make_client(person_of(make_member("gzdex", Capacity.BUYER))))
    assert [client.get(ME).status_code for _ in range(2)] == [200, 200]

    refused = client.get(ME, headers={"Accept-Language": "zh-Hans"})

    assert is_problem(refused, 429)
    assert refused.json()["code"] == "throttled"
    assert 0 < int(refused["Retry-After"]) <= 86_401


def test_one_client_does_not_use_up_what_another_one_has() -> None:
    busy, quiet = (api(make_client(person_of(make_member("gzdex", Capacity.BUYER)))) for _ in range(2))
    assert [busy.get(ME).status_code for _ in range(3)] == [200, 200, 429]
    assert quiet.get(ME).status_code == 200


def test_who_is_not_signed_in_is_counted_by_network_address() -> None:
    first, other = {"REMOTE_ADDR": "203.0.113.7"}, {"REMOTE_ADDR": "203.0.113.8"}
    answers = [api().get("/api/v1/venues", **first).status_code for _ in range(3)]
    assert answers == [200, 200, 429]
    assert api().get("/api/v1/venues", **other).status_code == 200
