"""Jobs of the marketplace: each handler calls one capability function, which is safe to run again."""

from datetime import timedelta
from uuid import UUID

from celery import shared_task

from kernel.jobs import handles
from kernel.models import Job
from listings.agency_reports import SILENCE_JOB as REPORT_SILENCE_JOB
from listings.crossborder.telling import CLEARED_JOB, RELEASED_JOB, STOPPED_JOB
from listings.deprecation import TELL_JOB
from listings.revising import OFFERED_JOB
from marketplace import (
    acceptance,
    awarding,
    charges,
    closing,
    demands,
    dispute_outcomes,
    disputes,
    entitlements,
    knockdown,
    milestones,
    negotiating,
    ordered_reports,
    ordering,
    plan_changes,
    renewals,
    revenue_reports,
    settlement_runs,
    subscriptions,
    telling,
    usage_runs,
)
from marketplace.acceptance_clock import SILENCE_JOB
from marketplace.auctions import CLOSE_JOB
from marketplace.compute import jobs as compute_jobs
from marketplace.compute import running
from marketplace.delivery import fulfilment, gateway, table_writing, version_changes
from marketplace.delivery.clean_room import matching, queries
from marketplace.delivery.metering import period_named
from marketplace.delivery.push import pushing
from marketplace.revenue_rows import CLOCK_JOB as REVENUE_CLOCK_JOB
from marketplace.statistics import editions
from settlements.deposits import FUNDS_JOB
from settlements.vouchers import clawbacks


@handles(CLEARED_JOB)
def fund_cleared_order(job: Job) -> None:
    """Fund the order whose route case has been cleared."""
    assert job.subject_id is not None  # noqa: S101 - listings/crossborder/telling.py names it
    ordering.fund_when_cleared(order_id=job.subject_id)


@handles(RELEASED_JOB)
def open_released_delivery(job: Job) -> None:
    """Open the delivery that its port has released."""
    assert job.subject_id is not None  # noqa: S101 - listings/crossborder/telling.py names it
    fulfilment.open_released(delivery_id=job.subject_id)


@handles(STOPPED_JOB)
def stop_transfers_job(job: Job) -> None:
    """Suspend what rests on a route case that has ended."""
    assert job.subject_id is not None  # noqa: S101 - listings/crossborder/telling.py names it
    entitlements.stop_transfers(order_id=job.subject_id, reason=job.payload["reason"])


def _show_failed_delivery(job: Job, reason: str) -> None:
    assert job.subject_id is not None  # noqa: S101 - ordering.py names it
    fulfilment.fail(delivery_id=job.subject_id, reason=reason)


@handles("delivery.fulfil", lease=timedelta(minutes=2), on_failure=_show_failed_delivery)
def fulfil_delivery(job: Job) -> None:
    assert job.subject_id is not None  # noqa: S101 - ordering.py names it
    fulfilment.fulfil(delivery_id=job.subject_id, job=job)


def _show_failed_push(job: Job, reason: str) -> None:
    pushing.fail(push_id=UUID(job.key), reason=reason)


@handles(
    pushing.PUSH_JOB,
    lease=timedelta(minutes=3),
    max_attempts=pushing.MOST_ATTEMPTS,
    on_failure=_show_failed_push,
)
def push_delivery(job: Job) -> None:
    pushing.push(push_id=UUID(job.key), job=job)


@handles(table_writing.ABANDONED_JOB)
def discard_abandoned_table_file(job: Job) -> None:
    table_writing.discard_abandoned(job.key)


def _show_failed_query(job: Job, reason: str) -> None:
    queries.fail(query_id=UUID(job.key), reason=reason)


@handles(queries.COMPUTE_JOB, lease=timedelta(minutes=3), on_failure=_show_failed_query)
def compute_room_query(job: Job) -> None:
    queries.compute(query_id=UUID(job.key), job=job)


@handles(queries.LAPSE_JOB)
def lapse_held_result(job: Job) -> None:
    queries.lapse(query_id=UUID(job.key))


@handles(OFFERED_JOB)
def follow_offered_version(job: Job) -> None:
    """Let the subscriptions of a product follow the version that it now offers."""
    subscriptions.follow_versions(job.subject_id)


@handles(matching.BLIND_JOB, lease=timedelta(minutes=15), on_failure=_show_failed_query)
def blind_identifiers(job: Job) -> None:
    matching.blind(query_id=UUID(job.key), job=job)


@handles(matching.COUNT_JOB, lease=timedelta(minutes=15), on_failure=_show_failed_query)
def count_common_identifiers(job: Job) -> None:
    matching.count(query_id=UUID(job.key), job=job)


@handles(version_changes.SUMMARISE_JOB, lease=timedelta(minutes=3))
def summarise_new_version(job: Job) -> None:
    version_changes.summarise(new_id=UUID(job.key), job=job)


@handles(ordered_reports.EXPIRE_JOB)
def expire_ordered_report(job: Job) -> None:
    assert job.subject_id is not None  # noqa: S101 - order_report names it
    ordered_reports.expire_report(report_id=job.subject_id)


@handles(REPORT_SILENCE_JOB)
def receive_report_in_silence(job: Job) -> None:
    assert job.subject_id is not None  # noqa: S101 - listings/agency_reports.py names it
    ordered_reports.receive_in_silence(report_id=job.subject_id)


@handles(milestones.SILENCE_JOB)
def accept_milestone_in_silence(job: Job) -> None:
    assert job.subject_id is not None  # noqa: S101 - milestones.py names it
    milestones.accept_in_silence(milestone_id=job.subject_id)


@handles(milestones.SETTLE_JOB)
def settle_milestone(job: Job) -> None:
    assert job.subject_id is not None  # noqa: S101 - milestones.py names it
    milestones.settle_milestone(milestone_id=job.subject_id)


@handles(REVENUE_CLOCK_JOB)
def follow_revenue_clock(job: Job) -> None:
    assert job.subject_id is not None  # noqa: S101 - revenue_rows.py names it
    revenue_reports.follow_clock(period_id=job.subject_id)


@handles(SILENCE_JOB)
def accept_in_silence(job: Job) -> None:
    assert job.subject_id is not None  # noqa: S101 - start_clock names it
    acceptance.accept_in_silence(delivery_id=job.subject_id)


@handles(settlement_runs.ORDER_JOB)
def settle_order(job: Job) -> None:
    assert job.subject_id is not None  # noqa: S101 - settlement_runs.py names it
    closing.settle_order(order_id=job.subject_id)


@handles(settlement_runs.RUN_JOB, lease=timedelta(minutes=5))
def run_settlement(job: Job) -> None:
    assert job.venue_id is not None  # noqa: S101 - settlement_runs.py names it
    settlement_runs.run_settlement(venue_id=job.venue_id, job=job)


@handles(disputes.NEGOTIATION_JOB)
def end_negotiation(job: Job) -> None:
    disputes.end_negotiation(dispute_id=UUID(job.key))


@handles(dispute_outcomes.PAY_JOB)
def pay_outcome(job: Job) -> None:
    dispute_outcomes.pay_outcome(dispute_id=UUID(job.key))


@handles("order.certify")
def certify_order(job: Job) -> None:
    closing.certify_order(order_id=UUID(job.key))


@handles(usage_runs.RUN_JOB, lease=timedelta(minutes=5))
def run_usage_month(job: Job) -> None:
    assert job.venue_id is not None  # noqa: S101 - usage_runs.ask_for_runs names it
    usage_runs.run_month(venue_id=job.venue_id, period=period_named(job.key.split()[1]), job=job)


@handles(charges.COLLECT_JOB)
def collect_charge(job: Job) -> None:
    assert job.subject_id is not None  # noqa: S101 - charges.ask_to_collect names it
    charges.collect_or_dun(charge_id=job.subject_id)


@handles(renewals.RENEW_JOB)
def renew_subscription(job: Job) -> None:
    assert job.subject_id is not None  # noqa: S101 - renewals.ask_for_renewals names it
    renewals.renew(subscription_id=job.subject_id)


@handles(CLOSE_JOB)
def close_auction(job: Job) -> None:
    assert job.subject_id is not None  # noqa: S101 - auctions.ask_to_close names it
    knockdown.close_auction(auction_id=job.subject_id, due=job.due_at)


@handles(knockdown.FOLLOW_JOB)
def follow_win(job: Job) -> None:
    assert job.subject_id is not None  # noqa: S101 - knockdown.py names it
    knockdown.follow_win(auction_id=job.subject_id)


@handles(FUNDS_JOB)
def collect_what_is_owed(job: Job) -> None:
    """Collect the charges of a buyer whose funds have grown, and what it owes of vouchers."""
    assert job.organization_id is not None and job.venue_id is not None  # noqa: S101, PT018 - the deposit's own
    clawbacks.collect_owed(organization_id=job.organization_id, venue_id=job.venue_id)
    charges.collect_all(organization_id=job.organization_id, venue_id=job.venue_id)


def _discard_failed_edition(job: Job, reason: str) -> None:
    editions.give_up(edition_id=UUID(job.key), reason=reason)


@handles(editions.COMPILE_JOB, lease=timedelta(minutes=10), on_failure=_discard_failed_edition)
def compile_edition(job: Job) -> None:
    editions.compile_edition(edition_id=UUID(job.key))


@handles(TELL_JOB)
def tell_holders_job(job: Job) -> None:
    """Tell those who bought a version what becomes of its sale."""
    assert job.subject_id is not None  # noqa: S101 - listings/deprecation.py names it
    telling.tell_holders(version_id=job.subject_id, announcement=job.key)


def _show_failed_compute(job: Job, _reason: str) -> None:
    assert job.subject_id is not None  # noqa: S101 - compute/jobs.py names it
    running.fail(job_id=job.subject_id)


@handles(compute_jobs.RUN_JOB, lease=running.LEASE, on_failure=_show_failed_compute)
def run_compute_job(job: Job) -> None:
    assert job.subject_id is not None  # noqa: S101 - compute/jobs.py names it
    running.run(job_id=job.subject_id, job=job)


@shared_task(name="marketplace.run_pool")
def run_pool(pool_id: str) -> int:
    """Run what is due at a pool; sent to the pool's own queue."""
    return running.run_pool(UUID(pool_id))


@shared_task(name="marketplace.wake_pools")
def wake_pools() -> int:
    """Sent by beat; wakes the workers of every pool at which a job is due."""
    pools = running.pools_with_work()
    for pool_id in pools:
        run_pool.apply_async((str(pool_id),), queue=f"pool.{pool_id}", retry=False, expires=10)
    return len(pools)


@shared_task(name="marketplace.expire_entitlements")
def expire_entitlements() -> int:
    """Sent by beat; the state column follows the clock, which reading obeys by itself."""
    return entitlements.expire_entitlements()


@shared_task(name="marketplace.follow_subscriptions")
def follow_subscriptions() -> int:
    """Sent by beat; finds versions of which subscriptions have not heard, and asks again about those kept back."""
    return subscriptions.follow_versions() + subscriptions.deliver_waiting()


@shared_task(name="marketplace.ask_for_usage_runs")
def ask_for_usage_runs() -> int:
    """Sent by beat; each venue's last month is billed once."""
    return usage_runs.ask_for_runs()


@shared_task(name="marketplace.ask_for_renewals")
def ask_for_renewals() -> int:
    """Sent by beat; each term that ends within a day is renewed once, and changes of what has ended lapse."""
    return renewals.ask_for_renewals() + plan_changes.lapse_changes()


@shared_task(name="marketplace.close_abandoned_calls")
def close_abandoned_calls() -> int:
    """Sent by beat; calls whose web process died are shown as cut off."""
    return gateway.close_abandoned_calls()


@shared_task(name="marketplace.follow_demands")
def follow_demands() -> int:
    """Sent by beat; ends what has lapsed, and lets demands follow the orders that they led to."""
    return demands.expire_demands() + awarding.follow_orders()


@shared_task(name="marketplace.expire_negotiations")
def expire_negotiations() -> int:
    """Sent by beat; the state follows the clock, which the acts obey by themselves."""
    return negotiating.expire_negotiations()
