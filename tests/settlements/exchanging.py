"""Rates of exchange in the hands of tests, entered as an officer would."""

from datetime import datetime, timedelta
from typing import Any

from accounts.models import Organization, Role
from kernel.money import Currency, Money
from settlements.exchange_quotes import quote_exchange
from settlements.exchange_rates import database_now, enter_rate
from settlements.models import ExchangeQuote, ExchangeRate
from tests.settlements.purse import Kind, account, draft, posted
from tests.world import actor, person_of, staff, venue

CNY, HKD, MOP = Currency


def rate(pair: str = "HKD/CNY", value: str = "0.9", *, age: timedelta = timedelta(0), **fields: Any) -> ExchangeRate:
    """Return a rate that an officer has entered, observed `age` ago."""
    base, _slash, counter = pair.partition("/")
    at: datetime = database_now() - age
    named = {"venue": venue(), "source": "PBOC", "observed_at": at, "actor": actor(staff(role=Role.SETTLEMENT_OFFICER))}
    return enter_rate(**(named | {"base": base, "counter": counter, "rate": value} | fields))


def purse(owner: Organization, amount: str, currency: Currency) -> None:
    """Bring money of a currency from the bank to an organization's available funds."""
    minor = round(float(amount) * 100)
    bank = account(Kind.BANK, currency=currency)
    posted(draft((bank, -minor), (account(Kind.CLIENT, owner, currency=currency), minor)))


def quoted(owner: Organization, amount: Money, sell: Currency = HKD, buy: Currency = CNY) -> ExchangeQuote:
    """Return a quote that the organization has asked for."""
    return quote_exchange(venue=venue(), sell=sell, buy=buy, amount=amount, actor=actor(person_of(owner)))
