"""The rules of one room, as the agreement froze them, and the tables that they are about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from listings.room_rules import DECISION_DAYS, Approval
from marketplace.models import CleanRoom, RoomTable

MINE = "mine"  # what the buyer's own table is called in a query
MATCH_KEY = "match_key"  # and its identifiers


@dataclass(frozen=True)
class Column:
    """A column that may be asked about; `least` and `greatest` are None where it may not be summed."""

    name: str
    grouped: bool
    least: int | None
    greatest: int | None
    places: int


@dataclass(frozen=True)
class Rules:
    """`columns` are by their name in lower case, `tables` are the types of their columns by name.

    `joined` are the types of the columns of the buyer's own table, if it is agreed.
    `rows_per_person` is 1 where every row is a person.
    """

    min_group: int
    columns: Mapping[str, Column]
    person_column: str
    match_column: str
    rows_per_person: int
    max_rows: int
    needs_approval: bool
    decision_days: int
    templates_only: bool
    templates: Mapping[str, Mapping[str, Any]]
    tables: Mapping[str, Mapping[str, str]]
    joined: Mapping[str, str]


def rules_of(room: CleanRoom) -> Rules:
    """Read the rules of a room."""
    written = room.rules
    columns = [
        Column(each["name"], each["grouped"], each.get("least"), each.get("greatest"), each["places"])
        for each in written["columns"]
    ]
    person = written.get("person_column", "")
    mine = room.buyer_tables.filter(state=RoomTable.State.AGREED).first()
    return Rules(
        min_group=written["min_group"],
        columns={column.name.casefold(): column for column in columns},
        person_column=person,
        match_column=written.get("match_column", ""),
        rows_per_person=written["rows_per_person"] if person else 1,
        max_rows=written["max_rows"],
        needs_approval=written["approval"] == Approval.PROVIDER,
        decision_days=written.get("decision_days", DECISION_DAYS),
        templates_only=written["templates_only"],
        templates={template["code"]: template for template in written.get("templates", [])},
        tables={
            table.name: {column["name"]: column["type"] for column in table.columns} for table in room.tables.all()
        },
        joined={column["name"]: column["type"] for column in mine.columns} if mine else {},
    )
