"""What an exchange should do with money, as plain integers: knows no code of the house, divides all by itself."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

VENUE_PPM, VENUE_LEAST, BROKER_PPM = 25_000, 100, 50_000  # Guangzhou's first schedules
Holder = tuple[str, str]  # kind of account and owner
CLIENT, ESCROW = ("CLIENT", "buyer"), ("ESCROW", "buyer")
BANK, POSITION = ("BANK", "venue"), ("FX_POSITION", "venue")
EARNS: dict[str, Holder] = {
    "provider": ("PAYABLE", "provider"),
    "venue": ("FEES", "venue"),
    "broker": ("PAYABLE", "broker"),
}


def half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def divided(price: int, *, by_broker: bool) -> dict[str, int]:
    """Return who gets what of a price: first the venue, then the broker, and the provider what remains."""
    fee = min(price, max(VENUE_LEAST, half_up(price * VENUE_PPM, 10**6)))
    commission = min(price - fee, half_up(price * BROKER_PPM, 10**6)) if by_broker else 0
    return {"provider": price - fee - commission, "venue": fee, "broker": commission}


@dataclass
class Trade:
    """An order with its hold and its dispute; amounts in minor units."""

    order_id: UUID
    price: int
    lines: dict[str, int]
    paid_with: int = 0  # of the other currency
    state: str = "FUNDED"
    answered_at: datetime | None = None
    release_at: datetime | None = None
    frozen: int = 0
    refunded: int = 0
    settled: Counter[str] = field(default_factory=Counter)
    gave_back: Counter[str] = field(default_factory=Counter)
    changed_back: tuple[int, int] = (0, 0)  # of the two currencies
    dispute_id: UUID | None = None  # while it is open
    dispute_state: str = ""
    claimed: int = 0
    awarded: int = 0  # by the disputes that have ended
    offer: tuple[UUID, int] | None = None

    @property
    def open(self) -> int:
        return self.price - self.frozen - self.settled.total() - self.refunded

    @property
    def hold_state(self) -> str:
        if self.open or self.frozen:
            return "HELD"
        return "RELEASED" if self.settled else "REFUNDED"

    def next_part(self) -> dict[str, int]:
        """Divide what is open: each fee in proportion to all that is settled by then, the rest for the provider."""
        left, reached = self.open, self.settled.total() + self.open
        part = {}
        for payee in ("venue", "broker"):
            due = self.lines[payee] * reached // self.price - self.settled[payee]
            part[payee] = min(max(due, 0), left)
            left -= part[payee]
        return {"provider": left, **part}

    def parts_of_award(self, amount: int) -> dict[str, int]:
        """Divide what goes back in proportion to what each has; fractions come from the provider, or who else has."""
        payees = sorted(self.settled, key=lambda payee: payee != "provider")  # then who was paid first
        has = {payee: self.settled[payee] - self.gave_back[payee] for payee in payees}
        parts = {payee: held * amount // sum(has.values()) for payee, held in has.items()}
        for payee, held in has.items():
            parts[payee] += min(amount - sum(parts.values()), held - parts[payee])
        return parts


@dataclass
class Model:
    """All trades and all accounts."""

    held: Counter[tuple[str, str, str]]  # kind, owner, currency
    trades: list[Trade] = field(default_factory=list)
    owed: dict[UUID, tuple[Trade, int]] = field(default_factory=dict)  # by disputes that ended after settlement

    def move(self, amount: int, source: Holder, target: Holder, currency: str = "CNY") -> None:
        self.held[*source, currency] -= amount
        self.held[*target, currency] += amount

    def has(self, kind: str, owner: str, currency: str = "CNY") -> int:
        return self.held[kind, owner, currency]

    def those(self, *states: str) -> list[Trade]:
        return [trade for trade in self.trades if trade.state in states]

    def disputed(self, *states: str) -> list[Trade]:
        return [trade for trade in self.trades if trade.dispute_state in states]

    def order(self, trade: Trade) -> None:
        if trade.paid_with:
            self.change(trade.paid_with, trade.price)
        self.move(trade.price, CLIENT, ESCROW)
        self.trades.append(trade)

    def change(self, sold: int, bought: int) -> None:
        self.move(sold, CLIENT, POSITION, "HKD")
        self.move(bought, POSITION, CLIENT)

    def refund(self, trade: Trade, amount: int) -> None:
        """Give back out of escrow, and change it into the currency that it was paid with."""
        trade.refunded += amount
        self.move(amount, ESCROW, CLIENT)
        sold, bought = trade.changed_back
        given = half_up(trade.paid_with * (bought + amount), trade.price) - sold
        if trade.paid_with and given:
            trade.changed_back = sold + given, bought + amount
            self.change(-given, -amount)

    def settle(self, trade: Trade) -> None:
        for who, amount in trade.next_part().items():
            if amount:
                trade.settled[who] += amount
                self.move(amount, ESCROW, EARNS[who])
        if not trade.frozen:
            trade.state = "SETTLED"

    def end_dispute(self, trade: Trade, refund: int) -> None:
        """Give back out of what was frozen; after settlement those who shared in it owe it."""
        assert trade.dispute_id
        if trade.frozen:
            trade.frozen = 0
            self.refund(trade, refund)
            if trade.hold_state == "REFUNDED":
                trade.state = "REJECTED"
        elif refund:
            self.owed[trade.dispute_id] = trade, refund
        trade.dispute_id, trade.dispute_state, trade.offer = None, "", None
        trade.awarded += refund

    def pay(self, dispute_id: UUID) -> bool:
        """Give back what is owed, unless one of them has been paid out too much of it."""
        trade, amount = self.owed[dispute_id]
        parts = trade.parts_of_award(amount)
        if any(part > self.has(*EARNS[who]) for who, part in parts.items() if who != "venue"):
            return False
        for who, part in parts.items():
            trade.gave_back[who] += part
            self.move(part, EARNS[who], CLIENT)
        del self.owed[dispute_id]
        return True
