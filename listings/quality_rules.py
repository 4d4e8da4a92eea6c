"""Rules that a provider sets for the columns of a file: a Table Schema, checked on every row while it is profiled.

They are fixed with the version. A file of the same name in the next version takes them over unless it brings its own;
an empty schema ends them.
"""

from collections.abc import Mapping
from typing import Any

from kernel.problems import field_problem
from listings.models import DataFile, DatasetVersion
from listings.quality.declared import Schema, SchemaRefused, schema_from_table_schema


def rules_for(version: DatasetVersion, name: str, given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the schema that a file of this name is to be checked by, None for none.

    Raises Problem `invalid` at `/table_schema` for a schema that cannot be checked as it stands.
    """
    if given is None:
        same = DataFile.objects.filter(version__dataset=version.dataset_id, name=name).order_by("-id")
        return same.values_list("table_schema", flat=True).first()
    if not given:
        return None
    try:
        schema_from_table_schema(given)
    except SchemaRefused as refusal:
        raise field_problem("/table_schema", refusal.code, str(refusal)) from refusal
    return dict(given)


def schema_of(file: DataFile) -> Schema | None:
    """Return a file's rules as they are checked."""
    return schema_from_table_schema(file.table_schema) if file.table_schema else None
