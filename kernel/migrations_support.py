"""Migrations whose SQL lives in readable files beside the app (`<app>/sql/`)."""

from pathlib import Path

from django.conf import settings
from django.db import migrations


def run_sql_file(app_label: str, name: str, *, reverse: str) -> migrations.RunSQL:
    """Return the migration operation that runs `<app>/sql/<name>`; `reverse` is the SQL that undoes it."""
    path = Path(settings.BASE_DIR) / app_label / "sql" / name
    # One string is sent as it stands, so that function bodies may hold semicolons.
    return migrations.RunSQL([path.read_text(encoding="utf-8")], [reverse])
