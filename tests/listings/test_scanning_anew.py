"""Scanning again what is listed: a hit above the declared grade suspends it; a person's word on a known hit stands."""

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Capacity, Organization, Role
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent
from listings import uploading
from listings.grade_confirmation import confirm_grade, grading_of
from listings.listing import relist
from listings.models import GradeScan, Listing, PersonalData
from listings.scanning_anew import SCAN_JOB, ask_for_scan
from tests.listings.offers import approved, provider_actor
from tests.listings.test_grade_confirmation import PEOPLE, offered
from tests.marketplace.trading import listed_dataset, stored_version
from tests.refusals import refused
from tests.world import actor, api, make_client, make_member, person_of, staff

pytestmark = pytest.mark.django_db

NOTHING = {"grade": "GENERAL", "personal_data": "NONE", "persons": 0, "sensitive_persons": 0}


@pytest.fixture
def provider() -> Organization:
    return make_member("gzdex", Capacity.PROVIDER)


@pytest.fixture
def overlooked(provider: Organization, monkeypatch: pytest.MonkeyPatch) -> Listing:
    """A listing of persons whom the detectors of an earlier day did not recognize."""
    with monkeypatch.context() as earlier:
        earlier.setattr("listings.inspection.gravest_grade", lambda _grades: NOTHING)
        return listed_dataset(provider, content=PEOPLE.encode())


def scanned(listing: Listing) -> Listing:
    ask_for_scan(version_id=listing.version_id, actor=provider_actor(listing.organization))
    run_due_jobs(kinds=(SCAN_JOB,))
    listing.refresh_from_db()
    return listing


def test_a_hit_above_the_declared_grade_suspends_what_is_listed(overlooked: Listing) -> None:
    assert grading_of(overlooked.version).personal_data == PersonalData.NONE
    assert scanned(overlooked).state == Listing.State.SUSPENDED
    scan = GradeScan.objects.get()
    assert (scan.personal_data, scan.persons) == ("SENSITIVE", 3)
    assert set(scan.found["streets.csv"]) >= {"resident_id", "mobile", "person_name"}
    event = AuditEvent.objects.get(action="listing.suspended")
    assert (event.actor_kind, event.subject_id) == ("system", str(overlooked.pk))
    with refused("invalid") as refusal:
        relist(listing_id=overlooked.pk, reason="Looks fine", actor=actor(staff("gzdex", Role.COMPLIANCE_REVIEWER)))
    assert [error.code for error in refusal.value.errors] == ["personal_data_undeclared"]


def test_what_holds_no_more_than_declared_stays_listed(provider: Organization) -> None:
    assert scanned(listed_dataset(provider)).state == Listing.State.LISTED


def test_a_person_s_word_on_what_was_known_stands(provider: Organization) -> None:
    version = stored_version(provider, PEOPLE.encode())
    who = provider_actor(provider)
    confirm_grade(version_id=version.pk, grade="GENERAL", personal_data="NONE", reason="Invented persons", actor=who)
    listing = approved(offered(provider, version))
    assert scanned(listing).state == Listing.State.LISTED
    assert grading_of(version).personal_data == PersonalData.NONE


def test_a_word_given_before_the_hit_was_known_does_not_stand(overlooked: Listing) -> None:
    who = provider_actor(overlooked.organization)
    confirm_grade(version_id=overlooked.version_id, grade="GENERAL", personal_data="NONE", actor=who)
    assert scanned(overlooked).state == Listing.State.SUSPENDED
    with refused("invalid"):
        confirm_grade(version_id=overlooked.version_id, grade="GENERAL", personal_data="NONE", actor=who)
    confirm_grade(
        version_id=overlooked.version_id, grade="GENERAL", personal_data="NONE", reason="Invented persons", actor=who
    )
    assert grading_of(overlooked.version).personal_data == PersonalData.NONE


def test_a_scan_is_never_changed(overlooked: Listing) -> None:
    scanned(overlooked)
    for change in (lambda: GradeScan.objects.update(persons=0), lambda: GradeScan.objects.all().delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


def test_only_the_provider_and_the_venue_s_staff_ask_for_it(overlooked: Listing) -> None:
    with refused("not_found"):
        ask_for_scan(version_id=overlooked.version_id, actor=provider_actor(make_member()))
    with refused("not_found"):
        ask_for_scan(version_id=overlooked.version_id, actor=actor(staff("szdex", Role.COMPLIANCE_REVIEWER)))
    with refused("forbidden"):
        ask_for_scan(version_id=overlooked.version_id, actor=actor(staff("gzdex", Role.SETTLEMENT_OFFICER)))
    who = provider_actor(overlooked.organization)
    unsealed = uploading.open_version(dataset_id=overlooked.version.dataset_id, actor=who)
    with refused("illegal_state"):
        ask_for_scan(version_id=unsealed.pk, actor=who)


def test_it_is_asked_for_over_http_and_on_the_console(overlooked: Listing) -> None:
    client = api(make_client(person_of(overlooked.organization)))
    path = f"/api/v1/dataset-versions/{overlooked.version_id}/scans"
    assert client.post(path).status_code == 202
    run_due_jobs(kinds=(SCAN_JOB,))
    [told] = client.get(path).json()["items"]
    assert (told["personal_data"], told["persons"], told["sensitive_persons"]) == ("SENSITIVE", 3, 3)

    console = Client(headers={"Accept-Language": "en"})
    console.force_login(staff("gzdex", Role.COMPLIANCE_REVIEWER), backend="django.contrib.auth.backends.ModelBackend")
    console.post(reverse("admin:listings_datasetversion_scan", args=[overlooked.version_id]), follow=True)
    run_due_jobs(kinds=(SCAN_JOB,))
    assert GradeScan.objects.count() == 2
    shown = console.get(reverse("admin:listings_datasetversion_change", args=[overlooked.version_id])).text
    assert "resident_id" in shown
