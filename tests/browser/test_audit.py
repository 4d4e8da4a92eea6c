"""An auditor finds what happened and who answers for it, and can change nothing; the same pages in Chinese."""

import pytest

from accounts.models import Role
from tests.listings.offers import draft_listing, in_review, registered_product
from tests.marketplace.trading import closed, listed_dataset, placed


def test_an_auditor_finds_an_event_by_the_orders_number_and_cannot_act(sit, employ, provider, buyer):
    order = closed(placed(listed_dataset(provider), buyer))
    waiting = in_review(draft_listing(registered_product(provider)))

    desk = sit(employ(Role.AUDITOR, "He Qiang"))
    desk.follow("Audit events")
    assert desk.violations() == []
    desk.page.locator("#searchbar").fill(order.number)
    desk.page.keyboard.press("Enter")
    desk.reads("order.certified")
    row = desk.page.locator("#result_list tbody tr", has_text="order.funded")
    row.get_by_role("link").first.click()
    desk.reads("agreement_sha256")
    assert desk.violations() == []
    desk.page.locator("#content").get_by_role("link", name=order.number).click()
    desk.reads("certified")
    assert desk.violations() == []

    desk.follow("Listings")
    desk.open_row(waiting.number)
    desk.reads("completeness review")
    for act in ("Pass the stage", "Ask for corrections", "Reject"):
        assert not desk.offers(act)


@pytest.mark.parametrize("role", [Role.CLERK, Role.COMPLIANCE_REVIEWER, Role.SETTLEMENT_OFFICER, Role.VENUE_ADMIN])
def test_signing_in_and_the_first_page_serve_everybody(sit, employ, provider, buyer, role):
    closed(placed(listed_dataset(provider), buyer))
    desk = sit()
    desk.go("/console/")
    assert desk.violations() == []
    desk.sign_in(employ(role, "Xu Fang"))
    desk.reads("Xu Fang")
    assert desk.violations() == []


CHINESE = [("zh-Hans", "广州数据交易所", "等待您处理"), ("zh-Hant", "廣州數據交易所", "等待您處理")]


@pytest.mark.parametrize(("language", "names", "waiting"), CHINESE)
def test_a_browser_that_asks_for_chinese_gets_chinese(sit, employ, provider, buyer, language, names, waiting):
    order = closed(placed(listed_dataset(provider), buyer))
    desk = sit(employ(Role.VENUE_ADMIN, "许芳"), language=language)
    desk.reads(names)
    desk.reads(waiting)
    assert desk.page.locator("html").get_attribute("lang") == language.lower()
    desk.go(f"/console/marketplace/order/{order.pk}/change/")
    desk.reads(names)
    desk.reads(order.number)


def test_the_first_page_is_readable_in_the_dark(sit, employ, provider):
    in_review(draft_listing(registered_product(provider)))
    desk = sit()
    desk.page.emulate_media(color_scheme="dark")
    desk.sign_in(employ(Role.COMPLIANCE_REVIEWER, "Xu Fang"))
    assert desk.violations() == []
