"""The dated data files: complete, consistent, and chosen by the day."""

from datetime import date

import pytest

from accounts.permissions import ROLE_PERMISSIONS, Permission, Role
from kernel.languages import LANGUAGE_TAGS
from listings.checklists import checklist_named, checklist_of
from listings.editions import edition_on
from listings.gates import CHECKS
from listings.industries import industries, standard
from listings.models import Listing, Processing, ReviewClock, ReviewStage, Right, SourceKind
from listings.source_rules import rule_for, rules_on

TODAY = date(2026, 11, 24)


def test_the_standard_has_twenty_sections_and_ninety_seven_divisions():
    codes = list(industries())
    assert standard() == "GB/T 4754-2017"
    assert sorted({code[0] for code in codes}) == list("ABCDEFGHIJKLMNOPQRST")
    assert [code[1:] for code in codes] == [f"{n:02d}" for n in range(1, 98)]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("A01", "农业"),
        ("C39", "计算机、通信和其他电子设备制造业"),
        ("I65", "软件和信息技术服务业"),
        ("T97", "国际组织"),
    ],
)
def test_divisions_stand_in_their_sections(code, name):
    assert industries()[code].name["zh-Hans"] == name


def test_every_industry_is_named_in_three_languages():
    for industry in industries().values():
        assert set(industry.name) == set(industry.section_name) == set(LANGUAGE_TAGS)


@pytest.mark.parametrize("kind", SourceKind.values)
@pytest.mark.parametrize("processing", Processing.values)
def test_every_source_has_a_rule_of_known_rights_and_evidence(kind, processing):
    rule = rule_for(source_kind=kind, processing=processing, on=TODAY)
    assert rule.rights <= set(Right.values)
    claimed = [(right, basis) for basis, rights in rule.bases.items() for right in rights]
    assert rule.evidence_for(claimed) <= set(rules_on(TODAY)["evidence"])
    assert rule.bases.keys() <= rules_on(TODAY)["bases"].keys()
    assert all(rule.usual_basis(right) for right in rule.rights)
    assert rule.registrable == bool(rule.rights)


def test_an_unknown_source_has_no_rule():
    with pytest.raises(LookupError):
        rule_for(source_kind="FOUND", processing="RAW", on=TODAY)


@pytest.mark.parametrize("venue", ["gzdex", "szdex"])
@pytest.mark.parametrize("day", [date(2026, 1, 1), TODAY])
def test_each_edition_has_known_stages_with_officers_questions_and_limits(venue, day):
    checklist = checklist_of(venue, on=day)
    assert checklist == checklist_named(checklist.edition)
    stages = [stage.code for stage in checklist.stages]
    assert set(stages) <= set(ReviewStage.values)
    assert len(stages) == len(set(stages))
    assert {item.stage for item in checklist.items} == set(stages) - {"COMMITTEE"}  # which votes
    assert {gate.check for gate in checklist.gates} <= set(CHECKS)
    assert all(set(row.label) == set(LANGUAGE_TAGS) for row in [*checklist.gates, *checklist.red_items])
    assert set(checklist.working_days) == {ReviewClock.Kind.ACCEPTANCE, ReviewClock.Kind.DECISION}
    for index, stage in enumerate(checklist.stages):
        assert set(stage.label) == set(LANGUAGE_TAGS)
        assert stage.listing_state in Listing.UNDER_REVIEW
        assert stage.not_by <= set(stages[:index])
        assert any(Permission(stage.permission) in held for held in ROLE_PERMISSIONS.values())
    codes = [item.code for item in checklist.items]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("venue", ["gzdex", "szdex"])
def test_whoever_publishes_has_decided_no_stage_before_and_no_other_role_may_publish(venue):
    *earlier, last = checklist_of(venue, on=TODAY).stages
    assert last.not_by == {stage.code for stage in earlier}
    assert [role for role, held in ROLE_PERMISSIONS.items() if last.permission in held] == [Role.COMPLIANCE_REVIEWER]


def test_stages_differ_by_venue_and_questions_by_product_type():
    guangzhou, shenzhen = (checklist_of(venue, on=TODAY) for venue in ("gzdex", "szdex"))
    assert "PRICE" in [stage.code for stage in guangzhou.plan({"product_type": "DATASET"})]
    assert "PRICE" not in [stage.code for stage in shenzhen.plan({"product_type": "DATASET"})]
    of_a_corpus = {item.code for item in guangzhou.of_stage("SOURCE_RIGHTS", "CORPUS")}
    of_a_dataset = {item.code for item in guangzhou.of_stage("SOURCE_RIGHTS", "DATASET")}
    assert of_a_corpus - of_a_dataset == {"licence_chain_is_traceable"}


def test_an_edition_holds_from_its_day_and_the_first_also_before():
    assert edition_on("checklists/gzdex-*.json", TODAY)["edition"] == "gzdex-2026-11-01"
    assert edition_on("checklists/gzdex-*.json", date(2026, 10, 31))["edition"] == "gzdex-2026-01-01"
    assert edition_on("checklists/gzdex-*.json", date(2020, 1, 1))["edition"] == "gzdex-2026-01-01"


def test_a_venue_without_a_checklist_cannot_review():
    with pytest.raises(LookupError):
        checklist_of("bjdex", on=TODAY)
