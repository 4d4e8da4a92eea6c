"""What is counted of a column while its values pass."""

from dataclasses import dataclass, field

from listings.grading.distinct import DistinctCounter
from listings.grading.looks import Batch


@dataclass
class Tally:
    """What one detector saw in one column.

    `hits` counts all values, scaled up where only a part was checked; the other counts are of sampled values.
    """

    lookalikes: int = 0
    valid: int = 0
    whole: int = 0
    children: int = 0
    hits: float = 0
    examples: list[str] = field(default_factory=list)
    numbers: DistinctCounter | None = None
    of_children: DistinctCounter | None = None


@dataclass
class Column:
    """What is known of one column: its values that are not null, how many were looked at by every detector (sampled).

    Of the sampled, `numeric` are plain numbers; those `waiting` will be looked at next.
    """

    rows: int = 0
    values: int = 0
    sampled: int = 0
    numeric: int = 0
    exact: bool = True
    repetitive: bool | None = None
    tallies: dict[int, Tally] = field(default_factory=dict)
    waiting: list[Batch] = field(default_factory=list)
