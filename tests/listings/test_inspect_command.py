"""`manage.py inspect FILE`: everything about a file, without a server."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
NOWHERE = {
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "DJANGO_SETTINGS_MODULE": "config.settings",
}


def inspected(file: Path, *options: str, language: str = "C") -> "subprocess.CompletedProcess[str]":
    """Run the command where no server answers."""
    environment = {**os.environ, **NOWHERE, "LANG": language, "PYTHONUTF8": "1"}
    command = [sys.executable, "-W", "ignore", "manage.py", "inspect", str(file), *options]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)


def told(file: Path, *options: str) -> dict[str, Any]:
    done = inspected(file, "--json", *options)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_a_table_with_contacts_is_profiled_scanned_scored_and_graded() -> None:
    found = told(DATA / "tables" / "taitung-shelters.csv")
    assert (found["format"], found["encoding"], found["rows"]) == ("CSV", "UTF-8", 168)
    assert {finding["code"] for finding in found["findings"]} >= {"person_name", "landline"}
    assert 100 < found["persons"]["count"] <= 168
    assert found["grade"]["grade"] == "GENERAL"
    assert found["grade"]["personal_information"] == "GENERAL"
    assert 0 <= found["quality"]["score"] <= 100
    assert found["quality"]["grade"] in "ABCD"


def test_a_table_of_places_tells_of_nobody() -> None:
    found = told(DATA / "tables" / "guangdong-streets.csv")
    assert (found["findings"], found["persons"]["count"]) == ([], 0)
    assert found["grade"]["personal_information"] == "NONE"


def test_people_read_the_same_in_lines() -> None:
    done = inspected(DATA / "tables" / "taitung-shelters.csv")
    assert done.returncode == 0, done.stderr
    assert "168 rows" in done.stdout
    assert "name of a person" in done.stdout
    assert "of 100, grade" in done.stdout
    assert "personal information GENERAL" in done.stdout


def test_declared_facts_raise_the_grade() -> None:
    file = DATA / "tables" / "guangdong-streets.csv"
    assert told(file, "--declared-grade", "IMPORTANT")["grade"]["grade"] == "IMPORTANT"


def test_a_corpus_is_measured_and_its_licence_chain_judged(tmp_path: Path) -> None:
    chain = tmp_path / "sources.json"
    sources = [{"name": "楚辞", "licence": "PUBLIC-DOMAIN"}, {"name": "博客", "licence": "CC-BY-NC-4.0"}]
    chain.write_text(json.dumps({"offered": "COMMERCIAL", "sources": sources}), encoding="utf-8")
    file = DATA / "corpus" / "chuci.json"
    found = told(file, "--sources", str(chain))
    assert found["corpus"]["documents"] == 65
    assert found["corpus"]["languages"]["zh-Hans"]["share"] == 1
    assert [source["reason"] for source in found["licence_chain"]["sources"]] == ["", "non_commercial"]
    lines = inspected(file, "--sources", str(chain)).stdout
    assert "zh-Hans  100.0% of the characters" in lines
    assert "not compatible with COMMERCIAL" in lines

    chain.write_text("[]", encoding="utf-8")
    wrong = inspected(file, "--sources", str(chain))
    assert wrong.returncode == 1
    assert "Traceback" not in wrong.stderr


def test_a_refused_file_says_why_and_ends_with_status_one(tmp_path: Path) -> None:
    file = tmp_path / "ragged.csv"
    file.write_text("a,b\n1,2\n3\n", encoding="utf-8")
    done = inspected(file)
    assert done.returncode == 1
    assert "refused (ragged_rows)" in done.stderr
    as_json = inspected(file, "--json")
    assert as_json.returncode == 1
    assert json.loads(as_json.stdout)["refusal"]["code"] == "ragged_rows"
    assert json.loads(as_json.stdout)["refusal"]["position"] == {"row": 3}


@pytest.mark.parametrize("name", ["nowhere.csv", "."])
def test_no_file_is_a_plain_error(tmp_path: Path, name: str) -> None:
    done = inspected(tmp_path / name)
    assert done.returncode != 0
    assert "there is no such file" in done.stderr
    assert "Traceback" not in done.stderr
