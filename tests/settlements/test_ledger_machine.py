"""A machine that posts anything in any order, beside a model of plain integers that must agree with the books."""

from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from kernel.actors import SYSTEM
from settlements import snapshots
from settlements.books import balance, drifts, trial_balance
from settlements.ledger import TransferDraft, post
from settlements.models import Account, Entry
from tests.refusals import refused
from tests.settlements.purse import Kind, account, draft
from tests.world import make_organization

NAMES = ("bank", "fees", "tax", "client", "escrow", "payable", "payout")
HOT = frozenset({"bank", "fees", "tax"})
amounts = st.integers(1, 500)
names = st.sampled_from(NAMES)


class Books(RuleBasedStateMachine):
    @initialize()
    def open(self) -> None:
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        owner = make_organization()
        self.ids: dict[str, UUID] = {
            name: account(Kind(name.upper()), None if name in HOT else owner) for name in NAMES
        }
        self.model = dict.fromkeys(NAMES, 0)
        self.done: list[TransferDraft] = []

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    def _draft(self, source: str, targets: list[tuple[str, int]]) -> tuple[TransferDraft, dict[str, int]]:
        change = dict.fromkeys(NAMES, 0)
        legs = [(self.ids[source], -sum(amount for _name, amount in targets))]
        change[source] += legs[0][1]
        for name, amount in targets:
            legs.append((self.ids[name], amount))
            change[name] += amount
        return draft(*legs), change

    @rule(batch=st.lists(st.tuples(names, st.lists(st.tuples(names, amounts), min_size=1, max_size=4)), max_size=5))
    def post_a_batch(self, batch: list[tuple[str, list[tuple[str, int]]]]) -> None:
        made = [self._draft(source, targets) for source, targets in batch]
        after = {name: held + sum(change[name] for _draft, change in made) for name, held in self.model.items()}
        affordable = all(held >= 0 for name, held in after.items() if name not in HOT)
        drafts = [each for each, _change in made]
        if affordable:
            post(drafts, actor=SYSTEM)
            self.model = after
            self.done += drafts
        else:
            with refused("insufficient_funds"):
                post(drafts, actor=SYSTEM)

    @rule(amount=amounts)
    def pay_in(self, amount: int) -> None:
        each, change = self._draft("bank", [("client", amount)])
        post([each], actor=SYSTEM)
        self.done.append(each)
        self.model = {name: held + change[name] for name, held in self.model.items()}

    @precondition(lambda self: self.done)
    @rule(data=st.data())
    def replay(self, data: Any) -> None:
        post([data.draw(st.sampled_from(self.done))], actor=SYSTEM)

    @rule()
    def take_a_snapshot(self) -> None:
        snapshots.take_and_ask_again()

    @invariant()
    def the_books_agree_with_the_model(self) -> None:
        if not hasattr(self, "model"):
            return
        assert {name: balance(self.ids[name]).minor for name in NAMES} == self.model
        assert set(trial_balance().values()) <= {0}
        assert drifts() == []

    @invariant()
    def every_statement_adds_up(self) -> None:
        if not hasattr(self, "model"):
            return
        for name in set(NAMES) - HOT:
            before = 0
            for amount, after in (
                Entry.objects.filter(account=self.ids[name]).order_by("id").values_list("amount_minor", "balance_minor")
            ):
                assert after == before + amount
                before = after


@pytest.mark.django_db
def test_any_run_of_postings_keeps_the_books() -> None:
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
    assert Account.objects.count() == 0
