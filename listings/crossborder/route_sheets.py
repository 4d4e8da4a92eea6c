"""What a route takes, read from the decision that offers it: papers, authorities, time limits, and how it goes on."""

from collections.abc import Mapping
from typing import Any

from listings.crossborder.rule_sets import rules_named
from listings.models import RouteCase, RouteDecision

State = RouteCase.State

# The memo is the stored decision itself: row, numbers and evidence, with its digests.
AUTOMATIC_PAPERS = frozenset({"exemption_memo"})
# Where a case goes once its papers are found right. What is filed after it takes effect is SIGNED; what an authority
# must allow first is SUBMITTED; the rest needs nobody outside.
AFTER_REVIEW: Mapping[str, State] = {
    "exempt_no_pi": State.EXEMPT_CONFIRMED,
    "exempt_transit": State.EXEMPT_CONFIRMED,
    "exempt_scenario": State.EXEMPT_CONFIRMED,
    "exempt_volume": State.EXEMPT_CONFIRMED,
    "exempt_ftz": State.EXEMPT_CONFIRMED,
    "hk_dpp_notice": State.EXEMPT_CONFIRMED,
    "hk_rmc": State.EXEMPT_CONFIRMED,
    "mo_adequacy": State.EXEMPT_CONFIRMED,
    "mo_art20_exception": State.EXEMPT_CONFIRMED,
    "standard_contract": State.SIGNED,
    "gba_standard_contract": State.SIGNED,
    "certification": State.SUBMITTED,
    "security_assessment": State.SUBMITTED,
    "mo_authorised": State.SUBMITTED,
}
CONTRACTS = frozenset({"standard_contract", "gba_standard_contract", "hk_rmc"})


def sheet_of(decision: RouteDecision, route: str) -> Mapping[str, Any]:
    """Return documents, authorities, deadlines and validity of one of a decision's routes.

    A person's ruling takes a route beside the engine's answer; its sheet is that of the rule set that answered.
    """
    body: Mapping[str, Any] = decision.body
    sheets: Mapping[str, Mapping[str, Any]] = {body["route"]: body, **body["alternative_sheets"]}
    if route in sheets:
        return sheets[route]
    sheets = rules_named(decision.rule_set).source["sheets"]
    parties = (body["facts"]["exporter"], body["facts"]["recipient"])
    # The bay area's contract has a sheet for Hong Kong and one for Macao.
    names = [route, *(f"{route}_{party['jurisdiction'].lower()}" for party in parties)]
    return next(sheets[name] for name in names if name in sheets)


def papers_of(decision: RouteDecision, route: str) -> list[str]:
    """Return the codes of the papers that a route takes, those of the overlays beside it included."""
    beside = [paper["code"] for paper in decision.body["documents"] if "overlay" in paper]
    own = [paper["code"] for paper in sheet_of(decision, route)["documents"]]
    return list(dict.fromkeys([*own, *beside]))


def authorities_of(decision: RouteDecision, route: str) -> list[str]:
    """Return the codes of the authorities with which a route is filed."""
    return [authority["code"] for authority in sheet_of(decision, route)["authority"]]


def rests_on_contract(route: str) -> bool:
    """Tell whether a route rests on a contract between exporter and recipient, whose effect and end count."""
    return route in CONTRACTS
