"""A machine that trades at random, loses its connection and repeats, beside a model of plain integers.

Deposits and their corrections, orders (some over HTTP, some by a broker, some paid in another currency), deliveries,
acceptances also by silence, settlements, cancellations, rejections, disputes to each outcome, awards, payouts,
exchanges and closes of the day, by the public functions and the worker's jobs. Any of them may lose its connection at
some statement, and is then done again. After every step the checks of a commit have run, and each account, order and
hold is what the model says.

At least 10,000 steps in every test run, the same until the machine changes, so that nobody's change fails by another's
luck; `make soak` takes 100,000 others.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, NamedTuple, TypeVar
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from accounts.models import Venue
from kernel import jobs
from kernel.models import Job
from kernel.money import Money
from marketplace import acceptance, dispute_outcomes, disputes, ordering
from marketplace.models import Delivery, Order
from settlements import corrections, periods
from settlements.books import drifts
from settlements.deposits import credit_deposit, enter_deposit
from settlements.exchange_quotes import quote_exchange, use_quote
from settlements.models import AccountingPeriod, Transfer
from settlements.payouts import approve_payout, confirm_paid, refuse_payout, request_payout
from tests.marketplace.money_model import BANK, CLIENT, Model, Trade, divided, half_up
from tests.marketplace.money_world import World
from tests.marketplace.trading import PURPOSE
from tests.refusals import refused
from tests.settlements.exchanging import CNY, HKD

STEPS = int(os.environ.get("SOAK_STEPS", "10000"))
IS_SOAK = "SOAK_STEPS" in os.environ
TOGETHER = 200  # steps of one run from the first books; hypothesis holds not many more
BEGINS = datetime(2026, 3, 2, 1, tzinfo=UTC)  # a Monday in a year with a published calendar
FILING = timedelta(days=90)  # within which an answered delivery is disputed
SELDOM = 20  # a refusal undoes something, whereupon the driver prepares every statement anew
WORK = (
    "delivery.fulfil",
    "delivery.accept_in_silence",
    "order.settle",
    "orders.settle",
    "dispute.negotiation_ends",
    "dispute.pay",
    "ledger.snapshot",
)
HELD = """
SELECT account.kind, account.organization_id, account.currency,
       kept.minor + coalesce((SELECT sum(amount_minor) FROM settlements_unsummedentry
                               WHERE account_id = account.id), 0),
       coalesce((SELECT sum(amount_minor) FROM settlements_entry WHERE account_id = account.id), 0)
  FROM settlements_account account JOIN settlements_balance kept ON kept.account_id = account.id
"""
TRADES = """
SELECT trade.id, trade.state, hold.state, hold.frozen_minor, hold.settled_minor, hold.refunded_minor
  FROM marketplace_order trade JOIN settlements_escrowhold hold ON hold.order_id = trade.id
"""

T = TypeVar("T")
Among = Callable[[Model, "Left"], Sequence[Any]]
Deed = Callable[["Exchange", Any, int, int], None]


class Lost(BaseException):
    """What ends an act in its middle; no handler may take it for a failure that it can answer."""


class Possible(NamedTuple):
    """A deed, how often it is done, and with which of the things that there are."""

    deed: Deed
    weight: int
    among: Among


class Left(NamedTuple):
    """What earlier deeds have left for later ones, beside trades."""

    receipts: list[str]
    payouts: list[tuple[UUID, str, int, str]]  # id, owner, amount, state
    requests: list[tuple[dict[str, Any], str, UUID]]  # body, Idempotency-Key, order


DEEDS: dict[str, Possible] = {}


def often(weight: int, among: Among = lambda _model, _left: (None,)) -> Callable[[Deed], Deed]:
    """Let the machine do the decorated deed so often, while there is something to do it with."""

    def register(deed: Deed) -> Deed:
        DEEDS[deed.__name__] = Possible(deed, weight, among)
        return deed

    return register


@contextmanager
def losing_the_connection(at: int) -> Iterator[None]:
    """Lose it before the `at`-th statement, or before the commit if there are fewer: nothing of the act is left."""
    left = at

    def count(execute: Callable[..., Any], *statement: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            raise Lost
        return execute(*statement)

    with suppress(Lost), transaction.atomic(), connection.execute_wrapper(count):
        yield
        raise Lost


class Exchange(RuleBasedStateMachine):
    world: ClassVar[World]
    done: ClassVar[Counter[str]] = Counter()

    @initialize(release_days=st.integers(0, 1))
    def open(self, release_days: int) -> None:
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        # Days pass and are closed; they are shifted on, not waited for.
        self.travel = time_machine.travel(BEGINS)
        self.clock = self.travel.start()
        Venue.objects.filter(pk=self.world.venue.pk).update(release_working_days=release_days)
        self.model = Model(Counter(self.world.money))
        self.left = Left([], [], [])
        self.period = periods.open_first_period(
            venue=self.world.venue,
            length=AccountingPeriod.Length.DAY,
            first_day=timezone.localdate(),
            actor=self.world.clerk,
        )

    def teardown(self) -> None:
        if hasattr(self, "travel"):
            self.travel.stop()
        if hasattr(self, "savepoint"):
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    # One rule of integers costs hypothesis a tenth of what a rule for each deed does, and no run lacks a deed.
    @rule(
        choice=st.integers(0, 2**16 - 1),
        pick=st.integers(0, 2**16 - 1),
        share=st.integers(0, 100),
        lost_at=st.sampled_from((0,) * 1240 + tuple(range(1, 41))),
    )
    def do(self, choice: int, pick: int, share: int, lost_at: int) -> None:
        found = {name: each.among(self.model, self.left) for name, each in DEEDS.items()}
        names = [name for name, things in found.items() if things for _time in range(DEEDS[name].weight)]
        name = names[choice % len(names)]
        thing = found[name][pick % len(found[name])]
        note(f"{name}: {thing}")
        self.done[name] += 1
        DEEDS[name].deed(self, thing, share, lost_at)

    def _attempt(self, act: Callable[[], T], lost_at: int) -> T:
        """Do an act, and before it, if so asked, do it without its end: nothing is left of that."""
        if lost_at:
            self.done["lost"] += 1
            with losing_the_connection(lost_at):
                act()
            self.compare()
        return act()

    # The first deed, which hypothesis takes for the simplest one and tries alone, costs next to nothing.
    @often(1)
    def let_days_pass(self, _none: None, share: int, _lost_at: int) -> None:
        self.clock.shift(timedelta(days=1 + share % 13))

    # --- money comes -----------------------------------------------------------------------------------------------

    @often(2)
    def deposit(self, _none: None, share: int, lost_at: int) -> None:
        amount = 1 + 613 * share
        receipt = enter_deposit(
            venue=self.world.venue,
            organization=self.world.buyer,
            amount=Money(amount, CNY),
            bank_reference=str(uuid4()),
            received_on=timezone.localdate(),
            actor=self.world.clerk,
        )
        self._attempt(lambda: credit_deposit(deposit_id=receipt.id, actor=self.world.officer), lost_at)
        if share % SELDOM == 1:
            with refused("illegal_state"):
                credit_deposit(deposit_id=receipt.id, actor=self.world.officer)
        self.left.receipts.append(f"deposit:{receipt.id}")
        self.model.move(amount, BANK, CLIENT)

    @often(1, lambda _model, left: left.receipts)
    def take_a_deposit_back(self, reference: str, share: int, lost_at: int) -> None:
        wrong = Transfer.objects.get(reference=reference)
        proposed = corrections.propose_correction(transfer_id=wrong.id, reason="of another", actor=self.world.clerk)

        def act() -> None:
            corrections.post_correction(correction_id=proposed.id, actor=self.world.officer)

        amount = max(wrong.entries.values_list("amount_minor", flat=True))
        if amount > self.model.has(*CLIENT):
            with refused("insufficient_funds"):
                act()
            corrections.refuse_correction(correction_id=proposed.id, reason="spent", actor=self.world.officer)
            return
        self._attempt(act, lost_at)
        self.left.receipts.remove(reference)
        if share % SELDOM == 1:
            with refused("taken_back"):
                corrections.propose_correction(transfer_id=wrong.id, reason="once more", actor=self.world.clerk)
        self.model.move(amount, CLIENT, BANK)

    @often(2)
    def exchange(self, _none: None, share: int, lost_at: int) -> None:
        amount, buyer = 100 + 49 * share, self.world.actors["buyer"]
        quote = quote_exchange(venue=self.world.venue, sell=HKD, buy=CNY, amount=Money(amount, HKD), actor=buyer)
        if amount > self.model.has(*CLIENT, "HKD"):
            with refused("insufficient_funds"):
                use_quote(quote_id=quote.id, actor=buyer)
            return
        self._attempt(lambda: use_quote(quote_id=quote.id, actor=buyer), lost_at)
        if share % SELDOM == 1:
            with refused("exchange_quote_used"):
                use_quote(quote_id=quote.id, actor=buyer)
        self.model.change(amount, half_up(amount * 9, 10))

    # --- trades ----------------------------------------------------------------------------------------------------

    @often(5, lambda _model, _left: range(120))
    def order(self, which: int, _share: int, lost_at: int) -> None:
        plan, by_broker = self.world.plans[which % 5], which % 2 == 1
        over_http, in_other_currency = which % 4 == 0, which % 3 == 0
        buyer, price, sold = self.world.actors["buyer"], plan.price_minor, 0
        wanted = {"listing_id": self.world.listing.id, "plan_id": plan.id, "purpose": PURPOSE}
        wanted |= {"broker_id": self.world.broker.id} if by_broker else {}
        if in_other_currency:
            quote = quote_exchange(venue=self.world.venue, sell=HKD, buy=CNY, amount=Money(price, CNY), actor=buyer)
            wanted["exchange_quote_id"], sold = quote.id, quote.sell.minor
        if sold > self.model.has(*CLIENT, "HKD") or (not sold and price > self.model.has(*CLIENT)):
            with refused("insufficient_funds"):
                ordering.place_order(**wanted, actor=buyer)
            return

        key = str(uuid4())

        def act() -> UUID:
            return self._ask(wanted, key) if over_http else ordering.place_order(**wanted, actor=buyer).id

        trade = Trade(self._attempt(act, lost_at), price, divided(price, by_broker=by_broker), sold)
        self.model.order(trade)
        if over_http:
            self.left.requests.append((wanted, key, trade.order_id))

    def _ask(self, wanted: dict[str, Any], key: str) -> UUID:
        answer = self.world.client.post("/api/v1/orders", wanted, idempotency_key=key)
        assert answer.status_code == 201, answer.json()
        return UUID(answer.json()["id"])

    @often(1, lambda _model, left: left.requests)
    def repeat_a_request(self, request: tuple[dict[str, Any], str, UUID], _share: int, _lost_at: int) -> None:
        wanted, key, order_id = request
        answer = self.world.client.post("/api/v1/orders", wanted, idempotency_key=key)
        assert (answer.status_code, answer.json()["id"]) == (201, str(order_id))
        assert answer.headers["Idempotent-Replayed"] == "true"

    @often(1, lambda model, _left: model.those("FUNDED"))
    def cancel(self, trade: Trade, _share: int, lost_at: int) -> None:
        buyer = self.world.actors["buyer"]
        self._attempt(lambda: ordering.cancel_order(order_id=trade.order_id, reason="No", actor=buyer), lost_at)
        trade.state = "CANCELLED"
        self.model.refund(trade, trade.price)

    @often(5, lambda model, _left: model.those("DELIVERED"))
    def accept(self, trade: Trade, _share: int, lost_at: int) -> None:
        delivery_id, buyer = Delivery.objects.get(order=trade.order_id).id, self.world.actors["buyer"]
        self._attempt(lambda: acceptance.accept_delivery(delivery_id=delivery_id, actor=buyer), lost_at)
        self._accepted(trade)

    def _accepted(self, trade: Trade) -> None:
        trade.state, trade.answered_at = "ACCEPTED", timezone.now()
        trade.release_at = Order.objects.values_list("release_at", flat=True).get(pk=trade.order_id)

    @often(1, lambda model, _left: model.those("DELIVERED"))
    def reject(self, trade: Trade, _share: int, lost_at: int) -> None:
        delivery_id, buyer = Delivery.objects.get(order=trade.order_id).id, self.world.actors["buyer"]

        def act() -> None:
            acceptance.reject_delivery(delivery_id=delivery_id, reason="Empty", actor=buyer)

        if trade.dispute_id:
            with refused("dispute_open"):
                act()
            return
        self._attempt(act, lost_at)
        trade.state = "REJECTED"
        self.model.refund(trade, trade.open)

    # --- disputes --------------------------------------------------------------------------------------------------

    @often(
        3,
        lambda model, _left: [each for each in model.those("DELIVERED", "ACCEPTED", "SETTLED") if not each.dispute_id],
    )
    def dispute(self, trade: Trade, share: int, lost_at: int) -> None:
        claimed = (trade.price - trade.awarded) * share // 100

        def act() -> UUID:
            filed = disputes.file_dispute(
                order_id=trade.order_id,
                kind="QUALITY",
                statement="A third is empty.",
                claimed=Money(claimed, CNY) if claimed else None,
                actor=self.world.actors["buyer"],
            )
            return filed.id

        is_held = trade.hold_state == "HELD"
        is_late = trade.answered_at is not None and timezone.now() > trade.answered_at + FILING
        if is_late or (is_held and claimed > trade.open):
            with refused("too_late" if is_late else "insufficient_escrow"):
                act()
            return
        trade.dispute_id, trade.dispute_state = self._attempt(act, lost_at), "FILED"
        trade.claimed, trade.frozen = claimed, claimed if is_held else 0

    @often(3, lambda model, _left: model.disputed("FILED"))
    def take_a_dispute_on(self, trade: Trade, _share: int, _lost_at: int) -> None:
        disputes.accept_dispute(dispute_id=_id(trade), actor=self.world.mediator)
        trade.dispute_state = "NEGOTIATION"

    @often(2, lambda model, _left: model.disputed("NEGOTIATION", "MEDIATION"))
    def offer_to_end_a_dispute(self, trade: Trade, share: int, _lost_at: int) -> None:
        refund, provider = trade.claimed * share // 100, self.world.actors["provider"]
        made = dispute_outcomes.offer(dispute_id=_id(trade), refund=Money(refund, CNY), note="", actor=provider)
        trade.offer = made.id, refund

    @often(3, lambda model, _left: [trade for trade in model.trades if trade.offer])
    def accept_an_offer(self, trade: Trade, _share: int, lost_at: int) -> None:
        assert trade.offer
        (offer_id, refund), dispute_id, buyer = trade.offer, _id(trade), self.world.actors["buyer"]
        self._attempt(
            lambda: dispute_outcomes.accept_offer(dispute_id=dispute_id, offer_id=offer_id, actor=buyer), lost_at
        )
        self.model.end_dispute(trade, refund)

    @often(1, lambda model, _left: model.disputed("FILED", "NEGOTIATION", "MEDIATION"))
    def let_a_dispute_go(self, trade: Trade, _share: int, lost_at: int) -> None:
        is_filed, dispute_id = trade.dispute_state == "FILED", _id(trade)
        end = dispute_outcomes.dismiss_dispute if is_filed else dispute_outcomes.withdraw_dispute
        by = self.world.mediator if is_filed else self.world.actors["buyer"]
        self._attempt(lambda: end(dispute_id=dispute_id, reason="No facts", actor=by), lost_at)
        self.model.end_dispute(trade, 0)

    @often(1, lambda model, _left: model.disputed("NEGOTIATION", "MEDIATION"))
    def rule_on_a_dispute(self, trade: Trade, share: int, lost_at: int) -> None:
        dispute_id, refund, first = _id(trade), trade.claimed * share // 100, self.world.mediator
        second = self.world.second_mediator
        if trade.dispute_state == "NEGOTIATION":
            disputes.escalate_dispute(dispute_id=dispute_id, reason="In vain", actor=self.world.actors["provider"])
        disputes.refer_dispute(dispute_id=dispute_id, to="LITIGATION", body="A court", reason="In vain", actor=first)
        dispute_outcomes.enter_ruling(dispute_id=dispute_id, refund=Money(refund, CNY), ruling="Case 7", actor=first)
        if share % SELDOM == 1:
            with refused("same_person"):
                dispute_outcomes.confirm_ruling(dispute_id=dispute_id, actor=first)
        self._attempt(lambda: dispute_outcomes.confirm_ruling(dispute_id=dispute_id, actor=second), lost_at)
        self.model.end_dispute(trade, refund)

    # --- money goes, and days --------------------------------------------------------------------------------------

    @often(2, lambda _model, _left: ("provider", "broker"))
    def ask_for_payout(self, owner: str, share: int, lost_at: int) -> None:
        has, asks = self.model.has("PAYABLE", owner), self.world.actors[owner]
        if share % SELDOM == 1:
            with refused("insufficient_funds"):
                request_payout(venue=self.world.venue, amount=Money(has + 1, CNY), actor=asks)
        amount = Money(has * share // 100, CNY)
        if amount.minor:
            asked = self._attempt(lambda: request_payout(venue=self.world.venue, amount=amount, actor=asks), lost_at)
            self.left.payouts.append((asked.id, owner, amount.minor, "REQUESTED"))
            self.model.move(amount.minor, ("PAYABLE", owner), ("PAYOUT", owner))

    @often(3, lambda _model, left: left.payouts)
    def go_on_with_a_payout(self, payout: tuple[UUID, str, int, str], share: int, lost_at: int) -> None:
        payout_id, owner, amount, state = payout
        officer, reference = self.world.officer, str(uuid4())
        self.left.payouts.remove(payout)
        if share < 20:
            self._attempt(lambda: refuse_payout(payout_id=payout_id, reason="No", actor=officer), lost_at)
            self.model.move(amount, ("PAYOUT", owner), ("PAYABLE", owner))
        elif state == "REQUESTED":
            self._attempt(lambda: approve_payout(payout_id=payout_id, actor=officer), lost_at)
            self.left.payouts.append((payout_id, owner, amount, "APPROVED"))
        else:
            self._attempt(lambda: confirm_paid(payout_id=payout_id, bank_reference=reference, actor=officer), lost_at)
            self.model.move(amount, ("PAYOUT", owner), BANK)

    @often(2)
    def close_the_day(self, _none: None, share: int, lost_at: int) -> None:
        period_id, clerk, officer = self.period.id, self.world.clerk, self.world.officer
        was_over = timezone.now() >= self.period.ends_at
        if not was_over:
            if share % SELDOM == 1:
                with refused("period_not_over"):
                    periods.propose_closing(period_id=period_id, actor=clerk)
            self.clock.shift(timedelta(days=1))
        periods.propose_closing(period_id=period_id, actor=clerk)
        if share % SELDOM == 1:
            with refused("same_person"):
                periods.close_period(period_id=period_id, actor=clerk)
        closed = self._attempt(lambda: periods.close_period(period_id=period_id, actor=officer), lost_at)
        self.period = AccountingPeriod.objects.get(venue=self.world.venue, state=AccountingPeriod.State.OPEN)
        if was_over:  # something may have been posted since
            return
        frozen = Counter({(row["kind"], row["currency"]): row["minor"] for row in closed.trial_balance})
        for (kind, _owner, currency), amount in self.model.held.items():
            frozen[kind, currency] -= amount
        assert not any(frozen.values())

    # --- the worker ------------------------------------------------------------------------------------------------

    @often(14, lambda model, _left: model.trades and (None,))
    def work(self, _none: None, _share: int, lost_at: int) -> None:
        job = jobs.claim(kinds=WORK)
        if job is None:
            return
        if lost_at:
            self.done["lost"] += 1
            with losing_the_connection(lost_at):
                jobs.run(job)
            self.compare()
            assert job.leased_until
            self.clock.move_to(job.leased_until + timedelta(seconds=1))  # then another worker finds it
            while (again := jobs.claim(kinds=WORK)) is not None and again.pk != job.pk:
                self._run(again)  # what is due at the same moment, as silences are
            assert again is not None
            assert again.attempts == job.attempts + 1
            job = again
        self._run(job)

    def _run(self, job: Job) -> None:
        self.done[job.kind] += 1
        jobs.run(job)
        is_done = Job.objects.get(pk=job.pk).state == Job.State.DONE
        assert is_done == self._worked(job), job.kind

    def _worked(self, job: Job) -> bool:
        """Let the model do what the job had to do, and return whether it could be done."""
        match job.kind:
            case "delivery.fulfil":
                self._of_delivery(job).state = "DELIVERED"
            case "delivery.accept_in_silence":
                if not (trade := self._of_delivery(job)).dispute_id:
                    self._accepted(trade)
            case "order.settle" | "orders.settle":
                now = timezone.now()
                for trade in self.model.those("ACCEPTED"):
                    assert trade.release_at
                    if job.subject_id == trade.order_id or (job.subject_id is None and trade.release_at <= now):
                        self.model.settle(trade)
            case "dispute.negotiation_ends":
                for trade in self.model.disputed("NEGOTIATION"):
                    if trade.dispute_id == job.subject_id:
                        trade.dispute_state = "MEDIATION"
            case "dispute.pay":
                return self.model.pay(UUID(job.key))
        return True

    def _of_delivery(self, job: Job) -> Trade:
        order_id = Delivery.objects.values_list("order_id", flat=True).get(pk=job.subject_id)
        return next(trade for trade in self.model.trades if trade.order_id == order_id)

    # --- after every step ------------------------------------------------------------------------------------------

    @invariant()
    def compare(self) -> None:
        """Run the checks of a commit, and compare every account, order and hold with the model."""
        connection.check_constraints()
        with connection.cursor() as cursor:
            cursor.execute(HELD)
            accounts = cursor.fetchall()
            cursor.execute(TRADES)
            trades = {order_id: row for order_id, *row in cursor.fetchall()}
        kept, entered = (
            {(row[0], self.world.owners[row[1]], row[2]): int(row[column]) for row in accounts if row[column]}
            for column in (3, 4)
        )
        assert kept == {key: amount for key, amount in self.model.held.items() if amount}
        assert entered == kept
        assert trades == {
            trade.order_id: [trade.state, trade.hold_state, trade.frozen, trade.settled.total(), trade.refunded]
            for trade in self.model.trades
        }


def _id(trade: Trade) -> UUID:
    assert trade.dispute_id
    return trade.dispute_id


@pytest.mark.django_db
def test_any_run_of_acts_keeps_the_money_where_it_belongs() -> None:
    with time_machine.travel(BEGINS - timedelta(hours=1)):
        Exchange.world = World()
    Exchange.done.clear()
    while (left := STEPS - sum(Exchange.done[name] for name in DEEDS)) > 0:
        run_state_machine_as_test(
            Exchange,
            settings=settings(
                max_examples=-(-left // TOGETHER),
                stateful_step_count=TOGETHER,
                deadline=None,
                phases=(Phase.generate,),
                derandomize=not IS_SOAK,
                suppress_health_check=list(HealthCheck),
            ),
        )
    never = {*DEEDS, *WORK, "lost"} - Exchange.done.keys()
    assert never <= {"dispute.negotiation_ends"}, "which takes ten working days without an outcome; the rest is common"
    assert drifts() == []
