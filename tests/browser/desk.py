"""A desk in the exchange: a real browser in which one person works, watched for what a page must never do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from accounts.models import Person
from tests.world import PASSWORD

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
SERIOUS = {"serious", "critical"}


@dataclass
class Desk:
    """One person's browser window; `faults` gathers requests to foreign hosts, errors and policy violations."""

    page: Page
    address: str
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", self._watch_request)
        self.page.on("console", lambda said: said.type == "error" and self.faults.append(f"console: {said.text}"))
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("requestfailed", self._watch_failure)

    def _watch_failure(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # one leaves a page before all of it has come
            self.faults.append(f"failed: {request.url} {request.failure}")

    def _watch_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.address}/", "data:", "blob:")):
            self.faults.append(f"foreign host: {urlsplit(request.url).netloc}")

    def sign_in(self, person: Person) -> None:
        """Sign in by the form, as people do."""
        self.go("/console/")
        self.page.locator("input[name=username]").fill(person.email)
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.page.locator("#login-form button[type=submit]").click()
        expect(self.page.locator("#trades-by-state")).to_be_visible()

    def go(self, path: str) -> None:
        self.page.goto(self.address + path)

    def follow(self, name: str) -> None:
        """Follow the link of this text, in the sidebar or on the page."""
        self.page.get_by_role("link", name=re.compile(rf"(^|\s){re.escape(name)}(\s|$)")).first.click()

    def open_row(self, text: str) -> None:
        """Open a row of the list on show by the text of its link."""
        self.page.locator("#result_list").get_by_role("link", name=text).first.click()

    def does(self, act: str, **answers: str) -> None:
        """Choose an act on a row's page, answer what it asks, and confirm."""
        self.page.get_by_role("link", name=act, exact=True).click()
        for name, answer in answers.items():
            self.page.locator(f"[name={name}]").fill(answer)
        self.confirm(act)

    def confirm(self, act: str) -> None:
        self.page.locator("form").get_by_role("button", name=act, exact=True).click()

    def reads(self, text: str) -> None:
        expect(self.page.locator("body")).to_contain_text(text)

    def offers(self, act: str) -> bool:
        return self.page.get_by_role("link", name=act, exact=True).count() > 0

    def violations(self) -> list[str]:
        """Return the serious faults of accessibility that axe finds on the page on show."""
        found = Axe().run(self.page).response["violations"]
        return [
            f"{each['id']}: {node['html'][:200]}"
            for each in found
            if each["impact"] in SERIOUS
            for node in each["nodes"]
        ]

    def photograph(self, path: Path) -> None:
        self.page.screenshot(path=str(path))


@contextmanager
def desk(browser: Browser, address: str, *, language: str = "en-GB") -> Iterator[Desk]:
    """Open a browser window of its own; at the end, nothing foreign may have been asked for and no error said."""
    context: BrowserContext = browser.new_context(
        locale=language, timezone_id="Asia/Shanghai", viewport={"width": 1440, "height": 900}
    )
    context.set_default_timeout(20_000)
    mine = Desk(context.new_page(), address)
    try:
        yield mine
    finally:
        context.close()
    assert mine.faults == []
