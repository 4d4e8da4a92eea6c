"""The official client in a process of its own: a line of JSON asks, a line of JSON answers.

Run by the Python of .venv-delta-sharing; it knows nothing of the exchange but the profile file.
"""

import json
import sys
from datetime import UTC, datetime
from typing import Any

import delta_sharing
import duckdb
import pandas as pd
from delta_sharing.protocol import DeltaSharingProfile
from delta_sharing.rest_client import DataSharingRestClient
from fsspec.implementations.http import HTTPFileSystem


def frame(found: pd.DataFrame) -> dict[str, Any]:
    """Return a frame's columns, types and rows; what is missing is None."""
    rows = [[None if pd.isna(value) else str(value) for value in row] for row in found.itertuples(index=False)]
    return {"columns": list(found.columns), "types": [str(kind) for kind in found.dtypes], "rows": rows}


def tables(profile: str) -> list[list[str]]:
    client = delta_sharing.SharingClient(profile)
    return [[table.share, table.schema, table.name] for table in client.list_all_tables()]


def load(profile: str, table: str, **options: Any) -> dict[str, Any]:
    return frame(delta_sharing.load_as_pandas(f"{profile}#{table}", **options))


def changes(profile: str, table: str, **options: Any) -> dict[str, Any]:
    return frame(delta_sharing.load_table_changes_as_pandas(f"{profile}#{table}", **options))


def files(profile: str, table: str, **options: Any) -> list[str]:
    """Return the addresses of a table's files."""
    client = DataSharingRestClient(DeltaSharingProfile.read_from_file(profile))
    share, schema, name = table.split(".")
    found = client.list_files_in_table(delta_sharing.protocol.Table(name, share, schema), **options)
    return [file.url for file in found.add_files]


class DatedHttp(HTTPFileSystem):
    """DuckDB asks for the day of change, which fsspec's HTTP does not tell; these addresses never change."""

    def modified(self, path: str) -> datetime:
        return datetime.fromtimestamp(0, UTC)


def in_duckdb(query: str, urls: list[str]) -> list[list[str]]:
    """Let DuckDB read the same addresses, through fsspec: its own httpfs is no part of its wheel."""
    engine = duckdb.connect()
    engine.register_filesystem(DatedHttp())
    return [[str(value) for value in row] for row in engine.execute(query, [urls]).fetchall()]


ACTS = {act.__name__: act for act in (tables, load, changes, files, in_duckdb)}

if __name__ == "__main__":
    answers = sys.stdout
    sys.stdout = sys.stderr
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer: Any = {"found": ACTS[asked.pop("act")](**asked)}
        except Exception as error:  # noqa: BLE001 - whatever the client raises is what the test looks at
            answer = {"failed": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)
