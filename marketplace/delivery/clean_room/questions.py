"""Reading a question: SQL is parsed, checked against a short list of what may stand in it, and built anew.

    SELECT district, count(*), avg(amount) FROM data WHERE year >= 2024 GROUP BY district ORDER BY 2 DESC LIMIT 10

One table, and the buyer's own joined to it by the match column (joining.py); columns of the rules; the aggregates
count, count(DISTINCT), sum and avg. What is not named here is refused, and what runs is written by `statement` from
what was understood, never the buyer's text. Sorting and cutting happen after the noise (noise.py), since the true order
would tell what the noise hides.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NoReturn

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from sqlglot import exp, parse
from sqlglot.errors import SqlglotError

from kernel.problems import FieldError, Problem, Text
from listings.room_rules import LONGEST_SQL, ParameterKind
from marketplace.delivery.clean_room.rules import MATCH_KEY, MINE, Column, Rules

# It would write what it cannot read into the log.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

MOST_ITEMS = 50
MOST_NODES = 2_000
DEEPEST = 60
WHOLE = frozenset({"byte", "short", "integer", "long"})


class Kind(StrEnum):
    """What a measure is; `ROWS` counts rows, `VALUES` those with a value."""

    ROWS = "ROWS"
    VALUES = "VALUES"
    DISTINCT = "DISTINCT"
    SUM = "SUM"
    MEAN = "MEAN"


@dataclass(frozen=True)
class Measure:
    kind: Kind
    column: Column | None = None


@dataclass(frozen=True)
class Item:
    """One column of the answer: a dimension (an expression in DuckDB's SQL) or a measure."""

    name: str
    dimension: str = ""
    measure: Measure | None = None


@dataclass(frozen=True)
class Question:
    """What was understood; `order` names items by position, with whether the greatest come first."""

    table: str
    items: tuple[Item, ...]
    condition: str
    order: tuple[tuple[int, bool], ...]
    limit: int | None
    joins: bool = False


def read_question(sql: str, rules: Rules, parameters: Mapping[str, exp.Expression] | None = None) -> Question:
    """Understand a question.

    Raises Problem `query_not_allowed` with the reason: too long, not parseable, not a single SELECT, or with something
    in it that the room does not give.
    """
    if len(sql) > LONGEST_SQL:
        refuse("too_long", _("A query has at most %d characters.") % LONGEST_SQL)
    try:
        statements = parse(sql, dialect="duckdb")
        if len(statements) != 1 or not isinstance(statements[0], exp.Select):
            refuse("not_a_select", _("Ask one SELECT."))
        select = statements[0]
        if sum(1 for _node in select.walk()) > MOST_NODES:
            refuse("too_long", _("The query has too many parts."))
        return _Reader(rules, parameters or {}).read(select)
    except (SqlglotError, RecursionError):
        refuse("not_sql", _("The query cannot be read as SQL."))


def statement(question: Question, rules: Rules, most_groups: int) -> str:
    """Write the statement that the sandbox runs: dimensions, size of the group, then one figure per aggregate."""
    dimensions = [item.dimension for item in question.items if item.measure is None]
    types = {**rules.tables[question.table], **rules.joined}
    figures = [figure for item in question.items if item.measure for figure in figures_of(item.measure, types)]
    person = quoted(rules.person_column)
    size = f"count(DISTINCT {person})" if rules.person_column else "count(*)"
    chosen = [*(f"{each} AS d{number}" for number, each in enumerate(dimensions)), f"{size} AS size"]
    chosen += [f"{each} AS f{number}" for number, each in enumerate(figures)]
    source = persons_of(question.table, rules)
    if question.joins:
        match = f"CAST(theirs.{quoted(rules.match_column)} AS VARCHAR) = {MINE}.{MATCH_KEY}"
        source = f"{source} AS theirs JOIN {MINE} ON {match}"
    where = f" WHERE {question.condition}" if question.condition else ""
    group = f" GROUP BY {', '.join(str(number + 1) for number in range(len(dimensions)))}" if dimensions else ""
    kept = f" HAVING {size} >= {rules.min_group} LIMIT {most_groups + 1}"
    return f"SELECT {', '.join(chosen)} FROM {source}{where}{group}{kept}"  # noqa: S608 - built from the list above


def persons_of(table: str, rules: Rules) -> str:
    """Return what stands after FROM: the table, of which a person adds no more rows than the rules say.

    So the noise can hide everything of one person.
    """
    if not rules.person_column:
        return quoted(table)
    person = quoted(rules.person_column)
    rank = f"row_number() OVER (PARTITION BY {person}) <= {rules.rows_per_person}"
    return f"(SELECT * FROM {quoted(table)} WHERE {person} IS NOT NULL QUALIFY {rank})"  # noqa: S608 - names of ours and of the rules


def read_parameters(template: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, exp.Expression]:
    """Return the values of a template's parameters as literals. Raises Problem `invalid` with pointers."""
    declared = {parameter["name"]: ParameterKind(parameter["kind"]) for parameter in template.get("parameters", [])}
    errors = [
        FieldError(f"/parameters/{name}", "unknown_field", _("There is no such field."))
        for name in given.keys() - declared.keys()
    ]
    found = {}
    for name, kind in declared.items():
        value = _LITERALS[kind](given.get(name))
        if value is None:
            message = _("Give a value of this kind: %s.") % kind.label
            errors.append(FieldError(f"/parameters/{name}", "invalid", message))
        else:
            found[name] = value
    if errors:
        raise Problem("invalid", errors=errors)
    return found


def kind_of(column_type: str) -> str:
    """Return which kind of values a column of this type of SharedTable has: text, number, time, truth or other."""
    return _TYPES.get(column_type.partition("(")[0], "other")


def refuse(code: str, detail: Text) -> NoReturn:
    """Refuse the query with the reason at its text."""
    raise Problem("query_not_allowed", detail, errors=[FieldError("/sql", code, detail)])


class _Reader:
    """Reads one SELECT under the rules of a room."""

    def __init__(self, rules: Rules, parameters: Mapping[str, exp.Expression]) -> None:
        self.rules = rules
        self.parameters = parameters
        self.table = ""
        self.alias = ""
        self.joins = False

    def read(self, select: exp.Select) -> Question:
        given = {name for name, value in select.args.items() if value}
        if others := given - {"expressions", "from_", "joins", "where", "group", "order", "limit"}:
            refuse("clause", _("The room does not take this part of a query: %s.") % sorted(others)[0].rstrip("_"))
        self._read_table(select)
        self._read_join(select)
        if len(select.expressions) > MOST_ITEMS:
            refuse("too_long", _("The query has too many parts."))
        items = tuple(self._item(each, number) for number, each in enumerate(select.expressions))
        if not any(item.measure for item in items):
            refuse("no_aggregate", _("Ask for at least one of count, sum and avg."))
        self._check_group(select, items)
        where = select.args.get("where")
        condition = self._condition(where.this) if where else ""
        return Question(self.table, items, condition, self._order(select, items), self._limit(select), self.joins)

    def _read_table(self, select: exp.Select) -> None:
        source = select.args.get("from_")
        table = source.this if source else None
        if not isinstance(table, exp.Table) or {k for k, v in table.args.items() if v} - {"this", "alias"}:
            refuse("table", _("Ask about one of the room's tables by its name."))
        named = {name.casefold(): name for name in self.rules.tables}
        if not isinstance(table.this, exp.Identifier) or table.name.casefold() not in named:
            refuse("table", _("Ask about one of the room's tables by its name."))
        self.table, self.alias = named[table.name.casefold()], table.alias.casefold()

    def _read_join(self, select: exp.Select) -> None:
        joins = select.args.get("joins") or []
        if not joins:
            return
        given = {name for name, value in joins[0].args.items() if value}
        table, using = joins[0].this, joins[0].args.get("using") or []
        named = isinstance(table, exp.Table) and {k for k, v in table.args.items() if v} == {"this"}
        if (
            len(joins) > 1
            or given - {"this", "using", "kind"}
            or joins[0].args.get("kind") not in (None, "", "INNER")
            or not named
            or table.name.casefold() != MINE
            or [each.name.casefold() for each in using] != [self.rules.match_column.casefold()]
            or self.rules.match_column not in self.rules.tables[self.table]
        ):
            refuse("clause", _("Join nothing but your own table: JOIN mine USING (the match column)."))
        if not self.rules.joined:
            refuse("no_table", _("No table of yours has been agreed for this room."))
        self.joins = True

    def _item(self, node: exp.Expression, number: int) -> Item:
        inner = node.this if isinstance(node, exp.Alias) else node
        name = node.alias if isinstance(node, exp.Alias) else inner.sql(dialect="duckdb")[:100]
        if measure := self._measure(inner):
            return Item(name, measure=measure)
        columns = list(inner.find_all(exp.Column))
        if not columns:
            refuse("no_column", _("Every part of the answer is a column or an aggregate."))
        for column in columns:
            if not self._column(column).grouped:
                refuse("not_grouped", _("Results may not be given by the values of %s.") % column.name)
        expression = self._expression(inner)
        self._check_kind(expression)
        return Item(name, dimension=expression.sql(dialect="duckdb"))

    def _measure(self, node: exp.Expression) -> Measure | None:
        inner = node.this
        match node:
            case exp.Count():
                if isinstance(inner, exp.Star) or inner is None:
                    return Measure(Kind.ROWS)
                if isinstance(inner, exp.Distinct) and len(inner.expressions) == 1:
                    return Measure(Kind.DISTINCT, self._column(inner.expressions[0]))
                return Measure(Kind.VALUES, self._column(inner))
            case exp.Sum() | exp.Avg():
                column = self._column(inner)
                if column.least is None:
                    refuse("not_summed", _("The values of %s may not be summed.") % column.name)
                return Measure(Kind.SUM if isinstance(node, exp.Sum) else Kind.MEAN, column)
        return None

    def _column(self, node: exp.Expression) -> Column:
        table = node.args.get("table") if isinstance(node, exp.Column) else None
        if not isinstance(node, exp.Column) or not isinstance(node.this, exp.Identifier) or node.args.get("db"):
            refuse("expression", _("An aggregate takes one column."))
        if self.joins and (table is None or table.name.casefold() == MINE):
            for name in self.rules.joined:
                if name.casefold() == node.name.casefold():
                    return Column(name, grouped=True, least=None, greatest=None, places=0)
        if table is not None and table.name.casefold() not in (self.table.casefold(), self.alias):
            refuse("table", _("Ask about one of the room's tables by its name."))
        column = self.rules.columns.get(node.name.casefold())
        if column is None or column.name not in self.rules.tables[self.table]:
            refuse("column", _("The room does not give the column %s.") % node.name[:100])
        return column

    def _check_group(self, select: exp.Select, items: tuple[Item, ...]) -> None:
        group = select.args.get("group")
        if group is None:
            asked = set()
        elif group.args.get("all"):
            return
        elif {name for name, value in group.args.items() if value} - {"expressions"}:
            refuse("group", _("Group by what is asked for, and by nothing else."))
        else:
            asked = {self._position(each, items) for each in group.expressions}
        if asked != {number for number, item in enumerate(items) if item.measure is None}:
            refuse("group", _("Group by what is asked for, and by nothing else."))

    def _order(self, select: exp.Select, items: tuple[Item, ...]) -> tuple[tuple[int, bool], ...]:
        order = select.args.get("order")
        found = []
        for each in order.expressions if order else []:
            if not isinstance(each, exp.Ordered):
                refuse("order", _("Sort by what is asked for."))
            found.append((self._position(each.this, items), bool(each.args.get("desc"))))
        return tuple(found)

    def _position(self, node: exp.Expression, items: tuple[Item, ...]) -> int:
        """Return which item is meant: by its number, its name, or written out again."""
        if isinstance(node, exp.Literal) and not node.is_string and node.name.isascii() and node.name.isdigit():
            number = int(node.name[:4]) - 1
            if 0 <= number < len(items):
                return number
        written = node.sql(dialect="duckdb")
        names = [item.name.casefold() for item in items]
        for wanted in (node.name.casefold() if isinstance(node, exp.Column) else "", written.casefold()):
            if wanted in names:
                return names.index(wanted)
        built = [item.dimension for item in items]
        if self._measure(node) is None and (again := self._expression(node).sql(dialect="duckdb")) in built:
            return built.index(again)
        refuse("group", _("Group and sort by what is asked for, and by nothing else."))

    def _limit(self, select: exp.Select) -> int | None:
        limit = select.args.get("limit")
        if limit is None:
            return None
        value = limit.expression
        if not isinstance(value, exp.Literal) or value.is_string or not value.name.isdigit() or len(value.name) > 9:
            refuse("limit", _("LIMIT takes a number."))
        return int(value.name)

    def _condition(self, node: exp.Expression) -> str:
        condition = self._expression(node)
        if self._check_kind(condition) != "truth":
            refuse("types", _MIXED)
        return condition.sql(dialect="duckdb")

    def _check_kind(self, node: exp.Expression) -> str:
        """Return what kind of value an expression has, and refuse one that would turn values of one kind into another.

        Such a cast fails on some values and not on others, and whether a query fails must not tell of any value.
        """
        if isinstance(node, exp.Column):
            return kind_of({**self.rules.tables[self.table], **self.rules.joined}[node.name])
        if isinstance(node, exp.Literal):
            return "text" if node.is_string else "number"
        if isinstance(node, exp.Cast):
            return "time"
        if isinstance(node, exp.Boolean):
            return "truth"
        if isinstance(node, exp.Null):
            return ""
        if isinstance(node, exp.Neg) and not isinstance(node.this, exp.Literal):
            refuse("expression", _("The room does not take this in a query: %s.") % "NEG")
        parts = [part for value in node.args.values() for part in (value if isinstance(value, list) else [value])]
        kinds = {self._check_kind(part) for part in parts if isinstance(part, exp.Expression)}
        if isinstance(node, exp.Paren):
            return kinds.pop()
        takes, gives = _KINDS.get(type(node), ("", "truth"))
        fits = kinds <= {takes} if takes else len(kinds - {""}) == 1 or kinds - {""} == {"time", "text"}
        if not fits or "other" in kinds:
            refuse("types", _MIXED)
        return gives

    def _expression(self, node: exp.Expression, depth: int = 0) -> exp.Expression:
        """Build a condition or a dimension anew from the list of what may stand in one."""
        if depth > DEEPEST:
            refuse("too_long", _("The query has too many parts."))
        if isinstance(node, exp.Column):
            return exp.column(self._column(node).name, quoted=True)
        if isinstance(node, exp.Placeholder):
            if node.name not in self.parameters:
                refuse("parameter", _("Only a template has parameters."))
            return self.parameters[node.name]
        if isinstance(node, exp.Literal):
            return exp.Literal(this=node.this, is_string=node.is_string)
        if isinstance(node, exp.Null | exp.Boolean):
            return node.copy()
        parts = _PARTS.get(type(node))
        others = {name for name, value in node.args.items() if value} - set(parts or ())
        if parts is None or others:
            refuse("expression", _("The room does not take this in a query: %s.") % node.key.upper())
        if isinstance(node, exp.Cast) and not _is_date(node):
            refuse("expression", _("The room does not take this in a query: %s.") % node.key.upper())
        built: dict[str, Any] = {}
        for part in parts:
            value = node.args.get(part)
            if isinstance(value, list):
                built[part] = [self._expression(each, depth + 1) for each in value]
            elif isinstance(value, exp.DataType):
                built[part] = value.copy()
            elif isinstance(value, exp.Expression):
                built[part] = self._expression(value, depth + 1)
        return type(node)(**built)


_MIXED = gettext_lazy("Compare values of one kind only: text, numbers or times.")
# What kind of value an expression takes (none: all the same) and gives, where it is not a comparison.
_KINDS: Mapping[type[exp.Expression], tuple[str, str]] = {
    **dict.fromkeys((exp.And, exp.Or, exp.Not), ("truth", "truth")),
    **dict.fromkeys((exp.Like, exp.ILike), ("text", "truth")),
    **dict.fromkeys((exp.Lower, exp.Upper), ("text", "text")),
    **dict.fromkeys((exp.Year, exp.Month, exp.Quarter), ("time", "number")),
    exp.Neg: ("number", "number"),
}
_TWO = ("this", "expression")
# What may stand in a condition or a dimension, and its parts: nothing that can fail on a value, nothing that reckons.
_PARTS: Mapping[type[exp.Expression], tuple[str, ...]] = {
    **dict.fromkeys((exp.And, exp.Or, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is), _TWO),
    **dict.fromkeys((exp.Like, exp.ILike), _TWO),
    **dict.fromkeys((exp.Not, exp.Paren, exp.Neg, exp.Lower, exp.Upper, exp.Year, exp.Month, exp.Quarter), ("this",)),
    exp.Between: ("this", "low", "high"),
    exp.In: ("this", "expressions"),
    exp.Cast: ("this", "to"),
}


_TYPES = {
    "string": "text",
    "boolean": "truth",
    **dict.fromkeys(("date", "timestamp"), "time"),
    **dict.fromkeys(("byte", "short", "integer", "long", "float", "double", "decimal"), "number"),
}


def _is_date(node: exp.Cast) -> bool:
    to = node.args["to"]
    return isinstance(node.this, exp.Literal) and node.this.is_string and to.is_type("date", "timestamp")


def figures_of(measure: Measure, types: Mapping[str, str]) -> list[str]:
    """Return the figures that the sandbox takes for a measure, all whole numbers."""
    column = measure.column
    if column is None:
        return ["count(*)"]
    name = quoted(column.name)
    if measure.kind == Kind.DISTINCT:
        return [f"count(DISTINCT {name})"]
    count = f"count({name})"
    if measure.kind == Kind.VALUES:
        return [count]
    # Each value is drawn within the bounds and made a whole number, so that a sum is exact and one row moves it by no
    # more than the noise hides.
    if types[column.name] in WHOLE:
        total = f"coalesce(sum(least(greatest(CAST({name} AS BIGINT), {column.least}), {column.greatest})), 0)"
        total += f" * {10**column.places}"
        return [total] if measure.kind == Kind.SUM else [total, count]
    scaled = f"CAST(round(least(greatest(TRY_CAST({name} AS DOUBLE), {column.least}), {column.greatest})"
    total = f"coalesce(sum({scaled} * {10**column.places}) AS BIGINT)), 0)"
    return [total] if measure.kind == Kind.SUM else [total, f"count(TRY_CAST({name} AS DOUBLE))"]


def quoted(name: str) -> str:
    """Return a name as an identifier of DuckDB."""
    return '"' + name.replace('"', '""') + '"'


def _text(value: Any) -> exp.Expression | None:
    return exp.Literal.string(value) if isinstance(value, str) and len(value) <= 1000 else None


def _integer(value: Any) -> exp.Expression | None:
    return exp.Literal.number(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _date(value: Any) -> exp.Expression | None:
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return exp.cast(exp.Literal.string(day.isoformat()), "date")


_LITERALS: Mapping[ParameterKind, Callable[[Any], exp.Expression | None]] = {
    ParameterKind.TEXT: _text,
    ParameterKind.INTEGER: _integer,
    ParameterKind.DATE: _date,
}
