"""Delivery as shared tables: a version's tables, cut to what was agreed, as sorted and encrypted Parquet files.

Agreements that cut alike share the files. A table and its files become known in one transaction, so that a job that
dies in the middle begins that table again and repeats none that is done.
"""

from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any, BinaryIO, cast

import duckdb
import pyarrow.parquet as pq
from django.db import transaction
from django.utils.translation import gettext as _

from kernel import audit
from kernel.actors import SYSTEM
from kernel.digests import Digests, canonical_json
from kernel.jobs import GiveUp, cancel, extend_lease
from kernel.models import Job
from listings.models import DataFile, DatasetVersion
from listings.storage import DecryptingReader, StoredFile, StoredPart, data_key_of
from listings.table_cut import columns_of_cut
from marketplace.delivery.table_engine import Engine, engine
from marketplace.delivery.table_loading import BATCH_ROWS, RAW, Column, Form, forms_of, load
from marketplace.delivery.table_writing import ABANDONED_JOB, Query, write_files
from marketplace.models import Delivery, SharedFile, SharedTable, TableChange

WAY = "TABLE"
FULL = "full_rows"
MOST_ROWS_COMPARED = 20_000_000  # of two versions together; larger ones are told as all removed and all added
KEEP_SECONDS = 10
DELTA_TYPES = {
    "BOOLEAN": "boolean",
    "TINYINT": "byte",
    "SMALLINT": "short",
    "INTEGER": "integer",
    "BIGINT": "long",
    "FLOAT": "float",
    "DOUBLE": "double",
    "VARCHAR": "string",
    "BLOB": "binary",
    "DATE": "date",
    # Moments without a zone too: the official client knows no other type for them.
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
}
TIMES = ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")
Kind = SharedFile.Kind


def prepare_tables(delivery: Delivery, job: Job) -> dict[str, Any]:
    """Make what tables of the delivery's version are missing, and let its entitlement reach them; return the receipt.

    Raises GiveUp where there is no table, or none that the agreed columns and rows fit.
    """
    tables = make_tables(delivery.entitlement.version, agreed_cut(delivery), job)
    delivery.entitlement.tables.add(*tables)
    return {"tables": [_as_delivered(table) for table in tables]}


def make_tables(version: DatasetVersion, cut: Mapping[str, Any], job: Job) -> list[SharedTable]:
    """Return the version's tables cut to these columns and rows, made where they are missing. Raises GiveUp."""
    tables = []
    for form in forms_of(DataFile.objects.filter(version=version).select_related("version").order_by("name")):
        table = _table_of(version, cut, form) or _make_table(version, cut, form, job)
        if table is not None:
            tables.append(table)
    if not tables:
        raise GiveUp(_("The version holds no table with the agreed columns."))
    return tables


def agreed_cut(delivery: Delivery) -> dict[str, Any]:
    """Return which columns and rows the agreement gives; {} for all."""
    cut: dict[str, Any] = delivery.order.agreement.body["terms"].get("table_cut", {})
    return cut


def stored_table_file(file: SharedFile) -> StoredFile:
    """Return all that is needed to read a table's file without the database; its table's version is loaded."""
    return StoredFile(file.id, data_key_of(file.table.version), (StoredPart(1, file.size, file.storage_name),))


def _as_delivered(table: SharedTable) -> dict[str, Any]:
    files = [
        {"id": str(file.id), "kind": file.kind, "size": file.size, "sha256": file.sha256, "sm3": file.sm3}
        for file in table.files.order_by("kind", "number")
    ]
    return {"id": str(table.id), "name": table.name, "rows": table.rows, "files": files}


def _cut_sha256(cut: Mapping[str, Any]) -> str:
    digests = Digests()
    digests.update(canonical_json(cut))
    return digests.sha256


def _table_of(version: DatasetVersion, cut: Mapping[str, Any], form: Form) -> SharedTable | None:
    return SharedTable.objects.filter(version=version, cut_sha256=_cut_sha256(cut), name=form.name).first()


def _make_table(version: DatasetVersion, cut: Mapping[str, Any], form: Form, job: Job) -> SharedTable | None:
    """Write a table's files; None where the agreed cut names columns that it has not."""
    with engine(keeping(job)) as database:
        columns = load(form, database)
        kinds = _show_full_rows(columns, database)
        query = _cut_query(cut, kinds)
        if query is None:
            return None
        table = SharedTable(
            version=version,
            cut_sha256=_cut_sha256(cut),
            name=form.name,
            columns=[{"name": name, "type": _delta_type(kinds[name])} for name in query.columns],
            partition_by=list(cut.get("partition_by", [])),
            rows=0,
        )
        table.rows = _count(query, database)
        files = write_files(table, Kind.ROWS, query, database)
        return _keep(table, files, *_changes(table, query, database))


def _show_full_rows(columns: Sequence[Column], database: Engine) -> dict[str, str]:
    shown = ", ".join(f"{column.expression} AS {quoted(column.name)}" for column in columns)
    database.run(f"CREATE OR REPLACE VIEW {FULL} AS SELECT {shown} FROM {RAW}")
    return {row[0]: str(row[1]) for row in database.run(f"DESCRIBE {FULL}")}


def _cut_query(cut: Mapping[str, Any], kinds: Mapping[str, str]) -> Query | None:
    """Return the query of the agreed columns and rows; values reach it as parameters, names quoted."""
    columns = [name for name in kinds if not cut.get("columns") or name in cut["columns"]]
    partition_by = cut.get("partition_by", [])
    if not columns_of_cut(cut) <= kinds.keys() or not set(columns) - set(partition_by):
        return None
    tests, values = ["TRUE"], []
    for row in cut.get("rows", []):
        name, kind = quoted(row["column"]), kinds[row["column"]]
        if "values" in row:
            tests.append(f"{name} IN ({', '.join([f'CAST(? AS {kind})'] * len(row['values']))})")
            values += row["values"]
        for limit, comparison in (("least", ">="), ("greatest", "<=")):
            if limit in row:
                tests.append(f"{name} {comparison} CAST(? AS {kind})")
                values.append(row[limit])
    times = [name for name in columns if kinds[name] in TIMES]
    return Query(
        columns=columns,
        partition_by=partition_by,
        sort_by=(times or columns)[0],
        source=f"SELECT {_list(columns)} FROM {FULL} WHERE {' AND '.join(tests)}",
        values=values,
    )


def _count(query: Query, database: Engine) -> int:
    try:
        [(rows,)] = database.run(f"SELECT count(*) FROM ({query.source})", query.values)
    except duckdb.ConversionException as error:
        raise GiveUp(_("A value of the agreed rows does not fit its column: %s") % str(error)[:300]) from error
    return int(rows)


def _changes(table: SharedTable, query: Query, database: Engine) -> tuple[SharedTable | None, list[SharedFile]]:
    """Compare with the same table of the version before, where there is one of the same form."""
    before = _table_before(table)
    if before is None or before.rows + table.rows > MOST_ROWS_COMPARED:
        return None, []
    shown = _list(query.columns)
    database.run(f"CREATE OR REPLACE TEMP TABLE after_rows AS {query.source}", query.values)
    database.run("CREATE OR REPLACE TEMP TABLE before_rows AS SELECT * FROM after_rows LIMIT 0")
    _load_shared(before, query, database)
    found = []
    for kind, one, other in ((Kind.ADDED, "after", "before"), (Kind.REMOVED, "before", "after")):
        source = f"SELECT {shown} FROM {one}_rows EXCEPT ALL SELECT {shown} FROM {other}_rows"
        difference = Query(query.columns, query.partition_by, query.sort_by, source, [])
        found += write_files(table, kind, difference, database, since=before)
    return before, found


def _table_before(table: SharedTable) -> SharedTable | None:
    return (
        SharedTable.objects.select_related("version")
        .filter(
            version__dataset=table.version.dataset_id,
            version__number__lt=table.version.number,
            cut_sha256=table.cut_sha256,
            name=table.name,
            columns=table.columns,
        )
        .order_by("-version__number")
        .first()
    )


def _load_shared(table: SharedTable, query: Query, database: Engine) -> None:
    kinds = {row[0]: str(row[1]) for row in database.run("DESCRIBE before_rows")}
    for file in table.files.filter(kind=Kind.ROWS).select_related("table__version"):
        shown = [
            f"CAST(? AS {kinds[name]}) AS {quoted(name)}" if name in file.partition else quoted(name)
            for name in query.columns
        ]
        values = [file.partition[name] or None for name in query.columns if name in file.partition]
        with DecryptingReader(stored_table_file(file)) as source, pq.ParquetFile(cast(BinaryIO, source)) as parquet:
            for batch in parquet.iter_batches(batch_size=BATCH_ROWS, use_threads=False):
                database.take(batch, f"INSERT INTO before_rows SELECT {', '.join(shown)} FROM batch", values)
                database.keep()


@transaction.atomic
def _keep(
    table: SharedTable, files: list[SharedFile], before: SharedTable | None, changes: list[SharedFile]
) -> SharedTable:
    """Make a table and its files known; where another delivery made the same table meanwhile, that one is kept."""
    kept, made = SharedTable.objects.get_or_create(
        version=table.version,
        cut_sha256=table.cut_sha256,
        name=table.name,
        defaults={
            "id": table.id,
            "columns": table.columns,
            "partition_by": table.partition_by,
            "rows": table.rows,
        },
    )
    if not made:
        return kept  # our objects go by their jobs
    SharedFile.objects.bulk_create([*files, *changes])
    if before is not None:
        TableChange.objects.create(table=table, since=before)
    for file in (*files, *changes):
        cancel(ABANDONED_JOB, file.storage_name)
    details = {"rows": table.rows, "files": [file.sha256 for file in files], "cut_sha256": table.cut_sha256}
    audit.record(
        "sharedtable.made",
        subject=table,
        actor=SYSTEM,
        details=details,
        organization_id=table.version.organization_id,
    )
    return table


def keeping(job: Job) -> Callable[[], None]:
    """Return what keeps the job's lease, however often it is called, at most every few seconds."""
    last = monotonic()

    def keep() -> None:
        nonlocal last
        if monotonic() - last >= KEEP_SECONDS:
            extend_lease(job)
            last = monotonic()

    return keep


def _delta_type(kind: str) -> str:
    return DELTA_TYPES.get(kind) or kind.lower()  # DECIMAL(p,s)


def _list(names: Sequence[str]) -> str:
    return ", ".join(map(quoted, names))


def quoted(name: str) -> str:
    """Return a name as SQL takes it, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'
