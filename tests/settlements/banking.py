"""Banks in the hands of tests: custody and payee accounts in use, payouts approved, batches with their files."""

from itertools import count
from typing import Any

from accounts.models import Organization, Role
from kernel.money import Currency, Money
from settlements.bank_accounts import (
    Details,
    propose_custody_account,
    register_payee_account,
    use_custody_account,
    verify_payee_account,
)
from settlements.models import CustodyAccount, PayeeAccount, Payout, PayoutBatch
from settlements.payout_batches import check_batch, gather_batch, produce_file
from settlements.payouts import approve_payout, request_payout
from tests.settlements.purse import Kind, give, yuan
from tests.world import actor, make_person, operator_of, person_of, staff, venue

CUSTODY_NUMBER = "3602000109200123456"
_numbers = count(1)


def details(**fields: Any) -> Details:
    """Return an account at a mainland bank, another for every call."""
    named = {"bank_name": "中国工商银行广州南沙支行", "bank_code": "102581000013", "currency": Currency.CNY}
    return Details(**({"number": f"62220200{next(_numbers):08d}"} | named | fields))


def officers(code: str = "gzdex") -> tuple[Any, Any]:
    """Return the actors of two settlement officers of a venue."""
    first = staff(code, Role.SETTLEMENT_OFFICER)
    others = operator_of(code).affiliations.filter(role=Role.SETTLEMENT_OFFICER).exclude(person=first)
    second = others.order_by("id").first()
    return actor(first), actor(second.person if second else make_person(operator_of(code), Role.SETTLEMENT_OFFICER))


def custody(code: str = "gzdex", layout: str = "PAIN_001", **fields: Any) -> CustodyAccount:
    """Return the venue's custody account in use, made when there is none."""
    found = CustodyAccount.objects.filter(venue__code=code, state=CustodyAccount.State.IN_USE, layout=layout).first()
    if found is not None:
        return found
    maker, checker = officers(code)
    proposed = propose_custody_account(
        venue=venue(code),
        details=details(**({"number": CUSTODY_NUMBER} | fields)),
        holder_name="广州数据交易所有限公司客户资金专户",
        layout=layout,
        actor=maker,
    )
    return use_custody_account(account_id=proposed.id, actor=checker)


def payee(organization: Organization, code: str = "gzdex", **fields: Any) -> PayeeAccount:
    """Return a verified account of an organization."""
    account = register_payee_account(venue=venue(code), details=details(**fields), actor=actor(person_of(organization)))
    officer, _other = officers(code)
    return verify_payee_account(account_id=account.id, finding="A payment of 0.01 came from it.", actor=officer)


def approved(organization: Organization, amount: Money | None = None) -> Payout:
    """Return an approved payout of an organization, whose account is verified."""
    amount = amount or yuan(100)
    if not PayeeAccount.objects.filter(organization=organization, state=PayeeAccount.State.VERIFIED).exists():
        payee(organization)
    give(organization, amount, Kind.PAYABLE)
    payout = request_payout(venue=venue(), amount=amount, actor=actor(person_of(organization)))
    return approve_payout(payout_id=payout.id, actor=officers()[0])


def sent(*payouts: Payout) -> PayoutBatch:
    """Return the batch of all approved payouts (which these are), with its file produced."""
    maker, checker = officers()
    batch = gather_batch(venue=venue(), currency=Currency.CNY, actor=maker)
    assert batch.payments == len(payouts)
    check_batch(batch_id=batch.id, actor=checker)
    produce_file(batch.id)
    return PayoutBatch.objects.select_related("file").get(id=batch.id)
