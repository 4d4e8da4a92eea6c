"""The proposed grade: by object and harm, by scale, by what the provider says; the higher one wins."""

from datetime import date

import pytest

from listings.grading.anonymity import k_anonymity, masked_rows
from listings.grading.grade import CITATIONS, REASONS, Facts, exceeds, propose_grade
from listings.grading.masking import mask
from listings.grading.result import Finding, Persons, ScanResult
from listings.grading.rules import Category, rules_on
from tests.listings.grading_measure import scan

TODAY = date(2026, 11, 24)


def scanned(*, persons=0, sensitive=0, code="mobile", category=Category.PERSONAL):
    finding = Finding(0, "x", code, category, "content", 10, 10, 10, 1.0, [])
    return ScanResult(10, [finding] if persons else [], Persons(persons, sensitive, code, [0]))


def proposed(result, **facts):
    return propose_grade(result, facts=Facts(**facts), on=TODAY)


def test_data_without_persons_are_general():
    proposal = proposed(scanned())
    assert (proposal.grade, proposal.personal_information, proposal.important_basis) == ("GENERAL", "NONE", "")
    assert [reason.code for reason in proposal.reasons] == ["individuals_only", "nothing_personal"]


def test_many_persons_raise_a_suspicion_that_a_person_must_look_at():
    proposal = proposed(scanned(persons=1_000_000))
    assert (proposal.grade, proposal.important_basis, proposal.needs_review) == ("IMPORTANT", "SELF_SUSPECTED", True)
    assert proposed(scanned(persons=999_999)).grade == "GENERAL"


def test_fewer_persons_suffice_when_the_information_is_sensitive():
    sensitive = {"code": "health", "category": Category.SENSITIVE}
    assert proposed(scanned(persons=10_000, sensitive=10_000, **sensitive)).grade == "IMPORTANT"
    proposal = proposed(scanned(persons=9_999, sensitive=9_000, **sensitive))
    assert (proposal.grade, proposal.personal_information) == ("GENERAL", "SENSITIVE")
    assert (proposal.n_general, proposal.n_sensitive) == (999, 9_000)


@pytest.mark.parametrize("basis", ["NOTIFIED", "PUBLISHED_CATALOGUE", "FTZ_LIST"])
def test_what_an_authority_named_is_important_without_a_doubt(basis):
    proposal = proposed(scanned(persons=2_000_000), important_basis=basis)
    assert (proposal.grade, proposal.important_basis, proposal.needs_review) == ("IMPORTANT", basis, False)


@pytest.mark.parametrize(
    ("harm", "grade"),
    [
        (("NATIONAL_SECURITY", "GENERAL"), "IMPORTANT"),
        (("NATIONAL_SECURITY", "SERIOUS"), "CORE"),
        (("PUBLIC_INTEREST", "SERIOUS"), "IMPORTANT"),
        (("PUBLIC_INTEREST", "GENERAL"), "GENERAL"),
        (("INDIVIDUAL", "ESPECIALLY_SERIOUS"), "GENERAL"),
    ],
)
def test_the_matrix_decides_by_object_and_harm(harm, grade):
    assert proposed(scanned(), harms=[harm]).grade == grade


def test_the_higher_grade_wins():
    assert proposed(scanned(persons=2_000_000), declared_grade="CORE").grade == "CORE"
    assert proposed(scanned(persons=2_000_000), declared_grade="GENERAL").grade == "IMPORTANT"
    assert proposed(scanned(), declared_personal_information="SENSITIVE").personal_information == "SENSITIVE"


def test_an_unknown_word_is_no_grade():
    with pytest.raises(ValueError, match="SECRET"):
        proposed(scanned(), declared_grade="SECRET")


def test_what_is_found_above_the_declared_exceeds_it():
    declared = {"grade": "GENERAL", "personal_information": "GENERAL"}
    assert exceeds(declared, declared) == []
    assert exceeds(declared, {"grade": "GENERAL", "personal_information": "NONE"}) == []
    excess = exceeds(declared, {"grade": "IMPORTANT", "personal_information": "SENSITIVE"})
    assert [(e.what, e.declared, e.found) for e in excess] == [
        ("grade", "GENERAL", "IMPORTANT"),
        ("personal_information", "GENERAL", "SENSITIVE"),
    ]


def test_every_reason_has_a_sentence_and_a_citation():
    assert set(REASONS) == set(CITATIONS)
    proposal = proposed(scanned(persons=2_000_000, sensitive=1), important_basis="NOTIFIED", declared_grade="CORE")
    assert all(reason.sentence and "%(" not in reason.sentence and reason.citation for reason in proposal.reasons)
    assert all("citation" in reason for reason in proposal.as_json()["reasons"])


def test_every_object_and_harm_of_the_rules_has_a_grade():
    rules = rules_on(TODAY)
    assert set(rules["matrix"]) == set(rules["objects"])
    assert all(set(row) == set(rules["harms"]) for row in rules["matrix"].values())


@pytest.mark.parametrize(
    ("code", "value", "masked"),
    [
        ("resident_id", "11010519491231002X", "110*************2X"),
        ("mobile", "13812345678", "138******78"),
        ("person_name", "欧阳修", "欧**"),
        ("person_name", "Chan Tai Man", "C***"),
        ("email", "li.wei@example.com", "l***@example.com"),
        ("address", "广东省深圳市南山区科技园路1号", "广东省深圳市南山区***"),
        ("birth_date", "1990-05-06", "1990-**-**"),
        ("health", "高血压", "***"),
        ("mobile", "请致电13812345678，谢谢，她下午三点以后都在家里等您的电话", "***"),
        ("mobile", "", ""),
    ],
)
def test_values_are_masked_by_their_kind(code, value, masked):
    assert mask(code, value) == masked


def test_a_shown_sample_hides_what_was_found():
    rows = [["张伟", "13812345678", "南山"], ["李娜", None, "福田"], ["王芳", "13912345678", "福田"]]
    result = scan(["姓名", "手机", "区"], [[row[n] or "" for row in rows] for n in range(3)])
    assert masked_rows(rows, result) == [
        ["张*", "138******78", "南山"],
        ["李*", None, "福田"],
        ["王*", "139******78", "福田"],
    ]


def test_the_least_group_tells_the_risk():
    rows = [["男", "30"], ["男", "30"], ["女", "30"], ["女", "30"], ["女", "30"]]
    anonymity = k_anonymity(rows, [0, 1])
    assert (anonymity.k, anonymity.risk, anonymity.mean_risk, anonymity.unique) == (2, 0.5, 0.4, 0)
    assert k_anonymity([*rows, ["女", "99"]], [0, 1]).unique == 1
    assert k_anonymity(rows, []).k == 5
    assert k_anonymity([], [0]).k == 0
