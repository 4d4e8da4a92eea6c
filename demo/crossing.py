"""A trade over the border: 200,000 persons from Guangzhou to Hong Kong under the bay area's standard contract."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from demo.buying import accept, find, pay_in, read
from demo.cast import Cast, bring_in
from demo.closing import certify, verify_offline
from demo.exchange import Api, Failed, Story, until
from demo.providing import PAPER, offer
from demo.trades import Trade

ROUTE = "gba_standard_contract"


def cross(url: str, trade: Trade, folder: Path, story: Story) -> None:
    """Sell one table over the border, once: persons that have gone count until the end of the year."""
    story.chapter(f"{trade.name}: {trade.provider.name['en']} → {trade.buyer.name['en']}, over the border")
    people = bring_in(url, trade, folder / "credentials.json")
    gone = people.provider.get("export-register", state="COMMITTED")["items"]
    if gone:
        story.step("an earlier run has carried them over the border", f"{gone[0]['case']}, {gone[0]['n_general']:,}")
        return
    stand(people, story)
    offered = offer(trade, people, story)
    find(trade, offered, people, story)
    for way in people.public.get(f"catalogue/{offered.listing_id}/routes"):
        told = ", or ".join([way["route"], *way["alternatives"]]) if way["offered"] else "not offered there"
        story.note(f"to {way['destination']}: {told}")
    pay_in(trade, people, story)
    placed = place(trade, offered.listing_id, offered.plan_id, people, story)
    clear(placed, people, story)
    release(placed, people, story)
    delivery_id = read(trade, placed, people, story)
    arrive(delivery_id, people.buyer, story)
    accept(trade, placed, delivery_id, people, story)
    certify(placed, people, folder, story)
    prove(placed, people, folder, story)


def stand(people: Cast, story: Story) -> None:
    """Have the exporter's standing declared and confirmed; an earlier run may have done it."""
    known = people.provider.get("exporter-standings")["items"]
    if known and known[0]["confirmed"]:
        return
    declared = people.provider.post("exporter-standings", {"ciio": False, "small": False, "ftz": ""})
    people.reviewer.post(f"exporter-standings/{declared['id']}/confirm", {"reason": "letter of the authority seen"})
    story.step("an officer confirms the exporter's standing", "no critical infrastructure")


def place(trade: Trade, listing_id: str, plan_id: str, people: Cast, story: Story) -> dict[str, Any]:
    """Order; nothing is paid before the border is clear."""
    wanted = {"listing_id": listing_id, "plan_id": plan_id, "purpose": trade.purpose}
    placed = people.buyer.post("orders", wanted)
    case = case_of(placed, people.provider)
    routes = ", ".join([case["decision"]["route"], *case["decision"]["body"]["alternatives"]])
    story.step("buyer orders; the route is decided, nothing is paid yet", f"{placed['number']} {placed['state']}")
    story.note(f"{case['number']}, {case['n_general']:,} persons, {case['decision']['rule_set']}: {routes}")
    story.note(case["decision"]["body"]["hits"][0]["reason"]["en"])
    with story.refusal("buyer funds the order before the border is clear", "route_not_cleared"):
        people.buyer.post(f"orders/{placed['id']}/fund")
    return dict(placed)


def clear(placed: dict[str, Any], people: Cast, story: Story) -> None:
    """Choose the contract, hand its papers in, have them reviewed and filed on both sides."""
    case = case_of(placed, people.provider)
    path = f"route-cases/{case['id']}"
    case = people.provider.post(f"{path}/choose", {"route": ROUTE})
    with story.refusal("exporter submits without the papers", "papers_missing"):
        people.provider.post(f"{path}/submit", {"port": "NANSHA"})
    for code in case["papers_missing"]:
        people.provider.post_bytes(f"{path}/papers", PAPER, code=code, name=f"{code}.pdf")
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    contract = {"contract_effective_on": str(today), "contract_ends_on": str(today + timedelta(days=365))}
    people.provider.post(f"{path}/submit", {"port": "NANSHA", "recipient_network": "203.0.113.0/24", **contract})
    story.step("exporter chooses the bay area's contract, hands papers in", ", ".join(case["papers_missing"]))
    with story.refusal("exporter approves its own papers", "forbidden"):
        people.provider.post(f"{path}/approve", {"reason": "they are mine"})
    signed = people.reviewer.post(f"{path}/approve", {"reason": "complete"})
    story.step("an officer finds them right; the clocks run from effect", signed["state"])
    for clock in signed["clocks"]:
        story.note(f"{clock['name']['en']} – by {clock['due_at'][:10]}")
    for authority, number in (("cac_guangdong", f"粤备{case['number']}"), ("dpo_hk", f"DPO/{case['number']}")):
        filed = people.reviewer.post(
            f"{path}/filings", {"authority": authority, "number": number, "on": str(today), "note": "receipt seen"}
        )
    story.step("both sides file with their authority", filed["state"])
    until(
        "the funding",
        lambda: people.buyer.get(f"orders/{placed['id']}"),
        lambda now: now["state"] == "FUNDED",
    )
    year = people.provider.get(f"organizations/{people.provider.get('me')['organization']['id']}/export-year")
    story.step("a worker funds the order; the persons are held", f"{year['n_general']:,} in {year['year']}")


def release(placed: dict[str, Any], people: Cast, story: Story) -> None:
    """Wait for the declaration at the port, look at drawn rows, and release it by two officers."""
    declared = until(
        "the declaration",
        lambda: people.customs.get("customs-declarations", delivery=delivery_of(placed, people.buyer))["items"],
        bool,
    )[0]
    path = f"customs-declarations/{declared['id']}"
    detail = people.customs.get(path)
    checks = len(detail["findings"])
    story.step("a worker declares the bytes at Nansha; machine checks", f"{declared['number']}, {checks} checks well")
    with story.refusal("buyer reads before the release", "entitlement_not_active"):
        [sold] = people.buyer.get(f"orders/{placed['id']}/agreement")["body"]["sold"]["files"]
        people.buyer.post(f"deliveries/{declared['delivery_id']}/grants", {"file_id": sold["id"]})
    sample = people.customs.download(f"/api/v1/{path}/sample").text
    story.step("an officer looks at drawn rows, masked", sample.splitlines()[1])
    people.customs.post(f"{path}/propose-release", {"reason": "rows are as declared"})
    with story.refusal("the same officer releases it too", "same_person"):
        people.customs.post(f"{path}/release", {"reason": "in a hurry"})
    released = people.second_customs.post(f"{path}/release", {"reason": "agreed"})
    [permit] = released["permits"]
    story.step("a second officer releases it; a permit is issued", f"{permit['byte_ceiling']:,} bytes, 7 days")


def arrive(delivery_id: str, buyer: Api, story: Story) -> None:
    """Report what arrived on the other side; it closes the declaration."""
    [sent] = buyer.get(f"deliveries/{delivery_id}")["receipt"]["files"]
    report = buyer.post(f"deliveries/{delivery_id}/arrival", {"files": [{"id": sent["id"], "sha256": sent["sha256"]}]})
    story.step("buyer's client reports what arrived", "as sent" if report["matches"] else "otherwise")


def prove(placed: dict[str, Any], people: Cast, folder: Path, story: Story) -> None:
    """Download the deal's evidence pack and verify it in a process that can reach no server."""
    pack = folder / f"{placed['number']}.zip"
    pack.write_bytes(people.buyer.download(f"/api/v1/orders/{placed['id']}/evidence-pack").content)
    done = verify_offline("verify_evidence_pack", pack, folder / "public-keys.json")
    if done.returncode:
        raise Failed(f"the evidence pack does not verify:\n{done.stdout}{done.stderr}")
    held = len(done.stdout.splitlines()) - 1
    story.step("the deal's evidence pack verifies offline", f"{pack.stat().st_size:,} bytes, {held} checks, VALID")


def case_of(placed: dict[str, Any], exporter: Api) -> dict[str, Any]:
    """Return the order's route case with its decision."""
    [case] = exporter.get("route-cases", order=placed["id"])["items"]
    return dict(exporter.get(f"route-cases/{case['id']}"))


def delivery_of(placed: dict[str, Any], buyer: Api) -> str:
    """Return the id of the order's delivery."""
    return str(buyer.get(f"orders/{placed['id']}")["deliveries"][0]["id"])
