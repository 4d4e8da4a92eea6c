"""The page of the documentation is drawn from the rule sets and shows all of them."""

import pytest
from django.core.management import call_command

from listings.crossborder.drawing import draw_rules, in_words
from listings.crossborder.rules import rule_sets
from listings.crossborder.severity import SEVERITY


def test_the_page_is_what_the_rule_sets_say():
    call_command("draw_routes", check=True)


@pytest.mark.parametrize("rules", rule_sets(), ids=lambda rules: rules.name)
def test_a_drawing_shows_every_row_and_citation(rules):
    drawn = draw_rules(rules)
    for row in (*rules.rows, *rules.overlays, rules.otherwise):
        assert row.hit["citation"] in drawn
        assert row.hit["reason"]["en"] in drawn
    assert all(f"`{route}`" in drawn for route in SEVERITY)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"field": "n_general", "at_least": 1_000_000}, "`n_general` ≥ 1,000,000"),
        ({"field": "grade", "missing": True}, "`grade` is missing"),
        ({"field": "exporter.city", "in": "gba_cities"}, "`exporter.city` in *gba_cities*"),
        ({"field": "scenario", "in": ["hr", "emergency"]}, "`scenario` in {hr, emergency}"),
        ({"not": {"field": "hgr", "equals": True}}, "not `hgr` = true"),
        (
            {"all": [{"condition": "a"}, {"any": [{"condition": "b"}, {"condition": "c"}]}]},
            "*a* and (*b* or *c*)",
        ),
    ],
)
def test_a_condition_reads_as_a_line(condition, words):
    assert in_words(condition) == words
