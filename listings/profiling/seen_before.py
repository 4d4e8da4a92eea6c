"""How many texts stood there before."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

MOST_KEPT = 1 << 17


@dataclass
class SeenBefore:
    """Counts texts that stood there before: exactly for some 100,000 different ones, beyond that by a sample."""

    counts: dict[int, int] = field(default_factory=dict)
    mask: int = 0

    def add(self, texts: Iterable[str]) -> None:
        """Take the next texts."""
        for text in texts:
            key = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
            if not key & self.mask:
                self.counts[key] = self.counts.get(key, 0) + 1
        while len(self.counts) > MOST_KEPT:
            self.mask = 2 * self.mask + 1
            self.counts = {key: count for key, count in self.counts.items() if not key & self.mask}

    @property
    def share(self) -> float:
        """The share of texts that stood there before, of all of them."""
        texts = sum(self.counts.values())
        return round(1 - len(self.counts) / texts, 6) if texts else 0.0
