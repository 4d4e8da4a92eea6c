"""State machines as tables. `advance` and `advance_many` are the only places in the house that assign a `.state`.

A model declares its machine beside its fields:

    class State(models.TextChoices): …
    MOVES = {State.DRAFT: {State.SUBMITTED}, …}      # states that are not keys are final
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, ClassVar, cast

from django.db import connection, models, transaction
from django.utils.translation import gettext as _

from kernel import audit
from kernel.actors import Actor
from kernel.audit import Occurrence
from kernel.problems import Problem


class Stateful(models.Model):
    """A row with a state; subclasses declare `State` choices, the `state` field and `MOVES`."""

    MOVES: ClassVar[Mapping[str, AbstractSet[str]]] = {}
    OTHER_STARTS: ClassVar[AbstractSet[str]] = frozenset()  # in which a row may be made besides the field's default
    state: Any

    class Meta:
        abstract = True


def advance(
    obj: Stateful,
    *,
    to: str,
    actor: Actor,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
    **changes: Any,
) -> None:
    """Move `obj` to state `to`, saving `changes` in the same update, and record one audit event.

    The row is locked by the move, so of two simultaneous moves the second sees the first one's state.
    Raises Problem `illegal_state` when the table has no such move. Must run inside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("advance() must run inside a transaction")
    values = {"state": to, **changes}

    def move(came_from: str) -> bool:
        said = {"from": came_from, "to": str(to), **(details or {})}
        occurrence = Occurrence(_action(obj, to), obj, said)
        return _move(obj, came_from, values, audit.act_as_json([occurrence], actor=actor, reason=reason))

    # Nearly always the row still is as it was read: then one statement is check, lock, change and record.
    came_from = str(obj.state)
    if not (_allows(obj, came_from, to) and move(came_from)):
        row: Any = type(obj)._base_manager.filter(pk=obj.pk)  # the column is declared by the concrete model
        came_from = row.select_for_update(of=("self",)).values_list("state", flat=True).get()
        if not _allows(obj, came_from, to):
            raise illegal_move(obj, to, came_from)
        move(came_from)
    for field, value in values.items():
        setattr(obj, field, value)


def advance_many(
    rows: Sequence[Stateful],
    *,
    to: str,
    actor: Actor,
    reason: str = "",
    details: Sequence[Mapping[str, Any]] = (),
    changes: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Move rows of one model that are in one state to state `to`, with one statement and an audit event each.

    `details` and `changes` have one element per row, if any. Raises Problem `illegal_state` when the table has no such
    move, or when a row has moved since it was read; then none is moved. Must run inside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("advance_many() must run inside a transaction")
    if not rows:
        return
    first, came_from = rows[0], str(rows[0].state)
    if any(row.state != came_from for row in rows) or not _allows(first, came_from, to):
        raise illegal_move(first, to, came_from)
    fields = _fields(first, changes[0] if changes else ())
    columns = [(str(field.column), field.db_type(connection)) for field in fields]
    values = [
        {"id": row.pk} | {str(field.column): change[field.name] for field in fields}
        for row, change in zip(rows, changes or ({},) * len(rows), strict=True)
    ]
    said = [{"from": came_from, "to": str(to), **each} for each in details or ({},) * len(rows)]
    occurrences = [Occurrence(_action(row, to), row, each) for row, each in zip(rows, said, strict=True)]
    statement = f"""
        WITH moved AS (
            UPDATE "{first._meta.db_table}" AS old
               SET state = %s{"".join(f', "{column}" = new."{column}"' for column, _type in columns)}
              FROM jsonb_to_recordset(%s) AS new (id uuid{"".join(f', "{column}" {kind}' for column, kind in columns)})
             WHERE old.id = new.id AND old.state = %s
            RETURNING old.id)
        SELECT count(*) FROM moved"""  # noqa: S608 - names of our own tables and columns
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [to, json.dumps(values, default=str), came_from])
        if cursor.fetchone()[0] < len(rows):
            now: Any = type(first)._base_manager.filter(pk__in=[row.pk for row in rows])
            raise illegal_move(first, to, now.exclude(state=came_from).values_list("state", flat=True)[0])
        audit.record_many(occurrences, actor=actor, reason=reason)
    for row, change in zip(rows, changes or ({},) * len(rows), strict=True):
        for name, value in {"state": to, **change}.items():
            setattr(row, name, value)


def _action(obj: Stateful, to: str) -> str:
    return f"{obj._meta.model_name}.{to.lower()}"


def _move(obj: Stateful, came_from: str, values: Mapping[str, Any], act: str) -> bool:
    """Change the row if it is in the state `came_from`, and record the act; return whether it was."""
    fields = _fields(obj, values)
    columns = ", ".join(f'"{field.column}" = %s' for field in fields)
    prepared = [field.get_db_prep_save(value, connection) for field, value in zip(fields, values.values(), strict=True)]
    statement = f"""
        WITH moved AS (UPDATE "{obj._meta.db_table}" SET {columns} WHERE id = %s AND state = %s RETURNING id)
        SELECT kernel_record_events(%s) FROM moved"""  # noqa: S608 - names of our own tables and columns
    with connection.cursor() as cursor:
        cursor.execute(statement, [*prepared, obj.pk, came_from, act])
        return bool(cursor.rowcount)


def _fields(obj: Stateful, names: Iterable[str]) -> "list[models.Field[Any, Any]]":
    return [cast("models.Field[Any, Any]", obj._meta.get_field(name)) for name in names]


def _allows(obj: Stateful, came_from: str, to: str) -> bool:
    return to in obj.MOVES.get(came_from, frozenset())


def illegal_move(obj: Stateful, to: str, came_from: str = "") -> Problem:
    """Return the problem that a row in the state `came_from`, or the one it was read in, cannot become `to`."""
    state = came_from or str(obj.state)
    words = {"noun": obj._meta.verbose_name, "state": state, "target": to}
    return Problem("illegal_state", _("%(noun)s is %(state)s and cannot become %(target)s.") % words, state=state)


def mermaid(model: type[Stateful]) -> str:
    """Draw the model's table as a Mermaid state diagram; the documentation's pictures are made by this."""
    lines = ["stateDiagram-v2"]
    targets = {target for moves in model.MOVES.values() for target in moves}
    lines += [f"    [*] --> {state}" for state in model.MOVES if state not in targets]
    lines += [f"    {state} --> {target}" for state, moves in model.MOVES.items() for target in sorted(moves)]
    lines += [f"    {state} --> [*]" for state in sorted(targets - model.MOVES.keys())]
    return "\n".join(lines)
