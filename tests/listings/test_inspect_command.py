"""`manage.py inspect FILE`: everything about a file, without a server."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
NOWHERE = {
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "DJANGO_SETTINGS_MODULE": "config.settings",
}


def in_a_bare_process(file: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """Run the command as people do, where no server answers."""
    environment = {**os.environ, **NOWHERE, "LANG": "C", "PYTHONUTF8": "1"}
    command = [sys.executable, "-W", "ignore", "manage.py", "inspect", str(file), *options]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)


def inspected(file: Path, *options: str) -> str:
    """Return what the command prints; run here, where no test may touch the database."""
    output = io.StringIO()
    call_command("inspect", str(file), *options, stdout=output)
    return output.getvalue()


def told(file: Path, *options: str) -> dict[str, Any]:
    return dict(json.loads(inspected(file, "--json", *options)))


def test_a_table_with_contacts_is_profiled_scanned_scored_and_graded() -> None:
    done = in_a_bare_process(DATA / "tables" / "taitung-shelters.csv", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
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
    lines = inspected(DATA / "tables" / "taitung-shelters.csv")
    assert "168 rows" in lines
    assert "name of a person" in lines
    assert "of 100, grade" in lines
    assert "personal information GENERAL" in lines


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
    lines = inspected(file, "--sources", str(chain))
    assert "zh-Hans  100.0% of the characters" in lines
    assert "not compatible with COMMERCIAL" in lines

    chain.write_text("[]", encoding="utf-8")
    with pytest.raises(CommandError, match="the sources could not be read"):
        inspected(file, "--sources", str(chain))


def test_a_refused_file_says_why_and_ends_with_status_one(tmp_path: Path) -> None:
    file = tmp_path / "ragged.csv"
    file.write_text("a,b\n1,2\n3\n", encoding="utf-8")
    done = in_a_bare_process(file)
    assert done.returncode == 1
    assert "refused (ragged_rows)" in done.stderr
    assert "Traceback" not in done.stderr
    output = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("inspect", str(file), "--json", stdout=output)
    assert ended.value.code == 1
    refusal = json.loads(output.getvalue())["refusal"]
    assert (refusal["code"], refusal["position"]) == ("ragged_rows", {"row": 3})


@pytest.mark.parametrize("name", ["nowhere.csv", "."])
def test_no_file_is_a_plain_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(CommandError, match="there is no such file"):
        inspected(tmp_path / name)
