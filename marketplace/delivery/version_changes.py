"""What a new version changes for its subscribers: rows added, removed and changed, and the columns.

Computed once for two versions, by DuckDB in bounded memory, and kept. Rows are told apart by a key where there is one:
the provider's Table Schema names it, or a column has no gaps and no value twice in either version. Without one they are
compared whole, as often as each occurs, and a changed row is one removed and one added.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db import transaction

from kernel import audit
from kernel.actors import SYSTEM
from kernel.models import Job
from listings.models import DatasetVersion
from listings.releases import compared
from marketplace.delivery.table_engine import Engine, engine
from marketplace.delivery.table_loading import RAW, Form, forms_of, load
from marketplace.delivery.tables import keeping
from marketplace.models import NewVersion

SUMMARISE_JOB = "newversion.summarise"


def summarise(*, new_id: UUID, job: Job) -> dict[str, Any]:
    """Return what a version changes, computed and kept if it has not been; safe to run again.

    {} where the agreement gives some columns or rows only: what changed in the others is not the buyer's to know.
    """
    related = ("since", "version", "subscription__agreement")
    new = NewVersion.objects.select_related(*related).get(pk=new_id)
    if new.changes is not None:
        return dict(new.changes)
    if new.subscription.agreement.body["terms"].get("table_cut"):
        changes: dict[str, Any] = {}
    else:
        same = NewVersion.objects.filter(version=new.version_id, since=new.since_id, changes__schema__isnull=False)
        changes = same.values_list("changes", flat=True).first() or _computed(new.since, new.version, job)
    with transaction.atomic():
        NewVersion.objects.filter(pk=new.pk).update(changes=changes)
        audit.record("newversion.summarised", subject=new, actor=SYSTEM, details={"tables": changes.get("tables", [])})
    return changes


def _computed(since: DatasetVersion, version: DatasetVersion, job: Job) -> dict[str, Any]:
    before, after = ({form.name: form for form in forms_of(each.files.order_by("name"))} for each in (since, version))
    if len(before) == len(after) == 1:  # one table is the same one whatever its file is called
        before = dict(zip(after, before.values(), strict=True))
    with engine(keeping(job)) as database:
        tables = [_table(name, before.get(name), after.get(name), database) for name in sorted({*before, *after})]
    return {"tables": tables, "schema": [asdict(change) for change in compared(since, version)]}


def _table(name: str, before: Form | None, after: Form | None, database: Engine) -> dict[str, Any]:
    rows = {"before": _loaded(before, "earlier", database), "after": _loaded(after, "later", database)}
    said: dict[str, Any] = {"name": name, "rows": rows}
    if before is None or after is None:
        return {**said, "added": rows["after"], "removed": rows["before"], "changed": 0, "key": []}
    shared = [column for column in after.columns if column in before.columns]
    key = next((each for each in _keys(before, after) if _is_key(each, before, after, database)), ())
    counts = _by_key(key, shared, before, after, database) if key else _by_row(shared, before, after, database)
    return {**said, **dict(zip(("added", "removed", "changed"), counts, strict=True)), "key": list(key)}


def _loaded(form: Form | None, table: str, database: Engine) -> int:
    """Load a form's rows as `table`, and return how many there are."""
    database.run(f"DROP TABLE IF EXISTS {table}")
    if form is None:
        return 0
    load(form, database)
    database.run(f"ALTER TABLE {RAW} RENAME TO {table}")
    return int(database.run(f"SELECT count(*) FROM {table}")[0][0])


def _keys(before: Form, after: Form) -> list[tuple[str, ...]]:
    """Return what may be a key, the best first: as declared, then columns in which no value seemed to come twice."""
    declared = []
    for file in after.files:
        named = (file.table_schema or {}).get("primaryKey") or []
        declared.append((named,) if isinstance(named, str) else tuple(named))
    profile = after.files[0].profile or {}
    found = [
        (column["name"],)
        for column in profile["columns"]
        if not column.get("nulls") and (column.get("distinct") or 0) >= profile["rows"]
    ]
    shared = {*before.columns} & {*after.columns}
    return [key for key in (*declared, *found) if key and shared.issuperset(key)]


def _is_key(key: Sequence[str], before: Form, after: Form, database: Engine) -> bool:
    for table, form in (("earlier", before), ("later", after)):
        columns = [_column(form, name) for name in key]
        whole = " AND ".join(f"{column} IS NOT NULL" for column in columns)
        query = f"SELECT count(*) FILTER ({whole}), count(*) FROM {table}"
        [(complete, rows)] = database.run(query)
        [(different,)] = database.run(f"SELECT count(*) FROM (SELECT DISTINCT {', '.join(columns)} FROM {table})")
        if not complete == rows == different:
            return False
    return True


def _by_key(
    key: Sequence[str], shared: Sequence[str], before: Form, after: Form, database: Engine
) -> tuple[int, int, int]:
    same = " AND ".join(f"{_as_text('a', after, name)} = {_as_text('b', before, name)}" for name in key)
    others = [name for name in shared if name not in key]
    differ = " OR ".join(
        f"{_as_text('a', after, name)} IS DISTINCT FROM {_as_text('b', before, name)}" for name in others
    )
    counted = (
        f"SELECT count(*) FROM later a ANTI JOIN earlier b ON {same}",
        f"SELECT count(*) FROM earlier b ANTI JOIN later a ON {same}",
        f"SELECT count(*) FROM later a JOIN earlier b ON {same} WHERE {differ or 'false'}",
    )
    added, removed, changed = (int(database.run(query)[0][0]) for query in counted)
    return added, removed, changed


def _by_row(shared: Sequence[str], before: Form, after: Form, database: Engine) -> tuple[int, int, int]:
    if not shared:
        rows = [int(database.run(f"SELECT count(*) FROM {table}")[0][0]) for table in ("later", "earlier")]
        return rows[0], rows[1], 0
    new = f"SELECT {', '.join(_as_text('a', after, name) for name in shared)} FROM later a"
    old = f"SELECT {', '.join(_as_text('b', before, name) for name in shared)} FROM earlier b"
    counted = [f"SELECT count(*) FROM ({one} EXCEPT ALL {other})" for one, other in ((new, old), (old, new))]
    added, removed = (int(database.run(query)[0][0]) for query in counted)
    return added, removed, 0


def _column(form: Form, name: str) -> str:
    return f"c{form.columns.index(name)}"


def _as_text(table: str, form: Form, name: str) -> str:
    """A column's type may have changed between the versions; its values are compared as they are written."""
    return f"CAST({table}.{_column(form, name)} AS VARCHAR)"
