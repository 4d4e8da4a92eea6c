"""What stands behind a finding: how many rows, the first few of them, and examples that give nobody away."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from listings.profiling.arrow import compute as pc

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ROWS = 10
MOST_EXAMPLES = 3
LONGEST_SHAPE = 40


@dataclass
class Evidence:
    """Rows that share a trouble. Rows are numbered from 1 in the order of the file, a header not counted."""

    count: int = 0
    rows: list[int] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)

    def take(self, mask: pa.Array[Any], values: pa.Array[Any], offset: int) -> None:
        """Take the values of a batch for which `mask` is true; `offset` is the number of rows before the batch."""
        found = pc.sum(mask).as_py() or 0
        if not found:
            return
        self.count += found
        if len(self.rows) < MOST_ROWS:
            positions = pc.indices_nonzero(mask)[: MOST_ROWS - len(self.rows)].to_pylist()
            for position in positions:
                self.add(offset + position + 1, values[position].as_py())

    def add(self, row: int, value: Any) -> None:
        """Remember a row and the shape of its value, if there is still room; the count is the caller's."""
        if len(self.rows) < MOST_ROWS:
            self.rows.append(row)
        if (
            value is not None
            and len(self.examples) < MOST_EXAMPLES
            and (seen := shape(str(value))) not in self.examples
        ):
            self.examples.append(seen)

    def as_json(self) -> dict[str, Any]:
        return {"count": self.count, "rows": list(self.rows), "examples": list(self.examples)}


def shape(text: str) -> str:
    """Return what a value looks like without saying it: digits as #, letters as a or A, Han characters as 字.

    Punctuation and what is wrong with the text (replacement characters, odd spaces, invisible characters) stay visible.
    """
    shown = "".join(map(_shape, text[:LONGEST_SHAPE]))
    return shown + "…" if len(text) > LONGEST_SHAPE else shown


def _shape(character: str) -> str:
    if character in " \ufffd":
        return "␣" if character == " " else character
    category = unicodedata.category(character)
    if category in ("Lu", "Ll"):
        # Accented letters are what garbled text is made of.
        return ("A" if category == "Lu" else "a") if character.isascii() else "á"
    if category == "Nd":
        return "#" if character.isascii() else "＃"
    if category.startswith("L"):
        return "字"
    return f"<U+{ord(character):04X}>" if category[0] in "CZ" else character
