"""Money: a double-entry ledger per venue, and the verbs that move it (deposits, escrow, settlement, payouts)."""
