"""Every route there is, and how grave it is: the one order in which routes are compared.

More persons or a graver grade may only lead up this table, never down; the tests hold every rule set to it.
"""

from collections.abc import Mapping

# 0 goes freely, 1-2 take a filed paper, 3-4 an officer's answer or an authority's, 5 never goes. A transfer that
# waits for a person stands below the assessment: with enough persons the assessment is due whatever they find.
SEVERITY: Mapping[str, int] = {
    "exempt_no_pi": 0,
    "exempt_transit": 0,
    "exempt_scenario": 0,
    "exempt_volume": 0,
    "exempt_ftz": 0,
    "hk_dpp_notice": 0,
    "mo_adequacy": 0,
    "hk_rmc": 1,
    "mo_art20_exception": 1,
    "gba_standard_contract": 1,
    "mo_authorised": 2,
    "standard_contract": 2,
    "certification": 2,
    "needs_classification": 3,
    "manual_review": 3,
    "security_assessment": 4,
    "forbidden": 5,
}
BLOCKED = frozenset({"needs_classification", "manual_review", "forbidden"})
