"""Writing a query's rows as Parquet files: sorted, with statistics, and encrypted where they are stored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.utils import timezone

from kernel.digests import Digests
from kernel.identifiers import uuid7
from kernel.jobs import enqueue
from listings.encryption import CHUNK_BYTES, ObjectCipher, part_identity
from listings.storage import SealedContent, data_key_of, data_storage
from marketplace.delivery.table_engine import Engine
from marketplace.models import SharedFile, SharedTable

ROW_GROUP_ROWS = 131_072
FILE_ROWS = 4_000_000
LONGEST_STATISTIC = 64  # characters
ABANDONED_JOB = "sharedfile.abandoned"
ABANDONED_AFTER = timedelta(hours=24)


@dataclass(frozen=True)
class Query:
    """Rows to write: the columns in order, those that divide the files, what they are sorted by, and their source."""

    columns: Sequence[str]
    partition_by: Sequence[str]
    sort_by: str
    source: str
    values: Sequence[str]

    @property
    def sql(self) -> str:
        order = dict.fromkeys([*self.partition_by, self.sort_by])
        names = ", ".join('"' + name.replace('"', '""') + '"' for name in order)
        return f"SELECT * FROM ({self.source}) ORDER BY {names}"


@dataclass
class _File:
    """A Parquet file that is being written to a private place on this machine."""

    path: Path
    partition: dict[str, str]
    writer: pq.ParquetWriter
    rows: int = 0


@dataclass
class _Writing:
    """What is written so far of one table, and the file that is open."""

    table: SharedTable
    kind: str
    since: SharedTable | None
    query: Query
    folder: Path
    done: list[SharedFile] = field(default_factory=list)
    open: _File | None = None

    def take(self, batch: pa.RecordBatch) -> None:
        for partition, rows in _parts(batch, self.query.partition_by):
            if self.open and (self.open.partition != partition or self.open.rows >= FILE_ROWS):
                self.finish()
            if self.open is None:
                path = self.folder / f"{len(self.done)}.parquet"
                writer = pq.ParquetWriter(path, rows.schema, compression="zstd", write_statistics=True)
                self.open = _File(path, partition, writer)
            self.open.writer.write_table(rows, row_group_size=ROW_GROUP_ROWS)
            self.open.rows += rows.num_rows

    def finish(self) -> None:
        if self.open is not None:
            self.open.writer.close()
            self.done.append(_store(self, self.open))
            self.open.path.unlink()
            self.open = None


def write_files(
    table: SharedTable,
    kind: str,
    query: Query,
    database: Engine,
    *,
    since: SharedTable | None = None,
) -> list[SharedFile]:
    """Write the query's rows and return their files, stored but not yet known to the database.

    Whatever the crash, an object that no row comes to name is deleted by a job a day later.
    """
    writing = _Writing(table, kind, since, query, database.folder)
    for batch in database.batches(query.sql, query.values, rows=ROW_GROUP_ROWS):
        if batch.num_rows:
            writing.take(batch)
            database.keep()
    writing.finish()
    return writing.done


def discard_abandoned(name: str) -> None:
    """Delete a stored object that no table came to name."""
    if not SharedFile.objects.filter(storage_name=name).exists():
        data_storage().delete(name)


def _parts(batch: pa.RecordBatch, partition_by: Sequence[str]) -> Iterator[tuple[dict[str, str], pa.Table]]:
    """Yield the runs of rows with the same values of the dividing columns, without those columns."""
    rows = pa.Table.from_batches([batch])
    if not partition_by:
        yield {}, rows
        return
    keys = list(zip(*(map(_partition_text, batch.column(name).to_pylist()) for name in partition_by), strict=True))
    kept = rows.drop_columns(list(partition_by))
    start = 0
    for key, run in groupby(keys):
        length = sum(1 for _row in run)
        yield dict(zip(partition_by, key, strict=True)), kept.slice(start, length)
        start += length


def _partition_text(value: Any) -> str:
    """Return a partition's value as the protocol writes it; "" for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return _moment(value).replace("T", " ")
    return value.isoformat() if isinstance(value, date) else str(value)


def _store(writing: _Writing, file: _File) -> SharedFile:
    table = writing.table
    row = SharedFile(
        table=table,
        kind=writing.kind,
        since=writing.since,
        number=len(writing.done) + 1,
        partition=file.partition,
        rows=file.rows,
        size=file.path.stat().st_size,
        stats=_statistics(pq.read_metadata(file.path)),
    )
    row.storage_name = f"{row.id.hex[-2:]}/{row.id.hex}/{uuid7().hex}"
    due = timezone.now() + ABANDONED_AFTER
    enqueue(ABANDONED_JOB, key=row.storage_name, due_at=due, organization_id=table.version.organization_id)
    digests = Digests()
    cipher = ObjectCipher(data_key_of(table.version), identity=part_identity(row.id, 1))
    data_storage().save(row.storage_name, SealedContent(cipher.seal_all(_chunks(file.path, digests))))
    row.sha256, row.sm3 = digests.sha256, digests.sm3
    return row


def _chunks(path: Path, digests: Digests) -> Iterator[bytes]:
    with path.open("rb") as source:
        while chunk := source.read(CHUNK_BYTES):
            digests.update(chunk)
            yield chunk


def _statistics(metadata: pq.FileMetaData) -> dict[str, Any]:
    """Return numRecords, minValues, maxValues and nullCount of a file, as Delta tables have them.

    A column has no limits where they are long, or decimals, which JSON cannot hold exactly.
    """
    lows: dict[str, Any] = {}
    highs: dict[str, Any] = {}
    nulls: dict[str, int] = {}
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    for position in range(metadata.num_columns):
        name = metadata.schema.column(position).name
        found: list[Any] = [group.column(position).statistics for group in groups]
        if any(each is None or not each.has_null_count for each in found):
            continue
        nulls[name] = sum(each.null_count for each in found)
        filled = [each for each, group in zip(found, groups, strict=True) if each.null_count < group.num_rows]
        limits = [(_plain(each.min), _plain(each.max)) for each in filled if each.has_min_max]
        if filled and len(limits) == len(filled) and None not in {limit for pair in limits for limit in pair}:
            lows[name], highs[name] = min(low for low, _high in limits), max(high for _low, high in limits)
    return {"numRecords": metadata.num_rows, "minValues": lows, "maxValues": highs, "nullCount": nulls}


def _plain(value: Any) -> Any:
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return value if len(value) <= LONGEST_STATISTIC and value.isprintable() else None
    if isinstance(value, datetime):
        return _moment(value)
    return value.isoformat() if isinstance(value, date) else None


def _moment(value: datetime) -> str:
    """Return a moment with all its places, so that moments are ordered as their texts are; UTC where it has a zone."""
    if value.tzinfo is None:
        return value.strftime("%Y-%m-%dT%H:%M:%S.%f")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
