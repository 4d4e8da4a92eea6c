"""A provider whose program registers in bulk, at an exchange that may read from this machine."""

from ipaddress import ip_network
from typing import Any

import pytest

from accounts.models import Capacity, Organization
from tests.world import Api, api, make_client, make_member, person_of


@pytest.fixture
def provider(db: None) -> Organization:
    return make_member("gzdex", Capacity.PROVIDER)


@pytest.fixture
def client(provider: Organization) -> Api:
    return api(make_client(person_of(provider)))


@pytest.fixture
def nearby(settings: Any) -> None:
    """Let sources be read that run on this machine."""
    settings.FETCH_ALLOWED_NETWORKS = [ip_network("127.0.0.1/32")]
