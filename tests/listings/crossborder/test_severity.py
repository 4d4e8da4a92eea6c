"""More persons or a graver grade never give a lighter route, and answers are the same however they are found."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from accounts.places import jurisdictions
from kernel.digests import canonical_json
from listings.crossborder import route
from listings.crossborder.facts import (
    DIRECTIONS,
    GRADES,
    IMPORTANT_BASES,
    RESTRICTIONS,
    SCENARIOS,
    Exporter,
    Facts,
    Recipient,
    read_facts,
)
from listings.crossborder.route import decide_route, headroom, with_count
from listings.crossborder.rules import GBA_VOLUME_POLICY, rule_sets, rules_named, with_parameter
from listings.crossborder.severity import SEVERITY

EVERY_RULE_SET = st.sampled_from(
    [variant for rules in rule_sets() for variant in (rules, with_parameter(rules, GBA_VOLUME_POLICY, "waived"))]
)
LINES = [0, 1, 9_999, 10_000, 99_999, 100_000, 999_999, 1_000_000]
COUNTS = st.one_of(st.sampled_from(LINES), st.integers(0, 2_000_000))
REGIONS = st.sampled_from([None, "440100", "440305", "440400", "440200", "510100", "310115"])
PLACES = st.one_of(st.sampled_from(["CN", "HK", "MO", "SG"]), st.sampled_from(sorted(jurisdictions())))
SECTORS = st.sampled_from([None, "banking", "health", "retail", "auto", "surveying", "games"])


ANY_GRADE = st.one_of(st.none(), st.sampled_from(sorted(GRADES)))
ANY_COUNT = st.one_of(st.none(), COUNTS)


@st.composite
def transfers(draw, grades=ANY_GRADE, counts=ANY_COUNT):
    exporter, recipient = draw(PLACES), draw(PLACES)
    return Facts(
        direction=draw(st.sampled_from(sorted(DIRECTIONS))),
        exporter=Exporter(
            exporter,
            draw(REGIONS) if exporter == "CN" else None,
            draw(st.sampled_from([None, False, True])),
            draw(st.booleans()),
            draw(st.sampled_from([False, False, True, "nansha", "shanghai"])),
        ),
        recipient=Recipient(recipient, draw(REGIONS) if recipient == "CN" else None),
        effective_date=date(2026, 11, 24),
        grade=draw(grades),
        important_basis=draw(st.sampled_from([None, None, *sorted(IMPORTANT_BASES)])),
        n_general=draw(counts),
        n_sensitive=draw(counts),
        scenario=draw(st.sampled_from(sorted(SCENARIOS))),
        mixes_domestic_pi=draw(st.booleans()),
        hgr=draw(st.booleans()),
        sector=draw(SECTORS),
        onward_transfer_outside_gba=draw(st.booleans()),
        restrictions=draw(st.sampled_from([(), (), (), *((name,) for name in sorted(RESTRICTIONS))])),
        classified_on=draw(st.sampled_from([None, None, date(2026, 11, 1), date(2026, 1, 1)])),
    )


def severity(facts, rules):
    return SEVERITY[decide_route(facts, rules).route]


@given(transfers(counts=COUNTS), EVERY_RULE_SET, COUNTS, COUNTS)
def test_more_persons_never_give_a_lighter_route(facts, rules, more_general, more_sensitive):
    more = replace(facts, n_general=facts.n_general + more_general, n_sensitive=facts.n_sensitive + more_sensitive)
    assert severity(facts, rules) <= severity(more, rules)


@given(transfers(grades=st.just("general")), EVERY_RULE_SET, st.sampled_from([None, *sorted(IMPORTANT_BASES)]))
def test_a_graver_grade_never_gives_a_lighter_route(facts, rules, basis):
    graded = [severity(replace(facts, grade=grade), rules) for grade in ("general", "important", "core")]
    assert graded == sorted(graded)
    assert severity(facts, rules) <= severity(
        replace(facts, important_basis=facts.important_basis or basis), rules
    ) or (facts.exporter.ftz is not False)


@given(transfers(), EVERY_RULE_SET)
def test_the_same_facts_and_rule_set_give_the_same_bytes(facts, rules):
    first = decide_route(facts, rules).canonical()
    route._ANSWERS.clear()
    read_again = read_facts(facts.as_json(), undated=date(1999, 1, 1))
    assert read_again == facts
    assert decide_route(read_again, rules).canonical() == first
    assert canonical_json(decide_route(facts, rules).as_json()) == first


@given(transfers(), EVERY_RULE_SET)
def test_an_answer_found_before_is_the_answer_that_the_rows_give(facts, rules):
    assert decide_route(facts, rules).outcome.members == route._find(facts, rules).members


@given(transfers(), EVERY_RULE_SET)
def test_every_decision_has_one_route_its_reasons_and_its_rule_set(facts, rules):
    decision = decide_route(facts, rules)
    assert decision.route in SEVERITY
    assert decision.route not in decision.alternatives
    assert set(decision.alternatives) == set(decision.as_json()["alternative_sheets"])
    assert [hit["row"] for hit in decision.hits if hit.get("decides")] == [decision.hits[0]["row"]]
    assert (decision.rule_set, decision.rule_set_digest) == (rules.name, rules.digest)
    for hit in decision.hits:
        assert hit["citation"]
        assert hit["marks"]
        assert len(set(hit["reason"].values())) == 3


@given(transfers(counts=COUNTS), EVERY_RULE_SET)
def test_headroom_ends_exactly_at_the_line(facts, rules):
    here = decide_route(facts, rules).route
    for left in headroom(facts, rules):
        now = getattr(facts, left.field)
        assert decide_route(with_count(facts, left.field, now + left.persons), rules).route == here
        assert decide_route(with_count(facts, left.field, now + left.persons + 1), rules).route == left.next_route


@given(transfers(counts=COUNTS), st.integers(0, 3000))
def test_a_decision_stays_what_it_was_whatever_came_into_force_since(facts, days):
    decided_on = replace(facts, effective_date=facts.effective_date - timedelta(days=days % 1500))
    rules = rule_sets()[days % len(rule_sets())]
    decision = decide_route(decided_on, rules)
    assert decide_route(decided_on, rules_named(decision.rule_set)).canonical() == decision.canonical()
