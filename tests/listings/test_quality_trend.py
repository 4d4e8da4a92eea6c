"""How quality goes from version to version, over HTTP and on the console; the anonymity of what is shown."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Capacity, Organization, Role
from listings import uploading
from listings.models import Dataset
from tests.listings.offers import provider_actor
from tests.listings.test_releases import next_version
from tests.marketplace.trading import listed_dataset, stored_version
from tests.world import api, make_client, make_member, person_of, staff

pytestmark = pytest.mark.django_db

CLEAN = "code,name\n440103001,沙面街道\n440103002,岭南街道\n440103003,华林街道\n"
PEOPLE = (
    "姓名,性别,出生日期,手机\n"
    "王小明,男,1949-12-31,13812345678\n李红,女,1988-01-01,13912345679\n欧阳文,男,1990-03-07,15012345670\n"
)


@pytest.fixture
def provider() -> Organization:
    return make_member("gzdex", Capacity.PROVIDER)


@pytest.fixture
def dataset(provider: Organization) -> Dataset:
    return uploading.register_dataset(title={"en": "Sub-districts"}, actor=provider_actor(provider))


def test_the_trend_tells_what_got_worse_and_better_again(dataset: Dataset, provider: Organization) -> None:
    for content in (CLEAN, CLEAN.replace("岭南街道", "").replace("华林街道", ""), CLEAN):
        next_version(dataset, content=content)
    client = api(make_client(person_of(provider)))
    path = f"/api/v1/datasets/{dataset.pk}/quality-trend"
    newest, middle, oldest = client.get(path).json()["items"]
    assert [each["number"] for each in (newest, middle, oldest)] == [3, 2, 1]
    assert middle["score"] < oldest["score"] == newest["score"]
    assert oldest["changes"] == []
    whole = middle["changes"][0]
    assert (whole["kind"], whole["better"]) == ("score", False)
    assert whole["points"] == pytest.approx(middle["score"] - oldest["score"], abs=0.01)
    gained = [each for each in newest["changes"] if each["kind"] == "deduction"]
    assert ("missing_values", "name", True) in [(each["subject"], each["column"], each["better"]) for each in gained]
    assert {each["name"] for each in newest["dimensions"]} >= {"completeness", "timeliness"}

    first_page = client.get(path, {"limit": "2"}).json()
    assert [each["number"] for each in first_page["items"]] == [3, 2]
    assert [each["number"] for each in client.get(path, {"cursor": first_page["next"]}).json()["items"]] == [1]


def test_versions_that_were_refused_or_never_judged_are_left_out(dataset: Dataset, provider: Organization) -> None:
    next_version(dataset, content='a,b\n"1,2\n')
    uploading.open_version(dataset_id=dataset.pk, actor=provider_actor(provider))
    client = api(make_client(person_of(provider)))
    assert client.get(f"/api/v1/datasets/{dataset.pk}/quality-trend").json() == {"items": [], "next": None}


def test_staff_see_the_trend_as_a_line(provider: Organization) -> None:
    listing = listed_dataset(provider)
    next_version(listing.version.dataset, content=CLEAN.replace("岭南街道", ""))
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(staff("gzdex", Role.COMPLIANCE_REVIEWER), backend="django.contrib.auth.backends.ModelBackend")
    shown = client.get(reverse("admin:listings_dataset_change", args=[listing.version.dataset_id])).text
    assert shown.count("<circle") == 2
    assert "<polyline" in shown
    assert "2.0.0" in shown


def test_the_anonymity_of_what_is_shown_is_told(provider: Organization) -> None:
    version = stored_version(provider, PEOPLE.encode())
    client = api(make_client(person_of(provider)))
    file = version.files.get()
    told = client.get(f"/api/v1/files/{file.pk}").json()["profile"]["anonymity"]
    assert told["columns"] == ["性别", "出生日期"]
    assert (told["rows"], told["k"], told["risk"], told["unique"]) == (3, 1, 1.0, 3)


def test_a_table_of_places_has_nobody_to_hide(provider: Organization) -> None:
    file = stored_version(provider, CLEAN.encode()).files.get()
    assert file.profile["anonymity"] is None
