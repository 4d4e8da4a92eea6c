"""Columns of a profile as fields of a table description: unique names, and the types that other vocabularies have."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from listings.catalogue_rows import summary_of
from listings.models import DataFile

UNTYPED = ("mixed", "nested", "empty", "")


@dataclass(frozen=True)
class Field:
    """A column. `name` is unique in its file; `column` is what stands in the file, which may be blank or repeated."""

    number: int
    name: str
    column: str
    type: str
    nulls: int | None


def fields_of(file: DataFile) -> list[Field]:
    """Return the fields of a file in their order, numbered from 1; none where it has no profile."""
    columns = summary_of(file, with_samples=False).columns
    names = _unique(str(column["name"] or "") for column in columns)
    return [
        Field(number, name, str(column["name"] or ""), str(column["type"] or ""), column["nulls"])
        for number, (name, column) in enumerate(zip(names, columns, strict=True), 1)
    ]


def typed_as(field: Field, types: Mapping[str, str], otherwise: str) -> str:
    """Return the field's type in another vocabulary."""
    return types.get(field.type, otherwise)


def _unique(names: Iterator[str]) -> Iterator[str]:
    taken: set[str] = set()
    for number, name in enumerate(names, 1):
        wanted = unique = name.strip() or f"column_{number}"
        again = 1
        while unique in taken:
            again += 1
            unique = f"{wanted}_{again}"
        taken.add(unique)
        yield unique
