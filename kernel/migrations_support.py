"""Migrations whose SQL lives in readable files beside the app (`<app>/sql/`), and that make many tables at once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


def run_sql_file(app_label: str, name: str, *, reverse: str) -> migrations.RunSQL:
    """Return the migration operation that runs `<app>/sql/<name>`; `reverse` is the SQL that undoes it."""
    path = Path(settings.BASE_DIR) / app_label / "sql" / name
    # One string is sent as it stands, so that function bodies may hold semicolons.
    return migrations.RunSQL([path.read_text(encoding="utf-8")], [reverse])


class CreateModels(Operation):
    """Create the models of an app in one operation.

    After each `CreateModel` of its own Django builds every model anew that is related to it, and here nearly all are: a
    time that grows with the square of their number. The tables, and how they are undone, are the same.
    """

    def __init__(self, models: Sequence[migrations.CreateModel]) -> None:
        self.models = models

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Add the models to the state, whose classes are then built once, when the first table is made."""
        state.__dict__.pop("apps", None)
        for model in self.models:
            model.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Make the tables in the order of the models."""
        for model in self.models:
            model.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Drop the tables in the reverse order."""
        for model in reversed(self.models):
            model.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        """Tell what the operation does, as `migrate --plan` shows it."""
        return f"Create {len(self.models)} models"
