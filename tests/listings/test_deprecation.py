"""The end of a version's sale: announced, told to those who bought it, and kept."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Capacity, Organization, Role
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent
from listings.deprecation import TELL_JOB, deprecate_version, withdraw_deprecation
from listings.models import DatasetVersion, Listing, VersionDeprecation
from marketplace.telling import TOLD, tell_holders
from tests.listings.offers import draft_listing, provider_actor, registered_product
from tests.listings.test_releases import next_version
from tests.marketplace.trading import closed, listed_dataset, make_buyer, placed
from tests.refusals import refused
from tests.world import api, make_client, make_member, person_of, staff

pytestmark = pytest.mark.django_db

REASON = {"en": "Districts were merged", "zh-Hans": "行政区划调整"}


@pytest.fixture
def provider() -> Organization:
    return make_member("gzdex", Capacity.PROVIDER)


@pytest.fixture
def listing(provider: Organization) -> Listing:
    return listed_dataset(provider)


def ended(version: DatasetVersion, *, days: int = 30, **fields: Any) -> VersionDeprecation:
    return deprecate_version(
        version_id=version.pk,
        **({"ends_on": timezone.localdate() + timedelta(days=days), "reason": REASON} | fields),
        actor=provider_actor(version.organization),
    )


def test_orders_are_taken_until_the_last_day_and_not_after(listing: Listing) -> None:
    successor = next_version(listing.version.dataset)
    ended(listing.version, days=1, successor_id=successor.pk)
    for days in (0, 1):
        with time_machine.travel(timezone.now() + timedelta(days=days)):
            assert placed(listing, make_buyer()).state == "FUNDED"
    buyer = make_buyer()
    with time_machine.travel(timezone.now() + timedelta(days=2)), refused("version_deprecated") as refusal:
        placed(listing, buyer)
    assert refusal.value.extensions["successor"] == str(successor.pk)


def test_what_was_bought_stays_readable(listing: Listing) -> None:
    order = closed(placed(listing, make_buyer()))
    ended(listing.version, days=0)
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        held = api(person_of(order.buyer)).get("/api/v1/entitlements").json()["items"]
    assert [(each["state"], each["deprecation"]["reason"]) for each in held] == [("ACTIVE", REASON)]


def test_those_who_bought_it_are_told_once_each(listing: Listing) -> None:
    orders = [closed(placed(listing, make_buyer())) for _ in range(2)]
    ended(listing.version)
    run_due_jobs(kinds=(TELL_JOB,))
    told = AuditEvent.objects.filter(action=TOLD)
    assert {event.organization_id for event in told} == {order.buyer_id for order in orders}
    assert {event.details["reason"]["en"] for event in told} == {REASON["en"]}
    announcement = told[0].details["announcement"]
    assert tell_holders(version_id=listing.version_id, announcement=announcement) == 0
    assert told.count() == 2

    withdraw_deprecation(version_id=listing.version_id, actor=provider_actor(listing.organization))
    run_due_jobs(kinds=(TELL_JOB,))
    assert [event.details["ends_on"] for event in told.order_by("-id")[:2]] == [None, None]
    assert placed(listing, make_buyer()).state == "FUNDED"


def test_another_day_may_be_announced_and_the_log_keeps_the_first(listing: Listing) -> None:
    first = ended(listing.version, days=30).ends_on
    second = ended(listing.version, days=60).ends_on
    events = AuditEvent.objects.filter(action="datasetversion.deprecated").order_by("id")
    assert [(event.details["was"], event.details["ends_on"]) for event in events] == [
        (None, first.isoformat()),
        (first.isoformat(), second.isoformat()),
    ]
    assert VersionDeprecation.objects.get().ends_on == second


def test_what_has_ended_is_not_offered_anew(provider: Organization) -> None:
    product = registered_product(provider)
    ended(product.dataset.versions.get(), days=0)
    with time_machine.travel(timezone.now() + timedelta(days=1)), refused("invalid") as refusal:
        draft_listing(product)
    assert [error.code for error in refusal.value.errors] == ["version_deprecated"]


def test_a_day_that_has_passed_and_itself_as_successor_are_refused(listing: Listing) -> None:
    for fields, pointer in (({"days": -1}, "/ends_on"), ({"successor_id": listing.version_id}, "/successor_id")):
        with refused("invalid") as refusal:
            ended(listing.version, **fields)  # type: ignore[arg-type]
        assert [error.pointer for error in refusal.value.errors] == [pointer]
    assert not VersionDeprecation.objects.exists()


def test_a_successor_is_on_sale_for_longer(listing: Listing) -> None:
    successor = next_version(listing.version.dataset)
    ended(successor, days=10)
    with refused("invalid") as refusal:
        ended(listing.version, days=10, successor_id=successor.pk)
    assert [error.code for error in refusal.value.errors] == ["deprecated"]


def test_only_the_provider_ends_the_sale(listing: Listing) -> None:
    stranger = provider_actor(make_member())
    with refused("not_found"):
        deprecate_version(version_id=listing.version_id, ends_on=date(2099, 1, 1), reason=REASON, actor=stranger)
    with refused("not_found"):
        withdraw_deprecation(version_id=listing.version_id, actor=stranger)


def test_over_http_and_in_the_catalogue(listing: Listing, provider: Organization) -> None:
    client = api(make_client(person_of(provider)))
    path = f"/api/v1/dataset-versions/{listing.version_id}/deprecation"
    assert client.get(path).status_code == 404
    made = client.post(path, {"ends_on": "2099-12-31", "reason": REASON})
    assert (made.status_code, made.json()["ends_on"], made.json()["successor_id"]) == (201, "2099-12-31", None)
    shown = api().get(f"/api/v1/catalogue/{listing.pk}").json()["version"]["deprecation"]
    assert shown == made.json() == client.get(path).json()
    for body, pointer in (
        ({"ends_on": "2001-01-01", "reason": REASON}, "/ends_on"),
        ({"ends_on": "soon", "reason": REASON}, "/ends_on"),
        ({"ends_on": "2099-12-31", "reason": {}}, "/reason"),
        ({"ends_on": "2099-12-31", "reason": REASON, "successor_id": str(listing.version_id)}, "/successor_id"),
    ):
        wrong = client.post(path, body)
        assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (400, pointer)
    assert client.delete(path).status_code == 204
    assert client.delete(path).status_code == 404
    assert api().get(f"/api/v1/catalogue/{listing.pk}").json()["version"]["deprecation"] is None


def test_staff_see_it_on_the_console(listing: Listing) -> None:
    ended(listing.version)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(staff("gzdex", Role.COMPLIANCE_REVIEWER), backend="django.contrib.auth.backends.ModelBackend")
    page = reverse("admin:listings_datasetversion_change", args=[listing.version_id])
    assert "Districts were merged" in client.get(page).text
