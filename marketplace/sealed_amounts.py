"""Amounts of an auction that nobody reads before it is closed: bids, and what a buyer would pay at most."""

import os
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from listings.encryption import NONCE_BYTES, WrappedKey, key_ring
from marketplace.models import Auction


def sealed(auction: Auction, minor: int, *, owner: UUID) -> bytes:
    """Return an amount in minor units under the auction's key, bound to the organization whose amount it is."""
    nonce = os.urandom(NONCE_BYTES)
    # Always as long, so that its length tells nothing.
    return nonce + AESGCM(_key(auction)).encrypt(nonce, minor.to_bytes(8), owner.bytes)


def unsealed(auction: Auction, hidden: bytes, *, owner: UUID) -> int:
    """Return what `sealed` hid, in minor units."""
    plain = AESGCM(_key(auction)).decrypt(hidden[:NONCE_BYTES], hidden[NONCE_BYTES:], owner.bytes)
    return int.from_bytes(plain)


def _key(auction: Auction) -> bytes:
    return key_ring().unwrap(WrappedKey(auction.key_id, bytes(auction.wrapped_key)), owner=auction.pk)
