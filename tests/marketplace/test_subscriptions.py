"""A subscription brings the buyer each new version, as far as the frozen agreement says and not one byte further."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Organization, Role
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent, Job
from listings.grade_confirmation import confirm_grade
from listings.models import Listing
from listings.revising import OFFERED_JOB, edit_listing
from marketplace import acceptance, entitlements, subscriptions
from marketplace.delivery.access import grant_access
from marketplace.delivery.version_changes import SUMMARISE_JOB
from marketplace.models import Agreement, Delivery, Entitlement, NewVersion, Order, Subscription
from settlements.models import Settlement
from tests.listings.test_releases import next_version
from tests.listings.test_revising import approved as approve
from tests.listings.test_revising import edit
from tests.marketplace.subscribing import MORE, bring_out, made, new_version, subscribed, subscription_listing
from tests.marketplace.trading import delivered, placed
from tests.refusals import refused
from tests.world import actor, api, make_client, person_of, staff

pytestmark = pytest.mark.django_db
Hindrance = NewVersion.Hindrance


@pytest.fixture
def listing(provider: Organization) -> Listing:
    return subscription_listing(provider)


def test_each_new_version_becomes_a_right_and_a_delivery_of_its_own(listing: Listing, buyer: Organization) -> None:
    subscription = subscribed(listing, buyer)
    order = subscription.agreement.order
    assert order.agreement.body["subscription"] == {
        "new_versions": "MAJOR",
        "from_release": "1.0.0",
        "grade": "GENERAL",
        "personal_data": "NONE",
    }
    acceptance.accept_delivery(delivery_id=order.deliveries.get().pk, actor=actor(person_of(buyer)))
    run_due_jobs()
    version = bring_out(listing)
    second = made(subscription)
    assert (second.number, second.state, second.entitlement.state) == (2, "DELIVERED", "ACTIVE")
    assert second.entitlement.version == version
    assert second.receipt["files"][0]["sha256"] == version.files.get().sha256
    who = actor(person_of(buyer))
    grant = grant_access(delivery_id=second.pk, file_id=version.files.get().pk, actor=who)
    answer = api().get(f"/api/v1/downloads/{grant.token}")
    assert b"".join(answer.streaming_content) == MORE.encode()

    # The order was paid and certified once; accepting a new version moves no money, whoever asks again.
    acceptance.accept_delivery(delivery_id=second.pk, actor=who)
    subscriptions.follow_versions()
    subscriptions.deliver_waiting()
    run_due_jobs()
    order.refresh_from_db()
    assert (order.state, order.deliveries.count(), Settlement.objects.count()) == ("CERTIFIED", 2, 1)
    assert Job.objects.filter(kind="order.settle").count() == 1

    client = api(make_client(person_of(buyer)))
    [told] = client.get("/api/v1/new-versions", {"subscription": str(subscription.pk)}).json()["items"]
    assert (told["release"], told["since_release"], told["delivery_state"]) == ("1.0.1", "1.0.0", "ACCEPTED")
    assert client.get("/api/v1/new-versions", {"kept_back": "true"}).json()["items"] == []

    policy = f"/api/v1/subscriptions/{subscription.pk}/policy"
    assert api(make_client(person_of(listing.organization))).put(policy, {"policy": "PUSH"}).status_code == 403
    answer = client.put(policy, {"policy": "PUSH"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/target_id")
    answer = client.put(policy, {"policy": "NOTIFY"})
    assert (answer.status_code, answer.json()["policy"], answer.json()["included"]) == (200, "NOTIFY", "MAJOR")


def test_rejecting_a_version_ends_the_right_to_it_and_rejecting_the_order_all(
    listing: Listing, buyer: Organization
) -> None:
    subscription = subscribed(listing, buyer)
    bring_out(listing)
    second = made(subscription)
    acceptance.reject_delivery(delivery_id=second.pk, reason="Half of it is missing", actor=actor(person_of(buyer)))
    states = Entitlement.objects.filter(agreement=subscription.agreement).order_by("id").values_list("state", flat=True)
    assert list(states) == ["ACTIVE", "REVOKED"]
    agreement = Agreement.objects.get(pk=subscription.agreement_id)
    assert (agreement.state, agreement.order.state) == ("ACTIVE", "DELIVERED")

    bring_out(listing, MORE + "440103005,龙津街道\n")
    made(subscription)
    first = agreement.order.deliveries.get(number=1)
    acceptance.reject_delivery(delivery_id=first.pk, reason="Not what was shown", actor=actor(person_of(buyer)))
    states = Entitlement.objects.filter(agreement=agreement).values_list("state", flat=True)
    assert set(states) == {Entitlement.State.REVOKED}, "the order's own rejection ends all"


def test_what_is_included_is_measured_from_the_release_that_was_sold(
    provider: Organization, buyer: Organization
) -> None:
    listing = subscription_listing(provider, new_versions="MINOR")
    subscription = subscribed(listing, buyer)
    bring_out(listing, MORE)
    bring_out(listing, "code,name,area\n440103001,沙面街道,1\n")
    breaking = next_version(listing.version.dataset, content="code,area\n440103001,1\n")
    approve(edit(listing, version_id=breaking.pk))
    run_due_jobs(kinds=("version.offered",))
    bring_out(listing, "code,area\n440103001,2\n")
    new = NewVersion.objects.filter(subscription=subscription).order_by("id")
    assert [(each.version.release_number, each.hindrance) for each in new] == [
        ("1.0.1", ""),
        ("1.1.0", ""),
        ("2.0.0", Hindrance.NOT_INCLUDED),
        ("2.0.1", Hindrance.NOT_INCLUDED),
    ]
    # Corrections only: the same question with the other word.
    Subscription.objects.filter(pk=subscription.pk).update(included="PATCH")
    orders = Order.objects.select_related("agreement", "buyer", "provider")
    order = orders.get(agreement=subscription.agreement)
    asked = [subscriptions.hindrance_of(each, order) for each in new.all()]
    assert asked == [Hindrance.ORDER_OPEN if order.state == "FUNDED" else "", *[Hindrance.NOT_INCLUDED] * 3]


def test_nothing_goes_out_while_suspended_and_what_waited_goes_out_after(listing: Listing, buyer: Organization) -> None:
    subscription = subscribed(listing, buyer)
    bring_out(listing)
    made(subscription)
    officer = actor(staff(role=Role.COMPLIANCE_REVIEWER))
    first = Entitlement.objects.filter(agreement=subscription.agreement).earliest("id")
    entitlements.suspend_entitlement(entitlement_id=first.pk, reason="A complaint", actor=officer)
    states = Entitlement.objects.filter(agreement=subscription.agreement).values_list("state", flat=True)
    assert set(states) == {"SUSPENDED"}, "the rights of one agreement move together"
    bring_out(listing, MORE + "440103005,龙津街道\n")
    assert (new_version(subscription).hindrance, new_version(subscription).delivery) == (Hindrance.SUSPENDED, None)
    subscriptions.deliver_waiting()
    assert new_version(subscription).delivery is None
    kept = AuditEvent.objects.filter(action="newversion.kept_back")
    assert kept.count() == 1

    entitlements.resume_entitlement(entitlement_id=first.pk, reason="Settled", actor=officer)
    assert subscriptions.deliver_waiting() == 1
    assert made(subscription).state == Delivery.State.DELIVERED
    assert new_version(subscription).hindrance == ""


def test_a_version_that_is_being_prepared_stops_where_the_agreement_ends(listing: Listing, buyer: Organization) -> None:
    subscription = subscribed(listing, buyer)
    bring_out(listing)
    first = Entitlement.objects.filter(agreement=subscription.agreement).earliest("id")
    officer = actor(staff(role=Role.COMPLIANCE_REVIEWER))
    entitlements.suspend_entitlement(entitlement_id=first.pk, reason="A complaint", actor=officer)
    second = made(subscription)
    assert (second.state, second.entitlement.state) == (Delivery.State.FAILED, Entitlement.State.PENDING)
    assert Job.objects.get(key=str(second.pk)).last_error == "the agreement is suspended"

    entitlements.revoke_entitlement(entitlement_id=first.pk, reason="Leaked", actor=officer)
    second.refresh_from_db()
    assert second.state == Delivery.State.CANCELLED
    states = Entitlement.objects.filter(agreement=subscription.agreement).values_list("state", flat=True)
    assert set(states) == {Entitlement.State.REVOKED}


def test_after_the_term_no_version_comes_and_all_rights_end(listing: Listing, buyer: Organization) -> None:
    subscription = subscribed(listing, buyer)
    bring_out(listing)
    made(subscription)
    with time_machine.travel(timezone.now() + timedelta(days=366)):
        assert entitlements.expire_entitlements() == 1
        bring_out(listing, MORE + "440103005,龙津街道\n")
        assert subscriptions.follow_versions() == 0
    assert NewVersion.objects.filter(subscription=subscription).count() == 1
    states = Entitlement.objects.filter(agreement=subscription.agreement).values_list("state", flat=True)
    assert set(states) == {Entitlement.State.EXPIRED}


def test_a_version_graded_above_the_agreement_waits_until_it_is_not(
    provider: Organization, buyer: Organization
) -> None:
    evidence = {"LAWFUL_COLLECTION": "x", "PERSONAL_INFORMATION_BASIS": "Consents"}
    listing = subscription_listing(provider, changes={"personal_data": "GENERAL", "evidence": evidence})
    subscription = subscribed(listing, buyer)
    version = next_version(listing.version.dataset, content=MORE)
    who = actor(person_of(provider))
    confirm_grade(version_id=version.pk, grade="GENERAL", personal_data="GENERAL", actor=who)
    approve(edit(listing, version_id=version.pk))
    run_due_jobs(kinds=("version.offered",))
    assert new_version(subscription).hindrance == Hindrance.GRADE
    confirm_grade(version_id=version.pk, grade="GENERAL", personal_data="NONE", actor=who)
    assert subscriptions.deliver_waiting() == 1


def test_a_version_without_the_marked_columns_waits(provider: Organization, buyer: Organization) -> None:
    wide = "code,name,area\n" + "".join(f"{number},沙面街道,{number % 97}.125\n" for number in range(300))
    listing = subscription_listing(provider, content=wide.encode(), watermark_columns=["area"])
    subscription = subscribed(listing, buyer)
    bring_out(listing, wide + "301,岭南街道,9.5\n")
    assert "sold_sha256" in made(subscription).receipt["files"][0]
    version = next_version(listing.version.dataset, content=MORE)
    NewVersion.objects.create(  # a listing does not offer such a version; the agreement is asked all the same
        subscription=subscription,
        organization=buyer,
        provider=provider,
        venue=subscription.venue,
        version=version,
        since=version.preceding,
    )
    assert subscriptions.deliver_waiting() == 0
    assert new_version(subscription).hindrance == Hindrance.MARK


def test_an_order_that_waits_for_its_first_delivery_gets_both_versions_one_after_the_other(
    listing: Listing, buyer: Organization
) -> None:
    order = placed(listing, buyer)
    subscription = Subscription.objects.get(agreement__order=order)
    bring_out(listing)
    assert new_version(subscription).hindrance == Hindrance.ORDER_OPEN
    delivered(order)
    assert subscriptions.deliver_waiting() == 1
    assert made(subscription).number == 2


def test_a_subscription_needs_a_price_a_term_and_says_what_comes(provider: Organization) -> None:
    listing = subscription_listing(provider)
    client = api(make_client(person_of(provider)))
    plans = f"/api/v1/products/{listing.product_id}/plans"
    price = {"price": {"amount": "10.00", "currency": "CNY"}}
    cases: list[tuple[dict[str, Any], str]] = [
        ({"kind": "SUBSCRIPTION"}, "/price"),
        ({"kind": "ONE_OFF", "new_versions": "PATCH", **price}, "/new_versions"),
        ({"kind": "SUBSCRIPTION", "new_versions": "SOME", **price}, "/new_versions"),
    ]
    for body, pointer in cases:
        answer = client.post(plans, body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer), body
    made_plan = client.post(plans, {"kind": "SUBSCRIPTION", **price}).json()
    assert made_plan["new_versions"] == "MAJOR"
    changed = client.patch(f"/api/v1/plans/{made_plan['id']}", {"new_versions": "PATCH"}).json()
    assert (changed["kind"], changed["new_versions"]) == ("SUBSCRIPTION", "PATCH")
    assert client.patch(f"/api/v1/plans/{made_plan['id']}", {"kind": "ONE_OFF", **price}).json()["new_versions"] == ""
    with refused("invalid") as caught:
        subscription_listing(provider, term_days=None)
    assert [error.code for error in caught.value.errors] == ["term_missing"]


def test_each_new_version_says_what_it_changes(provider: Organization, buyer: Organization) -> None:
    rows = [f"{number},street {number},{number % 3}" for number in range(300)]
    listing = subscription_listing(provider, content=("code,name,area\n" + "\n".join(rows) + "\n").encode())
    subscription = subscribed(listing, buyer)
    later = [*rows[5:290], "5000,new,1", "5001,new,1"]
    later[0] = "5,renamed,2"
    bring_out(listing, "code,name,area,height\n" + "\n".join(f"{row},9" for row in later) + "\n")
    assert new_version(subscription).changes is None
    run_due_jobs(kinds=(SUMMARISE_JOB,))
    assert [(j.state, j.attempts, j.last_error) for j in Job.objects.filter(kind=SUMMARISE_JOB)] == [("DONE", 1, "")]
    [table] = new_version(subscription).changes["tables"]
    assert table == {
        "name": "data",
        "rows": {"before": 300, "after": 287},
        "added": 2,
        "removed": 15,
        "changed": 1,
        "key": ["code"],
    }
    [added] = new_version(subscription).changes["schema"]
    assert (added["kind"], added["column"], added["breaking"]) == ("column_added", "height", False)

    # Without a key rows count as often as they occur.
    repeated = "code,name,area,height\n" + "1,a,1,1\n" * 3 + "2,b,1,1\n" * 2
    for content in (repeated, repeated.replace("2,b,1,1\n", "", 1) + "3,c,1,1\n"):
        version = next_version(listing.version.dataset, content=content)
        listing.refresh_from_db()
        done = edit_listing(
            listing_id=listing.pk, version_id=version.pk, reason="New", actor=actor(person_of(provider))
        )
        if done.revision is not None:  # of lower quality, hence reviewed
            approve(done.revision)
        run_due_jobs(kinds=(OFFERED_JOB,))
    run_due_jobs(kinds=(SUMMARISE_JOB,))
    client = api(make_client(person_of(buyer)))
    told = client.get(f"/api/v1/new-versions/{new_version(subscription).pk}").json()["changes"]["tables"][0]
    assert (told["added"], told["removed"], told["changed"], told["key"]) == (1, 1, 0, [])
    assert Job.objects.filter(kind=SUMMARISE_JOB, state="DONE").count() == 3
