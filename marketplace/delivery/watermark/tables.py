"""Walking through the values of a file that may carry a mark: putting them in, and reading them again.

What is written is UTF-8, with the delimiter and the names of the original; rows and columns stay in their order.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from listings.profiling.decoding import TextStream
from marketplace.delivery.watermark.method import JOINER, Marking

# The column of a file of plain text: its lines.
LINES = "*"
# Anchor and carriers of a row, as texts -> the carriers with what is to stand in their place.
Row = Callable[[str, Mapping[str, str]], Mapping[str, str]]
PIECE = 256 * 1024


def marked_csv(chunks: Iterator[bytes], marking: Marking, row: Row, dialect: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield a delimited file with its rows passed through `row`."""
    delimiter = str(dialect.get("delimiter", ","))
    reader = csv.reader(_lines(chunks), delimiter=delimiter, quotechar=str(dialect.get("quote") or '"'))
    names = next(reader, [])
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(names)
    anchor, carriers = _positions(names, marking)
    for values in reader:
        if len(values) == len(names):
            for name, value in row(values[anchor], {name: values[at] for name, at in carriers.items()}).items():
                values[carriers[name]] = value
        writer.writerow(values)
        if out.tell() >= PIECE:
            yield _emptied(out)
    yield _emptied(out)


def marked_jsonl(chunks: Iterator[bytes], marking: Marking, row: Row, _dialect: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield a file of JSON lines with its records passed through `row`; lines that change nothing stay as they are."""
    out = io.StringIO()
    for line in _lines(chunks):
        record = _record(line)
        if changes := _changes(record, marking, row):
            out.write(json.dumps({**record, **changes}, ensure_ascii=False) + "\n")
        else:
            out.write(line)
        if out.tell() >= PIECE:
            yield _emptied(out)
    yield _emptied(out)


def marked_text(chunks: Iterator[bytes], _marking: Marking, row: Row, _dialect: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield a plain text with its lines passed through `row`."""
    out = io.StringIO()
    for line in _lines(chunks):
        plain = line.rstrip("\r\n" + JOINER)
        out.write(row(plain, {LINES: plain}).get(LINES, plain) + "\n")
        if out.tell() >= PIECE:
            yield _emptied(out)
    yield _emptied(out)


def marked_parquet(source: IO[Any], marking: Marking, row: Row) -> Iterator[bytes]:
    """Yield a Parquet file with its rows passed through `row`, batch by batch."""
    file = pq.ParquetFile(source)
    sink = _Sink()
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), file.schema_arrow, compression="zstd") as writer:
        for batch in file.iter_batches():
            writer.write_batch(_marked_batch(batch, marking, row))
            yield sink.emptied()
    yield sink.emptied()


def rows_of(format_code: str, source: IO[bytes], marking: Marking) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield anchor and carriers of each row of a file that may have leaked; nothing where they are not in it."""
    if format_code == "PARQUET":
        file = pq.ParquetFile(source)
        wanted = [name for name in (marking.anchor, *marking.carriers) if name in file.schema_arrow.names]
        if marking.anchor in wanted:
            for batch in file.iter_batches(columns=wanted):
                for record in batch.to_pylist():
                    yield _as_texts(record, marking)
        return
    lines = _lines(iter(lambda: source.read(PIECE), b""))
    if format_code == "TEXT":
        yield from ((line.rstrip("\r\n" + JOINER), {LINES: line.rstrip("\r\n")}) for line in lines)
    elif format_code == "JSONL":
        for line in lines:
            parsed = _record(line)
            if marking.anchor in parsed:
                yield _as_texts(parsed, marking)
    else:
        yield from _rows_of_csv(lines, marking)


def _rows_of_csv(lines: Iterator[str], marking: Marking) -> Iterator[tuple[str, dict[str, str]]]:
    first = next(lines, "")
    delimiter = max(",\t;|", key=first.count)
    names = next(csv.reader([first], delimiter=delimiter), [])
    if marking.anchor not in names:
        return
    anchor, carriers = _positions(names, marking)
    for values in csv.reader(lines, delimiter=delimiter):
        if len(values) == len(names):
            yield values[anchor], {name: values[at] for name, at in carriers.items()}


def _record(line: str) -> dict[str, Any]:
    """Return the object in a line; a line that holds none, as may be in what others have changed, has no members."""
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _as_texts(record: Mapping[str, Any], marking: Marking) -> tuple[str, dict[str, str]]:
    carriers = {name: record[name] for name in marking.carriers if isinstance(record.get(name), str | float | Decimal)}
    return str(record[marking.anchor]), {name: str(value) for name, value in carriers.items()}


def _changes(record: Mapping[str, Any], marking: Marking, row: Row) -> dict[str, Any]:
    if marking.anchor not in record:
        return {}
    anchor, carriers = _as_texts(record, marking)
    return {name: type(record[name])(value) for name, value in row(anchor, carriers).items()}


def _marked_batch(batch: pa.RecordBatch, marking: Marking, row: Row) -> pa.RecordBatch:
    names = [name for name in marking.carriers if name in batch.schema.names]
    records = batch.select([marking.anchor, *names]).to_pylist()
    changes = [_changes(record, marking, row) for record in records]
    for name in names:
        at, field = batch.schema.get_field_index(name), batch.schema.field(name)
        values = [change.get(name, record[name]) for change, record in zip(changes, records, strict=True)]
        batch = batch.set_column(at, field, pa.array(values, type=field.type))
    return batch


def _positions(names: list[str], marking: Marking) -> tuple[int, dict[str, int]]:
    return names.index(marking.anchor), {name: names.index(name) for name in marking.carriers if name in names}


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Yield the lines of a file in whatever encoding it has, each with the end of its line."""
    rest = b""
    for chunk in TextStream(iter(chunks)):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line.decode() + "\n" for line in lines)
    if rest:
        yield rest.decode()


def _emptied(out: io.StringIO) -> bytes:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode()


class _Sink(io.RawIOBase):
    """What a writer has written since it was last emptied."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        return len(piece)

    def emptied(self) -> bytes:
        written = b"".join(self._pieces)
        self._pieces.clear()
        return written
