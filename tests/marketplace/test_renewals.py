"""Subscriptions go on by a job, term after term, as long as they are paid for, offered as agreed, and wanted."""

from datetime import datetime, timedelta

import pytest
import time_machine

from accounts.models import Organization, Role
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent
from listings.listing import suspend
from marketplace import charges, renewals
from marketplace.entitlements import expire_entitlements
from marketplace.models import Agreement, Charge, Entitlement, Subscription
from settlements.books import drifts, trial_balance
from settlements.models import Account
from tests.marketplace.subscribing import bring_out, subscribed, subscription_listing
from tests.marketplace.trading import fund, funds_of, make_buyer
from tests.refusals import refused
from tests.world import actor, api, make_client, person_of, staff

pytestmark = pytest.mark.django_db
KINDS = (renewals.RENEW_JOB, charges.COLLECT_JOB)


def at(moment: datetime, days: float = 0) -> time_machine.travel:
    return time_machine.travel(moment + timedelta(days=days), tick=False)


def pass_the_end(end: datetime) -> None:
    """Let the sweeps and jobs around a term's end happen."""
    for days in (-1.1, -0.9, -0.5, 0.001):
        with at(end, days):
            renewals.ask_for_renewals()
            run_due_jobs(kinds=KINDS)
            expire_entitlements()


def renewing(listing: object, buyer: Organization) -> tuple[Subscription, datetime]:
    subscription = subscribed(listing, buyer)
    renewals.set_renewal(subscription_id=subscription.id, renews=True, actor=actor(person_of(buyer)))
    assert subscription.agreement.expires_at is not None
    return subscription, subscription.agreement.expires_at


def test_a_term_follows_is_paid_at_its_beginning_and_reaches_every_right(
    provider: Organization, buyer: Organization
) -> None:
    listing = subscription_listing(provider, term_days=30)
    subscription, end = renewing(listing, buyer)
    bring_out(listing)
    run_due_jobs(kinds=("delivery.fulfil",))
    before, earned = funds_of(buyer), funds_of(provider, Account.Kind.PAYABLE)
    with at(end, -0.9):
        for _ in range(2):
            renewals.ask_for_renewals()
            run_due_jobs(kinds=KINDS)
    charge = Charge.objects.get()
    assert (charge.state, funds_of(buyer)) == (Charge.State.DUE, before)  # it is due when the term begins

    pass_the_end(end)
    charge.refresh_from_db()
    assert (charge.kind, charge.state, charge.gross_minor) == ("SUBSCRIPTION", "PAID", 36_500)
    assert funds_of(buyer) == before - 36_500
    assert funds_of(provider, Account.Kind.PAYABLE) == earned + 36_500 - 913  # 2.5 %, half up
    rights = Entitlement.objects.filter(agreement=subscription.agreement_id)
    assert set(rights.values_list("expires_at", "state")) == {(end + timedelta(days=30), Entitlement.State.ACTIVE)}
    assert rights.count() == 2
    assert renewals.is_reproduced(charge)
    assert not any(trial_balance().values())
    assert drifts() == []

    pass_the_end(end + timedelta(days=30))
    assert Charge.objects.count() == 2


def test_a_term_that_is_not_paid_is_suspended_with_all_rights_and_is_the_last(provider: Organization) -> None:
    buyer = make_buyer(funds="365.00")
    listing = subscription_listing(provider, term_days=30)
    subscription, end = renewing(listing, buyer)
    bring_out(listing)
    run_due_jobs(kinds=("delivery.fulfil",))
    pass_the_end(end)
    states = Entitlement.objects.filter(agreement=subscription.agreement_id).values_list("state", flat=True)
    assert (Charge.objects.get().state, set(states)) == (Charge.State.OVERDUE, {"ACTIVE"})
    with at(end, 11):
        run_due_jobs(kinds=KINDS)
        assert set(states.all()) == {"SUSPENDED"}
        fund(buyer, "365.00")
        run_due_jobs(kinds=("funds.arrived",))
        assert set(states.all()) == {"ACTIVE"}

    pass_the_end(end + timedelta(days=30))  # the next one is not paid at all
    pass_the_end(end + timedelta(days=60))
    assert list(Charge.objects.order_by("id").values_list("state", flat=True)) == ["PAID", "OVERDUE"]
    assert set(states.all()) == {"EXPIRED"}


@pytest.mark.parametrize("why", ["cancelled", "listing_not_available", "agreement_not_active"])
def test_it_ends_with_its_term_when_nobody_wants_or_offers_another(
    provider: Organization, buyer: Organization, why: str
) -> None:
    listing = subscription_listing(provider, term_days=30)
    subscription, end = renewing(listing, buyer)
    if why == "cancelled":
        client = api(make_client(person_of(buyer)))
        answer = client.put(f"/api/v1/subscriptions/{subscription.id}/renewal", {"renews": False})
        assert (answer.status_code, answer.json()["renews"]) == (200, False)
        theirs = api(make_client(person_of(provider)))
        assert theirs.put(f"/api/v1/subscriptions/{subscription.id}/renewal", {"renews": True}).status_code == 403
    elif why == "listing_not_available":
        suspend(listing_id=listing.id, reason="Looked into", actor=actor(staff("gzdex", Role.COMPLIANCE_REVIEWER)))
    else:
        Agreement.objects.filter(pk=subscription.agreement_id).update(state=Agreement.State.SUSPENDED)
    pass_the_end(end)
    assert not Charge.objects.exists()
    refusals = AuditEvent.objects.filter(action="subscription.not_renewed").values_list("reason", flat=True)
    assert list(refusals) == ([] if why == "cancelled" else [why])
    assert Entitlement.objects.get().state == Entitlement.State.EXPIRED
    with at(end, 1), refused("illegal_state"):
        renewals.set_renewal(subscription_id=subscription.id, renews=True, actor=actor(person_of(buyer)))
