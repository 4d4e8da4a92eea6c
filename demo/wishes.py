"""What the board holds besides trades: a demand with a proposal, a scenario linked both ways, and a private listing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from demo.cast import Cast
from demo.exchange import Story
from demo.providing import Offer, offer
from demo.trades import PLACES, STREETS

DEMAND = {
    "title": {
        "zh-Hans": "求购广东乡镇街道区划代码",
        "zh-Hant": "求購廣東鄉鎮街道區劃代碼",
        "en": "Wanted: sub-district codes of Guangdong",
    },
    "description": {
        "zh-Hans": "用于校验收货地址、规划末端网点，须含街道名称与国标代码，每年更新。",
        "zh-Hant": "用於校驗收貨地址、規劃末端網點，須含街道名稱與國標代碼，每年更新。",
        "en": "To validate delivery addresses and plan last-mile stations: names and GB/T 2260 codes, updated yearly.",
    },
    "purpose": "校验收货地址，规划末端网点",
    "industry": "G60",
    "product_type": "DATASET",
    "wanted_fields": ["code", "street"],
    "destination": "CN",
    "budget": {"amount": "1500.00", "currency": "CNY"},
    "budget_public": True,
}
SCENARIO = {
    "title": {
        "zh-Hans": "末端配送网点智能选址",
        "zh-Hant": "末端配送網點智能選址",
        "en": "Siting last-mile stations by model",
    },
    "problem": {
        "zh-Hans": "按街道预测包裹量，选出新增网点的位置。",
        "zh-Hant": "按街道預測包裹量，選出新增網點的位置。",
        "en": "Predict parcels by sub-district and choose where to open stations.",
    },
    "data_needed": {
        "zh-Hans": "街道区划代码、人口与历史配送量。",
        "zh-Hant": "街道區劃代碼、人口與歷史配送量。",
        "en": "Sub-district codes, population and past deliveries.",
    },
    "compute_needed": {
        "zh-Hans": "单卡 24 GB，每周训练约 2 小时。",
        "zh-Hant": "單卡 24 GB，每週訓練約 2 小時。",
        "en": "One card of 24 GB, about two hours of training a week.",
    },
    "industry": "G60",
    "product_type": "DATASET",
    "wanted_fields": ["code", "street"],
}
ON_THE_BOARD = {"OPEN", "MATCHING"}
# A table made for one customer: offered in Shenzhen to whom the provider invites, and shown to nobody else.
PRIVATE = replace(
    STREETS,
    venue=PLACES.venue,
    provider=PLACES.provider,
    broker=None,
    dossier={
        **STREETS.dossier,
        "name": {
            "zh-Hans": "广东街道区划代码（定制版）",
            "zh-Hant": "廣東街道區劃代碼（定制版）",
            "en": "Sub-district codes, made to order",
        },
    },
)


def wish(offered: Offer, people: Cast, in_shenzhen: Cast, story: Story) -> None:
    """Fill the board; what an earlier run left there stays. `offered` answers the demand."""
    story.chapter("Wishes: a demand, a scenario, a private listing")
    demand_id = demand(offered, people, story)
    scenario(offered, demand_id, people, story)
    offer_privately(in_shenzhen, story)


def demand(offered: Offer, people: Cast, story: Story) -> str:
    """Return the buyer's demand on the board, with the provider's proposal."""
    if (known := demand_on_the_board(people)) is not None:
        story.step("the demand of an earlier run is still on the board", known["number"])
        return str(known["id"])
    deadline = (datetime.now(UTC) + timedelta(days=60)).isoformat()
    posted = people.buyer.post("demands", {**DEMAND, "venue": "gzdex", "deadline": deadline})
    posted = people.buyer.post(f"demands/{posted['id']}/submit")
    people.clerk.post(f"demands/{posted['id']}/publish")
    story.step("buyer posts a demand, staff put it on the board", posted["number"])
    matches = people.buyer.get(f"demands/{posted['id']}/matches")["listings"]
    if matches:
        reasons = ", ".join(reason["code"] for reason in matches[0]["reasons"])
        story.step("the exchange finds what fits it", f"{len(matches)}, the best for {reasons}")
    proposal = {
        "capacity": "PROVIDER",
        "listing_id": offered.listing_id,
        "plan_id": offered.plan_id,
        "valid_until": deadline,
        "message": "现货，每年更新。",
    }
    made = people.provider.post(f"demand-board/{posted['id']}/proposals", proposal)
    story.step("provider proposes its listing", f"{made['listing']} at {made['price']['amount']} CNY")
    return str(posted["id"])


def demand_on_the_board(people: Cast) -> dict[str, Any] | None:
    """Return the buyer's demand, if it is on the board."""
    demands = people.buyer.get("demands", venue="gzdex")["items"]
    wanted = (each for each in demands if each["title"] == DEMAND["title"] and each["state"] in ON_THE_BOARD)
    return next(wanted, None)


def scenario(offered: Offer, demand_id: str, people: Cast, story: Story) -> None:
    """Publish an entry of the AI scenario list, linked with the demand and the provider's product."""
    for known in people.public.get("scenarios", venue="gzdex")["items"]:
        if known["title"] == SCENARIO["title"]:
            story.step("the scenario of an earlier run is still in the list", known["number"])
            return
    entry = people.clerk.post("scenarios", {**SCENARIO, "venue": "gzdex"})
    entry = people.clerk.post(f"scenarios/{entry['id']}/publish")
    product_id = people.provider.get(f"listings/{offered.listing_id}")["product"]["id"]
    people.provider.put(f"scenarios/{entry['id']}/products/{product_id}", {})
    people.buyer.put(f"scenarios/{entry['id']}/demands/{demand_id}", {})
    shown = people.public.get(f"scenarios/{entry['id']}")
    linked = f"{len(shown['listings'])} listing and {len(shown['demands'])} demand linked"
    story.step("staff publish an AI scenario; both sides link to it", f"{entry['number']}, {linked}")


def offer_privately(people: Cast, story: Story) -> None:
    """List a table for one invited buyer, whom alone the catalogue shows it."""
    offered = offer(PRIVATE, people, story)
    path = f"listings/{offered.listing_id}"
    if people.provider.get(f"{path}/audience")["visibility"] != "PRIVATE":
        people.provider.put(f"{path}/audience", {"visibility": "PRIVATE"})
        buyer = people.buyer.get("me")["organization"]["id"]
        people.provider.post(f"{path}/invitations", {"invitee_id": buyer, "days": 90, "message": "按贵司需求定制。"})
        story.step("provider makes the listing private and invites one buyer", offered.number)
    with story.refusal("anybody else looks for it in the catalogue", "not_found"):
        people.public.get(f"catalogue/{offered.listing_id}")
    shown = people.buyer.get(f"catalogue/{offered.listing_id}")
    story.step("the invited buyer reads it", shown["number"])
