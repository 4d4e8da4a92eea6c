"""Delivery: the job that makes it, the grants that open it, and the bytes that answer a read."""
