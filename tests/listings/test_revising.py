"""Edits of what is offered: the immaterial takes effect at once, the material is reviewed beside what stays on sale."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Capacity, Organization, OrganizationTie, Role
from kernel.models import AuditEvent, Certificate
from listings.checklists import Answer
from listings.editions import editions
from listings.grade_confirmation import confirm_grade
from listings.listing import delist, suspend
from listings.materiality import CONDITIONS, FILES, is_material
from listings.models import Listing, ListingRevision, Product, RevisionReview
from listings.plans import amend_plan
from listings.revising import approve_revision, edit_listing, refuse_revision, withdraw_revision
from listings.revision_stages import pass_revision_stage, questions_of, stage_of
from tests.listings.offers import (
    CRAWLED,
    OFFICERS,
    draft_listing,
    listed,
    make_plan,
    make_terms,
    provider_actor,
    registered_product,
    submitted,
)
from tests.listings.test_releases import next_version
from tests.marketplace.trading import listed_dataset, make_buyer, placed
from tests.refusals import refused
from tests.world import (
    actor,
    affiliate,
    api,
    make_client,
    make_member,
    make_membership,
    make_person,
    operator_of,
    person_of,
    staff,
)

pytestmark = pytest.mark.django_db

SCENARIO = {"zh-Hans": "银行核验企业地址", "en": "Banks check the addresses of firms"}
STREETS = "code,name\n440103001,沙面街道\n440103002,岭南街道\n440103003,华林街道\n440103004,多宝街道\n"


@pytest.fixture
def provider() -> Organization:
    return make_member("gzdex", Capacity.PROVIDER)


@pytest.fixture
def listing(provider: Organization) -> Listing:
    return listed(provider)


def edit(listing: Listing, **changes: Any) -> ListingRevision:
    """Propose a material edit, by the provider."""
    done = edit_listing(
        listing_id=listing.pk, **({"reason": "Better"} | changes), actor=provider_actor(listing.organization)
    )
    assert done.revision is not None
    return done.revision


def reviewer(code: str = "gzdex") -> Any:
    return actor(staff(code, Role.COMPLIANCE_REVIEWER))


def all_ok(revision: ListingRevision) -> dict[str, Answer]:
    return {item.code: Answer(ok=True) for item in questions_of(revision)}


def pass_stage(revision: ListingRevision, officer: Any = None) -> ListingRevision:
    """Pass the stage at which a revision is, by the officer of that stage."""
    role = OFFICERS[stage_of(revision).permission]
    return pass_revision_stage(
        revision_id=revision.pk,
        stage=revision.stage,
        answers=all_ok(revision),
        actor=officer or actor(staff(revision.venue.code, role)),
    )


def at_last_stage(revision: ListingRevision) -> ListingRevision:
    revision = ListingRevision.objects.get(pk=revision.pk)
    while revision.state == "SUBMITTED" and revision.stage != revision.stages[-1]:
        revision = pass_stage(revision)
    return revision


def approved(revision: ListingRevision) -> ListingRevision:
    """Take a revision through the rest of its stages, and approve it."""
    last = at_last_stage(revision)
    return approve_revision(revision_id=last.pk, answers=all_ok(last), actor=reviewer(last.venue.code))


def in_catalogue(listing: Listing) -> dict[str, Any]:
    answer = api().get(f"/api/v1/catalogue/{listing.pk}")
    return dict(answer.json()) if answer.status_code == 200 else {}


# --- the table ------------------------------------------------------------------------------------------------------


def test_the_table_names_known_fields_and_conditions() -> None:
    parts = {"version_id", "terms_id", "plan_ids"}
    columns = {field.name for field in Product._meta.concrete_fields}
    for edition in editions(FILES):
        assert set(edition["fields"]) <= parts | columns
        assert {row["material"] for row in edition["fields"].values()} <= CONDITIONS.keys()
        assert all(set(row["why"]) == {"zh-Hans", "zh-Hant", "en"} for row in edition["fields"].values())


@pytest.mark.parametrize(
    ("field", "before", "after", "material"),
    [
        ("summary", {"en": "a"}, {"en": "b"}, False),
        ("scenario", {"en": "a"}, {"en": "b"}, True),
        ("a_field_of_tomorrow", 1, 2, True),
        ("sample_rows_public", True, False, False),
        ("sample_rows_public", False, True, True),
        ("time_to", date(2024, 12, 31), date(2025, 12, 31), False),
        ("time_to", date(2024, 12, 31), None, False),
        ("time_to", None, date(2024, 12, 31), True),
        ("time_to", date(2024, 12, 31), date(2024, 6, 30), True),
    ],
)
def test_what_is_material(field: str, before: object, after: object, material: bool) -> None:
    assert is_material(field, before, after) is material


# --- at once --------------------------------------------------------------------------------------------------------


def test_an_immaterial_edit_takes_effect_at_once(listing: Listing) -> None:
    summary = {"zh-Hans": "广东省街道名录与代码", "en": "Streets and their codes"}
    done = edit_listing(
        listing_id=listing.pk, dossier={"summary": summary}, reason="Typo", actor=provider_actor(listing.organization)
    )
    assert done.revision is None
    assert in_catalogue(listing)["summary"] == summary
    event = AuditEvent.objects.get(action="listing.edited")
    assert (event.reason, event.details["rule_set"]) == ("Typo", "material-edits-2026-11-01")
    [change] = event.details["changes"]
    assert (change["field"], change["after"], change["material"]) == ("summary", summary, False)
    assert Listing.objects.get(pk=listing.pk).revision == 1


def test_a_routine_update_of_the_data_takes_effect_at_once(provider: Organization) -> None:
    listing = listed_dataset(provider)
    version = next_version(listing.version.dataset, content=STREETS)
    done = edit_listing(listing_id=listing.pk, version_id=version.pk, reason="November", actor=provider_actor(provider))
    assert done.revision is None
    shown = in_catalogue(listing)
    assert (shown["version"]["release"], shown["rows"]) == ("1.0.1", 4)


@pytest.mark.parametrize("content", ["code\n440103001\n", "code,name\n440103001,沙面街道\n440103002,\n"])
def test_a_version_that_breaks_readers_is_reviewed(provider: Organization, content: str) -> None:
    listing = listed_dataset(provider)
    version = next_version(listing.version.dataset, content=content)
    revision = edit(listing, version_id=version.pk)
    assert [(each["field"], each["material"]) for each in revision.changes] == [("version_id", True)]
    assert in_catalogue(listing)["version"]["release"] == "1.0.0"


def test_a_version_that_is_graded_higher_is_reviewed(provider: Organization) -> None:
    evidence = {"LAWFUL_COLLECTION": "x", "PERSONAL_INFORMATION_BASIS": "Consents"}
    listing = listed(provider, personal_data="GENERAL", evidence=evidence)
    version = next_version(listing.version.dataset, content="code,street_name\n1,沙面街道\n")
    confirm_grade(
        version_id=version.pk, grade="GENERAL", personal_data="GENERAL", actor=provider_actor(listing.organization)
    )
    assert is_material("version_id", listing.version, version)


# --- reviewed beside what is offered --------------------------------------------------------------------------------


def test_a_material_edit_waits_while_the_listing_stays_on_sale(provider: Organization) -> None:
    listing = listed_dataset(provider, price="120.00")
    dearer = make_plan(listing.product, "150.00")
    revision = edit(listing, plan_ids=[dearer.pk], dossier={"summary": {"en": "Streets"}})
    assert (revision.number, revision.state, revision.listing) == (2, "SUBMITTED", listing)
    assert [each["field"] for each in revision.changes] == ["plan_ids", "summary"]

    shown = in_catalogue(listing)
    assert (shown["price_from"]["amount"], shown["summary"] == {"en": "Streets"}) == ("120.00", False)
    assert placed(listing, make_buyer()).gross_minor == 12_000


def test_on_approval_all_of_it_takes_the_place_at_once(provider: Organization) -> None:
    listing = listed_dataset(provider, price="120.00")
    before = placed(listing, make_buyer())
    terms = make_terms(listing.product, purposes=["RESEARCH"])
    dearer = make_plan(listing.product, "150.00")
    revision = edit(listing, terms_id=terms.pk, plan_ids=[dearer.pk], dossier={"scenario": SCENARIO})
    approved(revision)

    shown = in_catalogue(listing)
    assert (shown["price_from"]["amount"], shown["terms"]["version"]) == ("150.00", terms.version)
    assert shown["product"]["scenario"] == SCENARIO
    after = placed(Listing.objects.get(pk=listing.pk), make_buyer())
    bodies = [order.agreement.body for order in (before, after)]
    assert [body["listing"]["revision"] for body in bodies] == [1, 2]
    assert [body["price"]["amount"] for body in bodies] == ["120.00", "150.00"]
    assert [body["terms"]["version"] for body in bodies] == [listing.terms.version, terms.version]
    event = AuditEvent.objects.get(action="listing.revised")
    assert (event.subject_id, event.details["revision"]) == (str(listing.pk), 2)


def test_the_registration_is_certified_anew(listing: Listing) -> None:
    revision = edit(listing, dossier={"name": {"en": "Sub-districts"}})
    approved(revision)
    first, second = Certificate.objects.filter(kind="registration").order_by("id")
    assert (first.subject_id, second.subject_id) == (str(listing.pk), str(revision.pk))
    assert second.statement["content"]["product"]["name"] == {"en": "Sub-districts"}


def test_on_refusal_the_listing_stays_as_it_was(listing: Listing) -> None:
    shown = in_catalogue(listing)
    revision = edit(listing, dossier={"scenario": SCENARIO})
    with refused("invalid"):
        refuse_revision(revision_id=revision.pk, reason=" ", actor=reviewer())
    refuse_revision(revision_id=revision.pk, reason="Too wide", actor=reviewer())
    revision.refresh_from_db()
    assert (revision.state, revision.decision_note) == ("REFUSED", "Too wide")
    assert in_catalogue(listing) == shown
    assert edit(listing, dossier={"scenario": SCENARIO}).number == 3


def test_one_revision_is_reviewed_at_a_time(listing: Listing) -> None:
    revision = edit(listing, dossier={"scenario": SCENARIO})
    for changes in ({"dossier": {"industry": "G60"}}, {"dossier": {"summary": {"en": "x"}}}):
        with refused("revision_pending"):
            edit(listing, **changes)
    withdraw_revision(revision_id=revision.pk, actor=provider_actor(listing.organization))
    edit(listing, dossier={"industry": "G60"})


def test_whoever_submitted_it_or_belongs_to_the_provider_does_not_decide(listing: Listing) -> None:
    revision = edit(listing, dossier={"scenario": SCENARIO})
    person = staff("gzdex", Role.COMPLIANCE_REVIEWER)
    affiliate(person, listing.organization, Role.VIEWER)
    venue_staff = actor(person, operator_of("gzdex"))
    with refused("conflict_of_interest"):
        approve_revision(revision_id=revision.pk, answers={}, actor=venue_staff)
    ListingRevision.objects.filter(pk=revision.pk).update(submitted_by=person)
    with refused("same_person"):
        refuse_revision(revision_id=revision.pk, reason="No", actor=venue_staff)
    with pytest.raises(IntegrityError, match="revision_is_decided_by_another_person"), transaction.atomic():
        ListingRevision.objects.filter(pk=revision.pk).update(
            state="APPROVED", decided_by=person, decided_at=timezone.now()
        )


def test_a_clerk_does_not_decide_and_another_venue_does_not_see_it(listing: Listing) -> None:
    revision = edit(listing, dossier={"scenario": SCENARIO})
    with refused("forbidden"):
        approve_revision(revision_id=revision.pk, answers={}, actor=actor(staff("gzdex", Role.CLERK)))
    with refused("not_found"):
        approve_revision(revision_id=revision.pk, answers={}, actor=reviewer("szdex"))
    with refused("not_found"):
        withdraw_revision(revision_id=revision.pk, actor=provider_actor(make_member()))


# --- by the stages of the venue -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "stages"),
    [
        ({"dossier": {"scenario": SCENARIO}}, ["PUBLICATION"]),
        ({"dossier": {"resale_allowed": True}}, ["SOURCE_RIGHTS", "PUBLICATION"]),
        ({"dossier": {"frequency": "MONTH", "sample_rows_public": True}}, ["GRADE", "QUALITY", "PUBLICATION"]),
    ],
)
def test_an_edit_is_decided_by_the_stages_that_it_concerns(
    listing: Listing, changes: dict[str, Any], stages: list[str]
) -> None:
    revision = edit(listing, **changes)
    assert (revision.stages, revision.stage, revision.edition) == (stages, stages[0], "gzdex-2026-11-01")
    event = AuditEvent.objects.get(action="listingrevision.submitted")
    assert event.details["stages"] == stages


def test_each_stage_has_its_officer_its_clock_and_its_entry_in_the_log(provider: Organization) -> None:
    listing = listed(provider)
    dearer, terms = make_plan(listing.product, "150.00"), make_terms(listing.product)
    with time_machine.travel(datetime(2026, 11, 2, 2, tzinfo=UTC), tick=False):
        revision = edit(listing, plan_ids=[dearer.pk], terms_id=terms.pk)
    assert revision.stages == ["SOURCE_RIGHTS", "PRICE", "PUBLICATION"]
    assert revision.stage_due_at is not None
    assert timezone.localdate(revision.stage_due_at - timedelta(seconds=1)) == date(2026, 11, 4)
    lawyer = make_person(operator_of("gzdex"), Role.LEGAL_REVIEWER)
    sister = make_member()
    OrganizationTie.objects.create(organization=provider, other=sister, kind="SUBSIDIARY")
    tied = make_person(operator_of("gzdex"), Role.LEGAL_REVIEWER)
    affiliate(tied, sister, Role.VIEWER)

    with refused("conflict_of_interest"):
        pass_stage(revision, actor(tied, operator_of("gzdex")))
    with refused("forbidden"):
        pass_stage(revision, reviewer())
    with refused("invalid"):
        pass_revision_stage(revision_id=revision.pk, stage="SOURCE_RIGHTS", answers={}, actor=actor(lawyer))
    revision = pass_stage(revision, actor(lawyer))
    assert (revision.stage, revision.state) == ("PRICE", "SUBMITTED")
    with refused("illegal_state"):
        pass_revision_stage(
            revision_id=revision.pk, stage="PUBLICATION", answers={}, actor=actor(staff("gzdex", Role.QUALITY_REVIEWER))
        )
    revision = pass_stage(revision)
    lawyer.affiliations.update(role=Role.COMPLIANCE_REVIEWER)
    with refused("same_person"):
        approve_revision(revision_id=revision.pk, answers=all_ok(revision), actor=actor(lawyer))
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        RevisionReview.objects.filter(revision=revision).update(stage="GRADE")
    approved(revision)
    assert list(revision.reviews.values_list("stage", flat=True)) == ["SOURCE_RIGHTS", "PRICE", "PUBLICATION"]
    passed = AuditEvent.objects.filter(action="listingrevision.stage_passed").order_by("id")
    assert [event.details["passed"] for event in passed] == ["SOURCE_RIGHTS", "PRICE"]


def test_approval_asks_the_log_and_not_the_row(listing: Listing) -> None:
    revision = edit(listing, dossier={"resale_allowed": True})
    ListingRevision.objects.filter(pk=revision.pk).update(stage="PUBLICATION")
    revision.refresh_from_db()
    with refused("illegal_state") as refusal:
        approve_revision(revision_id=revision.pk, answers=all_ok(revision), actor=reviewer())
    assert refusal.value.extensions["stages"] == ["SOURCE_RIGHTS"]


def test_the_officer_of_any_stage_refuses(listing: Listing) -> None:
    revision = edit(listing, dossier={"resale_allowed": True})
    refuse_revision(revision_id=revision.pk, reason="Not ours", actor=actor(staff("gzdex", Role.LEGAL_REVIEWER)))
    revision.refresh_from_db()
    assert (revision.state, revision.stage) == ("REFUSED", "SOURCE_RIGHTS")


def test_what_the_committee_would_have_to_see_is_no_revision(listing: Listing) -> None:
    with refused("invalid") as refusal:
        edit(listing, dossier=CRAWLED)
    assert [error.code for error in refusal.value.errors] == ["new_red_item"]
    assert not ListingRevision.objects.exists()


def test_what_was_decided_stays_decided(listing: Listing) -> None:
    revision = edit(listing, dossier={"scenario": SCENARIO})
    approved(revision)
    for act in (
        lambda: approved(revision),
        lambda: refuse_revision(revision_id=revision.pk, reason="No", actor=reviewer()),
        lambda: withdraw_revision(revision_id=revision.pk, actor=provider_actor(listing.organization)),
    ):
        with refused("illegal_state"):
            act()


def test_what_was_graded_up_meanwhile_is_not_approved(provider: Organization) -> None:
    listing = listed_dataset(provider)
    version = next_version(listing.version.dataset, content="code\n440103001\n")
    revision = edit(listing, version_id=version.pk)
    confirm_grade(version_id=version.pk, grade="GENERAL", personal_data="GENERAL", actor=provider_actor(provider))
    with refused("invalid") as refusal:
        approved(revision)
    assert [error.code for error in refusal.value.errors] == ["personal_data_undeclared"]
    assert in_catalogue(listing)["version"]["release"] == "1.0.0"


def test_a_revision_of_what_has_changed_meanwhile_is_not_approved(listing: Listing) -> None:
    revision = edit(listing, dossier={"scenario": SCENARIO})
    Product.objects.filter(pk=listing.product_id).update(scenario={"en": "Something else"})
    with refused("revision_outdated"):
        approved(revision)


def test_a_suspended_listing_is_revised_and_stays_suspended(listing: Listing) -> None:
    suspend(listing_id=listing.pk, reason="complaint", actor=reviewer())
    revision = edit(listing, dossier={"scenario": SCENARIO})
    approved(revision)
    listing.refresh_from_db()
    assert (listing.state, listing.revision) == ("SUSPENDED", 2)


def test_delisting_withdraws_what_was_proposed(listing: Listing) -> None:
    revision = edit(listing, dossier={"scenario": SCENARIO})
    delist(listing_id=listing.pk, reason="End of life", actor=provider_actor(listing.organization))
    revision.refresh_from_db()
    assert revision.state == "WITHDRAWN"


def test_a_plan_under_review_does_not_change(listing: Listing) -> None:
    plan = make_plan(listing.product, "150.00")
    edit(listing, plan_ids=[plan.pk])
    with refused("plan_in_use"):
        amend_plan(plan_id=plan.pk, name={"en": "Cheap"}, actor=provider_actor(listing.organization))


def test_a_dossier_that_another_venue_offers_changes_there_too_or_not_at_all(
    provider: Organization, listing: Listing
) -> None:
    make_membership(provider, "szdex")
    other = submitted(draft_listing(listing.product, "szdex"))
    with refused("product_in_use"):
        edit(listing, dossier={"scenario": SCENARIO})
    assert edit(listing, terms_id=make_terms(listing.product).pk).state == "SUBMITTED"
    assert other.state == "SUBMITTED"


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"dossier": {"industry": "Z99"}}, "unknown_industry", "/dossier/industry"),
        ({"dossier": {"scenario": {}}}, "required", "/dossier/scenario"),
        ({"plan_ids": []}, "required", "/plan_ids"),
        ({"version_id": "01a20ecc-f158-7213-8274-aa767692011e"}, "unknown", "/version_id"),
        (
            {"dossier": {"personal_data": "SENSITIVE"}},
            "evidence_missing",
            "/dossier/evidence/PERSONAL_INFORMATION_BASIS",
        ),
        ({"reason": "  "}, "required", "/reason"),
    ],
)
def test_a_wrong_edit_is_refused_whole(listing: Listing, changes: dict[str, Any], code: str, pointer: str) -> None:
    with refused("invalid") as refusal:
        edit(listing, **changes)
    assert (code, pointer) in [(error.code, error.pointer) for error in refusal.value.errors]
    assert not ListingRevision.objects.exists()


def test_an_edit_that_changes_nothing_and_one_of_a_draft_are_refused(listing: Listing, provider: Organization) -> None:
    with refused("invalid"):
        edit(listing, terms_id=listing.terms_id, dossier={"scenario": listing.product.scenario})
    with refused("illegal_state"):
        edit(draft_listing(registered_product(provider)), dossier={"scenario": SCENARIO})


# --- over HTTP and on the console -----------------------------------------------------------------------------------


def test_an_edit_over_http_says_whether_it_has_taken_effect(provider: Organization) -> None:
    listing = listed_dataset(provider)
    client = api(make_client(person_of(provider)))
    path = f"/api/v1/listings/{listing.pk}/edit"
    at_once = client.post(path, {"dossier": {"time_to": "2025-12-31"}, "reason": "A year more"})
    assert (at_once.status_code, at_once.json()["applied"], at_once.json()["revision"]) == (200, True, None)

    version = next_version(listing.version.dataset, content="code\n440103001\n")
    waiting = client.post(path, {"version_id": str(version.pk), "reason": "Names dropped"})
    assert (waiting.status_code, waiting.json()["applied"]) == (202, False)
    revision = waiting.json()["revision"]
    officer = api(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    seen = officer.get(f"/api/v1/listing-revisions/{revision['id']}", headers={"Accept-Language": "en"}).json()
    assert seen["changes"] == [
        {
            "field": "version_id",
            "before": {"id": str(listing.version_id), "release": "1.0.0"},
            "after": {"id": str(version.pk), "release": "2.0.0"},
            "material": True,
        }
    ]
    assert seen["schema_changes"] == ["Column name is no longer there (it was text)."]
    assert [
        each["id"] for each in officer.get("/api/v1/listing-revisions", {"state": "SUBMITTED"}).json()["items"]
    ] == [revision["id"]]
    path = f"/api/v1/listing-revisions/{revision['id']}"
    questions = officer.get("/api/v1/review-checklists/gzdex").json()["items"]

    def ticked(stage: str) -> dict[str, Any]:
        of_stage = [
            each for each in questions if each["stage"] == stage and "DATASET" in (each["product_types"] or "DATASET")
        ]
        return {"checklist": {each["code"]: {"ok": True} for each in of_stage}}

    assert (seen["stages"], seen["stage"]) == (["GRADE", "QUALITY", "PUBLICATION"], "GRADE")
    for stage, role in (("GRADE", Role.SECURITY_REVIEWER), ("QUALITY", Role.QUALITY_REVIEWER)):
        early = officer.post(f"{path}/approve", {"checklist": {}})
        assert early.status_code == 403, early.json()
        desk = api(staff("gzdex", role))
        assert [each["id"] for each in desk.get("/api/v1/listing-revisions", {"stage": stage}).json()["items"]] == [
            revision["id"]
        ]
        answer = desk.post(f"{path}/pass-stage", {"stage": stage, "checklist": {}})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
        answer = desk.post(f"{path}/pass-stage", {"stage": stage, **ticked(stage)})
        assert answer.status_code == 200, answer.json()
    told = officer.post(f"{path}/approve", {"note": "Buyers were told", **ticked("PUBLICATION")})
    assert (told.status_code, told.json()["state"]) == (200, "APPROVED")
    assert client.get(f"/api/v1/listings/{listing.pk}").json()["revision"] == 2
    again = officer.post(f"/api/v1/listing-revisions/{revision['id']}/refuse", {"reason": "No"})
    assert (again.status_code, again.json()["code"]) == (409, "illegal_state")


def test_a_limit_of_working_days_runs(listing: Listing) -> None:
    revision = edit(listing, dossier={"scenario": SCENARIO})
    client = api(person_of(listing.organization))
    path = f"/api/v1/listing-revisions/{revision.pk}"
    assert client.get(path).json()["overdue"] is False
    with time_machine.travel(timezone.now() + timedelta(days=30)):
        assert api(person_of(listing.organization)).get(path).json()["overdue"] is True


def test_reviewers_see_on_the_console_only_what_changes_side_by_side(listing: Listing) -> None:
    revision = edit(listing, dossier={"scenario": SCENARIO})
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(staff("gzdex", Role.COMPLIANCE_REVIEWER), backend="django.contrib.auth.backends.ModelBackend")
    page = reverse("admin:listings_listingrevision_change", args=[revision.pk])
    shown = client.get(page).text
    assert "Checking delivery addresses" in shown
    assert "Banks check the addresses of firms" in shown
    assert "Every sub-district with its GB/T 2260 code" not in shown
    ticks = {item.code: "on" for item in questions_of(revision)}
    assert "What had to be reviewed jointly is settled" in client.get(f"{page.removesuffix('change/')}approve/").text
    client.post(reverse("admin:listings_listingrevision_approve", args=[revision.pk]), ticks, follow=True)
    revision.refresh_from_db()
    assert revision.state == "APPROVED"

    second = edit(listing, dossier={"industry": "G60"})
    client.post(reverse("admin:listings_listingrevision_refuse", args=[second.pk]), {"reason": "Not that"}, follow=True)
    second.refresh_from_db()
    assert (second.state, second.decision_note) == ("REFUSED", "Not that")
