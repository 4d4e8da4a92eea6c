"""A voucher pays a part of what compute by the second is charged, and has its share of a credit back."""

from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Organization
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent
from kernel.money import Currency, Money
from listings.metering import Metering, Unit
from marketplace import charge_vouchers, charges, credit_notes, usage_runs
from marketplace.delivery.metering import period_of
from marketplace.models import Charge
from settlements.books import trial_balance
from settlements.models import Account, VoucherUse
from tests.marketplace.computing import compute_listing
from tests.marketplace.interfaces import count_usage
from tests.marketplace.trading import closed, fund, funds_of, make_buyer, placed
from tests.refusals import refused
from tests.settlements.vouching import Payment, issued, officers, opened
from tests.world import actor, api, person_of, venue

pytestmark = pytest.mark.django_db
VOUCHER = Account.Kind.VOUCHER
HUNDRED = Metering(Unit.SECOND, unit_price=Decimal("0.01"))  # 10,000 seconds cost 100.00


@pytest.mark.parametrize("payment", Payment)
def test_the_programme_pays_its_part_of_compute(provider: Organization, payment: Payment) -> None:
    buyer = make_buyer(funds="80.00" if payment == Payment.AT_SETTLEMENT else "100.00")
    programme = opened(product_types=["COMPUTE"], payment=payment, grant_days=90)
    grant, other = issued(programme, buyer), issued(opened(product_types=["CORPUS"]), buyer)
    right = closed(placed(compute_listing(provider, metering=HUNDRED), buyer)).deliveries.get().entitlement
    mine, address = api(person_of(buyer)), f"/api/v1/entitlements/{right.pk}/voucher"
    assert mine.get(address).status_code == 404
    wrong = mine.put(address, {"voucher_id": str(other.pk)})
    assert (wrong.json()["code"], wrong.json()["why"]) == ("voucher_not_usable", "product_type")
    assert api(person_of(make_buyer())).put(address, {"voucher_id": str(grant.pk)}).status_code == 404
    assert mine.put(address, {"voucher_id": str(grant.pk)}).json()["voucher"] == grant.number

    count_usage(right, 10_000, "COMPUTE_SECOND")
    period = period_of(timezone.now())
    budget, before = funds_of(programme.funder, VOUCHER), funds_of(buyer)
    with time_machine.travel(period.end + usage_runs.SETTLING, tick=False):
        usage_runs.run_month(venue_id=venue("gzdex").pk, period=period)
        run_due_jobs(kinds=(charges.COLLECT_JOB,))
        charge = Charge.objects.get()
        assert (charge.state, charge.gross_minor) == (Charge.State.PAID, 10_000)
        use = VoucherUse.objects.get(order_id=charge.pk)
        assert (use.state, use.redeemed_minor) == (VoucherUse.State.SETTLED, 3_000)
        assert (funds_of(buyer), funds_of(programme.funder, VOUCHER)) == (before - 7_000, budget - 3_000)
        one, two = officers()
        note = credit_notes.propose_credit(
            charge_id=charge.pk, amount=Money(5_000, Currency.CNY), reason="The pool was down", actor=one
        )
        credit_notes.approve_credit(note_id=note.pk, actor=two)
    assert (funds_of(buyer), funds_of(programme.funder, VOUCHER)) == (before - 3_500, budget - 1_500)
    assert set(trial_balance().values()) == {0}

    assert mine.delete(address).status_code == 204
    with refused("not_found"):
        charge_vouchers.drop_voucher(entitlement_id=right.pk, actor=actor(person_of(buyer)))


def test_a_voucher_that_does_not_serve_keeps_nobody_from_paying_and_a_failed_payment_spends_none(
    provider: Organization,
) -> None:
    buyer = make_buyer(funds="50.00")
    programme = opened(product_types=["COMPUTE"], grant_days=90)
    grant = issued(programme, buyer)
    right = closed(placed(compute_listing(provider, metering=HUNDRED), buyer)).deliveries.get().entitlement
    who = actor(person_of(buyer))
    charge_vouchers.name_voucher(entitlement_id=right.pk, voucher_id=grant.pk, actor=who)
    count_usage(right, 10_000, "COMPUTE_SECOND")
    period = period_of(timezone.now())
    with time_machine.travel(period.end + usage_runs.SETTLING, tick=False):
        usage_runs.run_month(venue_id=venue("gzdex").pk, period=period)
        run_due_jobs(kinds=(charges.COLLECT_JOB,))
        charge = Charge.objects.get()
        assert (charge.state, funds_of(buyer), VoucherUse.objects.count()) == (Charge.State.OVERDUE, 5_000, 0)
        grant.refresh_from_db()
        assert grant.reserved_minor == 0

        type(grant).objects.filter(pk=grant.pk).update(state="EXPIRED")
        with refused("insufficient_funds"):
            charges.pay_charge(charge_id=charge.pk, actor=who)

        fund(buyer, "50.00")
        charges.pay_charge(charge_id=charge.pk, actor=who)
    charge.refresh_from_db()
    assert (charge.state, funds_of(buyer)) == (Charge.State.PAID, 0)
    assert AuditEvent.objects.get(action="charge.voucher_not_used").details["why"] == "not_issued"
