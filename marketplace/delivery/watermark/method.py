"""The mark itself: which values carry it, how a bit is put into one and read again, and how well a code fits.

Every agreement has a code of 256 bits. A row is known by its anchor, a column that is left as it is. Under a secret of
the version the anchor says whether the row carries a bit, which one of the code, and whether it is turned over. So the
mark survives any order of the rows and the loss of most of them, and rows that were never ours vote both ways alike.

A decimal carries its bit in the parity of its last digit, a text in an invisible character (U+2060) at its end. Whole
numbers, dates and empty values carry nothing. Whoever strips invisible characters or rounds decimals removes that part
of the mark; the provider chooses the columns.
"""

import hashlib
import hmac
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

CODE_BITS = 256
JOINER = "\u2060"
MOST_MARKS = 4096  # rows that are marked in a large file; all are in a small one
_DECIMAL = re.compile(r"-?\d+\.\d+", re.ASCII)
_FIGURES = re.compile(r"[\d\s.,:/+\-年月日]*", re.ASCII)


@dataclass(frozen=True)
class Marking:
    """How the copies of one file are marked: its secret, the anchor and the carriers by name, one row in `every`."""

    secret: bytes
    anchor: str
    carriers: tuple[str, ...]
    every: int

    def place(self, anchor: str, carrier: str) -> tuple[int, int] | None:
        """Return the bit of the code that a value carries, and whether it is turned over (1); None: it carries none."""
        digest = hmac.digest(self.secret, f"{carrier}\0{anchor}".encode(), "sha256")
        if int.from_bytes(digest[:8], "big") % self.every:
            return None
        return digest[8], digest[9] & 1


@dataclass(frozen=True)
class Fit:
    """How well a code fits what was read: standard deviations above chance, and the confidence among all candidates."""

    score: float
    confidence: float


def marked_one_in(rows: int) -> int:
    """Return of how many rows one is marked in a file of so many."""
    return max(1, rows // MOST_MARKS)


def secret_of(data_key: bytes) -> bytes:
    """Return the secret under which a version's copies are marked."""
    return hmac.digest(data_key, b"dawan watermark", "sha256")


def code_of(secret: bytes, agreement_id: UUID) -> bytes:
    """Return an agreement's code of 256 bits."""
    return hashlib.sha256(secret + agreement_id.bytes).digest()


def bit_at(code: bytes, index: int) -> int:
    return code[index // 8] >> (index % 8) & 1


def with_bit(value: str, bit: int) -> str | None:
    """Return a value that carries the bit, or None where it can carry none."""
    if _DECIMAL.fullmatch(value):
        last = int(value[-1])
        return value[:-1] + str(last if last % 2 == bit else last ^ 1)
    plain = value.rstrip(JOINER)
    if not plain or _FIGURES.fullmatch(plain):
        return None
    return plain + JOINER if bit else plain


def bit_of(value: str) -> int | None:
    """Return the bit that a value carries, or None for one that carries none."""
    if _DECIMAL.fullmatch(value):
        return int(value[-1]) % 2
    plain = value.rstrip(JOINER)
    if not plain or _FIGURES.fullmatch(plain):
        return None
    return int(len(plain) < len(value))


def fit(votes: Sequence[int], code: bytes, *, candidates: int) -> Fit:
    """Say how well a code explains the votes for each of its bits (for one less for zero), among so many candidates.

    Under a code that has nothing to do with the file the score is normal with deviation one; the confidence takes into
    account that the best of all candidates is looked at (Bonferroni).
    """
    spread = math.sqrt(sum(vote * vote for vote in votes))
    if not spread:
        return Fit(0.0, 0.0)
    score = sum(vote if bit_at(code, index) else -vote for index, vote in enumerate(votes)) / spread
    by_chance = math.erfc(score / math.sqrt(2)) / 2
    return Fit(score, max(0.0, 1 - candidates * by_chance))
