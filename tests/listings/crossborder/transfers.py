"""Transfers for the tests: facts as a lawyer would write them, in one line each."""

from datetime import date
from typing import Any

from listings.crossborder.facts import Facts, read_facts
from listings.crossborder.route import Decision, decide_route
from listings.crossborder.rules import rules_on

TODAY = "2026-11-24"
GUANGZHOU, SHENZHEN, NANSHA, CHENGDU = "440100", "440300", "440115", "510100"


def facts_json(
    *, to: str = "SG", region: str | None = SHENZHEN, exporter: dict[str, Any] | None = None, **members: Any
) -> dict[str, Any]:
    """Return an outbound transfer from Shenzhen of no persons, changed as asked."""
    return {
        "direction": "outbound",
        "exporter": {"jurisdiction": "CN", "region": region, **(exporter or {})},
        "recipient": {"jurisdiction": to},
        "grade": "general",
        "n_general": 0,
        "n_sensitive": 0,
        "effective_date": TODAY,
        **members,
    }


def inbound_json(*, source: str, to_region: str = SHENZHEN, **members: Any) -> dict[str, Any]:
    """Return a transfer into the mainland, ungraded and uncounted as such transfers are."""
    return {
        "direction": "inbound",
        "exporter": {"jurisdiction": source},
        "recipient": {"jurisdiction": "CN", "region": to_region},
        "effective_date": TODAY,
        **members,
    }


def facts(**members: Any) -> Facts:
    return read_facts(facts_json(**members), undated=date.fromisoformat(TODAY))


def decided(**members: Any) -> Decision:
    """Decide an outbound transfer by the rules of its own day."""
    transfer = facts(**members)
    return decide_route(transfer, rules_on(transfer.effective_date))


def decided_inbound(**members: Any) -> Decision:
    transfer = read_facts(inbound_json(**members), undated=date.fromisoformat(TODAY))
    return decide_route(transfer, rules_on(transfer.effective_date))


def rows_of(decision: Decision) -> list[str]:
    return [hit["row"] for hit in decision.hits]
