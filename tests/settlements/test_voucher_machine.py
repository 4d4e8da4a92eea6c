"""A machine that ends orders with vouchers in any way and order, beside what buyer and programme should have paid."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

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

from accounts.models import Capacity, Organization
from kernel.actors import SYSTEM
from settlements import escrow
from settlements.fees import FeeLine
from settlements.models import EscrowHold, VoucherGrant, VoucherUse
from settlements.settlement import give_back
from settlements.vouchers import clawbacks, uses
from tests.refusals import refused
from tests.settlements.purse import Kind, assert_books_balance, give, holds
from tests.settlements.vouching import Payment, applied, fen, held, officers, opened, settled
from tests.world import make_member

RICH = 10**6


class Vouchers(RuleBasedStateMachine):
    """Orders end in any way and in any parts, and buyer and programme always bear them in proportion."""

    provider: Organization
    buyers: list[Organization]

    @initialize(
        payment=st.sampled_from(Payment),
        rate=st.integers(1_000, 999_999),
        budget=st.integers(1_000, 30_000),
        prices=st.lists(st.integers(1_000, 20_000), min_size=3, max_size=3),
    )
    def begin(self, payment: str, rate: int, budget: int, prices: list[int]) -> None:
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        cap = budget * 2 // 3
        self.programme = opened(
            budget,
            rate_ppm=rate,
            startup_rate_ppm=None,
            payment=payment,
            applicant_cap_minor=cap,
            order_cap_minor=cap // 5,
            granted_by_rule=True,
        )
        for buyer in self.buyers:
            give(buyer, fen(RICH))
        self.grants = [applied(self.programme, buyer, cap) for buyer in self.buyers]
        self.back: dict[UUID, list[FeeLine]] = {}
        self.clawed: set[UUID] = set()
        # One order is only held, one settled and one certified before anything else happens.
        only_held, only_settled, certified = (held(self.grants[0], self.provider, price) for price in prices)
        settled(only_settled, self.provider)
        settled(certified, self.provider)
        uses.certify(order_id=certified, certificate="GZ-C-1", sellers=[self.provider.pk], actor=SYSTEM)
        # How often something of an order moved: each time may round by one.
        self.moves = {only_held: 0, only_settled: 1, certified: 1}

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    def _hold(self, data: Any, fits: Callable[[EscrowHold], Any]) -> EscrowHold | None:
        found = [hold for order_id in self.moves if fits(hold := EscrowHold.objects.get(order_id=order_id))]
        return data.draw(st.sampled_from(found)) if found else None

    def _kept_by_sellers(self, hold: EscrowHold) -> int:
        return hold.settled_minor - sum(line.amount_minor for line in self.back.get(hold.order_id, []))

    @rule(which=st.integers(0, 1), price=st.integers(2, 20_000))
    def order(self, which: int, price: int) -> None:
        self.programme.refresh_from_db()
        grant = VoucherGrant.objects.get(pk=self.grants[which].pk)
        due = min(price * self.programme.rate_ppm // 10**6, self.programme.order_cap_minor, grant.left_minor)
        if 0 < due <= self.programme.left_minor:
            order_id = held(grant, self.provider, price)
            self.moves[order_id] = 0
            assert VoucherUse.objects.get(order_id=order_id).amount_minor == due
            return
        is_good = grant.state == VoucherGrant.State.ISSUED
        with refused("voucher_exhausted" if is_good and (due or not grant.left_minor) else "voucher_not_usable"):
            held(grant, self.provider, price)

    @precondition(lambda self: self.moves)
    @rule(data=st.data())
    def cancel(self, data: Any) -> None:
        parts = ("frozen_minor", "settled_minor", "refunded_minor")
        if hold := self._hold(data, lambda hold: not any(getattr(hold, part) for part in parts)):
            escrow.refund_order(order_id=hold.order_id, actor=SYSTEM, reason="Cancelled")
            self.moves[hold.order_id] += 1

    @precondition(lambda self: self.moves)
    @rule(data=st.data())
    def freeze(self, data: Any) -> None:
        if hold := self._hold(data, lambda hold: hold.state == "HELD" and not hold.frozen_minor and hold.open.minor):
            amount = data.draw(st.integers(1, hold.open.minor))
            escrow.freeze(hold=hold, amount=fen(amount), actor=SYSTEM, reason="Disputed")

    @precondition(lambda self: self.moves)
    @rule(data=st.data())
    def thaw(self, data: Any) -> None:
        if hold := self._hold(data, lambda hold: hold.frozen_minor):
            refund = data.draw(st.integers(0, hold.frozen_minor))
            escrow.thaw(hold=hold, refund=fen(refund), reference=f"thaw:{uuid4()}", actor=SYSTEM, reason="Ended")
            self.moves[hold.order_id] += 1

    @precondition(lambda self: self.moves)
    @rule(data=st.data(), certified=st.booleans())
    def settle(self, data: Any, certified: bool) -> None:
        if hold := self._hold(data, lambda hold: hold.state == "HELD" and hold.open.minor):
            settled(hold.order_id, self.provider)
            self.moves[hold.order_id] += 1
            if certified and not hold.frozen_minor:
                uses.certify(order_id=hold.order_id, certificate="GZ-C-1", sellers=[self.provider.pk], actor=SYSTEM)

    @precondition(lambda self: self.moves)
    @rule(data=st.data())
    def award(self, data: Any) -> None:
        if hold := self._hold(data, lambda hold: hold.state == "RELEASED" and self._kept_by_sellers(hold)):
            given = give_back(
                order_id=hold.order_id,
                amount=fen(data.draw(st.integers(1, self._kept_by_sellers(hold)))),
                earlier=self.back.get(hold.order_id, []),
                reference=f"award:{uuid4()}",
                actor=SYSTEM,
                reason="Ruled",
            )
            self.back.setdefault(hold.order_id, []).extend(given)
            self.moves[hold.order_id] += 1

    @precondition(lambda self: self.moves)
    @rule(data=st.data())
    def claw_back(self, data: Any) -> None:
        found = [use for order_id in self.moves if (use := VoucherUse.objects.get(order_id=order_id)).kept_minor]
        if found:
            use, (first, second) = data.draw(st.sampled_from(found)), officers()
            amount = data.draw(st.integers(1, use.kept_minor))
            row = clawbacks.propose_clawback(use_id=use.pk, amount=fen(amount), reason="Fraud", actor=first)
            assert clawbacks.approve_clawback(clawback_id=row.pk, actor=second).collected_minor == amount
            self.clawed.add(use.order_id)

    @invariant()
    def every_cent_is_where_the_counts_say(self) -> None:
        if not hasattr(self, "moves"):
            return
        self.programme.refresh_from_db()
        all_uses = list(VoucherUse.objects.filter(programme=self.programme))
        reserved, kept = sum(use.reserved_minor for use in all_uses), sum(use.kept_minor for use in all_uses)
        assert (self.programme.reserved_minor, self.programme.redeemed_minor) == (reserved, kept)
        assert reserved + kept <= self.programme.budget_minor
        assert holds(Kind.VOUCHER, self.programme.funder) == self.programme.left_minor
        assert holds(Kind.ESCROW, self.programme.funder) == reserved
        assert_books_balance()
        # What buyers and programme have spent is what is held of the prices and what the sellers keep of them.
        spent = sum(RICH - holds(Kind.CLIENT, buyer) for buyer in self.buyers) + kept
        if self.programme.payment == Payment.AT_SETTLEMENT:
            spent += reserved  # else the buyer holds the whole price, and this lies beside it
        there = EscrowHold.objects.filter(order_id__in=self.moves)
        assert spent == sum(hold.left_minor + self._kept_by_sellers(hold) for hold in there)

    @invariant()
    def the_programme_bears_its_share_of_what_was_not_given_back(self) -> None:
        for use in VoucherUse.objects.filter(order_id__in=getattr(self, "moves", ())):
            if use.order_id in self.clawed:
                continue
            hold = EscrowHold.objects.get(order_id=use.order_id)
            fair = use.amount_minor * (hold.left_minor + self._kept_by_sellers(hold)) / use.price_minor
            assert abs(use.reserved_minor + use.kept_minor - fair) <= self.moves[use.order_id]


@pytest.mark.django_db
def test_any_run_of_orders_keeps_budget_and_fairness() -> None:
    Vouchers.provider = make_member("gzdex", Capacity.PROVIDER)
    Vouchers.buyers = [make_member("gzdex", Capacity.BUYER) for _ in range(2)]
    checks = list(HealthCheck)
    run_state_machine_as_test(
        Vouchers,
        settings=settings(max_examples=5, stateful_step_count=12, deadline=None, suppress_health_check=checks),
    )
