"""The buyer's half: find a listing, pay money in, order, read the data, accept them."""

import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from demo.cast import Cast
from demo.exchange import Api, Failed, Story, until
from demo.providing import Offer, price_of
from demo.trades import Trade

# The company from Hong Kong is a member in Guangzhou only.
REFUSED_ABROAD = {
    "gzdex": ("a buyer from Hong Kong orders (the product is for the mainland only)", "destination_not_allowed"),
    "szdex": ("a company orders that is no member of the venue", "membership_required"),
}
FIRST_RANGE = 16 * 1024  # bytes


def find(trade: Trade, offered: Offer, people: Cast, story: Story) -> None:
    """Search the public catalogue as anybody can."""
    found = people.public.get("catalogue", q=trade.query, venue=trade.venue)["items"]
    if offered.listing_id not in {item["id"] for item in found}:
        raise Failed(f"“{trade.query}” does not find {offered.number}")
    detail = people.public.get(f"catalogue/{offered.listing_id}")
    story.step(f"anybody finds it under “{trade.query}”", f"{offered.number}, {price_of(detail['plans'][0])}")


def pay_in(trade: Trade, people: Cast, story: Story) -> None:
    """Let the venue's staff enter and credit the buyer's bank receipt: it takes two people."""
    price = trade.plan["price"]
    deposit = people.officer.post("deposits", receipt_of(people.buyer, trade.venue, price))
    with story.refusal("who entered the buyer's bank receipt credits it", "same_person"):
        people.officer.post(f"deposits/{deposit['id']}/credit")
    people.venue_admin.post(f"deposits/{deposit['id']}/credit")
    story.step("another person credits it to the buyer", f"{price['amount']} {price['currency']}")


def receipt_of(member: Api, venue: str, amount: Mapping[str, str]) -> dict[str, Any]:
    """Return a bank's receipt of today as an officer enters it."""
    return {
        "venue": venue,
        "organization_id": member.get("me")["organization"]["id"],
        "amount": amount,
        "bank_reference": f"DEMO-{uuid.uuid4().hex[:12].upper()}",
        "received_on": datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat(),
    }


def credit(member: Api, venue: str, amount: Mapping[str, str], people: Cast) -> None:
    """Let two of the venue's staff credit a bank receipt to a member."""
    deposit = people.officer.post("deposits", receipt_of(member, venue, amount))
    people.venue_admin.post(f"deposits/{deposit['id']}/credit")


def order(trade: Trade, offered: Offer, people: Cast, story: Story) -> dict[str, Any]:
    """Place the order, twice with one key, which makes one order; return it."""
    wanted = {"listing_id": offered.listing_id, "plan_id": offered.plan_id, "purpose": trade.purpose}
    if people.broker is not None:
        wanted["broker_id"] = people.broker.get("me")["organization"]["id"]
    with story.refusal(*REFUSED_ABROAD[trade.venue]):
        people.foreign_buyer.post("orders", {**wanted, "purpose": "research"})
    key = str(uuid.uuid4())
    placed = people.buyer.post("orders", wanted, key=key)
    agreement = people.buyer.get(f"orders/{placed['id']}/agreement")
    story.step("buyer orders; the agreement is frozen", f"{placed['number']}, SHA-256 {agreement['sha256'][:16]}…")
    for line in agreement["body"]["division"]:
        story.note(f"{line['payee'].lower()} gets {line['amount_minor'] / 100:,.2f}")
    if people.buyer.post("orders", wanted, key=key)["id"] != placed["id"]:
        raise Failed("the same request with the same key made a second order")
    story.step("the same request sent again makes no second order", placed["number"])
    return dict(placed)


def read(trade: Trade, placed: dict[str, Any], people: Cast, story: Story) -> str:
    """Wait for the delivery, download the file in two ranges, check its digest; return the delivery's id."""
    seen = until(
        "the delivery",
        lambda: people.buyer.get(f"orders/{placed['id']}"),
        lambda now: now["state"] not in {"PLACED", "FUNDED"},
    )
    delivery = people.buyer.get(f"deliveries/{seen['deliveries'][0]['id']}")
    story.step("a worker delivers", f"{delivery['receipt']['bytes']:,} bytes, accept by {delivery['accept_by'][:10]}")

    [sold] = delivery["receipt"]["files"]
    grant = people.buyer.post(f"deliveries/{delivery['id']}/grants", {"file_id": sold["id"]})
    head = people.public.download(grant["url"], span=f"bytes=0-{FIRST_RANGE - 1}")
    rest = people.public.download(grant["url"], span=f"bytes={FIRST_RANGE}-")
    content = head.content + rest.content
    if (head.status_code, rest.status_code) != (206, 206) or hashlib.sha256(content).hexdigest() != sold["sha256"]:
        raise Failed("what was downloaded is not what was sold")
    if content != trade.content():
        raise Failed("what was downloaded is not what was uploaded")
    story.step("buyer downloads it in two ranges", f"206 + 206, {len(content):,} bytes, SHA-256 as agreed")
    return str(delivery["id"])


def accept(trade: Trade, placed: dict[str, Any], delivery_id: str, people: Cast, story: Story) -> None:
    """Accept the delivery, once; wait until the money is divided and the certificate issued."""
    people.buyer.post(f"deliveries/{delivery_id}/accept")
    story.step("buyer accepts")
    with story.refusal("buyer accepts a second time", "illegal_state"):
        people.buyer.post(f"deliveries/{delivery_id}/accept")
    until(
        "settlement and certificate",
        lambda: people.buyer.get(f"orders/{placed['id']}"),
        lambda now: now["state"] == "CERTIFIED",
    )
    story.step("a worker settles and certifies" if trade.has_price else "a worker certifies", placed["number"])
