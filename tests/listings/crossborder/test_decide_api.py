"""The what-if over HTTP: the same decision as the engine's, how far the next line is, and clear refusals."""

import pytest

from tests.world import api, make_client, make_member, person_of

from .transfers import facts_json

pytestmark = pytest.mark.django_db
PATH = "/api/v1/routes/decide"


@pytest.fixture
def asking():
    return api(make_client(person_of(make_member())))


def test_the_decision_comes_with_its_headroom(asking):
    answer = asking.post(PATH, facts_json(n_general=61_888)).json()
    assert answer["decision"]["route"] == "exempt_volume"
    assert answer["decision"]["rule_set"] == "crossborder-2026-09-01"
    assert {"field": "n_general", "persons": 38_111, "next_route": "standard_contract"} in answer["headroom"]


def test_facts_are_decided_by_the_rules_of_their_day(asking):
    answer = asking.post(PATH, facts_json(effective_date="2024-03-22", n_general=99_999)).json()
    assert answer["decision"]["rule_set"] == "crossborder-2024-03-22"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"n_general": -1}, "/n_general"),
        ({"grade": "secret"}, "/grade"),
        ({"unheard_of": 1}, "/unheard_of"),
        ({"effective_date": "2026-02-30"}, "/effective_date"),
        ({"effective_date": "1999-01-01"}, "/effective_date"),
        ({"exporter": {"region": 7}}, "/exporter/region"),
    ],
)
def test_bad_facts_are_refused_with_the_member_at_fault(asking, changes, pointer):
    refusal = asking.post(PATH, facts_json(**changes))
    assert refusal.status_code == 400
    assert [error["pointer"] for error in refusal.json()["errors"]] == [pointer]


def test_strangers_ask_nothing():
    assert api().post(PATH, facts_json()).status_code == 401
