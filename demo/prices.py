"""Other ways to a price: auctions, a voucher that pays a part, work paid in steps, calls bought ahead."""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from demo.buying import credit
from demo.cast import Cast
from demo.exchange import Api, Story, until
from demo.providing import Offer, offer
from demo.trades import DATA, STREETS
from demo.wishes import demand_on_the_board

DELIVERED = {"DELIVERED", "ACCEPTED", "SETTLED", "CERTIFIED"}
# The same streets, kept up for one customer: sold to who bids most, or made in two steps.
TO_ORDER = replace(
    STREETS,
    broker=None,
    dossier={
        **STREETS.dossier,
        "name": {
            "zh-Hans": "广东街道区划与历史沿革（定制）",
            "zh-Hant": "廣東街道區劃與歷史沿革（定制）",
            "en": "Sub-districts with their history",
        },
    },
    plan={
        "kind": "ONE_OFF",
        "price": {"amount": "128000.00", "currency": "CNY"},
        "milestones": [
            {
                "title": {"zh-Hans": "沿革初稿", "zh-Hant": "沿革初稿", "en": "Draft of the history"},
                "criterion": {"zh-Hans": "覆盖全部地市", "zh-Hant": "覆蓋全部地市", "en": "Every city is covered"},
                "share_ppm": 400_000,
                "due_days": 30,
            },
            {
                "title": {"zh-Hans": "核对定稿", "zh-Hant": "核對定稿", "en": "Checked against the gazettes"},
                "criterion": {"zh-Hans": "抽查无误", "zh-Hant": "抽查無誤", "en": "A sample has no mistake"},
                "share_ppm": 600_000,
                "due_days": 90,
            },
        ],
    },
    other_plans=tuple({"kind": "AUCTION", "price": {"amount": "20000.00", "currency": "CNY"}} for _number in range(2)),
)
LOOKUP = replace(
    STREETS,
    broker=None,
    file=DATA / "street-lookup.openapi.json",
    format="OPENAPI",
    encoding="utf-8",
    dossier={
        **STREETS.dossier,
        "name": {"zh-Hans": "街道区划查询接口", "zh-Hant": "街道區劃查詢介面", "en": "Sub-district lookup"},
        "product_type": "API",
        "type_fields": {
            "protocol": "REST",
            "response_format": ["JSON"],
            "billing_unit": "CALL",
            "availability_percent": "99.9",
        },
        "deliveries": ["API"],
    },
    plan={
        "kind": "METERED",
        "price": {"amount": "0.00", "currency": "CNY"},
        "metering": {
            "unit": "CALL",
            "unit_price": "0.015",
            "included_units": 1_000,
            "packs": [{"units": 1_000_000, "price": "12000.00", "valid_days": 365}],
        },
    },
    query="街道 查询接口",
)


def sell_otherwise(streets: Offer, people: Cast, rival: Api, story: Story) -> None:
    """Leave two auctions and one for a demand running, an order paid in part by a voucher, one in steps, and a pack."""
    story.chapter("Other prices: auctions, a voucher, steps, calls bought ahead")
    to_order = offer(TO_ORDER, people, story)
    known = people.provider.get("auctions", listing=to_order.listing_id)["items"]
    if known:
        story.step("the auctions and orders of an earlier run are still there", known[0]["number"])
        return
    plans = people.provider.get(f"listings/{to_order.listing_id}")["plans"]
    by_auction = [plan["id"] for plan in plans if plan["kind"] == "AUCTION"]
    in_steps = next(plan["id"] for plan in plans if plan["kind"] == "ONE_OFF")
    for member, amount in ((people.buyer, "200000.00"), (people.provider, "5000.00")):
        credit(member, "gzdex", yuan(amount), people)
    english, sealed = (
        people.provider.post("auctions", {"listing_id": to_order.listing_id, "plan_id": plan_id, **terms})
        for plan_id, terms in zip(by_auction, (conditions("ENGLISH"), conditions("SEALED")), strict=True)
    )
    sought = people.buyer.post(f"demands/{demand_on_the_board(people)['id']}/auction", conditions("ENGLISH", "900.00"))
    subsidise(streets, people, rival, story)
    work_in_steps(Offer(to_order.listing_id, in_steps, to_order.number), people, story)
    buy_ahead(people, story)
    bid(english, sealed, sought, people, rival, story)


def conditions(kind: str, start: str = "20000.00") -> dict[str, Any]:
    """Return the conditions of an auction that begins in a second and runs for a week."""
    begins = datetime.now(UTC) + timedelta(seconds=1)
    return {
        "kind": kind,
        "starts_at": begins.isoformat(),
        "ends_at": (begins + timedelta(days=7)).isoformat(),
        "start_price": yuan(start),
        "step": yuan("50.00"),
        "deposit": yuan("2000.00"),
    }


def bid(english: Any, sealed: Any, sought: Any, people: Cast, rival: Api, story: Story) -> None:
    """Bid in the three auctions; the database's clock says when they have begun."""
    until(
        "the auctions to begin",
        lambda: people.buyer.get(f"auctions/{sought['id']}"),
        lambda seen: seen["phase"] == "OPEN",
    )
    rival.post(f"auctions/{english['id']}/bids", {"amount": yuan("20000.00")})
    with story.refusal("a bid that is no step better than the best", "bid_too_low"):
        people.buyer.post(f"auctions/{english['id']}/bids", {"amount": yuan("20010.00")})
    people.buyer.post(f"auctions/{english['id']}/bids", {"amount": yuan("21500.00")})
    rival.post(f"auctions/{english['id']}/bids", {"amount": yuan("26800.00")})
    seen = people.buyer.get(f"auctions/{english['id']}")
    story.step("two buyers bid against each other", f"{seen['number']}, best {seen['best_bid']['amount']} CNY")
    people.buyer.post(f"auctions/{sealed['id']}/bids", {"amount": yuan("31000.00")})
    rival.post(f"auctions/{sealed['id']}/bids", {"amount": yuan("28800.00")})
    hidden = people.provider.get(f"auctions/{sealed['id']}")
    story.step("and sealed, which nobody sees before the end", f"{hidden['number']}, best {hidden['best_bid']}")
    people.provider.post(f"auctions/{sought['id']}/bids", {"amount": yuan("880.00")})
    story.step("a provider bids for the buyer's demand", f"{sought['number']}, 880.00 CNY")


def subsidise(streets: Offer, people: Cast, funder: Api, story: Story) -> None:
    """Have a public body pay three tenths of an order by a voucher, from its programme to the certificate."""
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    programme = people.officer.post("voucher-programmes", programme_of(funder.get("me")["organization"]["id"], today))
    with story.refusal("who drafted the voucher programme opens it", "same_person"):
        people.officer.post(f"voucher-programmes/{programme['id']}/open")
    people.venue_admin.post(f"voucher-programmes/{programme['id']}/open")
    story.step("another person opens it, with the funder's money", f"{programme['number']}, 200000.00 CNY")
    wish = {"programme_id": programme["id"], "wanted": yuan("50000.00"), "reasons": "末端网点规划模型"}
    voucher = people.buyer.post("vouchers", wish)
    people.officer.post(f"vouchers/{voucher['id']}/approve", {"amount": yuan("40000.00"), "reason": "符合申报条件"})
    people.venue_admin.post(f"vouchers/{voucher['id']}/issue")
    wanted = {"listing_id": streets.listing_id, "plan_id": streets.plan_id, "purpose": "训练末端网点规划模型"}
    placed = people.buyer.post("orders", {**wanted, "voucher_id": voucher["id"]})
    accept_data(placed, people)
    until(
        "the certificate of the order with a voucher",
        lambda: people.buyer.get(f"orders/{placed['id']}"),
        lambda now: now["state"] == "CERTIFIED",
    )
    [use] = people.buyer.get("voucher-uses", order=placed["id"])["items"]
    story.step("a voucher pays a part of an order", f"{use['amount']['amount']} of {placed['price']['amount']} CNY")


def programme_of(funder_id: str, today: date) -> dict[str, Any]:
    """Return a programme as an officer drafts it."""
    return {
        "venue": "gzdex",
        "funder_id": funder_id,
        "name": {"zh-Hans": "大湾区数据券（演示）", "zh-Hant": "大灣區數據券（演示）", "en": "Data vouchers (demo)"},
        "source": "演示用虚构办法",
        "budget": yuan("200000.00"),
        "rate_ppm": 300_000,
        "applicant_cap": yuan("50000.00"),
        "order_cap": yuan("20000.00"),
        "product_types": ["DATASET", "CORPUS"],
        "places": ["GBA"],
        "payment": "AT_SETTLEMENT",
        "opens_on": str(today),
        "closes_on": str(today + timedelta(days=90)),
        "grant_days": 180,
    }


def work_in_steps(offered: Offer, people: Cast, story: Story) -> None:
    """Order what is made in two steps; the first is accepted, the second waits for the buyer."""
    wanted = {"listing_id": offered.listing_id, "plan_id": offered.plan_id, "purpose": "编制区划沿革手册"}
    placed = people.buyer.post("orders", wanted)
    accept_data(placed, people)
    path = f"orders/{placed['id']}/milestones"
    for number, note in ((1, "初稿已交付，覆盖二十一个地市。"), (2, "定稿已交付，请核对。")):
        said = {"note": note, "evidence_sha256": hashlib.sha256(note.encode()).hexdigest()}
        people.provider.post(f"{path}/{number}/deliver", said)
        if number == 1:
            people.buyer.post(f"{path}/1/accept")
    steps = people.buyer.get(path)["items"]
    story.step("an order in steps: one accepted, one delivered", ", ".join(step["state"] for step in steps))


def buy_ahead(people: Cast, story: Story) -> None:
    """Order an interface that is paid by the call, and buy a million calls ahead."""
    offered = offer(LOOKUP, people, story)
    product_id = people.provider.get(f"listings/{offered.listing_id}")["product"]["id"]
    address = {"base_url": "https://streets.lingnan.example/v1", "methods": ["GET"]}
    people.provider.put(f"products/{product_id}/upstream", address)
    wanted = {"listing_id": offered.listing_id, "plan_id": offered.plan_id, "purpose": "下单时校验地址"}
    placed = people.buyer.post("orders", wanted)
    accept_data(placed, people)
    right = people.buyer.get("entitlements", venue="gzdex")["items"][0]
    pack = people.buyer.post(f"entitlements/{right['id']}/unit-packs", {"units": 1_000_000})
    story.step("buyer buys calls of an interface ahead", f"{pack['number']}, {pack['units']:,} for 12000.00 CNY")


def accept_data(placed: dict[str, Any], people: Cast) -> None:
    """Wait until a worker has delivered, and accept it."""
    seen = until(
        "the delivery",
        lambda: people.buyer.get(f"orders/{placed['id']}"),
        lambda now: now["state"] not in {"PLACED", "FUNDED"},
    )
    people.buyer.post(f"deliveries/{seen['deliveries'][0]['id']}/accept")


def yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}
