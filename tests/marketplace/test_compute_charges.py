"""Compute by the second: what jobs used becomes the month's charge, at the plan's price and no pool's."""

from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Organization, Role
from kernel.jobs import run_due_jobs
from kernel.money import Currency, Money
from listings.listing import Parts, part_errors
from listings.metering import Metering, Tier, Unit, checked_metering
from listings.plans import create_plan
from marketplace import charges, credit_notes, usage_runs
from marketplace.delivery.metering import period_of
from marketplace.models import Charge, UsageRecord
from settlements.books import drifts, trial_balance
from settlements.models import Account
from tests.listings.offers import make_terms, registered_product
from tests.marketplace.computing import (
    HONG_KONG,
    SHAOGUAN,
    compute_listing,
    ran,
    right_to_compute,
    submitted,
    yuan,
)
from tests.marketplace.interfaces import count_usage
from tests.marketplace.trading import funds_of
from tests.refusals import refused
from tests.world import actor, api, make_client, make_person, operator_of, person_of, staff, venue

pytestmark = pytest.mark.django_db
# 36.003996 an hour, beyond the first two minutes of a month; beyond 10,000 seconds half of it.
PLAN = Metering(
    Unit.SECOND,
    unit_price=Decimal("0.010001"),
    included_units=120,
    most_units=20_000,
    tiers=(Tier(10_000, Decimal("0.005")),),
)


def test_a_month_of_compute_is_billed_at_the_plans_price(provider: Organization, buyer: Organization) -> None:
    dear = HONG_KONG | {"price_per_hour": yuan(900_000)}
    right = right_to_compute(compute_listing(provider, SHAOGUAN, dear, metering=PLAN), buyer)
    entitlement = right.entitlement

    # The plan's price holds at every pool: 60 s cost 0.600…, and no more is asked for where the pool alone is dear.
    with refused("no_pool"):
        submitted(right, max_price=yuan(60))
    near, far = submitted(right, max_price=yuan(61)), submitted(right, max_price=yuan(61), place="HK")
    assert (near.price_per_hour_minor, far.price_per_hour_minor, far.pool.name) == (3601, 3601, "Hong Kong")
    # What waits counts towards the month: 20,000 s less twice 60.
    with refused("quota_exhausted"):
        submitted(right, seconds=19_881, max_price=yuan(100_000))
    for job in (near, far):
        assert ran(job).state == "DONE", job.why_not
    used = near.seconds_used + far.seconds_used
    assert near.cost_minor == -(-near.seconds_used * 3601 // 3600)
    assert sum(UsageRecord.objects.values_list("units", flat=True)) == used
    count_usage(entitlement, 11_000, "COMPUTE_SECOND")
    count_usage(entitlement, 5, "TABLE_QUERY")  # is not counted by the second

    period = period_of(timezone.now())
    before, units = funds_of(buyer), used + 11_000
    client = api(make_client(person_of(buyer)))
    summary = client.get(f"/api/v1/entitlements/{entitlement.pk}/usage-summary").json()
    with time_machine.travel(period.end + usage_runs.SETTLING, tick=False):
        made = [usage_runs.run_month(venue_id=venue("gzdex").pk, period=period) for _ in range(2)]
        run_due_jobs(kinds=(charges.COLLECT_JOB,))
    charge = Charge.objects.get()
    # (10,000 - 120) × 0.010001 = 98.80988, and the rest at half the price; rounded once, half up.
    exact = Decimal("98.80988") + (units - 10_000) * Decimal("0.005")
    gross = int((exact * 100).quantize(Decimal(1), "ROUND_HALF_UP"))
    assert (made, charge.units, charge.gross_minor, charge.state) == ([1, 0], units, gross, Charge.State.PAID)
    assert (summary["units"], summary["charge"]["amount"]) == (units, f"{Decimal(gross) / 100:.2f}")
    assert charge.lines[0]["records"] == 3
    assert funds_of(buyer) == before - gross
    assert usage_runs.is_reproduced(charge)

    one = actor(staff("gzdex", Role.SETTLEMENT_OFFICER))
    two = actor(make_person(operator_of("gzdex"), Role.SETTLEMENT_OFFICER))
    note = credit_notes.propose_credit(
        charge_id=charge.pk, amount=Money(gross, Currency.CNY), reason="The pool was down", actor=one
    )
    credit_notes.approve_credit(note_id=note.pk, actor=two)
    assert funds_of(buyer) == before
    assert funds_of(provider, Account.Kind.PAYABLE) == 0
    assert not any(trial_balance().values())
    assert drifts() == []


def test_compute_is_sold_by_the_second_and_nothing_else_is(provider: Organization) -> None:
    cases = [
        ("COMPUTE", ["SCHEDULER"], Unit.SECOND, set()),
        ("COMPUTE", ["SCHEDULER"], Unit.CALL, {"not_metered"}),
        ("API", ["API"], Unit.SECOND, {"not_metered"}),
    ]
    for product_type, deliveries, unit, expected in cases:
        product = registered_product(provider, product_type=product_type, deliveries=deliveries)
        metering = Metering(unit, unit_price=Decimal(1))
        who = actor(person_of(provider))
        plan = create_plan(product_id=product.pk, kind="METERED", price=None, metering=metering, actor=who)
        parts = Parts(version=product.dataset.versions.get(), terms=make_terms(product), plans=(plan,))
        found = {error.code for error in part_errors(product, parts) if error.pointer == "/plan_ids"}
        assert found == expected, (product_type, unit)
    with refused("invalid"):
        checked_metering(Metering(Unit.SECOND, unit_price=Decimal(1), calls_per_second=5))
