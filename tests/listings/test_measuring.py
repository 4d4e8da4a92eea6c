"""The engine-neutral figures are those of an examination; where the engine is missing one is told so."""

import builtins
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command

from listings.profiling.csv_table import profile_csv
from listings.profiling.measuring import measured
from listings.profiling.statistics import Statistics
from tests.listings.files import DATA, chunks

STREETS = DATA / "tables" / "guangdong-streets.csv"


def printed(*arguments: str) -> Any:
    out = StringIO()
    call_command("measure", *arguments, stdout=out)
    return json.loads(out.getvalue())


def test_the_figures_of_a_table_are_those_of_its_examination() -> None:
    statistics = Statistics()
    profile = profile_csv(chunks(STREETS.read_bytes()), observers=[statistics])
    names = [column["name"] for column in profile.columns]
    found = measured(str(STREETS))

    assert found["rows"] == profile.rows
    assert [column["name"] for column in found["columns"]] == names
    for figures, column, told in zip(
        found["columns"], profile.columns, statistics.result(names)["columns"], strict=True
    ):
        assert figures["nulls"] == column["nulls"] == told["missing"]["count"]
        assert figures["values"] == told["values"]
        assert figures["distinct"] == pytest.approx(column["distinct"], rel=0.1), "the profile's is an estimate"
        assert (figures["shortest"], figures["longest"]) == (told["length"]["min"], told["length"]["max"])
        assert figures["mean_length"] == pytest.approx(told["length"]["mean"], abs=0.01)
        if column["type"] == "text":
            assert (figures["least"], figures["greatest"]) == (column["min"], column["max"])
        if numbers := told.get("numbers"):
            assert figures["numbers"] == numbers["count"]
            assert [figures[name] for name in ("low", "high", "mean", "deviation")] == [
                numbers[name] for name in ("min", "max", "mean", "deviation")
            ]
        format_told = told["format"]
        if format_told and f"format_{format_told['name']}" in figures:
            assert figures[f"format_{format_told['name']}"] == format_told["fits"]


def test_the_command_prints_the_figures_of_parquet_and_csv(tmp_path: Path) -> None:
    table = pa.table({"n": [1, 2, None], "d": ["2026-01-02", None, "x"], "tags": [[1], [], None]})
    pq.write_table(table, tmp_path / "t.parquet")
    found = printed(str(tmp_path / "t.parquet"))
    assert found["rows"] == 3
    n, d, tags = found["columns"]
    assert (n["values"], n["nulls"], n["distinct"], n["low"], n["high"], n["mean"]) == (2, 1, 2, 1, 2, 1.5)
    assert (d["days"], d["first_day"], d["longest"]) == (1, "2026-01-02", 10)
    assert tags == {"name": "tags", "values": 2, "nulls": 1}

    (tmp_path / "t.csv").write_text('a,b\n1,""\n,x\n', encoding="utf-8")
    assert [column["nulls"] for column in printed(str(tmp_path / "t.csv"))["columns"]] == [1, 1]


def test_a_table_without_rows_has_no_figures_but_counts(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": pa.array([], pa.string())}), tmp_path / "t.parquet")
    [column] = printed(str(tmp_path / "t.parquet"))["columns"]
    assert (column["values"], column["nulls"], column["distinct"], column["least"]) == (0, 0, 0, None)
    assert column["format_email"] == 0


def test_a_source_that_cannot_be_read_and_a_missing_engine_are_told(tmp_path: Path, monkeypatch) -> None:
    with pytest.raises(CommandError, match=r"nowhere\.parquet"):
        printed(str(tmp_path / "nowhere.parquet"))
    real = builtins.__import__

    def without_pyspark(name: str, *rest: Any) -> Any:
        if name.startswith("pyspark"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setattr(builtins, "__import__", without_pyspark)
    with pytest.raises(CommandError, match="dependency group"):
        printed(str(STREETS), "--spark", "local[1]")
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandError, match="Java"):
        printed(str(STREETS), "--spark", "local[1]")
