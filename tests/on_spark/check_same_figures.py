"""The same expressions give the same figures on DuckDB and on a local Spark.

`make spark-test` runs this, since it needs Java. It is not among the tests of `make test`, hence its name.
"""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from listings.profiling.measuring import measured

DATA = Path(__file__).parent.parent / "data" / "tables"
LOCAL = "local[2]"


@pytest.fixture(scope="module", autouse=True)
def _quiet_spark(monkeypatch_module: pytest.MonkeyPatch) -> None:
    monkeypatch_module.setenv("PYSPARK_SUBMIT_ARGS", "--conf spark.ui.enabled=false pyspark-shell")


@pytest.fixture(scope="module")
def monkeypatch_module() -> object:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def of_every_kind(folder: Path) -> Path:
    """Write a table of text, numbers, truth values, days and gaps, with what the patterns of formats look for."""
    rows = 3_000
    words = [
        "王小明",
        "13812345678",
        "440103199001011234",
        "a@example.com",
        "2026-02-09",
        "3.14",
        "-1e3",
        "12%",
        "",
        None,
    ]
    table = pa.table(
        {
            "text": [words[n % len(words)] for n in range(rows)],
            "whole": pa.array([None if n % 7 == 0 else n * n % 1009 for n in range(rows)], pa.int64()),
            "share": [n / 7 for n in range(rows)],
            "flag": [n % 3 == 0 for n in range(rows)],
            "day": [date(2026, 1 + n % 12, 1 + n % 28) for n in range(rows)],
            "tags": [[n] for n in range(rows)],
        }
    )
    path = folder / "table.parquet"
    pq.write_table(table, path)
    return path


def test_a_parquet_table_has_the_same_figures_on_both(tmp_path: Path) -> None:
    source = str(of_every_kind(tmp_path))
    here = measured(source)
    assert here["rows"] == 3_000
    assert here["columns"][0]["format_mobile_phone"] == 300
    assert measured(source, spark=LOCAL) == here


@pytest.mark.parametrize("name", ["guangdong-streets.csv", "covid19-places.csv"])
def test_a_real_csv_table_has_the_same_figures_on_both(name: str) -> None:
    here = measured(str(DATA / name))
    assert here["rows"] > 100
    assert measured(str(DATA / name), spark=LOCAL) == here
