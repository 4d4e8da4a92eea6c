"""What a version changes for those who read the preceding one, the number that follows, and what is said of it."""

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Capacity, Organization, Role
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent
from listings import uploading
from listings.listing import delist
from listings.models import Dataset, DatasetVersion
from listings.releases import FileSchema, describe_version, file_changes, proposed_level
from tests.listings.offers import draft_listing, provider_actor
from tests.marketplace.trading import listed_dataset
from tests.refusals import refused
from tests.world import Api, api, make_client, make_member, person_of, staff

pytestmark = pytest.mark.django_db

STREETS = "code,name,area\n440103001,沙面街道,1.5\n440103002,岭南街道,2.5\n"


@pytest.fixture
def provider() -> Organization:
    return make_member("gzdex", Capacity.PROVIDER)


@pytest.fixture
def dataset(provider: Organization) -> Dataset:
    return uploading.register_dataset(title={"en": "Sub-districts"}, actor=provider_actor(provider))


def next_version(
    dataset: Dataset, *, name: str = "streets.csv", content: str = STREETS, **told: object
) -> DatasetVersion:
    """Upload and seal the dataset's next version, and let the job profile it."""
    who = provider_actor(dataset.organization)
    version = uploading.open_version(dataset_id=dataset.pk, actor=who, **told)  # type: ignore[arg-type]
    file = uploading.add_file(version_id=version.pk, name=name, format="CSV", actor=who)
    uploading.receive_part(file_id=file.pk, number=1, body=[content.encode()], actor=who)
    uploading.complete_file(file_id=file.pk, actor=who)
    uploading.seal_version(version_id=version.pk, actor=who)
    run_due_jobs(kinds=(uploading.PROFILE_JOB,))
    version.refresh_from_db()
    return version


def client_of(provider: Organization) -> Api:
    return api(make_client(person_of(provider)))


# --- the number -----------------------------------------------------------------------------------------------------


def test_the_first_version_is_one_and_changes_nothing(dataset: Dataset) -> None:
    first = next_version(dataset)
    assert (first.release_number, first.level, first.preceding, first.schema_changes) == ("1.0.0", "", None, [])
    assert not first.is_breaking


@pytest.mark.parametrize(
    ("content", "number", "kinds"),
    [
        (STREETS + "440103003,华林街道,3.5\n", "1.0.1", []),
        ("code,name,area,note\n440103001,沙面街道,1.5,a\n440103002,岭南街道,2.5,b\n", "1.1.0", ["column_added"]),
        ("name,code,area\n沙面街道,440103001,1.5\n岭南街道,440103002,2.5\n", "1.1.0", ["column_moved"]),
        ("code,name\n440103001,沙面街道\n440103002,岭南街道\n", "2.0.0", ["column_removed"]),
        (STREETS.replace("1.5", "wide"), "2.0.0", ["type_widened"]),
        (STREETS.replace("岭南街道", ""), "2.0.0", ["became_nullable"]),
    ],
)
def test_the_number_follows_from_what_changes(dataset: Dataset, content: str, number: str, kinds: list[str]) -> None:
    first = next_version(dataset)
    second = next_version(dataset, content=content)
    assert second.preceding == first
    assert [change["kind"] for change in second.schema_changes] == kinds
    assert second.release_number == number
    assert second.is_breaking == number.startswith("2")


def test_a_provider_may_declare_more_but_never_less(dataset: Dataset) -> None:
    next_version(dataset)
    meant_otherwise = next_version(dataset, declared_level="MAJOR")
    assert (meant_otherwise.release_number, meant_otherwise.is_breaking) == ("2.0.0", True)
    without_area = "code,name\n440103001,沙面街道\n440103002,岭南街道\n"
    lowered = next_version(dataset, content=without_area, declared_level="PATCH")
    assert (lowered.level, lowered.release_number, lowered.is_breaking) == ("MAJOR", "3.0.0", True)
    ready = AuditEvent.objects.filter(action="datasetversion.ready").latest("id")
    assert (ready.details["declared_level"], ready.details["level"]) == ("PATCH", "MAJOR")


def test_a_refused_version_takes_no_number(dataset: Dataset) -> None:
    first = next_version(dataset)
    refused_version = next_version(dataset, content='a,b\n"1,2\n')
    assert (refused_version.state, refused_version.release_number) == ("REFUSED", "")
    third = next_version(dataset)
    assert (third.number, third.release_number, third.preceding) == (3, "1.0.1", first)


def test_a_single_file_is_the_same_whatever_it_is_called(dataset: Dataset) -> None:
    next_version(dataset, name="streets-2024.csv")
    assert next_version(dataset, name="streets-2025.csv").release_number == "1.0.1"


def test_files_that_come_go_or_take_another_form_are_told() -> None:
    column = {"name": "code", "type": "text", "nulls": 0, "samples": []}
    streets, towns = FileSchema("streets.csv", "CSV", [column]), FileSchema("towns.csv", "CSV", [column])
    told = file_changes([streets], [streets, towns])
    assert [(each.file, each.kind, each.breaking) for each in told] == [("towns.csv", "file_added", False)]
    assert proposed_level(told) == "MINOR"
    told = file_changes([streets, towns], [towns])
    assert [(each.file, each.kind, each.breaking) for each in told] == [("streets.csv", "file_removed", True)]
    told = file_changes([streets], [FileSchema("streets.parquet", "PARQUET", [column])])
    assert [(each.kind, each.before, each.after) for each in told] == [("format_changed", "CSV", "PARQUET")]
    assert proposed_level(told) == "MAJOR"


# --- what is said of it ---------------------------------------------------------------------------------------------


def test_notes_may_be_said_better_later_and_the_log_keeps_both(dataset: Dataset, provider: Organization) -> None:
    version = next_version(dataset, notes={"en": "New streets"})
    describe_version(
        version_id=version.pk,
        notes={"en": "Streets of 2025", "zh-Hans": "2025 年街道"},
        reason={"en": "Merged districts"},
        actor=provider_actor(provider),
    )
    version.refresh_from_db()
    assert (version.notes["zh-Hans"], version.reason) == ("2025 年街道", {"en": "Merged districts"})
    event = AuditEvent.objects.get(action="datasetversion.described")
    assert event.details["before"] == {"notes": {"en": "New streets"}, "reason": {}}


def test_the_level_is_not_declared_once_it_is_computed(dataset: Dataset, provider: Organization) -> None:
    version = next_version(dataset)
    with refused("illegal_state"):
        describe_version(version_id=version.pk, declared_level="PATCH", actor=provider_actor(provider))
    for change in ({"level": "PATCH"}, {"release": [9, 0, 0]}, {"schema_changes": []}, {"declared_level": "MAJOR"}):
        with pytest.raises(DatabaseError, match="sealed"), transaction.atomic():
            DatasetVersion.objects.filter(pk=version.pk).update(**({"rows": 1} | change))


def test_only_the_provider_describes(dataset: Dataset) -> None:
    version = next_version(dataset)
    with refused("not_found"):
        describe_version(version_id=version.pk, notes={"en": "Mine"}, actor=provider_actor(make_member()))


# --- over HTTP, in the catalogue and on the console -----------------------------------------------------------------


def test_changes_are_told_over_http_in_the_reader_s_language(dataset: Dataset, provider: Organization) -> None:
    first = next_version(dataset)
    second = next_version(dataset, content="code,title\n440103001,沙面街道\n440103002,岭南街道\n")
    third = next_version(dataset, content=STREETS)
    client = client_of(provider)
    path = f"/api/v1/dataset-versions/{second.pk}"

    told = client.get(f"{path}/schema-changes", headers={"Accept-Language": "zh-hans"}).json()
    assert (told["against_id"], told["level"], told["breaking"]) == (str(first.pk), "MAJOR", True)
    assert [each["kind"] for each in told["changes"]] == ["column_renamed", "column_removed"]
    assert "area" in told["changes"][1]["detail"]
    assert "字段" in told["changes"][1]["detail"]
    version = client.get(path).json()
    assert (version["release"], version["level"], version["breaking"]) == ("2.0.0", "MAJOR", True)

    whole_way = client.get(f"/api/v1/dataset-versions/{third.pk}/schema-changes", {"against": str(first.pk)}).json()
    assert (whole_way["changes"], whole_way["level"], whole_way["breaking"]) == ([], "PATCH", False)
    assert client.get(f"/api/v1/dataset-versions/{first.pk}/schema-changes").json()["level"] is None


def test_what_cannot_be_compared_is_refused(dataset: Dataset, provider: Organization) -> None:
    version = next_version(dataset)
    other = next_version(uploading.register_dataset(title={"en": "Other"}, actor=provider_actor(provider)))
    unsealed = uploading.open_version(dataset_id=dataset.pk, actor=provider_actor(provider))
    client = client_of(provider)
    path = f"/api/v1/dataset-versions/{version.pk}/schema-changes"
    assert client.get(path, {"against": str(other.pk)}).status_code == 404
    assert client.get(path, {"against": str(unsealed.pk)}).json()["code"] == "illegal_state"
    assert client.get(f"/api/v1/dataset-versions/{unsealed.pk}/schema-changes").json()["code"] == "illegal_state"
    assert client.get(path, {"against": "yesterday"}).json()["errors"][0]["pointer"] == "/against"


def test_a_version_is_opened_and_described_over_http(dataset: Dataset, provider: Organization) -> None:
    client = client_of(provider)
    path = f"/api/v1/datasets/{dataset.pk}/versions"
    opened = client.post(path, {"notes": {"en": "More streets"}, "declared_level": "MINOR"})
    assert (opened.status_code, opened.json()["declared_level"], opened.json()["release"]) == (201, "MINOR", "")
    version = f"/api/v1/dataset-versions/{opened.json()['id']}"
    patched = client.patch(version, {"reason": {"zh-Hans": "行政区划调整"}, "declared_level": "MAJOR"}).json()
    assert (patched["notes"], patched["reason"]) == ({"en": "More streets"}, {"zh-Hans": "行政区划调整"})
    assert patched["declared_level"] == "MAJOR"
    for body, pointer in (
        ({"notes": {"fr": "Rues"}}, "/notes"),
        ({"declared_level": "HUGE"}, "/declared_level"),
        ({"level": "PATCH"}, "/level"),
        ({"reason": {"en": "x" * 4001}}, "/reason"),
    ):
        answer = client.patch(version, body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


def test_buyers_read_in_the_catalogue_what_the_version_changes(provider: Organization) -> None:
    listing = listed_dataset(provider)
    describe_version(version_id=listing.version_id, notes={"en": "First edition"}, actor=provider_actor(provider))
    shown = api().get(f"/api/v1/catalogue/{listing.pk}").json()["version"]
    assert (shown["release"], shown["breaking"], shown["notes"]) == ("1.0.0", False, {"en": "First edition"})


def test_staff_see_what_breaks_readers(provider: Organization) -> None:
    listing = listed_dataset(provider)
    who = provider_actor(provider)
    version = next_version(listing.version.dataset, content="code\n440103001\n440103002\n")
    delist(listing_id=listing.pk, reason="A new edition follows", actor=who)
    draft_listing(listing.product)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(staff("gzdex", Role.COMPLIANCE_REVIEWER), backend="django.contrib.auth.backends.ModelBackend")
    shown = client.get(reverse("admin:listings_datasetversion_change", args=[version.pk])).text
    assert "<b>breaking</b> Column name is no longer there (it was text)." in shown
    assert "2.0.0" in client.get(reverse("admin:listings_dataset_change", args=[version.dataset_id])).text
