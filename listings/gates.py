"""The gates of a venue: what must be so before an act of a listing's way, by the table of its checklist edition.

Guangzhou's three: no scenario, no registration; no registration, no trade; no compliance, no listing
(无场景不登记、无登记不交易、无合规不上架). Shenzhen has its own. They ask at the act itself, whatever other
rules have ensured before.
"""

from collections.abc import Callable, Mapping

from kernel.languages import in_language
from kernel.problems import Problem
from listings.checklists import Checklist
from listings.models import Listing, Product, Right
from listings.submissions import latest_submission, passed_stages


def refuse_closed_gates(listing: Listing, checklist: Checklist, act: str) -> None:
    """Raise Problem `gate_closed`, naming the gates, unless all that stand at the act are open for the listing."""
    closed = [gate for gate in checklist.gates_at(act) if not CHECKS[gate.check](listing)]
    if closed:
        said = "; ".join(in_language(gate.label) for gate in closed)
        raise Problem("gate_closed", said, gates=[gate.code for gate in closed])


def _has_scenario(listing: Listing) -> bool:
    return any(text.strip() for text in listing.product.scenario.values())


def _is_registered(listing: Listing) -> bool:
    return bool(listing.product.state == Product.State.REGISTERED and listing.product.number)


def _may_be_operated(listing: Listing) -> bool:
    return Right.OPERATE in listing.product.rights


def _is_compliant(listing: Listing) -> bool:
    """Tell whether the log of decisions shows every stage as passed but the last, which is being decided."""
    submission = latest_submission(listing)
    return submission is not None and set(submission.plan[:-1]) <= passed_stages(submission)


CHECKS: Mapping[str, Callable[[Listing], bool]] = {
    "has_scenario": _has_scenario,
    "is_registered": _is_registered,
    "may_be_operated": _may_be_operated,
    "is_compliant": _is_compliant,
}
