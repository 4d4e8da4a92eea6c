"""People and places of these tests."""

import pytest

from accounts.models import Organization, Person, Role
from tests.world import make_organization, make_person, operator_of, staff


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Hash passwords in no time; the slow hash is Django's and needs no test of ours."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", "accounts.hashers.ClientSecretHasher"]


@pytest.fixture
def applicant(db) -> Organization:
    """An organization of Nansha with an administrator and no membership."""
    organization = make_organization("南沙数据")
    make_person(organization, Role.ADMIN)
    return organization


@pytest.fixture
def clerk(db) -> Person:
    return staff("gzdex", Role.CLERK)


@pytest.fixture
def reviewer(db) -> Person:
    """The compliance reviewer of Guangzhou."""
    return staff("gzdex", Role.COMPLIANCE_REVIEWER)


@pytest.fixture
def shenzhen_reviewer(db) -> Person:
    return staff("szdex", Role.COMPLIANCE_REVIEWER)


@pytest.fixture
def venue_admin(db) -> Person:
    return staff("gzdex", Role.VENUE_ADMIN)


@pytest.fixture
def guangzhou_operator(db) -> Organization:
    return operator_of("gzdex")


@pytest.fixture
def deployment_operator(db) -> Person:
    """The superuser, who belongs to no organization."""
    return make_person(is_superuser=True)
