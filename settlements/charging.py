"""Take what a charge comes to from the buyer's available funds and divide it; give back what a credit note says.

An order's price is held until the buyer accepts. What a charge is for has been used, or begins with its payment:
nothing is left to be accepted, so that one transfer takes the money and divides it.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction

from kernel.actors import Actor
from kernel.money import Currency, Money
from settlements import withholding
from settlements.chart import AccountKey, open_accounts
from settlements.fees import FeeLine, total_of
from settlements.ledger import Leg, TransferDraft, post
from settlements.models import Account, Payee, Transfer, Withholding
from settlements.settlement import ACCOUNT_OF_PAYEE
from settlements.vouchers import uses


@transaction.atomic
def take(
    *,
    charge_id: UUID,
    venue_id: UUID,
    payer_id: UUID,
    gross: Money,
    lines: Sequence[FeeLine],
    owners: Mapping[Payee, UUID | None],
    memo: str,
    actor: Actor,
) -> Transfer:
    """Move `gross` from the payer's available funds to those named by `lines`, once per charge.

    It is the price and the fees on top. `owners` says whose earnings the provider's and the broker's lines are. Raises
    ValueError when the lines do not sum to the gross, Problem `insufficient_funds`; the transaction stays usable.
    """
    if gross.minor <= 0 or total_of(lines) != gross.minor:
        raise ValueError("the lines do not sum to a positive gross")
    lines = [line for line in lines if line.amount_minor]
    payer, *takers = _accounts(venue_id, payer_id, gross.currency, lines, owners)
    parts = (Leg(taker, line.amount_minor) for taker, line in zip(takers, lines, strict=True))
    draft = TransferDraft(
        kind=Transfer.Kind.CHARGE,
        reference=f"charge:{charge_id}",
        venue_id=venue_id,
        legs=(Leg(payer, -gross.minor), *parts),
        memo=memo,
    )
    _record(charge_id, venue_id, payer_id, gross.currency, lines, owners)
    return post([draft], actor=actor)[0]


@transaction.atomic
def give_back(
    *,
    credit_id: UUID,
    charge_id: UUID,
    venue_id: UUID,
    payer_id: UUID,
    currency: Currency,
    parts: Sequence[FeeLine],
    left_minor: int,
    owners: Mapping[Payee, UUID | None],
    memo: str,
    actor: Actor,
) -> Transfer:
    """Move the parts of a credit note (red entry) from those who were paid back to the payer's available funds, once.

    A voucher that paid a part of the charge has its share of `left_minor`, which the payees had until then, back.
    Raises Problem `insufficient_funds` where a payee has had its part paid out already.
    """
    payer, *takers = _accounts(venue_id, payer_id, currency, parts, owners)
    back = Money(total_of(parts), currency)
    legs = [Leg(taker, -part.amount_minor) for taker, part in zip(takers, parts, strict=True)]
    draft = TransferDraft(
        kind=Transfer.Kind.CREDIT_NOTE,
        reference=f"credit-note:{credit_id}",
        venue_id=venue_id,
        legs=(*uses.award_legs(charge_id, back, left_minor, client=payer, actor=actor, reason=memo), *legs),
        memo=memo,
    )
    _record(charge_id, venue_id, payer_id, currency, parts, owners, sign=-1)
    return post([draft], actor=actor)[0]


def _accounts(
    venue_id: UUID, payer_id: UUID, currency: Currency, lines: Sequence[FeeLine], owners: Mapping[Payee, UUID | None]
) -> list[UUID]:
    return open_accounts(
        AccountKey(Account.Kind.CLIENT, venue_id, currency, payer_id),
        *(AccountKey(ACCOUNT_OF_PAYEE[line.payee], venue_id, currency, owners.get(line.payee)) for line in lines),
    )


def _record(
    charge_id: UUID,
    venue_id: UUID,
    payer_id: UUID,
    currency: Currency,
    lines: Sequence[FeeLine],
    owners: Mapping[Payee, UUID | None],
    sign: int = 1,
) -> None:
    withholding.record(
        source=Withholding.Source.CHARGE,
        source_id=charge_id,
        venue_id=venue_id,
        payer_id=payer_id,
        currency=currency,
        lines=lines,
        owners=owners,
        sign=sign,
    )
