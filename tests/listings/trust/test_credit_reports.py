"""Credit reports of three places in one schema; the reports in tests/data/credit-reports are invented."""

import json
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from listings.crossborder.trust.credit_checks import check_report
from listings.crossborder.trust.credit_reports import map_report
from listings.crossborder.trust.credit_schema import PLACES, ReportField, schema_on
from tests.api.operations import is_problem
from tests.world import api, make_client, make_member, person_of

REPORTS = Path("tests/data/credit-reports")
SCHEMA = schema_on(date(2026, 11, 28))


def report_of(place: str) -> dict[str, Any]:
    return dict(json.loads((REPORTS / f"{place}.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (
            "CN",
            {
                "reported_on": "2026-11-20",
                "registration_number": "91440305MADEM0046P",
                "company_type": "PRIVATE_LIMITED",
                "registered_capital": {"amount": "10000000.00", "currency": "CNY"},
                "revenue": {"amount": "235000000.00", "currency": "CNY"},
                "net_profit": {"amount": "-860000.00", "currency": "CNY"},
                "penalties": 1,
                "facilities": [
                    {
                        "lender": "虚构银行",
                        "granted": {"amount": "3000000.00", "currency": "CNY"},
                        "outstanding": {"amount": "1205000.00", "currency": "CNY"},
                        "due_on": "2027-06-30",
                        "quality": "PASS",
                    }
                ],
            },
        ),
        (
            "HK",
            {
                "established_on": "2015-06-01",
                "status": "ACTIVE",
                "company_type": "PRIVATE_LIMITED",
                "registered_capital": {"amount": "10000.00", "currency": "HKD"},
                "revenue": {"amount": "48200000.00", "currency": "HKD"},
                "charges": 2,
                "lawsuits": [
                    {
                        "case_number": "DCCJ 9999/2024",
                        "court": "District Court",
                        "filed_on": "2024-02-03",
                        "claimed": {"amount": "80000.00", "currency": "CNY"},
                    }
                ],
            },
        ),
        (
            "MO",
            {
                "legal_name": "虛構餐飲有限公司",
                "established_on": "2019-10-09",
                "shareholders": [{"name": "何虛構", "share": "55.5"}, {"name": "Silva Inventado", "share": "44.5"}],
                "total_assets": {"amount": "1200000.00", "currency": "MOP"},
            },
        ),
    ],
)
def test_a_report_of_each_place_comes_out_in_the_same_fields(place: str, expected: dict[str, Any]) -> None:
    mapped = map_report(report_of(place), place, SCHEMA)
    assert mapped.errors == []
    assert {code: mapped.report[code] for code in expected} == expected
    assert mapped.unmapped == (["/纳税信用等级"] if place == "CN" else [])
    assert check_report(mapped.report, SCHEMA) == []


def test_a_text_in_two_languages_is_taken_once_and_the_other_is_not_lost() -> None:
    mapped = map_report(report_of("MO") | {"商業名稱": "虛構餐飲"}, "MO", SCHEMA)
    assert (mapped.report["legal_name"], mapped.unmapped) == ("虛構餐飲", ["/Firma"])


@pytest.mark.parametrize(
    ("place", "changes", "pointer", "code"),
    [
        ("CN", {"统一社会信用代码": "91440305MADEM0046A"}, "/统一社会信用代码", "wrong_check_digit"),
        ("CN", {"企业名称": " "}, "/企业名称", "required"),
        ("CN", {"成立日期": "2018-02-30"}, "/成立日期", "impossible_date"),
        ("CN", {"成立日期": "2026-11-21"}, "/成立日期", "after_report"),
        ("CN", {"登记状态": "Live"}, "/登记状态", "unknown_value"),  # a word of Hong Kong's
        ("CN", {"注册资本": "一千万元"}, "/注册资本", "not_a_number"),
        ("CN", {"注册资本": "-5万元"}, "/注册资本", "negative"),
        ("CN", {"注册资本": "0.001元"}, "/注册资本", "too_precise"),
        ("CN", {"注册资本": 10.5}, "/注册资本", "wrong_type"),
        ("CN", {"逾期账户数": "-1"}, "/逾期账户数", "not_a_number"),
        ("CN", {"逾期账户数": True}, "/逾期账户数", "wrong_type"),
        ("CN", {"股东信息": "林虚构"}, "/股东信息", "wrong_type"),
        ("CN", {"股东信息": [{"持股比例": "60%"}]}, "/股东信息/0/股东名称", "required"),
        ("CN", {"股东信息": [{"股东": "甲", "持股比例": "101%"}]}, "/股东信息/0/持股比例", "out_of_range"),
        ("CN", {"股东信息": [{"股东": "甲", "持股比例": "60%"}] * 2}, "/股东信息", "out_of_range"),
        ("CN", {"住所": "x" * 2001}, "/住所", "unprintable"),
        ("HK", {"Business Registration Number": "12"}, "/Business Registration Number", "wrong_format"),
        ("HK", {"Date of Incorporation": "13-13-2015"}, "/Date of Incorporation", "impossible_date"),
        ("MO", {"設立日期": "10/10/2019"}, "/Data de constituição", "said_twice"),
        ("MO", {"Sede": None}, "/住所", "required"),
    ],
)
def test_what_is_wrong_is_told_at_its_own_name(place: str, changes: dict[str, Any], pointer: str, code: str) -> None:
    mapped = map_report(report_of(place) | changes, place, SCHEMA)
    assert [(error.pointer, error.code) for error in mapped.errors] == [(pointer, code)]


def test_a_report_in_common_fields_is_checked_by_kind() -> None:
    report = map_report(report_of("HK"), "HK", SCHEMA).report
    wrong = {
        "status": "Live",
        "reported_on": "20-11-2026",
        "charges": -1,
        "revenue": {"amount": "1", "currency": "HKD"},
        "registered_capital": {"amount": "-1.00", "currency": "HKD"},
        "shareholders": [{"name": "x", "share": "101"}, {}],
        "directors": "x",
        "mood": "good",
        "legal_name": "",
    }
    found = {error.pointer: error.code for error in check_report(dict(report) | wrong, SCHEMA)}
    assert found == {
        "/status": "wrong_value",
        "/reported_on": "wrong_value",
        "/charges": "wrong_value",
        "/revenue": "wrong_value",
        "/registered_capital": "wrong_value",
        "/shareholders/0/share": "wrong_value",
        "/shareholders/1/name": "required",
        "/directors": "wrong_type",
        "/mood": "unknown_field",
        "/legal_name": "wrong_value",
    }


def test_the_schema_is_whole_in_three_languages_and_ambiguous_nowhere() -> None:
    def check(fields: Any) -> None:
        each: ReportField
        for place in PLACES:
            names = [name for each in fields for name in each.names[place]]
            assert len(names) == len(set(names)), place
        for each in fields:
            assert set(each.label) == {"zh-Hans", "zh-Hant", "en"}
            assert all(each.label.values())
            assert not each.codes or each.codes in SCHEMA.codes
            check(each.fields)

    check(SCHEMA.fields)
    for values in SCHEMA.codes.values():
        for place in PLACES:
            written = [word.casefold() for words in values.values() for word in words[place]]
            assert len(written) == len(set(written))


def test_the_command_maps_a_file_and_fails_for_a_wrong_one(tmp_path: Path) -> None:
    out = StringIO()
    call_command("map_credit_report", REPORTS / "MO.json", place="MO", stdout=out)
    assert json.loads(out.getvalue())["valid"] is True
    with pytest.raises(CommandError, match="cannot be taken"):
        call_command("map_credit_report", REPORTS / "MO.json", place="HK", stdout=StringIO())
    for content in (b"[]", b"{", b"\xff"):
        wrong = tmp_path / "wrong.json"
        wrong.write_bytes(content)
        with pytest.raises(CommandError, match="JSON"):
            call_command("map_credit_report", wrong, place="CN", stdout=StringIO())


@pytest.mark.django_db
def test_over_http_anybody_reads_the_schema_and_members_map_and_check() -> None:
    shown = api().get("/api/v1/credit-report-schema").json()
    assert (shown["edition"], shown["verified"]) == (SCHEMA.edition, False)
    client = api(make_client(person_of(make_member())))
    mapped = client.post("/api/v1/credit-reports/map", {"place": "CN", "report": report_of("CN")}).json()
    assert (mapped["valid"], mapped["report"]["status"], mapped["unmapped"]) == (True, "ACTIVE", ["/纳税信用等级"])
    checked = client.post("/api/v1/credit-reports/check", {"report": mapped["report"]}).json()
    assert checked == {"schema": SCHEMA.edition, "report_errors": [], "valid": True}
    assert is_problem(client.post("/api/v1/credit-reports/map", {"place": "SG", "report": {}}), 400)
    assert is_problem(client.post("/api/v1/credit-reports/map", {"place": "CN", "report": []}), 400)
