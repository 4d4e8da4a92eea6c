"""Profiling a CSV table in one streaming pass: Arrow parses, columns are typed batch by batch, DuckDB counts."""

import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import IO, Any, Literal, cast

import pyarrow as pa
import pyarrow.csv as arrow_csv

from listings.profiling.ahead import ahead
from listings.profiling.columns import TextColumn, shown
from listings.profiling.counting import count_columns
from listings.profiling.decoding import LONGEST_LINE, TextStream, within_line_limit
from listings.profiling.dialect import HEAD_BYTES, Dialect, sniff
from listings.profiling.observing import Observer, show
from listings.profiling.profile import MOST_COLUMNS, SAMPLE_ROWS, TableProfile, column_json, some
from listings.profiling.refusals import refuse, warning

RAGGED_ROWS_TOLD = 10
# A block must be able to hold the longest line.
BLOCK_BYTES = LONGEST_LINE
# Wide tables come in larger blocks: every column of every batch costs some calls.
BYTES_PER_COLUMN = 2048
BATCHES_AT_A_TIME = 4


class _Feed(io.RawIOBase):
    """Text as the file that Arrow reads from, in blocks that usually end outside quotation marks.

    Arrow takes a record that spans two blocks but not three. Blocks are kept small, since small blocks stay in the
    processor's cache; they grow while a quotation mark is open or no line ends, up to the limit that Arrow asks for.
    """

    def __init__(self, chunks: Iterator[bytes], quote: bytes, *, width: int) -> None:
        super().__init__()
        self.quotes = 0
        self._chunks = _ended(chunks)
        self._quote = quote
        self._least = width * BYTES_PER_COLUMN

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        most = BLOCK_BYTES if size is None or size < 0 else size
        pieces: list[bytes] = []
        held = 0
        while held < most and (chunk := next(self._chunks, None)) is not None:
            if held + len(chunk) > most:
                self._chunks = chain([chunk[most - held :]], self._chunks)
                chunk = chunk[: most - held]
            pieces.append(chunk)
            held += len(chunk)
            self.quotes += chunk.count(self._quote)
            if held >= self._least and self.quotes % 2 == 0 and (b"\n" in chunk or b"\r" in chunk):
                break
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _ended(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Give the last line the end that some files leave out; Arrow would not see a header that stands alone."""
    last = b""
    for chunk in chunks:
        last = chunk[-1:] or last
        yield chunk
    if last not in (b"\n", b"\r"):
        yield b"\n"


class _RaggedRows:
    """Remembers the first rows of a wrong width and stops the reading when it has enough of them."""

    def __init__(self) -> None:
        self.rows: list[int] = []

    def __call__(self, row: arrow_csv.InvalidRow) -> Literal["skip", "error"]:
        self.rows.append(row.number or 0)
        return "skip" if len(self.rows) < RAGGED_ROWS_TOLD else "error"


class _Table:
    """What is gathered from the batches as they pass."""

    def __init__(self, names: Sequence[str], observers: Sequence[Observer]) -> None:
        self.observers = observers
        self.columns = [TextColumn(name) for name in names]
        self.sample: list[list[Any]] = []
        self.rows = 0
        self.last_value: str | None = None

    def passing(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Look at the batches, some at a time since each look costs some calls, and pass them on."""
        batches = iter(batches)
        while group := list(islice(batches, BATCHES_AT_A_TIME)):
            table = pa.Table.from_batches(group)
            self.rows += table.num_rows
            if len(self.sample) < SAMPLE_ROWS:
                rows = table.slice(0, SAMPLE_ROWS - len(self.sample)).to_pylist()
                self.sample.extend([shown(value) for value in row.values()] for row in rows)
            readings = [column.add(values) for column, values in zip(self.columns, table.columns, strict=True)]
            show(self.observers, table.columns, readings=readings)
            if table.num_rows:
                self.last_value = table.columns[-1][-1].as_py()
            yield from group


def profile_csv(
    chunks: Iterator[bytes], *, declared_encoding: str = "", observers: Sequence[Observer] = ()
) -> TableProfile:
    """Profile a CSV file from its bytes, and let the observers see its rows; raises Refusal."""
    text = TextStream(chunks, declared=declared_encoding, wanted="CSV")
    # Three stages at a time: reading (and digesting), parsing and typing, counting.
    lines = ahead(within_line_limit(iter(text)))
    head, complete = _head(lines)
    dialect, first_rows = sniff(head, complete=complete)
    first = first_rows[0]
    if len(first) > MOST_COLUMNS:
        raise refuse("too_many_columns", columns=len(first), limit=MOST_COLUMNS)
    table = _Table(_names(first, dialect), observers)
    feed = _Feed(chain([head], lines), dialect.quote.encode(), width=len(first))
    distinct = _read(feed, dialect, table)
    # An open quotation mark swallows the rest of the file into the last value.
    if feed.quotes % 2 and "\n" in (table.last_value or ""):
        raise refuse("unterminated_quote")
    columns = zip(table.columns, distinct, strict=True)
    return TableProfile(
        format="CSV",
        encoding=text.encoding.value,
        dialect={"bom": text.bom, **dialect.as_json()},
        rows=table.rows,
        columns=[column_json(column, rows=table.rows, distinct=count) for column, count in columns],
        sample=table.sample,
        warnings=_warnings(text, dialect, table),
    )


def _head(lines: Iterator[bytes]) -> tuple[bytes, bool]:
    """Read enough to judge the dialect by, at least one whole line; tell whether that is the whole file."""
    head = b""
    for chunk in lines:
        head += chunk
        if len(head) >= HEAD_BYTES and (b"\n" in head or b"\r" in head):
            return head, False
    return head, True


def _read(feed: _Feed, dialect: Dialect, table: _Table) -> list[int]:
    """Run the text through the table; return each column's number of different values."""
    ragged = _RaggedRows()
    width = len(table.columns)
    try:
        reader = _reader(feed, dialect, width, ragged)
        distinct = count_columns(reader.schema, ahead(table.passing(reader)))
    except pa.ArrowInvalid as error:
        if not ragged.rows:
            if "straddling" in str(error):
                raise refuse("record_too_long", limit=LONGEST_LINE) from None
            raise refuse("malformed_csv", reason=str(error)[:200]) from None
    if ragged.rows:
        more = ["…"] if len(ragged.rows) == RAGGED_ROWS_TOLD else []
        raise refuse("ragged_rows", expected=width, rows=[*ragged.rows, *more])
    return distinct


def _reader(feed: _Feed, dialect: Dialect, width: int, ragged: _RaggedRows) -> arrow_csv.CSVStreamingReader:
    names = [f"c{position}" for position in range(width)]  # the file's own names may be blank or repeated
    return arrow_csv.open_csv(
        cast(IO[bytes], feed),
        read_options=arrow_csv.ReadOptions(
            # One parsing thread: rows keep their numbers, and the other core hashes and counts meanwhile.
            use_threads=False,
            block_size=BLOCK_BYTES,
            column_names=names,
            skip_rows_after_names=int(dialect.header),
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=dialect.delimiter,
            quote_char=dialect.quote,
            double_quote=not dialect.escape,
            escape_char=dialect.escape or False,
            newlines_in_values=True,
            invalid_row_handler=ragged,
        ),
        convert_options=arrow_csv.ConvertOptions(
            check_utf8=False,  # done on the way in
            column_types=dict.fromkeys(names, pa.string()),
            # Only nothing is null: "NA" is Namibia, "-" is somebody's mark.
            strings_can_be_null=True,
            null_values=[""],
        ),
    )


def _names(first: Sequence[str], dialect: Dialect) -> list[str]:
    if not dialect.header:
        return [f"column {position}" for position in range(1, len(first) + 1)]
    return [name.strip() for name in first]


def _warnings(text: TextStream, dialect: Dialect, table: _Table) -> list[dict[str, Any]]:
    names = [column.name for column in table.columns]
    found = []
    if table.rows == 0:
        found.append(warning("no_rows"))
    if not dialect.header:
        found.append(warning("no_header"))
    if repeated := [name for name, count in Counter(names).items() if count > 1 and name]:
        found.append(warning("duplicate_columns", names=some(repeated)))
    if blank := [str(position) for position, name in enumerate(names, 1) if not name]:
        found.append(warning("blank_columns", positions=some(blank)))
    if table.rows and (empty := [column.name for column in table.columns if column.type == "empty"]):
        found.append(warning("empty_columns", names=some(empty)))
    if not text.certain:
        found.append(warning("encoding_uncertain", encoding=text.encoding.value))
    return found
