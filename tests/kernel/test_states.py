"""One table, one function: every machine of the house obeys the same rules."""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import transaction

from kernel.states import Stateful, mermaid

MACHINES = [model for model in apps.get_models() if issubclass(model, Stateful)]
ROOMS = ("kernel", "accounts", "settlements", "listings", "marketplace")


@pytest.mark.parametrize("model", MACHINES, ids=lambda model: model.__name__)
def test_a_table_names_only_states_of_its_model(model: type[Stateful]) -> None:
    known = set(model.State.values)  # type: ignore[attr-defined]
    named = set(model.MOVES) | {target for targets in model.MOVES.values() for target in targets}
    assert named == known, "every state is reachable or a start, and no other is named"


@pytest.mark.parametrize("model", MACHINES, ids=lambda model: model.__name__)
def test_a_machine_starts_in_its_default_state(model: type[Stateful]) -> None:
    targets = {target for targets in model.MOVES.values() for target in targets}
    start = model._meta.get_field("state").default
    assert start in model.MOVES
    assert set(model.MOVES) - targets <= {start} | model.OTHER_STARTS


def test_a_diagram_draws_every_move() -> None:
    for model in MACHINES:
        picture = mermaid(model)
        for state, targets in model.MOVES.items():
            for target in targets:
                assert f"{state} --> {target}" in picture


def test_nothing_but_advance_assigns_a_state() -> None:
    """Job rows are claimed by SQL in kernel/jobs.py; everything else goes through `advance`."""
    offenders = []
    for room in ROOMS:
        for path in (Path(settings.BASE_DIR) / room).rglob("*.py"):
            if "migrations" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                targets = node.targets if isinstance(node, ast.Assign) else []
                if any(isinstance(target, ast.Attribute) and target.attr == "state" for target in targets):
                    offenders.append(f"{path}:{node.lineno}")
    assert offenders == []


@pytest.mark.django_db(transaction=True)
def test_a_move_needs_a_transaction() -> None:
    from kernel.actors import SYSTEM
    from kernel.models import Certificate
    from kernel.states import advance

    assert not transaction.get_connection().in_atomic_block
    with pytest.raises(RuntimeError):
        advance(Certificate(), to="ISSUED", actor=SYSTEM)


def test_the_page_of_diagrams_is_up_to_date() -> None:
    from django.core.management import call_command

    call_command("draw_states", check=True)
