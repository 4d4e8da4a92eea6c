"""`manage.py decide_route`: one JSON object a line in, a decision or an error a line out, with no server at all."""

import io
import json
import os
import subprocess
import sys
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.management import call_command

from tests.listings.crossborder.transfers import facts_json

NOWHERE = {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1/0"}


def decide(lines: bytes, *arguments: str) -> list[dict]:
    """Return the answers of the command, run here: no test may touch the database unless it says so."""
    standard_input, standard_output = (io.TextIOWrapper(io.BytesIO(content)) for content in (lines, b""))
    with patch.object(sys, "stdin", standard_input), patch.object(sys, "stdout", standard_output):
        call_command("decide_route", *arguments)
    return [json.loads(line) for line in standard_output.buffer.getvalue().splitlines()]


def decide_in_a_bare_process(lines: bytes, *arguments: str) -> list[dict]:
    run = subprocess.run(
        [sys.executable, "manage.py", "decide_route", *arguments],
        input=lines,
        capture_output=True,
        cwd=settings.BASE_DIR,
        env={**os.environ, **NOWHERE},
        check=True,
    )
    assert run.stderr == b""
    return [json.loads(line) for line in run.stdout.splitlines()]


def line(**members) -> bytes:
    return json.dumps(facts_json(**members), ensure_ascii=False).encode() + b"\n"


@pytest.fixture(scope="module")
def answers():
    lines = [
        b"\xef\xbb\xbf" + line(to="HK", n_general=200_000, sector="零售"),
        b"\r\n",
        b"   \n",
        b"not json\n",
        line(n_general=-1),
        b"[]\n",
        b'{"direction": "outbound", "pad": "' + b"x" * 200_000 + b'"}\n',
        line(effective_date="2020-01-01"),
        b"\xff\n",
        line(n_general=99_999).rstrip() + b"\r\n",
        line(grade="core").rstrip(),
    ]
    return decide_in_a_bare_process(b"".join(lines), "--as-of", "2026-11-24")


def test_each_line_gets_an_answer_in_its_order_and_blank_lines_none(answers):
    shown = [answer.get("route") or answer["error"]["code"] for answer in answers]
    assert shown == [
        "gba_standard_contract",
        "invalid_json",
        "negative",
        "wrong_type",
        "line_too_long",
        "no_rule_set",
        "not_utf8",
        "exempt_volume",
        "forbidden",
    ]


def test_an_error_names_code_member_reason_and_line(answers):
    errors = [answer["error"] for answer in answers if "error" in answer]
    assert [error["line"] for error in errors] == [4, 5, 6, 7, 8, 9]
    assert errors[1] == {
        "code": "negative",
        "field": "n_general",
        "detail": "There cannot be fewer than no persons.",
        "line": 5,
    }
    assert all(error["detail"] for error in errors)


def test_a_decision_has_all_that_was_promised(answers):
    assert set(answers[0]) == {
        "route",
        "alternatives",
        "alternative_sheets",
        "overlays",
        "hits",
        "documents",
        "authority",
        "deadlines",
        "valid_for",
        "sheet",
        "blocked",
        "counted_from",
        "rule_set",
        "rule_set_digest",
        "facts",
    }
    assert answers[0]["facts"]["sector"] == "零售"


def test_facts_of_a_decision_decide_the_same_again(answers):
    again = decide(json.dumps(answers[0]["facts"]).encode(), "--as-of", "2026-11-24")
    assert again == [answers[0]]


def test_as_of_dates_undated_facts_and_keeps_later_rules_out():
    undated = facts_json(n_general=150_000)
    del undated["effective_date"]
    dated = facts_json(n_general=150_000, effective_date="2026-11-24")
    older = facts_json(n_general=150_000, effective_date="2024-03-01")
    lines = "\n".join(map(json.dumps, (undated, dated, older))).encode()

    then = decide(lines, "--as-of", "2024-03-02")
    later = decide(lines, "--as-of", "2024-04-01")

    assert [answer["route"] for answer in then] == ["security_assessment"] * 3
    assert [answer["route"] for answer in later] == ["standard_contract", "standard_contract", "security_assessment"]
    assert then[0]["facts"]["effective_date"] == "2024-03-02"


def test_the_volume_policy_can_be_waived_for_a_run():
    (answer,) = decide(line(to="HK", n_sensitive=10_000), "--gba-volume-policy", "waived")
    assert answer["alternatives"] == ["gba_standard_contract"]
    assert answer["rule_set"].endswith("+gba_volume_policy=waived")


def test_each_answer_comes_before_the_next_question():
    process = subprocess.Popen(
        [sys.executable, "manage.py", "decide_route"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=settings.BASE_DIR,
        env={**os.environ, **NOWHERE},
    )
    with process:
        for persons, route in [(1, "exempt_volume"), (10**6, "security_assessment")]:
            process.stdin.write(line(n_general=persons))
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["route"] == route
        process.stdin.close()
    assert process.returncode == 0
