"""People and places of these tests."""

import pytest

from accounts.models import Capacity, Organization, Person, Role, Venue
from tests.world import make_member, make_person, operator_of, staff, venue


@pytest.fixture
def guangzhou(db: None) -> Venue:
    return venue("gzdex")


@pytest.fixture
def shenzhen(db: None) -> Venue:
    return venue("szdex")


@pytest.fixture
def buyer(guangzhou: Venue) -> Organization:
    return make_member("gzdex", Capacity.BUYER, name="前海科技")


@pytest.fixture
def provider(guangzhou: Venue) -> Organization:
    return make_member("gzdex", Capacity.PROVIDER, name="南沙数据")


@pytest.fixture
def broker(guangzhou: Venue) -> Organization:
    return make_member("gzdex", Capacity.BROKER, name="海珠经纪")


@pytest.fixture
def clerk(guangzhou: Venue) -> Person:
    return staff("gzdex", Role.CLERK)


@pytest.fixture
def officer(guangzhou: Venue) -> Person:
    return staff("gzdex", Role.SETTLEMENT_OFFICER)


@pytest.fixture
def second_officer(officer: Person) -> Person:
    return make_person(operator_of("gzdex"), Role.SETTLEMENT_OFFICER)


@pytest.fixture
def venue_admin(guangzhou: Venue) -> Person:
    return staff("gzdex", Role.VENUE_ADMIN)


@pytest.fixture
def shenzhen_officer(shenzhen: Venue) -> Person:
    return staff("szdex", Role.SETTLEMENT_OFFICER)
