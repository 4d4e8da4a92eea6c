"""Money in the hands of tests: accounts opened and funded as the real acts would leave them."""

from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import Organization, Role
from kernel.actors import SYSTEM
from kernel.money import Currency, Money
from settlements import corrections, periods
from settlements.books import balance, drifts, trial_balance
from settlements.chart import AccountKey, open_accounts
from settlements.fees import Deal
from settlements.ledger import Leg, TransferDraft, post
from settlements.models import Account, AccountingPeriod, Correction, DealOrigin, Transfer
from tests.world import actor, make_organization, staff, venue

CNY = Currency.CNY
Kind = Account.Kind
_numbers = count(1)


def yuan(amount: int | float) -> Money:
    """Return an amount of yuan; cents after the point."""
    return Money(round(amount * 100), CNY)


def account(
    kind: Account.Kind, owner: Organization | None = None, code: str = "gzdex", currency: Currency = CNY
) -> UUID:
    """Return the id of an account, opened when there is none."""
    with transaction.atomic():
        [account_id] = open_accounts(AccountKey(kind, venue(code).id, currency, owner.id if owner else None))
    return account_id


def holds(kind: Account.Kind, owner: Organization | None = None, code: str = "gzdex") -> int:
    """Return the minor units that an account holds."""
    return balance(account(kind, owner, code)).minor


def deal(
    provider: Organization | None = None,
    buyer: Organization | None = None,
    broker: Organization | None = None,
    **fields: Any,
) -> Deal:
    """Return a deal at the list price about a dataset, between mainland organizations unless others are named."""
    usual = {"product_type": "DATASET", "origin": DealOrigin.LIST_PRICE}
    return Deal(provider or make_organization(), buyer or make_organization(), broker, **(usual | fields))


def draft(*legs: tuple[UUID, int], reference: str | None = None, code: str = "gzdex", memo: str = "") -> TransferDraft:
    """Return a transfer of these legs, under a reference of its own unless one is given."""
    return TransferDraft(
        kind=Transfer.Kind.SETTLEMENT,
        reference=reference or f"test:{next(_numbers)}",
        venue_id=venue(code).id,
        legs=tuple(Leg(account_id, amount) for account_id, amount in legs),
        memo=memo,
    )


def posted(*drafts: TransferDraft) -> list[Transfer]:
    """Post a batch in a transaction of its own."""
    with transaction.atomic():
        return post(drafts, actor=SYSTEM)


def give(owner: Organization, amount: Money, kind: Account.Kind = Kind.CLIENT, code: str = "gzdex") -> UUID:
    """Bring money from the bank to an organization's account, and return the account."""
    receiver = account(kind, owner, code)
    posted(draft((account(Kind.BANK, None, code), -amount.minor), (receiver, amount.minor), code=code))
    return receiver


def assert_books_balance() -> None:
    """The trial balance is zero in every currency, and every kept balance is the sum of its entries."""
    assert set(trial_balance().values()) <= {0}
    assert drifts() == []


def kept_books(code: str = "gzdex") -> tuple[AccountingPeriod, Correction]:
    """Let the venue's staff propose to close the day before yesterday, and to take back its first transfer; once."""
    if (begun := AccountingPeriod.objects.filter(venue=venue(code)).first()) is not None:
        return begun, Correction.objects.get(venue=venue(code))
    officer = actor(staff(code, Role.SETTLEMENT_OFFICER))
    past = timezone.now().astimezone(venue(code).zone).date() - timedelta(days=2)
    period = periods.open_first_period(
        venue=venue(code), length=AccountingPeriod.Length.DAY, first_day=past, actor=officer
    )
    wrong = Transfer.objects.filter(venue=venue(code)).earliest("id")
    correction = corrections.propose_correction(transfer_id=wrong.id, reason="Entered twice", actor=officer)
    return periods.propose_closing(period_id=period.id, actor=officer), correction
