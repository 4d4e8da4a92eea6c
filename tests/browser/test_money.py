"""Settlement officers enter and credit a bank receipt, and let earnings leave; never the same person twice."""

from accounts.models import Organization, Person, Role
from settlements.books import trial_balance
from settlements.models import Account, Deposit, Payout
from settlements.payouts import request_payout
from tests.marketplace.trading import closed, funds_of, listed_dataset, placed
from tests.settlements.banking import payee
from tests.settlements.purse import yuan
from tests.world import actor, person_of


def enter_receipt(desk, organization: Organization, amount: str, reference: str) -> None:
    desk.follow("Deposits")
    desk.page.get_by_role("link", name="Enter a bank receipt").click()
    assert desk.violations() == []
    desk.page.get_by_label("Venue").select_option(label="Guangzhou Data Exchange")
    desk.page.get_by_label("Registration number of the organization").fill(organization.identifier)
    desk.page.get_by_label("Amount").fill(amount)
    desk.page.get_by_label("Currency").select_option("CNY")
    desk.page.get_by_label("Bank reference").fill(reference)
    desk.page.get_by_label("Received on").fill("2026-11-02")
    desk.page.keyboard.press("Escape")
    desk.confirm("Enter a bank receipt")
    desk.reads("The receipt is entered; another person credits it.")


def two_officers(employ) -> tuple[Person, Person]:
    return employ(Role.SETTLEMENT_OFFICER, "Zhou Min"), employ(Role.SETTLEMENT_OFFICER, "Wu Lan")


def test_a_receipt_is_entered_by_one_officer_and_credited_by_another(sit, employ, buyer):
    zhou, wu = two_officers(employ)
    before = funds_of(buyer)

    first = sit(zhou)
    enter_receipt(first, buyer, "2500.50", "ICBC-77")
    first.reads("Zhou Min may not approve this: it takes a different person.")
    first.does("Credit")
    first.reads("Credit: refused.")
    assert funds_of(buyer) == before

    second = sit(wu)
    second.follow("Deposits to credit 1")
    second.open_row("ICBC-77")
    second.does("Credit")
    second.reads("Credit: done.")
    assert not second.offers("Credit")
    assert funds_of(buyer) == before + 250050
    assert Deposit.objects.get(bank_reference="ICBC-77").decided_by == wu
    second.follow("Trial balance")
    second.reads("balanced")


def test_a_payout_is_approved_and_its_payment_confirmed(sit, employ, provider, buyer, guangzhou):
    closed(placed(listed_dataset(provider), buyer))
    earned = funds_of(provider, Account.Kind.PAYABLE)
    payee(provider)
    request_payout(venue=guangzhou, amount=yuan(earned / 100), actor=actor(person_of(provider)))
    zhou, _wu = two_officers(employ)

    desk = sit(zhou)
    desk.follow("Payouts to approve 1")
    desk.open_row(str(provider))
    desk.does("Approve")
    desk.reads("Approve: done.")
    desk.follow("Payouts to confirm 1")
    desk.open_row(str(provider))
    desk.does("Confirm the payment", reason="ICBC-OUT-1")
    desk.reads("Confirm the payment: done.")
    assert desk.violations() == []

    assert Payout.objects.get().state == Payout.State.PAID
    assert funds_of(provider, Account.Kind.PAYABLE) == 0
    assert set(trial_balance().values()) == {0}
