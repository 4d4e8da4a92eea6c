"""Ordering, agreements, entitlements, delivery and acceptance: where listings and settlements meet."""
