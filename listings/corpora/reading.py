"""Reading the items of a sample out of a version's encrypted files."""

import threading
from typing import BinaryIO, cast

from kernel.digests import Digests
from listings.corpora.sampling import chosen_rows
from listings.corpora.sheets import RowPicker
from listings.inspection import Reading
from listings.models import CorpusSampling, DataFile
from listings.profiling.reading import profile_file
from listings.storage import DecryptingReader, stored_file


def sampled_items(sampling: CorpusSampling) -> list[tuple[int, str]]:
    """Return the rows of a sample and their texts, cut for a sheet; takes as long as the version takes to be read."""
    rows = chosen_rows(sampling)
    items: list[tuple[int, str]] = []
    before = 0
    for file in sampling.version.files.order_by("name", "id"):
        count = int((file.profile or {}).get("rows", 0))
        own = [row - before for row in rows if before < row <= before + count]
        items += [(before + row, text) for row, text in _picked(file, own)]
        before += count
    return items


def _picked(file: DataFile, rows: list[int]) -> list[tuple[int, str]]:
    if not rows:
        return []
    reading, picker = Reading(stored_file(file), Digests(), threading.Event()), RowPicker(rows)
    profile_file(
        file.format,
        chunks=reading.chunks(),
        open_seekable=lambda: cast(BinaryIO, DecryptingReader(reading.stored)),
        size=reading.stored.size,
        declared_encoding=file.declared_encoding,
        observers=[picker],
    )
    return picker.picked
