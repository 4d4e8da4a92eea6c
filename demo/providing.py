"""The provider's half: upload a table, have it profiled, describe it, and get it through the venue's review."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from demo.cast import Cast
from demo.exchange import Api, Failed, Story, until
from demo.trades import Trade

PART_SIZE = 32 * 1024  # bytes; small, so that the upload takes several parts
MOST_PARTS = 16
# The shortest file that is a PDF; real papers are the parties' business.
PAPER = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


@dataclass(frozen=True)
class Offer:
    """What the buyer can order."""

    listing_id: str
    plan_id: str
    number: str


def offer(trade: Trade, people: Cast, story: Story) -> Offer:
    """Return the trade's listing: the one that an earlier run left, or a new one brought through the review."""
    provider = people.provider
    for listing in provider.get("listings", venue=trade.venue, state="LISTED")["items"]:
        if listing["product"]["name"] == trade.dossier["name"]:
            story.step("the listing of an earlier run is still there", listing["number"])
            return Offer(listing["id"], listing["plans"][0]["id"], listing["number"])
    version = register(trade, provider, story)
    listing = describe(trade, version, provider, story)
    review(trade, listing, people, story)
    return Offer(listing["id"], listing["plans"][0]["id"], listing["number"])


def register(trade: Trade, provider: Api, story: Story) -> dict[str, Any]:
    """Upload the file in parts and return the version once its profile is ready."""
    content = trade.content()
    dataset = provider.post("datasets", {"title": trade.dossier["name"], "description": trade.dossier["summary"]})
    version = provider.post(f"datasets/{dataset['id']}/versions")
    story.step("provider registers a dataset and opens a version", f"version {version['number']}")
    file = provider.post(f"dataset-versions/{version['id']}/files", {"name": trade.file.name, "format": trade.format})
    upload(file, content, provider, story)
    provider.post(f"dataset-versions/{version['id']}/seal")
    ready = until(
        "the profile",
        lambda: provider.get(f"dataset-versions/{version['id']}"),
        lambda seen: seen["state"] in {"READY", "REFUSED"},
    )
    if ready["state"] != "READY":
        raise Failed(f"the version was refused: {ready['refusal']}")
    profile = provider.get(f"files/{file['id']}")["profile"]
    story.step(
        "a worker profiles it", f"{profile['encoding']}, {ready['rows']} rows, {len(profile['columns'])} columns"
    )
    story.step("its digests", f"SHA-256 {ready['sha256'][:16]}…  SM3 {ready['sm3'][:16]}…")
    return dict(ready)


def upload(file: dict[str, Any], content: bytes, provider: Api, story: Story) -> None:
    """Send the file in parts; one arrives damaged and is refused, then sent again."""
    size = max(PART_SIZE, len(content) // MOST_PARTS + 1)
    parts = [content[start : start + size] for start in range(0, len(content), size)]
    for number, part in enumerate(parts, 1):
        if number == 2:
            with story.refusal("a part whose bytes were damaged on the way", "digest_mismatch"):
                _put_part(provider, file, number, part[:-1] + b"?", digest_of=part)
        _put_part(provider, file, number, part, digest_of=part)
    provider.post(f"files/{file['id']}/complete", {"sha256": hashlib.sha256(content).hexdigest()})
    story.step("provider uploads the file, encrypted at rest", f"{len(content):,} bytes in {len(parts)} parts")


def _put_part(provider: Api, file: dict[str, Any], number: int, part: bytes, *, digest_of: bytes) -> None:
    digest = base64.b64encode(hashlib.sha256(digest_of).digest()).decode()
    provider.put_bytes(f"files/{file['id']}/parts/{number}", part, {"Content-Digest": f"sha-256=:{digest}:"})


def describe(trade: Trade, version: dict[str, Any], provider: Api, story: Story) -> dict[str, Any]:
    """Make the product, its plan and its terms, register it, and submit a listing of it; return the listing."""
    dataset_id = version["dataset_id"]
    with story.refusal("a product name of 41 characters", "invalid"):
        provider.post("products", {"dataset_id": dataset_id, "name": {"zh-Hans": "数" * 41}})
    product = provider.post("products", {"dataset_id": dataset_id, **trade.dossier})
    plans = [provider.post(f"products/{product['id']}/plans", plan) for plan in (trade.plan, *trade.other_plans)]
    terms = provider.post(f"products/{product['id']}/terms", trade.terms)
    product = provider.post(f"products/{product['id']}/register")
    if trade.border is not None:
        grade = {"grade": "GENERAL", "personal_data": trade.dossier["personal_data"]}
        provider.post(f"dataset-versions/{version['id']}/grade-confirmations", grade)
        border = provider.put(f"products/{product['id']}/border-dossier", dict(trade.border))
        persons = f"{border['n_general']:,} persons"
        story.step("provider confirms the grade and says where it may go", f"{border['reach']}, {persons}")
    story.step("provider registers the product, its plan and terms", f"{product['number']} at {price_of(plans[0])}")
    listing = provider.post(
        "listings",
        {
            "product_id": product["id"],
            "venue": trade.venue,
            "version_id": version["id"],
            "terms_id": terms["id"],
            "plan_ids": [plan["id"] for plan in plans],
        },
    )
    submitted = provider.post(f"listings/{listing['id']}/submit")
    clock = submitted["clocks"][-1]
    story.step("provider submits the listing", f"{submitted['number']}, due {clock['due_at'][:10]} ({clock['kind']})")
    return dict(submitted)


def review(trade: Trade, listing: dict[str, Any], people: Cast, story: Story) -> dict[str, Any]:
    """Take the listing through the stages of its venue's review, each by its own officer; return it as listed."""
    checklist = people.clerk.get(f"review-checklists/{trade.venue}")
    names = {stage["code"]: stage["name"]["en"] for stage in checklist["stages"]}
    path = f"listings/{listing['id']}"
    first = people.clerk if trade.venue == "gzdex" else people.reviewer  # who may approve may also check completeness
    officers = {
        "COMPLETENESS": first,
        "SOURCE_RIGHTS": people.legal,
        "GRADE": people.security,
        "QUALITY": people.quality,
        "PRICE": people.quality,
    }
    here = first.post(f"{path}/start-review")
    while here["stage"] in officers:
        stage = here["stage"]
        if stage == "SOURCE_RIGHTS" and trade.border is not None:
            opinion(listing, people, story)
        answers = _all_well(checklist["items"], stage, trade.dossier["product_type"])
        here = officers[stage].post(f"{path}/pass-stage", {"stage": stage, "checklist": answers})
        story.step(f"its officer passes the stage “{names[stage]}”", f"{len(answers)} questions")
    answers = _all_well(checklist["items"], here["stage"], trade.dossier["product_type"])
    refused_for = "forbidden" if first is people.clerk else "same_person"
    with story.refusal("the person who looked first tries to approve it", refused_for):
        first.post(f"{path}/approve", {"checklist": answers})
    listed = people.committee.post(f"{path}/approve", {"checklist": answers})
    story.step("another person, of compliance, approves it", f"{listed['number']} {listed['state']}")
    return dict(listed)


def opinion(listing: dict[str, Any], people: Cast, story: Story) -> None:
    """Have an independent law firm say what it thinks of the crossing: the stage is not passed without it."""
    agency = people.agency.get("me")["organization"]["id"]
    asked = {"kind": "LEGAL_OPINION", "agency_id": agency, "working_days": 5}
    question = "May these members' data go to Hong Kong, by which route?"
    report = people.legal.post(f"listings/{listing['id']}/reports", {**asked, "question": question})
    path = f"agency-reports/{report['id']}"
    people.agency.post(f"{path}/undertake")
    people.agency.post_bytes(f"{path}/papers", PAPER, name="opinion.pdf")
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
    [way] = people.provider.get(f"listings/{listing['id']}/routes", destination="HK")
    said = {"jurisdictions": ["HK"], "route": way["route"], "rule_set": way["rule_set"], "opinion_on": today}
    people.agency.post(f"{path}/deliver", {"conclusion": "FAVOURABLE", "findings": "Under the contract.", **said})
    people.legal.post(f"{path}/accept", {"reason": "names route, rules and day"})
    story.step("a law firm gives its opinion on the crossing", f"{way['route']}, {way['rule_set']}")


def price_of(plan: dict[str, Any]) -> str:
    """Return a plan's price in words."""
    return "no charge" if plan["kind"] == "FREE" else f"{plan['price']['amount']} {plan['price']['currency']}"


def _all_well(items: list[dict[str, Any]], stage: str, product_type: str) -> dict[str, dict[str, bool]]:
    asked = (item for item in items if item["stage"] == stage)
    return {
        item["code"]: {"ok": True}
        for item in asked
        if not item["product_types"] or product_type in item["product_types"]
    }
