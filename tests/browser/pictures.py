"""Take the README's pictures of the console: `pytest tests/browser/pictures.py` (not part of the tests).

PICTURES_LANGUAGE (zh-Hans unless set) is the language that the browser asks for.
"""

import os
from datetime import timedelta
from pathlib import Path

import time_machine
from django.utils import timezone
from playwright.sync_api import ViewportSize

from accounts.models import Capacity, Membership, Organization, Role
from settlements.deposits import enter_deposit
from settlements.models import Deposit
from settlements.payouts import request_payout
from tests.listings.offers import draft_listing, in_compliance, in_review, registered_product, submitted
from tests.marketplace.trading import closed, delivered, fund, listed_dataset, placed
from tests.settlements.purse import yuan
from tests.world import actor, make_member, make_membership, person_of

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
SIZE: ViewportSize = {"width": 1280, "height": 800}
LANGUAGE = os.environ.get("PICTURES_LANGUAGE", "zh-Hans")


def member(capacity: Capacity, hans: str, hant: str, en: str, person: str) -> Organization:
    organization = make_member("gzdex", capacity)
    organization.name = {"zh-Hans": hans, "zh-Hant": hant, "en": en}
    organization.legal_name = f"{hans}有限公司"
    organization.save()
    somebody = person_of(organization)
    somebody.name = person
    somebody.save()
    return organization


def test_take_pictures(sit, employ, guangzhou):
    clerk, reviewer = employ(Role.CLERK, "陈洁"), employ(Role.COMPLIANCE_REVIEWER, "梁颖")
    zhou, wu = employ(Role.SETTLEMENT_OFFICER, "周敏"), employ(Role.SETTLEMENT_OFFICER, "吴岚")
    chart = member(Capacity.PROVIDER, "南沙海图数据", "南沙海圖數據", "Nansha Chart Data", "黄伟")
    weather = member(Capacity.PROVIDER, "海珠气象服务", "海珠氣象服務", "Haizhu Weather", "郑琳")
    logistics = member(Capacity.BUYER, "前海智联物流", "前海智聯物流", "Qianhai Logistics", "罗峰")
    newcomer = member(Capacity.BUYER, "横琴智算", "橫琴智算", "Hengqin Computing", "何强")
    fund(logistics, "10000.00")

    with time_machine.travel(timezone.now() - timedelta(days=40)):
        in_review(draft_listing(registered_product(weather)), clerk)
    compliance = in_compliance(draft_listing(registered_product(weather)), clerk)
    submitted(draft_listing(registered_product(chart)))
    make_membership(newcomer, capacity=Capacity.PROVIDER, state=Membership.State.SUBMITTED)
    listing = listed_dataset(chart)
    order = [closed(placed(listing, logistics)) for _ in range(3)][-1]
    delivered(placed(listing, logistics))
    placed(listing, logistics)
    enter_deposit(
        venue=guangzhou,
        organization=logistics,
        amount=yuan(5000),
        bank_reference="ICBC-2026-1124",
        received_on=timezone.localdate(),
        actor=actor(zhou),
    )
    request_payout(venue=guangzhou, amount=yuan(250), actor=actor(person_of(chart)))

    IMAGES.mkdir(exist_ok=True)
    desk = sit(reviewer, language=LANGUAGE)
    desk.page.set_viewport_size(SIZE)
    desk.photograph(IMAGES / "console-overview.png")
    desk.go(f"/console/listings/listing/{compliance.pk}/approve")
    desk.photograph(IMAGES / "console-review.png")
    desk = sit(wu, language=LANGUAGE)
    desk.page.set_viewport_size(SIZE)
    desk.go(f"/console/settlements/deposit/{Deposit.objects.latest('id').pk}/change/")
    desk.photograph(IMAGES / "console-deposit.png")
    desk.go(f"/console/kernel/auditevent/?q={order.number}")
    desk.photograph(IMAGES / "console-audit.png")
