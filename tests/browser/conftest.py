"""One real Chromium for these tests, and the people of the exchange, each at a desk of their own."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import Organization, Person, Role, Venue
from tests.browser.desk import CHROMIUM, FLAGS, Desk, desk
from tests.marketplace.trading import make_buyer
from tests.world import PASSWORD, make_member, make_person, operator_of, venue

Sit = Callable[..., Desk]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")  # an idle browser would take a part of a core from all later tests
def browser() -> Iterator[Browser]:
    # The synchronous Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(autouse=True)
def quick_passwords(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", "accounts.hashers.ClientSecretHasher"]


@pytest.fixture
def guangzhou(transactional_db: None) -> Venue:
    return venue("gzdex")


@pytest.fixture
def employ(guangzhou: Venue) -> Callable[..., Person]:
    """Make a member of Guangzhou's staff who can sign in."""

    def make(role: Role, name: str) -> Person:
        return make_person(operator_of("gzdex"), role, name=name, password=PASSWORD)

    return make


@pytest.fixture
def sit(browser: Browser, live_server: LiveServer) -> Iterator[Sit]:
    """Sit a person down at a desk, signed in; every desk is checked for faults when the test ends."""
    with ExitStack() as desks:

        def down(person: Person | None = None, **options: str) -> Desk:
            mine = desks.enter_context(desk(browser, live_server.url, **options))
            if person is not None:
                mine.sign_in(person)
            return mine

        yield down


@pytest.fixture
def provider(guangzhou: Venue) -> Organization:
    return make_member("gzdex", name="南沙数据")


@pytest.fixture
def buyer(guangzhou: Venue) -> Organization:
    return make_buyer()
