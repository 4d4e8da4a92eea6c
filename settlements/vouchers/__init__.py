"""Voucher programmes: programmes.py → grants.py → uses.py → clawbacks.py, in the order of a voucher's life."""
