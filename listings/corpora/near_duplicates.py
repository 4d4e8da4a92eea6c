"""How much of a corpus repeats itself, nearly: MinHash over five-character pieces, in bounded memory.

Of a large corpus only some documents are compared: those whose least piece hashes to a certain remainder. Documents
that are alike have the same least piece as often as they are alike, so they are kept together, and the same corpus
gives the same figures wherever and however often it is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from datasketch import MinHash

PIECE = 5  # characters
PERMUTATIONS = 64
THRESHOLD = 0.8
MOST_COMPARED = 20_000
LONGEST_COMPARED = 20_000  # characters of a document
METHOD = f"MinHash, {PERMUTATIONS} permutations over pieces of {PIECE} characters, Jaccard similarity from {THRESHOLD}"
_PRIME = np.uint64(0x100000001B3)

Hashes = np.ndarray[Any, np.dtype[np.uint64]]


@dataclass
class _Seen:
    """Documents of one signature: how many, and their least piece."""

    signature: MinHash
    least: int
    count: int = 0


class NearDuplicates:
    """Feed it every document in order; then ask for the shares."""

    def __init__(self) -> None:
        self._seen: dict[bytes, _Seen] = {}
        self._mask = 0

    def add(self, texts: Sequence[str]) -> None:
        """Take the next documents; blank ones are no documents."""
        plain = [_normalized(text) for text in texts]
        plain = [text for text in plain if text]
        if not plain:
            return
        hashes, starts, ends = _pieces(plain)
        least = np.minimum.reduceat(hashes, np.column_stack((starts, ends)).ravel())[::2]
        for position in np.flatnonzero((least & np.uint64(self._mask)) == 0).tolist():
            self._take(hashes[starts[position] : ends[position]], int(least[position]))

    def _take(self, pieces: Hashes, least: int) -> None:
        if least & self._mask:
            return
        from datasketch import MinHash  # noqa: PLC0415 - it brings SciPy, which takes half a second to import

        signature = MinHash(num_perm=PERMUTATIONS, hashfunc=int)
        signature.update_batch(np.unique(pieces >> np.uint64(32)))
        key = signature.hashvalues.tobytes()
        self._seen.setdefault(key, _Seen(signature, least)).count += 1
        while len(self._seen) > MOST_COMPARED:
            self._mask = 2 * self._mask + 1
            self._seen = {key: seen for key, seen in self._seen.items() if not seen.least & self._mask}

    def result(self) -> dict[str, Any]:
        """Return "near_share" (documents nearly the same as an earlier one, of all compared), "compared", "method"."""
        from datasketch import MinHashLSH  # noqa: PLC0415

        index = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
        kept: list[MinHash] = []
        for seen in self._seen.values():
            alike = (kept[position] for position in sorted(index.query(seen.signature)))
            if not any(each.jaccard(seen.signature) >= THRESHOLD for each in alike):
                index.insert(len(kept), seen.signature, check_duplication=False)
                kept.append(seen.signature)
        compared = sum(seen.count for seen in self._seen.values())
        return {
            "near_share": round(1 - len(kept) / compared, 6) if compared else 0.0,
            "compared": compared,
            "all_compared": self._mask == 0,
            "method": METHOD,
        }


def _normalized(text: str) -> str:
    """Leave out what does not make a text another one: white space and case."""
    plain = "".join(text[:LONGEST_COMPARED].lower().split())
    return plain.ljust(PIECE, "\0") if plain else ""


def _pieces(texts: Sequence[str]) -> tuple[Hashes, Any, Any]:
    """Return the hashes of all pieces of the texts, and where each text's begin and end; one sentinel stands last."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    codes = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32).astype(np.uint64)
    count = len(codes) - PIECE + 1
    hashes = np.zeros(count, np.uint64)
    for place in range(PIECE):
        hashes = hashes * _PRIME + codes[place : place + count] + np.uint64(1)
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):  # the finalizer of MurmurHash3
        hashes = (hashes ^ (hashes >> np.uint64(33))) * np.uint64(factor)
    hashes ^= hashes >> np.uint64(33)
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    return np.append(hashes, np.uint64(0xFFFFFFFFFFFFFFFF)), starts, starts + lengths - PIECE + 1
