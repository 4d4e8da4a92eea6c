"""A machine that does anything with money in any order, crashes and repeats, beside a model of plain integers.

After every step each account holds what the model says. `make soak` takes ten thousand steps.
"""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.models import Capacity
from kernel.actors import SYSTEM
from kernel.money import Money
from settlements import corrections, escrow, fees, periods, snapshots
from settlements.books import drifts
from settlements.deposits import credit_deposit, enter_deposit
from settlements.exchange_quotes import use_quote
from settlements.fees import FeeLine
from settlements.models import AccountingPeriod, Entry, EscrowHold, Payee, Payout, Transfer
from settlements.models.trade import LineKey
from settlements.payouts import approve_payout, confirm_paid, refuse_payout, request_payout
from settlements.settlement import SettlementDraft, give_back, settle
from tests.refusals import refused
from tests.settlements.banking import custody, officers, payee
from tests.settlements.exchanging import CNY, HKD, purse, quoted, rate
from tests.settlements.purse import Kind, account, deal, draft, posted
from tests.world import actor, make_member, person_of, venue

STEPS = int(os.environ.get("SOAK_STEPS", "600"))
TOGETHER = 100  # steps of one run from empty books
amounts = st.integers(1, 60_000)
shares = st.integers(1, 100)
KIND_OF = {Payee.PROVIDER: "PAYABLE", Payee.VENUE: "FEES"}


class Crash(Exception):
    """What ends an act in its middle, as a lost connection would."""


def crash(act: Callable[[], object]) -> None:
    """Do an act, and lose the connection before it is committed."""

    def broken() -> None:
        with transaction.atomic():
            act()
            raise Crash

    with pytest.raises(Crash):
        broken()


@dataclass
class Trade:
    order_id: UUID
    gross: int
    lines: list[FeeLine]
    frozen: int = 0
    settled: Counter[LineKey] = field(default_factory=Counter)
    refunded: int = 0
    parts: int = 0
    gave_back: list[FeeLine] = field(default_factory=list)

    @property
    def open(self) -> int:
        return self.gross - self.frozen - self.settled.total() - self.refunded

    @property
    def returnable(self) -> int:
        return self.settled.total() - sum(line.amount_minor for line in self.gave_back)


class Exchange(RuleBasedStateMachine):
    @initialize()
    def open(self) -> None:
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        # Long enough ago for days to pass and be closed; those that follow are shifted on, not waited for.
        self.travel = time_machine.travel(timezone.now() - timedelta(days=2 * TOGETHER))
        self.clock = self.travel.start()
        self.venue = venue()
        self.buyer = make_member("gzdex", Capacity.BUYER)
        self.provider = make_member("gzdex", Capacity.PROVIDER)
        self.clerk, self.officer = officers()
        custody()
        payee(self.provider)
        rate("HKD/CNY", "0.9")
        self.trades: list[Trade] = []
        self.payouts: list[Payout] = []
        self.model: Counter[tuple[str, str]] = Counter()
        self.receipts: list[str] = []
        self.bank, self.fees = account(Kind.BANK), account(Kind.FEES)
        day = timezone.localdate()
        self.period = periods.open_first_period(
            venue=self.venue, length=AccountingPeriod.Length.DAY, first_day=day, actor=self.clerk
        )

    def teardown(self) -> None:
        if hasattr(self, "travel"):
            self.travel.stop()
        if hasattr(self, "savepoint"):
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    def _move(self, amount: int, source: str, target: str, currency: str = "CNY") -> None:
        self.model[source, currency] -= amount
        self.model[target, currency] += amount

    def _trade(self, data: Any, fits: Callable[[Trade], bool]) -> Trade | None:
        found = [trade for trade in self.trades if fits(trade)]
        return data.draw(st.sampled_from(found)) if found else None

    def _got(self, trade: Trade) -> list[FeeLine]:
        return [replace(line, amount_minor=trade.settled[line.key]) for line in trade.lines]

    def _hold(self, trade: Trade) -> EscrowHold:
        return EscrowHold.objects.get(order_id=trade.order_id)

    @rule(amount=amounts, crashes=st.booleans())
    def deposit(self, amount: int, crashes: bool) -> None:
        receipt = enter_deposit(
            venue=self.venue,
            organization=self.buyer,
            amount=Money(amount, CNY),
            bank_reference=str(uuid4()),
            received_on=timezone.localdate(),
            actor=self.clerk,
        )
        if crashes:
            crash(lambda: credit_deposit(deposit_id=receipt.id, actor=self.officer))
        credit_deposit(deposit_id=receipt.id, actor=self.officer)
        with refused("illegal_state"):
            credit_deposit(deposit_id=receipt.id, actor=self.officer)
        self.receipts.append(f"deposit:{receipt.id}")
        self._move(amount, "BANK", "CLIENT")

    @precondition(lambda self: self.receipts)
    @rule(data=st.data(), crashes=st.booleans())
    def take_a_deposit_back(self, data: Any, crashes: bool) -> None:
        wrong = Transfer.objects.get(reference=data.draw(st.sampled_from(self.receipts)))
        proposed = corrections.propose_correction(transfer_id=wrong.id, reason="booked to another", actor=self.clerk)

        def act() -> None:
            corrections.post_correction(correction_id=proposed.id, actor=self.officer)

        amount = max(wrong.entries.values_list("amount_minor", flat=True))
        if amount > self.model["CLIENT", "CNY"]:
            with refused("insufficient_funds"):
                act()
            corrections.refuse_correction(correction_id=proposed.id, reason="spent", actor=self.officer)
            return
        if crashes:
            crash(act)
        act()
        self.receipts.remove(wrong.reference)
        with refused("taken_back"):
            corrections.propose_correction(transfer_id=wrong.id, reason="once more", actor=self.clerk)
        memo = Transfer.objects.get(reference=f"correction:{proposed.id}").memo
        assert memo.startswith(wrong.reference), "a correction names what it corrects"
        self._move(amount, "CLIENT", "BANK")

    @rule(crashes=st.booleans())
    def close_the_day(self, crashes: bool) -> None:
        with refused("period_not_over"):
            periods.propose_closing(period_id=self.period.id, actor=self.clerk)
        over = timezone.now()
        self.clock.shift(timedelta(days=1))
        periods.propose_closing(period_id=self.period.id, actor=self.clerk)
        with refused("same_person"):
            periods.close_period(period_id=self.period.id, actor=self.clerk)
        if crashes:
            crash(lambda: periods.close_period(period_id=self.period.id, actor=self.officer))
        closed = periods.close_period(period_id=self.period.id, actor=self.officer)
        frozen = {(row["kind"], row["currency"]): row["minor"] for row in closed.trial_balance if row["minor"]}
        assert frozen == {key: amount for key, amount in self.model.items() if amount}
        with pytest.raises(IntegrityError, match="closed"), transaction.atomic(), time_machine.travel(over):
            posted(draft((self.bank, -1), (self.fees, 1)))
        self.period = AccountingPeriod.objects.get(state=AccountingPeriod.State.OPEN)

    @rule(amount=st.integers(1, 20_000))
    def place(self, amount: int) -> None:
        gross, order_id = Money(amount, CNY), uuid4()
        if amount > self.model["CLIENT", "CNY"]:
            with refused("insufficient_funds"):
                escrow.hold(order_id=order_id, venue=self.venue, payer=self.buyer, amount=gross, actor=SYSTEM)
            return
        for _time in range(2):
            escrow.hold(order_id=order_id, venue=self.venue, payer=self.buyer, amount=gross, actor=SYSTEM)
        terms = deal(self.provider, self.buyer, None)
        lines = fees.quote(venue=self.venue, gross=gross, on=timezone.localdate(), deal=terms)
        self.trades.append(Trade(order_id, amount, lines))
        self._move(amount, "CLIENT", "ESCROW")

    @precondition(lambda self: self.trades)
    @rule(data=st.data(), share=shares)
    def freeze(self, data: Any, share: int) -> None:
        trade = self._trade(data, lambda trade: trade.open > 0 and not trade.frozen)
        if trade is None:
            return
        part = max(1, trade.open * share // 100)
        escrow.freeze(hold=self._hold(trade), amount=Money(part, CNY), actor=SYSTEM, reason="disputed")
        trade.frozen = part
        with refused("escrow_frozen"):
            escrow.refund(hold=self._hold(trade), actor=SYSTEM, reason="too early")

    @precondition(lambda self: self.trades)
    @rule(data=st.data(), share=st.integers(0, 100))
    def thaw(self, data: Any, share: int) -> None:
        trade = self._trade(data, lambda trade: trade.frozen > 0)
        if trade is None:
            return
        back = trade.frozen * share // 100
        escrow.thaw(
            hold=self._hold(trade), refund=Money(back, CNY), reference=f"{uuid4()}", actor=SYSTEM, reason="ruled"
        )
        trade.frozen, trade.refunded = 0, trade.refunded + back
        self._move(back, "ESCROW", "CLIENT")

    @precondition(lambda self: self.trades)
    @rule(data=st.data(), crashes=st.booleans())
    def settle(self, data: Any, crashes: bool) -> None:
        trade = self._trade(data, lambda trade: trade.open > 0)
        if trade is None:
            return
        lines = trade.lines
        if trade.open != trade.gross:
            lines = fees.portion(lines, trade.open, before=trade.settled)
        hold, part = self._hold(trade), trade.parts + 1
        draft = SettlementDraft(trade.order_id, self.venue.id, hold, hold.open, lines, self.provider.id, None, part)
        if crashes:
            crash(lambda: settle([draft], actor=SYSTEM))
            hold.refresh_from_db()
        settle([draft], actor=SYSTEM)
        trade.parts = part
        for line in lines:
            trade.settled[line.key] += line.amount_minor
            self._move(line.amount_minor, "ESCROW", KIND_OF[line.payee])

    @precondition(lambda self: self.trades)
    @rule(data=st.data())
    def refund(self, data: Any) -> None:
        trade = self._trade(data, lambda trade: trade.open == trade.gross)
        if trade is None:
            return
        for _time in range(2):
            escrow.refund_order(order_id=trade.order_id, actor=SYSTEM, reason="cancelled")
        trade.refunded = trade.gross
        self._move(trade.gross, "ESCROW", "CLIENT")

    @precondition(lambda self: self.trades)
    @rule(data=st.data(), share=shares)
    def give_back(self, data: Any, share: int) -> None:
        trade = self._trade(data, lambda trade: trade.returnable > 0)
        if trade is None:
            return
        amount = Money(max(1, trade.returnable * share // 100), CNY)

        def act() -> list[FeeLine]:
            return give_back(
                order_id=trade.order_id,
                amount=amount,
                earlier=trade.gave_back,
                reference=f"{uuid4()}",
                actor=SYSTEM,
                reason="ruled",
            )

        earned = Money(self.model["PAYABLE", "CNY"], CNY)
        lines = fees.divide_back(fees.left_of(self._got(trade), trade.gave_back), amount.minor)
        if sum(line.amount_minor for line in lines if line.payee is Payee.PROVIDER) > earned.minor:
            with refused("insufficient_funds"):  # the provider has asked for it to be paid out already
                act()
            return
        given = act()
        assert sum(line.amount_minor for line in given) == amount.minor
        trade.gave_back += given
        for line in given:
            self._move(line.amount_minor, KIND_OF[line.payee], "CLIENT")
        left = Counter(trade.settled)
        for line in trade.gave_back:
            left[line.key] -= line.amount_minor
        assert min(left.values()) >= 0

    @rule(share=shares)
    def ask_for_payout(self, share: int) -> None:
        has = self.model["PAYABLE", "CNY"]
        asks = actor(person_of(self.provider))
        with refused("insufficient_funds"):
            request_payout(venue=self.venue, amount=Money(has + 1, CNY), actor=asks)
        if amount := has * share // 100:
            self.payouts.append(request_payout(venue=self.venue, amount=Money(amount, CNY), actor=asks))
            self._move(amount, "PAYABLE", "PAYOUT")

    @precondition(lambda self: self.payouts)
    @rule(data=st.data(), ends=st.sampled_from(["paid", "refused"]))
    def end_payout(self, data: Any, ends: str) -> None:
        payout = data.draw(st.sampled_from(self.payouts))
        self.payouts.remove(payout)
        if ends == "refused":
            refuse_payout(payout_id=payout.id, reason="no invoice", actor=self.officer)
        else:
            approve_payout(payout_id=payout.id, actor=self.officer)
            confirm_paid(payout_id=payout.id, bank_reference=str(uuid4()), actor=self.officer)
        self._move(payout.amount_minor, "PAYOUT", "BANK" if ends == "paid" else "PAYABLE")

    @rule(amount=st.integers(100, 50_000))
    def exchange(self, amount: int) -> None:
        purse(self.buyer, f"{amount / 100:.2f}", HKD)
        quote = quoted(self.buyer, Money(amount, HKD))
        use_quote(quote_id=quote.id, actor=actor(person_of(self.buyer)))
        with refused("exchange_quote_used"):
            use_quote(quote_id=quote.id, actor=actor(person_of(self.buyer)))
        self._move(amount, "BANK", "FX_POSITION", "HKD")
        self._move(quote.buy.minor, "FX_POSITION", "CLIENT")

    @rule()
    def take_a_snapshot(self) -> None:
        snapshots.take_and_ask_again()
        assert drifts() == []

    @invariant()
    def every_account_holds_what_the_model_says(self) -> None:
        if not hasattr(self, "model"):
            return
        kinds = Entry.objects.values_list("account__kind", "currency").annotate(held=Sum("amount_minor"))
        held = {(kind, currency): amount for kind, currency, amount in kinds if amount}
        assert held == {key: amount for key, amount in self.model.items() if amount}


@pytest.mark.django_db
def test_any_run_of_acts_keeps_the_money_where_it_belongs() -> None:
    run_state_machine_as_test(
        Exchange,
        settings=settings(
            max_examples=max(1, STEPS // TOGETHER),
            stateful_step_count=TOGETHER,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert not Entry.objects.exists(), "each run starts from empty books"
