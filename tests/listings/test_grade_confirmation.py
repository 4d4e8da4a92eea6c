"""The scan proposes a grade, a person confirms it, and nothing is sold above what its dossier declares."""

import json

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Capacity, Organization, Role
from kernel.models import AuditEvent
from listings.api.catalogue_serializers import CatalogueDetailSerializer
from listings.catalogue import in_detail
from listings.grade_confirmation import confirm_grade, found_in, grading_of
from listings.listing import create_listing, relist
from listings.models import DatasetVersion, Grade, GradeConfirmation, Listing, PersonalData
from listings.registration import create_product, register_product
from listings.review import approve
from tests.listings.offers import all_ok, approved, dossier, in_compliance, make_plan, make_terms, provider_actor
from tests.marketplace.trading import listed_dataset, stored_version
from tests.refusals import refused
from tests.world import actor, api, make_client, make_member, person_of, staff

pytestmark = pytest.mark.django_db

# Numbers made up with right check digits; the mobile numbers belong to segments in use.
PEOPLE = "姓名,身份证号,手机\n" + "".join(
    f"{name},{number},{mobile}\n"
    for name, number, mobile in [
        ("王小明", "11010519491231002X", "13812345678"),
        ("李红", "440524198801010011", "13912345679"),
        ("欧阳文", "110105199003078473", "15012345670"),
    ]
)


@pytest.fixture
def provider() -> Organization:
    return make_member("gzdex", Capacity.PROVIDER)


@pytest.fixture
def people(provider: Organization) -> DatasetVersion:
    return stored_version(provider, PEOPLE.encode())


def offered(provider: Organization, version: DatasetVersion, **declared: object) -> Listing:
    """Draft a listing of the version under a dossier that declares so much."""
    who = provider_actor(provider)
    product = create_product(dataset_id=version.dataset_id, dossier=dossier(**declared), actor=who)
    register_product(product_id=product.pk, actor=who)
    product.refresh_from_db()
    return create_listing(
        product_id=product.pk,
        venue_code="gzdex",
        version_id=version.pk,
        terms_id=make_terms(product).pk,
        plan_ids=[make_plan(product).pk],
        actor=who,
    )


def test_the_scan_of_a_table_of_persons_proposes_sensitive_personal_information(people: DatasetVersion) -> None:
    assert found_in(people).personal_data == PersonalData.SENSITIVE
    assert people.profile["grading"]["persons"] == 3
    file = people.files.get()
    assert {finding["code"] for finding in file.profile["findings"]} >= {"resident_id", "mobile", "person_name"}


def test_a_table_of_places_is_no_personal_information(provider: Organization) -> None:
    version = listed_dataset(provider).version
    assert found_in(version) == grading_of(version)
    assert version.profile["grading"] == {
        "grade": "GENERAL",
        "personal_data": "NONE",
        "persons": 0,
        "sensitive_persons": 0,
    }
    assert version.profile["quality"]["grade"] in "AB"


def test_what_the_dossier_does_not_declare_cannot_be_offered(provider: Organization, people: DatasetVersion) -> None:
    with refused("invalid") as refusal:
        offered(provider, people)
    assert [(error.pointer, error.code) for error in refusal.value.errors] == [
        ("/version_id", "personal_data_undeclared")
    ]


def test_less_than_was_found_is_confirmed_only_with_a_reason(provider: Organization, people: DatasetVersion) -> None:
    who = provider_actor(provider)
    with refused("invalid"):
        confirm_grade(version_id=people.id, grade="GENERAL", personal_data="NONE", actor=who)
    confirmation = confirm_grade(
        version_id=people.id, grade="GENERAL", personal_data="NONE", reason="Invented persons", actor=who
    )
    assert confirmation.found_personal_data == PersonalData.SENSITIVE
    assert grading_of(people).personal_data == PersonalData.NONE
    event = AuditEvent.objects.get(action="gradeconfirmation.made")
    assert (event.reason, event.organization_id) == ("Invented persons", provider.id)
    assert offered(provider, people).state == Listing.State.DRAFT


def test_a_graver_confirmation_suspends_what_is_listed(provider: Organization) -> None:
    listing = listed_dataset(provider)
    confirm_grade(
        version_id=listing.version_id, grade="IMPORTANT", personal_data="NONE", actor=provider_actor(provider)
    )
    listing.refresh_from_db()
    assert listing.state == Listing.State.SUSPENDED
    assert AuditEvent.objects.get(action="listing.suspended").actor_kind == "system"


def test_what_was_graded_up_in_the_review_is_not_approved_nor_put_back(provider: Organization) -> None:
    waiting = in_compliance(offered(provider, stored_version(provider, b"code\n1\n2\n")))
    who = provider_actor(provider)
    confirm_grade(version_id=waiting.version_id, grade="GENERAL", personal_data="GENERAL", actor=who)
    reviewer = actor(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    with refused("invalid") as refusal:
        approve(listing_id=waiting.id, answers=all_ok(waiting, "PUBLICATION"), actor=reviewer)
    assert [error.code for error in refusal.value.errors] == ["personal_data_undeclared"]

    listing = listed_dataset(provider)
    confirm_grade(version_id=listing.version_id, grade="GENERAL", personal_data="GENERAL", actor=who)
    with refused("invalid") as refusal:
        relist(listing_id=listing.id, reason="Looked at again", actor=reviewer)
    assert [error.code for error in refusal.value.errors] == ["personal_data_undeclared"]
    confirm_grade(version_id=listing.version_id, grade="GENERAL", personal_data="NONE", actor=who)
    assert relist(listing_id=listing.id, reason="Graded down", actor=reviewer).state == Listing.State.LISTED


def test_core_and_important_data_are_not_sold(provider: Organization) -> None:
    for grade, code in ((Grade.CORE, "core_data"), (Grade.IMPORTANT, "important_data")):
        version = stored_version(provider, b"code\n1\n2\n")
        confirm_grade(version_id=version.id, grade=grade, personal_data="NONE", actor=provider_actor(provider))
        with refused("invalid") as refusal:
            offered(provider, version)
        assert [error.code for error in refusal.value.errors] == [code]


def test_only_the_provider_confirms(people: DatasetVersion) -> None:
    with refused("not_found"):
        confirm_grade(version_id=people.id, grade="GENERAL", personal_data="NONE", actor=provider_actor(make_member()))


def test_a_confirmation_is_never_changed(provider: Organization, people: DatasetVersion) -> None:
    confirm_grade(version_id=people.id, grade="GENERAL", personal_data="SENSITIVE", actor=provider_actor(provider))
    for change in (
        lambda: GradeConfirmation.objects.update(grade="CORE"),
        lambda: GradeConfirmation.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


def test_a_grade_is_confirmed_over_http(provider: Organization, people: DatasetVersion) -> None:
    client = api(make_client(person_of(provider)))
    path = f"/api/v1/dataset-versions/{people.id}"
    found = client.get(path).json()
    assert (found["grading"]["personal_data"], found["quality"]["grade"] in "ABCD") == ("SENSITIVE", True)
    profile = client.get(f"/api/v1/files/{found['files'][0]['id']}").json()["profile"]
    reasons = {reason["code"]: reason["detail"] for reason in profile["grade"]["reasons"]}
    assert "resident_id" in reasons["sensitive_found"]
    assert profile["masked_sample"] != profile["sample"]
    made = client.post(f"{path}/grade-confirmations", {"grade": "GENERAL", "personal_data": "SENSITIVE"})
    assert made.status_code == 201
    assert client.get(f"{path}/grade-confirmations").json()["items"] == [made.json()]
    wrong = client.post(f"{path}/grade-confirmations", {"grade": "SECRET", "personal_data": "NONE"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (400, "/grade")


def test_buyers_see_personal_data_masked_in_the_sample(provider: Organization, people: DatasetVersion) -> None:
    declared = {
        "personal_data": "SENSITIVE",
        "sample_rows_public": True,
        "evidence": dossier()["evidence"] | {"PERSONAL_INFORMATION_BASIS": "Separate consents on file"},
    }
    listing = approved(offered(provider, people, **declared))
    shown = json.dumps(CatalogueDetailSerializer(in_detail().get(pk=listing.pk)).data, ensure_ascii=False, default=str)
    for value in ("11010519491231002X", "13812345678", "王小明"):
        assert value not in shown
    assert "***" in shown or "*" in shown


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-hans", ("约 3 人", "一般数据；所涉信息：敏感个人信息", "一般数据；所涉信息：个人信息", "核实过")),
        ("zh-hant", ("約 3 人", "一般數據；所涉資料：敏感個人資料", "一般數據；所涉資料：個人資料", "核实过")),
        ("en", ("about 3 persons", "general data; on persons: sensitive personal information", "核实过")),
    ],
)
def test_staff_see_what_was_found_and_what_was_confirmed(
    provider: Organization, people: DatasetVersion, language: str, words: tuple[str, ...]
) -> None:
    confirm_grade(
        version_id=people.id,
        grade="GENERAL",
        personal_data="GENERAL",
        reason="核实过",
        actor=provider_actor(provider),
    )
    evidence = dossier()["evidence"] | {"PERSONAL_INFORMATION_BASIS": "Separate consents on file"}
    in_compliance(offered(provider, people, personal_data="GENERAL", evidence=evidence))
    client = Client(headers={"Accept-Language": language})
    client.force_login(staff("gzdex", Role.COMPLIANCE_REVIEWER), backend="django.contrib.auth.backends.ModelBackend")
    shown = client.get(reverse("admin:listings_datasetversion_change", args=[people.id])).content.decode()
    for word in words:
        assert word in shown, word
