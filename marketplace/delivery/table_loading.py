"""Loading the tables of a version's files into DuckDB, batch by batch, and telling the type of every column.

Files of one form (the same columns, or the same Parquet schema) are one table. Texts are read by the same code that
examined them (listings/profiling), and get the type that the examination found, unless a value does not fit it.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import types

from listings.models import DataFile
from listings.profiling.reading import profile_file
from listings.storage import iter_range, open_file
from listings.table_cut import TABULAR, unique_names
from marketplace.delivery.table_engine import Engine

BATCH_ROWS = 65_536
MOST_DIGITS = 38
RAW = "raw"
# How text of a type is read; a value that does not fit makes the column text.
READ = {
    "boolean": "TRY_CAST({0} AS BOOLEAN)",
    "integer": "TRY_CAST({0} AS BIGINT)",
    "double": "TRY_CAST({0} AS DOUBLE)",
    "date": "CAST(COALESCE(TRY_CAST({0} AS TIMESTAMP), TRY_STRPTIME({0}, ['%Y/%m/%d', '%Y年%m月%d日'])) AS DATE)",
    "timestamp": "COALESCE(TRY_CAST({0} AS TIMESTAMP), TRY_STRPTIME({0}, ['%Y/%m/%d %H:%M', '%Y/%m/%d %H:%M:%S']))",
    "zoned": "TRY_CAST({0} AS TIMESTAMPTZ)",
}
HAS_ZONE = r"(?:[Zz]|[+-]\d{2}:?\d{2})$"
PLAIN_DECIMAL = r"[+-]?\d+(?:\.\d+)?"
# What Parquet holds that a reader of Delta tables does not know; nested values become JSON.
KNOWN = re.compile(
    r"BOOLEAN|TINYINT|SMALLINT|INTEGER|BIGINT|FLOAT|DOUBLE|VARCHAR|BLOB|DATE|TIMESTAMP|TIMESTAMP WITH TIME ZONE"
    r"|DECIMAL\(\d+,\d+\)"
)
RECAST = {
    "UTINYINT": "SMALLINT",
    "USMALLINT": "INTEGER",
    "UINTEGER": "BIGINT",
    "UBIGINT": "DECIMAL(20,0)",
    "TIMESTAMP_S": "TIMESTAMP",
    "TIMESTAMP_MS": "TIMESTAMP",
    "TIMESTAMP_NS": "TIMESTAMP",
}
NEAREST: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.DataType], pa.DataType]], ...] = (
    (types.is_dictionary, lambda kind: cast("pa.DictionaryType[Any, Any]", kind).value_type),
    (types.is_float16, lambda _kind: pa.float32()),
    (types.is_decimal256, lambda _kind: pa.string()),
)
NESTED = re.compile(r"STRUCT|MAP|.*\[\d*\]$")


@dataclass(frozen=True)
class Column:
    """A column as it is delivered: its name, and the expression that reads it from the loaded rows."""

    name: str
    expression: str


@dataclass(frozen=True)
class Form:
    """Files that make one table, and the names of its columns."""

    name: str
    files: tuple[DataFile, ...]
    columns: tuple[str, ...]
    is_parquet: bool


def forms_of(files: Iterable[DataFile]) -> list[Form]:
    """Return the tables that ready files hold, by name; what is no table is left out."""
    groups: dict[tuple[Any, ...], list[DataFile]] = {}
    for file in files:
        if file.format in TABULAR and file.profile is not None:
            is_parquet = file.format == "PARQUET"
            names = tuple(column["name"] for column in file.profile["columns"])
            groups.setdefault((names, is_parquet, _schema_of(file) if is_parquet else None), []).append(file)
    taken: set[str] = set()
    found = []
    for (names, is_parquet, _schema), members in groups.items():
        name = "data" if len(groups) == 1 else _table_name(members[0].name, taken)
        taken.add(name)
        found.append(Form(name, tuple(members), unique_names(names), is_parquet))
    return found


def load(form: Form, database: Engine) -> list[Column]:
    """Load all rows of a form's files as the table RAW, and return the columns to read from it."""
    load_rows = _load_parquet if form.is_parquet else _load_texts
    database.run(f"DROP TABLE IF EXISTS {RAW}")
    if not form.is_parquet:
        fields = ", ".join(f"c{number} VARCHAR" for number in range(len(form.columns)))
        database.run(f"CREATE TABLE {RAW} ({fields})")
    for file in form.files:
        load_rows(file, database)
    if form.is_parquet:
        return _typed_columns(form, database)
    return _read_columns(form, database)


class _Inserter:
    """An observer of a file's rows (listings/profiling/observing.py) that writes them down."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    def see(self, rows: pa.Table) -> None:
        self._database.take(rows, f"INSERT INTO {RAW} BY NAME SELECT * FROM batch")
        self._database.keep()


def _load_texts(file: DataFile, database: Engine) -> None:
    size = file.size or 0
    profile_file(
        file.format,
        chunks=iter_range(file, 0, size),
        open_seekable=lambda: cast(BinaryIO, open_file(file)),
        size=size,
        declared_encoding=file.declared_encoding,
        observers=[_Inserter(database)],
    )


def _load_parquet(file: DataFile, database: Engine) -> None:
    with open_file(file) as source, pq.ParquetFile(cast(BinaryIO, source), pre_buffer=False) as parquet:
        names = [f"c{number}" for number in range(len(parquet.schema_arrow))]
        none = _plain(parquet.schema_arrow.empty_table().rename_columns(names))
        database.take(none, f"CREATE TABLE IF NOT EXISTS {RAW} AS SELECT * FROM batch")
        for batch in parquet.iter_batches(batch_size=BATCH_ROWS, use_threads=False):
            rows = _plain(pa.Table.from_batches([batch]).rename_columns(names))
            database.take(rows, f"INSERT INTO {RAW} SELECT * FROM batch")
            database.keep()


def _schema_of(file: DataFile) -> str:
    """Return the types of a Parquet file's columns; values of two precisions are not mixed in one table."""
    with open_file(file) as source:
        return str(pq.read_schema(cast(BinaryIO, source)).remove_metadata().types)


def _plain(rows: pa.Table) -> pa.Table:
    """Return rows with what DuckDB has no type for as what comes nearest."""
    for number, field in enumerate(rows.schema):
        for holds, nearest in NEAREST:
            if holds(field.type):
                values = rows.column(number).cast(nearest(field.type))
                rows = rows.set_column(number, field.name, values)
    return rows


def _typed_columns(form: Form, database: Engine) -> list[Column]:
    kinds = [str(row[1]) for row in database.run(f"DESCRIBE {RAW}")]
    return [Column(name, _recast(f"c{number}", kinds[number])) for number, name in enumerate(form.columns)]


def _recast(column: str, kind: str) -> str:
    if KNOWN.fullmatch(kind):
        return column
    if NESTED.match(kind):
        return f"CAST(to_json({column}) AS VARCHAR)"
    return f"CAST({column} AS {RECAST.get(kind, 'VARCHAR')})"


def _read_columns(form: Form, database: Engine) -> list[Column]:
    readings = []
    for number, name in enumerate(form.columns):
        found = {file.profile["columns"][number]["type"] for file in form.files if file.profile}
        reading = _reading(f"c{number}", found - {"empty"}, form.files, database)
        readings.append(Column(name, reading.format(f"c{number}")))
    return readings


def _reading(column: str, found: set[str], files: Sequence[DataFile], database: Engine) -> str:
    """Return the expression that reads a column of text by the types that its files' examinations found."""
    if found == {"boolean"}:
        tried = ["boolean"]
    elif found == {"integer"}:
        tried = ["integer"]
    elif found and found <= {"integer", "decimal"}:
        exact = all(file.format == "CSV" for file in files) and _exact_decimal(column, database)
        if exact:
            return f"CAST({{0}} AS {exact})"
        tried = ["double"]
    elif found == {"date"}:
        tried = ["date"]
    elif found and found <= {"date", "timestamp"}:
        tried = ["zoned"] if _all_match(column, HAS_ZONE, database) else ["timestamp"]
    else:
        tried = []
    return next((READ[name] for name in tried if _fits(column, READ[name], database)), "{0}")


def _exact_decimal(column: str, database: Engine) -> str:
    """Return the decimal type that holds every value as it is written, "" where there is none."""
    if not _all_match(column, f"^{PLAIN_DECIMAL}$", database):
        return ""
    [(whole, places)] = database.run(
        f"SELECT max(length(regexp_extract({column}, '^[+-]?(\\d+)', 1))),"
        f" max(length(regexp_extract({column}, '\\.(\\d+)$', 1))) FROM {RAW}"
    )
    return f"DECIMAL({whole + places},{places})" if 0 < (whole or 0) + (places or 0) <= MOST_DIGITS else ""


def _all_match(column: str, pattern: str, database: Engine) -> bool:
    query = f"SELECT bool_and(regexp_matches({column}, ?)) FROM {RAW}"
    [(holds,)] = database.run(query, [pattern])
    return bool(holds)


def _fits(column: str, reading: str, database: Engine) -> bool:
    query = f"SELECT count(*) FROM {RAW} WHERE {column} IS NOT NULL AND ({reading.format(column)}) IS NULL"
    return database.run(query) == [(0,)]


def _table_name(file_name: str, taken: set[str]) -> str:
    """Return a plain ASCII name for a table, after its first file; a title in Chinese stands in its description."""
    stem = unicodedata.normalize("NFKD", file_name.rsplit(".", 1)[0]).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9_-]+", "_", stem).strip("_-")[:60] or "table"
    name, again = base, 2
    while name in taken:
        name, again = f"{base}_{again}", again + 1
    return name
