"""Protocols that clients written by others speak."""
