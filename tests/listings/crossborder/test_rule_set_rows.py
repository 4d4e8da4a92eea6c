"""Rule sets as rows: what the exchange opened with decides; a new one decides once a second person switched it on."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Capacity, Role
from kernel.models import AuditEvent
from listings.crossborder import rule_sets as rule_set_rows
from listings.crossborder import rules
from listings.crossborder.deciding import latest_decision
from listings.crossborder.facts import day_of
from listings.crossborder.rule_sets import load_rule_sets, rules_in_force
from listings.crossborder.rules import read_files, rule_sets
from listings.models import RouteRuleSet
from tests.api.operations import is_problem
from tests.marketplace.crossing import buy, case_of, exportable, is_reproduced, standing
from tests.marketplace.trading import make_buyer
from tests.world import Api, api, make_client, make_member, staff

pytestmark = pytest.mark.django_db
State = RouteRuleSet.State
PATH = "/api/v1/rule-sets"


@pytest.fixture
def officers() -> tuple[Api, Api]:
    people = staff("gzdex", Role.COMPLIANCE_REVIEWER), staff("szdex", Role.COMPLIANCE_REVIEWER)
    first, second = (api(make_client(person)) for person in people)
    return first, second


def stricter(**changes: Any) -> dict[str, Any]:
    """An amendment from next week: whoever sends persons by volume takes the standard contract from one on."""
    newest = rule_sets()[-1]
    row = next(row for row in newest.source["rows"] if row["routes"][0]["route"] == "exempt_volume")
    return {
        "rule_set": "crossborder-next-week",
        "amends": newest.name,
        "effective_from": str(day_of(timezone.now()) + timedelta(days=7)),
        "source": "a draft for comment",
        "verified": False,
        "rows": [row | {"routes": [{"route": "standard_contract"}]}],
    } | changes


def propose(officer: Api, **changes: Any) -> Any:
    return officer.post(PATH, {"body": stricter(**changes)})


def test_an_exchange_opens_with_every_rule_set_of_its_release() -> None:
    rows = RouteRuleSet.objects.all()
    assert {(row.name, row.digest, row.state) for row in rows} == {
        (rules.name, rules.digest, State.SWITCHED_ON) for rules in rule_sets()
    }
    assert load_rule_sets() == []
    shown = api().get(PATH, {"limit": "3"}).json()
    assert (len(shown["items"]), bool(shown["next"])) == (3, True)


def test_a_later_release_only_proposes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for body in [*read_files(rules.FOLDER), stricter()]:
        (tmp_path / f"{body['rule_set']}.json").write_text(json.dumps(body))
    monkeypatch.setattr(rule_set_rows, "FOLDER", tmp_path)
    [row] = load_rule_sets()
    assert (row.name, row.state) == ("crossborder-next-week", State.PROPOSED)
    assert AuditEvent.objects.filter(action="routeruleset.loaded", subject_id=row.pk).exists()


def test_a_second_person_switches_it_on_having_seen_which_open_cases_it_changes(officers: tuple[Api, Api]) -> None:
    first, second = officers
    provider = make_member("gzdex", Capacity.PROVIDER)
    standing(provider)
    case = case_of(buy(exportable(provider, n_general=60_000), make_buyer(jurisdiction="SG")))
    before = latest_decision(case)
    assert before.route == "exempt_volume"

    made = propose(first).json()
    row = f"{PATH}/{made['id']}"
    assert [(each["part"], each["after"]["routes"]) for each in made["changes"]] == [
        ("rows", [{"route": "standard_contract"}])
    ]
    [changed] = second.get(f"{row}/impact").json()
    assert (changed["number"], changed["route_before"], changed["route_after"]) == (
        case.number,
        "exempt_volume",
        "standard_contract",
    )
    assert is_problem(first.post(f"{row}/switch-on", {"reason": "Mine."}), 409)
    switched = second.post(f"{row}/switch-on", {"reason": "Read against the gazette."}).json()
    assert switched["state"] == State.SWITCHED_ON
    event = AuditEvent.objects.filter(action="routeruleset.switched_on").latest("id")
    assert event.details["open_cases_decided_otherwise"] == 1

    # From its day on it decides; the case keeps the decision that it had, byte for byte.
    today, later = day_of(timezone.now()), day_of(timezone.now()) + timedelta(days=7)
    assert (rules_in_force(today).name, rules_in_force(later).name) == (rule_sets()[-1].name, "crossborder-next-week")
    assert latest_decision(case) == before
    assert is_reproduced(before)
    facts = before.body["facts"] | {"effective_date": str(later)}
    assert first.post("/api/v1/routes/decide", facts).json()["decision"]["route"] == "standard_contract"
    for act in ({"body": {}}, {"state": "WITHDRAWN"}):
        with pytest.raises(DatabaseError, match="not changed"), transaction.atomic():
            RouteRuleSet.objects.filter(pk=made["id"]).update(**act)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"rule_set": "Crossborder 1"}, "/body/rule_set"),
        ({"amends": "crossborder-1999-01-01"}, "/body/amends"),
        ({"effective_from": "2026-02-30"}, "/body/effective_from"),
        ({"effective_from": "2026-09-01"}, "/body/effective_from"),
        ({"verified": "yes"}, "/body/verified"),
        ({"rows": [{"id": "1"}]}, "/body/rows/0"),
        ({"rows": "none"}, "/body/rows"),
        ({"repeals": ["no such row"]}, "/body"),
        ({"conditions": {"gba_hk": {"field": "moon", "equals": "full"}}}, "/body"),
        ({"surprise": 1}, "/body"),
    ],
)
def test_a_text_that_is_no_rule_set_is_refused_with_its_place(
    officers: tuple[Api, Api], changes: dict[str, Any], pointer: str
) -> None:
    answer = propose(officers[0], **changes)
    assert is_problem(answer, 400), answer.json()
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert not RouteRuleSet.objects.filter(state=State.PROPOSED).exists()


def test_it_is_revised_withdrawn_and_never_switched_on_for_days_gone_by(officers: tuple[Api, Api]) -> None:
    first, second = officers
    made = propose(first).json()
    row = f"{PATH}/{made['id']}"
    assert is_problem(propose(second), 409)  # the name is taken
    yesterday = str(day_of(timezone.now()) - timedelta(days=1))
    revised = second.put(row, {"body": stricter(rule_set="crossborder-late", effective_from=yesterday)}).json()
    assert (revised["name"], revised["state"]) == ("crossborder-late", State.PROPOSED)
    answer = first.post(f"{row}/switch-on", {"reason": "Late."})
    assert (answer.status_code, answer.json()["code"]) == (409, "rule_set_too_early")
    assert first.post(f"{row}/withdraw", {"reason": "Misread."}).json()["state"] == State.WITHDRAWN
    assert is_problem(first.post(f"{row}/withdraw", {"reason": "Again."}), 409)
    clerk = api(make_client(staff("gzdex", Role.CLERK)))
    assert is_problem(propose(clerk), 403)


def test_the_console_shows_what_changes_keeps_what_was_written_and_switches_on() -> None:
    writer, other = (api(staff(code, Role.COMPLIANCE_REVIEWER)) for code in ("gzdex", "szdex"))
    newest = RouteRuleSet.objects.latest("effective_from")

    def page(row: RouteRuleSet, act: str) -> str:
        return reverse(f"admin:listings_routeruleset_{act}", args=[row.pk])

    def write(body: dict[str, Any]) -> str:
        form = {"body": json.dumps(body)}
        answer = writer.post(page(newest, "amend"), form, format="multipart", idempotency_key=None)
        return str(answer.content.decode())

    refused = write(stricter(rows=[{"id": "1"}]))
    assert "/body/rows/0" in refused
    assert "crossborder-next-week" in refused
    write(stricter())
    made = RouteRuleSet.objects.get(name="crossborder-next-week")
    shown = other.get(page(made, "change")).content.decode()
    assert "+      &quot;route&quot;: &quot;standard_contract&quot;" in shown
    for who, state in ((writer, State.PROPOSED), (other, State.SWITCHED_ON)):
        who.post(page(made, "switch_on"), {"reason": "Read."}, format="multipart", idempotency_key=None)
        made.refresh_from_db()
        assert made.state == state
